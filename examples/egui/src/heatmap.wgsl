// Weights as colours, over the viewport that egui gives a paint callback.

struct Scale {
    colours: array<vec4f, 11>,
    reach: f32,
}

override columns: u32;
override rows: u32;
@group(0) @binding(0) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<uniform> scale: Scale;

struct Corner {
    @builtin(position) position: vec4f,
    // From 0 to 1, to the right and down.
    @location(0) at: vec2f,
}

// A triangle that covers the viewport.
@vertex
fn corner(@builtin(vertex_index) i: u32) -> Corner {
    let at = vec2f(f32(i & 1) * 2, f32(i >> 1) * 2);
    return Corner(vec4f(at.x * 2 - 1, 1 - at.y * 2, 0, 1), at);
}

// `colours.rs` once more.
@fragment
fn colour(corner: Corner) -> @location(0) vec4f {
    let cell = vec2u(corner.at * vec2f(f32(columns), f32(rows)));
    let place = clamp(weights[cell.y * columns + cell.x] / scale.reach, -1.0, 1.0) * 5 + 5;
    let below = min(u32(place), 9u);
    return mix(scale.colours[below], scale.colours[below + 1], place - f32(below));
}
