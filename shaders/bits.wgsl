// The words themselves.
fn draw(block: vec2<u32>) -> vec4<u32> {
    return philox(block);
}
