//! Recipes.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| wgpu_weights_model::hostile::recipe(text));
