//! `pycc-shim completions SHELL`: what a shell reads to complete our verbs and options.

use anyhow::Result;
use clap_complete::shells::{Bash, Fish, Zsh};
use clap_complete::{Generator, generate};

use super::{command, say, shell::Shell};

/// Prints the script for a shell. Exit status 0.
///
/// # Errors
/// Standard output takes no more.
pub(super) fn main(shell: Shell) -> Result<i32> {
    say::print(match shell {
        // clap_complete spells the dash in our name in two ways, so that bash would complete nothing behind a verb
        // (clap's issue 6421).
        Shell::Bash => script(Bash).replace("pycc__subcmd__shim", "pycc__shim"),
        Shell::Zsh => script(Zsh),
        Shell::Fish => script(Fish),
    })?;
    Ok(0)
}

fn script(generator: impl Generator) -> String {
    // Not to stdout: a write that fails there would be a panic.
    let mut script = Vec::new();
    generate(generator, &mut command(), "pycc-shim", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
