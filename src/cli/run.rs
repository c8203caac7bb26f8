//! `pycc-shim run -- CMD…`: a command with our directory first on PATH, and its findings once more at its end.

use std::env;
use std::ffi::{CString, OsString};
use std::io::{IsTerminal, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::report::text::Style;
use crate::report::{Report, record, text};
use crate::shim::child::Program;
use crate::shim::environment::{Environment, names};
use crate::shim::signals;

use super::{colour, masquerade};

/// ccache tells compilers apart by a file's time and size, which would be ours.
const CCACHE_COMPILERCHECK: (&str, &[u8]) = ("CCACHE_COMPILERCHECK", b"%compiler% -v");

/// Runs the command and leaves as it left: its status, or its signal. Returns only when it could not be run: 127 when
/// there is no such command, 126 when it may not be executed.
///
/// # Errors
/// The directory of names cannot be made.
pub(super) fn main(command: &[OsString]) -> Result<i32> {
    let path = path_with_ours()?;
    let Some(name) = command.first() else { return Ok(super::BAD_USE) };
    let here = env::current_dir().unwrap_or_else(|_| "/".into());
    let Ok(program) = which::which_in(name, Some(&path), here) else {
        writeln!(std::io::stderr(), "pycc-shim: {}: command not found", name.display())?;
        return Ok(127);
    };
    let collected = tempfile::Builder::new().prefix("pycc-shim-run-").tempdir().ok();
    let environment = Environment::of_process();
    let mut changes: Vec<(&str, &[u8])> = vec![("PATH", path.as_bytes())];
    if let Some(directory) = &collected {
        changes.push((names::RUN_DIR, directory.path().as_os_str().as_bytes()));
    }
    if env::var_os(CCACHE_COMPILERCHECK.0).is_none() {
        changes.push(CCACHE_COMPILERCHECK);
    }
    let environment = environment.with(&changes);
    let words: Vec<CString> =
        command.iter().map(|word| CString::new(word.as_bytes())).collect::<Result<_, _>>().context("a NUL byte")?;
    let arguments: Vec<&std::ffi::CStr> = words.iter().skip(1).map(CString::as_c_str).collect();
    let file = CString::new(program.as_os_str().as_bytes()).context("a NUL byte")?;
    signals::install();
    let child = match Program::new(&file, &words[0], &[], &arguments, &environment)
        .spawn(None, signals::children_are_ignored())
    {
        Ok(child) => child,
        Err(error) => {
            writeln!(std::io::stderr(), "pycc-shim: {}: {error}", program.display())?;
            return Ok(126);
        }
    };
    signals::forward_to(child.id());
    let exit = child.wait();
    if let Some(directory) = collected {
        if !exit.succeeded() {
            repeat_findings(directory.path());
        }
        // `leave` runs no destructors.
        drop(directory);
    }
    exit.leave()
}

/// Prints what the compiles below the command found missing, each thing once: the last thing on the screen.
fn repeat_findings(directory: &Path) {
    let mut report = Report::default();
    for record in record::read_all(directory) {
        report.merge(record.report);
    }
    let mut stderr = std::io::stderr();
    let style = Style { live: true, colour: stderr.is_terminal() && colour(&stderr) };
    let _ = stderr.write_all(text::render(&report, style).as_bytes());
}

/// PATH with our directory first; its names are made or brought up to date. Where the machine has no compiler at all,
/// placeholders say what to install.
fn path_with_ours() -> Result<OsString> {
    let data = masquerade::data_directory()?;
    let compilers = masquerade::compilers();
    let (part, names) =
        if compilers.is_empty() { ("placeholders", masquerade::placeholders()) } else { ("bin", compilers) };
    let directory = data.join(part);
    masquerade::make(&directory, &names)?;
    masquerade::path_before(&directory)
}
