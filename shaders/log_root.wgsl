// What both normals are made of: a logarithm and a root. The CPU twin, operation by operation, is
// src/cpu/log_root.rs, which also explains the constants.

// -log2((1 + f/2) * 2^-k), f in [-1, 0). Even and odd powers side by side: two short chains.
fn minus_log2(k: f32, f: f32) -> f32 {
    let g = fence(f * f);
    var even = fence(0.013331771828234196 * g) - 0.0007938954513520002;
    var odd = fence(0.007026212755590677 * g) + 0.019165964797139168;
    even = fence(even * g) - 0.05980249494314194;
    odd = fence(odd * g) + 0.024843422695994377;
    even = fence(fence(even * g) - 0.721347451210022); // it meets another sum
    odd = fence(odd * g) + 0.1803525686264038;
    return k + fence(f * (even + fence(f * odd)));
}

// 4r and 8 ln 2 / r, r = sqrt(2 ln 2 * t): two Newton steps from an integer seed of 1/sqrt(t).
fn root(t: f32) -> vec2<f32> {
    let y0 = bitcast<f32>(0x5f1bdd4bu - (bitcast<u32>(t) >> 1u));
    let s0 = fence(t * y0);
    let q0 = 2.287082 - fence(s0 * y0);
    let s1 = fence(s0 * q0);
    let y1 = fence(y0 * q0);
    let q1 = 5.3099833 - fence(s1 * y1);
    return vec2<f32>(fence(s1 * q1), fence(y1 * q1));
}
