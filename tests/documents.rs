//! What documents say of initialisers is what there is.

use wgpu_weights::{Distribution, Expression, Fill, cpu, initialiser::Initialiser};

const INITIALISERS: &str = include_str!("../docs/initialisers.md");

#[test]
fn every_initialiser_is_on_the_map() {
    // As `lecun_`, `glorot_` and `he_` with `normal` and `uniform` behind them.
    let named = |name: &str| {
        let stem = name.rsplit_once('_').map_or(name, |(stem, _)| stem);
        [name.to_owned(), format!("{stem}_"), format!("{stem}_*")]
            .iter()
            .any(|it| INITIALISERS.contains(&format!("`{it}`")))
    };
    let missing: Vec<_> = Initialiser::ALL.iter().filter(|it| !named(it.name)).collect();
    // The generator's words are no initialiser of anyone's.
    assert!(missing.iter().all(|it| it.name == "bits"), "{missing:?}");
}

/// Each formula of the table, of a shape of two dimensions, makes numbers.
#[test]
fn formulas_are_as_written() {
    let (_, formulas) = INITIALISERS.split_once("## Formulas").unwrap();
    let mut seen = 0;
    for row in formulas.lines().filter(|row| row.starts_with("| ") && row.contains('`')) {
        let text = row.split(" | ").nth(1).unwrap().trim_matches('`');
        let expression = Expression::parse(text).unwrap();
        let formula = expression.formula(&[12, 8], |name| match name {
            "layer" => Ok(3.0),
            "n_layers" => Ok(12.0),
            "padding_idx" => Ok(2.0),
            name => Err(format!("{name} is not explained")),
        });
        let law = Distribution::formula(formula.unwrap()).unwrap();
        let mut values = [f32::NAN; 96];
        cpu::fill_f32(&Fill::new(law, [12, 8]).with_seed(42), &mut values).unwrap();
        assert!(values.iter().all(|it| it.is_finite()), "{text}");
        if text.contains("padding_idx") {
            assert!(values[16..24] == [0.0; 8] && values[24] != 0.0);
        }
        seen += 1;
    }
    assert!(seen >= 8);
}
