// bfloat16, two elements a word: the upper half of an f32, rounded.
fn round_one(word: u32) -> u32 {
    return (word + 0x7fffu + ((word >> 16u) & 1u)) >> 16u;
}
