// An index' digits: quotients and remainders of 64-bit numbers, as two words, by divisors that the host knows.

fn minus(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    return vec2<u32>(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}

// `places` is below 64.
fn shifted_right(n: vec2<u32>, places: u32) -> vec2<u32> {
    if places >= 32u {
        return vec2<u32>(n.y >> (places - 32u), 0u);
    }
    if places == 0u {
        return n;
    }
    return vec2<u32>((n.x >> places) | (n.y << (32u - places)), n.y >> places);
}

// The upper 64 bits of a product.
fn upper_product(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    // No sum overflows: (2^32 - 1)^2 + 2 * (2^32 - 1) = 2^64 - 1.
    let first = block_after(multiply(a.x, b.y), multiply(a.x, b.x).y);
    let second = block_after(multiply(a.y, b.x), first.x);
    return block_after(block_after(multiply(a.y, b.y), first.y), second.y);
}

// The lower 64 bits of a product.
fn lower_product(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = multiply(a.x, b.x);
    return vec2<u32>(low.x, low.y + a.x * b.y + a.y * b.x);
}

// `by` is a divisor and what stands for its inverse; src/params/divisor.rs has its source.
fn divided(n: vec2<u32>, by: vec4<u32>, shift: u32) -> vec2<u32> {
    let t = upper_product(by.zw, n);
    let rest = shifted_right(minus(n, t), min(shift, 1u));
    let sum = block_after(t, rest.x);
    return shifted_right(vec2<u32>(sum.x, sum.y + rest.y), max(shift, 1u) - 1u);
}

// What is left of n after so many times the divisor.
fn remainder(n: vec2<u32>, quotient: vec2<u32>, by: vec4<u32>) -> vec2<u32> {
    return minus(n, lower_product(quotient, by.xy));
}

// The index of a block's first element.
fn first_index(block: vec2<u32>) -> vec2<u32> {
    return vec2<u32>(block.x << 2u, (block.y << 2u) | (block.x >> 30u));
}
