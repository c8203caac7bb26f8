//! A compile that we make ourselves, as the shim would: whether it passes, and what it misses.

use std::ffi::{CString, OsStr, OsString};
use std::io::{self, Seek as _};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result};

use crate::catalog::Catalog;
use crate::command::CompileCommand;
use crate::diagnose::{self, Scope};
use crate::face::{self, Face};
use crate::host::Host;
use crate::report::Report;
use crate::shim::args::{Args, response};
use crate::shim::environment::names;
use crate::shim::failure;
use crate::shim::resolve::own_executable;
use crate::shim::tap::Memory;

use super::steps;

/// The shells' status for a command that is not there (POSIX 2.8.2).
const NOT_FOUND: i32 = 127;

/// A compile, not run yet.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// As a client would call it, `argv[0]` first.
    pub(super) argv: Vec<OsString>,
    /// Whether the compiler is none that we stand for (`icx`, `zig c++`), so that it is run as it is. Never for a command
    /// that was read from a file: what passes through us is a compile whatever the file says.
    pub(super) is_direct: bool,
    pub(super) directory: PathBuf,
    /// What differs from our own environment; none takes a variable away.
    pub(super) environment: Vec<(String, Option<OsString>)>,
}

/// How it went.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) status: ExitStatus,
    /// What the compiler said, as far as it is remembered: its end.
    pub(super) text: Vec<u8>,
    /// What it misses; empty where it passed, and where nothing is known to be missing.
    pub(super) report: Report,
}

impl Attempt {
    /// The command as a diagnosis reads it.
    pub(super) fn command(&self) -> CompileCommand {
        let words: Vec<CString> = self.argv.iter().map(|word| c_string(word)).collect();
        let args = Args::of(&words);
        match face::of(&args) {
            Face::Compiler(call) if !self.is_direct => failure::command(&args, &call, &self.directory),
            _ => CompileCommand::parse(&self.argv, &self.directory, &response),
        }
    }

    /// Whether it is a compile for us, and no call of our own tool.
    pub(super) fn is_compile(&self) -> bool {
        let words: Vec<CString> = self.argv.iter().map(|word| c_string(word)).collect();
        matches!(face::of(&Args::of(&words)), Face::Compiler(_))
    }

    /// Runs it: the compiler is found, and called, by the very shim that compiles pass through, which says nothing
    /// here. Its standard output goes nowhere, and its input is empty.
    ///
    /// # Errors
    /// No process, or no temporary file, is to be had.
    pub(super) fn run(&self, host: &Host, catalog: &Catalog) -> Result<Outcome> {
        self.run_and(steps::wait, host, catalog)
    }

    /// The same, one of several at a time: a signal ends us as it ends anybody.
    ///
    /// # Errors
    /// As above.
    pub(super) fn run_plainly(&self, host: &Host, catalog: &Catalog) -> Result<Outcome> {
        self.run_and(Command::status, host, catalog)
    }

    fn run_and(
        &self,
        wait: impl FnOnce(&mut Command) -> io::Result<ExitStatus>,
        host: &Host,
        catalog: &Catalog,
    ) -> Result<Outcome> {
        let (name, arguments) = self.argv.split_first().context("an empty command")?;
        let program = if self.is_direct { Some(name.into()) } else { own_executable() };
        let program = program.context("cannot find our own program")?;
        // A file and no pipe: a daemon that the compile starts (sccache) would hold a pipe open.
        let mut stderr = tempfile::tempfile().context("no temporary file")?;
        let mut command = Command::new(program);
        command.arg0(name).args(arguments).current_dir(&self.directory);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr.try_clone()?);
        for (variable, value) in &self.environment {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        for ours in [names::DEPTH, names::DISABLE, names::RUN_DIR, names::REPORT_DIR] {
            command.env_remove(ours);
        }
        let status = wait(command.env(names::MATCH, "off")).context("cannot run the compiler")?;
        stderr.rewind()?;
        let text = Memory::of(stderr).context("cannot read what the compiler said")?.text();
        let report = if status.success() { Report::default() } else { self.judge(status, &text, host, catalog) };
        Ok(Outcome { status, text, report })
    }

    fn judge(&self, status: ExitStatus, text: &[u8], host: &Host, catalog: &Catalog) -> Report {
        let command = self.command();
        let absent = text.strip_prefix(b"pycc-shim: ").filter(|_| status.code() == Some(NOT_FOUND));
        match absent.and_then(|rest| rest.strip_suffix(b": command not found\n")) {
            Some(name) => diagnose::absent_compiler(name, &command, host, catalog),
            None => diagnose::compile(&command, text, Scope::All, host, catalog),
        }
    }
}

/// A word for `execve`; one with a NUL byte cannot have come from a process, and is cut there.
fn c_string(word: &OsStr) -> CString {
    let bytes = word.as_bytes().split(|&byte| byte == 0).next().unwrap_or_default();
    CString::new(bytes).unwrap_or_default()
}

/// `option` and a path in one argument: `-I/usr/include`.
pub(super) fn joined(option: &str, path: &Path) -> OsString {
    OsString::from_vec([option.as_bytes(), path.as_os_str().as_bytes()].concat())
}

/// Writes a source into a directory, and gives its path.
///
/// # Errors
/// It cannot be written.
pub(super) fn source(directory: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    let path = directory.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}
