//! Triton's C stub with the driver's library, and the CUDA toolkit.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::diagnostic::Kind;

use super::super::attempt::joined;
use super::For;
use super::interpreter::Interpreter;
use super::machine::Machine;
use super::row::Row;

/// What the kernel has where there is an NVIDIA driver, natively and in WSL.
const DEVICES: [&str; 3] = ["/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg"];
/// The driver's library, as Triton links it (triton/backends/nvidia/driver.py).
const LIBCUDA: &str = "libcuda.so.1";

/// The stub that Triton compiles before its first kernel.
pub(super) fn triton(machine: &Machine<'_>, python: &Interpreter) -> Result<Vec<Row>> {
    let nvidia = python.triton.as_ref().map(|triton| triton.join("backends/nvidia/include"));
    let nvidia = nvidia.filter(|include| include.join("cuda.h").is_file());
    let file = "tmpdoctor12/main.c";
    let mut arguments: Vec<OsString> = ["-O3", "-shared", "-fPIC", "-Wno-psabi", "-o"].map(Into::into).to_vec();
    arguments.push(machine.scratch.join("tmpdoctor12/main.so").into());
    let searched: Vec<PathBuf> = nvidia.iter().cloned().chain([python.include.clone()]).collect();
    arguments.extend(searched.iter().map(|directory| joined("-I", directory)));
    let cuda = if nvidia.is_some() { "#include \"cuda.h\"\n" } else { "" };
    let mut rows = Vec::new();
    let has_device = DEVICES.iter().any(|device| Path::new(device).exists());
    let directories = libcuda_directories();
    if !has_device {
        rows.push(Row::note("libcuda", "there is no NVIDIA driver here; Triton needs one for its kernels"));
    } else if directories.is_empty() {
        let link: Vec<OsString> = arguments.iter().cloned().chain([format!("-l:{LIBCUDA}").into()]).collect();
        let report = machine.without(Kind::Library, &format!(":{LIBCUDA}"), &Machine::cc().name, file, &link);
        rows.push(Row::missing("libcuda", report, "ldconfig does not know libcuda.so.1, though there is a device"));
    } else {
        arguments.extend(directories.iter().map(|directory| joined("-L", directory)));
        arguments.push(format!("-l:{LIBCUDA}").into());
    }
    let text = format!("{cuda}#include <Python.h>\nint first;\n");
    let outcome = machine.compile(&Machine::cc(), file, &text, &arguments)?;
    if !super::machine::is_absent_compiler(&outcome, crate::command::driver::Language::C) {
        rows.insert(0, Row::of("Triton's stub", outcome, "compiles"));
    }
    Ok(rows)
}

/// Where Triton finds the driver's library: TRITON_LIBCUDA_PATH, else what ldconfig knows.
fn libcuda_directories() -> Vec<PathBuf> {
    if let Some(chosen) = env::var_os("TRITON_LIBCUDA_PATH").filter(|value| !value.is_empty()) {
        return vec![chosen.into()];
    }
    let asked = Command::new("/sbin/ldconfig").arg("-p").stdin(Stdio::null()).stderr(Stdio::null()).output();
    let text = asked.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned()).unwrap_or_default();
    let files = text.lines().filter(|line| line.contains(LIBCUDA)).filter_map(|line| line.split(" => ").nth(1));
    let mut directories: Vec<PathBuf> = files.filter_map(|file| Path::new(file).parent().map(Path::to_owned)).collect();
    directories.dedup();
    directories
}

/// The toolkit: what CUDA_HOME names, and nvcc.
pub(super) fn toolkit(machine: &Machine<'_>) -> Vec<Row> {
    let home = env::var_os("CUDA_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let mut rows: Vec<Row> = home.iter().filter_map(|home| wrong_home(home)).collect();
    let of_home = home.map(|home| home.join("bin/nvcc")).filter(|file| file.is_file());
    let nvcc = of_home.or_else(|| which::which("nvcc").ok());
    match nvcc {
        Some(nvcc) => rows.push(version(&nvcc)),
        None if machine.wants(For::Extensions, false) => {
            rows.push(Row::note("nvcc", "is not here: extensions in C++ can be built, those in CUDA cannot"));
        }
        None => {}
    }
    rows
}

/// What is wrong with CUDA_HOME.
fn wrong_home(home: &Path) -> Option<Row> {
    let text = home.to_string_lossy().into_owned();
    if home.is_dir() {
        return None;
    }
    if let Some(first) = text.split(':').find(|part| !part.is_empty() && Path::new(part).is_dir()) {
        let first = shell_words::quote(first);
        return Some(Row::wrong(
            "CUDA_HOME",
            format!("{text} is a list, and one directory is wanted: export CUDA_HOME={first}"),
        ));
    }
    Some(Row::wrong("CUDA_HOME", format!("{text} is no directory: unset it, or name the toolkit's")))
}

fn version(nvcc: &Path) -> Row {
    let asked = Command::new(nvcc).arg("--version").stdin(Stdio::null()).output();
    let said = asked.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned()).unwrap_or_default();
    let release = said.split("release ").nth(1).and_then(|rest| rest.split(',').next());
    match release {
        Some(release) => Row::ok("nvcc", format!("CUDA {release} ({})", nvcc.display())),
        None => Row::wrong("nvcc", format!("{} does not say its version", nvcc.display())),
    }
}
