// Stores those elements of a word that belong to the window. Each word has one writer; bytes
// around the window stay as they are.
@group(1) @binding(0) var<storage, read_write> words: array<u32>;

fn store(index: u32, value: u32, element: u32) {
    let end = element + ELEMENTS_PER_WORD;
    if element >= params.first && end <= params.end {
        words[index] = value;
    } else if end > params.first && element < params.end {
        let width = 32u / ELEMENTS_PER_WORD;
        var mask = 0xffffffffu;
        if element < params.first {
            mask &= 0xffffffffu << ((params.first - element) * width);
        }
        if end > params.end {
            mask &= 0xffffffffu >> ((end - params.end) * width);
        }
        words[index] = (words[index] & ~mask) | (value & mask);
    }
}

fn store_granule(granule: u32, value: vec4<u32>) {
    let index = params.word + granule * 4u;
    let element = granule * 4u * ELEMENTS_PER_WORD;
    store(index, value.x, element);
    store(index + 1u, value.y, element + ELEMENTS_PER_WORD);
    store(index + 2u, value.z, element + 2u * ELEMENTS_PER_WORD);
    store(index + 3u, value.w, element + 3u * ELEMENTS_PER_WORD);
}
