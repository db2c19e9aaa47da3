//! Tensors drawn again and compared byte for byte.

use wgpu_weights::{Distribution, Fill, Kind, Matrices};

use crate::{
    draw::{ByteSource, Chunk, CpuSource},
    error::{Context, Result, bail},
    memory,
    provenance::Provenance,
    safetensors::{TensorInfo, dtype::Decoder},
    text,
};

/// The fill that made a tensor of a file, by what the file says of itself.
///
/// # Errors
/// A provenance that its tensor cannot have.
pub(super) fn fill_of(
    provenance: &Provenance,
    tensor: &TensorInfo,
    law: Distribution,
) -> Result<Fill> {
    let seed = provenance.seed.context("it does not say its seed")?;
    let dtype = tensor.dtype.parse()?;
    let finish =
        |fill: Fill, stream: u64| fill.with_seed(seed).with_stream(stream).with_dtype(dtype);
    let stream = wgpu_weights::stream_of(&tensor.name);
    let fill = match (&provenance.tensor, provenance.slices.get(&tensor.name)) {
        (Some(part), _) => {
            let whole = finish(Fill::new(law, &part.whole_shape), part.stream);
            let shard = match &part.shard {
                Some(shard) => whole.shard(shard.dim, shard.range[0]..shard.range[1])?,
                None => whole,
            };
            let left = shard.count().saturating_sub(part.start);
            if (part.start, left) == (0, tensor.numel) {
                shard
            } else {
                shard.window(part.start, tensor.numel)?
            }
        }
        (None, Some(slice)) => finish(slice.fill(law)?, stream),
        (None, None) => finish(Fill::new(law, &tensor.shape), stream),
    };
    if let Kind::Orthogonal { matrices: Matrices { first, count, rows, columns, .. }, .. } =
        law.kind()
    {
        // They are made whole, and cost what they say that they are.
        let whole = fill.shape().iter().try_fold(1u64, |product, size| product.checked_mul(*size));
        let end = rows
            .checked_mul(columns)
            .and_then(|it| it.checked_mul(count))
            .and_then(|it| it.checked_add(first));
        if end.is_none_or(|end| whole.is_none_or(|whole| end > whole)) {
            bail!("it says {law} of itself, which is more than its shape {:?} has", fill.shape());
        }
    }
    if fill.count() != tensor.numel {
        bail!("it has {} elements and what it says of itself makes {}", tensor.numel, fill.count());
    }
    Ok(fill)
}

/// Draws tensors again in pieces.
pub(super) struct Again {
    source: CpuSource,
    made: Vec<u8>,
}

/// Elements that differ: how many, and the first with both of its values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Differences {
    pub(super) count: u64,
    first: Option<(u64, f64, f64)>,
}

impl Differences {
    /// What differs, in words.
    pub(super) fn said(&self, of: u64) -> Option<String> {
        let (index, found, drawn) = self.first?;
        let [found, drawn] = [found, drawn].map(text::number);
        let count = self.count;
        Some(format!(
            "{count} of {of} elements differ from what is drawn again, first element {index}: {found} instead of {drawn}"
        ))
    }
}

impl Again {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { source: CpuSource::new()?, made: Vec::new() })
    }

    /// Compares the bytes of a file from element `first` on.
    pub(super) fn compare(
        &mut self,
        fill: &Fill,
        first: u64,
        bytes: &[u8],
        decoder: Decoder,
        differences: &mut Differences,
    ) -> Result<()> {
        let count = (bytes.len() / decoder.size) as u64;
        let part = fill.clone().window(first, count)?;
        self.made.clear();
        memory::reserve(&mut self.made, bytes.len())?;
        self.made.resize(bytes.len(), 0);
        let chunk = Chunk { bytes: bytes.len() as u64, parts: vec![part] };
        self.source.make(&chunk, &mut self.made)?;
        if self.made == bytes {
            return Ok(());
        }
        let elements = bytes.chunks_exact(decoder.size).zip(self.made.chunks_exact(decoder.size));
        for (at, (found, drawn)) in (first..).zip(elements) {
            if found != drawn {
                differences.count += 1;
                differences.first.get_or_insert((
                    at,
                    decoder.decode(found).0,
                    decoder.decode(drawn).0,
                ));
            }
        }
        Ok(())
    }
}
