//! Where a Python comes from, told from where it lies.

use std::path::Path;

use super::files::Root;

/// Who brought a Python here, and so who can bring its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    System,
    Deadsnakes,
    Conda,
    Pyenv,
    Asdf,
    Mise,
    Uv,
    /// rye's toolchains, archives of python-build-standalone as uv's are.
    Rye,
    /// An archive of python-build-standalone that says it lies in /install, where it was built.
    Standalone,
    Homebrew,
    /// The python.org installer's framework.
    Framework,
    /// Apple's framework of the Command Line Tools.
    CommandLineTools,
    /// Apple's framework inside Xcode itself.
    Xcode,
    MacPorts,
    DockerOfficial,
    /// The images in which wheels for every Linux are built.
    Manylinux,
    Hostedtoolcache,
    Source,
    Nix,
    Guix,
    /// A cluster's module: EasyBuild, Spack, a shared file system.
    Module,
    /// Red Hat's Software Collections.
    SoftwareCollection,
    /// The images of AWS Lambda.
    Lambda,
    Termux,
    Unknown,
}

/// Pieces of a prefix with a slash behind it, the specific ones first (facts/python.md section 9). `^`: only at the
/// beginning; a user may have an `apps` of their own.
const PLACES: [(&str, Origin); 45] = [
    ("/uv/python/", Origin::Uv),
    ("/.rye/py/", Origin::Rye),
    ("^/install/", Origin::Standalone),
    ("pyenv/versions/", Origin::Pyenv),
    ("asdf/installs/python/", Origin::Asdf),
    ("/mise/installs/python/", Origin::Mise),
    ("/rtx/installs/python/", Origin::Mise),
    ("/hostedtoolcache/", Origin::Hostedtoolcache),
    // A runner's own work directory, and where its container jobs see it.
    ("/_tool/Python/", Origin::Hostedtoolcache),
    ("^/__t/Python/", Origin::Hostedtoolcache),
    ("/Cellar/python", Origin::Homebrew),
    ("/opt/python@", Origin::Homebrew),
    ("/opt/python-freethreading/", Origin::Homebrew),
    ("/homebrew/", Origin::Homebrew),
    ("/.linuxbrew/", Origin::Homebrew),
    ("^/opt/local/", Origin::MacPorts),
    ("/CommandLineTools/", Origin::CommandLineTools),
    (".app/Contents/Developer/", Origin::Xcode),
    ("/Python.framework/", Origin::Framework),
    ("/PythonT.framework/", Origin::Framework),
    ("/Python3.framework/", Origin::CommandLineTools),
    ("^/nix/", Origin::Nix),
    ("^/gnu/store/", Origin::Guix),
    ("/com.termux/", Origin::Termux),
    ("^/var/lang/", Origin::Lambda),
    ("^/opt/rh/", Origin::SoftwareCollection),
    ("^/opt/_internal/", Origin::Manylinux),
    ("^/opt/python/cp", Origin::Manylinux),
    ("^/opt/python/pp", Origin::Manylinux),
    ("^/cvmfs/", Origin::Module),
    ("^/apps/", Origin::Module),
    ("^/sw/", Origin::Module),
    ("/spack/", Origin::Module),
    ("/easybuild/", Origin::Module),
    // EasyBuild: software/Python/3.11.3-GCCcore-12.3.0
    ("/software/Python/", Origin::Module),
    ("/software/Python-bundle", Origin::Module),
    // Built by hand, one directory a version: nothing else puts them there.
    ("^/opt/python/2.", Origin::Source),
    ("^/opt/python/3.", Origin::Source),
    // Where the installers of conda's family put themselves, each with its environments inside.
    ("/.pixi/envs/", Origin::Conda),
    ("/micromamba/envs/", Origin::Conda),
    ("^/opt/conda/", Origin::Conda),
    ("/miniconda3/", Origin::Conda),
    ("/anaconda3/", Origin::Conda),
    ("/miniforge3/", Origin::Conda),
    ("/mambaforge/", Origin::Conda),
];

impl Origin {
    /// The name of its row in the catalog.
    #[must_use]
    pub fn row(self) -> &'static str {
        match self {
            Self::Rye => "rye",
            Self::Standalone => "standalone",
            Self::CommandLineTools => "command-line-tools",
            Self::Xcode => "xcode",
            Self::MacPorts => "macports",
            Self::Manylinux => "manylinux",
            Self::Guix => "guix",
            Self::SoftwareCollection => "software-collection",
            Self::Lambda => "lambda",
            Self::Termux => "termux",
            other => other.name(),
        }
    }

    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            // Termux and the Software Collections are distributions: their packages are the system's.
            Self::System | Self::Termux | Self::SoftwareCollection => "system",
            Self::Deadsnakes => "deadsnakes",
            Self::Conda => "conda",
            Self::Pyenv => "pyenv",
            Self::Asdf => "asdf",
            Self::Mise => "mise",
            Self::Uv | Self::Rye | Self::Standalone => "uv",
            Self::Homebrew => "homebrew",
            Self::Framework | Self::CommandLineTools | Self::Xcode => "framework",
            Self::DockerOfficial => "docker-official",
            Self::Hostedtoolcache => "hostedtoolcache",
            Self::Source | Self::Manylinux => "source",
            Self::Nix => "nix",
            Self::Module => "module",
            Self::MacPorts | Self::Guix | Self::Lambda | Self::Unknown => "unknown",
        }
    }

    /// Whether this is an archive of python-build-standalone as it was packed: its own records may name /install.
    #[must_use]
    pub fn is_standalone(self) -> bool {
        matches!(self, Self::Uv | Self::Rye | Self::Mise | Self::Standalone)
    }

    /// The origin that a prefix's name alone gives away, none where it could be anybody's.
    #[must_use]
    pub fn of_name(prefix: &Path) -> Option<Self> {
        let text = format!("{}/", prefix.to_string_lossy());
        let is_there = |piece: &str| match piece.strip_prefix('^') {
            Some(beginning) => text.starts_with(beginning),
            None => text.contains(piece),
        };
        // uv's directories keep their names wherever UV_PYTHON_INSTALL_DIR puts them: cpython-3.12.5-linux-x86_64-gnu.
        let is_uvs = |part: &str| {
            let system = part.strip_prefix("cpython-").and_then(|rest| rest.split('-').nth(1));
            matches!(system, Some("linux" | "macos" | "darwin"))
        };
        if text.split('/').any(is_uvs) {
            return Some(Self::Uv);
        }
        PLACES.iter().find(|(piece, _)| is_there(piece)).map(|(_, origin)| *origin)
    }

    /// The origin of a Python with this prefix.
    #[must_use]
    pub fn of_prefix(root: &Root, prefix: &Path, container: bool) -> Self {
        if root.is_directory(&prefix.join("conda-meta")) {
            return Self::Conda;
        }
        if let Some(origin) = Self::of_name(prefix) {
            return origin;
        }
        match prefix.to_str() {
            Some("/usr") => Self::System,
            Some("/usr/local") if container => Self::DockerOfficial,
            Some("/usr/local") => Self::Source,
            _ if is_in_tool_cache(root, prefix) => Self::Hostedtoolcache,
            _ => Self::Unknown,
        }
    }
}

/// A tool cache wherever `RUNNER_TOOL_CACHE` puts it: `Python/3.12.7/x64`, and beside it `x64.complete`.
fn is_in_tool_cache(root: &Root, prefix: &Path) -> bool {
    let Some(version) = prefix.parent() else { return false };
    let is_pythons = version.parent().is_some_and(|tool| tool.ends_with("Python"));
    let architecture = prefix.file_name().unwrap_or_default().to_string_lossy();
    is_pythons && root.is_file(&version.join(format!("{architecture}.complete")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn by_the_name_of_the_prefix() {
        let nothing = tempfile::tempdir().unwrap();
        let root = Root::new(nothing.path());
        for (prefix, row, name) in [
            ("/usr", "system", "system"),
            ("/usr/local", "source", "source"),
            ("/home/u/.local/share/uv/python/cpython-3.12.5-linux-x86_64-gnu", "uv", "uv"),
            ("/python/cpython-3.13.0+freethreaded-linux-x86_64-gnu", "uv", "uv"),
            ("/home/u/.rye/py/cpython@3.12.5", "rye", "uv"),
            ("/install", "standalone", "uv"),
            ("/srv/install", "unknown", "unknown"),
            ("/home/u/.pyenv/versions/3.11.7", "pyenv", "pyenv"),
            ("/opt/pyenv/versions/3.13.0t", "pyenv", "pyenv"),
            ("/home/u/.asdf/installs/python/3.12.4", "asdf", "asdf"),
            ("/home/u/.local/share/asdf/installs/python/3.12.4", "asdf", "asdf"),
            ("/home/u/.local/share/mise/installs/python/3.12.4", "mise", "mise"),
            ("/home/u/.local/share/rtx/installs/python/3.12.4", "mise", "mise"),
            ("/opt/hostedtoolcache/Python/3.12.7/x64", "hostedtoolcache", "hostedtoolcache"),
            ("/home/runner/_work/_tool/Python/3.12.7/arm64", "hostedtoolcache", "hostedtoolcache"),
            ("/__t/Python/3.12.7/x64", "hostedtoolcache", "hostedtoolcache"),
            ("/opt/homebrew/Cellar/python@3.13/3.13.1", "homebrew", "homebrew"),
            ("/usr/local/opt/python@3.13", "homebrew", "homebrew"),
            ("/home/linuxbrew/.linuxbrew/opt/python@3.13", "homebrew", "homebrew"),
            ("/opt/homebrew/opt/python-freethreading", "homebrew", "homebrew"),
            ("/Library/Frameworks/Python.framework/Versions/3.12", "framework", "framework"),
            ("/Library/Frameworks/PythonT.framework/Versions/3.13", "framework", "framework"),
            (
                "/Library/Developer/CommandLineTools/Library/Frameworks/Python3.framework/Versions/3.9",
                "command-line-tools",
                "framework",
            ),
            (
                "/Applications/Xcode-16.2.app/Contents/Developer/Library/Frameworks/Python3.framework/Versions/3.9",
                "xcode",
                "framework",
            ),
            ("/opt/local/Library/Frameworks/Python.framework/Versions/3.12", "macports", "unknown"),
            ("/nix/store/abc-python3-3.12.5", "nix", "nix"),
            ("/gnu/store/abc-python-3.11.4", "guix", "unknown"),
            ("/data/data/com.termux/files/usr", "termux", "system"),
            ("/var/lang", "lambda", "unknown"),
            ("/opt/rh/rh-python38/root/usr", "software-collection", "system"),
            ("/opt/python/cp313-cp313t", "manylinux", "source"),
            ("/opt/_internal/cpython-3.13.0", "manylinux", "source"),
            ("/opt/python/3.11.4", "source", "source"),
            ("/cvmfs/soft.example.org/versions/python/3.11", "module", "module"),
            ("/apps/python/3.11", "module", "module"),
            ("/home/u/apps/python", "unknown", "unknown"),
            ("/sw/rl8/python/3.11", "module", "module"),
            ("/opt/spack/linux-rocky9/gcc-12/python-3.11.6-abcdef", "module", "module"),
            ("/cluster/software/Python/3.11.3-GCCcore-12.3.0", "module", "module"),
            ("/home/u/p/.pixi/envs/default", "conda", "conda"),
            ("/home/u/miniconda3/envs/x", "conda", "conda"),
            ("/opt/conda", "conda", "conda"),
            ("/srv/python", "unknown", "unknown"),
        ] {
            let origin = Origin::of_prefix(&root, Path::new(prefix), false);
            assert_eq!((origin.row(), origin.name()), (row, name), "{prefix}");
        }
        assert_eq!(Origin::of_prefix(&root, Path::new("/usr/local"), true), Origin::DockerOfficial);
    }

    #[test]
    fn by_what_lies_beside() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("srv/cache/Python/3.12.7/x64")).unwrap();
        fs::write(directory.path().join("srv/cache/Python/3.12.7/x64.complete"), "").unwrap();
        fs::create_dir_all(directory.path().join("home/u/.pyenv/versions/miniconda3-latest/conda-meta")).unwrap();
        let root = Root::new(directory.path());
        let origin = |prefix: &str| Origin::of_prefix(&root, Path::new(prefix), false);
        assert_eq!(origin("/srv/cache/Python/3.12.7/x64"), Origin::Hostedtoolcache);
        assert_eq!(origin("/srv/cache/Python/3.12.7/arm64"), Origin::Unknown);
        assert_eq!(origin("/home/u/.pyenv/versions/miniconda3-latest"), Origin::Conda);
    }
}
