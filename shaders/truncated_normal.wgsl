// Normal within [low, limit], by inversion: a word makes a value. The CPU twin, operation by
// operation, is src/cpu/truncated_normal.rs, which also explains the constants.

// The quantile of (word + 1/2) * 2^-32, for mean 0 and deviation 1.
fn quantile(word: u32) -> f32 {
    // Each half of the distribution is counted from its own tail, where what is left is small.
    let upper = (word >> 1u) >= params.median;
    let n = select(word, ~word, upper);
    let distance = f32(n >> 16u) * 131072.0 + f32(((n << 1u) & 0x1ffffu) | 1u);
    let tail = select(params.tails.x, params.tails.y, upper);
    let q = fence(fence(params.width * distance) + tail);

    // Far out, a correction to the root of the logarithm, in powers of its inverse.
    let bits = bitcast<u32>(q);
    let k = f32(i32(126u + params.tail_shift) - i32(bits >> 23u));
    let r = root(minus_log2(k, bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u) - 2.0));
    var p = fence(r.y * -0.00022325899044517428) + 0.003372066654264927;
    p = fence(r.y * p) - 0.022045543417334557;
    p = fence(r.y * p) + 0.08243996649980545;
    p = fence(r.y * p) - 0.19939829409122467;
    p = fence(r.y * p) + 0.35573217272758484;
    p = fence(r.y * p) - 0.6700916290283203;
    let outer = fence(r.x * 0.25 - 0.035618361085653305) + fence(r.y * p);

    // Near the middle, a polynomial in half of what is left on both sides: `0.5 - q` and not `1 - 2q`,
    // since a product with a sum with 1 is cheap to distribute, and compilers do.
    let h = 0.5 - q;
    let g = fence(h * h);
    var m = fence(g * 3308.482177734375) - 540.870361328125;
    m = fence(g * m) + 121.07209777832031;
    m = fence(g * m) + 11.656972885131836;
    m = fence(g * m) + 5.881021499633789;
    m = fence(g * m) + 2.623659133911133;
    m = fence(g * m) + 2.5066325664520264;
    let inner = fence(h * m);

    let z = bitcast<u32>(select(outer, inner, r.x < 7.6737));
    return bitcast<f32>(z ^ select(0x80000000u, 0u, upper));
}

fn truncated_value(word: u32) -> f32 {
    let value = affine(quantile(word));
    let above = select(value, params.low, value < params.low);
    return select(above, params.limit, above > params.limit);
}

fn draw(block: vec2<u32>) -> vec4<u32> {
    let words = philox(block);
    return finish(vec4<f32>(
        truncated_value(words.x),
        truncated_value(words.y),
        truncated_value(words.z),
        truncated_value(words.w),
    ));
}
