//! What provides what: tables in TOML, compiled in, read on the first failure. Adding a package is adding a row.
//!
//! The catalog knows nothing but its tables; facts about a machine come in as plain words.

pub mod components;
pub mod python;
pub mod repository;
pub mod toolchain;
pub mod user;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use components::{Components, Wanted};
use python::Python;
use repository::Repository;
use toolchain::Toolchain;

/// All tables.
#[derive(Debug, Clone)]
pub struct Catalog {
    platforms: Vec<PlatformRow>,
    managers: Vec<Manager>,
    repositories: Vec<Repository>,
    pub components: Components,
    pub python: Python,
    pub toolchain: Toolchain,
    pub torch: Torch,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlatformRow {
    id: String,
    ids: Vec<String>,
    managers: Vec<String>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    releases: BTreeMap<String, String>,
    #[serde(default)]
    rolling: bool,
}

/// A system in the tables' terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    pub id: String,
    /// The release that the tables use (`13`, `24.04`, `9`), empty where the system has none or says none.
    pub release: String,
    /// The managers that its own packages come from, best first.
    pub managers: Vec<String>,
}

/// One package manager's command lines; see `managers.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    pub id: String,
    pub needs_root: bool,
    /// Platforms on which it does not need root.
    #[serde(default)]
    pub rootless_on: Vec<String>,
    pub refresh: Option<String>,
    pub install: String,
    pub reinstall: Option<String>,
    pub dockerfile: Option<String>,
    /// The question which package has a header.
    pub look_up: Option<String>,
    /// What must have run before, unless the program is here.
    #[serde(default)]
    pub look_up_setup: Vec<String>,
    pub look_up_program: Option<String>,
    pub evidence: String,
}

/// A compiler, by the names under which it is called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compiler {
    pub id: String,
    pub title: String,
    #[serde(default)]
    tools: Vec<String>,
    /// Packages by platform.
    #[serde(default)]
    pub packages: BTreeMap<String, Vec<String>>,
    /// Whole commands by platform, where no package manager is asked.
    #[serde(default)]
    pub commands: BTreeMap<String, Vec<String>>,
    pub evidence: String,
}

/// PyTorch's own headers; see `torch.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Torch {
    headers: TorchHeaders,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TorchHeaders {
    prefixes: Vec<String>,
    witness: String,
    never_shipped: Vec<String>,
}

static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Platforms {
        platform: Vec<PlatformRow>,
    }
    #[derive(Deserialize)]
    struct Managers {
        manager: Vec<Manager>,
    }
    #[derive(Deserialize)]
    struct Repositories {
        repository: Vec<Repository>,
    }
    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> T {
        toml::from_str(text).expect("the embedded tables are read by this module's tests")
    }
    Catalog {
        platforms: read::<Platforms>(include_str!("platforms.toml")).platform,
        managers: read::<Managers>(include_str!("managers.toml")).manager,
        repositories: read::<Repositories>(include_str!("repositories.toml")).repository,
        components: Components::default(),
        python: read(include_str!("python.toml")),
        toolchain: read(include_str!("toolchain.toml")),
        torch: read(include_str!("torch.toml")),
    }
});

impl Catalog {
    /// The tables that are compiled in.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The platform of a system: by its os-release ID, else by its nearest relative that is known. The release is
    /// that of a code name that the platform lists, else the version's number: whole where a table has it, its first
    /// part otherwise (`9.4` is `9`). A derivative without a known code name, and a rolling system, have none.
    #[must_use]
    pub fn platform(&self, id: &str, like: &[String], version: &str, codenames: &[String]) -> Option<Platform> {
        let named = |name: &str| self.platforms.iter().find(|row| row.ids.iter().any(|known| known == name));
        let own = named(id);
        let row = own.or_else(|| like.iter().find_map(|name| named(name)))?;
        let first_part = version.split('.').next().unwrap_or_default();
        if own.is_some() && !row.versions.is_empty() && !row.versions.iter().any(|known| known == first_part) {
            return None;
        }
        let by_codename = codenames.iter().find_map(|name| row.releases.get(name));
        // A derivative's own version number is not its relative's.
        let version = if own.is_some() && !row.rolling { version } else { "" };
        let release = by_codename.cloned().unwrap_or_else(|| {
            let is_listed = row.releases.values().any(|known| known == version);
            let release = if is_listed { version } else { version.split('.').next().unwrap_or_default() };
            release.to_owned()
        });
        Some(Platform { id: row.id.clone(), release, managers: row.managers.clone() })
    }

    #[must_use]
    pub fn manager(&self, id: &str) -> Option<&Manager> {
        self.managers.iter().find(|manager| manager.id == id)
    }

    /// Whether the tables were checked for a platform's release, or know none of its releases.
    #[must_use]
    pub fn lists_release(&self, platform: &Platform) -> bool {
        let row = self.platforms.iter().find(|row| row.id == platform.id);
        row.is_some_and(|row| row.releases.is_empty() || row.releases.values().any(|known| *known == platform.release))
    }

    /// Whether packages' rows may be for that: a platform, or an ecosystem that lies across them.
    #[must_use]
    pub fn is_place_for_packages(&self, on: &str) -> bool {
        matches!(on, "conda" | "pip" | "nix") || self.platforms.iter().any(|row| row.id == on)
    }

    /// The ways in which a repository is enabled on a platform, the first that fits counts; `os` is the system's
    /// os-release ID.
    pub fn repositories<'a>(
        &'a self,
        id: &'a str,
        platform: &'a Platform,
        os: &'a str,
    ) -> impl Iterator<Item = &'a Repository> {
        self.repositories.iter().filter(move |row| row.id == id && row.is_for(platform, os))
    }

    /// Whether a header is in any table: otherwise a quoted include of it is the project's own affair.
    #[must_use]
    pub fn knows_header(&self, name: &str) -> bool {
        let toolchain = &self.toolchain;
        self.python.has_header(name)
            || self.torch.has_header(name)
            || toolchain.is_builtin(name)
            || toolchain.is_cxx(name)
            || toolchain.is_c(name)
            || toolchain.moved(name).is_some()
            || self.components.gone(Wanted::Header(name)).is_some()
            || !self.components.that_bring(Wanted::Header(name)).is_empty()
    }

    /// The compiler that a driver's name stands for.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&Compiler> {
        self.toolchain.compiler.iter().find(|compiler| compiler.tools.iter().any(|tool| tool == name))
    }
}

impl Torch {
    /// Whether a header, as it is included, is part of PyTorch's wheel.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        let begins = |list: &[String]| list.iter().any(|start| name.starts_with(start.as_str()));
        begins(&self.headers.prefixes) && !begins(&self.headers.never_shipped)
    }

    /// A file below an include directory that shows PyTorch is there.
    #[must_use]
    pub fn witness(&self) -> &str {
        &self.headers.witness
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(id: &str, like: &[&str], version: &str, codenames: &[&str]) -> Option<(String, String)> {
        let owned = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let platform = Catalog::embedded().platform(id, &owned(like), version, &owned(codenames))?;
        Some((platform.id, platform.release))
    }

    #[test]
    fn platforms_and_their_relatives() {
        for (id, like, version, codenames, expected) in [
            ("debian", &[][..], "13", &["trixie"][..], Some(("debian", "13"))),
            ("debian", &[], "", &["sid"], Some(("debian", "sid"))),
            ("ubuntu", &["debian"], "24.04", &["noble"], Some(("ubuntu", "24.04"))),
            ("linuxmint", &["ubuntu", "debian"], "22", &["wilma", "noble"], Some(("ubuntu", "24.04"))),
            ("rocky", &["rhel", "centos", "fedora"], "9.4", &[], Some(("rhel", "9"))),
            ("amzn", &["fedora"], "2023", &[], Some(("amzn2023", "2023"))),
            ("amzn", &["centos", "rhel", "fedora"], "2", &[], None),
            ("kali", &["debian"], "2026.1", &["kali-rolling"], Some(("debian", ""))),
            ("haiku", &[], "1", &[], None),
        ] {
            let expected = expected.map(|(id, release)| (id.to_owned(), release.to_owned()));
            assert_eq!(platform(id, like, version, codenames), expected, "{id}");
        }
    }

    /// Every row says where it comes from, names things that exist in the other tables, and is reachable.
    #[test]
    fn the_tables_hold_together() {
        let catalog = Catalog::embedded();
        let is_platform = |id: &str| catalog.platforms.iter().any(|row| row.id == id);
        let placeholders = |text: &str| {
            let rest: String = ["version", "tag", "nodot", "release", "prefix", "packages", "names", "before"]
                .iter()
                .fold(text.to_owned(), |rest, name| rest.replace(&format!("{{{name}}}"), ""));
            assert!(!rest.contains(['{', '}']), "unknown placeholder in {text}");
        };
        for row in &catalog.platforms {
            assert!(row.managers.iter().all(|id| catalog.manager(id).is_some()), "{}", row.id);
        }
        for manager in &catalog.managers {
            assert!(!manager.evidence.is_empty() && manager.install.contains("{packages}"), "{}", manager.id);
            [Some(&manager.install), manager.reinstall.as_ref(), manager.dockerfile.as_ref()]
                .into_iter()
                .flatten()
                .for_each(|text| placeholders(text));
        }
        for row in catalog.python.packages() {
            let (platform, packages, repository) = row;
            assert!(is_platform(platform), "{platform}");
            for text in packages {
                placeholders(text);
            }
            let is_known = |id: &str| catalog.repositories.iter().any(|known| known.id == *id);
            assert!(repository.is_none_or(is_known), "{packages:?} on {platform}");
        }
        for row in &catalog.repositories {
            assert!(is_platform(&row.on) && !row.evidence.is_empty(), "{} on {}", row.id, row.on);
        }
        catalog.python.shipped_texts().for_each(|text| placeholders(text));
        for component in &catalog.toolchain.compiler {
            assert!(!component.evidence.is_empty(), "{}", component.id);
            for platform in component.packages.keys().chain(component.commands.keys()) {
                assert!(is_platform(platform) || platform == "conda", "{} on {platform}", component.id);
            }
        }
        for part in &catalog.toolchain.part {
            assert!(!part.evidence.is_empty(), "{}", part.id);
            for (platform, packages) in part.packages.iter().chain(&part.versioned) {
                assert!(is_platform(platform), "{} on {platform}", part.id);
                for package in packages {
                    placeholders(package);
                }
            }
        }
        for moved in &catalog.toolchain.moved {
            assert!(!moved.evidence.is_empty() && !moved.note.is_empty(), "{}", moved.header);
        }
    }

    #[test]
    fn headers_of_python_and_of_torch() {
        let catalog = Catalog::embedded();
        assert!(catalog.python.has_header("Python.h"));
        assert!(catalog.python.has_header("x86_64-linux-gnu/python3.13/pyconfig.h"));
        assert!(!catalog.python.has_header("evil; rm -rf/python3.13/pyconfig.h"));
        assert!(!catalog.python.has_header("sub/Python.h"));
        assert!(catalog.torch.has_header("torch/extension.h"));
        assert!(!catalog.torch.has_header("ATen/ATenNVRTC.h"));
    }
}
