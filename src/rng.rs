//! Philox as a generator of the `rand` world.

use rand_core::{Infallible, Rng, SeedableRng, TryRng, utils};

use crate::{cpu::philox::philox4x32_10, params::words};

/// The words of an address and all that follow it, as a [`rand`] generator: `rand_distr` and
/// everything else in that world can draw from a seed, a stream and an index.
///
/// Its words are those of [`Distribution::bits`](crate::Distribution::bits). After the last index
/// of a stream, 2^64 - 1, comes its first. (How many words a draw of `rand_distr` takes is that
/// crate's own affair, and its values may change with its version: the contract covers the words.)
///
/// [`rand`]: https://docs.rs/rand
///
/// ```
/// use rand_distr::{Distribution, StandardNormal};
/// use wgpu_weights::{PhiloxRng, stream_of};
/// let mut rng = PhiloxRng::new(42, stream_of("mlp.W_in"), 0);
/// let z: f32 = StandardNormal.sample(&mut rng);
/// assert!(z.is_finite());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhiloxRng {
    seed: u64,
    stream: u64,
    index: u64,
    block: [u32; 4],
}

impl PhiloxRng {
    /// The generator whose next word is that of this address.
    pub fn new(seed: u64, stream: u64, index: u64) -> Self {
        let mut rng = Self { seed, stream, index, block: [0; 4] };
        rng.draw_block();
        rng
    }

    /// The index of the next word.
    pub fn index(&self) -> u64 {
        self.index
    }

    fn draw_block(&mut self) {
        let ([b0, b1], [s0, s1]) = (words(self.index / 4), words(self.stream));
        self.block = philox4x32_10([b0, b1, s0, s1], words(self.seed));
    }
}

impl TryRng for PhiloxRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let word = self.block[(self.index % 4) as usize];
        self.index = self.index.wrapping_add(1);
        if self.index.is_multiple_of(4) {
            self.draw_block();
        }
        Ok(word)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        utils::next_u64_via_u32(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for bytes in dst.chunks_mut(4) {
            bytes.copy_from_slice(&self.next_u32().to_le_bytes()[..bytes.len()]);
        }
        Ok(())
    }
}

/// The seed's eight bytes are the seed, little-endian; stream 0, index 0.
impl SeedableRng for PhiloxRng {
    type Seed = [u8; 8];

    fn from_seed(seed: [u8; 8]) -> Self {
        Self::new(u64::from_le_bytes(seed), 0, 0)
    }

    fn seed_from_u64(seed: u64) -> Self {
        Self::new(seed, 0, 0)
    }
}
