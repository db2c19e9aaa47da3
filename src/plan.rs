//! Plans: how a fill is cut into dispatches that a device can run. Pure data.

use crate::{
    Fill, FillError, Params,
    kernel::{Kernel, Store},
};

/// What a device allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest storage binding, in bytes.
    pub max_binding: u64,
    /// What the offset of a storage binding is a multiple of, in bytes: a power of two.
    pub alignment: u64,
    /// Workgroups in one dimension of a dispatch.
    pub max_workgroups: u32,
}

/// One dispatch of one kernel into one binding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dispatch {
    /// Which kernel, of those of the fill's distribution and dtype.
    pub store: Store,
    /// Where the binding begins in the buffer, in bytes.
    pub bind_offset: u64,
    /// The size of the binding, in bytes.
    pub bind_size: u64,
    /// What the kernel is told.
    pub params: Params,
    /// The two dimensions of the dispatch, in workgroups.
    pub workgroups: [u32; 2],
}

/// A piece this large or larger is worth a dispatch of its own on the fast road, bytes.
const WORTH_ALIGNING: u64 = 1 << 18;
/// Elements of a dispatch are counted in 32 bits, with room for those of partial granules.
const MAX_WINDOW: u64 = 1 << 31;

/// Cuts a fill of a buffer from byte `offset` on into dispatches, in ascending order.
///
/// `offset` must be a multiple of the dtype's size; the caller checks that the bytes exist.
///
/// # Errors
/// [`FillError`] where the fill fits no buffer.
///
/// # Example
/// A tensor larger than a binding:
/// ```
/// use wgpu_weights::{Distribution, Fill, plan::{Limits, plan}};
/// let fill = Fill::new(Distribution::uniform(0.0, 1.0)?, 1 << 26);
/// let limits = Limits { max_binding: 128 << 20, alignment: 256, max_workgroups: 65_535 };
/// let sizes: Vec<u64> = plan(&fill, 0, limits)?.map(|dispatch| dispatch.bind_size).collect();
/// assert_eq!(sizes, [128 << 20, 128 << 20]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan(
    fill: &Fill,
    offset: u64,
    limits: Limits,
) -> Result<impl Iterator<Item = Dispatch>, FillError> {
    let end = offset
        .checked_add(fill.bytes()?)
        .ok_or(FillError::Range { start: fill.start, count: fill.count })?;
    let mut cutter = Cutter {
        fill: *fill,
        values: Params::of_values(fill),
        origin: offset,
        at: offset,
        end,
        limits,
    };
    Ok(std::iter::from_fn(move || cutter.cut()))
}

/// Walks over the bytes `at..end` of the buffer.
struct Cutter {
    fill: Fill,
    values: Params,
    /// Where the fill's first element lies.
    origin: u64,
    at: u64,
    end: u64,
    limits: Limits,
}

impl Cutter {
    fn cut(&mut self) -> Option<Dispatch> {
        if self.at >= self.end {
            return None;
        }
        let granule = Kernel::GRANULE;
        let body = self.at.next_multiple_of(granule);
        let body_end = self.end - self.end % granule;
        let aligned = self.starts_a_block(body)
            && body < body_end
            && (body_end - body >= WORTH_ALIGNING || (body, body_end) == (self.at, self.end));
        let (store, to) = match aligned {
            true if body == self.at => (Store::Aligned, body_end),
            true => (Store::Window, body),
            false => (Store::Window, self.end),
        };
        let bind_offset = self.at - self.at % self.limits.alignment;
        let limit = self.limits.max_binding.min(MAX_WINDOW);
        // At least one word beyond `at`, also where a device's alignment is as large as a binding.
        let reach = (bind_offset + limit - limit % granule).max(self.at + 4);
        let dispatch = self.dispatch(store, bind_offset, to.min(reach));
        self.at = to.min(reach);
        Some(dispatch)
    }

    /// Whether the element at this byte owns the first word of a block.
    fn starts_a_block(&self, byte: u64) -> bool {
        self.element_at(byte) % 4 == 0
    }

    /// The element of the tensor at this byte of the buffer; negative before the tensor.
    fn element_at(&self, byte: u64) -> i128 {
        let bytes = i128::from(byte) - i128::from(self.origin);
        i128::from(self.fill.start) + bytes.div_euclid(i128::from(self.fill.dtype.size()))
    }

    fn dispatch(&self, store: Store, bind_offset: u64, to: u64) -> Dispatch {
        let size = self.fill.dtype.size();
        // A granule begins at a word; its first elements may lie before the window.
        let from = self.at - self.at % 4;
        let granules = (to - from).div_ceil(Kernel::GRANULE) as u32;
        let groups = granules.div_ceil(Kernel::WORKGROUP_SIZE);
        let columns = groups.min(self.limits.max_workgroups);
        Dispatch {
            store,
            bind_offset,
            bind_size: (to - bind_offset).next_multiple_of(4),
            workgroups: [columns, groups.div_ceil(columns)],
            params: Params {
                granules,
                row: columns * Kernel::WORKGROUP_SIZE,
                first: ((self.at - from) / size) as u32,
                end: ((to - from) / size) as u32,
                word: ((from - bind_offset) / 4) as u32,
                ..self.values.at_element(self.element_at(from))
            },
        }
    }
}
