// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), of rounds as
// philox_words.wgsl or philox_lanes.wgsl makes them.

// The four words of a block of a stream. The rounds are written out since naga's bounded loops are not unrolled.
fn philox_of(block: vec2<u32>, stream: vec2<u32>) -> vec4<u32> {
    let k = params.key;
    var c = Counter(vec4<u32>(block, stream));
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

// The four words of a block of the fill's stream.
fn philox(block: vec2<u32>) -> vec4<u32> {
    return philox_of(block, params.stream);
}
