//! A report: what is missing and what to do, as text and as JSON (schema 1).
//!
//! The structures here are the JSON's, field by field; they hold text only, and know neither the machine nor how a
//! remedy was found.

pub mod clean;
pub mod fleet;
pub mod json;
pub mod merge;
pub mod nodes;
pub mod record;
pub mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The number of the JSON's form.
pub const SCHEMA: u32 = 1;

/// Every finding of one failed compile, or of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub schema: u32,
    pub findings: Vec<Finding>,
}

impl Default for Report {
    fn default() -> Self {
        Self { schema: SCHEMA, findings: Vec::new() }
    }
}

impl Report {
    /// Adds the findings of another report that are new here: the same kind, name and Python is the same finding.
    pub fn merge(&mut self, other: Self) {
        for finding in other.findings {
            if !self.findings.iter().any(|known| known.is_same(&finding)) {
                self.findings.push(finding);
            }
        }
    }
}

/// One missing thing and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub missing: Subject,
    pub location: Option<Place>,
    pub client: String,
    pub component: String,
    pub python: Option<Python>,
    pub host: Machine,
    pub verdict: String,
    pub summary: String,
    pub remedies: Vec<Remedy>,
    pub verify: Option<String>,
    pub notes: Vec<String>,
}

impl Finding {
    fn is_same(&self, other: &Self) -> bool {
        self.missing == other.missing && self.python == other.python
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub kind: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub file: String,
    pub line: u32,
    pub column: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Python {
    /// `major.minor`.
    pub version: String,
    /// `""`, `"t"` or `"d"`.
    pub abi: String,
    pub origin: String,
    pub include_dir: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    pub os: String,
    pub version: String,
    /// The system's own package manager, none where there is none.
    pub manager: Option<String>,
    pub container: bool,
    /// `root`, `sudo`, `doas` or `none`.
    pub privilege: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    pub manager: Option<String>,
    pub packages: Vec<String>,
    /// Variables to set, with their plain values.
    pub env: BTreeMap<String, String>,
    pub needs_root: bool,
    /// Commands for a shell, in their order, without sudo.
    pub commands: Vec<String>,
    /// The line for a Dockerfile, only where the machine is a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<String>,
}

/// Whether a variable is a list of directories that keeps what it holds: the drivers' and the linker's own (GCC's
/// manual, "Environment Variables"; ld's), pkg-config's, and PATH.
#[must_use]
pub fn is_list(variable: &str) -> bool {
    matches!(variable, "PATH" | "CPATH" | "LIBRARY_PATH" | "LD_RUN_PATH" | "PKG_CONFIG_PATH")
}
