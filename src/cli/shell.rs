//! The shells that `completions` writes for.

/// A shell that we know the language of.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Shell {
    Bash,
    Zsh,
    Fish,
}
