// Box-Muller with the driver's own log, sqrt, cos and sin: what a generator that need not be the same
// everywhere would do. `words_of` is the crate's own Philox.
fn native_pair(x: u32, y: u32) -> vec2<u32> {
    let u = (f32(x) + 0.5) * 2.3283064365386963e-10;
    let angle = (f32(y) + 0.5) * 1.4629180792671596e-9;
    let r = sqrt(-2.0 * log(u));
    let z = vec2<f32>(r * cos(angle), r * sin(angle));
    return bitcast<vec2<u32>>(z * params.scale + params.offset);
}

fn draw(block: vec2<u32>) -> vec4<u32> {
    let words = words_of(block);
    return vec4<u32>(native_pair(words.x, words.y), native_pair(words.z, words.w));
}
