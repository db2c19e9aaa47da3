// One element a word, one block a granule. `block` is where the granule begins.
const ELEMENTS_PER_WORD = 1u;
const BLOCKS_PER_GRANULE = 1u;

fn round_one(word: u32) -> u32 {
    return word;
}

fn pack(block: vec2<u32>) -> vec4<u32> {
    return draw_at(block);
}
