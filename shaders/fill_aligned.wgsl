// The fast road: tiles of 4096 elements, each granule beginning at the first word of a block. The
// plan dispatches whole tiles only, so nothing is guarded: software devices lose a tenth to a guard.
fn draw_at(block: vec2<u32>) -> vec4<u32> {
    return draw(block);
}

// Four blocks an invocation, written out; neighbours write side by side.
@compute @workgroup_size(256)
fn fill(@builtin(workgroup_id) tile: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = tile.x * (1024u / BLOCKS_PER_STORE) + lane;
    store_blocks(first);
    if BLOCKS_PER_STORE < 4u {
        store_blocks(first + 256u);
    }
    if BLOCKS_PER_STORE < 2u {
        store_blocks(first + 512u);
        store_blocks(first + 768u);
    }
}
