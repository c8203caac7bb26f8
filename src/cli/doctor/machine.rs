//! What every check looks at, and the compiles that it makes.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::catalog::Catalog;
use crate::command::CompileCommand;
use crate::command::driver::{self, Language};
use crate::diagnose;
use crate::diagnostic::Kind;
use crate::host::Host;
use crate::report::Report;

use super::super::attempt::{Attempt, Outcome, source};
use super::For;
use super::interpreter::Interpreter;

/// The machine that is examined.
pub(super) struct Machine<'a> {
    pub(super) host: &'a Host,
    pub(super) catalog: &'a Catalog,
    pub(super) python: Option<Interpreter>,
    /// A directory of ours below the temporary one, where compiles happen.
    pub(super) scratch: &'a Path,
    /// What was asked for; none for whatever this Python has.
    pub(super) asked_for: Option<For>,
}

/// A compiler as a client would call it.
#[derive(Debug, Clone)]
pub(super) struct Compiler {
    /// What stands before its arguments: its name, or ourselves as its launcher.
    argv: Vec<OsString>,
    /// Whether it is none that we stand for.
    is_direct: bool,
    /// As its user wrote it.
    pub(super) name: String,
}

impl Compiler {
    /// The one that the variable names, `otherwise` where it names none. A path is run as it is.
    pub(super) fn of(variable: &str, otherwise: &str) -> Self {
        let otherwise = || Self { argv: vec![otherwise.into()], is_direct: false, name: otherwise.to_owned() };
        Self::set(variable).unwrap_or_else(otherwise)
    }

    /// The one that the variable names, where it names one.
    pub(super) fn set(variable: &str) -> Option<Self> {
        Self::parse(&env::var(variable).ok()?)
    }

    /// A command line.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let words = shell_words::split(line).ok().filter(|words| !words.is_empty())?;
        let file = Path::new(&words[0]).file_name().unwrap_or_default();
        // By its bare name we stand in for it; by a path we launch the very file, unless that is ourselves.
        let is_own = file.as_bytes().starts_with(b"pycc-shim");
        let is_driver = driver::by_name(file.as_bytes()).is_some();
        let launcher = (words[0].contains('/') && is_driver && !is_own).then(|| OsString::from("pycc-shim"));
        let argv = launcher.into_iter().chain(words.iter().map(OsString::from)).collect();
        Some(Self { argv, is_direct: !is_driver && !is_own, name: line.to_owned() })
    }

    /// The program, as the user wrote it.
    pub(super) fn program(&self) -> &OsStr {
        self.argv.iter().find(|word| *word != "pycc-shim").map_or(OsStr::new(""), |word| word.as_os_str())
    }
}

impl Machine<'_> {
    /// Whether something is to be checked: asked for by name, or everything, or by default where `is_here`.
    pub(super) fn wants(&self, purpose: For, is_here: bool) -> bool {
        match self.asked_for {
            Some(asked_for) => asked_for == purpose || asked_for == For::All,
            None => is_here,
        }
    }

    /// Compiles a source with the arguments that a client gives behind it; `name` is its path below our directory.
    pub(super) fn compile(
        &self,
        compiler: &Compiler,
        name: &str,
        text: &str,
        arguments: &[OsString],
    ) -> Result<Outcome> {
        self.attempt(compiler, name, text, arguments)?.run_plainly(self.host, self.catalog)
    }

    fn attempt(&self, compiler: &Compiler, name: &str, text: &str, arguments: &[OsString]) -> Result<Attempt> {
        let path = self.scratch.join(name);
        let directory = path.parent().unwrap_or(self.scratch).to_owned();
        std::fs::create_dir_all(&directory)?;
        source(&directory, &path.file_name().unwrap_or_default().to_string_lossy(), text)?;
        let argv = compiler.argv.iter().cloned().chain([path.into()]).chain(arguments.iter().cloned()).collect();
        let directory = self.scratch.to_owned();
        Ok(Attempt { argv, is_direct: compiler.is_direct, directory, environment: Vec::new() })
    }

    /// What is missing where a file shows it, without a compiler: as a compile with those arguments would miss it.
    pub(super) fn without(&self, kind: Kind, name: &str, compiler: &str, file: &str, arguments: &[OsString]) -> Report {
        let argv: Vec<OsString> =
            [compiler.into(), self.scratch.join(file).into()].into_iter().chain(arguments.iter().cloned()).collect();
        let command = CompileCommand::parse(&argv, self.scratch, &|_| None);
        diagnose::named(kind, name.as_bytes(), &command, self.host, self.catalog)
    }

    /// The C++ compiler that Inductor runs (torch/_inductor/config.py).
    pub(super) fn cxx() -> Compiler {
        Compiler::of("CXX", if cfg!(target_os = "macos") { "clang++" } else { "g++" })
    }

    /// The C compiler that Triton runs (triton/runtime/build.py): CC, else gcc, else clang.
    pub(super) fn cc() -> Compiler {
        let found = ["gcc", "clang"].into_iter().find(|name| which::which(name).is_ok());
        Compiler::of("CC", found.unwrap_or("gcc"))
    }
}

/// Whether an outcome only says that there is no compiler for that language, which another check has said.
pub(super) fn is_absent_compiler(outcome: &Outcome, language: Language) -> bool {
    let is_it = |name: &str| driver::by_name(name.as_bytes()).is_some_and(|driver| driver.language == language);
    outcome.report.findings.iter().any(|finding| finding.missing.kind == "compiler" && is_it(&finding.missing.name))
}

/// The file that a name on PATH leads to, past ourselves.
pub(super) fn real(name: &OsStr) -> Option<PathBuf> {
    let path = super::super::masquerade::path_without_ours();
    which::which_in_global(name, Some(path)).ok()?.next()
}
