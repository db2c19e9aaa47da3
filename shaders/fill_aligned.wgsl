// The fast road: tiles of 4096 elements, each granule beginning at the first word of a block. The
// plan dispatches whole tiles only, so nothing is guarded: software devices lose a third to a guard.
@group(1) @binding(0) var<storage, read_write> granules: array<vec4<u32>>;

// Distributions that may meet a subnormal number take the other road.
fn scaled(x: f32) -> f32 {
    return fence(x * params.scale);
}

fn finish(values: vec4<f32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(values);
}

fn draw_at(block: vec2<u32>) -> vec4<u32> {
    return draw(block);
}

fn fill_granule(granule: u32) {
    let block = block_after(params.block, granule * BLOCKS_PER_GRANULE);
    granules[params.word / 4u + granule] = pack(block);
}

// Four blocks an invocation, written out; neighbours write neighbouring granules.
@compute @workgroup_size(256)
fn fill(@builtin(workgroup_id) tile: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = tile.x * (1024u / BLOCKS_PER_GRANULE) + lane;
    fill_granule(first);
    if BLOCKS_PER_GRANULE < 4u {
        fill_granule(first + 256u);
    }
    if BLOCKS_PER_GRANULE < 2u {
        fill_granule(first + 512u);
        fill_granule(first + 768u);
    }
}
