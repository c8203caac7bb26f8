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
    DeepSpeed,
    CppExtension,
    Jax,
    Pytensor,
    Numba,
    Cffi,
    Cython,
    /// CMake, for scikit-build, pybind11, nanobind or on its own.
    Cmake,
    Meson,
    Setuptools,
    /// Some other build driven by Python: a Python include directory is searched.
    Python,
    Other,
}

/// Which paths of a command a mark is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Among {
    /// Inputs and the output.
    Files,
    /// The directories of -I and its kin.
    Searched,
    All,
}

/// Marks in paths, the more specific client first. The captures are numbered from 1 in
/// `tests/fixtures/debian13-python3.13-no-headers.jsonl`; `clients` is `tests/fixtures/clients.jsonl`.
const MARKS: [(&str, Among, Client); 28] = [
    // Captures 2, 3, 23: Inductor works below its cache directory.
    ("torchinductor_", Among::Files, Client::Inductor),
    // Capture 12: -I …/site-packages/triton/backends/nvidia/include; before Triton 3: triton/common/../third_party.
    ("/triton/backends/", Among::All, Client::Triton),
    ("/triton/common/", Among::All, Client::Triton),
    ("/triton/third_party/", Among::All, Client::Triton),
    ("third_party/intel/backend/", Among::All, Client::Triton),
    // clients, deepspeed: its sources are below deepspeed/ops, in a pip build below the sdist's csrc.
    ("deepspeed/ops/", Among::All, Client::DeepSpeed),
    ("/deepspeed_", Among::All, Client::DeepSpeed),
    // clients, cpp-extension: the JIT's build directory. case c103: headers of torch read by someone else's source.
    ("torch_extensions/", Among::Files, Client::CppExtension),
    // clients, jax: -I of jax.ffi.include_dir().
    ("/jaxlib/include", Among::Searched, Client::Jax),
    // clients, pytensor: its compile directory, and -I of its C code; Theano before it.
    (".pytensor", Among::Files, Client::Pytensor),
    ("/pytensor/link/c/", Among::Searched, Client::Pytensor),
    ("pytensor_compiledir", Among::Files, Client::Pytensor),
    (".theano", Among::Files, Client::Pytensor),
    // clients, numba: numba.pycc.
    ("pycc-build-", Among::Files, Client::Numba),
    ("numba/pycc/", Among::Files, Client::Numba),
    // case c383: numba's own build.
    ("numba/_", Among::Files, Client::Numba),
    // case c263: cffi's own build; case c173: cryptography's.
    ("_cffi_backend.c", Among::Files, Client::Cffi),
    ("-cffi/out/", Among::Files, Client::Cffi),
    // clients, cffi: ffi.verify().
    ("/_cffi__x", Among::Files, Client::Cffi),
    // clients, cython: pyximport.
    (".pyxbld/", Among::Files, Client::Cython),
    // clients, cmake: object files below CMakeFiles/TARGET.dir/.
    ("CMakeFiles/", Among::Files, Client::Cmake),
    ("_skbuild/", Among::Files, Client::Cmake),
    // clients, meson: object files below TARGET.p/, meson-python's build directory.
    (".so.p/", Among::Files, Client::Meson),
    (".so.p", Among::Searched, Client::Meson),
    (".mesonpy-", Among::Files, Client::Meson),
    // Captures 19, 20, 21: distutils' build directory.
    ("build/temp.", Among::Files, Client::Setuptools),
    ("build/lib.", Among::Files, Client::Setuptools),
    ("build/src.", Among::Files, Client::Setuptools),
];

/// Signs of a client in the text around a message, for a log that shows no command: the frames of its traceback, its
/// own words. From `tests/fixtures/cases.jsonl` (real threads), the more specific client first.
const SIGNS: [(&str, Client); 17] = [
    ("torch/_inductor/", Client::Inductor),
    ("torch._inductor.", Client::Inductor),
    ("backend='inductor' raised", Client::Inductor),
    ("triton/runtime/", Client::Triton),
    ("triton/common/", Client::Triton),
    ("triton/backends/", Client::Triton),
    ("deepspeed/ops/", Client::DeepSpeed),
    ("DeepSpeed", Client::DeepSpeed),
    ("torch/utils/cpp_extension.py", Client::CppExtension),
    ("pytensor/", Client::Pytensor),
    ("theano/", Client::Pytensor),
    ("Cythonizing ", Client::Cython),
    ("CMakeFiles/", Client::Cmake),
    ("CMake Error", Client::Cmake),
    ("running build_ext", Client::Setuptools),
    ("running egg_info", Client::Setuptools),
    ("building '", Client::Setuptools),
];

impl Client {
    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inductor => "inductor",
            Self::AotInductor => "aotinductor",
            Self::Triton => "triton",
            Self::DeepSpeed => "deepspeed",
            Self::CppExtension => "cpp-extension",
            Self::Jax => "jax",
            Self::Pytensor => "pytensor",
            Self::Numba => "numba",
            Self::Cffi => "cffi",
            Self::Cython => "cython",
            Self::Cmake => "cmake",
            Self::Meson => "meson",
            Self::Setuptools => "setuptools",
            Self::Python => "python",
            Self::Other => "other",
        }
    }

    /// Whether it compiles while a program of the user runs, and not while something is installed.
    #[must_use]
    pub fn compiles_at_run_time(self) -> bool {
        matches!(
            self,
            Self::Inductor
                | Self::AotInductor
                | Self::Triton
                | Self::DeepSpeed
                | Self::CppExtension
                | Self::Jax
                | Self::Pytensor
                | Self::Numba
        )
    }

    /// The most specific client that fits. `head` gives the first bytes of a source file (an absolute path), or none:
    /// code generators sign their work there.
    #[must_use]
    pub fn of(command: &CompileCommand, head: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Self {
        let marked =
            MARKS.iter().find(|(mark, among, _)| mentions(command, mark, *among)).map(|&(_, _, client)| client);
        // Captures 2, 3, 11, 23: every Inductor command defines this or works below its cache directory; the kernel's
        // own header probe (11) lies in a plain temporary directory.
        if marked == Some(Self::Inductor) || defines(command, b"TORCH_INDUCTOR_CPP_WRAPPER") {
            return if is_ahead_of_time(command) { Self::AotInductor } else { Self::Inductor };
        }
        // Capture 15.
        if defines(command, b"TORCH_EXTENSION_NAME") && marked != Some(Self::DeepSpeed) {
            return Self::CppExtension;
        }
        // clients, numba.
        if defines(command, b"PYCC_MODULE_NAME") {
            return Self::Numba;
        }
        match marked {
            // A code generator works for a build system: it is the nearer answer.
            None | Some(Self::Cmake | Self::Meson | Self::Setuptools) => {}
            Some(client) => return client,
        }
        let sources = command.inputs.iter().map(|input| command.directory.join(input));
        if let Some(generator) = sources.into_iter().find_map(|source| generator(&source, head)) {
            return generator;
        }
        // clients, cffi: setuptools' cffi_modules writes its sources below build/temp.
        if command.inputs.iter().any(|input| is_source_below_build(input)) {
            return Self::Cffi;
        }
        // Capture 17: `cythonize -i` builds in DIR/tmpXXXXXXXX with the source's absolute path below it.
        if builds_in_own_temporary_directory(command) {
            return Self::Cython;
        }
        // Capture 16: `ffi.compile()` builds with "." for a temporary directory.
        if builds_beside_its_source(command) {
            return Self::Cffi;
        }
        if let Some(client) = marked {
            return client;
        }
        // clients, setuptools: distutils' question, which numpy and mpi4py ask.
        if command.inputs.iter().any(|input| input.file_stem() == Some(OsStr::new("_configtest"))) {
            return Self::Setuptools;
        }
        let directory = command.directory.as_os_str();
        // clients, cpp-extension and meson: the link and the preprocessor's calls name nothing but their own files.
        for (mark, client) in [("torch_extensions/", Self::CppExtension), ("/.mesonpy-", Self::Meson)] {
            if contains(directory, mark) {
                return client;
            }
        }
        if searches_python(command) { Self::Python } else { Self::Other }
    }

    /// The client that the text around a message tells of.
    #[must_use]
    pub fn of_text(text: &[u8]) -> Option<Self> {
        let text = with_slashes(text);
        SIGNS.iter().find(|(sign, _)| memmem::find(&text, sign.as_bytes()).is_some()).map(|&(_, client)| client)
    }

    /// The client whose source files these are, by their names alone: for a log that shows no command.
    pub fn of_source_files<'a>(files: impl Iterator<Item = &'a Path>) -> Option<Self> {
        let mut found = None;
        for file in files {
            let file = with_slashes(file.as_os_str().as_bytes());
            let file = Path::new(OsStr::from_bytes(&file));
            let marked = MARKS.iter().find(|(mark, _, _)| contains(file.as_os_str(), mark));
            let client = marked.map(|&(_, _, client)| client).or_else(|| triton_source(file)).or_else(|| {
                // case c101: a header of PyTorch's, read by an extension's source.
                contains(file.as_os_str(), "/torch/include/").then_some(Self::CppExtension)
            });
            if contains(file.as_os_str(), "/inductor/aoti_") {
                return Some(Self::AotInductor);
            }
            found = found.or(client);
        }
        found
    }
}

/// The same with the slashes of every other system: Triton's logs come from Windows too.
fn with_slashes(text: &[u8]) -> Vec<u8> {
    text.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect()
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

fn defines(command: &CompileCommand, name: &[u8]) -> bool {
    command.defines.iter().any(|define| {
        define.as_bytes().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"="))
    })
}

fn mentions(command: &CompileCommand, mark: &str, among: Among) -> bool {
    let files = command.inputs.iter().chain(&command.output);
    (among != Among::Searched && files.into_iter().any(|path| contains(path.as_os_str(), mark)))
        || (among != Among::Files && command.include_dirs.iter().any(|path| contains(path.as_os_str(), mark)))
}

pub(super) fn contains(path: &OsStr, mark: &str) -> bool {
    memmem::find(path.as_bytes(), mark.as_bytes()).is_some()
}

/// Capture 8: AOTInductor names its parts `HASH.wrapper.…`, `HASH.kernel.…`, `HASH.weights.…`.
fn is_ahead_of_time(command: &CompileCommand) -> bool {
    [".wrapper.", ".kernel.", ".weights.", ".consts."].iter().any(|mark| mentions(command, mark, Among::Files))
}

/// Whether a C source lies in distutils' directory for what is built.
fn is_source_below_build(input: &Path) -> bool {
    contains(input.as_os_str(), "build/temp.") && input.extension() == Some(OsStr::new("c"))
}

/// A C source that Triton writes: `main.c` in a temporary directory until 3.3, then by its purpose
/// (triton/runtime/build.py, backends/*/driver.py).
fn triton_source(file: &Path) -> Option<Client> {
    let name = file.file_name()?.as_bytes();
    let own = [&b"__triton_launcher.c"[..], b"cuda_utils.c", b"hip_utils.c"].contains(&name);
    let directory = file.parent().and_then(Path::file_name).unwrap_or_default().as_bytes();
    let is_main = name == b"main.c" || name == b"main.cpp";
    (own || is_main && directory.starts_with(b"tmp")).then_some(Client::Triton)
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

/// Whether an object lies in `DIR/tmpXXXXXXXX/DIR/…`: the build's directory, a temporary one, and the source's absolute
/// path below that.
fn builds_in_own_temporary_directory(command: &CompileCommand) -> bool {
    let objects = command.output.iter().chain(&command.inputs);
    objects.into_iter().any(|object| {
        let parts: Vec<&[u8]> = object.iter().map(OsStr::as_bytes).collect();
        let temporary = parts.iter().position(|part| part.len() == 11 && part.starts_with(b"tmp"));
        // Without the root's own part in front.
        temporary.is_some_and(|at| at > 1 && parts[at + 1..].starts_with(&parts[1..at]))
    })
}

/// Whether `X.c` becomes `./X.o`, or `./X.o` becomes `./X.….so`.
fn builds_beside_its_source(command: &CompileCommand) -> bool {
    let (Some(source), Some(output)) = (command.inputs.first(), &command.output) else { return false };
    let Some(target) = output.as_os_str().as_bytes().strip_prefix(b"./") else { return false };
    let Some(stem) = source.file_stem().map(OsStr::as_bytes) else { return false };
    let is_compile = source.parent() == Some(Path::new("")) && searches_python(command);
    let is_link = source.as_os_str().as_bytes().starts_with(b"./") && output.extension() == Some(OsStr::new("so"));
    target
        .strip_prefix(stem)
        .is_some_and(|rest| if is_compile { rest == b".o" } else { is_link && rest.starts_with(b".") })
}
