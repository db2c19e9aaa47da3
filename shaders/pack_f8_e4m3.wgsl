// E4M3 without infinities, four elements a word; saturates at 448.
fn round_one(word: u32) -> u32 {
    return small_float(word, 20u, 121u, 0x7eu, 0x80u);
}
