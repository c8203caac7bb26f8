//! The way of a compile that failed: diagnose, report, record. Nothing here can change the compile's outcome: a panic
//! leaves with the compiler's status too.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::catalog::Catalog;
use crate::command::CompileCommand;
use crate::diagnose::{self, Scope};
use crate::host::{Host, Surroundings, ancestry};
use crate::logging;
use crate::report::record::{self, Command, Record, Source};
use crate::report::text::Style;
use crate::report::{Report, json, text};
use crate::shim::args::{self, Args};
use crate::shim::call::{Call, Wanted};
use crate::shim::child::Exit;
use crate::shim::environment::{Environment, OF_A_COMPILE, names};
use crate::shim::faults;
use crate::shim::resolve::Failure;
use crate::shim::signals;
use crate::shim::tap::{self, Memory};

/// The shells' statuses for a command that is not there, and for one that may not be executed (POSIX 2.8.2).
const NOT_FOUND: i32 = 127;
const NOT_EXECUTABLE: i32 = 126;

/// A compile has ended with a status other than 0. Says what is missing, where something is, after the compiler's own
/// text; `exit` is how we leave should this fall over.
///
/// # Panics
/// When a test asks for it; the process then leaves with `exit`.
pub fn after(args: &Args<'_>, call: &Call<'_>, exit: Exit, memory: &Memory, terminal: bool) {
    leave_so_when_panicking(exit);
    logging::start();
    assert!(std::env::var_os(names::PANIC).is_none(), "asked for");
    let Some(scope) = scope() else { return };
    let command = command(args, call, &working_directory());
    let host = host(&Surroundings::of_compile());
    let catalog = catalog(&host);
    let report = diagnose::compile(&command, &memory.text(), scope, &host, &catalog);
    tracing::debug!(findings = report.findings.len(), os = %host.os.id, pythons = host.pythons.len(), "compile failed");
    publish(&report, args, &command, !memory.ends_line(), terminal);
}

/// There is no compiler for this call. Says so, with what to install, and returns 127, or 126 where there is a file that
/// may not be executed.
#[must_use]
pub fn no_compiler(args: &Args<'_>, call: &Call<'_>, environment: &Environment, failure: &Failure) -> i32 {
    let shown = |bytes: &[u8]| crate::report::clean::short(bytes);
    let (status, message) = match failure {
        Failure::NotFound { name } => (NOT_FOUND, format!("{}: command not found", shown(name))),
        Failure::NotExecutable { path } => (NOT_EXECUTABLE, format!("{}: cannot be executed", shown(path))),
        Failure::BadCommand { variable, value } => {
            (NOT_FOUND, format!("{variable} is not a command line: {}", shown(value)))
        }
    };
    leave_so_when_panicking(Exit::Code(status));
    // For SIGXFSZ: a record that finds no room changes no status.
    signals::install();
    logging::start();
    say(format!("pycc-shim: {message}\n").as_bytes());
    let name = match (failure, &call.wanted) {
        (Failure::NotFound { name }, _) if !name.contains(&b'/') => name.as_slice(),
        (Failure::NotFound { .. }, Wanted::Named { name, .. }) => name,
        _ => return status,
    };
    if environment.off || environment.disabled || environment.depth > 0 {
        return status;
    }
    let host = host(&Surroundings::of_compile());
    let command = command(args, call, &working_directory());
    let report = diagnose::absent_compiler(name, &command, &host, &catalog(&host));
    publish(&report, args, &command, false, false);
    status
}

/// We have been calling ourselves. Says so with the path that led here, and returns 127.
#[must_use]
pub fn too_deep(args: &Args<'_>, environment: &Environment) -> i32 {
    let name = crate::report::clean::short(args.bytes(0));
    let path = crate::report::clean::text(environment.path.unwrap_or_default());
    say(format!(
        "pycc-shim: {name} has called itself {} times; no compiler stands behind it.\n    \
         note        PATH is {path}\n    \
         note        set PYCC_SHIM_CC and PYCC_SHIM_CXX to the real compilers\n",
        environment.depth
    )
    .as_bytes());
    NOT_FOUND
}

/// `PYCC_SHIM_MATCH`; none for `off`. A value that we do not know is the default: silence would hide the mistake.
fn scope() -> Option<Scope> {
    match std::env::var_os(names::MATCH).as_deref().and_then(OsStr::to_str) {
        Some("off") => None,
        Some("all") => Some(Scope::All),
        _ => Some(Scope::Python),
    }
}

/// This machine, with what surrounds a compile; for tests of ours, the machine below another root.
#[must_use]
pub fn host(surroundings: &Surroundings) -> Host {
    match std::env::var_os(names::ROOT).filter(|root| !root.is_empty()) {
        Some(root) => Host::read(Path::new(&root), &Surroundings::of_other_root()),
        None => Host::read(Path::new("/"), surroundings),
    }
}

/// The tables, with the user's own rows; a file of theirs that is broken is for `explain` to speak of, not for a compile.
fn catalog(host: &Host) -> Cow<'static, Catalog> {
    let (catalog, wrong) = diagnose::catalog(host);
    for problem in wrong {
        tracing::warn!(problem, "a catalog file");
    }
    catalog
}

/// The compile command as the compiler gets it from our caller, run in `directory`.
#[must_use]
pub fn command(args: &Args<'_>, call: &Call<'_>, directory: &Path) -> CompileCommand {
    let mut argv = args.to_os_strings().split_off(call.first_argument.saturating_sub(1).min(args.len()));
    if let (Wanted::Named { name, .. } | Wanted::StandsFor(name), Some(driver)) = (&call.wanted, argv.first_mut()) {
        OsStr::from_bytes(name).clone_into(driver);
    }
    CompileCommand::parse(&argv, directory, &args::response)
}

fn working_directory() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"))
}

/// Writes the report to stderr in one piece, and to the places on disk.
fn publish(report: &Report, args: &Args<'_>, compile: &CompileCommand, new_line: bool, terminal: bool) {
    if report.findings.is_empty() {
        return;
    }
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut block = if new_line { "\n".to_owned() } else { String::new() };
    block.push_str(&match std::env::var_os(names::FORMAT) {
        Some(format) if format == "json" => json::line(report),
        _ => text::render(report, Style { live: true, colour }),
    });
    say(block.as_bytes());
    keep(Record::of_this_machine(report.clone(), recorded(args)), compile);
}

/// The command as it can be given again.
fn recorded(args: &Args<'_>) -> Command {
    let set = |name: &&str| Some(((*name).to_owned(), std::env::var_os(name)?.as_os_str().into()));
    Command {
        argv: args.to_os_strings().iter().map(|word| word.as_os_str().into()).collect(),
        directory: working_directory().as_os_str().into(),
        environment: OF_A_COMPILE.iter().filter_map(set).collect(),
        interpreter: ancestry::interpreter().map(|path| path.as_os_str().into()),
        sources: Vec::new(),
    }
}

fn keep(mut record: Record, compile: &CompileCommand) {
    let directories = [names::RUN_DIR, names::REPORT_DIR];
    let set = |name: &&str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    for directory in directories.iter().filter_map(set) {
        if let Err(error) = record::add(&directory, &record) {
            tracing::warn!(directory = %directory.display(), %error, "report not written");
        }
    }
    let Some(directory) = record::state_directory() else { return };
    record.command.sources = passing_sources(compile);
    if let Err(error) = record::write_last(&directory, &record) {
        tracing::warn!(directory = %directory.display(), %error, "record not written");
    }
}

/// The largest source that is kept, and the most of them together, in bytes. Triton's stubs have 10 kB, Inductor's
/// kernels some hundred at the most.
const LARGEST_SOURCE: u64 = 256 * 1024;
const MOST_SOURCES: usize = 1024 * 1024;

/// The inputs that lie in a temporary directory, whose files do not outlive a failure (Triton's, pip's).
fn passing_sources(compile: &CompileCommand) -> Vec<Source> {
    let temporary = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
    let mut room = MOST_SOURCES;
    let mut sources = Vec::new();
    for input in &compile.inputs {
        let path = compile.directory.join(input);
        if !temporary.iter().any(|directory| path.starts_with(directory)) {
            continue;
        }
        let is_small = std::fs::metadata(&path).is_ok_and(|status| status.is_file() && status.len() <= LARGEST_SOURCE);
        if let Some(content) = is_small.then(|| std::fs::read(&path).ok()).flatten()
            && content.len() <= room
        {
            room -= content.len();
            sources.push(Source { path: path.as_os_str().into(), content: OsStr::from_bytes(&content).into() });
        }
    }
    sources
}

/// One write to stderr; a stderr that is closed or full is not our business.
fn say(bytes: &[u8]) {
    let _ = tap::write_all(libc::STDERR_FILENO, bytes);
}

/// A defect of ours leaves as the compiler left. The hook runs before `panic = "abort"` does (measured), so nothing
/// needs to unwind.
fn leave_so_when_panicking(exit: Exit) {
    if let Exit::Code(status) = exit {
        faults::leave_with(status);
    }
    std::panic::set_hook(Box::new(move |_| exit.leave()));
}
