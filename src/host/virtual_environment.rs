//! A virtual environment, which is never the Python that is meant: its base is.

use std::path::{Path, PathBuf};

use super::files::Root;
use super::python::{self, Installation};
use super::tag::Version;

/// How many virtual environments may have been made from each other.
const DEEPEST: usize = 4;

/// The base of a virtual environment: the Python that its `pyvenv.cfg` names, never the environment itself, whose
/// include directory is empty (facts/python.md section 1).
#[must_use]
pub fn base(root: &Root, environment: &Path, container: bool) -> Option<Installation> {
    base_of(root, environment, container, DEEPEST)
}

fn base_of(root: &Root, environment: &Path, container: bool, deepest: usize) -> Option<Installation> {
    let settings = root.read(&environment.join("pyvenv.cfg"))?;
    let settings = String::from_utf8_lossy(&settings);
    let value = |key: &str| {
        settings.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == key).then(|| value.trim().to_owned())
        })
    };
    let home = PathBuf::from(value("home")?);
    // An environment that was made from another one's interpreter.
    if deepest > 0
        && let Some(base) = home.parent().and_then(|outer| base_of(root, outer, container, deepest - 1))
    {
        return Some(base);
    }
    let pythons = python::in_prefix(root, home.parent()?, container);
    // venv writes "version", virtualenv and uv "version_info", both with the patch level.
    let version = value("version").or_else(|| value("version_info")).and_then(|version| {
        let mut parts = version.split('.');
        Some(Version { major: parts.next()?.parse().ok()?, minor: parts.next()?.parse().ok()? })
    });
    // Which of the builds of that version is in the names that the environment's own interpreter has.
    let is_its = |python: &&Installation| {
        Some(python.tag.version) == version && root.exists(&environment.join(format!("bin/python{}", python.tag)))
    };
    let is_version = |python: &&Installation| Some(python.tag.version) == version;
    match version {
        Some(_) => {
            let own = pythons.iter().filter(is_its).max_by_key(|python| python.tag.abi.len());
            own.or_else(|| pythons.iter().find(is_version)).cloned()
        }
        None => pythons.first().cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::origin::Origin;
    use std::fs;

    #[test]
    fn an_environment_of_a_free_threaded_build() {
        let keep = tempfile::tempdir().unwrap();
        for file in ["usr/bin/python3.13", "usr/bin/python3.13t", "venv/bin/python3.13t"] {
            let path = keep.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let root = Root::new(keep.path());
        fs::write(keep.path().join("venv/pyvenv.cfg"), "home = /usr/bin\nversion = 3.13.5\n").unwrap();
        let python = base(&root, Path::new("/venv"), false).unwrap();
        assert_eq!(python.tag.to_string(), "3.13t");
        // Its base has gone: nothing else is it.
        fs::write(keep.path().join("venv/pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
        assert_eq!(base(&root, Path::new("/venv"), false), None);
    }

    #[test]
    fn an_environment_made_from_an_environment() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        for file in ["usr/bin/python3.13", "one/bin/python3.13", "two/bin/python3.13"] {
            fs::create_dir_all(at(file).parent().unwrap()).unwrap();
            fs::write(at(file), "").unwrap();
        }
        fs::write(at("one/pyvenv.cfg"), "home = /usr/bin\n").unwrap();
        fs::write(at("two/pyvenv.cfg"), "home = /one/bin\nversion_info = 3.13.5\n").unwrap();
        let root = Root::new(directory.path());
        assert_eq!(base(&root, Path::new("/two"), false).unwrap().prefix, Path::new("/usr"));
        fs::write(at("one/pyvenv.cfg"), "home = /two/bin\n").unwrap();
        assert!(base(&root, Path::new("/two"), false).is_some(), "a loop ends");
    }

    #[test]
    fn a_virtual_environment_leads_to_its_base() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        for file in ["usr/bin/python3.11", "usr/bin/python3.13", "usr/bin/python3.13-config", "venv/bin/python3"] {
            fs::create_dir_all(at(file).parent().unwrap()).unwrap();
            fs::write(at(file), "").unwrap();
        }
        fs::write(at("venv/pyvenv.cfg"), "home = /usr/bin\nversion = 3.13.5\n").unwrap();
        let root = Root::new(directory.path());
        let python = python::of_interpreter(&root, Path::new("/venv/bin/python3"), false).unwrap();
        assert_eq!(python.tag.to_string(), "3.13");
        assert_eq!(python.include_dir, Path::new("/usr/include/python3.13"));
        assert_eq!(python.origin, Origin::System);
    }
}
