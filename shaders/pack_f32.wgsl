// One element a word, one block a granule. `block` is where the granule begins.
const ELEMENTS_PER_WORD = 1u;
const BLOCKS_PER_GRANULE = 1u;

fn pack(block: vec2<u32>) -> vec4<u32> {
    return draw_at(block);
}
