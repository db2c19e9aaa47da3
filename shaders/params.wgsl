// What a dispatch is told; `Params` in src/params.rs is its twin, field by field.
struct Params {
    // First Philox block of granule 0, as two words.
    block: vec2<u32>,
    key: vec2<u32>,
    stream: vec2<u32>,
    // Granules (16 output bytes each) in this dispatch, and in one row of its 2-D grid.
    granules: u32,
    row: u32,
    // value = x * scale + offset, below `limit`; then scaled down by 2^-(down & 0xff) where `down` is not 0.
    scale: f32,
    offset: f32,
    limit: f32,
    down: u32,
    // Elements [first, end) of this dispatch are stored; the rest of its granules is left alone.
    first: u32,
    end: u32,
    // Where granule 0 begins in the binding, in words.
    word: u32,
    // Element 0 of granule 0 owns this word of its block.
    phase: u32,
    // Zero, which no compiler knows: see `fence`.
    zero: u32,
    // Strided fills only: elements in a run, and from one run to the next. There `block` is the index
    // of a run's first element, and `phase` the element of that run that element `first` is.
    run: u32,
    stride: vec2<u32>,
    // Truncated normals only: the probabilities below `low` and above `limit`, both scaled up by 2^tail_shift, and
    // what lies between, times 2^-33 more.
    tails: vec2<f32>,
    width: f32,
    // The least value, of a uniform too.
    low: f32,
    // Words below 2 * median make values below the mean.
    median: u32,
    tail_shift: u32,
    // Transposed fills only: from one matrix to the next in the tensor, rows in a matrix, and blocks that reach into
    // one along a column, at most. There `run` is the elements in a row, `stride` lies from one to the next in the
    // tensor, `block` is the index of the first element of all, and `phase` the elements of its word before it.
    next: vec2<u32>,
    rows: u32,
    column_blocks: u32,
    // Diagonals only: the tap that is not 0.
    tap: vec2<u32>,
    // Patterns only: the sizes of an index' fastest and middle digit, and the rows after which a diagonal begins anew, each
    // with its multiplier (digits.wgsl); their shifts, and in the last place which digit is what.
    fast: vec4<u32>,
    middle: vec4<u32>,
    period: vec4<u32>,
    shifts: vec4<u32>,
    // Sparse fills only: elements and zeros in a line, and the two radices of a place in it.
    line: vec4<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;

// Keeps a rounding to itself: compilers fuse, reassociate and refactor f32 arithmetic, but none
// sees through an exclusive or with a number that it does not know. Fenced are every product (or it
// might be fused into a sum, or reordered with another product) and every sum that meets another sum.
// A sum that only meets a fenced product needs no fence: to change it, a compiler would have to
// distribute the product over it, which saves nothing, unless it is a sum with 1 or -1: there is none.
// DESIGN.md says which compiler does what, and what need not be fenced.
fn fence(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) ^ params.zero);
}
