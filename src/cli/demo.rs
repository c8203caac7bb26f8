//! `pycc-shim demo`: a rewritten error, live. A source that torch.compile made, this machine's real compiler, the real
//! shim in front of it, and an include directory without Python.h; no PyTorch needed, nothing left behind.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::host::{Host, Surroundings};
use crate::report::record;

use super::masquerade;
use super::say::{self, Advise as _};

/// The head of the file that Inductor (torch 2.15.0) wrote for `torch.relu(x) * 2 + 1`, down to the bindings' includes.
const KERNEL: &str = include_str!("demo/kernel.main.cpp");
const PREFIX: &str = include_str!("demo/cpp_prefix.h");

/// The version that the demo's command names on a machine without any Python.
const SOME_PYTHON: &str = "3.13";

/// What to do where the demo has no place to run.
const TMPDIR: &str = "set TMPDIR to a directory that can be written to and may hold programs";

/// Shows the error. Exit status 0 when the report was made, 1 when not.
///
/// # Errors
/// There is no C++ compiler, or no temporary directory.
pub(super) fn main() -> Result<i32> {
    let compilers = masquerade::compilers();
    let name = ["g++", "c++", "clang++"].into_iter().find(|name| compilers.contains_key(*name));
    let name = name.context(
        "the demo needs a C++ compiler (g++, c++ or clang++) on PATH, and there is none; install one and run it again",
    )?;
    let directory = tempfile::Builder::new()
        .prefix("pycc-shim-demo-")
        .tempdir()
        .context("no temporary directory")
        .advise(TMPDIR)?;
    let place = directory.path();
    let names = [(name.to_owned(), compilers[name])].into();
    masquerade::fill(&place.join("bin"), &names, &masquerade::own_program()?).advise(TMPDIR)?;
    let arguments = lay_out(place).with_context(|| format!("cannot write to {}", place.display())).advise(TMPDIR)?;
    say::print(format!("$ cd {}\n$ {name} {}\n", place.display(), shell_words::join(&arguments)))?;
    let state = place.join("state");
    let mut compile = Command::new(place.join("bin").join(name));
    compile
        .args(&arguments)
        .current_dir(place)
        .env("PATH", masquerade::path_before(&[place.join("bin")]).advise(TMPDIR)?);
    for (variable, _) in env::vars_os().filter(|(variable, _)| variable.to_string_lossy().contains("PYCC_SHIM_")) {
        compile.env_remove(variable);
    }
    let status = compile.env("XDG_STATE_HOME", &state).status().context("cannot run the shim").advise(TMPDIR)?;
    let last = record::read_last(&state.join("pycc-shim")).context("cannot read the record").advise(TMPDIR)?;
    let reported = last.is_some_and(|last| !last.report.findings.is_empty());
    say::print(if reported {
        format!("\nThis is how an error of torch.compile ends with pycc-shim before {name}.\n")
    } else {
        format!(
            "\nThe compile ended with {status}, and there was nothing that pycc-shim could say for sure; its own text says why.\n"
        )
    })?;
    Ok(i32::from(!reported))
}

/// Writes the demo's files, and gives the command's arguments, as Inductor builds them.
fn lay_out(place: &Path) -> Result<Vec<String>> {
    let host = Host::read(Path::new("/"), &Surroundings::of_session());
    let python = host.pythons.first().map_or_else(|| SOME_PYTHON.to_owned(), |python| python.tag.to_string());
    let cache = "torchinductor_demo/ji";
    let include = format!("include/python{python}");
    let torch = "torch/include/torch/csrc/inductor";
    for part in [cache, &include, torch] {
        fs::create_dir_all(place.join(part))?;
    }
    let source = format!("{cache}/kernel.main.cpp");
    fs::write(place.join(&source), KERNEL)?;
    fs::write(place.join(torch).join("cpp_prefix.h"), PREFIX)?;
    let output = format!("{cache}/kernel.main.so");
    let fixed = "-D TORCH_INDUCTOR_CPP_WRAPPER -O3 -DNDEBUG -shared -fPIC -Wall -std=c++17 -Wno-unknown-pragmas";
    let mut arguments = vec![source];
    arguments.extend(fixed.split(' ').map(str::to_owned));
    arguments.extend([format!("-I{include}"), "-Itorch/include".to_owned(), "-o".to_owned(), output]);
    Ok(arguments)
}
