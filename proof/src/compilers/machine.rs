//! What stands in a kernel's machine code: one way to read each compiler's listing.

use std::collections::HashSet;

/// Which listing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// AMD's, as ACO and LLVM write it.
    Amd,
    /// NVIDIA's, as NVK's compiler writes it.
    Nak,
    /// NVIDIA's own: SASS.
    Sass,
    /// Qualcomm's, as Turnip writes it.
    Ir3,
    /// Apple's, as Honeykrisp writes it.
    Agx,
    /// Direct3D's bytecode, as FXC makes it: an operation for all components that it names.
    Dxbc,
    /// LLVM's text with Direct3D's functions, as DXC makes it.
    Dxil,
}

/// What a model of a card's speed tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Operations on f32, a component each.
    pub(crate) products: u32,
    pub(crate) sums: u32,
    pub(crate) fused: u32,
    /// All instructions of the vector units, memory included.
    pub(crate) instructions: u32,
    /// Of these, integer logic, sums, shifts, comparisons, choices and conversions.
    pub(crate) logic: u32,
    /// Of these, integer products.
    pub(crate) integer_products: u32,
    pub(crate) registers: Option<u32>,
}

impl Listing {
    /// Reads what follows the last line that announces machine code.
    pub(crate) fn read(self, text: &str) -> Machine {
        let mut machine = Machine { registers: registers(text), ..Machine::default() };
        let announced = ["Assembly", "NAK assembly", "IR3 Assembly"];
        let code = text.lines().collect::<Vec<_>>();
        let begins = code.iter().rposition(|line| {
            line.strip_prefix("# representation: ").is_some_and(|name| announced.contains(&name))
        });
        for line in &code[begins.map_or(0, |at| at + 1)..] {
            match self {
                Self::Dxbc => dxbc(line, &mut machine),
                _ => {
                    for (operation, times) in self.operations(line) {
                        self.count(&operation, times, &mut machine);
                    }
                }
            }
        }
        machine
    }

    /// The operations of a line, and how many times each.
    fn operations(self, line: &str) -> Vec<(String, u32)> {
        let line = line.trim();
        let once = |operation: &str| vec![(operation.to_lowercase(), 1)];
        match self {
            // Two at once where `::` stands between them.
            Self::Amd => {
                let code = line.split(';').next().unwrap_or_default();
                let words = code.split("::").filter_map(|half| half.split_whitespace().next());
                let vector = ["v_", "ds_", "global_", "buffer_", "flat_", "image_"];
                words
                    .filter(|word| vector.iter().any(|start| word.starts_with(start)))
                    .map(|word| (word.to_owned(), 1))
                    .collect()
            }
            Self::Nak => {
                let code = line.split("//").next().unwrap_or_default();
                if !line.contains("// delay=") && !line.contains("//") {
                    return Vec::new();
                }
                let code = code.split_once(" = ").map_or(code, |(_, code)| code).trim();
                let mut words = code.split_whitespace().filter(|it| !it.starts_with('@'));
                words.next().map_or(Vec::new(), once)
            }
            // `/*0010*/ @!P0 FMUL R1, R2, R3 ;`
            Self::Sass => {
                let Some((address, code)) =
                    line.strip_prefix("/*").and_then(|it| it.split_once("*/"))
                else {
                    return Vec::new();
                };
                if !address.bytes().all(|it| it.is_ascii_hexdigit()) || address.starts_with("0x") {
                    return Vec::new();
                }
                let mut words = code.split_whitespace().filter(|it| !it.starts_with('@'));
                words.next().map_or(Vec::new(), |word| once(word.trim_end_matches(';')))
            }
            Self::Ir3 => {
                let (mut times, mut rest) = (1, line);
                while let Some((flag, more)) =
                    rest.strip_prefix('(').and_then(|it| it.split_once(')'))
                {
                    if let Some(more) = flag.strip_prefix("rpt") {
                        times += more.parse().unwrap_or(0);
                    }
                    rest = more.trim_start();
                }
                let word = rest.split_whitespace().next().unwrap_or_default();
                let is_one = word.starts_with(|c: char| c.is_ascii_lowercase())
                    && !word.ends_with(':')
                    && !word.ends_with(',');
                if is_one { vec![(word.to_owned(), times)] } else { Vec::new() }
            }
            // `10: bad168e2 ffma $r20, ..`
            Self::Agx => {
                let mut words = line.split_whitespace();
                let address = words.next().and_then(|it| it.strip_suffix(':')).unwrap_or("-");
                let hex = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_hexdigit());
                match (hex(address), words.next()) {
                    (true, Some(code)) if hex(code) => words.next().map_or(Vec::new(), once),
                    _ => Vec::new(),
                }
            }
            Self::Dxil => {
                let code = line.split(';').next().unwrap_or_default();
                if code.contains("@dx.op.tertiary.f32(i32 46") {
                    return once("fmad");
                }
                let Some((_, code)) = code.split_once(" = ") else { return Vec::new() };
                let word = code.split_whitespace().next().unwrap_or_default();
                let scalar = !["fmul", "fadd", "fsub"].contains(&word) || code.contains(" float ");
                if scalar { once(word) } else { Vec::new() }
            }
            Self::Dxbc => Vec::new(),
        }
    }

    fn count(self, operation: &str, times: u32, machine: &mut Machine) {
        // Two operations in a register pair each.
        let packed =
            operation.contains("_pk_") || ["fmul2", "fadd2", "ffma2"].contains(&head(operation));
        let values = if packed { 2 * times } else { times };
        let starts = |names: &[&str]| names.iter().any(|name| operation.starts_with(name));
        let (products, sums, fused): (&[&str], &[&str], &[&str]) = match self {
            Self::Amd => (
                &["v_mul_f32", "v_pk_mul_f32", "v_dual_mul_f32", "v_mul_legacy_f32"],
                &[
                    "v_add_f32",
                    "v_sub_f32",
                    "v_subrev_f32",
                    "v_pk_add_f32",
                    "v_dual_add_f32",
                    "v_dual_sub_f32",
                    "v_dual_subrev_f32",
                ],
                &[
                    "v_fma_f32",
                    "v_fmac_f32",
                    "v_fmaak_f32",
                    "v_fmamk_f32",
                    "v_mad_f32",
                    "v_mac_f32",
                    "v_madak_f32",
                    "v_madmk_f32",
                    "v_pk_fma_f32",
                    "v_dual_fma",
                    "v_fma_mix",
                    "v_mad_mix",
                ],
            ),
            Self::Nak | Self::Sass => (&["fmul"], &["fadd"], &["ffma"]),
            Self::Ir3 => (&["mul.f"], &["add.f"], &["mad.f"]),
            Self::Agx => (&["fmul"], &["fadd"], &["ffma", "fmadd"]),
            Self::Dxil => (&["fmul"], &["fadd", "fsub"], &["fmad"]),
            Self::Dxbc => (&[], &[], &[]),
        };
        let nothing = match self {
            Self::Ir3 => starts(&["nop", "end"]),
            Self::Agx => starts(&["wait", "trap", "stop"]),
            Self::Nak => starts(&["nop", "block", "}"]),
            Self::Sass => starts(&["nop"]),
            _ => false,
        };
        if nothing {
            return;
        }
        machine.instructions += times;
        if starts(products) {
            machine.products += values;
        } else if starts(sums) {
            machine.sums += values;
        } else if starts(fused) {
            machine.fused += values;
        } else if starts(&["v_mul_lo", "v_mul_hi", "v_mad_u64", "imad", "imul", "mull", "madsh"]) {
            // NVIDIA's products also carry shifts and copies, at the same rate.
            machine.integer_products += times;
        } else if !starts(&["global_", "buffer_", "flat_", "st", "ld", "exit", "bra", "s2", "cs2"])
        {
            machine.logic += times;
        }
    }
}

fn head(operation: &str) -> &str {
    operation.split('.').next().unwrap_or_default()
}

/// `mad r0.xyz, r1.xxyx, ..`: an operation for each component of what is written, unless it is of the
/// very numbers that another one of them is of.
fn dxbc(line: &str, machine: &mut Machine) {
    let line = line.trim();
    let code = line.split_once(": ").map_or(line, |(at, code)| {
        if at.bytes().all(|it| it.is_ascii_digit()) { code } else { line }
    });
    let (operation, operands) = code.split_once(' ').unwrap_or((code, ""));
    let declares = operation.starts_with("dcl_") || operation.starts_with("//");
    if declares || !operation.starts_with(|c: char| c.is_ascii_lowercase()) {
        return;
    }
    machine.instructions += 1;
    let count = match operation.trim_end_matches("_sat") {
        "mul" => &mut machine.products,
        "add" => &mut machine.sums,
        "mad" => &mut machine.fused,
        _ => return,
    };
    let operands = operands_of(operands);
    let Some((target, sources)) = operands.split_first() else { return };
    let mask = target.split_once('.').map_or("x", |(_, mask)| mask);
    let lanes = mask.chars().filter_map(|component| "xyzw".find(component));
    let made: HashSet<Vec<String>> =
        lanes.map(|lane| sources.iter().map(|source| component(source, lane)).collect()).collect();
    *count += made.len() as u32;
}

/// Commas within parentheses part the numbers of one operand.
fn operands_of(text: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut operands) = (0, 0, Vec::new());
    for (at, sign) in text.char_indices() {
        match sign {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                operands.push(text[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    operands.push(text[begin..].trim());
    operands
}

/// What a lane takes of an operand: `r1.xxyx` or `l(1.0, 2.0, 3.0, 4.0)`.
fn component(operand: &str, lane: usize) -> String {
    if let Some(numbers) = operand.strip_prefix("l(").and_then(|it| it.strip_suffix(')')) {
        let numbers: Vec<_> = numbers.split(',').collect();
        return numbers.get(lane).or(numbers.first()).unwrap_or(&"").trim().to_owned();
    }
    let (register, swizzle) = operand.rsplit_once('.').unwrap_or((operand, ""));
    let taken = swizzle.chars().nth(lane).or(swizzle.chars().next());
    format!("{register}.{}", taken.map_or(String::new(), String::from))
}

/// What a compiler says of the registers of an invocation.
fn registers(text: &str) -> Option<u32> {
    const NAMES: [&str; 5] =
        ["# VGPRs = ", "# Number of GPRs = ", "# GPRs = ", "# Registers used = ", "# registers "];
    text.lines()
        .take_while(|line| line.starts_with('#'))
        .find_map(|line| NAMES.iter().find_map(|name| line.strip_prefix(name)?.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(listing: Listing, text: &str) -> (u32, u32, u32, u32) {
        let it = listing.read(text);
        (it.products, it.sums, it.fused, it.instructions)
    }

    #[test]
    fn listings_are_read() {
        let amd = "# representation: Assembly\n\tv_mul_f32_e32 v1, v2, v3 ; 10\n\ts_mov_b32 s1, s2\n\
                   \tv_dual_mul_f32 v1, v2, v3 :: v_dual_add_f32 v4, v5, v6\n\tv_pk_fma_f32 v[0:1], v[2:3]";
        assert_eq!(counts(Listing::Amd, amd), (2, 1, 2, 4));
        let nak = "# representation: NAK assembly\n r1 = fmul.ftz r2 r3 // delay=1\n\
                   p0 = isetp.lt.u32 r4 r0 // delay=1\n r1 = ffma.ftz r1 r2 r3 // delay=1";
        assert_eq!(counts(Listing::Nak, nak), (1, 0, 1, 3));
        let sass = "# registers 32\n  /*0010*/ @!P0 FMUL.FTZ R1, R2, R3 ;\n  /*0020*/ FFMA2 R2, R4, R6 ;\n\
                    /*0030*/ NOP ;";
        assert_eq!(counts(Listing::Sass, sass), (1, 0, 2, 2));
        assert_eq!(Listing::Sass.read(sass).registers, Some(32));
        let ir3 = "# representation: IR3 Assembly\n(rpt1)mul.f r2.x, (r)r2.x, c1.x\n(sy)(nop3) mad.f32 r1.x\nend";
        assert_eq!(counts(Listing::Ir3, ir3), (2, 0, 1, 3));
        let agx = "# GPRs = 23\n 0: f201  fmul $r0, r1, r2\n 1f00: bad168e2 ffma $r2, r3, r4, r5\n 2: 88 stop";
        assert_eq!(counts(Listing::Agx, agx), (1, 0, 1, 2));
        let dxil =
            "%1 = fmul fast float %2, %3\n%4 = call float @dx.op.tertiary.f32(i32 46, float %1)";
        assert_eq!(counts(Listing::Dxil, dxil), (1, 0, 1, 2));
    }

    #[test]
    fn components_count_once() {
        let text = "dcl_temps 3\nmul r0.xyzw, r1.xxyy, r1.xxyy\nmul r0.xy, r1.xxxx, l(1.0, 2.0, 0, 0)\n\
                    mad r0.z, r1.z, r2.z, l(1.0)\nret";
        assert_eq!(counts(Listing::Dxbc, text), (4, 0, 1, 4));
    }
}
