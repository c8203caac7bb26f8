//! `pycc-shim setup`: the directory that stands before the compilers on PATH.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::say::{self, Advise as _};
use super::{by_path, examples, masquerade, shell::Shell};

#[derive(clap::Args)]
#[command(after_help = examples::SETUP)]
pub(super) struct Arguments {
    /// The directory, instead of $XDG_DATA_HOME/pycc-shim/bin
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
    /// Print only the line that puts the directory first on PATH in SHELL: bash, zsh or fish
    #[arg(long, value_enum, value_name = "SHELL", hide_possible_values = true)]
    shell: Option<Shell>,
    /// Remove what an earlier setup made there
    #[arg(long)]
    remove: bool,
}

/// Makes (or removes) the directory, and says how to use it. Exit status 0.
///
/// # Errors
/// There is no compiler to stand before, or the directory cannot be written.
pub(super) fn main(arguments: Arguments) -> Result<i32> {
    let directory = match arguments.dir {
        Some(directory) => std::path::absolute(directory).advise("name a directory with --dir DIR")?,
        None => masquerade::data_directory()?.join("bin"),
    };
    if arguments.remove {
        if arguments.shell.is_some() {
            bail!(
                "--shell is for a directory that is there, --remove takes it away; remove it with `pycc-shim setup \
                 --remove`, and the line from your shell's start-up file"
            );
        }
        // What `run` made lies beside.
        if let Some(data) = directory.parent().filter(|data| data.ends_with("pycc-shim")) {
            by_path::remove_of_run(data)?;
        }
        let names = masquerade::remove(&directory)?;
        say::print(format!("removed {} names from {}\n", names.len(), directory.display()))?;
        return Ok(0);
    }
    let compilers = masquerade::compilers();
    if compilers.is_empty() {
        bail!("there is no C or C++ compiler on PATH to stand before; install one and run setup again");
    }
    let made = masquerade::make(&directory, &compilers)?;
    if let Some(shell) = arguments.shell {
        say::print(shell.path_line(&directory))?;
        return Ok(0);
    }
    let plain: Vec<&str> =
        made.names.iter().map(String::as_str).filter(|name| !name.starts_with("pycc-shim-")).collect();
    let mut text = format!("{} stands before {}\n", directory.display(), plain.join(" "));
    if !made.stale.is_empty() {
        writeln!(text, "gone with their compilers: {}", made.stale.join(" "))?;
    }
    let quoted = directory.to_string_lossy();
    writeln!(text, "use it with:  export PATH={}:\"$PATH\"", shell_words::quote(&quoted))?;
    writeln!(text, "or with:      export CXX={0}/pycc-shim-g++ CC={0}/pycc-shim-gcc", shell_words::quote(&quoted))?;
    say::print(text)?;
    Ok(0)
}
