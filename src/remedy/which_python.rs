//! Which Python a compile is for: from the call itself, never from whatever `python3` on PATH happens to be.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::command::CompileCommand;
use crate::host::Host;
use crate::host::python::{self, Installation, Tag};

/// Directories of Pythons that a command searches for headers.
struct Searched {
    tag: Tag,
    prefix: PathBuf,
}

/// The Python that a compile is for, or none where nothing tells.
///
/// An include directory whose version has an interpreter on this machine wins, for a build script may run in one
/// Python and build for another. One that names nothing real (uv's `/install/include`, a virtual environment's empty
/// `include/`, a folder of no interpreter) loses to the interpreter that runs the build.
#[must_use]
pub fn of(command: &CompileCommand, host: &Host) -> Option<Installation> {
    let searched: Vec<Searched> =
        command.include_dirs.iter().filter_map(|directory| searched(&command.directory.join(directory))).collect();
    let real = searched.iter().find_map(|searched| installed_there(searched, host));
    if let Some(python) = real {
        return Some(python);
    }
    let by_tag = |tag: &Tag| known(host).find(|python| python.tag == *tag).cloned();
    if let Some(python) = searched.iter().find_map(|searched| by_tag(&searched.tag)) {
        return Some(python);
    }
    // From here on the command names no Python of this machine. The one that runs the build knows better.
    if let Some(python) = &host.running {
        return Some(python.clone());
    }
    let mentioned = mentioned_tag(command);
    if let Some(python) = mentioned.as_ref().and_then(by_tag) {
        return Some(python);
    }
    // Weak evidence, but all there is: a log of another machine, or a Python that has gone.
    if let Some(Searched { tag, prefix }) = searched.into_iter().next() {
        return Some(Installation::assumed(&host.files, &prefix, tag, host.container));
    }
    host.active.first().cloned()
}

/// Whether a Python is on this machine, or only assumed from a command's words.
#[must_use]
pub fn is_here(python: &Installation, host: &Host) -> bool {
    known(host).any(|known| known == python)
        || python::in_prefix(&host.files, &python.prefix, host.container).contains(python)
}

/// The Pythons of this machine, the running one first.
fn known(host: &Host) -> impl Iterator<Item = &Installation> {
    host.running.iter().chain(&host.active).chain(&host.pythons)
}

/// The Python whose own include directory is searched: in that prefix, with that tag, its interpreter is there. A
/// virtual environment's leads to its base.
fn installed_there(searched: &Searched, host: &Host) -> Option<Installation> {
    if let Some(base) = python::of_virtual_environment(&host.files, &searched.prefix, host.container) {
        return Some(base);
    }
    let there = python::in_prefix(&host.files, &searched.prefix, host.container);
    let same = there.iter().find(|python| python.tag == searched.tag);
    // A build that knows nothing of ABIs says python3.13 for 3.13t (case c191).
    let other =
        || there.iter().find(|python| python.tag.version == searched.tag.version && searched.tag.abi.is_empty());
    same.or_else(other).cloned()
}

/// Reads `…/include/python3.13t` as a Python's include directory, also nested in a framework.
fn searched(directory: &Path) -> Option<Searched> {
    let tag = Tag::of_name(directory.file_name()?.to_str()?)?;
    let include = directory.parent().filter(|parent| parent.file_name() == Some(OsStr::new("include")))?;
    let above = include.parent()?;
    // Homebrew: PREFIX/Frameworks/Python.framework/Versions/3.13/include/python3.13
    let prefix = above.ancestors().find(|part| part.ends_with("Frameworks")).and_then(Path::parent).unwrap_or(above);
    let prefix = if prefix.ends_with("Library") { above } else { prefix };
    Some(Searched { tag, prefix: prefix.to_owned() })
}

/// A version in the command's other paths: the tag of an extension module's name, `lib/python3.13/`.
fn mentioned_tag(command: &CompileCommand) -> Option<Tag> {
    let module = command.output.as_ref().and_then(|output| tag_of_module(output.file_name()?.to_str()?));
    module.or_else(|| {
        command.paths().find_map(|path| {
            let parts: Vec<Component<'_>> = path.components().collect();
            parts.windows(2).find_map(|pair| match pair {
                [Component::Normal(library), Component::Normal(python)] if library.to_str()?.starts_with("lib") => {
                    Tag::of_name(python.to_str()?)
                }
                _ => None,
            })
        })
    })
}

/// `x.cpython-313t-x86_64-linux-gnu.so` is for 3.13t (PEP 3149).
fn tag_of_module(name: &str) -> Option<Tag> {
    let tag = name.split_once(".cpython-")?.1.split(['-', '.']).next()?;
    let (major, rest) = tag.split_at_checked(1)?;
    Tag::parse(&format!("{major}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn include_directories_of_pythons() {
        for (directory, expected) in [
            ("/usr/include/python3.13", Some("/usr 3.13")),
            ("/opt/py/include/python3.13t", Some("/opt/py 3.13t")),
            (
                "/opt/homebrew/opt/python@3.13/Frameworks/Python.framework/Versions/3.13/include/python3.13",
                Some("/opt/homebrew/opt/python@3.13 3.13"),
            ),
            (
                "/Library/Frameworks/Python.framework/Versions/3.12/include/python3.12",
                Some("/Library/Frameworks/Python.framework/Versions/3.12 3.12"),
            ),
            ("/usr/include", None),
            ("/usr/include/python", None),
            ("/src/python3.13", None),
        ] {
            let found = searched(Path::new(directory)).map(|found| format!("{} {}", found.prefix.display(), found.tag));
            assert_eq!(found.as_deref(), expected, "{directory}");
        }
    }

    #[test]
    fn tags_of_modules() {
        let tag = |name| tag_of_module(name).map(|tag| tag.to_string());
        assert_eq!(tag("cuda_utils.cpython-313-x86_64-linux-gnu.so").as_deref(), Some("3.13"));
        assert_eq!(tag("x.cpython-314t-darwin.so").as_deref(), Some("3.14t"));
        assert_eq!(tag("x.abi3.so"), None);
    }
}
