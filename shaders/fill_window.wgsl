// Every other window: any first element, any offset, any length. Bytes around it stay as they are.
@group(1) @binding(0) var<storage, read_write> words: array<u32>;

// The four elements from word `phase` of `block` on.
fn draw_at(block: vec2<u32>) -> vec4<u32> {
    let a = draw(block);
    if params.phase == 0u {
        return a;
    }
    let b = draw(block_after(block, 1u));
    if params.phase == 1u {
        return vec4<u32>(a.yzw, b.x);
    }
    if params.phase == 2u {
        return vec4<u32>(a.zw, b.xy);
    }
    return vec4<u32>(a.w, b.xyz);
}

// Stores those elements of a word that belong to the window. Each word has one writer.
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

@compute @workgroup_size(64)
fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
    let granule = granule_of(id);
    if granule < params.granules {
        let value = pack(block_after(params.block, granule * BLOCKS_PER_GRANULE));
        let index = params.word + granule * 4u;
        let element = granule * 4u * ELEMENTS_PER_WORD;
        store(index, value.x, element);
        store(index + 1u, value.y, element + ELEMENTS_PER_WORD);
        store(index + 2u, value.z, element + 2u * ELEMENTS_PER_WORD);
        store(index + 3u, value.w, element + 3u * ELEMENTS_PER_WORD);
    }
}
