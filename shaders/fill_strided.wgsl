// Shards: runs of elements that lie `stride` apart in the tensor and one after another here.

// The index in the tensor of an element of this dispatch. What lies before `first` is not stored.
fn index_of(element: u32) -> vec2<u32> {
    let position = params.phase + max(element, params.first) - params.first;
    let run = position / params.run;
    return block_after(add(params.block, times(params.stride, run)), position % params.run);
}

// Four elements, from element 4 * `quad.x` of the dispatch on: mostly of one block, drawn once.
fn draw_at(quad: vec2<u32>) -> vec4<u32> {
    var values = vec4<u32>();
    var drawn = vec4<u32>();
    var block = vec2<u32>();
    for (var lane = 0u; lane < 4u; lane++) {
        let index = index_of(quad.x * 4u + lane);
        let needed = block_of(index);
        if lane == 0u || any(needed != block) {
            block = needed;
            drawn = draw(block);
        }
        values[lane] = drawn[index.x & 3u];
    }
    return values;
}

@compute @workgroup_size(256)
fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
    let granule = granule_of(id);
    if granule < params.granules {
        store_granule(granule, pack(vec2<u32>(granule * BLOCKS_PER_GRANULE, 0u)));
    }
}
