// (low, high) words of a product, where the device has 64-bit integers.
fn multiply(a: u32, b: u32) -> vec2<u32> {
    let product = u64(a) * u64(b);
    return vec2<u32>(u32(product), u32(product >> 32u));
}

// What 32-bit integers have a shorter way for.
fn multiply_narrow(a: u32, b: u32) -> vec2<u32> {
    return multiply(a, b);
}
