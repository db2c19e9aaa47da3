// Where no operation can meet a subnormal number, which drivers treat differently, `down` is 0 and
// this is plain arithmetic. Elsewhere the host scaled `scale`, `offset` and `limit` up by 2^96, out of
// reach of those numbers, and here is what binary32 would have done with them.

// The upper bits of a product of two mantissas, from bit `places` (24 to 49) on.
fn shifted(product: vec2<u32>, places: u32) -> u32 {
    if places < 32u {
        return (product.x >> places) | (product.y << (32u - places));
    }
    return product.y >> (places - 32u);
}

// |x * scale| in units of 2^-53, which is 2^-149 scaled up, rounded once to nearest-even.
fn in_units(x: f32, scale: f32) -> f32 {
    let a = bitcast<u32>(x) & 0x7fffffffu;
    let b = bitcast<u32>(scale) & 0x7fffffffu;
    let exponents = (a >> 23u) + (b >> 23u);
    let places = 247u - min(exponents, 223u);
    if places > 49u {
        return 0.0;
    }
    let product = multiply((a & 0x7fffffu) | 0x800000u, (b & 0x7fffffu) | 0x800000u);
    let odd = shifted(product, places) & 1u;
    // Half a unit, less one bit where the number is even.
    var half = vec2<u32>((1u << ((places - 1u) & 31u)) - 1u + odd, 0u);
    if places > 32u {
        half = vec2<u32>(0xffffffffu + odd, (1u << (places - 33u)) - 1u + odd);
    }
    let low = product.x + half.x;
    let high = product.y + half.y + select(0u, 1u, low < product.x);
    return f32(shifted(vec2<u32>(low, high), places));
}

// x * scale, rounded as binary32 rounds it.
fn scaled(x: f32) -> f32 {
    let product = fence(x * params.scale);
    let magnitude = bitcast<u32>(product) & 0x7fffffffu;
    // From 2^-126 on, scaled up, or without a scale: nothing to be careful of.
    if (params.down & 0xffu) == 0u || magnitude >= 0x30800000u || magnitude == 0u {
        return product;
    }
    let small = in_units(x, params.scale) * 1.1102230246251565e-16;
    return select(small, -small, x < 0.0);
}

fn affine(x: f32) -> f32 {
    return scaled(x) + params.offset;
}

// The bits to store: scaled down in integers, and what falls below 2^-126 is +0.
fn finish(values: vec4<f32>) -> vec4<u32> {
    let words = bitcast<vec4<u32>>(values);
    if params.down == 0u {
        return words;
    }
    let shift = (params.down & 0xffu) << 23u;
    let vanishes = (words & vec4<u32>(0x7fffffffu)) < vec4<u32>(shift + 0x00800000u);
    return select(words - shift, vec4<u32>(0u), vanishes);
}
