// x * scale + offset, each operation rounded once.
fn affine(x: f32) -> f32 {
    return fence(x * params.scale) + params.offset;
}
