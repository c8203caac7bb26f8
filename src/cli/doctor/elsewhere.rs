//! A machine below another root: nothing of it is run, its files tell.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::diagnostic::Kind;
use crate::host::Host;
use crate::host::python::{self, Installation};

use super::super::attempt::joined;
use super::For;
use super::machine::Machine;
use super::row::Row;

/// Programs that compiles need, with what each is for.
const PROGRAMS: [(&str, Kind, For); 4] = [
    ("gcc", Kind::Compiler, For::Pip),
    ("g++", Kind::Compiler, For::Torch),
    ("openssl", Kind::Tool, For::Torch),
    ("ninja", Kind::Tool, For::Extensions),
];

/// Everything that files can tell; `asked_for` is the Python in question, all that are there otherwise.
///
/// # Errors
/// There is no such Python.
pub(super) fn rows(machine: &Machine<'_>, asked_for: Option<&Path>) -> Result<Vec<Row>> {
    let host = machine.host;
    let mut rows: Vec<Row> = PROGRAMS.iter().filter_map(|program| row_of(program, machine)).collect();
    let pythons = match asked_for {
        Some(file) => match python::of_interpreter(&host.files, file, host.container) {
            Some(python) => vec![python],
            None => bail!("--python {}: no such Python below the root", file.display()),
        },
        None => host.pythons.clone(),
    };
    rows.extend(pythons.iter().map(|python| headers(python, machine)));
    if pythons.is_empty() {
        rows.push(Row::note("Python.h", "no Python is where one looks for them; name one with --python EXE"));
    }
    Ok(rows)
}

fn row_of((name, kind, purpose): &(&'static str, Kind, For), machine: &Machine<'_>) -> Option<Row> {
    // Only extensions want ninja.
    if !machine.wants(*purpose, *purpose != For::Extensions) {
        return None;
    }
    if let Some(file) = program(name, machine.host) {
        return Some(Row::ok(name, file.display().to_string()));
    }
    let report = machine.without(*kind, name, "g++", "torchinductor_doctor/el/first.main.cpp", &[]);
    Some(Row::missing(name, report, "is not there"))
}

fn program(name: &str, host: &Host) -> Option<PathBuf> {
    let places = ["/usr/bin", "/bin", "/usr/local/bin"].map(|directory| Path::new(directory).join(name));
    places.into_iter().find(|file| host.files.is_file(file))
}

fn headers(python: &Installation, machine: &Machine<'_>) -> Row {
    let there = format!("of Python {}, in {}", python.tag, python.include_dir.display());
    if python.has_headers(&machine.host.files) {
        return Row::ok("Python.h", there);
    }
    let arguments: [OsString; 2] = ["-DTORCH_INDUCTOR_CPP_WRAPPER".into(), joined("-I", &python.include_dir)];
    let file = "torchinductor_doctor/el/first.main.cpp";
    let report = machine.without(Kind::Header, "Python.h", "g++", file, &arguments);
    Row::missing("Python.h", report, &format!("is not there: {there}"))
}
