//! Philox against Random123's known answers and torch's stateless generator; the `rand` side.

use rand_distr::Distribution as _;
use serde_json::Value;
use wgpu_weights::{Distribution, Fill, PhiloxRng, cpu, cpu::philox::philox4x32_10};

fn hex(text: &str) -> u64 {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

#[test]
fn random123_known_answers() {
    let mut vectors = 0;
    for line in include_str!("data/philox_kat.txt").lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<u32> =
            line.split_whitespace().skip(2).map(|word| hex(word) as u32).collect();
        let [counter @ .., k0, k1, e0, e1, e2, e3] = &words[..] else { panic!("{line}") };
        assert_eq!(
            philox4x32_10(counter.try_into().unwrap(), [*k0, *k1]),
            [*e0, *e1, *e2, *e3],
            "{line}"
        );
        vectors += 1;
    }
    assert_eq!(vectors, 3);
}

/// The cases that torch 2.15 drew; a block is torch's offset.
fn torch_cases() -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("data/torch_stateless_philox.json")).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn ours(case: &Value, distribution: Distribution, count: usize) -> Vec<f32> {
    let mut values = vec![0.0; count];
    let start = 4 * hex(case["offset"].as_str().unwrap());
    let fill = Fill::new(distribution, [u64::MAX]).with_seed(hex(case["seed"].as_str().unwrap()));
    cpu::fill_f32(&fill.window(start, count as u64).unwrap(), &mut values).unwrap();
    values
}

fn bits(list: &Value) -> Vec<u32> {
    list.as_array().unwrap().iter().map(|bits| hex(bits.as_str().unwrap()) as u32).collect()
}

#[test]
fn uniform_equals_torch() {
    let mut compared = 0;
    for case in torch_cases() {
        let unit = bits(&case["uniform_f32_bits"]);
        let found = ours(&case, Distribution::uniform(0.0, 1.0).unwrap(), unit.len());
        assert_eq!(found.iter().map(|u| u.to_bits()).collect::<Vec<_>>(), unit, "{case}");
        compared += unit.len();
        let Some(scaled) = case.get("uniform_lo_hi_f32_bits") else { continue };
        let between = Distribution::uniform(
            scaled["low"].as_f64().unwrap(),
            scaled["high"].as_f64().unwrap(),
        );
        let expected = bits(&scaled["bits"]);
        let found = ours(&case, between.unwrap(), expected.len());
        assert_eq!(found.iter().map(|u| u.to_bits()).collect::<Vec<_>>(), expected, "{case}");
        compared += expected.len();
    }
    assert!(compared >= 64, "{compared} values compared");
}

#[test]
fn normal_is_near_torch() {
    // Units of the last place of max(1, |z|): eight of them are the contract's 2^-20. torch's own
    // values are up to 22 of their own last places from the exact ones.
    let mut worst = 0f64;
    for case in torch_cases() {
        let expected = bits(&case["normal_f32_bits"]);
        let found = ours(&case, Distribution::normal(0.0, 1.0).unwrap(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let expected = f32::from_bits(expected);
            let ulp = f64::from(expected.abs().max(1.0).next_up() - expected.abs().max(1.0));
            worst = worst.max((f64::from(*found) - f64::from(expected)).abs() / ulp);
        }
    }
    println!("worst: {worst:.2} ulp");
    assert!(worst <= 8.0, "{worst} ulp from torch");
}

#[test]
fn a_rand_generator_draws_the_words_of_the_address() {
    let (seed, stream, start) = (42, 7, (1 << 34) + 3);
    let fill = Fill::new(Distribution::bits(), [u64::MAX]).with_seed(seed).with_stream(stream);
    let fill = fill.window(start, 9).unwrap();
    let mut bytes = [0; 36];
    cpu::fill(&fill, &mut bytes).unwrap();
    let mut rng = PhiloxRng::new(seed, stream, start);
    let mut drawn = [0; 36];
    rand_core::Rng::fill_bytes(&mut rng, &mut drawn);
    assert_eq!(drawn, bytes);
    assert_eq!(rng.index(), start + 9);

    let normals: Vec<f64> = rand_distr::StandardNormal.sample_iter(rng).take(100_000).collect();
    let mean = normals.iter().sum::<f64>() / 1e5;
    assert!(mean.abs() < 5.0 / 1e5f64.sqrt(), "mean {mean}");
}

#[test]
fn the_last_index_is_followed_by_the_first() {
    let mut rng = PhiloxRng::new(1, 2, u64::MAX);
    let mut first = PhiloxRng::new(1, 2, 0);
    rand_core::Rng::next_u32(&mut rng);
    assert_eq!(rand_core::Rng::next_u64(&mut rng), rand_core::Rng::next_u64(&mut first));
}
