//! Who has the C headers of which Python; see `python.toml`.

use serde::Deserialize;

use super::Platform;

/// The tables of `python.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Python {
    headers: Headers,
    package: Vec<Package>,
    shipped: Vec<Shipped>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Headers {
    names: Vec<String>,
    multiarch: String,
}

/// Who has the headers of a system's own Python.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)]
pub struct Package {
    platform: String,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    managers: Vec<String>,
    #[serde(default)]
    releases: Vec<String>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    abi: String,
    #[serde(default)]
    pypy: bool,
    pub packages: Vec<String>,
    pub repository: Option<String>,
    #[serde(default)]
    installed: bool,
    #[serde(default)]
    default: bool,
    ppa: Option<bool>,
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
    origin: String,
    abi: Option<String>,
    below: Option<String>,
    pub manager: Option<String>,
    #[serde(default)]
    pub packages: Vec<String>,
    #[serde(default)]
    pub commands: Vec<String>,
    #[serde(default)]
    pub needs_root: bool,
    /// The headers are in a package of their own after all.
    #[serde(default)]
    pub is_separate: bool,
    pub note: Option<String>,
    pub evidence: String,
}

/// A question about a system's Python.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)]
pub struct Question<'a> {
    pub platform: &'a Platform,
    /// The system's os-release ID.
    pub id: &'a str,
    /// Its VERSION_ID.
    pub version_id: &'a str,
    /// The manager that would install.
    pub manager: &'a str,
    /// `3.13`.
    pub version: &'a str,
    pub abi: &'a str,
    pub pypy: bool,
    /// Whether that interpreter itself is installed in /usr.
    pub installed: bool,
    /// Whether it is the one that /usr/bin/python3 is.
    pub default: bool,
    /// Whether the system's database says that it comes from the deadsnakes PPA; none where it says nothing.
    pub ppa: Option<bool>,
}

impl Package {
    fn answers(&self, question: Question<'_>) -> bool {
        let among = |list: &[String], word: &str| list.is_empty() || list.iter().any(|known| known == word);
        // Alpine 3.22.1 is of the release 3.22, whatever the platform's own releases are.
        let is_release = |known: &String| {
            *known == question.platform.release
                || known.contains('.')
                    && question
                        .version_id
                        .strip_prefix(known.as_str())
                        .is_some_and(|rest| rest.starts_with('.') || rest.is_empty())
        };
        self.platform == question.platform.id
            && among(&self.ids, question.id)
            && among(&self.managers, question.manager)
            && (self.releases.is_empty() || self.releases.iter().any(is_release))
            && among(&self.versions, question.version)
            && self.abi == question.abi
            && self.pypy == question.pypy
            && (!self.installed || question.installed)
            && (!self.default || question.default)
            && self.ppa.is_none_or(|ppa| question.ppa == Some(ppa))
            // What the PPA brought has its headers in the PPA.
            && (self.repository.is_some() || question.ppa != Some(true))
    }
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
    pub fn package(&self, question: Question<'_>) -> Option<&Package> {
        let release = &question.platform.release;
        let is_listed = |row: &Package| row.platform == question.platform.id && row.releases.contains(release);
        let is_listed = self.package.iter().any(is_listed);
        self.package.iter().find(|row| row.answers(question) && !(row.unlisted_release && is_listed))
    }

    /// How the headers of a Python of this origin and ABI, in this prefix, come back: the first row that fits.
    #[must_use]
    pub fn shipped(&self, origin: &str, abi: &str, prefix: &str) -> Option<&Shipped> {
        self.shipped.iter().find(|row| {
            row.origin == origin
                && row.abi.as_ref().is_none_or(|known| known == abi)
                && row.below.as_ref().is_none_or(|piece| prefix.contains(piece.as_str()))
        })
    }
}

#[cfg(test)]
impl Python {
    /// Each row's platform, packages and repository.
    pub(super) fn packages(&self) -> impl Iterator<Item = (&str, &[String], Option<&str>)> {
        self.package.iter().map(|row| {
            assert!(!row.evidence.is_empty(), "{:?} on {}", row.packages, row.platform);
            (row.platform.as_str(), row.packages.as_slice(), row.repository.as_deref())
        })
    }

    /// What may hold placeholders.
    pub(super) fn shipped_texts(&self) -> impl Iterator<Item = &String> {
        self.shipped.iter().flat_map(|row| {
            let says_something = row.note.is_some() || !row.commands.is_empty() || row.manager.is_some();
            assert!(!row.evidence.is_empty() && says_something, "{}", row.origin);
            row.commands.iter().chain(&row.packages).chain(&row.note)
        })
    }
}
