// (low, high) words of a product, from 16-bit halves.
fn multiply(a: u32, b: u32) -> vec2<u32> {
    let a0 = a & 0xffffu;
    let a1 = a >> 16u;
    let b0 = b & 0xffffu;
    let b1 = b >> 16u;
    // Neither sum overflows: (2^16 - 1)^2 + 2 * (2^16 - 1) = 2^32 - 1.
    let middle = a1 * b0 + ((a0 * b0) >> 16u);
    let cross = a0 * b1 + (middle & 0xffffu);
    return vec2<u32>(a * b, a1 * b1 + (middle >> 16u) + (cross >> 16u));
}

// The same where the halves of `a` sum to less than 2^16: then their products with those of `b` sum to less than
// 2^32, and no carry has to be kept apart.
fn multiply_narrow(a: u32, b: u32) -> vec2<u32> {
    let a0 = a & 0xffffu;
    let a1 = a >> 16u;
    let b0 = b & 0xffffu;
    let b1 = b >> 16u;
    let middle = a1 * b0 + (a0 * b1 + ((a0 * b0) >> 16u));
    return vec2<u32>(a * b, a1 * b1 + (middle >> 16u));
}
