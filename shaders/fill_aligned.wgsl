// The fast road: whole granules of 16 bytes, each beginning at the first word of a block.
@group(1) @binding(0) var<storage, read_write> granules: array<vec4<u32>>;

fn draw_at(block: vec2<u32>) -> vec4<u32> {
    return draw(block);
}

@compute @workgroup_size(64)
fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
    let granule = granule_of(id);
    if granule < params.granules {
        let block = block_after(params.block, granule * BLOCKS_PER_GRANULE);
        granules[params.word / 4u + granule] = pack(block);
    }
}
