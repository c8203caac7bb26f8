//! Compiles that only ask a question, whose failure is an answer.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::CompileCommand;
use super::client::contains;

/// Directories in which build systems try compilers: CMake (also scikit-build's copy of them) and Meson. From
/// `tests/fixtures/clients.jsonl`.
const DIRECTORIES: [&str; 8] = [
    "CMakeFiles/CMakeTmp",
    "CMakeFiles/CMakeScratch",
    "CMakeFiles/_CMakeLTOTest",
    "/CompilerIdC",
    "cmake-build/CMakeTmp",
    "_cmake_test_compile",
    "meson-private",
    "numpy/distutils/checks",
];

/// Whether the command is a configure step's question: autoconf's `conftest.c`, distutils' and numpy's
/// `_configtest.c`, pybind11's `flagcheck.cpp`, PyTensor's `try_march_….c`, CMake's and Meson's checks.
#[must_use]
pub fn is_probe(command: &CompileCommand) -> bool {
    let paths = command.inputs.iter().chain(&command.output).map(|path| &**path);
    command.inputs.iter().any(|input| has_probe_name(input))
        || paths.chain([&*command.directory]).any(is_in_probe_directory)
}

/// Whether a source file is such a question's.
#[must_use]
pub fn is_probe_source(file: &Path) -> bool {
    has_probe_name(file) || is_in_probe_directory(file)
}

fn has_probe_name(file: &Path) -> bool {
    let stem = file.file_stem().unwrap_or_default().as_bytes();
    matches!(stem, b"conftest" | b"_configtest" | b"flagcheck" | b"CheckIncludeFile" | b"CheckSymbolExists")
        || stem.starts_with(b"try_march_")
}

fn is_in_probe_directory(path: &Path) -> bool {
    DIRECTORIES.iter().any(|mark| contains(path.as_os_str(), mark))
}
