//! Every Python that a build on this machine can mean.

use std::path::{Path, PathBuf};

use super::files::Root;
use super::origin::Origin;
use super::tag::Tag;
use super::{usual_places, virtual_environment};

/// One Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub tag: Tag,
    pub prefix: PathBuf,
    pub origin: Origin,
    /// Where its headers are, or would be.
    pub include_dir: PathBuf,
}

impl Installation {
    /// Whether its headers are where it looks for them: the directory alone proves nothing (facts/python.md section 1).
    #[must_use]
    pub fn has_headers(&self, root: &Root) -> bool {
        root.is_file(&self.include_dir.join("Python.h"))
    }

    /// A Python of that tag in that prefix, whether or not it is there.
    #[must_use]
    pub fn assumed(root: &Root, prefix: &Path, tag: Tag, container: bool) -> Self {
        let origin = Origin::of_prefix(root, prefix, container);
        let include_dir = include_dir(root, prefix, &tag);
        Self { tag, prefix: prefix.to_owned(), origin, include_dir }
    }
}

/// The directory that holds (or would hold) Python.h below a prefix: the first that has it, else the first that is
/// there, else the one that every build of CPython makes.
fn include_dir(root: &Root, prefix: &Path, tag: &Tag) -> PathBuf {
    let name = format!("python{tag}");
    let plain = prefix.join("include").join(&name);
    // Python 3.2 to 3.7 had an `m` in the names of ordinary builds (PEP 3149).
    let had_m = tag.version.major == 3 && (2..8).contains(&tag.version.minor);
    let with_m = prefix.join("include").join(format!("{name}m"));
    // Homebrew's kegs hold a framework; a framework built without an include directory has Headers (Apple's own).
    let frameworks = ["Python", "PythonT"].map(|framework| {
        prefix.join(format!("Frameworks/{framework}.framework/Versions/{}/include/{name}", tag.version))
    });
    let framework = frameworks[usize::from(tag.abi == "t")].clone();
    let candidates: Vec<PathBuf> =
        had_m.then_some(with_m).into_iter().chain([plain]).chain(frameworks).chain([prefix.join("Headers")]).collect();
    let has_header = |directory: &&PathBuf| root.is_file(&directory.join("Python.h"));
    let is_there = |directory: &&PathBuf| root.is_directory(directory);
    let found = candidates.iter().find(has_header).or_else(|| candidates.iter().find(is_there));
    // On a Mac a keg is a framework (facts/python.md section 6), also one that has lost its headers.
    let is_macs_keg = prefix.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python@"))
        && root.is_directory(Path::new("/System/Library/CoreServices"));
    let usual = if is_macs_keg { &framework } else { &candidates[0] };
    found.unwrap_or(usual).clone()
}

/// The Pythons whose interpreters lie in `PREFIX/bin`, or are linked from there.
#[must_use]
pub fn in_prefix(root: &Root, prefix: &Path, container: bool) -> Vec<Installation> {
    let real_prefix = root.canonical(prefix);
    let mut found: Vec<Installation> = Vec::new();
    for name in root.names(&prefix.join("bin")) {
        let Some(tag) = Tag::of_name(&name) else { continue };
        let file = root.canonical(&prefix.join("bin").join(&name));
        if !root.is_file(&file) {
            continue;
        }
        let tag = built_tag(root, prefix, linked_tag(&file, &tag).unwrap_or(tag));
        // /usr/local/bin of a manylinux image and /opt/homebrew/bin are links to where the Pythons are.
        let home = match file.parent().and_then(Path::parent) {
            Some(home) if !file.starts_with(&real_prefix) => home,
            _ => prefix,
        };
        if !found.iter().any(|known| known.tag == tag && known.prefix == home) {
            found.push(Installation::assumed(root, home, tag, container));
        }
    }
    found
}

/// The tag in the name that a link leads to: `python3.13` is `python3.13t` where only that was built.
fn linked_tag(file: &Path, tag: &Tag) -> Option<Tag> {
    Tag::of_name(file.file_name()?.to_str()?).filter(|linked| linked.version == tag.version)
}

/// A build with an ABI suffix also installs its interpreter without one, as another name of the same file (CPython's
/// Makefile, bininstall): it is that build wherever only the suffixed library or headers are there.
fn built_tag(root: &Root, prefix: &Path, tag: Tag) -> Tag {
    let suffixed = ["t", "d"].map(|abi| Tag { abi: abi.to_owned(), ..tag.clone() });
    let is_only = |part: &str, other: &Tag| {
        root.is_directory(&prefix.join(format!("{part}/python{other}")))
            && !root.is_directory(&prefix.join(format!("{part}/python{tag}")))
    };
    let is_it = |other: &&Tag| {
        tag.abi.is_empty()
            && root.is_file(&prefix.join(format!("bin/python{other}")))
            && (is_only("lib", other) || is_only("include", other))
            // The system's are packages of their own, which may be half there.
            && prefix != Path::new("/usr")
    };
    suffixed.iter().find(is_it).cloned().unwrap_or(tag)
}

/// The Python that `/usr/bin/python3` is, or the only one in /usr: the one that the system's own package `python3` is.
#[must_use]
pub fn system_default(root: &Root) -> Option<Tag> {
    let real = root.canonical(Path::new("/usr/bin/python3"));
    let linked = real.file_name().and_then(|name| Tag::of_name(name.to_str()?));
    linked.or_else(|| {
        let mut there =
            in_prefix(root, Path::new("/usr"), false).into_iter().filter(|python| python.tag.abi.is_empty());
        there.next().filter(|_| there.next().is_none()).map(|python| python.tag)
    })
}

/// The Python of an interpreter's file: what runs the build. Links and virtual environments lead to their base.
#[must_use]
pub fn of_interpreter(root: &Root, executable: &Path, container: bool) -> Option<Installation> {
    if let Some(environment) = executable.parent().and_then(Path::parent)
        && let Some(base) = virtual_environment::base(root, environment, container)
    {
        return Some(base);
    }
    let real = root.canonical(executable);
    let prefix = real.parent()?.parent()?;
    let named = real.file_name().and_then(|name| Tag::of_name(name.to_str()?));
    match named {
        Some(tag) => Some(Installation::assumed(root, prefix, built_tag(root, prefix, tag), container)),
        None => in_prefix(root, prefix, container).into_iter().next(),
    }
}

/// The Pythons in the places where one looks for them, the system's own first.
#[must_use]
pub fn usual(root: &Root, home: Option<&Path>, data_home: Option<&Path>, container: bool) -> Vec<Installation> {
    let mut found: Vec<Installation> = Vec::new();
    for python in
        usual_places::prefixes(root, home, data_home).iter().flat_map(|prefix| in_prefix(root, prefix, container))
    {
        if !found.contains(&python) {
            found.push(python);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A machine of these empty files; `a -> b` is a link.
    fn machine(files: &[&str]) -> (tempfile::TempDir, Root) {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let (path, target) = file.split_once(" -> ").map_or((*file, None), |(path, target)| (path, Some(target)));
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match target {
                Some(target) => std::os::unix::fs::symlink(target, path).unwrap(),
                None => fs::write(path, "").unwrap(),
            }
        }
        let root = Root::new(directory.path());
        (directory, root)
    }

    /// Each Python of a prefix: its tag, where it lies, and where its headers are or would be.
    #[test]
    fn the_pythons_of_a_prefix() {
        for (files, prefix, expected) in [
            // Headers decide between a directory with the `m` of old and one without; nothing there: the `m` it was.
            (&["usr/bin/python3.6"][..], "/usr", &["3.6 /usr /usr/include/python3.6m"][..]),
            (
                &["p/bin/python3.6", "p/bin/python3.6m", "p/include/python3.6/Python.h"],
                "/p",
                &["3.6 /p /p/include/python3.6"],
            ),
            (&["p/bin/python3.8"], "/p", &["3.8 /p /p/include/python3.8"]),
            // conda's free-threaded build: one is a link to the other, and only its headers are there.
            (
                &["p/bin/python3.13 -> python3.13t", "p/bin/python3.13t", "p/include/python3.13t/Python.h"],
                "/p",
                &["3.13t /p /p/include/python3.13t"],
            ),
            // A build of one's own: two names of one file.
            (
                &["p/bin/python3.13", "p/bin/python3.13t", "p/lib/python3.13t/os.py"],
                "/p",
                &["3.13t /p /p/include/python3.13t"],
            ),
            (
                &["p/bin/python3.12", "p/bin/python3.12d", "p/include/python3.12d/Python.h"],
                "/p",
                &["3.12d /p /p/include/python3.12d"],
            ),
            // The deadsnakes PPA's are two, though the headers of one are only half there.
            (
                &["usr/bin/python3.13", "usr/bin/python3.13t", "usr/include/python3.13t/pyconfig.h"],
                "/usr",
                &["3.13 /usr /usr/include/python3.13", "3.13t /usr /usr/include/python3.13t"],
            ),
            // Links out of the prefix lead to where the Python is; one that leads nowhere, to nothing.
            (
                &[
                    "usr/local/bin/python3.13 -> /opt/python/cp313-cp313/bin/python3.13",
                    "usr/local/bin/python3.12 -> /opt/python/cp312-cp312/bin/python3.12",
                    "opt/python/cp313-cp313 -> /opt/_internal/cpython-3.13.0",
                    "opt/_internal/cpython-3.13.0/bin/python3.13",
                ],
                "/usr/local",
                &["3.13 /opt/_internal/cpython-3.13.0 /opt/_internal/cpython-3.13.0/include/python3.13"],
            ),
            // RHEL 8: inside the prefix, by a name that says nothing.
            (
                &["usr/bin/python3.6 -> ../libexec/platform-python3.6", "usr/libexec/platform-python3.6"],
                "/usr",
                &["3.6 /usr /usr/include/python3.6m"],
            ),
            (
                &["b/bin/python3.13", "b/Frameworks/Python.framework/Versions/3.13/include/python3.13/Python.h"],
                "/b",
                &["3.13 /b /b/Frameworks/Python.framework/Versions/3.13/include/python3.13"],
            ),
            (
                &["P3/Versions/3.9/bin/python3.9", "P3/Versions/3.9/Headers/Python.h"],
                "/P3/Versions/3.9",
                &["3.9 /P3/Versions/3.9 /P3/Versions/3.9/Headers"],
            ),
            // An empty directory before one that has the headers.
            (
                &["P3/bin/python3.9", "P3/include/python3.9/other.h", "P3/Headers/Python.h"],
                "/P3",
                &["3.9 /P3 /P3/Headers"],
            ),
        ] {
            let (_keep, root) = machine(files);
            let found = in_prefix(&root, Path::new(prefix), false);
            let found: Vec<String> = found
                .iter()
                .map(|python| format!("{} {} {}", python.tag, python.prefix.display(), python.include_dir.display()))
                .collect();
            assert_eq!(found, expected, "{files:?}");
        }
    }

    #[test]
    fn the_default_of_the_system() {
        for (files, expected) in [
            (&["usr/bin/python3.13", "usr/bin/python3.11"][..], None),
            (&["usr/bin/python3.13"], Some("3.13")),
            (&["usr/bin/python3 -> python3.13", "usr/bin/python3.13", "usr/bin/python3.11"], Some("3.13")),
            (&[], None),
        ] {
            let (_keep, root) = machine(files);
            assert_eq!(system_default(&root).map(|tag| tag.to_string()).as_deref(), expected, "{files:?}");
        }
    }
}
