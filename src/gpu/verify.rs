//! Whether a device keeps the promise: its values against the CPU twin's.

use super::read_back;
use crate::{Diagonal, Distribution, Dtype, Error, Fill, Filler, Line, Matrices, Zeros, cpu};

/// What [`verify()`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Windows that were compared.
    pub windows: usize,
    /// Values that were compared.
    pub values: u64,
    /// The first difference of each window that has one.
    pub differences: Vec<Difference>,
}

impl Report {
    /// Whether every value had the same bits (and there were any).
    pub fn bit_exact(&self) -> bool {
        self.values > 0 && self.differences.is_empty()
    }
}

/// A value that a device makes otherwise than the CPU twin.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The window.
    pub fill: Fill,
    /// The element of the tensor.
    pub index: u64,
    /// The CPU twin's bits, in the low bytes.
    pub expected: u32,
    /// The device's bits.
    pub found: u32,
    /// How many of the window's values differ.
    pub count: u64,
}

/// Elements in each window: enough that every octave of the radius and every octant is met.
const COUNT: u64 = 1 << 16;

/// Fills known addresses of every distribution and dtype, windows, shards, boxes and transposed matrices, on this device, reads them back and
/// compares them, bit for bit, with the CPU twin. It compiles most kernels anew: some seconds on a software device, more where the
/// twin is built for debugging.
///
/// # Errors
/// [`Error::Gpu`] where the device cannot fill at all.
///
/// ```no_run
/// # use wgpu_weights::{gpu::verify, wgpu};
/// # async fn trust(device: &wgpu::Device, queue: &wgpu::Queue) -> Result<(), Box<dyn std::error::Error>> {
/// let report = verify(device, queue).await?;
/// assert!(report.bit_exact(), "{:#?}", report.differences);
/// # Ok(())
/// # }
/// ```
pub async fn verify(device: &wgpu::Device, queue: &wgpu::Queue) -> Result<Report, Error> {
    let filler = Filler::new(device)?;
    let mut report = Report { windows: 0, values: 0, differences: Vec::new() };
    for fill in fills()? {
        let size = fill.bytes()?;
        // Bytes after the window tell whether it is kept.
        let buffer = super::error::caught(device, || {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("wgpu-weights verify"),
                size: size.next_multiple_of(4) + 16,
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        })?;
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some("wgpu-weights verify") };
        let mut encoder =
            super::error::caught(device, || device.create_command_encoder(&descriptor))?;
        filler.fill(&mut encoder, buffer.slice(..size), &fill)?;
        super::error::caught(device, || {
            let _shared = super::poller::polling();
            queue.submit([encoder.finish()])
        })?;
        let found = read_back(device, queue, buffer.slice(..)).await?;
        let mut expected = vec![0; found.len()];
        cpu::fill(&fill, &mut expected[..size as usize])?;
        report.windows += 1;
        report.values += fill.count();
        report.differences.extend(difference(&fill, &expected, &found));
    }
    Ok(report)
}

/// As [`verify()`], blocking the calling thread; there is none of it in a browser, where nothing may wait.
///
/// # Errors
/// As [`verify()`].
///
/// ```no_run
/// # use wgpu_weights::{gpu::verify_blocking, wgpu};
/// # fn trust(device: &wgpu::Device, queue: &wgpu::Queue) -> Result<(), Box<dyn std::error::Error>> {
/// assert!(verify_blocking(device, queue)?.bit_exact());
/// # Ok(())
/// # }
/// ```
#[cfg(not(target_arch = "wasm32"))]
pub fn verify_blocking(device: &wgpu::Device, queue: &wgpu::Queue) -> Result<Report, Error> {
    pollster::block_on(verify(device, queue))
}

/// Aligned and cut windows, shards, boxes and transposed matrices, low and high addresses, ordinary and extreme parameters.
fn fills() -> Result<Vec<Fill>, Error> {
    let zeros = Zeros { each: Line::Row, rows: u32::MAX, columns: 131, zeros: 60 };
    let distributions = [
        Distribution::bits(),
        Distribution::constant(-0.1)?,
        Distribution::uniform(-0.3, 0.7)?,
        Distribution::uniform(1e-38, 3e-38)?,
        Distribution::normal(0.0, 1.0)?,
        Distribution::normal(1.0, 0.02)?,
        Distribution::normal(0.0, 1e-38)?,
        Distribution::truncated_normal(0.0, 1.0, -2.0, 2.0)?,
        Distribution::truncated_normal(0.1, 0.02, 0.15, 7.0)?,
        Distribution::truncated_normal(0.0, 1e-38, -1e-38, 3e-38)?,
        Distribution::diagonal(-0.1, Diagonal { period: 5, ..Diagonal::of_matrix(u64::MAX, 131) })?,
        Distribution::sparse(0.1, 1.0, zeros)?,
    ];
    let addresses = [
        (0, 0, 0),
        (42, 0xaf63_dc4c_8601_ec8c, 1),
        (u64::MAX, u64::MAX, (1 << 32) - 3),
        (0x1234_5678_9abc_def0, 7, (1 << 40) + 2),
        (1, 1, u64::MAX - COUNT),
    ];
    let mut fills = Vec::new();
    for distribution in distributions {
        let words = distribution == Distribution::bits();
        let dtypes: &[Dtype] = if words { &[Dtype::U32] } else { Dtype::FLOATS };
        for &dtype in dtypes {
            // One address for a smaller dtype: the values are those of f32, rounded.
            let fill = |shape| Fill::new(distribution, shape).with_dtype(dtype);
            let addresses = if dtype.size() == 4 { &addresses[..] } else { &addresses[1..2] };
            for &(seed, stream, start) in addresses {
                let fill = fill(&[u64::MAX][..]).with_seed(seed).with_stream(stream);
                fills.push(fill.window(start, COUNT)?);
            }
            // Columns, rows of which begin anywhere in a block; and of some rows in each of some planes.
            let fill = fill(&[1 << 20, 1 << 10, 7]).with_seed(42).with_stream(7);
            fills.push(fill.clone().shard(1, 3..4)?.window(1 << 22, 1 << 12)?);
            fills.push(fill.region(&[(1 << 19)..(1 << 19) + 3, 5..77, 1..6])?);
            // Matrices stored the other way: of whole blocks, and of rows that begin anywhere in one.
            for shape in [[2, 64, 128], [3, 77, 131]] {
                let fill = Fill::new(distribution, shape).with_dtype(dtype).with_seed(42);
                fills.push(fill.transposed()?);
            }
        }
    }
    // Rows that are zero, which begin within a word and within a block.
    for dtype in [Dtype::F32, Dtype::BF16, Dtype::F8E5M2] {
        let padded = Distribution::normal(0.0, 1.0)?.with_zero_rows(3..5);
        fills.push(Fill::new(padded, [1000, 131]).with_dtype(dtype).with_seed(42));
    }
    // What the host makes and a kernel copies.
    let square = Distribution::orthogonal(1.0, Matrices::one(67, 67))?;
    let fill = Fill::new(square, [67, 67]).with_dtype(Dtype::BF16).with_seed(42);
    fills.push(fill.window(1, 4001)?);
    Ok(fills)
}

fn difference(fill: &Fill, expected: &[u8], found: &[u8]) -> Option<Difference> {
    let size = fill.dtype.size() as usize;
    let word =
        |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| (word << 8) | u32::from(byte));
    let mut differing = expected
        .chunks(size)
        .zip(found.chunks(size))
        .enumerate()
        .filter(|(_, (expected, found))| expected != found);
    let (at, (expected, found)) = differing.next()?;
    Some(Difference {
        fill: fill.clone(),
        index: fill.index_of(at as u64),
        expected: word(expected),
        found: word(found),
        count: 1 + differing.count() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_bit_is_told() {
        let fill = Fill::new(Distribution::bits(), [1000]).window(100, 3).unwrap();
        let expected = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        let mut found = expected;
        assert_eq!(difference(&fill, &expected, &found), None);
        found[4] = 3;
        found[11] ^= 0x80;
        let difference = difference(&fill, &expected, &found).unwrap();
        assert_eq!((difference.index, difference.count), (101, 2));
        assert_eq!((difference.expected, difference.found), (0x0403_0201, 0x0403_0203));
    }

    #[test]
    fn nothing_compared_is_nothing_proved() {
        assert!(!Report { windows: 0, values: 0, differences: Vec::new() }.bit_exact());
    }
}
