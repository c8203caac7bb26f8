//! Compilers, and the parts of a toolchain that hide behind messages about headers; see `toolchain.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Compiler;

/// The tables of `toolchain.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    pub(super) compiler: Vec<Compiler>,
    headers: Headers,
    pub(super) part: Vec<Part>,
    pub(super) moved: Vec<Moved>,
}

/// Headers by whose they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Headers {
    builtin: Vec<String>,
    cxx: Vec<String>,
    c: Vec<String>,
    anybodys: Vec<String>,
}

/// A part of a toolchain and its packages by platform. In a package's name `{version}` is the major version of the
/// compiler; `versioned` names are for a compiler that was called by its version, `packages` for the system's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub id: String,
    #[serde(default)]
    pub packages: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub versioned: BTreeMap<String, Vec<String>>,
    pub evidence: String,
}

/// A header that its project moved or dropped: no package brings it back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    pub header: String,
    /// The catalog's name for whose it was.
    pub component: String,
    /// The first Python without it: an older one has it.
    pub python: String,
    /// What happened: the text after "NAME is missing: ".
    pub because: String,
    /// What to do.
    pub note: String,
    pub evidence: String,
}

impl Toolchain {
    /// Whether a header is the compiler's own, in its own directory.
    #[must_use]
    pub fn is_builtin(&self, header: &str) -> bool {
        self.headers.builtin.iter().any(|known| known == header)
    }

    /// Whether a header is the C++ standard library's.
    #[must_use]
    pub fn is_cxx(&self, header: &str) -> bool {
        self.headers.cxx.iter().any(|known| known == header)
    }

    /// Whether a header is one of the C library's that a compile meets first.
    #[must_use]
    pub fn is_c(&self, header: &str) -> bool {
        self.headers.c.iter().any(|known| known == header)
    }

    /// Whether any project may have a header of that name, a library's too.
    #[must_use]
    pub fn is_anybodys(&self, header: &str) -> bool {
        header.split_once('.').is_some_and(|(stem, _)| self.headers.anybodys.iter().any(|known| known == stem))
    }

    #[must_use]
    pub fn part(&self, id: &str) -> Option<&Part> {
        self.part.iter().find(|part| part.id == id)
    }

    #[must_use]
    pub fn moved(&self, header: &str) -> Option<&Moved> {
        self.moved.iter().find(|moved| moved.header == header)
    }
}

impl Part {
    /// The packages on a platform, for a compiler of a major version; `is_default` when it is the system's own.
    #[must_use]
    pub fn packages(&self, platform: &str, version: Option<&str>, is_default: bool) -> Option<Vec<String>> {
        let plain = self.packages.get(platform);
        let versioned = || {
            let names = self.versioned.get(platform)?;
            Some(names.iter().map(|name| name.replace("{version}", version.unwrap_or_default())).collect())
        };
        match (plain, version) {
            (Some(plain), _) if is_default => Some(plain.clone()),
            (_, Some(_)) => versioned(),
            (plain, None) => plain.cloned(),
        }
    }
}
