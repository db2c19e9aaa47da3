//! What was tried for the normal's kernel, as sources: the crate's kernel and edits of it.

use wgpu_weights::{
    Dtype,
    kernel::{Draw, Integers, Kernel, Store},
};

fn kernel(draw: Draw, integers: Integers) -> String {
    Kernel { draw, dtype: Dtype::F32, store: Store::Aligned, integers }.wgsl()
}

/// The source with `from` replaced, which must be there.
fn edited(source: &str, from: &str, to: &str) -> String {
    assert!(source.contains(from), "no kernel says {from}");
    source.replace(from, to)
}

/// The source whose fences fence nothing.
pub(crate) fn unfenced(source: &str) -> String {
    edited(source, "return bitcast<f32>(bitcast<u32>(x) ^ params.zero);", "return x;")
}

/// The source with what stands from one text to another replaced.
fn between(source: &str, from: &str, to: &str, by: &str) -> String {
    let (head, rest) = source.split_once(from).unwrap_or_else(|| panic!("no kernel says {from}"));
    let (_, tail) = rest.split_once(to).unwrap_or_else(|| panic!("no kernel says {to}"));
    format!("{head}{by}\n{to}{tail}")
}

/// Other numbers of lanes for the same tile, each making as many elements more or fewer.
fn lanes(source: &str, lanes: u32) -> String {
    let (head, _) = source.split_once("// Four blocks an invocation").expect("the entry point");
    let (_, pack) = source.split_once("// One element a word").expect("the packing");
    let per_store = if source.contains("array<vec4<u64>>") { 2 } else { 1 };
    let stores = (0..1024 / lanes / per_store)
        .map(|store| format!("    store_blocks(first + {}u);\n", store * lanes))
        .collect::<String>();
    format!(
        "{head}@compute @workgroup_size({lanes})\n\
         fn fill(@builtin(workgroup_id) tile: vec3<u32>, @builtin(local_invocation_index) lane: u32) {{\n\
         let first = tile.x * {}u + lane;\n{stores}}}\n// One element a word{pack}",
        1024 / per_store
    )
}

/// Each rounding fenced for itself, signs apart.
fn every_rounding(source: &str) -> String {
    let source = edited(
        source,
        "let distance = high * 131072.0 + low;",
        "let distance = fence(high * 131072.0 + low);",
    );
    edited(
        &source,
        "let signed = bitcast<vec2<u32>>(radius(x) * direction(y)) ^ signs(y);",
        "let d = direction(y) * radius(x);\n    \
         let signed = vec2<u32>(bitcast<u32>(fence(d.x)), bitcast<u32>(fence(d.y))) ^ signs(y);",
    )
}

/// A radius from a table, filled when a workgroup begins.
fn table(source: &str) -> String {
    let radius = include_str!("table.wgsl");
    let source = between(source, "// What both normals are made of", "// (cos, sin)", radius);
    edited(&source, "    let first = tile.x", "    make_pieces(lane);\n    let first = tile.x")
}

/// A kernel that was tried.
pub(crate) struct Edit {
    pub(crate) name: String,
    pub(crate) source: String,
    /// That an invocation makes.
    #[allow(dead_code, reason = "a bench counts values, not instructions")]
    pub(crate) elements: u32,
}

/// Of normals of mean 0; the first is what the filler uses. `int64`: with those that take 64-bit integers.
pub(crate) fn edits(integers: Integers, int64: bool) -> Vec<Edit> {
    let mut all = Vec::new();
    let mut try_with = |name: &str, elements, source| {
        all.push(Edit { name: name.to_owned(), source, elements });
    };
    let own = kernel(Draw::CentredNormal, integers);
    try_with("as it is", 16, own.clone());
    for integers in &Integers::ALL[..if int64 { 3 } else { 1 }] {
        let source = kernel(Draw::CentredNormal, *integers);
        try_with(&format!("integers: {integers:?}"), 16, source);
    }
    let narrow = kernel(Draw::CentredNormal, Integers::U32);
    let (from, to) = ("let p0 = multiply_narrow(", "let p0 = multiply(");
    try_with("integers: U32, every product with its carries", 16, edited(&narrow, from, to));
    let any_mean = kernel(Draw::Normal, integers);
    try_with("for any mean", 16, any_mean.clone());
    try_with("for any mean, a fence for every rounding", 16, every_rounding(&any_mean));
    if integers == Integers::Lanes {
        let (_, wide) = include_str!("../shaders/store_32.wgsl").split_once('\n').expect("lines");
        let narrow = include_str!("../shaders/store_16.wgsl");
        try_with("lanes, stores of 16 bytes", 16, edited(&own, wide, narrow));
    }
    for count in [64, 128] {
        let elements = 4096 / count;
        let name = format!("{elements} elements an invocation, {count} invocations");
        try_with(&name, elements, lanes(&own, count));
    }
    try_with("no fence (may differ)", 16, unfenced(&own));
    let store = "fn store_blocks(index: u32) {\n";
    let guard = format!("{store}    if index >= params.granules {{\n        return;\n    }}\n");
    try_with("every store guarded", 16, edited(&own, store, &guard));
    try_with("a table of 512 cubic pieces (a stand-in)", 16, table(&own));
    if int64 {
        let fixed = include_str!("fixed_point.wgsl");
        let fixed = between(&own, "// What both normals are made of", "fn normal(", fixed);
        try_with("fixed point, as many products (a stand-in)", 16, fixed);
    }
    all
}
