// Which granule an invocation makes, and where in the sequence of blocks it begins.
fn granule_of(id: vec3<u32>) -> u32 {
    return id.y * params.row + id.x;
}

// Four elements of two blocks, from element `phase` (1 to 3) of the first one on.
fn joined(a: vec4<u32>, b: vec4<u32>, phase: u32) -> vec4<u32> {
    if phase == 1u {
        return vec4<u32>(a.yzw, b.x);
    }
    if phase == 2u {
        return vec4<u32>(a.zw, b.xy);
    }
    return vec4<u32>(a.w, b.xyz);
}

// `block + n`, as a 64-bit sum.
fn block_after(block: vec2<u32>, n: u32) -> vec2<u32> {
    let low = block.x + n;
    return vec2<u32>(low, block.y + select(0u, 1u, low < n));
}
