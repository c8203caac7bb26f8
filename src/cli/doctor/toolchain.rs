//! The compilers, their standard libraries, Python's headers and OpenMP: each by the compile that its client makes.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::command::driver::Language;
use crate::diagnostic::Kind;

use super::super::attempt::joined;
use super::For;
use super::interpreter::Interpreter;
use super::machine::{Compiler, Machine, is_absent_compiler, real};
use super::row::Row;

/// The C compiler with the C library; and whether what it makes may be executed where compiles put it.
pub(super) fn c(machine: &Machine<'_>) -> Result<Vec<Row>> {
    let compiler = Machine::cc();
    let program = machine.scratch.join("c/first");
    let text = "#include <stdio.h>\nint main(void) { return puts(\"ok\") < 0; }\n";
    let outcome = machine.compile(&compiler, "c/first.c", text, &["-o".into(), program.clone().into()])?;
    let passed = outcome.status.success();
    let mut rows = vec![Row::of("C compiler", outcome, shown(&compiler))];
    if passed {
        rows.push(execution(&program));
    }
    Ok(rows)
}

/// Whether a program runs from the temporary directory.
fn execution(program: &Path) -> Row {
    let check = "temporary files";
    let directory = std::env::temp_dir();
    let at = directory.display();
    match Command::new(program).stdin(Stdio::null()).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Row::ok(check, format!("{at} allows execution")),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Row::wrong(
            check,
            format!(
                "{at} does not allow execution (noexec), and what is compiled there is loaded from there: set TMPDIR"
            ),
        ),
        Ok(status) => Row::wrong(check, format!("a program that was just compiled ended with {status}")),
        Err(error) => Row::wrong(check, format!("a program that was just compiled does not run: {error}")),
    }
}

/// The C++ compiler with its standard library, as Inductor calls it.
pub(super) fn cxx(machine: &Machine<'_>) -> Result<Vec<Row>> {
    let compiler = Machine::cxx();
    let text = "#include <iostream>\nint main() { std::cout << \"ok\"; }\n";
    let output = machine.scratch.join("torchinductor_doctor/cx/first");
    let outcome =
        machine.compile(&compiler, "torchinductor_doctor/cx/first.cpp", text, &["-o".into(), output.into()])?;
    Ok(vec![Row::of("C++ compiler", outcome, shown(&compiler))])
}

/// The headers of the Python in question, where it says that they are: in Inductor's shape where there is a C++
/// compiler, in a build's otherwise.
pub(super) fn python_headers(machine: &Machine<'_>, python: &Interpreter) -> Result<Vec<Row>> {
    let check = "Python.h";
    let cxx = Machine::cxx();
    let is_cxx = real(cxx.program()).is_some();
    let (compiler, language, file) = if is_cxx {
        (cxx, Language::Cxx, "torchinductor_doctor/py/first.main.cpp")
    } else {
        (Machine::cc(), Language::C, "build/temp.doctor/python/first.c")
    };
    let arguments = in_shape(machine, python, &format!("{file}.so"), is_cxx);
    let text = "#include <Python.h>\nint version = PY_VERSION_HEX;\n";
    let outcome = machine.compile(&compiler, file, text, &arguments)?;
    let there = format!("of Python {}, in {}", python.version, python.include.display());
    let is_there = python.include.join(check).is_file();
    if is_absent_compiler(&outcome, language) {
        // Nobody can read it yet; whether it is there a look tells.
        if is_there {
            return Ok(vec![Row::ok(check, there)]);
        }
        let report = machine.without(Kind::Header, check, &compiler.name, file, &arguments);
        return Ok(vec![Row::missing(check, report, &format!("is not there: {there}"))]);
    }
    let kept = format!("of Python {}, by what fix keeps", python.version);
    Ok(vec![Row::of(check, outcome, if is_there { there } else { kept })])
}

fn in_shape(machine: &Machine<'_>, python: &Interpreter, output: &str, is_inductor: bool) -> Vec<OsString> {
    let mark: &[&str] = if is_inductor { &["-D", "TORCH_INDUCTOR_CPP_WRAPPER"] } else { &[] };
    let mut arguments: Vec<OsString> = mark.iter().map(OsString::from).collect();
    arguments.extend(["-shared".into(), "-fPIC".into(), joined("-I", &python.include)]);
    arguments.extend(["-o".into(), machine.scratch.join(output).into()]);
    arguments
}

/// OpenMP, as Inductor asks for it on Linux.
pub(super) fn openmp(machine: &Machine<'_>) -> Result<Vec<Row>> {
    let compiler = Machine::cxx();
    let text = "#include <omp.h>\nint main() { return omp_get_max_threads() < 1; }\n";
    let output = machine.scratch.join("torchinductor_doctor/mp/first");
    let arguments = ["-fopenmp".into(), "-lgomp".into(), "-o".into(), output.into()];
    let outcome = machine.compile(&compiler, "torchinductor_doctor/mp/first.cpp", text, &arguments)?;
    // It comes with the compiler, which another check is about.
    let is_absent = is_absent_compiler(&outcome, Language::Cxx);
    Ok((!is_absent).then(|| Row::of("OpenMP", outcome, "compiles and links")).into_iter().collect())
}

/// A C extension as setuptools builds it: with CC, else with the compiler that this Python was built with.
pub(super) fn pip(machine: &Machine<'_>, python: &Interpreter) -> Result<Vec<Row>> {
    if !machine.wants(For::Pip, true) {
        return Ok(Vec::new());
    }
    let check = "pip builds";
    let own = python.cc.clone().unwrap_or_else(|| "cc".to_owned());
    let Some(compiler) = Compiler::set("CC").or_else(|| Compiler::parse(&own)) else { return Ok(Vec::new()) };
    let output = machine.scratch.join("build/temp.doctor/first.o");
    let arguments = ["-fPIC".into(), joined("-I", &python.include), "-c".into(), "-o".into(), output.into()];
    let outcome = machine.compile(&compiler, "build/temp.doctor/first.c", "#include <Python.h>\n", &arguments)?;
    let is_there = real(compiler.program()).is_some();
    if is_there || !outcome.report.findings.is_empty() {
        return Ok(vec![Row::of(check, outcome, format!("{} compiles an extension", compiler.name))]);
    }
    let name = compiler.program().to_string_lossy().into_owned();
    Ok(vec![Row::wrong(check, format!("this Python was built with {name}, which is not here: export CC=gcc"))])
}

/// A compiler with the file that it is.
fn shown(compiler: &Compiler) -> String {
    match real(compiler.program()) {
        Some(file) if file.as_os_str() != compiler.name.as_str() => format!("{} ({})", compiler.name, file.display()),
        _ => compiler.name.clone(),
    }
}
