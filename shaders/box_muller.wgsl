// Normal, by Box-Muller: a pair of words makes a pair of values. The CPU twin, operation by
// operation but for the place of the signs, is src/cpu/box_muller.rs, which also explains the constants.

// 4 sqrt(-2 ln u), u = (word + 1/2) * 2^-32.
fn radius(word: u32) -> f32 {
    // As a signed number, 2 * word + 1 is the distance from 1 where u is above 1/2.
    let high = f32(bitcast<i32>(word) >> 16u);
    let low = f32(((word << 1u) & 0x1ffffu) | 1u);
    // The product is exact, and so are the sum's uses: its bits, and a product with a power of two.
    let distance = high * 131072.0 + low;

    // u = (1 + f/2) * 2^-k. Twice the number, so that 2 is taken from it: a product with a sum with 1 is
    // cheap to distribute.
    let bits = bitcast<u32>(distance);
    let k = f32(max(159 - i32(bits >> 23u), 0));
    let below_half = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u) - 2.0;
    let f = select(below_half, distance * 2.3283064365386963e-10, distance < 0.0);

    return root(minus_log2(k, f)).x;
}

// (cos, sin)(2 pi v) / 4, v = (word + 1/2) * 2^-32, but for the signs of their quadrant.
fn direction(word: u32) -> vec2<f32> {
    // The angle from the nearest multiple of pi / 2, to the nearest 2^-24 of pi / 4.
    let s = f32(((bitcast<i32>(word << 2u) >> 6u) + 1) >> 1u) * 5.960464477539063e-8;
    let x = fence(s * s);
    var p = fence(x * -0.000009090654202736914) + 0.0006226695841178298;
    p = fence(x * p) - 0.02018643170595169;
    p = fence(x * p) + 0.19634954631328583;
    let sine = fence(s * p);
    var q = fence(x * -0.00007938990165712312) + 0.003962012939155102;
    q = fence(x * q) - 0.07710590213537216;
    let cosine = fence(x * q) + 0.2499999850988388;

    // Odd quadrants swap the two.
    let swapped = ((word + 0x20000000u) & 0x40000000u) != 0u;
    return select(vec2<f32>(cosine, sine), vec2<f32>(sine, cosine), swapped);
}

// The cosine is negative in quadrants 1 and 2, the sine in 2 and 3.
fn signs(word: u32) -> vec2<u32> {
    return vec2<u32>(word + 0x60000000u, word + 0x20000000u) & vec2<u32>(0x80000000u);
}

// The signs, exclusive or with what no compiler knows, are the products' fences.
fn normal_pair(x: u32, y: u32) -> vec2<f32> {
    let signed = bitcast<vec2<u32>>(radius(x) * direction(y)) ^ signs(y);
    let z = bitcast<vec2<f32>>(signed);
    return vec2<f32>(affine(z.x), affine(z.y));
}

fn normal(block: vec2<u32>) -> vec4<u32> {
    let words = philox(block);
    return finish(vec4<f32>(normal_pair(words.x, words.y), normal_pair(words.z, words.w)));
}
