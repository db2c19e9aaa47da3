// The fast road of transposed fills: rows of whole granules, and matrices whose columns begin with a block each. An
// invocation makes a granule of each of four rows, from as many blocks as a granule has elements.
@group(1) @binding(0) var<storage, read_write> granules: array<vec4<u32>>;

const ELEMENTS_PER_GRANULE = 4u * ELEMENTS_PER_WORD;

fn draw_at(block: vec2<u32>) -> vec4<u32> {
    return draw(block);
}

// A word of each of the four rows, whose first element's block this is; the next column's begins `stride` on.
fn four_rows(index: vec2<u32>) -> vec4<u32> {
    var start = index;
    var words = vec4<u32>();
    for (var lane = 0u; lane < ELEMENTS_PER_WORD; lane++) {
        let drawn = draw_at(block_of(start));
        let rounded = vec4<u32>(round_one(drawn.x), round_one(drawn.y), round_one(drawn.z), round_one(drawn.w));
        words |= rounded << vec4<u32>(lane * (32u / ELEMENTS_PER_WORD));
        start = add(start, params.stride);
    }
    return words;
}

@compute @workgroup_size(256)
fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
    let invocation = granule_of(id);
    if invocation >= params.granules {
        return;
    }
    // Neighbours make neighbouring granules.
    let width = params.run / ELEMENTS_PER_GRANULE;
    let quad = invocation / width;
    let granule = invocation % width;
    let matrix = quad / params.column_blocks;
    let row = (quad % params.column_blocks) * 4u;

    let first = block_after(column_start(matrix, granule * ELEMENTS_PER_GRANULE), row);
    let to_next_word = times(params.stride, ELEMENTS_PER_WORD);
    let second = add(first, to_next_word);
    let third = add(second, to_next_word);
    let a = four_rows(first);
    let b = four_rows(second);
    let c = four_rows(third);
    let d = four_rows(add(third, to_next_word));

    let at = (params.word >> 2u) + (matrix * params.rows + row) * width + granule;
    let rows = params.rows - row;
    granules[at] = vec4<u32>(a.x, b.x, c.x, d.x);
    if rows > 1u {
        granules[at + width] = vec4<u32>(a.y, b.y, c.y, d.y);
    }
    if rows > 2u {
        granules[at + 2u * width] = vec4<u32>(a.z, b.z, c.z, d.z);
    }
    if rows > 3u {
        granules[at + 3u * width] = vec4<u32>(a.w, b.w, c.w, d.w);
    }
}
