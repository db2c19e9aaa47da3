//! The colours of values, for the shader, its legend and the test.

/// From low to high: ColorBrewer's RdBu, turned round. Lightness falls evenly to both sides of zero, and the
/// colour-blind can tell its ends apart.
const COLOURS: [u32; 11] = [
    0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d,
    0xb2182b, 0x67001f,
];

/// Red, green, blue and opaque, from 0 to 1.
pub fn table() -> [[f32; 4]; 11] {
    COLOURS.map(|colour| {
        let [_, red, green, blue] = colour.to_be_bytes();
        [red, green, blue, u8::MAX].map(|it| f32::from(it) / 255.0)
    })
}

/// What the shader makes of a value from -1 to 1, in bytes.
pub fn colour(value: f32) -> [u8; 4] {
    let place = value.clamp(-1.0, 1.0) * 5.0 + 5.0;
    let below = (place as usize).min(9);
    let (table, part) = (table(), place - below as f32);
    let (low, high) = (table[below], table[below + 1]);
    std::array::from_fn(|i| ((low[i] * (1.0 - part) + high[i] * part) * 255.0).round() as u8)
}
