// E5M2, four elements a word; saturates at 57344.
fn round_one(word: u32) -> u32 {
    return small_float(word, 21u, 113u, 0x7bu, 0x80u);
}
