// Where no operation can meet a subnormal number; elsewhere careful.wgsl takes this file's place.
fn scaled(x: f32) -> f32 {
    return fence(x * params.scale);
}

fn finish(values: vec4<f32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(values);
}
