//! Kernels: which WGSL makes which values, how it is bound and dispatched. Pure data.
//!
//! A port compiles a kernel's text without fast-math, where its API has the choice, and runs the dispatches of a
//! [`plan`](crate::plan::plan) one after another; `examples/raw.rs` is one. DESIGN.md says what compilers do to the bits.

use crate::{Dtype, Fill, Kind, Params};

/// Which integers a kernel is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Integers {
    /// 32-bit ones, and products from 16-bit halves: everywhere.
    U32,
    /// 64-bit products: naga's `u64`, where the device has `SHADER_INT64`.
    U64,
    /// 64-bit lanes, in which Philox's words stay and values are stored: for software devices with
    /// `SHADER_INT64`.
    Lanes,
}

impl Integers {
    /// Every sort; all but the first take `SHADER_INT64`.
    pub const ALL: &'static [Self] = &[Self::U32, Self::U64, Self::Lanes];
}

/// How elements reach the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Store {
    /// 16 or 32 bytes at a time and whole tiles only, where the window allows it.
    Aligned,
    /// Word by word: any first element, offset and length.
    Window,
    /// Word by word, from runs of elements that lie apart in the tensor: shards.
    Strided,
    /// Word by word, a column of the tensor in each row.
    Transposed,
    /// The same, 16 bytes of each of four rows at a time, where rows and the tensor's columns allow it.
    TransposedAligned,
}

impl Store {
    /// Every way.
    pub const ALL: &'static [Self] =
        &[Self::Aligned, Self::Window, Self::Strided, Self::Transposed, Self::TransposedAligned];
}

/// The draw of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Draw {
    /// Philox's words.
    Bits,
    /// One value everywhere.
    Constant,
    /// A uniform.
    Uniform,
    /// A normal whose mean is not 0.
    Normal,
    /// A normal of mean 0, as almost every weight is: the same values, with an operation and a fence less.
    CentredNormal,
    /// A normal within bounds.
    TruncatedNormal,
    /// One value on a diagonal.
    Diagonal,
    /// A normal with zeros.
    Sparse,
    /// What the host made: bytes that are copied.
    Given,
}

impl Draw {
    /// The draw of this fill.
    pub fn of(fill: &Fill) -> Self {
        match fill.distribution().kind() {
            _ if fill.is_made_on_host() => Self::Given,
            Kind::Orthogonal { .. } | Kind::Arange { .. } | Kind::Formula(_) => Self::Given,
            Kind::Bits => Self::Bits,
            Kind::Constant { .. } => Self::Constant,
            Kind::Uniform { .. } => Self::Uniform,
            Kind::Normal { mean: 0.0, .. } => Self::CentredNormal,
            Kind::Normal { .. } => Self::Normal,
            Kind::TruncatedNormal { .. } => Self::TruncatedNormal,
            Kind::Diagonal { .. } => Self::Diagonal,
            Kind::Sparse { .. } => Self::Sparse,
        }
    }
}

/// Where a kernel finds a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The bind group.
    pub group: u32,
    /// The binding in it.
    pub binding: u32,
}

/// One compute kernel, as any implementation of WebGPU can run it: [`wgsl`](Self::wgsl),
/// [`ENTRY_POINT`](Self::ENTRY_POINT), [`Params`] as a uniform buffer at [`PARAMS`](Self::PARAMS) and the
/// output as a read-write storage buffer at [`OUTPUT`](Self::OUTPUT). What to put there and how many
/// workgroups of [`WORKGROUP_SIZE`](Self::WORKGROUP_SIZE) to dispatch is in a
/// [`Dispatch`](crate::plan::Dispatch), which also says [which kernel](crate::plan::Dispatch::kernel); [`Params::FIELDS`] is its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kernel {
    /// What is drawn.
    pub draw: Draw,
    /// What it is drawn as.
    pub dtype: Dtype,
    /// How it is stored.
    pub store: Store,
    /// What it is made of.
    pub integers: Integers,
}

impl Kernel {
    /// The entry point of every kernel.
    pub const ENTRY_POINT: &'static str = "fill";
    /// Where the uniform buffer of [`Params`] is bound.
    pub const PARAMS: Binding = Binding { group: 0, binding: 0 };
    /// Where the bytes that the host made are bound, as a read-only storage buffer: of [`Draw::Given`] alone.
    pub const SOURCE: Binding = Binding { group: 2, binding: 0 };
    /// Where the buffer that is filled is bound.
    pub const OUTPUT: Binding = Binding { group: 1, binding: 0 };
    /// Invocations per workgroup, in one dimension.
    pub const WORKGROUP_SIZE: u32 = 256;
    /// Bytes of output that are made at once; an invocation makes one granule or, where stores are
    /// aligned, four of them or blocks of them.
    pub const GRANULE: u64 = 16;
    /// Elements that a workgroup makes where stores are aligned.
    pub const TILE: u64 = 4096;
    /// What tiles begin at a multiple of, in bytes: in the buffer and in its binding.
    pub const TILE_ALIGNMENT: u64 = 32;
    /// Bytes of [`Params`].
    pub const PARAMS_SIZE: u64 = size_of::<Params>() as u64;

    /// Every kernel there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let draws = [
            (Draw::Bits, &[Dtype::U32][..]),
            (Draw::Constant, Dtype::FLOATS),
            (Draw::Uniform, Dtype::FLOATS),
            (Draw::Normal, Dtype::FLOATS),
            (Draw::CentredNormal, Dtype::FLOATS),
            (Draw::TruncatedNormal, Dtype::FLOATS),
            (Draw::Diagonal, Dtype::FLOATS),
            (Draw::Sparse, Dtype::FLOATS),
        ];
        let drawn = draws.into_iter().flat_map(|(draw, dtypes)| {
            dtypes.iter().flat_map(move |&dtype| {
                Store::ALL.iter().flat_map(move |&store| {
                    Integers::ALL.iter().map(move |&integers| Self { draw, dtype, store, integers })
                })
            })
        });
        drawn.chain([Self::COPY])
    }

    /// The kernel that copies what the host made.
    pub const COPY: Self =
        Self { draw: Draw::Given, dtype: Dtype::U8, store: Store::Window, integers: Integers::U32 };

    /// A name for labels: `normal_f32_aligned_u32`.
    pub fn label(&self) -> String {
        format!("{:?}_{}_{:?}_{:?}", self.draw, self.dtype, self.store, self.integers)
            .to_lowercase()
    }

    /// The kernel's source: the files of `shaders/` that it is made of, one after another.
    ///
    /// ```
    /// use wgpu_weights::kernel::{Integers, Kernel};
    /// let portable = Kernel::all().filter(|kernel| kernel.integers == Integers::U32);
    /// assert!(portable.into_iter().all(|kernel| !kernel.wgsl().contains("u64")));
    /// ```
    pub fn wgsl(&self) -> String {
        let params = include_str!("../shaders/params.wgsl");
        let fill = include_str!("../shaders/fill.wgsl");
        if self.draw == Draw::Given {
            let store_words = include_str!("../shaders/store_words.wgsl");
            return [params, fill, store_words, include_str!("../shaders/copy.wgsl")].join("\n");
        }
        let multiply = match self.integers {
            Integers::U32 => include_str!("../shaders/multiply_u32.wgsl"),
            Integers::U64 | Integers::Lanes => include_str!("../shaders/multiply_u64.wgsl"),
        };
        let philox_round = match self.integers {
            Integers::U32 | Integers::U64 => include_str!("../shaders/philox_words.wgsl"),
            Integers::Lanes => include_str!("../shaders/philox_lanes.wgsl"),
        };
        let philox = include_str!("../shaders/philox.wgsl");
        let log_root = include_str!("../shaders/log_root.wgsl");
        let box_muller = include_str!("../shaders/box_muller.wgsl");
        let digits = include_str!("../shaders/digits.wgsl");
        let draw: &[&str] = match self.draw {
            Draw::Bits => &[philox_round, philox, include_str!("../shaders/bits.wgsl")],
            Draw::Constant => &[include_str!("../shaders/constant.wgsl")],
            Draw::Uniform => &[philox_round, philox, include_str!("../shaders/uniform.wgsl")],
            Draw::Normal | Draw::CentredNormal => {
                let normal = include_str!("../shaders/normal.wgsl");
                &[philox_round, philox, log_root, box_muller, normal]
            }
            Draw::Given => &[],
            Draw::Diagonal => &[digits, include_str!("../shaders/diagonal.wgsl")],
            Draw::Sparse => {
                let sparse = include_str!("../shaders/sparse.wgsl");
                &[philox_round, philox, log_root, box_muller, digits, sparse]
            }
            Draw::TruncatedNormal => {
                &[philox_round, philox, log_root, include_str!("../shaders/truncated_normal.wgsl")]
            }
        };
        let small_float = include_str!("../shaders/small_float.wgsl");
        let two = include_str!("../shaders/pack_two.wgsl");
        let four = include_str!("../shaders/pack_four.wgsl");
        let pack: &[&str] = match self.dtype {
            Dtype::U32 | Dtype::F32 => &[include_str!("../shaders/pack_f32.wgsl")],
            Dtype::F16 => &[small_float, include_str!("../shaders/pack_f16.wgsl"), two],
            Dtype::BF16 => &[include_str!("../shaders/pack_bf16.wgsl"), two],
            Dtype::F8E4M3 => &[small_float, include_str!("../shaders/pack_f8_e4m3.wgsl"), four],
            Dtype::F8E5M2 => &[small_float, include_str!("../shaders/pack_f8_e5m2.wgsl"), four],
            Dtype::F64 | Dtype::I64 | Dtype::I32 | Dtype::U8 | Dtype::Bool => &[],
        };
        let plain = include_str!("../shaders/plain.wgsl");
        let affine = match self.draw {
            Draw::CentredNormal => include_str!("../shaders/centred.wgsl"),
            _ => include_str!("../shaders/affine.wgsl"),
        };
        let careful = include_str!("../shaders/careful.wgsl");
        let index = include_str!("../shaders/index.wgsl");
        let store_words = include_str!("../shaders/store_words.wgsl");
        let store_tile = match self.integers {
            // Eight blocks of bytes would be too much for one step.
            Integers::Lanes if self.dtype.size() > 1 => include_str!("../shaders/store_32.wgsl"),
            _ => include_str!("../shaders/store_16.wgsl"),
        };
        let store: &[&str] = match self.store {
            Store::Aligned => {
                &[plain, affine, store_tile, include_str!("../shaders/fill_aligned.wgsl")]
            }
            Store::Window => &[careful, store_words, include_str!("../shaders/fill_window.wgsl")],
            Store::Strided => {
                &[careful, store_words, index, include_str!("../shaders/fill_strided.wgsl")]
            }
            Store::Transposed => {
                &[careful, store_words, index, include_str!("../shaders/fill_transposed.wgsl")]
            }
            Store::TransposedAligned => {
                &[plain, affine, index, include_str!("../shaders/fill_transposed_aligned.wgsl")]
            }
        };
        [&[params, multiply], draw, &[fill], store, pack].concat().join("\n")
    }
}
