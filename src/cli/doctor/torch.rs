//! What PyTorch's Inductor needs beside a compiler, and what it does without silently.

use std::env;
use std::ffi::{CString, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::Result;

use crate::command::driver::Language;
use crate::diagnostic::Kind;

use super::super::attempt::joined;
use super::super::torch_cache;
use super::For;
use super::interpreter::Interpreter;
use super::machine::{Machine, is_absent_compiler};
use super::row::{Row, Status};

/// An instruction set that Inductor tries.
struct Vectors {
    name: &'static str,
    /// What the processor must have.
    flags: &'static [&'static str],
    /// The compiler's options (torch/_inductor/cpu_vec_isa.py).
    options: &'static str,
    /// A line that needs them.
    line: &'static str,
}

/// The best first.
const VECTORS: [Vectors; 2] = [
    Vectors {
        name: "AVX-512",
        flags: &["avx512f", "avx512dq", "avx512vl", "avx512bw"],
        options: "-mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma",
        line: "_mm512_store_ps(x, _mm512_set1_ps(1));",
    },
    Vectors {
        name: "AVX2",
        flags: &["avx2", "fma", "f16c"],
        options: "-mavx2 -mfma -mf16c",
        line: "_mm256_store_ps(x, _mm256_set1_ps(1));",
    },
];

/// Linking against PyTorch's libraries, where it is installed.
pub(super) fn libraries(machine: &Machine<'_>, python: &Interpreter) -> Result<Vec<Row>> {
    let Some(torch) = &python.torch else { return Ok(Vec::new()) };
    let output = machine.scratch.join("torchinductor_doctor/lt/first.main.so");
    let mut arguments: Vec<OsString> =
        ["-D", "TORCH_INDUCTOR_CPP_WRAPPER", "-shared", "-fPIC"].map(Into::into).to_vec();
    arguments.push(joined("-L", &torch.join("lib")));
    arguments.extend(["-ltorch", "-ltorch_cpu", "-lc10", "-o"].map(Into::into));
    arguments.push(output.into());
    let name = "torchinductor_doctor/lt/first.main.cpp";
    let outcome = machine.compile(&Machine::cxx(), name, "int first;\n", &arguments)?;
    if is_absent_compiler(&outcome, Language::Cxx) {
        return Ok(Vec::new());
    }
    Ok(vec![Row::of("PyTorch", outcome, format!("{} links", version(torch)))])
}

/// The version of an installed PyTorch.
fn version(torch: &Path) -> String {
    let text = fs::read_to_string(torch.join("version.py")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("__version__ = '"));
    line.and_then(|line| line.strip_suffix('\'')).map_or_else(|| "its library".to_owned(), str::to_owned)
}

/// The probes for vector instructions: one that fails costs speed, and Inductor says nothing of it.
pub(super) fn vectors(machine: &Machine<'_>) -> Result<Vec<Row>> {
    let check = "vector code";
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = processor.lines().find_map(|line| line.strip_prefix("flags")).unwrap_or_default();
    let has = |flag: &&str| flags.split_whitespace().any(|known| known == *flag);
    let Some(Vectors { name, options, line, .. }) = VECTORS.iter().find(|set| set.flags.iter().all(has)) else {
        return Ok(Vec::new());
    };
    let text = format!("#include <immintrin.h>\nalignas(64) float x[16];\nextern \"C\" void first() {{ {line} }}\n");
    let mut arguments: Vec<OsString> = options.split(' ').map(Into::into).collect();
    arguments.extend(["-shared".into(), "-fPIC".into(), "-o".into()]);
    arguments.push(machine.scratch.join("torchinductor_doctor/ve/first.so").into());
    let outcome = machine.compile(&Machine::cxx(), "torchinductor_doctor/ve/first.cpp", &text, &arguments)?;
    if is_absent_compiler(&outcome, Language::Cxx) {
        return Ok(Vec::new());
    }
    let mut row = Row::of(check, outcome, format!("{name} compiles"));
    if row.status == Status::Missing {
        // Nothing fails for it.
        row.status = if row.report.findings.is_empty() { Status::Note } else { Status::Missing };
        row.text = format!("{name} {}: Inductor does without and says nothing; its kernels run slower", row.text);
    }
    Ok(vec![row])
}

/// The program by which newer Inductors hash what they precompile (torch/_inductor/codecache.py); slim images lack it.
pub(super) fn openssl(machine: &Machine<'_>, python: &Interpreter) -> Vec<Row> {
    let check = "openssl";
    if python.torch_says("_inductor/codecache.py", "\"openssl\"") == Some(false) {
        return Vec::new();
    }
    if let Ok(file) = which::which("openssl") {
        return vec![Row::ok(check, file.display().to_string())];
    }
    let file = "torchinductor_doctor/ss/first.main.cpp";
    let report = machine.without(Kind::Tool, check, &Machine::cxx().name, file, &[]);
    vec![Row::missing(check, report, "is not on PATH, and Inductor runs it for its hashes")]
}

/// Where Inductor caches: whether what is compiled there may be loaded, and failures that it would raise again.
pub(super) fn cache() -> Vec<Row> {
    let (chosen, temporary) = (env::var_os("TORCHINDUCTOR_CACHE_DIR"), env::var_os("TMPDIR"));
    let directory = torch_cache::directory(chosen.as_deref(), temporary.as_deref());
    let at = directory.display();
    let mut rows = Vec::new();
    if is_without_execution(&directory) {
        let text =
            format!("{at} does not allow execution (noexec): set TORCHINDUCTOR_CACHE_DIR to a directory that does");
        rows.push(Row::wrong("Inductor cache", text));
    }
    let kept = torch_cache::errors(&directory);
    if !kept.is_empty() {
        let quoted = directory.to_string_lossy();
        let quoted = shell_words::quote(&quoted);
        let text = format!(
            "{} failed compiles are kept in {at} and raised again without a compile: rm {quoted}/*/*.error",
            kept.len()
        );
        rows.push(Row::note("kept failures", text));
    }
    rows
}

/// Whether the file system of a directory, or of the nearest one around it that is there, is mounted noexec.
fn is_without_execution(directory: &Path) -> bool {
    let there = directory.ancestors().find(|directory| directory.exists());
    let Some(path) = there.and_then(|path| CString::new(path.as_os_str().as_bytes()).ok()) else { return false };
    let mut about = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: a NUL-terminated path and a buffer of the right size, read only after success.
    unsafe { libc::statvfs(path.as_ptr(), about.as_mut_ptr()) == 0 && about.assume_init().f_flag & NOEXEC != 0 }
}

/// The flag of statvfs(3) for a file system whose files may not be executed; macOS does not tell.
#[cfg(target_os = "linux")]
const NOEXEC: libc::c_ulong = libc::ST_NOEXEC;
#[cfg(not(target_os = "linux"))]
const NOEXEC: libc::c_ulong = 0;

/// The build tool of torch.utils.cpp_extension, which wants it on PATH. Without it only extensions fail.
pub(super) fn ninja(machine: &Machine<'_>, python: &Interpreter) -> Vec<Row> {
    let check = "ninja";
    if let Ok(file) = which::which(check) {
        return vec![Row::ok(check, file.display().to_string())];
    }
    let in_environment = python.executable.parent().map(|bin| bin.join(check)).filter(|file| file.is_file());
    let mut row = if let (Some(file), Some(_)) = (in_environment, &python.ninja) {
        let bin = file.parent().unwrap_or(&file).display().to_string();
        Row::wrong(check, format!("it is in {bin}, which is not on PATH: activate the environment"))
    } else {
        let report = machine.without(
            Kind::Tool,
            check,
            "c++",
            "torch_extensions/first.cpp",
            &["-DTORCH_EXTENSION_NAME=first".into()],
        );
        Row::missing(check, report, "is not on PATH")
    };
    if !machine.wants(For::Extensions, false) {
        row.status = Status::Note;
        row.text = format!("{}; only torch.utils.cpp_extension wants it (--for extensions)", row.text);
        row.report.findings.clear();
    }
    vec![row]
}
