//! Which Python a compile is for: from the call itself, never from whatever `python3` on PATH happens to be.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::command::CompileCommand;
use crate::host::Host;
use crate::host::origin::Origin;
use crate::host::python::{self, Installation};
use crate::host::tag::Tag;
use crate::host::virtual_environment;

/// A Python that a path of the command names: `PREFIX/include/python3.13`, `PREFIX/lib/python3.13/…`.
#[derive(Debug)]
struct Named {
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
    let module = command.output.as_ref().and_then(|output| tag_of_module(output.file_name()?.to_str()?));
    let searched: Vec<Named> =
        command.include_dirs.iter().filter_map(|directory| of_include(&command.directory.join(directory))).collect();
    // The extension's name has the ABI that it is built for; a build system may search another one's directory.
    let with_abi = |named: &Named| Named {
        tag: module.clone().filter(|tag| tag.version == named.tag.version).unwrap_or_else(|| named.tag.clone()),
        prefix: named.prefix.clone(),
    };
    let exact = || searched.iter().map(with_abi).find_map(|named| installed_there(&named, host));
    let of_version = || searched.iter().map(with_abi).find_map(|named| of_that_version(&named, host));
    let of_module = || known(host).find(|python| module.as_ref() == Some(&python.tag)).cloned();
    // From here on the command names no Python of this machine. The one that runs the build knows better.
    let running = || host.running.clone();
    let mentioned = || {
        let mut mentioned = command.paths().filter_map(of_library);
        mentioned.find_map(|named| installed_there(&named, host).or_else(|| of_that_version(&named, host)))
    };
    // Weak evidence, but all there is: a log of another machine, or a Python that has gone.
    let gone = || {
        let named = searched.iter().map(with_abi).next()?;
        Some(Installation::assumed(&host.files, &without_environment(&named.prefix), named.tag, host.container))
    };
    exact()
        .or_else(of_version)
        .or_else(of_module)
        .or_else(running)
        .or_else(mentioned)
        .or_else(gone)
        .or_else(|| host.active.first().cloned())
}

/// Whether a Python is on this machine, or only assumed from a command's words.
#[must_use]
pub fn is_here(python: &Installation, host: &Host) -> bool {
    let is_it = |known: &Installation| known.tag == python.tag && known.prefix == python.prefix;
    known(host).any(is_it) || python::in_prefix(&host.files, &python.prefix, host.container).iter().any(is_it)
}

/// The Pythons of this machine, the running one first.
fn known(host: &Host) -> impl Iterator<Item = &Installation> {
    host.running.iter().chain(&host.active).chain(&host.pythons)
}

/// The Python whose own directory is named: in that prefix, with that tag, its interpreter is there. A virtual
/// environment's leads to its base; a prefix with one build of that version means that build.
fn installed_there(named: &Named, host: &Host) -> Option<Installation> {
    if let Some(base) = virtual_environment::base(&host.files, &named.prefix, host.container) {
        return Some(base);
    }
    let there = python::in_prefix(&host.files, &named.prefix, host.container);
    if let Some(python) = there.iter().find(|python| python.tag == named.tag) {
        return Some(python.clone());
    }
    let mut of_version = there.into_iter().filter(|python| python.tag.version == named.tag.version);
    of_version.next().filter(|_| of_version.next().is_none())
}

/// A Python of this machine that has the tag: the one that runs the build, else one that the named place could mean. A
/// place whose name says who made it (pyenv's, a tool cache's) means no other maker's Python.
fn of_that_version(named: &Named, host: &Host) -> Option<Installation> {
    let has_tag = |python: &&Installation| python.tag == named.tag;
    let maker = Origin::of_name(&named.prefix);
    let is_its = |python: &&Installation| match maker {
        Some(Origin::Standalone) => python.origin.is_standalone(),
        Some(maker) => python.origin == maker,
        None => true,
    };
    let at_work = host.running.iter().chain(&host.active).find(has_tag);
    at_work.or_else(|| host.pythons.iter().filter(has_tag).find(is_its)).cloned()
}

/// Reads `…/include/python3.13t` as a Python's include directory, also nested in a framework, and a framework's
/// `Versions/3.9/Headers`.
fn of_include(directory: &Path) -> Option<Named> {
    let name = directory.file_name()?.to_str()?;
    let (tag, above) = if name == "Headers" {
        let version = directory.parent()?;
        (Tag::parse(version.file_name()?.to_str()?)?, version)
    } else {
        let include = directory.parent().filter(|parent| parent.file_name() == Some(OsStr::new("include")))?;
        (Tag::of_name(name)?, include.parent()?)
    };
    // Homebrew: PREFIX/Frameworks/Python.framework/Versions/3.13/include/python3.13
    let prefix = above.ancestors().find(|part| part.ends_with("Frameworks")).and_then(Path::parent).unwrap_or(above);
    let prefix = if prefix.ends_with("Library") { above } else { prefix };
    Some(Named { tag, prefix: prefix.to_owned() })
}

/// Reads `PREFIX/lib/python3.13/…` and `PREFIX/lib64/python3.13/…`.
fn of_library(path: &Path) -> Option<Named> {
    path.ancestors().find_map(|part| {
        let tag = Tag::of_name(part.file_name()?.to_str()?)?;
        let library = part.parent().filter(|library| library.ends_with("lib") || library.ends_with("lib64"))?;
        let inside = path.strip_prefix(part).ok()?.components().next();
        // Debian's own Python keeps what the administrator installs in /usr/local/lib/python3.13/dist-packages.
        let is_debians = inside == Some(Component::Normal(OsStr::new("dist-packages")));
        let prefix = if is_debians { Path::new("/usr") } else { library.parent()? };
        Some(Named { tag, prefix: prefix.to_owned() })
    })
}

/// pyenv-virtualenv's environments lie in `versions/3.12.11/envs/NAME` of their base (case c373).
fn without_environment(prefix: &Path) -> PathBuf {
    let base = prefix.parent().filter(|parent| parent.ends_with("envs")).and_then(Path::parent);
    base.filter(|base| Origin::of_name(base) == Some(Origin::Pyenv)).unwrap_or(prefix).to_owned()
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
            (
                "/L/CommandLineTools/Library/Frameworks/Python3.framework/Versions/3.9/Headers",
                Some("/L/CommandLineTools/Library/Frameworks/Python3.framework/Versions/3.9 3.9"),
            ),
            ("/L/Tk.framework/Headers", None),
            ("/usr/include", None),
            ("/usr/include/python", None),
            ("/src/python3.13", None),
        ] {
            let found =
                of_include(Path::new(directory)).map(|found| format!("{} {}", found.prefix.display(), found.tag));
            assert_eq!(found.as_deref(), expected, "{directory}");
        }
    }

    #[test]
    fn libraries_of_pythons() {
        for (path, expected) in [
            ("/venv/lib/python3.13/site-packages/torch/include", Some("/venv 3.13")),
            ("/opt/py/lib64/python3.13t/config-3.13t", Some("/opt/py 3.13t")),
            ("/usr/local/lib/python3.12/dist-packages/torch/lib", Some("/usr 3.12")),
            ("/usr/local/lib/python3.12/site-packages", Some("/usr/local 3.12")),
            ("/usr/lib/python3/dist-packages", None),
            ("/src/python3.13/lib", None),
        ] {
            let found = of_library(Path::new(path)).map(|found| format!("{} {}", found.prefix.display(), found.tag));
            assert_eq!(found.as_deref(), expected, "{path}");
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
