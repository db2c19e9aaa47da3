// Transposed: a row of the buffer is a column of the tensor, so that the elements of a block lie in four rows. An
// invocation makes a word of each of those, from as many blocks as a word has elements.

// The four elements of the tensor from `index` on: of one block, mostly, or of two.
fn draw_at(index: vec2<u32>) -> vec4<u32> {
    let block = block_of(index);
    let phase = index.x & 3u;
    let a = draw(block);
    // Where a word is an element, its block is where rows begin.
    if ELEMENTS_PER_WORD == 1u || phase == 0u {
        return a;
    }
    return joined(a, draw(block_after(block, 1u)), phase);
}

// A word whose elements belong to more than one row, or might: a block for each.
fn store_alone(word: u32) {
    var value = 0u;
    for (var lane = 0u; lane < ELEMENTS_PER_WORD; lane++) {
        let element = word * ELEMENTS_PER_WORD + lane;
        if element >= params.first && element < params.end {
            let position = element - params.phase;
            let row = position / params.run;
            let start = column_start(row / params.rows, position % params.run);
            let index = block_after(start, row % params.rows);
            var drawn = draw(block_of(index));
            value |= round_one(drawn[index.x & 3u]) << (lane * (32u / ELEMENTS_PER_WORD));
        }
    }
    store(params.word + word, value, word * ELEMENTS_PER_WORD);
}

fn store_row(matrix: u32, row: u32, column: u32, value: u32) {
    // Before the first row it is a large number.
    if row < params.rows {
        let element = (matrix * params.rows + row) * params.run + column;
        store(params.word + element / ELEMENTS_PER_WORD, value, element);
    }
}

@compute @workgroup_size(256)
fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
    let invocation = granule_of(id);
    if invocation >= params.granules {
        return;
    }
    if ELEMENTS_PER_WORD > 1u && (params.phase != 0u || params.run % ELEMENTS_PER_WORD != 0u) {
        store_alone(params.first / ELEMENTS_PER_WORD + invocation);
        return;
    }
    // Neighbours make neighbouring words.
    let words = params.run / ELEMENTS_PER_WORD;
    let column = invocation % words * ELEMENTS_PER_WORD;
    let matrix = invocation / words / params.column_blocks;
    let block = invocation / words % params.column_blocks;
    // The first of four rows: where the first element's block begins, which may be before the matrix.
    let before = column_start(matrix, column).x & 3u;
    let row = block * 4u - before;
    var values = vec4<u32>();
    for (var lane = 0u; lane < ELEMENTS_PER_WORD; lane++) {
        let start = column_start(matrix, column + lane);
        let from_block = vec2<u32>(start.x - before, start.y - select(0u, 1u, start.x < before));
        let drawn = draw_at(block_after(from_block, block * 4u));
        let rounded = vec4<u32>(round_one(drawn.x), round_one(drawn.y), round_one(drawn.z), round_one(drawn.w));
        values |= rounded << vec4<u32>(lane * (32u / ELEMENTS_PER_WORD));
    }
    store_row(matrix, row, column, values.x);
    store_row(matrix, row + 1u, column, values.y);
    store_row(matrix, row + 2u, column, values.z);
    store_row(matrix, row + 3u, column, values.w);
}
