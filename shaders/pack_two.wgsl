// Two elements a word, each rounded by `round_one`.
const ELEMENTS_PER_WORD = 2u;
const BLOCKS_PER_GRANULE = 2u;

fn halves(block: vec2<u32>) -> vec2<u32> {
    let v = draw_at(block);
    return vec2<u32>(round_one(v.x) | (round_one(v.y) << 16u), round_one(v.z) | (round_one(v.w) << 16u));
}

fn pack(block: vec2<u32>) -> vec4<u32> {
    return vec4<u32>(halves(block), halves(block_after(block, 1u)));
}
