//! Who asks for a compile, told from the command itself.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use memchr::memmem;

use super::CompileCommand;

/// The program on whose behalf a compiler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Inductor,
    AotInductor,
    Triton,
    CppExtension,
    Setuptools,
    Cffi,
    Cython,
    Pytensor,
    /// Some other build driven by Python: a Python include directory is searched.
    Python,
    Other,
}

impl Client {
    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inductor => "inductor",
            Self::AotInductor => "aotinductor",
            Self::Triton => "triton",
            Self::CppExtension => "cpp-extension",
            Self::Setuptools => "setuptools",
            Self::Cffi => "cffi",
            Self::Cython => "cython",
            Self::Pytensor => "pytensor",
            Self::Python => "python",
            Self::Other => "other",
        }
    }

    /// The most specific client that fits. `head` gives the first bytes of a source file (an absolute path), or none:
    /// code generators sign their work there.
    #[must_use]
    pub fn of(command: &CompileCommand, head: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Self {
        // Capture 2, 3, 11, 23: every Inductor command defines one of these or works below its cache directory; the
        // kernel's own header probe (11) lies in a plain temporary directory.
        if defines(command, b"TORCH_INDUCTOR_CPP_WRAPPER") || mentions(command, "torchinductor_") {
            return if is_ahead_of_time(command) { Self::AotInductor } else { Self::Inductor };
        }
        // Capture 15.
        if defines(command, b"TORCH_EXTENSION_NAME") {
            return Self::CppExtension;
        }
        // Capture 12: -I …/site-packages/triton/backends/nvidia/include; before Triton 3: triton/common/../third_party.
        if command.include_dirs.iter().any(|directory| is_triton(directory)) {
            return Self::Triton;
        }
        // PyTensor's own compile directory (pytensor `config.compiledir`), Theano's before it.
        if [".pytensor", "pytensor_compiledir", ".theano"].iter().any(|mark| mentions(command, mark)) {
            return Self::Pytensor;
        }
        if let Some(generator) = command.inputs.iter().find_map(|input| generator(&command.directory.join(input), head))
        {
            return generator;
        }
        // Capture 17: `cythonize -i` builds in DIR/tmpXXXXXXXX with the source's absolute path below it.
        if builds_in_own_temporary_directory(command) {
            return Self::Cython;
        }
        // Capture 16: `ffi.compile()` builds with "." for a temporary directory.
        if builds_beside_its_source(command) && searches_python(command) {
            return Self::Cffi;
        }
        // Captures 19, 20, 21: distutils' build directory.
        if mentions(command, "build/temp.") || mentions(command, "build/lib.") {
            return Self::Setuptools;
        }
        if searches_python(command) { Self::Python } else { Self::Other }
    }
}

/// Whether one of the include directories is a Python's (`…/include/python3.13t`, or a framework's `Headers`).
#[must_use]
pub fn searches_python(command: &CompileCommand) -> bool {
    command.include_dirs.iter().any(|directory| {
        let name = directory.file_name().unwrap_or_default().as_bytes();
        name.starts_with(b"python") && name.get(6).is_some_and(u8::is_ascii_digit)
            || contains(directory.as_os_str(), "Python.framework")
            || contains(directory.as_os_str(), "Python3.framework")
    })
}

/// Whether the command is a configure step's question, whose failure is an answer: autoconf's `conftest.c`,
/// distutils' and numpy's `_configtest.c`, CMake's `TryCompile` and `CMakeScratch` directories, Meson's sanity checks.
#[must_use]
pub fn is_probe(command: &CompileCommand) -> bool {
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_owned();
    command.inputs.iter().any(|input| matches!(name(input).as_bytes(), b"conftest" | b"_configtest"))
        || ["CMakeFiles/CMakeTmp", "CMakeFiles/CMakeScratch", "CMakeFiles/_CMakeLTOTest", "meson-private"]
            .iter()
            .any(|mark| mentions(command, mark) || contains(command.directory.as_os_str(), mark))
}

fn defines(command: &CompileCommand, name: &[u8]) -> bool {
    command.defines.iter().any(|define| {
        define.as_bytes().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"="))
    })
}

fn mentions(command: &CompileCommand, mark: &str) -> bool {
    command
        .inputs
        .iter()
        .map(|input| input.as_os_str())
        .chain(command.output.as_deref().map(Path::as_os_str))
        .any(|path| contains(path, mark))
}

fn contains(path: &OsStr, mark: &str) -> bool {
    memmem::find(path.as_bytes(), mark.as_bytes()).is_some()
}

/// Capture 8: AOTInductor names its parts `HASH.wrapper.…`, `HASH.kernel.…`, `HASH.weights.…`.
fn is_ahead_of_time(command: &CompileCommand) -> bool {
    [".wrapper.", ".kernel.", ".weights.", ".consts."].iter().any(|mark| mentions(command, mark))
}

fn is_triton(directory: &Path) -> bool {
    ["/triton/backends/", "/triton/common/", "/triton/third_party/"]
        .iter()
        .any(|mark| contains(directory.as_os_str(), mark))
}

/// The code generator that signed a source: Cython's first line, and cffi's macro in the first lines of every module
/// that it writes (cffi `_cffi_include.h`, `recompiler.py`).
fn generator(source: &Path, head: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Option<Client> {
    let head = head(source)?;
    if head.starts_with(b"/* Generated by Cython") {
        return Some(Client::Cython);
    }
    let signs: [&[u8]; 2] = [b"#define _CFFI_", b"/* Generated by cffi"];
    signs.iter().any(|sign| memmem::find(&head, sign).is_some()).then_some(Client::Cffi)
}

fn builds_in_own_temporary_directory(command: &CompileCommand) -> bool {
    let (Some(source), Some(output)) = (command.inputs.first(), &command.output) else { return false };
    let Some(directory) = source.parent().filter(|_| source.is_absolute()) else { return false };
    let Ok(inside) = output.strip_prefix(directory) else { return false };
    let mut parts = inside.components();
    let temporary = parts.next().is_some_and(|part| {
        let name = part.as_os_str().as_bytes();
        name.len() == 11 && name.starts_with(b"tmp")
    });
    temporary && Path::new("/").join(parts.as_path()).with_extension("") == source.with_extension("")
}

fn builds_beside_its_source(command: &CompileCommand) -> bool {
    let (Some(source), Some(output)) = (command.inputs.first(), &command.output) else { return false };
    output.as_os_str().as_bytes().starts_with(b"./")
        && output.file_stem() == source.file_stem()
        && output.extension() == Some(OsStr::new("o"))
        && source.parent() == Some(Path::new(""))
}
