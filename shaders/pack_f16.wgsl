// IEEE binary16, two elements a word; beyond its range, infinity.
const ELEMENTS_PER_WORD = 2u;
const BLOCKS_PER_GRANULE = 2u;

fn round_one(word: u32) -> u32 {
    return small_float(word, 13u, 113u, 0x7c00u, 0x8000u);
}

fn halves(block: vec2<u32>) -> vec2<u32> {
    let v = draw_at(block);
    return vec2<u32>(round_one(v.x) | (round_one(v.y) << 16u), round_one(v.z) | (round_one(v.w) << 16u));
}

fn pack(block: vec2<u32>) -> vec4<u32> {
    return vec4<u32>(halves(block), halves(block_after(block, 1u)));
}
