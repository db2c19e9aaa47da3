// Every other contiguous window: any first element, any offset, any length.

// The four elements from word `phase` of `block` on.
fn draw_at(block: vec2<u32>) -> vec4<u32> {
    let a = draw(block);
    if params.phase == 0u {
        return a;
    }
    let b = draw(block_after(block, 1u));
    if params.phase == 1u {
        return vec4<u32>(a.yzw, b.x);
    }
    if params.phase == 2u {
        return vec4<u32>(a.zw, b.xy);
    }
    return vec4<u32>(a.w, b.xyz);
}

@compute @workgroup_size(256)
fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
    let granule = granule_of(id);
    if granule < params.granules {
        store_granule(granule, pack(block_after(params.block, granule * BLOCKS_PER_GRANULE)));
    }
}
