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
    Homebrew,
    /// The python.org installer's framework.
    Framework,
    /// Apple's framework, of Xcode or its command line tools.
    Xcode,
    DockerOfficial,
    Hostedtoolcache,
    Source,
    Nix,
    /// A cluster's module: EasyBuild, Spack, a shared file system.
    Module,
    Unknown,
}

/// Pieces of a prefix, the specific ones first (facts/python.md section 9).
const PLACES: [(&str, Origin); 24] = [
    ("/uv/python/", Origin::Uv),
    ("/.rye/py/", Origin::Uv),
    ("pyenv/versions/", Origin::Pyenv),
    ("/.asdf/installs/python/", Origin::Asdf),
    ("/mise/installs/python/", Origin::Mise),
    ("/rtx/installs/python/", Origin::Mise),
    ("/hostedtoolcache/", Origin::Hostedtoolcache),
    ("/_tool/Python/", Origin::Hostedtoolcache),
    ("/Cellar/python", Origin::Homebrew),
    ("/opt/python@", Origin::Homebrew),
    ("/homebrew/", Origin::Homebrew),
    ("/.linuxbrew/", Origin::Homebrew),
    // MacPorts, whose frameworks are nobody's installer's.
    ("/opt/local/", Origin::Unknown),
    ("/CommandLineTools/", Origin::Xcode),
    ("/Xcode", Origin::Xcode),
    ("/Python.framework/", Origin::Framework),
    ("/PythonT.framework/", Origin::Framework),
    ("/Python3.framework/", Origin::Xcode),
    ("/nix/store/", Origin::Nix),
    ("/gnu/store/", Origin::Unknown),
    ("/cvmfs/", Origin::Module),
    ("/spack/", Origin::Module),
    // EasyBuild: software/Python/3.11.3-GCCcore-12.3.0
    ("/software/Python/", Origin::Module),
    ("/easybuild/", Origin::Module),
];

impl Origin {
    /// The name of its row in the catalog.
    #[must_use]
    pub fn row(self) -> &'static str {
        if self == Self::Xcode { "xcode" } else { self.name() }
    }

    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Deadsnakes => "deadsnakes",
            Self::Conda => "conda",
            Self::Pyenv => "pyenv",
            Self::Asdf => "asdf",
            Self::Mise => "mise",
            Self::Uv => "uv",
            Self::Homebrew => "homebrew",
            Self::Framework | Self::Xcode => "framework",
            Self::DockerOfficial => "docker-official",
            Self::Hostedtoolcache => "hostedtoolcache",
            Self::Source => "source",
            Self::Nix => "nix",
            Self::Module => "module",
            Self::Unknown => "unknown",
        }
    }

    /// The origin of a Python with this prefix (facts/python.md section 9; the specific places first).
    #[must_use]
    pub fn of_prefix(root: &Root, prefix: &Path, container: bool) -> Self {
        let text = prefix.to_string_lossy();
        let holds = |part: &str| text.contains(part);
        if root.is_directory(&prefix.join("conda-meta")) || holds("/.pixi/envs/") {
            return Self::Conda;
        }
        if text == "/install" {
            // python-build-standalone as it was packed: nothing exists there, and uv is who brings it.
            return Self::Uv;
        }
        if let Some((_, origin)) = PLACES.iter().find(|(part, _)| holds(part)) {
            return *origin;
        }
        match &*text {
            "/usr" => Self::System,
            "/usr/local" if container => Self::DockerOfficial,
            "/usr/local" => Self::Source,
            _ => Self::Unknown,
        }
    }
}
