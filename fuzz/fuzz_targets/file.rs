//! Templates as JSON, indices of folders, and safetensors files, whose header, promises and values
//! are read, drawn, and held against what a resumed run wants.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("wgpu-weights-fuzz-{}", std::process::id()));
    wgpu_weights_cli::hostile::file(&path, bytes);
});
