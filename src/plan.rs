//! Plans: how a fill is cut into dispatches that a device can run. Pure data.

use std::borrow::Cow;

use crate::{
    Dtype, Fill, FillError, Params,
    kernel::{Draw, Integers, Kernel, Store},
    params::words,
    region::{Matrices, Place},
};

/// What a device allows. What no device has is taken for the nearest that one could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest storage binding, in bytes.
    pub max_binding: u64,
    /// What the offset of a storage binding is a multiple of, in bytes: a power of two.
    pub alignment: u64,
    /// Workgroups in one dimension of a dispatch; where an API has a limit for each, the smaller of the first two.
    pub max_workgroups: u32,
}

/// One dispatch of one kernel into one binding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dispatch {
    /// What the kernel draws.
    pub draw: Draw,
    /// What it draws it as.
    pub dtype: Dtype,
    /// How it stores it.
    pub store: Store,
    /// Where the binding begins in the buffer, in bytes.
    pub bind_offset: u64,
    /// The size of the binding, in bytes.
    pub bind_size: u64,
    /// What the kernel is told.
    pub params: Params,
    /// The two dimensions of the dispatch, in workgroups.
    pub workgroups: [u32; 2],
    /// Which bytes of the fill these are. Of [`Draw::Given`] they are copied: from byte `params.first` of the buffer at
    /// [`Kernel::SOURCE`] on, which is [`source_size`](Self::source_size) bytes long.
    pub bytes: [u64; 2],
}

impl Dispatch {
    /// The kernel that runs this dispatch, made of these integers: any of those that the device has, for the
    /// values are the same.
    ///
    /// # Example
    /// All that a port needs, whatever API of WebGPU it speaks:
    /// ```
    /// use wgpu_weights::{Distribution, Fill, kernel::Integers, plan::{Limits, plan}};
    /// let fill = Fill::new(Distribution::normal(0.0, 0.02)?, [768, 3072]).with_seed(42);
    /// let limits = Limits { max_binding: 128 << 20, alignment: 256, max_workgroups: 65_535 };
    /// for dispatch in plan(&fill, 0, limits)? {
    ///     let kernel = dispatch.kernel(Integers::U32);
    ///     let (wgsl, uniform) = (kernel.wgsl(), dispatch.params);
    ///     // Compile the text, bind the two, dispatch:
    ///     assert!(wgsl.contains("fn fill("));
    ///     assert_eq!(uniform.key, [42, 0]);
    ///     assert_eq!(dispatch.workgroups, [576, 1]);
    /// }
    /// # Ok::<(), wgpu_weights::Error>(())
    /// ```
    pub fn kernel(&self, integers: Integers) -> Kernel {
        match self.draw {
            Draw::Given => Kernel::COPY,
            draw => Kernel { draw, dtype: self.dtype, store: self.store, integers },
        }
    }

    /// Bytes of the buffer at [`Kernel::SOURCE`]: whole granules.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Dtype, Fill, cpu, plan::{Limits, plan}};
    /// let wide = Fill::new(Distribution::normal(0.0, 1.0)?, [5]).with_dtype(Dtype::F64);
    /// let limits = Limits { max_binding: 128 << 20, alignment: 256, max_workgroups: 65_535 };
    /// let dispatch = plan(&wide, 8, limits)?.next().unwrap();
    /// assert_eq!((dispatch.bytes, dispatch.source_size()), ([0, 40], 48));
    /// # Ok::<(), wgpu_weights::Error>(())
    /// ```
    pub fn source_size(&self) -> u64 {
        u64::from(self.params.granules) * Kernel::GRANULE
    }
}

/// Bytes from which on the fast road is worth a dispatch of its own, and what it leaves another.
const WORTH_ALIGNING: u64 = 1 << 17;
/// Runs of this many elements or more get dispatches of their own; shorter ones share one.
const WORTH_A_DISPATCH: u64 = 1 << 20;
/// Elements of a dispatch are counted in 32 bits, with room for those of partial granules.
const MAX_WINDOW: u64 = 1 << 31;
/// Longer rows than these are no matrix' to a kernel, which counts rows and their elements in 32 bits.
const MAX_ROW: u64 = 1 << 30;

/// Cuts a fill of a buffer from byte `offset` on into dispatches, in ascending order.
///
/// `offset` must be a multiple of the dtype's size; the caller checks that the bytes exist, up to the next multiple of 4: bindings
/// are of whole words. Dispatches of one fill may share a word, which each reads and writes: whoever runs them on an API that
/// does not order them by itself (wgpu does, Vulkan does not) puts a barrier between them. `examples/raw.rs` is a whole port.
///
/// A kernel knows of one distance between runs of elements. A shard along one dimension has no more, and takes a
/// dispatch for each binding that it fills. A box whose rows lie at several distances, as it is narrowed in dimensions
/// that are not neighbours, takes one for each of its outer indices, or more.
///
/// # Errors
/// [`FillError`] where the fill fits no buffer.
///
/// # Example
/// A tensor larger than a binding:
/// ```
/// use wgpu_weights::{Distribution, Fill, plan::{Limits, plan}};
/// let fill = Fill::new(Distribution::uniform(0.0, 1.0)?, [1 << 13, 1 << 13]);
/// let limits = Limits { max_binding: 128 << 20, alignment: 256, max_workgroups: 65_535 };
/// let sizes: Vec<u64> = plan(&fill, 0, limits)?.map(|dispatch| dispatch.bind_size).collect();
/// assert_eq!(sizes, [128 << 20, 128 << 20]);
///
/// // Columns of one kernel of three in each of 64 layers, in one of them alone, and of all kernels in all layers.
/// let conv = Fill::new(Distribution::uniform(0.0, 1.0)?, [64, 3, 768, 768]);
/// let dispatches = |fill: &Fill| plan(fill, 0, limits).map(Iterator::count);
/// let columns = conv.clone().shard(3, 0..96)?;
/// assert_eq!(dispatches(&columns)?, 1);
/// assert_eq!(dispatches(&columns.clone().shard(0, 5..6)?)?, 1);
/// assert_eq!(dispatches(&columns.shard(1, 1..2)?)?, 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan(
    fill: &Fill,
    offset: u64,
    limits: Limits,
) -> Result<impl Iterator<Item = Dispatch>, FillError> {
    let bytes = fill.bytes()?;
    offset.checked_add(bytes).ok_or(FillError::Offset { offset, bytes })?;
    let limits = possible(limits);
    // What is made on the host is copied as it is, whatever laws it has.
    let whole = || vec![Cow::Borrowed(fill)];
    let parts = if fill.is_made_on_host() {
        whole()
    } else {
        fill.parts_of_one_law().unwrap_or_else(whole)
    };
    let mut at = offset;
    Ok(parts.into_iter().flat_map(move |part| {
        let origin = at;
        at += part.count() * part.dtype.size();
        let values = Params::of_values(&part);
        let before = origin - offset;
        let mut cutter = Cutter { fill: part, values, before, origin, at: origin, end: at, limits };
        std::iter::from_fn(move || cutter.cut())
    }))
}

/// The limits, or for those that no device has the nearest that one could have.
fn possible(limits: Limits) -> Limits {
    // Tiles must be numbered from the binding's begin; a multiple of more is one of less.
    let alignment = limits.alignment.clamp(Kernel::TILE_ALIGNMENT, 1 << 31).next_power_of_two();
    let max_workgroups = limits.max_workgroups.max(1);
    // No more workgroups in either dimension than there may be.
    let groups = u64::from(max_workgroups).pow(2);
    let bytes = groups.saturating_mul(u64::from(Kernel::WORKGROUP_SIZE) * Kernel::GRANULE);
    let max_binding = limits.max_binding.min(MAX_WINDOW).min(bytes);
    Limits { max_binding, alignment, max_workgroups }
}

/// Walks over the bytes `at..end` of the buffer.
struct Cutter<'a> {
    fill: Cow<'a, Fill>,
    values: Params,
    /// Bytes of the whole fill before this part of it.
    before: u64,
    /// Where this part's first element lies.
    origin: u64,
    at: u64,
    end: u64,
    limits: Limits,
}

impl Cutter<'_> {
    fn cut(&mut self) -> Option<Dispatch> {
        if self.at >= self.end {
            return None;
        }
        if self.fill.is_made_on_host() {
            return Some(self.given());
        }
        let size = self.fill.dtype.size();
        if let Some(matrices) = self.fill.region.matrices().filter(|it| it.columns <= MAX_ROW) {
            return Some(self.transposed(matrices));
        }
        let place = self.fill.region.place((self.at - self.origin) / size);
        let after = |elements: u64| self.at.saturating_add(elements.saturating_mul(size));
        let (run_end, slab_end) = (after(place.in_run), after(place.in_slab).min(self.end));
        let (store, to) = if self.fill.region.runs().length < WORTH_A_DISPATCH && run_end < slab_end
        {
            (Store::Strided, slab_end)
        } else {
            self.contiguous(place.index, run_end.min(slab_end))
        };
        let (bind_offset, reach) = self.binding();
        // Whole tiles, and no more than one row of workgroups.
        let tile = Kernel::TILE * size;
        let tiles = (to.min(reach).saturating_sub(self.at) / tile)
            .min(u64::from(self.limits.max_workgroups));
        let (store, to) = match store {
            Store::Aligned if tiles > 0 => (store, self.at + tiles * tile),
            Store::Aligned => (Store::Window, to.min(reach)),
            _ => (store, to.min(reach)),
        };
        let params = match store {
            Store::Strided => self.strided(place),
            _ => self.contiguously(place),
        };
        let granules = (to - (self.at - self.at % 4)).div_ceil(Kernel::GRANULE) as u32;
        let dispatch = self.dispatch(store, bind_offset, to, Params { granules, ..params });
        self.at = to;
        Some(dispatch)
    }

    /// Where the binding begins, and the byte that it may reach to.
    fn binding(&self) -> (u64, u64) {
        let bind_offset = self.at - self.at % self.limits.alignment;
        let limit = self.limits.max_binding;
        // A window has at least the word that it begins in, also where a device's alignment is as large as a
        // binding.
        let word = self.at - self.at % 4;
        let reach =
            bind_offset.saturating_add(limit - limit % Kernel::GRANULE).max(word.saturating_add(4));
        (bind_offset, reach)
    }

    /// Bytes that the host made, whatever they are.
    fn given(&mut self) -> Dispatch {
        let (bind_offset, reach) = self.binding();
        let to = self.end.min(reach);
        let granules = (to - (self.at - self.at % 4)).div_ceil(Kernel::GRANULE) as u32;
        let params = Params { granules, ..self.values };
        let dispatch = self.dispatch(Store::Window, bind_offset, to, params);
        self.at = to;
        dispatch
    }

    /// Some of one row, or whole rows of one matrix, or whole matrices: the most that there is of these.
    fn transposed(&mut self, matrices: Matrices) -> Dispatch {
        let size = self.fill.dtype.size();
        let per_word = 4 / size;
        let region = &self.fill.region;
        let position = region.position((self.at - self.origin) / size);
        let Matrices { rows, columns, .. } = matrices;
        let (row, column) = (position / columns, position % columns);
        let (matrix, row_of_matrix) = (row / rows, row % rows);

        let (bind_offset, reach) = self.binding();
        // An invocation may make no more than a word.
        let invocations = u64::from(self.limits.max_workgroups)
            .pow(2)
            .saturating_mul(Kernel::WORKGROUP_SIZE.into());
        let left = ((self.end.min(reach) - self.at) / size)
            .min((invocations - 1).saturating_mul(per_word))
            .max(1);
        let place = region.place((self.at - self.origin) / size);
        let (run, rows, count, elements);
        if column != 0 || left < columns {
            elements = left.min(columns - column);
            // Nothing lies behind it, so it may be as long as its words.
            (run, rows, count) = (elements.next_multiple_of(per_word), 1, 1);
        } else if row_of_matrix != 0 || left / columns < matrices.rows {
            let there = matrices.rows - row_of_matrix;
            // Where a binding ends before the rows do, the next dispatch begins with a block as this one does.
            let wanted = there.min((self.end - self.at) / size / columns);
            let whole = match left / columns {
                few @ 4.. if few < wanted => few - few % 4,
                few => few.min(there),
            };
            elements = whole * columns;
            (run, rows, count) = (columns, whole, 1);
        } else {
            let of_one = columns * matrices.rows;
            let whole = (left / of_one).min(matrices.count - matrix % matrices.count);
            elements = whole * of_one;
            (run, rows, count) = (columns, matrices.rows, whole);
        }

        // Whether each block that is met begins in the first of its four rows.
        let whole_blocks = [place.index, matrices.stride, matrices.next * (count - 1)];
        let whole_blocks = whole_blocks.iter().all(|it| it.is_multiple_of(4));
        let column_blocks = (rows + if whole_blocks { 0 } else { 3 }).div_ceil(4);
        let lead = self.at % 4 / size;
        let aligned = whole_blocks
            && elements == run * rows * count
            && self.at.is_multiple_of(Kernel::GRANULE)
            && (run * size).is_multiple_of(Kernel::GRANULE)
            && self.values.down == 0;
        let (store, granules) = if aligned {
            let granules = run * size / Kernel::GRANULE * column_blocks * count;
            (Store::TransposedAligned, granules)
        } else if lead == 0 && run.is_multiple_of(per_word) {
            (Store::Transposed, run / per_word * column_blocks * count)
        } else {
            (Store::Transposed, (lead + elements).div_ceil(per_word))
        };
        let granules = granules as u32;
        let params = Params {
            block: words(place.index),
            granules,
            phase: lead as u32,
            run: run as u32,
            stride: words(matrices.stride),
            next: words(matrices.next),
            rows: rows as u32,
            column_blocks: column_blocks as u32,
            ..self.values
        };
        let to = self.at + elements * size;
        let dispatch = self.dispatch(store, bind_offset, to, params);
        self.at = to;
        dispatch
    }

    /// How to begin bytes `at..end`, whose elements are contiguous from `index` of the tensor on.
    fn contiguous(&self, index: u64, end: u64) -> (Store, u64) {
        let whole = (Store::Window, end);
        let Some(body) = self.at.checked_next_multiple_of(Kernel::TILE_ALIGNMENT) else {
            return whole;
        };
        let tile = Kernel::TILE * self.fill.dtype.size();
        let (first, rest) = (body - self.at, end.saturating_sub(body));
        let starts_a_block = index.wrapping_add(first / self.fill.dtype.size()).is_multiple_of(4);
        let worth_it = rest >= WORTH_ALIGNING || (first == 0 && rest.is_multiple_of(tile));
        match starts_a_block && worth_it && self.values.down == 0 {
            true if first == 0 => (Store::Aligned, end),
            true => (Store::Window, body),
            false => whole,
        }
    }

    /// Bytes `at..to`; `params` says what they are, and here is added where they go.
    fn dispatch(&self, store: Store, bind_offset: u64, to: u64, params: Params) -> Dispatch {
        let draw = Draw::of(&self.fill);
        // What is copied is counted in bytes.
        let dtype = if draw == Draw::Given { Dtype::U8 } else { self.fill.dtype };
        let size = dtype.size();
        // A granule begins at a word; its first elements may lie before the window.
        let from = self.at - self.at % 4;
        let groups = match store {
            Store::Aligned => ((to - self.at) / (Kernel::TILE * size)) as u32,
            _ => params.granules.div_ceil(Kernel::WORKGROUP_SIZE),
        };
        let columns = groups.min(self.limits.max_workgroups);
        Dispatch {
            draw,
            dtype,
            store,
            bind_offset,
            bind_size: (to - bind_offset).next_multiple_of(4),
            workgroups: [columns, groups.div_ceil(columns)],
            bytes: [self.at, to].map(|at| self.before + (at - self.origin)),
            params: Params {
                row: columns * Kernel::WORKGROUP_SIZE,
                first: ((self.at - from) / size) as u32,
                end: ((to - from) / size) as u32,
                word: ((from - bind_offset) / 4) as u32,
                ..params
            },
        }
    }

    /// What a kernel is told of elements that lie side by side, beginning with the one at this place.
    fn contiguously(&self, place: Place) -> Params {
        let lead = self.at % 4 / self.fill.dtype.size();
        self.values.at_element(i128::from(place.index) - i128::from(lead))
    }

    /// What a strided kernel is told of the runs, beginning with the element at this place.
    fn strided(&self, place: Place) -> Params {
        let runs = self.fill.region.runs();
        Params {
            block: words(place.index.wrapping_sub(place.phase)),
            // Both are below `WORTH_A_DISPATCH`.
            phase: place.phase as u32,
            run: runs.length as u32,
            stride: words(runs.stride),
            ..self.values
        }
    }
}
