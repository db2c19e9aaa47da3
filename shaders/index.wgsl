// Indices of the tensor: 64 bits, as two words, the low one first.

fn add(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    return vec2<u32>(block_after(a, b.x).x, block_after(a, b.x).y + b.y);
}

fn times(stride: vec2<u32>, n: u32) -> vec2<u32> {
    let product = multiply(n, stride.x);
    return vec2<u32>(product.x, product.y + n * stride.y);
}

// The block that an element belongs to.
fn block_of(index: vec2<u32>) -> vec2<u32> {
    return vec2<u32>((index.x >> 2u) | (index.y << 30u), index.y >> 2u);
}

// Where a column of a transposed buffer begins in the tensor: the element in the matrix' first row.
fn column_start(matrix: u32, column: u32) -> vec2<u32> {
    return add(add(params.block, times(params.next, matrix)), times(params.stride, column));
}
