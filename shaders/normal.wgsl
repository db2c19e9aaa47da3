// Normal everywhere.
fn draw(block: vec2<u32>) -> vec4<u32> {
    return normal(block);
}
