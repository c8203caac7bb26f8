//! What the tool prints, and what an error says beside what went wrong: what to do next.

use std::fmt::Display;
use std::io::Write as _;

use anyhow::{Context as _, Result, anyhow};

/// Writes to stdout, to the end: nothing flushes it after us.
///
/// # Errors
/// It is full, or closed.
pub(super) fn print(text: impl AsRef<[u8]>) -> Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_ref())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
        .advise("send it to a file or a program that takes it")
}

/// Errors that end in an advice.
pub(super) trait Advise<T> {
    /// Puts what to do next behind the error and its causes.
    fn advise(self, next: impl Display) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> Advise<T> for Result<T, E> {
    fn advise(self, next: impl Display) -> Result<T> {
        self.map_err(|error| anyhow!("{:#}; {next}", error.into()))
    }
}
