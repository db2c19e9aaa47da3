// What a radius from a table in workgroup memory would cost, not what it would be: a cubic for each of
// 16 pieces between two powers of two. The coefficients mean nothing.
var<workgroup> pieces: array<vec4<f32>, 512>;

fn make_pieces(lane: u32) {
    let x = f32(lane + params.zero);
    pieces[lane] = vec4<f32>(x, x + 1.0, x + 2.0, x + 3.0);
    pieces[lane + 256u] = vec4<f32>(x + 4.0, x + 5.0, x + 6.0, x + 7.0);
    workgroupBarrier();
}

fn radius(word: u32) -> f32 {
    let zeros = countLeadingZeros(word | 1u);
    let mantissa = word << zeros;
    let piece = pieces[(zeros << 4u) | ((mantissa >> 27u) & 15u)];
    let x = f32((mantissa << 5u) >> 8u);
    var p = fence(x * piece.x) + piece.y;
    p = fence(x * p) + piece.z;
    return fence(x * p) + piece.w;
}
