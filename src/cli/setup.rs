//! `pycc-shim setup`: the directory that stands before the compilers on PATH.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::masquerade;

/// Makes (or removes) the directory, and says how to use it. Exit status 0.
///
/// # Errors
/// There is no compiler to stand before, or the directory cannot be written.
pub(super) fn main(directory: Option<PathBuf>, remove: bool) -> Result<i32> {
    let directory = match directory {
        Some(directory) => std::path::absolute(directory)?,
        None => masquerade::data_directory()?.join("bin"),
    };
    let mut out = std::io::stdout();
    if remove {
        // What `run` made lies beside.
        if let Some(data) = directory.parent().filter(|data| data.ends_with("pycc-shim")) {
            masquerade::remove_of_run(data)?;
        }
        let names = masquerade::remove(&directory)?;
        writeln!(out, "removed {} names from {}", names.len(), directory.display())?;
        return Ok(0);
    }
    let compilers = masquerade::compilers();
    if compilers.is_empty() {
        bail!("there is no C or C++ compiler on PATH to stand before; install one and run setup again");
    }
    let made = masquerade::make(&directory, &compilers)?;
    let plain: Vec<&str> =
        made.names.iter().map(String::as_str).filter(|name| !name.starts_with("pycc-shim-")).collect();
    writeln!(out, "{} stands before {}", directory.display(), plain.join(" "))?;
    if !made.stale.is_empty() {
        writeln!(out, "gone with their compilers: {}", made.stale.join(" "))?;
    }
    let quoted = directory.to_string_lossy();
    writeln!(out, "use it with:  export PATH={}:\"$PATH\"", shell_words::quote(&quoted))?;
    writeln!(out, "or with:      export CXX={0}/pycc-shim-g++ CC={0}/pycc-shim-gcc", shell_words::quote(&quoted))?;
    Ok(0)
}
