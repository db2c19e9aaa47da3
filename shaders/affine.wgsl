// x * scale + offset, each operation rounded once.
fn affine(x: f32) -> f32 {
    return fence(fence(x * params.scale) + params.offset);
}

// The bits to store. Where no result can be subnormal, `down` is 0 and they are those of `value`.
// Elsewhere the host scaled `scale`, `offset` and `limit` up, out of reach of the subnormal numbers
// that drivers treat differently; scaling down happens here, in integers, and what falls below
// 2^-126 is +0.
fn finish(value: f32) -> u32 {
    let word = bitcast<u32>(value);
    if params.down == 0u {
        return word;
    }
    let shift = (params.down & 0xffu) << 23u;
    return select(word - shift, 0u, (word & 0x7fffffffu) < shift + 0x00800000u);
}
