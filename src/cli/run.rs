//! `pycc-shim run -- CMD…`: a command with our directory first on PATH, and its findings once more at its end.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{IsTerminal, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::command::driver;
use crate::report::text::Style;
use crate::report::{Report, json, record, text};
use crate::shim::child::Program;
use crate::shim::environment::{Environment, names};
use crate::shim::resolve::own_executable;
use crate::shim::signals;

use super::{by_path, colour, examples, masquerade};

/// ccache tells compilers apart by a file's time and size, which would be ours.
const CCACHE_COMPILERCHECK: (&str, &[u8]) = ("CCACHE_COMPILERCHECK", b"%compiler% -v");
/// Variables in which users name compilers.
const COMPILERS: [&str; 2] = ["CC", "CXX"];

#[derive(clap::Args)]
#[command(after_help = examples::RUN)]
pub(super) struct Arguments {
    /// Write what the compiles below found to FILE, as JSON (schema 1)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// End with a line of JSON (schema 1) instead of text
    #[arg(long)]
    json: bool,
    /// The command and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Runs the command and leaves as it left: its status, or its signal. Returns only when it could not be run: 127 when
/// there is no such command, 126 when it may not be executed.
///
/// # Errors
/// The directory of names cannot be made, or the report cannot be written.
pub(super) fn main(arguments: &Arguments) -> Result<i32> {
    // Before anything runs: hours later it would be too late to say so.
    let report_file = arguments.report.as_deref().map(create).transpose()?;
    let data = masquerade::data_directory()?;
    let path = path_with_ours(&data)?;
    let Some(name) = arguments.command.first() else { return Ok(super::BAD_USE) };
    let here = env::current_dir().unwrap_or_else(|_| "/".into());
    let Ok(program) = which::which_in(name, Some(&path), here) else {
        writeln!(std::io::stderr(), "pycc-shim: {}: command not found", name.display())?;
        return Ok(127);
    };
    let collected = tempfile::Builder::new().prefix("pycc-shim-run-").tempdir().ok();
    let compilers: Vec<(&str, OsString)> =
        COMPILERS.iter().filter_map(|&name| Some((name, wrapped(&env::var_os(name)?, &data)?))).collect();
    let mut changes: Vec<(&str, &[u8])> = vec![("PATH", path.as_bytes())];
    changes.extend(compilers.iter().map(|(name, value)| (*name, value.as_bytes())));
    if let Some(directory) = &collected {
        changes.push((names::RUN_DIR, directory.path().as_os_str().as_bytes()));
    }
    if env::var_os(CCACHE_COMPILERCHECK.0).is_none() {
        changes.push(CCACHE_COMPILERCHECK);
    }
    let environment = Environment::of_process().with(&changes);
    let words = arguments.command.iter().map(|word| CString::new(word.as_bytes()));
    let words: Vec<CString> = words.collect::<Result<_, _>>().context("a NUL byte")?;
    let rest: Vec<&std::ffi::CStr> = words.iter().skip(1).map(CString::as_c_str).collect();
    let file = CString::new(program.as_os_str().as_bytes()).context("a NUL byte")?;
    signals::install();
    let started = Program::new(&file, &words[0], &[], &rest, &environment).spawn(None, signals::children_are_ignored());
    let child = match started {
        Ok(child) => child,
        Err(error) => {
            writeln!(std::io::stderr(), "pycc-shim: {}: {error}", program.display())?;
            return Ok(126);
        }
    };
    signals::forward_to(child.id());
    let exit = child.wait();
    let report = collected.as_ref().map(|directory| found_in(directory.path())).unwrap_or_default();
    if let Some(mut file) = report_file {
        // The command's status is what counts; a disk that is full now is said, and no more.
        if let Err(error) = file.write_all(json::line(&report).as_bytes()) {
            let _ = writeln!(std::io::stderr(), "pycc-shim: the report is not written: {error}");
        }
    }
    if !exit.succeeded() {
        repeat(&report, arguments.json);
    }
    // `leave` runs no destructors.
    drop(collected);
    exit.leave()
}

fn create(file: &Path) -> Result<File> {
    File::create(file).with_context(|| format!("--report {}: cannot write there; name another file", file.display()))
}

/// What the compiles below the command found missing, each thing once.
fn found_in(directory: &Path) -> Report {
    let mut report = Report::default();
    for record in record::read_all(directory) {
        report.merge(record.report);
    }
    report
}

/// Prints the findings: the last thing on the screen.
fn repeat(report: &Report, as_json: bool) {
    if report.findings.is_empty() {
        return;
    }
    let mut stderr = std::io::stderr();
    let style = Style { live: true, colour: stderr.is_terminal() && colour(&stderr) };
    let text = if as_json { json::line(report) } else { text::render(report, style) };
    let _ = stderr.write_all(text.as_bytes());
}

/// PATH with our directory first; its names are made or brought up to date. Behind them, for a language of which the
/// machine has no compiler at all, names that say what to install.
fn path_with_ours(data: &Path) -> Result<OsString> {
    let compilers = masquerade::compilers();
    let placeholders = masquerade::placeholders(&compilers);
    let mut directories = Vec::new();
    for (part, names) in [("bin", compilers), ("placeholders", placeholders)] {
        if !names.is_empty() {
            let directory = data.join(part);
            masquerade::make(&directory, &names)?;
            directories.push(directory);
        }
    }
    masquerade::path_before(&directories)
}

/// A value of CC or CXX whose compiler is named by a path, with ourselves standing for that path; none where there is
/// nothing to wrap: a bare name is found on PATH, where we are, and we are not wrapped ourselves.
fn wrapped(value: &OsStr, data: &Path) -> Option<OsString> {
    let text = value.to_str()?;
    let words = shell_words::split(text).ok()?;
    // `ccache /usr/bin/g++` names it behind its launcher.
    let word = words.iter().find(|word| word.contains('/') && is_compiler(Path::new(word)))?;
    let compiler = std::path::absolute(word).ok()?;
    let place = by_path::stand_for(&compiler, data).ok()?;
    let place = place.to_str()?;
    // Not split and joined again: what is not changed stays as it was written.
    let quoted = if *word == text { place.into() } else { shell_words::quote(place) };
    (text.matches(word.as_str()).count() == 1).then(|| text.replacen(word.as_str(), &quoted, 1).into())
}

/// Whether a path is a compiler's, and none of ours.
fn is_compiler(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let Ok(status) = path.metadata() else { return false };
    let own = own_executable().and_then(|own| own.metadata().ok()).map(|own| (own.dev(), own.ino()));
    let is_ours = name.starts_with(b"pycc-shim")
        || own == Some((status.dev(), status.ino()))
        || path.parent().is_some_and(masquerade::is_ours);
    driver::by_name(name).is_some() && status.is_file() && status.permissions().mode() & 0o111 != 0 && !is_ours
}
