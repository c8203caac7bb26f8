//! The words of a table's placeholders, from the command and the machine.
//!
//! `{python}` 3.13, `{nodot}` 313, `{gcc}` and `{llvm}` a compiler's major version, `{cuda}` 12-6 and `{cuda_major}` 12
//! of the CUDA toolkit in question, `{pg}` PostgreSQL's major version, `{triplet}` Debian's name for this machine,
//! `{arch}` and `{release}`.

use std::ffi::OsStr;
use std::path::Path;

use super::toolchain::layout::{Compiler, Gcc};
use super::{Context, cuda, which_python};

/// A template with every placeholder filled; none where one cannot be known.
pub(super) fn fill(template: &str, context: Context<'_>) -> Option<String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(&word(name, context)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

fn word(name: &str, context: Context<'_>) -> Option<String> {
    match name {
        "python" => Some(which_python::of(context.command, context.host)?.tag.version.to_string()),
        "nodot" => {
            let version = which_python::of(context.command, context.host)?.tag.version;
            Some(format!("{}{}", version.major, version.minor))
        }
        "gcc" => compiler(context).filter(|compiler| !compiler.is_clang()).map(|compiler| compiler.version),
        "llvm" => compiler(context).filter(Compiler::is_clang).map(|compiler| compiler.version),
        "cuda" => cuda::version_of_packages(context),
        "cuda_major" => cuda::version(context)?.split('.').next().map(str::to_owned),
        "pg" => newest_in("/usr/lib/postgresql", context),
        "triplet" => Some(triplet()),
        "arch" => Some(std::env::consts::ARCH.to_owned()),
        "release" => context.platform().map(|platform| platform.release).filter(|release| !release.is_empty()),
        "release_nodot" => Some(word("release", context)?.replace('.', "")),
        "nvidia_arch" => Some(if std::env::consts::ARCH == "aarch64" { "sbsa" } else { "x86_64" }.to_owned()),
        _ => None,
    }
}

/// Debian's name for this machine (its multiarch manual): the directory below /usr/lib and /usr/include.
pub(super) fn triplet() -> String {
    format!("{}-linux-gnu", std::env::consts::ARCH)
}

fn compiler(context: Context<'_>) -> Option<Compiler> {
    Compiler::of(context, &Gcc::of(context)?)
}

/// The highest number among a directory's names.
fn newest_in(directory: &str, context: Context<'_>) -> Option<String> {
    let names = context.host.files.names(Path::new(directory));
    let number = names.iter().filter_map(|name| name.parse::<u32>().ok()).max()?;
    Some(number.to_string())
}

/// Whether a path's last part is that.
pub(super) fn is_named(path: &Path, name: &str) -> bool {
    path.file_name() == Some(OsStr::new(name))
}
