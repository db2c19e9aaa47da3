// Four elements a word, each rounded by `round_one`.
const ELEMENTS_PER_WORD = 4u;
const BLOCKS_PER_GRANULE = 4u;

fn quarters(block: vec2<u32>) -> u32 {
    let v = draw_at(block);
    return round_one(v.x) | (round_one(v.y) << 8u) | (round_one(v.z) << 16u) | (round_one(v.w) << 24u);
}

fn pack(block: vec2<u32>) -> vec4<u32> {
    return vec4<u32>(
        quarters(block),
        quarters(block_after(block, 1u)),
        quarters(block_after(block, 2u)),
        quarters(block_after(block, 3u)),
    );
}
