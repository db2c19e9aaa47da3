//! Configurations.
#![no_main]

libfuzzer_sys::fuzz_target!(|json: &[u8]| wgpu_weights_model::hostile::config(json));
