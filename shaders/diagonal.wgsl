// One value on a diagonal, which the host has in `offset`, ready to store; 0 elsewhere.

// An index' digits, and the row modulo the period.
struct Place {
    fast: vec2<u32>,
    middle: vec2<u32>,
    slow: vec2<u32>,
    phase: vec2<u32>,
}

fn place_of(index: vec2<u32>) -> Place {
    let rest = divided(index, params.fast, params.shifts.x);
    let fast = remainder(index, rest, params.fast);
    let slow = divided(rest, params.middle, params.shifts.y);
    let middle = remainder(rest, slow, params.middle);
    let row = select(slow, fast, params.shifts.w == 1u);
    let phase = remainder(row, divided(row, params.period, params.shifts.z), params.period);
    return Place(fast, middle, slow, phase);
}

// The digit after this one, 0 after the last.
fn turned(digit: vec2<u32>, by: vec4<u32>) -> vec2<u32> {
    let next = block_after(digit, 1u);
    return select(next, vec2<u32>(), all(next == by.xy));
}

fn place_after(place: Place) -> Place {
    var next = place;
    let row_is_fast = params.shifts.w == 1u;
    next.fast = turned(place.fast, params.fast);
    if row_is_fast {
        next.phase = turned(place.phase, params.period);
    }
    if all(next.fast == vec2<u32>()) {
        next.middle = turned(place.middle, params.middle);
        if row_is_fast {
            next.phase = vec2<u32>();
        } else if all(next.middle == vec2<u32>()) {
            next.phase = turned(place.phase, params.period);
        }
        if all(next.middle == vec2<u32>()) {
            next.slow = block_after(place.slow, 1u);
        }
    }
    return next;
}

fn on_diagonal(place: Place) -> bool {
    // Row, column, tap; tap, column, row; row, tap, column.
    let tap = select(select(place.fast, place.slow, params.shifts.w == 1u), place.middle, params.shifts.w == 2u);
    let column = select(place.middle, place.fast, params.shifts.w == 2u);
    return all(tap == params.tap) && all(column == place.phase);
}

fn draw(block: vec2<u32>) -> vec4<u32> {
    var place = place_of(first_index(block));
    var values = vec4<u32>();
    for (var lane = 0u; lane < 4u; lane++) {
        values[lane] = select(0u, bitcast<u32>(params.offset), on_diagonal(place));
        place = place_after(place);
    }
    return values;
}
