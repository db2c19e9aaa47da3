// Uniform on [low, high): 24 bits of a word; `scale` is (high - low) * 2^-24.
fn uniform_value(word: u32) -> u32 {
    let value = affine(f32(word & 0xffffffu));
    return finish(select(value, params.limit, value >= params.limit));
}

fn draw(block: vec2<u32>) -> vec4<u32> {
    let words = philox(block);
    return vec4<u32>(
        uniform_value(words.x),
        uniform_value(words.y),
        uniform_value(words.z),
        uniform_value(words.w),
    );
}
