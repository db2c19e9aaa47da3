//! Where a walk is in a module.

/// Names, and the types that hold them: `("weight", "Struct:Linear")`.
#[derive(Default)]
pub(crate) struct Place(Vec<(String, String)>);

impl Place {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        self.0.push((name.into(), container.into()));
    }

    pub(crate) fn exit(&mut self) {
        self.0.pop();
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.0.last().map(|(name, _)| name.as_str())
    }

    pub(crate) fn path(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.join(".")
    }

    /// The path without enums' variants.
    pub(crate) fn plain_path(&self) -> String {
        let plain = self.0.iter().filter(|(_, container)| !container.starts_with("Enum:"));
        let names: Vec<_> = plain.map(|(name, _)| name.as_str()).collect();
        names.join(".")
    }

    /// The structs and enums, innermost first; vectors, arrays and tuples are none.
    pub(crate) fn containers(&self) -> Vec<String> {
        let types = self.0.iter().rev().filter_map(|(_, container)| {
            container.strip_prefix("Struct:").or(container.strip_prefix("Enum:"))
        });
        types.map(String::from).collect()
    }
}
