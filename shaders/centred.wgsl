// x * scale, where the mean is 0. Fused into a sum with 0 or not, a product is rounded once, so it
// needs no fence; the zero that no compiler knows makes of -0 the +0 that it is.
fn affine(x: f32) -> f32 {
    return x * params.scale + bitcast<f32>(params.zero);
}
