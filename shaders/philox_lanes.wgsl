// Philox4x32-10 with its words in 64-bit lanes, whose upper halves are not kept clean: vector units
// multiply the lower halves of such lanes, so that no product is cut in two and put together again.
fn philox_round(counter: vec4<u64>, key: vec2<u32>) -> vec4<u64> {
    let p0 = (counter.x & 0xfffffffflu) * 0xd2511f53lu;
    let p1 = (counter.z & 0xfffffffflu) * 0xcd9e8d57lu;
    return vec4<u64>((p1 >> 32u) ^ counter.y ^ u64(key.x), p1, (p0 >> 32u) ^ counter.w ^ u64(key.y), p0);
}

// The four words of a block. The rounds are written out since naga's bounded loops are not unrolled.
fn philox(block: vec2<u32>) -> vec4<u32> {
    let k = params.key;
    var c = vec4<u64>(vec4<u32>(block, params.stream));
    c = philox_round(c, k);
    c = philox_round(c, k + vec2<u32>(0x9e3779b9u, 0xbb67ae85u));
    c = philox_round(c, k + vec2<u32>(0x3c6ef372u, 0x76cf5d0au));
    c = philox_round(c, k + vec2<u32>(0xdaa66d2bu, 0x32370b8fu));
    c = philox_round(c, k + vec2<u32>(0x78dde6e4u, 0xed9eba14u));
    c = philox_round(c, k + vec2<u32>(0x1715609du, 0xa9066899u));
    c = philox_round(c, k + vec2<u32>(0xb54cda56u, 0x646e171eu));
    c = philox_round(c, k + vec2<u32>(0x5384540fu, 0x1fd5c5a3u));
    c = philox_round(c, k + vec2<u32>(0xf1bbcdc8u, 0xdb3d7428u));
    c = philox_round(c, k + vec2<u32>(0x8ff34781u, 0x96a522adu));
    return vec4<u32>(c);
}
