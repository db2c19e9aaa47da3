//! Tensors whose elements each have their value: constants, diagonals, aranges, formulas without a draw, zero rows.

use wgpu_weights::{Distribution, Dtype, Fill, FloatFormat, Kind, cpu};

use crate::{
    error::Result,
    memory,
    safetensors::{TensorInfo, dtype::Decoder},
    text,
};

/// How far a peer's own arithmetic may be off, of the largest value: sines of large arguments in f32 are.
const OFF: f64 = 1e-3;

/// Whether every element is decided by where it stands.
pub(super) fn is_decided(law: &Distribution) -> bool {
    match law.kind() {
        Kind::Constant { .. } | Kind::Diagonal { .. } | Kind::Arange { .. } => true,
        Kind::Formula(formula) => !formula.uses_u() && !formula.uses_z(),
        Kind::Normal { std, .. } | Kind::TruncatedNormal { std, .. } => std == 0.0,
        Kind::Uniform { low, high } => low == high,
        Kind::Sparse { .. } | Kind::Orthogonal { .. } | Kind::Bits => false,
    }
}

/// How far an element may be from its value.
#[derive(Clone, Copy, Debug)]
enum Room {
    /// So far.
    Fixed(f64),
    /// A part of the largest value.
    OfLargest,
}

/// Holds elements against those that a fill makes, chunk by chunk.
#[derive(Debug)]
pub(super) struct Exact {
    fill: Fill,
    decoder: Decoder,
    /// How far from its value an element may be: not at all where no function was evaluated for it.
    room: Room,
    format: Option<FloatFormat>,
    wide: bool,
    at: u64,
    largest: f64,
    /// Elements that are otherwise, and the first of them: its index, what it is and what it was to be.
    pub(super) wrong: u64,
    first: Option<(u64, f64, f64)>,
    /// The only value so far that was found where another was promised, if there is but one.
    pub(super) only: Option<f64>,
    expected: Vec<u8>,
}

impl Exact {
    pub(super) fn new(law: Distribution, tensor: &TensorInfo, decoder: Decoder) -> Result<Self> {
        let fill = Fill::new(law, &tensor.shape).with_dtype(tensor.dtype.parse()?);
        fill.bytes()?;
        let format = tensor.dtype.parse::<Dtype>().ok().and_then(Dtype::float_format);
        let room = match (law.kind(), format) {
            (Kind::Formula(_), _) => Room::OfLargest,
            // A number that the dtype has not is one that a peer has computed in it.
            (Kind::Constant { value }, Some(format))
                if format.round(value.into()) != f64::from(value) =>
            {
                Room::Fixed(format.spacing(value.into()))
            }
            _ => Room::Fixed(0.0),
        };
        Ok(Self {
            fill,
            decoder,
            room,
            format,
            wide: tensor.dtype == "F64",
            at: 0,
            largest: 0.0,
            wrong: 0,
            first: None,
            only: None,
            expected: Vec::new(),
        })
    }

    /// The next elements, in the order of the file.
    pub(super) fn add(&mut self, values: &[(f64, u32)]) -> Result<()> {
        let part = self.fill.clone().window(self.at, values.len() as u64)?;
        let bytes = part.bytes()? as usize;
        self.expected.clear();
        memory::reserve(&mut self.expected, bytes)?;
        self.expected.resize(bytes, 0);
        cpu::fill(&part, &mut self.expected)?;
        let promised =
            self.expected.chunks_exact(self.decoder.size).map(|it| self.decoder.decode(it).0);
        for ((found, _), promised) in values.iter().zip(promised) {
            self.largest = self.largest.max(promised.abs());
            let room = match self.room {
                Room::Fixed(room) => room,
                Room::OfLargest => {
                    let steps = self.format.map_or(0.0, |format| 2.0 * format.spacing(promised));
                    steps.max(OFF * self.largest)
                }
            };
            // What is wider than f32 is compared as f32, in which laws are.
            let found = &if self.wide { f64::from(*found as f32) } else { *found };
            // NaN is never near.
            if !((found - promised).abs() <= room || *found == promised) {
                self.only =
                    if self.wrong == 0 || self.only == Some(*found) { Some(*found) } else { None };
                self.first.get_or_insert((self.at, *found, promised));
                self.wrong += 1;
            }
            self.at += 1;
        }
        Ok(())
    }

    /// What is otherwise, in words.
    pub(super) fn said(&self) -> Option<String> {
        let (index, found, promised) = self.first?;
        let [found, promised] = [found, promised].map(text::number);
        Some(match self.wrong {
            wrong if wrong == self.at && self.only.is_some() => {
                format!("{found} everywhere instead of {promised}")
            }
            1 => format!("element {index} is {found} instead of {promised}"),
            wrong => format!(
                "{wrong} of {} elements differ, element {index} is {found} instead of {promised}",
                self.at
            ),
        })
    }
}
