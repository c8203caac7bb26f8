//! The causes behind messages about the toolchain's own files: what is named is rarely what is missing.
//!
//! Every rule rests on files of the machine, and was run in Debian roots (11 to sid), with the command and the compile
//! after it; see the parts' evidence in `catalog/toolchain.toml`.

pub(super) mod layout;
mod word_size;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::catalog::components::Wanted;
use crate::command::driver::Language;
use crate::diagnostic::{Kind, Missing};
use crate::host::package_database;

use super::package::{self, Action, Order};
use super::{Context, Remedy, Verdict, shell_path};
use layout::{Compiler, Gcc};

/// What stands behind a message.
struct Cause {
    /// The catalog's name for the part.
    part: &'static str,
    /// The compiler's major version, where it is known.
    version: Option<String>,
    /// Whether that compiler is the system's own, called without a version.
    is_default: bool,
    verdict: Verdict,
    because: String,
    /// A file that is there afterwards.
    witness: PathBuf,
}

/// What a cause is found from.
#[derive(Clone, Copy)]
struct Case<'a> {
    name: &'a str,
    missing: &'a Missing,
    gcc: &'a Gcc,
    compiler: &'a Compiler,
    context: Context<'a>,
}

impl Case<'_> {
    fn has(self, file: &Path) -> bool {
        self.context.host.files.is_file(file)
    }

    /// The source or header that asked for a header.
    fn asker(&self) -> Option<&Path> {
        self.missing.location.as_ref().map(|place| &*place.file)
    }

    /// A part of this compiler's version.
    fn cause(self, part: &'static str, verdict: Verdict, because: String, witness: PathBuf) -> Cause {
        let Compiler { version, is_default, .. } = self.compiler;
        Cause { part, version: Some(version.clone()), is_default: *is_default, verdict, because, witness }
    }
}

/// The remedy for a part of the toolchain, `name` being what the message names.
#[must_use]
pub fn remedy(name: &str, missing: &Missing, context: Context<'_>) -> Option<Remedy> {
    let gcc = Gcc::of(context)?;
    let compiler = Compiler::of(context, &gcc)?;
    let case = Case { name, missing, gcc: &gcc, compiler: &compiler, context };
    let cause = match missing.kind {
        Kind::Header | Kind::Library | Kind::Startfile if context.command.is_32_bit => word_size::cause(case),
        Kind::Header => crypt(case).or_else(|| builtin(case)).or_else(|| c_library(case)).or_else(|| cxx_library(case)),
        Kind::Library => cxx_library(case).or_else(|| compiler_library(case)),
        Kind::Startfile => c_library(case).or_else(|| compiler_library(case)),
        Kind::Tool => tool(case),
        Kind::Compiler | Kind::PkgConfig => None,
    }?;
    let platform = context.platform()?;
    let part = context.catalog.toolchain.part(cause.part)?;
    let packages = part.packages(&platform.id, cause.version.as_deref(), cause.is_default)?;
    let manager = package::system_manager(&platform, context)?;
    // "0 newly installed" is what apt says otherwise.
    let is_installed = manager == "apt"
        && packages.iter().all(|name| package_database::installed(&context.host.files, manager, name) == Some(true));
    let action = if is_installed { Action::Reinstall } else { Action::Install };
    let way = package::way(manager, Order { action, packages: &packages, repositories: &[], prefix: None }, context)?;
    Some(Remedy {
        component: cause.part.to_owned(),
        verdict: cause.verdict,
        because: cause.because,
        python: None,
        ways: vec![way],
        verify: Some(format!("test -e {}", shell_path(&cause.witness))),
        notes: Vec::new(),
    })
}

/// Whether the rules here know all that can be said of a thing on this system, so that their silence stands.
#[must_use]
pub(super) fn decides(wanted: Wanted<'_>, context: Context<'_>) -> bool {
    let tables = &context.catalog.toolchain;
    let is_apts = context.platform().is_some_and(|platform| matches!(platform.id.as_str(), "debian" | "ubuntu"));
    is_apts
        && match wanted {
            Wanted::Header(name) => tables.is_builtin(name) || tables.is_cxx(name) || tables.is_c(name),
            Wanted::Library(name) => matches!(name, "stdc++" | "c++" | "c++abi" | "gcc" | "gcc_s"),
            Wanted::Tool(name) => matches!(name, "as" | "ld" | "cc1" | "cc1plus"),
            Wanted::Startfile(_) => true,
            Wanted::PkgConfig(_) => false,
        }
}

/// Python.h of 3.9 and before includes crypt.h, which is not Python's and not its package's.
fn crypt(case: Case<'_>) -> Option<Cause> {
    let witness = PathBuf::from("/usr/include/crypt.h");
    let is_pythons = case.asker()?.file_name() == Some(OsStr::new("Python.h"));
    let because = "Python.h includes it, and it is the C library's, not Python's".to_owned();
    (case.name == "crypt.h" && is_pythons && !case.has(&witness)).then_some(Cause {
        part: "libcrypt",
        version: None,
        is_default: true,
        verdict: Verdict::Install,
        because,
        witness,
    })
}

/// The compiler's own headers: without them it is half a compiler.
fn builtin(case: Case<'_>) -> Option<Cause> {
    if !case.context.catalog.toolchain.is_builtin(case.name) {
        return None;
    }
    let version = &case.compiler.version;
    let files = &case.context.host.files;
    let (part, title, directory) = if case.compiler.is_clang() {
        let resources = PathBuf::from(format!("/usr/lib/llvm-{version}/lib/clang"));
        let own = files.names(&resources).into_iter().find(|name| name.split('.').next() == Some(version))?;
        ("clang-headers", "Clang", resources.join(own).join("include"))
    } else {
        ("gcc-headers", "GCC", case.gcc.version(version).join("include"))
    };
    let witness = directory.join(case.name);
    // Where the compiler's is there, the C library's header of that name is what was looked for.
    if !files.is_directory(directory.parent()?) || case.has(&witness) {
        return None;
    }
    let because = format!("it is {title} {version}'s own, and gone: the compiler is broken");
    Some(Cause { is_default: false, ..case.cause(part, Verdict::Compiler, because, witness) })
}

/// The C library's headers and start files, which a compiler only recommends.
fn c_library(case: Case<'_>) -> Option<Cause> {
    let (is_its, witness) = match case.missing.kind {
        Kind::Startfile => (
            !case.name.starts_with("crtbegin") && !case.name.starts_with("crtend"),
            PathBuf::from("/usr/lib").join(&case.gcc.triplet).join(case.name),
        ),
        _ => (case.context.catalog.toolchain.is_c(case.name), PathBuf::from("/usr/include").join(case.name)),
    };
    let elsewhere = case.gcc.multiarch_include().join(case.name);
    let because = format!(
        "the C library's {} are not installed",
        if case.missing.kind == Kind::Startfile { "start files" } else { "headers" }
    );
    (is_its && !case.has(&witness) && !case.has(&elsewhere))
        .then(|| Cause { version: None, ..case.cause("libc-headers", Verdict::Install, because, witness) })
}

/// What GCC links into every program, for Clang too.
fn compiler_library(case: Case<'_>) -> Option<Cause> {
    let is_library = case.missing.kind == Kind::Library;
    if is_library && !matches!(case.name, "gcc" | "gcc_s") {
        return None;
    }
    // Clang that finds no GCC at all cannot say which it would take.
    let version = if case.compiler.is_clang() { return None } else { &case.compiler.version };
    let directory = case.gcc.version(version);
    let witness = directory.join(if is_library { "libgcc.a" } else { case.name });
    let because = format!("GCC {version}'s own libraries are not installed");
    (!case.has(&witness))
        .then(|| Cause { is_default: false, ..case.cause("gcc-headers", Verdict::Compiler, because, witness) })
}

/// The C++ library of the compiler in question. Clang has none of its own: it takes that of the newest GCC directory,
/// which may have been installed without.
fn cxx_library(case: Case<'_>) -> Option<Cause> {
    let is_library = case.missing.kind == Kind::Library;
    let is_clangs = is_library && matches!(case.name, "c++" | "c++abi");
    let is_its =
        if is_library { case.name == "stdc++" || is_clangs } else { case.context.catalog.toolchain.is_cxx(case.name) };
    if !is_its {
        return None;
    }
    if (is_clangs || !is_library && case.context.command.uses_libcxx) && case.compiler.is_clang() {
        let directory = PathBuf::from(format!("/usr/lib/llvm-{}", case.compiler.version));
        let library = format!("lib/lib{}.so", if is_clangs { case.name } else { "c++" });
        let witness = directory.join(if is_library { library.as_str() } else { "include/c++/v1/iostream" });
        let because = "-stdlib=libc++ asks for Clang's own C++ library, which is not installed".to_owned();
        return (!case.has(&witness)).then(|| case.cause("libcxx-dev", Verdict::Install, because, witness));
    }
    let version = match case.gcc.newest {
        Some(newest) if case.compiler.is_clang() => newest.to_string(),
        _ => case.compiler.version.clone(),
    };
    // GCC without its C++ half does not get as far as a header.
    if !case.compiler.is_clang() && case.compiler.driver.language == Language::C && !is_library {
        return None;
    }
    let witness = if is_library {
        case.gcc.version(&version).join("libstdc++.so")
    } else {
        PathBuf::from(format!("/usr/include/c++/{version}/iostream"))
    };
    let because = if case.compiler.is_clang() {
        format!("Clang takes the C++ library of the newest GCC here, {version}, which was installed without it")
    } else {
        format!("the C++ library of GCC {version} is not installed")
    };
    (!case.has(&witness)).then(|| Cause {
        version: Some(version),
        is_default: false,
        ..case.cause("libstdcxx-dev", Verdict::Install, because, witness)
    })
}

/// The programs that a driver runs.
fn tool(case: Case<'_>) -> Option<Cause> {
    let version = &case.compiler.version;
    match case.name {
        "cc1plus" if !case.compiler.is_clang() => {
            let below = case.gcc.version(version).join("cc1plus");
            let libexec = Path::new("/usr/libexec/gcc").join(&case.gcc.triplet).join(version).join("cc1plus");
            let because = format!("GCC {version} is installed without its C++ compiler");
            let witness =
                if case.context.host.files.is_directory(libexec.parent()?) { libexec.clone() } else { below.clone() };
            (!case.has(&below) && !case.has(&libexec))
                .then(|| case.cause("cxx-half", Verdict::Compiler, because, witness))
        }
        "as" | "ld" => {
            let witness = Path::new("/usr/bin").join(case.name);
            let because = "the compiler has no assembler and no linker without the binary utilities".to_owned();
            (!case.has(&witness))
                .then(|| Cause { version: None, ..case.cause("binutils", Verdict::Compiler, because, witness) })
        }
        _ => None,
    }
}
