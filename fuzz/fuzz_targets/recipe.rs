//! Recipes.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| wgpu_weights_cli::hostile::recipe(text));
