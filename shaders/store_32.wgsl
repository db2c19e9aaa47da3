// 32 bytes at a time, two granules as 64-bit integers: software devices store lane by lane, one
// component after another, and this is the most that one step of theirs can carry.
@group(1) @binding(0) var<storage, read_write> pairs: array<vec4<u64>>;

const BLOCKS_PER_STORE = 2u * BLOCKS_PER_GRANULE;

// Two words in each, the first one low.
fn wide(granule: vec4<u32>) -> vec2<u64> {
    return vec2<u64>(granule.xz) | (vec2<u64>(granule.yw) << vec2<u32>(32u));
}

fn store_blocks(index: u32) {
    let block = block_after(params.block, index * BLOCKS_PER_STORE);
    let first = wide(pack(block));
    pairs[(params.word >> 3u) + index] = vec4<u64>(first, wide(pack(block_after(block, BLOCKS_PER_GRANULE))));
}
