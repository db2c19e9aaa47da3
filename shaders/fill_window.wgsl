// Every other contiguous window: any first element, any offset, any length.

// The four elements from word `phase` of `block` on.
fn draw_at(block: vec2<u32>) -> vec4<u32> {
    let a = draw(block);
    if params.phase == 0u {
        return a;
    }
    return joined(a, draw(block_after(block, 1u)), params.phase);
}

@compute @workgroup_size(256)
fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
    let granule = granule_of(id);
    if granule < params.granules {
        store_granule(granule, pack(block_after(params.block, granule * BLOCKS_PER_GRANULE)));
    }
}
