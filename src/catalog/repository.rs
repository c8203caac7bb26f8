//! Sources of packages that must be enabled before a package of theirs can be had; see `repositories.toml`.

use serde::Deserialize;

use super::Platform;

/// How a source is enabled on one kind of system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    pub id: String,
    /// The platform.
    pub on: String,
    /// os-release IDs, any where empty.
    #[serde(default)]
    pub ids: Vec<String>,
    #[serde(default)]
    pub releases: Vec<String>,
    /// A piece of a source's file name that shows it is enabled.
    pub file: Option<String>,
    /// The beginning of the name of a section that is on.
    pub section: Option<String>,
    /// A word among the components of apt's sources.
    pub component: Option<String>,
    /// The row holds where this file exists.
    pub beside: Option<String>,
    /// The program that the commands need.
    pub tool: Option<String>,
    /// Who has it.
    #[serde(default)]
    pub tool_packages: Vec<String>,
    /// Commands that enable it; none where nothing but having it enabled helps.
    #[serde(default)]
    pub commands: Vec<String>,
    pub evidence: String,
}

impl Repository {
    /// Whether this row is about a system: `id` is its os-release ID.
    #[must_use]
    pub fn is_for(&self, platform: &Platform, id: &str) -> bool {
        let among = |list: &[String], word: &str| list.is_empty() || list.iter().any(|known| known == word);
        self.on == platform.id && among(&self.ids, id) && among(&self.releases, &platform.release)
    }
}
