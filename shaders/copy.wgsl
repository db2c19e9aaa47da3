// What the host made: bytes, a granule at a time, from a buffer that begins at the same place within a word.
@group(2) @binding(0) var<storage, read> source: array<vec4<u32>>;

const ELEMENTS_PER_WORD = 4u;

@compute @workgroup_size(256)
fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
    let granule = granule_of(id);
    if granule < params.granules {
        store_granule(granule, source[granule]);
    }
}
