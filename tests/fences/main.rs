//! Every rounding is fenced in what reaches a back end (DESIGN.md, "Which roundings are fenced"),
//! and a careless edit of a shader is told. No GPU takes part.

mod expression;
mod ir;
mod rule;
mod text;
mod tokens;
#[path = "../common/translate.rs"]
mod translate;

use translate::Valid;
use wgpu_weights::{
    Dtype,
    kernel::{Draw, Integers, Kernel, Store},
};

/// What is wrong, by back end.
fn objections(valid: &Valid, integers: Integers) -> Vec<(&'static str, Vec<String>)> {
    let mut found = vec![
        ("SPIR-V", ir::objections(&valid.module, &valid.info)),
        ("MSL", text::objections(&valid.msl(), Kernel::ENTRY_POINT)),
        ("HLSL", text::objections(&valid.hlsl(), Kernel::ENTRY_POINT)),
    ];
    if integers == Integers::U32 {
        found.push(("GLSL", text::objections(&valid.glsl(), "main")));
    }
    found
}

#[test]
fn every_rounding_is_fenced() {
    for kernel in Kernel::all() {
        for (back_end, objections) in objections(&translate::validate(&kernel), kernel.integers) {
            assert!(objections.is_empty(), "{} as {back_end}: {objections:?}", kernel.label());
        }
    }
}

/// The draws that round, on both roads.
fn rounding() -> impl Iterator<Item = Kernel> {
    let integers = Integers::U32;
    let draws =
        [Draw::Uniform, Draw::Normal, Draw::CentredNormal, Draw::TruncatedNormal, Draw::Sparse];
    draws.into_iter().flat_map(move |draw| {
        [Store::Aligned, Store::Window].map(|store| Kernel {
            draw,
            dtype: Dtype::F32,
            store,
            integers,
        })
    })
}

/// Every back end's text has something wrong with this source.
fn is_told(label: &str, source: &str, edit: &str) {
    let valid = translate::validate_source(label, source, Integers::U32);
    for (back_end, objections) in objections(&valid, Integers::U32) {
        assert!(!objections.is_empty(), "{label} as {back_end}: {edit} is not told");
    }
}

#[test]
fn every_fence_is_needed() {
    for kernel in rounding() {
        let source = kernel.wgsl();
        let mut removed = 0;
        for (at, fence) in source.match_indices("fence(") {
            if source[..at].ends_with("fn ") {
                continue;
            }
            let line = source[..at].lines().count();
            let edited = format!("{}{}", &source[..at], &source[at + fence.len() - 1..]);
            is_told(&kernel.label(), &edited, &format!("line {line} without its fence"));
            removed += 1;
        }
        let all = match (kernel.draw, kernel.store) {
            (Draw::CentredNormal, Store::Aligned) => 25,
            (Draw::Normal | Draw::CentredNormal | Draw::Sparse, _) => 26,
            (Draw::TruncatedNormal, _) => 36,
            _ => 1,
        };
        assert_eq!(removed, all, "{}", kernel.label());
    }
}

#[test]
fn careless_edits_are_told() {
    let edits = [
        // A fence that compilers see through.
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x)"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) ^ 0u"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) | params.zero"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) | 0u"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) & 0xffffffffu"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) ^ (params.zero & 0u)"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) ^ (params.zero - params.zero)"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) ^ params.zero ^ params.zero"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) ^ (params.granules * 0u)"),
        ("bitcast<u32>(x) ^ params.zero", "bitcast<u32>(x) ^ (bitcast<u32>(x) & 0x80000000u)"),
        // What drivers compute each in their own way.
        ("fence(x * params.scale) + params.offset", "fma(x, params.scale, params.offset)"),
        ("fence(x * params.scale) + params.offset", "x * params.scale + params.offset"),
        ("scaled(x) + params.offset", "scaled(x) + params.offset + 1.0"),
        // Only the run-time zero may stand there.
        ("x * params.scale + bitcast<f32>(params.zero)", "x * params.scale + params.offset"),
        ("x * params.scale + bitcast<f32>(params.zero)", "x * params.scale + 0.0"),
        ("+ bitcast<f32>(params.zero)", "+ bitcast<f32>(params.zero) + params.offset"),
        ("let y1 = fence(y0 * q0)", "let y1 = inverseSqrt(t)"),
        ("let y1 = fence(y0 * q0)", "let y1 = fence(y0 / q0)"),
        ("return k +", "return (k - 1.0) +"),
        // Distributed over a sum with 1.
        ("let h = 0.5 - q", "let h = 1.0 - 2.0 * q"),
        ("let h = 0.5 - q", "let h = 2.0 * (0.5 * q - 1.0)"),
        ("let h = 0.5 - q", "let h = q + -1.0"),
        ("let h = 0.5 - q", "let h = (0.5 - q) * 2.0"),
        ("let h = 0.5 - q", "let h = select(1.0, 0.5, upper) - q"),
        ("let h = 0.5 - q", "var one = 1.0;\n    let h = one - 2.0 * q"),
        ("fence(h * m)", "fence(h * (2.0 * m))"),
        ("fence(h * m)", "fence((0.5 - q) * 1.5)"),
        ("| 0x3f800000u) - 2.0", "| 0x3f000000u) - 1.0"),
        ("+ bitcast<f32>(params.zero)", "- bitcast<f32>(params.zero)"),
        // No longer a power of two.
        ("high * 131072.0", "high * 131071.0"),
        // The signs of the direction, which are its products' fences.
        ("(radius(x) * direction(y)) ^ signs(y)", "(radius(x) * direction(y)) | signs(y)"),
    ];
    for (from, to) in edits {
        let mut told = 0;
        for kernel in rounding() {
            let source = kernel.wgsl();
            if source.contains(from) {
                is_told(&kernel.label(), &source.replace(from, to), to);
                told += 1;
            }
        }
        assert!(told > 0, "no shader has {from}");
    }
}
