// The bits of an f32 rounded to nearest-even to a smaller float, in integers: drivers round
// otherwise. `shift` mantissa bits go; `least` is the f32 exponent of the smallest normal number,
// `most` the largest code (of infinity, or of the largest finite number where it saturates), `sign`
// the sign bit.
fn small_float(word: u32, shift: u32, least: u32, most: u32, sign: u32) -> u32 {
    let magnitude = word & 0x7fffffffu;
    let exponent = magnitude >> 23u;
    let normal = ((magnitude + (1u << (shift - 1u)) - 1u + ((magnitude >> shift) & 1u)) >> shift)
        - ((least - 1u) << (23u - shift));
    // Below, the mantissa with its leading one moves further right; beyond 31 places nothing is left.
    let mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    let places = min(shift + least - min(exponent, least), 31u);
    let subnormal = (mantissa + (1u << (places - 1u)) - 1u + ((mantissa >> places) & 1u)) >> places;
    let code = min(select(normal, subnormal, exponent < least), most);
    // There is no negative zero.
    return select(code | select(0u, sign, word >= 0x80000000u), 0u, code == 0u);
}
