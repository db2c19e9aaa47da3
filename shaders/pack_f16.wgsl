// IEEE binary16, two elements a word; beyond its range, infinity.
fn round_one(word: u32) -> u32 {
    return small_float(word, 13u, 113u, 0x7c00u, 0x8000u);
}
