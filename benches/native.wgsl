// The same Philox with the driver's own log, sqrt, cos and sin: what a generator that need not be
// the same everywhere would do. Tiles as in shaders/fill_aligned.wgsl.
@group(1) @binding(0) var<storage, read_write> granules: array<vec4<u32>>;

fn native_pair(x: u32, y: u32) -> vec2<u32> {
    let u = (f32(x) + 0.5) * 2.3283064365386963e-10;
    let angle = (f32(y) + 0.5) * 1.4629180792671596e-9;
    let r = sqrt(-2.0 * log(u));
    let z = vec2<f32>(r * cos(angle), r * sin(angle));
    return bitcast<vec2<u32>>(z * params.scale + params.offset);
}

fn native_granule(granule: u32) {
    let words = philox(block_after(params.block, granule));
    granules[params.word / 4u + granule] =
        vec4<u32>(native_pair(words.x, words.y), native_pair(words.z, words.w));
}

@compute @workgroup_size(256)
fn fill(@builtin(workgroup_id) tile: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = tile.x * 1024u + lane;
    native_granule(first);
    native_granule(first + 256u);
    native_granule(first + 512u);
    native_granule(first + 768u);
}
