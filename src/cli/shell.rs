//! The shells that `setup` and `completions` write for.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A shell that we know the language of.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    /// The line that puts a directory first on PATH, and takes it out further behind: however often a start-up file is
    /// read, it stands there once. For bash and zsh in what every POSIX shell has (macOS has bash 3.2), for fish without
    /// `fish_add_path`, which came with 3.2 only.
    pub(super) fn path_line(self, directory: &Path) -> Vec<u8> {
        let directory = directory.as_os_str().as_bytes();
        let (form, quoted) = match self {
            Self::Bash | Self::Zsh => (
                "PATH=:$PATH:; case $PATH in *:DIR:*) PATH=${PATH%%:DIR:*}:${PATH#*:DIR:} ;; esac; export \
                 PATH=DIR\"${PATH%:}\"\n",
                quote(directory, &[(b'\'', br"'\''")]),
            ),
            Self::Fish => (
                "if set -l at (contains -i -- DIR $PATH); set -e PATH[$at]; end; set -gx PATH DIR $PATH\n",
                quote(directory, &[(b'\'', br"\'"), (b'\\', br"\\")]),
            ),
        };
        let parts: Vec<&[u8]> = form.split("DIR").map(str::as_bytes).collect();
        parts.join(quoted.as_slice())
    }
}

/// A word in single quotes, which both languages have; `escapes` are what stands for a byte there. A word of plain
/// characters stays as it is.
fn quote(word: &[u8], escapes: &[(u8, &[u8])]) -> Vec<u8> {
    if word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+".contains(byte)) {
        return word.to_vec();
    }
    let mut quoted = vec![b'\''];
    for byte in word {
        match escapes.iter().find(|(escaped, _)| escaped == byte) {
            Some((_, text)) => quoted.extend_from_slice(text),
            None => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}
