// The bits to store. Where no result can be subnormal, `down` is 0 and they are those of the values.
// Elsewhere the host scaled `scale`, `offset` and `limit` up, out of reach of the subnormal numbers
// that drivers treat differently; scaling down happens here, in integers, and what falls below
// 2^-126 is +0.
fn finish(values: vec4<f32>) -> vec4<u32> {
    let words = bitcast<vec4<u32>>(values);
    if params.down == 0u {
        return words;
    }
    let shift = (params.down & 0xffu) << 23u;
    let vanishes = (words & vec4<u32>(0x7fffffffu)) < vec4<u32>(shift + 0x00800000u);
    return select(words - shift, vec4<u32>(0u), vanishes);
}
