//! Nothing to import: the benches are `cargo bench` targets, the report is an example.
