// What a Box-Muller in fixed point would cost, not what it would be: as many products and sums as the
// kernel's own in the same order, each product the high word of a 64-bit one. The constants mean nothing.
fn high(a: u32, b: u32) -> u32 {
    return u32((u64(a) * u64(b)) >> 32u);
}

fn radius(word: u32) -> u32 {
    let k = countLeadingZeros(word | 1u);
    let f = word << k;
    let g = high(f, f);
    var even = high(g, 1833000000u) + 109000000u;
    var odd = high(g, 1932000000u) + 1317000000u;
    even = high(even, g) + 513000000u;
    odd = high(odd, g) + 426000000u;
    even = high(even, g) + 1549000000u;
    odd = high(odd, g) + 774000000u;
    let t = (k << 24u) + high(f, even + high(f, odd));
    let y0 = 0x5f1bdd4bu - (t >> 1u);
    let s0 = high(t, y0);
    let q0 = 2287082u - high(s0, y0);
    let s1 = high(s0, q0);
    return high(s1, 53099833u - high(s1, high(y0, q0)));
}

fn direction(word: u32) -> vec2<u32> {
    let s = (word << 2u) >> 1u;
    let x = high(s, s);
    var p = high(x, 39000u) + 2670000u;
    p = high(x, p) + 86000000u;
    p = high(x, p) + 843000000u;
    let sine = high(s, p);
    var q = high(x, 341000u) + 17000000u;
    q = high(x, q) + 331000000u;
    let cosine = high(x, q) + 1073000000u;
    let swapped = (word & 0x40000000u) != 0u;
    return vec2<u32>(select(cosine, sine, swapped), select(sine, cosine, swapped));
}

fn normal_pair(x: u32, y: u32) -> vec2<f32> {
    let r = radius(x);
    let d = direction(y);
    return vec2<f32>(affine(f32(i32(high(r, d.x)))), affine(f32(i32(high(r, d.y)))));
}
