//! An egui app whose sliders choose a weight: the filler draws it in egui's own encoder, a paint callback reads it.
//!
//! [`heatmap`] is the recipe; [`window`] is what is seen, in a window or, by [`picture`], without one.

pub mod colours;
pub mod controls;
pub mod heatmap;
pub mod picture;
mod plots;
pub mod window;
