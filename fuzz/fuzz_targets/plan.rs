//! Shapes, scales, windows, shards, limits of devices: the library.
#![no_main]

#[path = "../../tests/hostile/input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|numbers: (Vec<u64>, [f64; 2], [u64; 16])| {
    let (shape, floats, numbers) = numbers;
    input::run(&shape, floats, numbers);
});
