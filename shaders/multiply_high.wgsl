// (low, high) words of a product, the low one from a 32-bit multiply of its own: on a software
// device with 64-bit integers that is faster than taking both from one product.
fn multiply(a: u32, b: u32) -> vec2<u32> {
    return vec2<u32>(a * b, u32((u64(a) * u64(b)) >> 32u));
}
