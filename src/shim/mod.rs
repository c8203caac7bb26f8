//! One compiler invocation, from argv to exit: resolve → spawn → tap → leave; after a recognised failure, diagnose →
//! report.
//!
//! A compile that succeeds passes through this module, its children and [`crate::face`] only: no command line parser,
//! no pattern, no table is touched before the compiler has failed.

pub mod args;
pub mod call;
pub mod child;
#[cfg(early_entry)]
mod early;
pub mod environment;
pub mod failure;
pub mod faults;
pub mod resolve;
pub mod signals;
pub mod streams;
pub mod tap;
pub mod terminal;
pub mod variables;

use std::io;
use std::os::fd::AsRawFd;

use args::Args;
use call::Call;
use child::{Exit, Program};
use environment::Environment;
use resolve::{Failure, FileId, Resolved};
use streams::Streams;
use terminal::Stderr;

/// A chain of ourselves this long has no compiler at its end.
const DEEPEST: usize = 10;

/// Runs the compiler that `call` wants with our arguments, and leaves as it left. Never returns when a compiler could
/// be run.
///
/// Returns 127 when there is none, 126 when it may not be executed (the shells' convention, POSIX 2.8.2).
#[must_use]
pub fn main(args: &Args<'_>, call: &Call<'_>) -> i32 {
    let environment = Environment::of_process();
    if environment.depth >= DEEPEST {
        return failure::too_deep(args, &environment);
    }
    let own = FileId::of_ourselves();
    let mut refused = Vec::new();
    loop {
        let resolved = match resolve::resolve(&call.wanted, &environment, own, &refused) {
            Ok(resolved) => resolved,
            Err(failure) => return failure::no_compiler(args, call, &environment, &failure),
        };
        let arguments = args.from(call.first_argument);
        let kept = variables::of_compile(&environment, arguments);
        let child_environment = environment.for_compiler(resolved.path.as_deref(), &kept);
        let program = Program::new(&resolved.program, &resolved.argv0, &resolved.extra, arguments, &child_environment);
        let stderr = Stderr::of_process();
        let error = if has_nothing_to_say(&environment, args, call) || stderr == Stderr::Unheard {
            program.become_it()
        } else {
            watch(args, call, &program, stderr)
        };
        // As execvp(3): what is there and cannot be executed (a script whose interpreter is gone, a file system without
        // execution) gives way to the next of that name on PATH.
        let goes_on = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied);
        if !goes_on || refused.contains(&resolved.program) {
            let failure = not_executed(&resolved, &error);
            return failure::no_compiler(args, call, &environment, &failure);
        }
        refused.push(resolved.program);
    }
}

/// Runs the program with its stderr through us, and its stdout too where the two are one. Comes back only when it could
/// not be executed.
fn watch(args: &Args<'_>, call: &Call<'_>, program: &Program<'_>, stderr: Stderr) -> io::Error {
    let channel = if stderr == Stderr::Terminal { terminal::pair() } else { child::pipe().ok() };
    let Some((ours, theirs)) = channel else {
        // No pipe, no pseudo-terminal: then without our ears.
        return program.become_it();
    };
    signals::install();
    let ignores_children = signals::end_reads_with_child(ours.as_raw_fd());
    let Ok(compiler) = program.spawn(Some((&theirs, Streams::of_process())), ignores_children) else {
        // No process to be had (a limit): then without our ears too. What cannot be executed says so again.
        return program.become_it();
    };
    signals::forward_to(compiler.id());
    signals::let_child_end_through();
    drop(theirs);
    let memory = tap::copy(ours, || compiler.has_ended());
    let exit = compiler.wait();
    if let Exit::Code(1..) = exit {
        failure::after(args, call, exit, &memory, stderr == Stderr::Terminal);
    }
    exit.leave()
}

/// Whether the call is one that can end in no report: a query for the compiler's own facts, or we are switched off, or
/// another of us stands before us and listens already.
fn has_nothing_to_say(environment: &Environment, args: &Args<'_>, call: &Call<'_>) -> bool {
    environment.disabled
        || environment.off
        || environment.depth > 0
        || is_query(args.from(call.first_argument).iter().map(|argument| argument.to_bytes()))
}

/// Options that make a call a query, whole and by their beginning. `shim::early` reads them before the C library has
/// started, hence statics: a constant may be copied, by a call.
static QUERIES: [&[u8]; 8] = [
    b"--version",
    b"-###",
    b"-dumpversion",
    b"-dumpfullversion",
    b"-dumpmachine",
    b"-dumpspecs",
    b"--help",
    b"--target-help",
];
static QUERY_STARTS: [&[u8]; 2] = [b"-print-", b"--print-"];

/// Calls that ask for the compiler's own facts (GCC's manual, "Overall Options" and "Developer Options"): `--version`,
/// `-v` alone, `-###`, `-dumpversion` and its kin (not `-dumpdir`, which belongs to a compile), `-print-…`.
fn is_query<'a>(arguments: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut count = 0_usize;
    let mut verbose = false;
    for argument in arguments {
        count += 1;
        if QUERIES.contains(&argument) || QUERY_STARTS.iter().any(|start| argument.starts_with(start)) {
            return true;
        }
        verbose |= argument == b"-v";
    }
    count == 0 || (verbose && count == 1)
}

/// The file that we resolved could not be executed after all.
fn not_executed(resolved: &Resolved, error: &io::Error) -> Failure {
    let path = resolved.program.as_bytes().to_vec();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::NotFound { name: path },
        _ => Failure::NotExecutable { path },
    }
}

#[cfg(test)]
mod tests {
    use super::is_query;

    #[test]
    fn queries() {
        for (line, expected) in [
            ("--version", true),
            ("-v", true),
            ("", true),
            ("-dumpfullversion -dumpversion", true),
            ("-print-file-name=libgomp.so", true),
            ("-E -v -x c++ -", false),
            ("-### a.c", true),
            ("-dumpdir x -c a.c", false),
            ("-v a.c", false),
            ("-c a.c", false),
        ] {
            assert_eq!(is_query(line.split_whitespace().map(str::as_bytes)), expected, "{line:?}");
        }
    }
}
