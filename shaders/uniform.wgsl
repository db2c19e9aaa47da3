// Uniform on [low, high): 24 bits of a word; `scale` is (high - low) * 2^-24.
fn uniform_value(word: u32) -> f32 {
    let value = affine(f32(word & 0xffffffu));
    // In a smaller dtype, what would be rounded to below the lower bound is the next value above.
    let above = select(value, params.low, value < params.low);
    return select(params.limit, above, above < params.limit);
}

fn draw(block: vec2<u32>) -> vec4<u32> {
    let words = philox(block);
    return finish(vec4<f32>(
        uniform_value(words.x),
        uniform_value(words.y),
        uniform_value(words.z),
        uniform_value(words.w),
    ));
}
