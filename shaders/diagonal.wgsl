// One value on a diagonal, which the host has in `offset`, ready to store; 0 elsewhere. The CPU twin is src/cpu/diagonal.rs.

// The digit after this one, 0 after the last.
fn turned(digit: vec2<u32>, by: vec4<u32>) -> vec2<u32> {
    let next = block_after(digit, 1u);
    return select(next, vec2<u32>(0u), all(next == by.xy));
}

fn draw(block: vec2<u32>) -> vec4<u32> {
    // The digits of the first element's index, and its row modulo the period.
    let index = first_index(block);
    let rest = divided(index, params.fast, params.shifts.x);
    var fast = remainder(index, rest, params.fast);
    var slow = divided(rest, params.middle, params.shifts.y);
    var middle = remainder(rest, slow, params.middle);
    let row_is_fast = params.shifts.w == 1u;
    let tap_is_middle = params.shifts.w == 2u;
    let row = select(slow, fast, row_is_fast);
    var phase = remainder(row, divided(row, params.period, params.shifts.z), params.period);

    var values = vec4<u32>();
    for (var lane = 0u; lane < 4u; lane++) {
        // Row, column, tap; tap, column, row; row, tap, column.
        let tap = select(select(fast, slow, row_is_fast), middle, tap_is_middle);
        let column = select(middle, fast, tap_is_middle);
        if all(tap == params.tap) && all(column == phase) {
            values[lane] = bitcast<u32>(params.offset);
        }
        // On to the next index.
        fast = turned(fast, params.fast);
        let fast_turned = all(fast == vec2<u32>(0u));
        if row_is_fast {
            phase = turned(phase, params.period);
        }
        if fast_turned {
            middle = turned(middle, params.middle);
            let middle_turned = all(middle == vec2<u32>(0u));
            if row_is_fast {
                phase = vec2<u32>(0u);
            } else if middle_turned {
                phase = turned(phase, params.period);
            }
            if middle_turned {
                slow = block_after(slow, 1u);
            }
        }
    }
    return values;
}
