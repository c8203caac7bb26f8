//! The command line tool: one file a verb.

mod attempt;
mod by_path;
mod completions;
mod demo;
mod doctor;
mod examples;
mod explain;
mod fix;
mod log_source;
mod masquerade;
mod repeat;
mod report;
mod run;
mod say;
mod setup;
mod shell;
mod steps;
mod torch_cache;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::logging;

/// The verbs, in the order in which `help` lists them: what [`crate::face`] takes for a call of the tool.
pub const VERBS: [&str; 10] =
    ["run", "explain", "doctor", "fix", "report", "setup", "demo", "completions", "version", "help"];

/// Exit status for bad use and for what could not be looked at.
const BAD_USE: i32 = 2;

#[derive(Parser)]
#[command(
    name = "pycc-shim",
    about = "The compiler you already have, plus the one line you were missing",
    after_help = USES,
    disable_version_flag = true
)]
struct Tool {
    #[command(subcommand)]
    verb: Verb,
}

const USES: &str = "\
Ways to use it:
  pycc-shim run -- python train.py       around one run
  CXX=pycc-shim CC=pycc-shim CMD         as the compiler (the real one is found on PATH)
  export PATH=\"DIR:$PATH\"                before the compilers; `pycc-shim setup` makes DIR and prints the line

`pycc-shim --version` is the real compiler's; ours is `pycc-shim version`.";

#[derive(Subcommand)]
enum Verb {
    /// Run a command with every compiler below it watched; findings are repeated at its end when it fails
    Run(run::Arguments),
    /// Say what a saved log, or the last failed compile, is missing
    Explain(explain::Arguments),
    /// Compile as the clients do, and say all that is missing before a job starts
    Doctor(doctor::Arguments),
    /// Install what the last failed compile misses, and compile again until it passes
    Fix(fix::Arguments),
    /// Merge the reports that many machines left in one directory
    Report(report::Arguments),
    /// Make the directory that stands before the compilers on PATH
    Setup(setup::Arguments),
    /// Show a rewritten error: a source made by torch.compile, the real compiler, no PyTorch needed
    #[command(after_help = examples::DEMO)]
    Demo,
    /// Print the script that completes verbs and options in a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// bash, zsh or fish
        #[arg(value_enum, hide_possible_values = true)]
        shell: shell::Shell,
    },
    /// Print pycc-shim's own version
    Version,
}

/// The verbs and their options, for completions and the manual page.
#[must_use]
pub fn command() -> clap::Command {
    Tool::command()
}

/// Runs the tool with its arguments, `argv[0]` first, and returns its exit status.
#[must_use]
pub fn main(arguments: Vec<OsString>) -> i32 {
    let tool = match Tool::try_parse_from(arguments) {
        Ok(tool) => tool,
        Err(error) => {
            // clap prints help to stdout and errors to stderr; a reader that is gone changes nothing.
            let _ = error.print();
            return error.exit_code();
        }
    };
    logging::start();
    let done = match tool.verb {
        Verb::Run(arguments) => run::main(&arguments),
        Verb::Explain(arguments) => explain::main(&arguments),
        Verb::Doctor(arguments) => doctor::main(&arguments),
        Verb::Fix(arguments) => fix::main(&arguments),
        Verb::Report(arguments) => report::main(arguments),
        Verb::Setup(arguments) => setup::main(arguments),
        Verb::Demo => demo::main(),
        Verb::Completions { shell } => completions::main(shell),
        Verb::Version => version(),
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "pycc-shim: {error:#}");
        BAD_USE
    })
}

fn version() -> anyhow::Result<i32> {
    say::print(concat!("pycc-shim ", env!("CARGO_PKG_VERSION"), "\n"))?;
    Ok(0)
}

/// Whether text for a stream may be coloured: a terminal, unless NO_COLOR; anything, with CLICOLOR_FORCE
/// (bixense.com/clicolors).
fn colour(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
    !is_set("NO_COLOR") && (forced || stream.is_terminal())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `face` decides without clap what is a verb; the two lists must agree.
    #[test]
    fn the_verbs_are_those_that_the_face_knows() {
        let tool = command();
        tool.clone().debug_assert();
        let mut verbs: Vec<&str> = tool.get_subcommands().map(clap::Command::get_name).collect();
        verbs.push("help");
        assert_eq!(verbs, VERBS);
    }
}
