// A round of Philox on 32-bit words.
alias Counter = vec4<u32>;

fn philox_round(counter: Counter, key: vec2<u32>) -> Counter {
    let p0 = multiply_narrow(0xd2511f53u, counter.x);
    let p1 = multiply(0xcd9e8d57u, counter.z);
    return Counter(p1.y ^ counter.y ^ key.x, p1.x, p0.y ^ counter.w ^ key.y, p0.x);
}
