//! Tensor-parallel rules.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (u64, u64, &str)| {
    let (rank, world_size, text) = input;
    wgpu_weights_model::hostile::rules(text, rank, world_size);
});
