//! The edges of f32: values are those of plain binary32 arithmetic, subnormal intermediates
//! included, with results below 2^-126 flushed. (Rust's own f32 is the reference.)

use wgpu_weights::{Distribution, Fill, cpu};

const COUNT: usize = 200_000;

fn drawn(distribution: Distribution) -> Vec<f32> {
    let mut values = vec![0.0; COUNT];
    let fill = Fill::new(distribution, [COUNT as u64]).with_seed(1);
    cpu::fill_f32(&fill, &mut values).unwrap();
    values
}

fn flushed(value: f32) -> u32 {
    if value.abs() < f32::MIN_POSITIVE { 0 } else { value.to_bits() }
}

#[test]
fn normal_is_binary32() {
    let z = drawn(Distribution::normal(0.0, 1.0).unwrap());
    for std in [1e-38f32, 3e-39, 1e-45, 1e-40, 1e-37, 1e-30, 1e-24, 1e-10, 1.0, 1e37] {
        for mean in [0.0f32, 1e-38, -1e-38, 3e-45, 1.2e-38, -2e-37, 1e-31, 1e-20, 0.1, -7.0, 1e38] {
            let found = drawn(Distribution::normal(mean.into(), std.into()).unwrap());
            for (z, found) in z.iter().zip(found) {
                assert_eq!(found.to_bits(), flushed(z * std + mean), "{z} * {std} + {mean}");
            }
        }
    }
}

#[test]
fn uniform_is_binary32() {
    let u = drawn(Distribution::uniform(0.0, 1.0).unwrap());
    let tiny = f32::MIN_POSITIVE;
    for (low, high) in [
        (1.2e-38f32, 2.3e-38f32),
        (1.2e-38, 1.5e-38),
        (-2e-38, 2e-38),
        (-1e-37, 1e-37),
        (1e-37, 1.1e-37),
        (1.2e-38, 1e-36),
        (0.0, 1e-45),
        (-tiny, tiny),
        (0.0, 1e-30),
        (-1e-24, 1e-31),
        (1e-38, 1.0),
        (-1.0, 0.0),
        (0.1, 0.1),
        (-1.7e38, 1.7e38),
    ] {
        let found = drawn(Distribution::uniform(low.into(), high.into()).unwrap());
        for (u, found) in u.iter().zip(found) {
            let value = u * (high - low) + low;
            let expected = if low < high && value >= high { high.next_down() } else { value };
            assert_eq!(found.to_bits(), flushed(expected), "{u} in {low}..{high}");
        }
    }
}

#[test]
fn truncated_normal_is_binary32_and_stays_within() {
    for sigmas in [(-2.0f32, 2.0f32), (-0.5, 3.0), (1.0, 4.0), (-4.0, -1.0)] {
        let (low, high) = sigmas;
        let z = drawn(Distribution::truncated_normal(0.0, 1.0, low.into(), high.into()).unwrap());
        for std in [1.0f32, 0.25, 2f32.powi(-60), 2f32.powi(-100), 2f32.powi(-123), 2f32.powi(120)]
        {
            // Powers of two: the same quantiles, and bounds that are exact down to 2^-126.
            let (low, high) = (low * std, high * std);
            let truncated =
                Distribution::truncated_normal(0.0, std.into(), low.into(), high.into()).unwrap();
            for (z, found) in z.iter().zip(drawn(truncated)) {
                let expected = flushed((z * std).clamp(low, high));
                assert_eq!(found.to_bits(), expected, "{z} * {std} in {low}..{high}");
            }
        }
    }
}

/// No number of the contract lies between such bounds but the zero that stands for subnormal ones.
#[test]
fn between_subnormal_bounds_everything_is_zero() {
    for (low, high) in [(-1e-40, -1e-40), (-1e-38, -1e-45), (1e-45, 1e-38), (-1e-40, 1e-40)] {
        let uniform = Distribution::uniform(low, high).unwrap();
        assert!(drawn(uniform).iter().all(|value| value.to_bits() == 0), "{low}..{high}");
        for std in [0.0, 1e-40, 1e-38] {
            let truncated = Distribution::truncated_normal(low, std, low, high).unwrap();
            assert!(drawn(truncated).iter().all(|value| value.to_bits() == 0), "{low}..{high}");
        }
    }
}
