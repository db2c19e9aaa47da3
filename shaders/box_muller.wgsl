// Normal, by Box-Muller: a pair of words makes a pair of values. The CPU twin, operation by
// operation, is src/cpu/box_muller.rs, which also explains the constants.

// sqrt(-2 ln u), u = (word + 1/2) * 2^-32.
fn radius(word: u32) -> f32 {
    // Above 0.6 the distance from 1 is what matters: 2 * word + 1 - 2^33, else 2 * word + 1.
    let near_one = word >= 0x9999999au;
    let high = select(bitcast<i32>(word >> 16u), bitcast<i32>(word) >> 16u, near_one);
    let low = ((word << 1u) & 0x1ffffu) | 1u;
    let odd = fence(f32(high) * 131072.0 + f32(low));

    // u = m * 2^-k with m in [0.6, 1.2), f = m - 1.
    let exponent = bitcast<i32>(bitcast<u32>(odd) - 0x3f19999au) >> 23u;
    let m = bitcast<f32>(bitcast<u32>(odd) - (bitcast<u32>(exponent) << 23u));
    let f = select(m - 1.0, odd * 1.1641532182693481e-10, near_one);
    let k = select(f32(33 - exponent), 0.0, near_one);

    // t = -log2(u) / 32 = k / 32 + f * polynomial(f).
    var p = 0.01651764288544655;
    p = fence(fence(p * f) - 0.0029208168853074312);
    p = fence(fence(p * f) + 0.007207372225821018);
    p = fence(fence(p * f) - 0.009249604307115078);
    p = fence(fence(p * f) + 0.011261126957833767);
    p = fence(fence(p * f) - 0.015024624764919281);
    p = fence(fence(p * f) + 0.022542349994182587);
    p = fence(fence(p * f) - 0.04508421942591667);
    let t = fence(k * 0.03125 + fence(p * f));

    // Two Newton steps towards sqrt(64 ln 2 * t) from an integer seed of 1/sqrt(t).
    let y0 = bitcast<f32>(0x5f233badu - (bitcast<u32>(t) >> 1u));
    let s0 = fence(t * y0);
    let q0 = fence(2.4701822 - fence(s0 * y0));
    let s1 = fence(s0 * q0);
    let y1 = fence(y0 * q0);
    return fence(s1 * fence(6.69016 - fence(s1 * y1)));
}

// (cos, sin)(2 pi v), v = (word + 1/2) * 2^-32.
fn direction(word: u32) -> vec2<f32> {
    // The angle from the nearest multiple of pi / 2, as an odd multiple of 2^-24 of pi / 4.
    let s = f32((bitcast<i32>(word << 2u) >> 7u) | 1) * 5.960464477539063e-8;
    let x = fence(s * s);
    var p = fence(x * -0.00003636261681094766);
    p = fence(fence(x * fence(p + 0.002490678336471319)) - 0.08074572682380676);
    let sine = fence(s * fence(fence(x * p) + 0.7853981852531433));
    var q = fence(x * -0.0003175596066284925);
    q = fence(fence(x * fence(q + 0.015848051756620407)) - 0.30842360854148865);
    let cosine = fence(fence(x * q) + 0.9999999403953552);

    // Odd quadrants swap the two; the cosine is negative in quadrants 1 and 2, the sine in 2 and 3.
    let quadrant = word + 0x20000000u;
    let odd = (quadrant & 0x40000000u) != 0u;
    let c = bitcast<u32>(select(cosine, sine, odd)) ^ ((quadrant + 0x40000000u) & 0x80000000u);
    let d = bitcast<u32>(select(sine, cosine, odd)) ^ (quadrant & 0x80000000u);
    return bitcast<vec2<f32>>(vec2<u32>(c, d));
}

fn normal_pair(x: u32, y: u32) -> vec2<u32> {
    let r = radius(x);
    let d = direction(y);
    return vec2<u32>(finish(affine(fence(r * d.x))), finish(affine(fence(r * d.y))));
}

fn draw(block: vec2<u32>) -> vec4<u32> {
    let words = philox(block);
    return vec4<u32>(normal_pair(words.x, words.y), normal_pair(words.z, words.w));
}
