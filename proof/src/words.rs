//! 32-bit words on standard output, without end, for a battery that reads them (`proof/dieharder`).
//!
//! `wgpu-weights fill --init bits -o -` has the orders of one stream; here are the others, and
//! generators with a defect.

use std::io::{self, Write};

use crate::statistics::defects::{self, block};

const ORDERS: [&str; 4] = ["streams", "seeds", "lanes", "repeated"];
const AT_ONCE: u64 = 1 << 14;

/// Four words, by the number of the four.
fn four(order: &str, seed: u64, at: u64) -> [u32; 4] {
    match order {
        "streams" => block(seed, at, 0),
        "seeds" => block(seed.wrapping_add(at), 0, 0),
        "lanes" => {
            let [[a, b], [c, d]] = [0, 1]
                .map(|half| at.wrapping_mul(2) | half)
                .map(|pair| defects::lanes(seed, 0, pair));
            [a, b, c, d]
        }
        // The lowest bit of the block's number is stuck.
        _ => block(seed, 0, at & !1),
    }
}

/// `words ORDER SEED START`: from the START-th four on, until the reader has enough.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let usage = || format!("usage: wgpu-weights-proof words {} SEED START", ORDERS.join("|"));
    let [order, seed, start] = arguments else { return Err(usage()) };
    let number = |text: &str| text.parse::<u64>().map_err(|_| usage());
    let (seed, start) = (number(seed)?, number(start)?);
    if !ORDERS.contains(&order.as_str()) {
        return Err(usage());
    }
    let mut out = io::stdout().lock();
    // Numbers are counted modulo 2^64, as those of blocks are.
    for piece in 0u64.. {
        let first = start.wrapping_add(piece.wrapping_mul(AT_ONCE));
        let words = (0..AT_ONCE).flat_map(|at| four(order, seed, first.wrapping_add(at)));
        let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        match out.write_all(&bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written.map_err(|error| error.to_string())?,
        }
    }
    Ok(())
}
