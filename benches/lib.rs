//! Nothing to import: the benches are `cargo bench` targets.
