//! `devices`.

use std::io::Write;

use anyhow::{Result, bail};
use serde::Serialize;
use wgpu_weights::{gpu, wgpu};

use crate::{args::DevicesArgs, device, probe};

/// An adapter as `--json` prints it.
#[derive(Serialize)]
struct Row {
    index: usize,
    name: String,
    backend: &'static str,
    device_type: &'static str,
    driver: String,
    limits: Limits,
    features: Vec<&'static str>,
    bit_exact: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The limits that matter: bytes, and workgroups.
#[derive(Serialize)]
struct Limits {
    max_buffer_size: u64,
    max_storage_buffer_binding_size: u64,
    max_compute_workgroups_per_dimension: u32,
}

/// Lists the adapters and verifies each.
///
/// # Errors
/// A closed pipe; at the end, adapters that are not bit-exact.
pub(crate) fn run(args: &DevicesArgs) -> Result<()> {
    probe::check_adapters()?;
    let rows: Vec<Row> = device::adapters().iter().map(|(at, adapter)| row(*at, adapter)).collect();
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else if rows.is_empty() {
        writeln!(
            out,
            "no GPU adapter was found (WGPU_BACKEND and WGPU_ADAPTER_NAME narrow the search); \
             --device cpu gives the same bits"
        )?;
    }
    for row in rows.iter().filter(|_| !args.json) {
        let verdict = match (&row.error, row.values) {
            (None, Some(values)) => format!("yes, {values} values compared with the CPU's"),
            (Some(error), _) => format!("no: {error}"),
            (None, None) => "no".into(),
        };
        writeln!(out, "{}: {} ({}, {})", row.index, row.name, row.backend, row.device_type)?;
        writeln!(out, "   driver      {}", row.driver)?;
        writeln!(
            out,
            "   limits      buffer {} bytes, binding {} bytes, {} workgroups per dimension",
            row.limits.max_buffer_size,
            row.limits.max_storage_buffer_binding_size,
            row.limits.max_compute_workgroups_per_dimension
        )?;
        let features = if row.features.is_empty() { "-".into() } else { row.features.join(", ") };
        writeln!(out, "   features    {features}")?;
        writeln!(out, "   bit-exact   {verdict}")?;
    }
    out.flush()?;
    drop(out);
    judge(rows.iter().map(|row| (row.index, row.bit_exact)))
}

/// Adapters that do not make the CPU's bits, in one line.
fn judge(adapters: impl Iterator<Item = (usize, bool)>) -> Result<()> {
    let wrong = adapters.filter(|(_, bit_exact)| !bit_exact);
    let wrong: Vec<_> = wrong.map(|(index, _)| index.to_string()).collect();
    match &wrong[..] {
        [] => Ok(()),
        [one] => bail!("adapter {one} is not bit-exact, or cannot be used"),
        more => bail!("adapters {} are not bit-exact, or cannot be used", more.join(", ")),
    }
}

fn row(index: usize, adapter: &wgpu::Adapter) -> Row {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let (bit_exact, values, error) = match verify(adapter) {
        Ok(report) if report.bit_exact() => (true, Some(report.values), None),
        Ok(report) => (false, Some(report.values), Some(differences(&report))),
        Err(error) => (false, None, Some(format!("{error:#}"))),
    };
    let int64 = adapter.features().contains(wgpu::Features::SHADER_INT64);
    Row {
        index,
        name: info.name,
        backend: info.backend.to_str(),
        device_type: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "other",
        },
        driver: format!("{} {}", info.driver, info.driver_info).trim().into(),
        limits: Limits {
            max_buffer_size: limits.max_buffer_size,
            max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
            max_compute_workgroups_per_dimension: limits.max_compute_workgroups_per_dimension,
        },
        features: if int64 { vec!["SHADER_INT64"] } else { Vec::new() },
        bit_exact,
        values,
        error,
    }
}

fn verify(adapter: &wgpu::Adapter) -> Result<gpu::Report> {
    let (device, queue) = device::open(adapter)?;
    Ok(gpu::verify_blocking(&device, &queue)?)
}

fn differences(report: &gpu::Report) -> String {
    let count: u64 = report.differences.iter().map(|difference| difference.count).sum();
    let first = report.differences.first().map_or_else(String::new, |difference| {
        format!(
            "; the first is element {}: {:#010x} where the CPU has {:#010x}",
            difference.index, difference.found, difference.expected
        )
    });
    format!("{count} of {} values differ from the CPU's{first}", report.values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_that_differs_is_a_failure() {
        let said = |adapters: &[(usize, bool)]| match judge(adapters.iter().copied()) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        };
        assert_eq!(said(&[]), "");
        assert_eq!(said(&[(0, true), (1, true)]), "");
        assert!(said(&[(0, true), (1, false)]).starts_with("adapter 1 is not bit-exact"));
        assert!(said(&[(0, false), (1, true), (7, false)]).starts_with("adapters 0, 7 are not"));
    }
}
