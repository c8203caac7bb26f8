//! What surrounds compiles: CC and CXX, where we stand on PATH, ccache before us, what `fix` keeps, the user's catalog.

use std::collections::BTreeMap;
use std::env;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::report::record;
use crate::shim::resolve::MARKER;
use crate::shim::variables;

use super::super::masquerade;
use super::machine::Machine;
use super::row::Row;

/// CC and CXX, where they are set.
pub(super) fn compilers() -> Vec<Row> {
    ["CC", "CXX"].into_iter().filter_map(compiler).collect()
}

fn compiler(variable: &'static str) -> Option<Row> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    let shown = crate::report::clean::short(value.as_bytes());
    let Some(words) = value.to_str().and_then(|text| shell_words::split(text).ok()).filter(|words| !words.is_empty())
    else {
        return Some(Row::wrong(variable, format!("{shown} is not a command line: unset it, or name a compiler")));
    };
    if which::which(&words[0]).is_err() {
        let program = crate::report::clean::short(words[0].as_bytes());
        return Some(Row::wrong(
            variable,
            format!("there is no program {program}: unset {variable}, or name a compiler"),
        ));
    }
    if words.len() > 1 {
        let text = format!("{shown} has a space: Triton, nvcc and older PyTorch take all of it for one program's name");
        return Some(Row::note(variable, text));
    }
    Some(Row::ok(variable, shown))
}

/// Where we stand on PATH.
pub(super) fn place() -> Vec<Row> {
    let check = "pycc-shim";
    let path = env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = env::split_paths(&path).collect();
    let Some(at) = directories.iter().position(|directory| directory.join(MARKER).is_file()) else {
        let is_named = ["CC", "CXX"]
            .iter()
            .filter_map(env::var_os)
            .any(|value| value.as_bytes().windows(b"pycc-shim".len()).any(|part| part == b"pycc-shim"));
        let text = if is_named {
            "is called by CC or CXX"
        } else {
            "does not stand before the compilers: `pycc-shim run -- CMD` for one run, `pycc-shim setup` for good"
        };
        return vec![if is_named { Row::ok(check, text) } else { Row::note(check, text) }];
    };
    let ours = &directories[at];
    let mut rows = Vec::new();
    let before = directories[..at].iter().find_map(|directory| {
        ["g++", "gcc", "c++", "cc"].iter().map(|name| directory.join(name)).find(|file| file.is_file())
    });
    match before {
        Some(file) if is_ccache(&file) => rows.extend(ccache(&file)),
        Some(file) => {
            let text = format!("{} stands before it on PATH; put {} first", file.display(), ours.display());
            rows.push(Row::note(check, text));
        }
        None => {}
    }
    if !masquerade::is_current(ours) {
        let text =
            format!("{} is of another release, or of other compilers: run `pycc-shim setup` again", ours.display());
        rows.push(Row::note(check, text));
    }
    if rows.is_empty() {
        rows.push(Row::ok(check, format!("stands before the compilers, in {}", ours.display())));
    }
    rows
}

fn is_ccache(file: &Path) -> bool {
    std::fs::canonicalize(file).is_ok_and(|real| real.file_name().is_some_and(|name| name == "ccache"))
}

/// ccache before us is well, but tells compilers apart by our file's time.
fn ccache(file: &Path) -> Option<Row> {
    env::var_os("CCACHE_COMPILERCHECK").is_none().then(|| {
        let text = format!(
            "{} stands before pycc-shim and takes it for the compiler: export CCACHE_COMPILERCHECK='%compiler% -v'",
            file.display()
        );
        Row::note("ccache", text)
    })
}

/// What `fix` keeps for compiles on this system.
pub(super) fn kept(machine: &Machine<'_>) -> Vec<Row> {
    let Some(file) = machine.host.data_home.as_ref().map(|home| variables::file(home)) else { return Vec::new() };
    let system = variables::this_system();
    let mut names: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for variable in variables::read(&file).unwrap_or_default() {
        if variable.system == system {
            names.entry(variable.only_for).or_default().push(variable.name);
        }
    }
    let rows = names.into_iter().map(|(only_for, names)| {
        let whom = only_for.map_or_else(|| "every compile".to_owned(), |word| format!("compiles for {word}"));
        Row::note("kept by fix", format!("{} for {whom}, in {}", names.join(", "), file.display()))
    });
    rows.collect()
}

/// Catalog files of the user's that count for nothing, and records that cannot be kept.
pub(super) fn files(wrong: &[String]) -> Vec<Row> {
    let mut rows: Vec<Row> = wrong.iter().map(|problem| Row::note("catalog", problem.clone())).collect();
    if record::state_directory().is_none() {
        rows.push(Row::note(
            "records",
            "neither XDG_STATE_HOME nor HOME is set: `explain --last` and `fix` will know nothing",
        ));
    }
    rows
}
