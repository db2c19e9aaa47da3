// Which granule an invocation makes, and where in the sequence of blocks it begins.
fn granule_of(id: vec3<u32>) -> u32 {
    return id.y * params.row + id.x;
}

// `block + n`, as a 64-bit sum.
fn block_after(block: vec2<u32>, n: u32) -> vec2<u32> {
    let low = block.x + n;
    return vec2<u32>(low, block.y + select(0u, 1u, low < n));
}
