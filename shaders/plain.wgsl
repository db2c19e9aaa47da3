// Where no operation can meet a subnormal number, with affine.wgsl or centred.wgsl; elsewhere
// careful.wgsl takes the place of both.
fn finish(values: vec4<f32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(values);
}
