// A normal, with zeros where a keyed permutation of each line's places says so. The CPU twin is src/cpu/sparse.rs, which also
// explains the constants.

fn mixed(value: u32) -> u32 {
    var h = value;
    h = (h ^ (h >> 16u)) * 0x85ebca6bu;
    h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
    return h ^ (h >> 16u);
}

// `digit` plus a number below `radix` that is a function of the other digit, modulo `radix`.
fn stepped(digit: u32, other: u32, key: u32, radix: u32) -> u32 {
    let sum = digit + multiply(mixed(other * 0x9e3779b1u + key), radix).y;
    return select(sum, sum - radix, sum >= radix);
}

fn permuted(place: u32, key: vec4<u32>) -> u32 {
    let high_radix = params.line.z;
    let low_radix = params.line.w;
    var high = place / low_radix;
    var low = place % low_radix;
    for (var step = 0u; step < 12u; step++) {
        let now = key[step & 3u] + (step >> 2u) * 0x85ebca77u;
        high = stepped(high, low, now, high_radix);
        low = stepped(low, high, ~now, low_radix);
    }
    return high * low_radix + low;
}

fn is_zero(line: u32, place: u32) -> bool {
    let stream = params.stream ^ vec2<u32>(0x72736500u, 0x73706100u);
    let key = philox_of(vec2<u32>(line, 0u), stream);
    // As often as it leaves the line, which it does rarely; it comes back, since it is a permutation.
    var at = permuted(place, key);
    while at >= params.line.x {
        at = permuted(at, key);
    }
    return at < params.line.y;
}

fn draw(block: vec2<u32>) -> vec4<u32> {
    let index = first_index(block);
    var row = divided(index, params.fast, params.shifts.x);
    var column = remainder(index, row, params.fast).x;
    var values = normal(block);
    for (var lane = 0u; lane < 4u; lane++) {
        let lines_are_rows = params.shifts.w == 1u;
        let place = select(row.x, column, lines_are_rows);
        // What lies behind the matrix is not stored.
        if place < params.line.x && is_zero(select(column, row.x, lines_are_rows), place) {
            values[lane] = 0u;
        }
        column += 1u;
        if column == params.fast.x {
            column = 0u;
            row = block_after(row, 1u);
        }
    }
    return values;
}
