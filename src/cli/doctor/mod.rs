//! `pycc-shim doctor`: what compiles will miss, before the job that needs them starts.
//!
//! It compiles as the clients do instead of guessing, each check in a thread of its own, and hands out one command for
//! all that is missing. Nothing is changed but files in a temporary directory.

mod elsewhere;
mod gpu;
mod interpreter;
mod machine;
mod row;
mod settings;
mod toolchain;
mod torch;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use crate::diagnose;
use crate::host::{Host, Surroundings};
use crate::report::{Finding, Remedy, Report, SCHEMA, merge, text};
use crate::shim::failure;

use super::{colour, examples};
use interpreter::Interpreter;
use machine::Machine;
use row::{Row, Status};

/// Whom compiles are checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum For {
    // torch.compile
    Torch,
    // Triton's kernels
    Triton,
    // torch.utils.cpp_extension
    Extensions,
    // Packages that pip builds
    Pip,
    All,
}

#[derive(clap::Args)]
#[command(after_help = examples::DOCTOR)]
pub(super) struct Arguments {
    /// The Python to look after; default: the active environment's, else the first on PATH
    #[arg(long, value_name = "EXE")]
    python: Option<PathBuf>,
    /// What compiles are for; default: what this Python has
    #[arg(long = "for", value_name = "WHAT")]
    asked_for: Option<For>,
    /// Print JSON (schema 1, with the checks)
    #[arg(long)]
    json: bool,
    /// Judge the machine whose files lie below DIR, without running anything of it
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// Exit status 0 when all is well, 1 when something is missing.
///
/// # Errors
/// It could not look: no such Python, no such root, no temporary directory.
pub(super) fn main(arguments: &Arguments) -> Result<i32> {
    let scratch = tempfile::Builder::new().prefix("pycc-shim-doctor-").tempdir();
    let scratch = scratch.context("no temporary directory to compile in; set TMPDIR to one that is there")?;
    let elsewhere = match &arguments.root {
        Some(root) if !root.is_dir() => bail!("--root {}: no such directory", root.display()),
        Some(root) => Some(Host::read(&std::path::absolute(root)?, &Surroundings::of_other_root())),
        None => None,
    };
    let python = match elsewhere {
        Some(_) => None,
        None => Interpreter::find(arguments.python.as_deref())?,
    };
    let interpreter = python.as_ref().map(|python| python.executable.clone());
    let here = || failure::host(&Surroundings { interpreter, ..Surroundings::of_session() });
    let is_here = elsewhere.is_none();
    let host = elsewhere.unwrap_or_else(here);
    let (catalog, wrong) = diagnose::catalog(&host);
    let machine =
        Machine { host: &host, catalog: &catalog, python, scratch: scratch.path(), asked_for: arguments.asked_for };
    let mut rows = if is_here { examine(&machine)? } else { elsewhere::rows(&machine, arguments.python.as_deref())? };
    rows.extend(settings::files(&wrong));
    say(&rows, &machine, arguments)?;
    Ok(i32::from(rows.iter().any(|row| row.status == Status::Missing)))
}

/// Every check of this machine, several at a time.
fn examine(machine: &Machine<'_>) -> Result<Vec<Row>> {
    type Check<'c> = Box<dyn Fn() -> Result<Vec<Row>> + Send + Sync + 'c>;
    let mut checks: Vec<Check<'_>> = vec![Box::new(|| toolchain::c(machine))];
    let has = |purpose: For, package: fn(&Interpreter) -> bool| {
        machine.wants(purpose, machine.python.as_ref().is_some_and(package))
    };
    let is_torch = has(For::Torch, |python| python.torch.is_some());
    let is_extensions = has(For::Extensions, |python| python.torch.is_some());
    if is_torch || is_extensions || machine.wants(For::Pip, true) {
        checks.push(Box::new(|| toolchain::cxx(machine)));
    }
    if let Some(python) = &machine.python {
        checks.push(Box::new(|| toolchain::python_headers(machine, python)));
        checks.push(Box::new(|| toolchain::pip(machine, python)));
        if is_torch {
            checks.push(Box::new(|| toolchain::openmp(machine)));
            checks.push(Box::new(|| torch::libraries(machine, python)));
            checks.push(Box::new(|| torch::vectors(machine)));
            checks.push(Box::new(|| Ok(torch::openssl(machine, python))));
            checks.push(Box::new(|| Ok(torch::cache())));
        }
        if is_extensions {
            checks.push(Box::new(|| Ok(torch::ninja(machine, python))));
        }
        if has(For::Triton, |python| python.triton.is_some()) {
            checks.push(Box::new(|| gpu::triton(machine, python)));
        }
    } else {
        checks.push(Box::new(|| Ok(vec![Row::note("Python", "there is none on PATH; name one with --python EXE")])));
    }
    checks.push(Box::new(|| Ok(gpu::toolkit(machine))));
    checks.push(Box::new(|| Ok(settings::compilers())));
    checks.push(Box::new(|| Ok(settings::place())));
    checks.push(Box::new(|| Ok(settings::kept(machine))));
    std::thread::scope(|scope| {
        let running: Vec<_> = checks.iter().map(|check| scope.spawn(check)).collect();
        let mut rows = Vec::new();
        for check in running {
            rows.extend(check.join().unwrap_or_else(|_| bail!("a check fell over; please report it"))?);
        }
        Ok(rows)
    })
}

/// The answer as JSON.
#[derive(Serialize)]
struct Json<'a> {
    schema: u32,
    findings: &'a [Finding],
    checks: &'a [Row],
    /// What to do about all of them: one a manager.
    remedies: Vec<Remedy>,
}

fn say(rows: &[Row], machine: &Machine<'_>, arguments: &Arguments) -> Result<()> {
    let mut report = Report::default();
    for row in rows {
        report.merge(row.report.clone());
    }
    let merged = merge::merge(report.findings.iter().filter_map(|finding| finding.remedies.first()));
    let mut out = std::io::stdout();
    if arguments.json {
        let json = Json { schema: SCHEMA, findings: &report.findings, checks: rows, remedies: merged };
        writeln!(out, "{}", serde_json::to_string(&json)?)?;
        return Ok(());
    }
    if let Some(python) = &machine.python {
        writeln!(out, "for Python {} ({})\n", python.version, python.executable.display())?;
    }
    let is_coloured = colour(&out);
    for row in rows {
        writeln!(out, "{} {:<15}  {}", status(row.status, is_coloured), row.check, row.text)?;
    }
    let privilege = report.findings.first().map_or("", |finding| finding.host.privilege.as_str());
    let lines: Vec<String> = merged.iter().map(|remedy| text::ways(remedy, privilege)).collect();
    if !lines.is_empty() {
        writeln!(out, "\nall that is missing:\n{}", lines.concat().trim_end())?;
    }
    let notes = report.findings.iter().flat_map(|finding| &finding.notes);
    let mut said: Vec<&String> = Vec::new();
    for note in notes {
        if !said.contains(&note) {
            writeln!(out, "    note        {note}")?;
            said.push(note);
        }
    }
    Ok(())
}

/// A status in its column.
fn status(status: Status, is_coloured: bool) -> String {
    let style = match status {
        Status::Ok => anstyle::AnsiColor::Green,
        Status::Missing => anstyle::AnsiColor::Red,
        Status::Note => anstyle::AnsiColor::Yellow,
    };
    let name = format!("{:<8}", status.name());
    if !is_coloured {
        return name;
    }
    let style = anstyle::Style::new().fg_color(Some(style.into()));
    format!("{style}{name}{style:#}")
}
