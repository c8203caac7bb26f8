//! Who has CPython's headers; see `python.toml`.

use serde::Deserialize;

use super::Platform;

/// The tables of `python.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Python {
    headers: PythonHeaders,
    pub(super) package: Vec<PythonPackage>,
    pub(super) shipped: Vec<Shipped>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PythonHeaders {
    names: Vec<String>,
    multiarch: String,
}

/// Who has the headers of a system's own Python.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonPackage {
    pub(super) platform: String,
    #[serde(default)]
    releases: Vec<String>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    abi: String,
    pub packages: Vec<String>,
    pub repository: Option<String>,
    #[serde(default)]
    installed: bool,
    #[serde(default)]
    pub unlisted_release: bool,
    #[serde(default)]
    pub ships_headers: bool,
    pub evidence: String,
}

/// A Python that brings its own headers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipped {
    pub(super) origin: String,
    pub manager: Option<String>,
    #[serde(default)]
    pub packages: Vec<String>,
    #[serde(default)]
    pub commands: Vec<String>,
    pub note: Option<String>,
    pub evidence: String,
}

/// What the tables say of a question about a system's Python.
#[derive(Debug, Clone, Copy)]
pub struct PythonQuestion<'a> {
    pub platform: &'a Platform,
    /// `3.13`.
    pub version: &'a str,
    pub abi: &'a str,
    /// Whether that interpreter itself is installed in /usr.
    pub installed: bool,
}

impl Python {
    /// Whether a header, as it is included, is one of CPython's own.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.names.iter().any(|known| known == name) || self.multiarch_triplet(name).is_some()
    }

    /// The target triplet in the name of a multiarch half: `x86_64-linux-gnu` of
    /// `x86_64-linux-gnu/python3.13/pyconfig.h`.
    #[must_use]
    pub fn multiarch_triplet<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (before, after) = self.headers.multiarch.split_once("{version}")?;
        let fixed = before.strip_prefix("{triplet}")?;
        let (triplet, rest) = name.split_once(fixed)?;
        let version = rest.strip_suffix(after)?;
        let is_plain = |text: &str| !text.is_empty() && !text.contains(['/', ' ']);
        (is_plain(triplet) && is_plain(version)).then_some(triplet)
    }

    /// The package that has a system Python's headers: the first row that fits.
    #[must_use]
    pub fn package(&self, question: PythonQuestion<'_>) -> Option<&PythonPackage> {
        let on_platform = |row: &&PythonPackage| row.platform == question.platform.id;
        let release = question.platform.release.as_str();
        let is_listed = self.package.iter().filter(on_platform).any(|row| row.releases.iter().any(|r| r == release));
        self.package.iter().filter(on_platform).find(|row| {
            (row.releases.is_empty() || row.releases.iter().any(|known| known == release))
                && (row.versions.is_empty() || row.versions.iter().any(|known| known == question.version))
                && row.abi == question.abi
                && (!row.installed || question.installed)
                && !(row.unlisted_release && is_listed)
        })
    }

    /// How the headers of a Python of this origin come back.
    #[must_use]
    pub fn shipped(&self, origin: &str) -> Option<&Shipped> {
        self.shipped.iter().find(|row| row.origin == origin)
    }
}
