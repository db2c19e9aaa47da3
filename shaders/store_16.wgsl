// 16 bytes at a time: a granule.
@group(1) @binding(0) var<storage, read_write> granules: array<vec4<u32>>;

const BLOCKS_PER_STORE = BLOCKS_PER_GRANULE;

fn store_blocks(index: u32) {
    granules[(params.word >> 2u) + index] = pack(block_after(params.block, index * BLOCKS_PER_STORE));
}
