// A round of Philox with words in 64-bit lanes, whose upper halves are not kept clean: vector units
// multiply the lower halves of such lanes, so that no product is cut in two and put together again.
alias Counter = vec4<u64>;

fn philox_round(counter: Counter, key: vec2<u32>) -> Counter {
    let p0 = (counter.x & 0xfffffffflu) * 0xd2511f53lu;
    let p1 = (counter.z & 0xfffffffflu) * 0xcd9e8d57lu;
    return Counter((p1 >> 32u) ^ counter.y ^ u64(key.x), p1, (p0 >> 32u) ^ counter.w ^ u64(key.y), p0);
}
