//! A kernel's machine code against what its WGSL writes.

use super::{machine::Machine, written::Written};

/// As many copies of a block's arithmetic as a compiler was seen to lay out: one, or one for each block of a store,
/// or two for each.
const COPIES: [u32; 5] = [1, 2, 4, 8, 16];

/// How often the arithmetic that is written may stand there.
#[derive(Clone, Copy)]
pub(crate) enum Copies<'a> {
    /// In an aligned kernel, which is one straight line: just as often as there are blocks.
    Just(u32),
    /// Where there are branches: any number of times.
    Any,
    /// Where runs lie apart integers are divided too, which compilers do by f32: with it, as often or less,
    /// what a kernel has that does nothing else.
    AndDivisions(&'a Machine),
}

/// Nothing where machine code has as many operations as are written for a block, in each copy, and
/// fused are at most those sums that may be; else what is wrong.
pub(crate) fn objection(
    written: &Written,
    machine: &Machine,
    copies: Copies<'_>,
) -> Option<String> {
    let nothing = Machine::default();
    let (just, divisions) = match copies {
        Copies::Just(copies) => (Some(copies), &nothing),
        Copies::Any => (None, &nothing),
        Copies::AndDivisions(machine) => (None, machine),
    };
    let fits =
        COPIES.into_iter().filter(|copies| just.is_none_or(|just| *copies == just)).any(|copies| {
            // A division stands there once, or for each copy.
            [0, 1, copies]
                .into_iter()
                .any(|times| is_as_written(written, machine, copies, divisions, times))
        });
    (!fits).then(|| {
        let Machine { products, sums, fused, .. } = machine;
        let Written { products: p, sums: s, exact, fusible, .. } = written;
        format!(
            "{products} products, {sums} sums, {fused} fused, where {p} products ({exact} exact) and {s} \
             sums are written, {fusible} fusible"
        )
    })
}

fn is_as_written(
    written: &Written,
    machine: &Machine,
    copies: u32,
    divisions: &Machine,
    times: u32,
) -> bool {
    // A fused operation is both.
    let products = (machine.products + machine.fused)
        .checked_sub(times * (divisions.products + divisions.fused));
    let sums =
        (machine.sums + machine.fused).checked_sub(times * (divisions.sums + divisions.fused));
    let fused = machine.fused.saturating_sub(times * divisions.fused);
    let (Some(products), Some(sums)) = (products, sums) else { return false };
    let Some(more_sums) = sums.checked_sub(copies * written.sums) else { return false };
    let more_products = products.saturating_sub(copies * written.products);
    // A number may be negated by a sum with 0, or an exact product made a second time with -2^n.
    more_sums + more_products <= copies * written.negations
        && products >= copies * (written.products - written.exact)
        && fused <= copies * written.fusible
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: Written = Written { products: 60, sums: 40, exact: 6, fusible: 2, negations: 4 };

    fn machine(products: u32, sums: u32, fused: u32) -> Machine {
        Machine { products, sums, fused, ..Machine::default() }
    }

    fn is_told(products: u32, sums: u32, fused: u32, copies: Copies<'_>) -> bool {
        objection(&WRITTEN, &machine(products, sums, fused), copies).is_some()
    }

    #[test]
    fn what_is_written_is_found() {
        assert!(!is_told(240, 160, 0, Copies::Just(4)));
        assert!(!is_told(232, 152, 8, Copies::Just(4)));
        assert!(!is_told(232, 152, 8, Copies::Any));
        assert!(!is_told(122, 88, 2, Copies::AndDivisions(&machine(2, 4, 0))));
        // Negated by sums, and by sums and products.
        assert!(!is_told(120, 88, 0, Copies::Just(2)));
        assert!(!is_told(125, 83, 0, Copies::Just(2)));
    }

    #[test]
    fn what_is_fused_lost_or_new_is_told() {
        let wrong = [(231, 151, 9), (240, 159, 0), (257, 160, 0), (215, 160, 0), (249, 168, 0)];
        for (products, sums, fused) in wrong {
            assert!(is_told(products, sums, fused, Copies::Just(4)));
            assert!(is_told(products, sums, fused, Copies::Any));
        }
        assert!(is_told(120, 80, 5, Copies::Just(2)));
        assert!(is_told(0, 0, 0, Copies::Any));
        assert!(is_told(122, 97, 2, Copies::AndDivisions(&machine(2, 4, 0))));
        assert!(objection(&Written::default(), &machine(1, 0, 0), Copies::Any).is_some());
    }
}
