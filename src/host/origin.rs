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
    Uv,
    Homebrew,
    /// The python.org installer's framework, or Apple's.
    Framework,
    DockerOfficial,
    Hostedtoolcache,
    Source,
    Nix,
    Unknown,
}

impl Origin {
    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Deadsnakes => "deadsnakes",
            Self::Conda => "conda",
            Self::Pyenv => "pyenv",
            Self::Uv => "uv",
            Self::Homebrew => "homebrew",
            Self::Framework => "framework",
            Self::DockerOfficial => "docker-official",
            Self::Hostedtoolcache => "hostedtoolcache",
            Self::Source => "source",
            Self::Nix => "nix",
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
        let places: [(&str, Self); 13] = [
            ("/uv/python/", Self::Uv),
            // python-build-standalone as it was packed: nothing exists there, and uv is who brings it.
            ("/install", Self::Uv),
            ("pyenv/versions/", Self::Pyenv),
            ("/hostedtoolcache/", Self::Hostedtoolcache),
            ("/Cellar/python", Self::Homebrew),
            ("/opt/python@", Self::Homebrew),
            ("/homebrew/", Self::Homebrew),
            ("/.linuxbrew/", Self::Homebrew),
            ("/Python.framework/", Self::Framework),
            ("/PythonT.framework/", Self::Framework),
            ("/Python3.framework/", Self::Framework),
            ("/nix/store/", Self::Nix),
            ("/gnu/store/", Self::Unknown),
        ];
        if let Some((_, origin)) = places.iter().find(|(part, _)| match *part {
            "/install" => text == "/install",
            part => holds(part),
        }) {
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
