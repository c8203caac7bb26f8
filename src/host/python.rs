//! Every Python that a build on this machine can mean.

use std::fmt;
use std::path::{Path, PathBuf};

use super::files::Root;
use super::origin::Origin;

/// `major.minor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// A version with its ABI suffix: `""`, `"t"` (free-threaded) or `"d"` (debug).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub version: Version,
    pub abi: String,
}

impl Tag {
    /// Reads `3.13`, `3.13t`, `3.6m` (the `m` of Python before 3.8 is no choice of the user's, and is dropped).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, rest) = text.split_once('.')?;
        let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        let version = Version { major: major.parse().ok()?, minor: rest[..digits].parse().ok()? };
        let abi = match &rest[digits..] {
            "" | "m" => "",
            "t" => "t",
            "d" | "dm" => "d",
            _ => return None,
        };
        Some(Self { version, abi: abi.to_owned() })
    }

    /// Reads a file name such as `python3.13t` (an include directory, an interpreter, a library directory).
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::parse(name.strip_prefix("python")?)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.version, self.abi)
    }
}

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

/// The directory that holds (or would hold) Python.h below a prefix. Homebrew and the frameworks nest it.
fn include_dir(root: &Root, prefix: &Path, tag: &Tag) -> PathBuf {
    let name = format!("python{tag}");
    let plain = prefix.join("include").join(&name);
    let framework = prefix.join(format!("Frameworks/Python.framework/Versions/{}/include/{name}", tag.version));
    let apple = prefix.join("Headers");
    [&framework, &apple].into_iter().find(|directory| root.is_directory(directory)).unwrap_or(&plain).clone()
}

/// The Pythons whose interpreters lie in `PREFIX/bin`.
#[must_use]
pub fn in_prefix(root: &Root, prefix: &Path, container: bool) -> Vec<Installation> {
    let interpreters = root.names(&prefix.join("bin"));
    let mut found: Vec<Installation> = interpreters
        .iter()
        .filter_map(|name| Tag::of_name(name))
        .map(|tag| Installation::assumed(root, prefix, tag, container))
        .collect();
    found.dedup();
    found
}

/// How many virtual environments may have been made from each other.
const DEEPEST: usize = 4;

/// The base of a virtual environment: the Python that its `pyvenv.cfg` names, never the environment itself, whose
/// include directory is empty (facts/python.md section 1).
#[must_use]
pub fn of_virtual_environment(root: &Root, environment: &Path, container: bool) -> Option<Installation> {
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
    let pythons = in_prefix(root, home.parent()?, container);
    // venv writes "version", virtualenv and uv "version_info", both with the patch level.
    let wanted = value("version").or_else(|| value("version_info")).and_then(|version| {
        let mut parts = version.split('.');
        Some(Version { major: parts.next()?.parse().ok()?, minor: parts.next()?.parse().ok()? })
    });
    pythons.iter().find(|python| Some(python.tag.version) == wanted).or_else(|| pythons.first()).cloned()
}

/// The Python of an interpreter's file: what runs the build. Links and virtual environments lead to their base.
#[must_use]
pub fn of_interpreter(root: &Root, executable: &Path, container: bool) -> Option<Installation> {
    if let Some(environment) = executable.parent().and_then(Path::parent)
        && let Some(base) = of_virtual_environment(root, environment, container)
    {
        return Some(base);
    }
    let real = root.canonical(executable);
    let prefix = real.parent()?.parent()?;
    let pythons = in_prefix(root, prefix, container);
    let named = real.file_name().and_then(|name| Tag::of_name(name.to_str()?));
    match named {
        Some(tag) => Some(Installation::assumed(root, prefix, tag, container)),
        None => pythons.into_iter().next(),
    }
}

/// The Pythons in the places where one looks for them, the system's own first.
#[must_use]
pub fn usual(root: &Root, home: Option<&Path>, container: bool) -> Vec<Installation> {
    let mut prefixes: Vec<PathBuf> = vec!["/usr".into(), "/usr/local".into()];
    let mut each_in = |directory: &Path, below: &[&str]| {
        for name in root.names(directory) {
            prefixes.extend(below.iter().map(|part| directory.join(&name).join(part)));
        }
    };
    if let Some(home) = home {
        each_in(&home.join(".pyenv/versions"), &[""]);
        for manager in [".asdf/installs/python", ".local/share/mise/installs/python", ".rye/py", ".pixi/envs"] {
            each_in(&home.join(manager), &[""]);
        }
        each_in(&home.join(".local/share/uv/python"), &[""]);
        for conda in ["miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"] {
            each_in(&home.join(conda).join("envs"), &[""]);
        }
    }
    each_in(Path::new("/opt/conda/envs"), &[""]);
    each_in(Path::new("/opt/hostedtoolcache/Python"), &["x64", "arm64", "x64-freethreaded", "arm64-freethreaded"]);
    each_in(Path::new("/opt/python"), &[""]);
    each_in(Path::new("/Library/Frameworks/Python.framework/Versions"), &[""]);
    for brew in ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"] {
        each_in(Path::new(brew), &[""]);
    }
    prefixes.push("/opt/conda".into());
    if let Some(home) = home {
        let conda = ["miniconda3", "anaconda3", "miniforge3", "mambaforge"];
        prefixes.extend(conda.iter().map(|name| home.join(name)));
    }
    prefixes.iter().flat_map(|prefix| in_prefix(root, prefix, container)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn tags() {
        for (text, expected) in [
            ("3.13", Some(((3, 13), ""))),
            ("3.13t", Some(((3, 13), "t"))),
            ("3.6m", Some(((3, 6), ""))),
            ("3.11d", Some(((3, 11), "d"))),
            ("3", None),
            ("3.x", None),
            ("3.13-config", None),
        ] {
            let tag = Tag::parse(text).map(|tag| ((tag.version.major, tag.version.minor), tag.abi));
            assert_eq!(tag.as_ref().map(|(version, abi)| (*version, abi.as_str())), expected, "{text}");
        }
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
        assert_eq!(of_virtual_environment(&root, Path::new("/two"), false).unwrap().prefix, Path::new("/usr"));
        fs::write(at("one/pyvenv.cfg"), "home = /two/bin\n").unwrap();
        assert!(of_virtual_environment(&root, Path::new("/two"), false).is_some(), "a loop ends");
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
        let python = of_interpreter(&root, Path::new("/venv/bin/python3"), false).unwrap();
        assert_eq!(python.tag.to_string(), "3.13");
        assert_eq!(python.include_dir, Path::new("/usr/include/python3.13"));
        assert_eq!(python.origin, Origin::System);
    }
}
