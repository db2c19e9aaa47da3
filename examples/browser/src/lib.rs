//! The page's Rust: a tensor is drawn on the reader's GPU, and again by the CPU twin in the same module.
//!
//! What takes long is done piece by piece, by calls that the page makes with rests between them.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use wasm_bindgen::prelude::*;
use wgpu_weights::{
    Dtype, Fill, Filler, Kind, cpu,
    gpu::read_back,
    initialiser::{ArgumentKind, Arguments, Initialiser},
};

/// Elements that a page draws at most: 64 MiB of f32, a second or two for the twin on one core.
const MOST: u64 = 1 << 24;

/// Elements that the twin makes in a call: some hundredths of a second.
const PIECE: u64 = 1 << 18;

/// A bar of the histogram is an element's value, so many to a canvas.
const BARS: usize = 120;

/// What is wrong, for the page to show.
fn wrong(error: impl std::fmt::Display) -> JsError {
    JsError::new(&error.to_string())
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// The initialisers and their arguments, from the crate's own table, as JSON for the form.
#[wasm_bindgen]
pub fn initialisers() -> String {
    let argument = |it: &wgpu_weights::initialiser::Argument| {
        let choices = match it.kind {
            ArgumentKind::Choice(names) => names,
            _ => &[],
        };
        json!({ "key": it.key, "help": it.help, "default": it.default.to_string(), "choices": choices })
    };
    let all = Initialiser::ALL.iter().map(|it| {
        let arguments: Vec<_> = it.arguments.iter().map(argument).collect();
        json!({ "name": it.name, "about": it.about, "arguments": arguments })
    });
    json!({ "initialisers": all.collect::<Vec<_>>(), "most": MOST }).to_string()
}

/// A tensor that may be drawn.
#[wasm_bindgen]
pub struct Tensor(Fill);

#[wasm_bindgen]
impl Tensor {
    /// `given` holds the arguments that differ from the initialiser's own: key, text, key, text.
    #[wasm_bindgen(constructor)]
    pub fn new(
        initialiser: &str,
        given: Vec<String>,
        shape: Vec<u64>,
        dtype: &str,
        seed: u64,
        name: &str,
    ) -> Result<Self, JsError> {
        let initialiser = Initialiser::named(initialiser).map_err(wrong)?;
        let mut arguments = Arguments::default();
        for [key, text] in given.as_chunks().0 {
            let argument = initialiser.argument(key).map_err(wrong)?;
            arguments.set(argument, argument.parse(text).map_err(wrong)?).map_err(wrong)?;
        }
        let law = initialiser.draw(&shape, &arguments).map_err(wrong)?.distribution;
        let mut fill = Fill::new(law, shape).with_seed(seed).with_name(name);
        if law.kind() != Kind::Bits {
            fill = fill.with_dtype(dtype.parse().map_err(wrong)?);
        }
        fill.bytes().map_err(wrong)?;
        match fill.count() {
            0 => Err(wrong("the shape has no elements: take one without a 0")),
            count if count > MOST => Err(wrong(format!(
                "the shape has {count} elements, and this page draws at most {MOST}, which the CPU \
                 twin makes again on one core: take a smaller shape"
            ))),
            _ => Ok(Self(fill)),
        }
    }

    /// The law, in words.
    pub fn law(&self) -> String {
        self.0.distribution().to_string()
    }

    /// How many elements there are.
    pub fn count(&self) -> f64 {
        self.0.count() as f64
    }

    /// Bytes of an element.
    pub fn size(&self) -> usize {
        self.0.dtype().size() as usize
    }

    /// Elements that [`compare`](Self::compare) takes at once, the last ones apart.
    pub fn piece() -> f64 {
        PIECE as f64
    }

    /// Holds bytes of the GPU's, which begin at element `first`, against the twin's: how many differ, and where
    /// the first one is, or -1.
    pub fn compare(&self, first: f64, theirs: &[u8]) -> Result<Vec<f64>, JsError> {
        let first = first as u64;
        let count = theirs.len() as u64 / self.0.dtype().size();
        let window = self.0.clone().window(first, count).map_err(wrong)?;
        let mut ours = vec![0; theirs.len()];
        cpu::fill(&window, &mut ours).map_err(wrong)?;
        let differ = || ours.iter().zip(theirs).enumerate().filter(|(_, (a, b))| a != b);
        let begin = (first * self.0.dtype().size()) as f64;
        Ok(match differ().next() {
            Some((at, _)) => vec![differ().count() as f64, begin + at as f64],
            None => vec![0.0, -1.0],
        })
    }

    /// An element by the twin, in words.
    pub fn twin_of(&self, element: f64) -> Result<String, JsError> {
        let window = self.0.clone().window(element as u64, 1).map_err(wrong)?;
        let mut bytes = vec![0; self.size()];
        cpu::fill(&window, &mut bytes).map_err(wrong)?;
        Ok(self.text(&bytes))
    }

    /// An element's bytes, in words.
    pub fn text(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect();
        match self.0.dtype() {
            Dtype::U32 => format!("0x{hex}"),
            _ => format!("{:?} (0x{hex})", self.value(bytes)),
        }
    }

    /// The values of some bytes, for pictures.
    pub fn values(&self, bytes: &[u8]) -> Vec<f32> {
        bytes.chunks_exact(self.size()).map(|it| self.value(it)).collect()
    }

    fn value(&self, bytes: &[u8]) -> f32 {
        let code = bytes.iter().rev().fold(0, |code, byte| code << 8 | u32::from(*byte));
        match self.0.dtype().float_format() {
            Some(format) => format.decode(code) as f32,
            None => code as f32,
        }
    }

    /// From where to where the histogram goes.
    pub fn range(&self) -> Vec<f64> {
        let (low, high) = match self.0.distribution().kind() {
            Kind::Constant { value } => (value, value),
            Kind::Uniform { low, high } => (low, high),
            Kind::Normal { mean, std } | Kind::Sparse { mean, std, .. } => {
                (mean - 4.5 * std, mean + 4.5 * std)
            }
            Kind::TruncatedNormal { mean, std, low, high } => {
                (low.max(mean - 4.5 * std), high.min(mean + 4.5 * std))
            }
            Kind::Diagonal { value, .. } => (value.min(0.0), value.max(0.0)),
            Kind::Orthogonal { .. } => {
                let std = self.0.distribution().std().unwrap_or(1.0) as f32;
                (-4.5 * std, 4.5 * std)
            }
            Kind::Arange { start, step, period } => {
                let last = start + step * period.saturating_sub(1) as f64;
                (start.min(last) as f32, start.max(last) as f32)
            }
            // Whatever it makes.
            Kind::Formula(_) => (-10.0, 10.0),
            Kind::Bits => (0.0, 4_294_967_296.0),
        };
        let (low, high) = (f64::from(low), f64::from(high));
        // All values are one value, or nearly: it gets some room on either side.
        match high - low {
            width if width > 0.0 => {
                // A margin shows that nothing lies beyond a bound.
                let margin = if self.is_normal() { 0.0 } else { width / 16.0 };
                vec![low - margin, high + margin]
            }
            _ => {
                let room = 0.5 * low.abs().max(f64::MIN_POSITIVE.sqrt());
                vec![low - room, low + room]
            }
        }
    }

    fn is_normal(&self) -> bool {
        matches!(self.0.distribution().kind(), Kind::Normal { .. })
    }

    /// How many bars the histogram has.
    pub fn bars() -> usize {
        BARS
    }

    /// Counts of some bytes' values in the histogram's bars, added to `counts`.
    pub fn count_into(&self, bytes: &[u8], counts: &mut [f64]) {
        let range = self.range();
        let scale = BARS as f64 / (range[1] - range[0]);
        for bytes in bytes.chunks_exact(self.size()) {
            let bar = ((f64::from(self.value(bytes)) - range[0]) * scale).floor();
            if bar >= 0.0
                && let Some(count) = counts.get_mut(bar as usize)
            {
                *count += 1.0;
            }
        }
    }

    /// The law's density over the histogram at these places; nothing for a constant.
    pub fn density(&self, places: Vec<f64>) -> Vec<f64> {
        let kind = self.0.distribution().kind();
        let (low, high, mean, std) = match kind {
            Kind::Uniform { low, high } if low < high => (low, high, 0.0, f32::INFINITY),
            Kind::Bits => (0.0, 4_294_967_296.0, 0.0, f32::INFINITY),
            Kind::Normal { mean, std } if std > 0.0 => {
                (mean - 12.0 * std, mean + 12.0 * std, mean, std)
            }
            Kind::TruncatedNormal { mean, std, low, high } if std > 0.0 && low < high => {
                (low.max(mean - 12.0 * std), high.min(mean + 12.0 * std), mean, std)
            }
            _ => return Vec::new(),
        };
        let [low, high, mean, std] = [low, high, mean, std].map(f64::from);
        let at = |x: f64| match x {
            x if x < low || x > high => 0.0,
            x => (-0.5 * ((x - mean) / std).powi(2)).exp(),
        };
        // By the midpoint rule, which needs no error function.
        let steps = 4096;
        let step = (high - low) / f64::from(steps);
        let total: f64 = (0..steps).map(|it| at(low + (f64::from(it) + 0.5) * step) * step).sum();
        places.into_iter().map(|x| at(x) / total).collect()
    }
}

/// The reader's GPU.
#[wasm_bindgen]
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    filler: Filler,
    /// What the device said that no error scope caught.
    said: Arc<Mutex<Option<String>>>,
}

#[wasm_bindgen]
impl Gpu {
    /// Asks the browser for an adapter and a device.
    pub async fn open() -> Result<Self, JsError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&options).await.map_err(wrong)?;
        let descriptor = wgpu::DeviceDescriptor {
            required_features: adapter.features() & Filler::FEATURES,
            ..Default::default()
        };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(wrong)?;
        // Without a handler wgpu panics, and a panic ends the module.
        let said = Arc::new(Mutex::new(None));
        let told = Arc::clone(&said);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        }));
        let filler = Filler::new(&device).map_err(wrong)?;
        Ok(Self { device, queue, filler, said })
    }

    /// The bytes of a tensor, by the GPU.
    pub async fn draw(&self, tensor: &Tensor) -> Result<Vec<u8>, JsError> {
        let fill = &tensor.0;
        let bytes = fill.bytes().map_err(wrong)?;
        // In a browser the filler's errors are promises: whoever can wait for them asks, as here.
        let scopes = [wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Validation]
            .map(|filter| self.device.push_error_scope(filter));
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("weights"),
            size: bytes.next_multiple_of(4),
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let recorded = self.filler.fill(&mut encoder, buffer.slice(..bytes), fill);
        self.queue.submit([encoder.finish()]);
        let mut error = None;
        for scope in scopes.into_iter().rev() {
            error = scope.pop().await.map(|it| it.to_string()).or(error);
        }
        recorded.map_err(wrong)?;
        if let Some(error) = error {
            return Err(wrong(error));
        }
        let drawn = read_back(&self.device, &self.queue, buffer.slice(..bytes)).await;
        buffer.destroy();
        match self.said.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(wrong(error)),
            None => drawn.map_err(wrong),
        }
    }
}
