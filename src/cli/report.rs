//! `pycc-shim report DIR`: the reports of many machines as one.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::report::fleet::{self, Collector, Fleet};
use crate::report::record;
use crate::report::text::Style;
use crate::shim::environment::names;

use super::{colour, examples};

#[derive(clap::Args)]
#[command(after_help = examples::REPORT)]
pub(super) struct Arguments {
    /// The directory with the reports, instead of $PYCC_SHIM_REPORT_DIR
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Print JSON (schema 1)
    #[arg(long)]
    json: bool,
}

/// Prints what the reports found on stdout, each distinct problem once. Exit status 0 with findings, 1 with none.
///
/// # Errors
/// There is no directory to read, or it cannot be read.
pub(super) fn main(arguments: Arguments) -> Result<i32> {
    let set = || std::env::var_os(names::REPORT_DIR).filter(|value| !value.is_empty()).map(PathBuf::from);
    let directory = arguments.directory.or_else(set).context(
        "which reports? Give the directory that PYCC_SHIM_REPORT_DIR named on the machines: pycc-shim report DIR",
    )?;
    let fleet = read(&directory)?;
    let mut out = std::io::stdout();
    if arguments.json {
        serde_json::to_writer(&mut out, &fleet)?;
        writeln!(out)?;
    } else {
        out.write_all(fleet::render(&fleet, Style { live: false, colour: colour(&out) }).as_bytes())?;
        if fleet.findings.is_empty() {
            let shown = directory.display();
            writeln!(
                std::io::stderr(),
                "pycc-shim: no failed compile is on record in {shown}; set PYCC_SHIM_REPORT_DIR={shown} on every \
                 machine, before the job starts"
            )?;
        }
    }
    Ok(i32::from(fleet.findings.is_empty()))
}

/// Merges the files of a directory, and says on stderr what was passed over.
fn read(directory: &Path) -> Result<Fleet> {
    let shown = directory.display();
    let files = record::files(directory).with_context(|| {
        format!(
            "cannot read {shown}; give the directory that PYCC_SHIM_REPORT_DIR named on the machines, by its path on \
             this one"
        )
    })?;
    let mut collector = Collector::default();
    let mut no_reports = 0_usize;
    let mut unreadable = Vec::new();
    for file in &files {
        match record::read(file) {
            Ok(record) => no_reports += usize::from(!collector.add(record)),
            Err(error) if error.raw_os_error().is_some() => unreadable.push(error),
            Err(_) => no_reports += 1,
        }
    }
    let mut stderr = std::io::stderr();
    match no_reports {
        0 => {}
        1 => writeln!(stderr, "pycc-shim: 1 file in {shown} is no report")?,
        count => writeln!(stderr, "pycc-shim: {count} files in {shown} are no reports")?,
    }
    if let Some(error) = unreadable.first() {
        let files = if unreadable.len() == 1 { "file" } else { "files" };
        writeln!(stderr, "pycc-shim: {} {files} in {shown} cannot be read: {error}", unreadable.len())?;
    }
    if collector.left_out() > 0 {
        writeln!(stderr, "pycc-shim: {} findings are left out: there are too many", collector.left_out())?;
    }
    Ok(collector.finish())
}
