//! What provides what: tables in TOML, compiled in, read on the first failure. Adding a package is adding a row.
//!
//! The catalog knows nothing but its tables; facts about a machine come in as plain words.

pub mod toolchain;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use toolchain::Toolchain;

/// All tables.
#[derive(Debug, Deserialize)]
pub struct Catalog {
    platforms: Vec<PlatformRow>,
    managers: Vec<Manager>,
    pub python: Python,
    pub toolchain: Toolchain,
    pub torch: Torch,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlatformRow {
    id: String,
    ids: Vec<String>,
    managers: Vec<String>,
    #[serde(default)]
    releases: BTreeMap<String, String>,
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    pub id: String,
    pub needs_root: bool,
    pub refresh: Option<String>,
    pub install: String,
    pub reinstall: Option<String>,
    pub dockerfile: Option<String>,
    pub evidence: String,
}

/// The tables of `python.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Python {
    headers: PythonHeaders,
    package: Vec<PythonPackage>,
    repository: Vec<Repository>,
    shipped: Vec<Shipped>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PythonHeaders {
    names: Vec<String>,
    multiarch: String,
}

/// Who has the headers of a system's own Python.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonPackage {
    platform: String,
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
    unlisted_release: bool,
    #[serde(default)]
    pub ships_headers: bool,
    pub evidence: String,
}

/// A source of packages that must be enabled first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    pub id: String,
    pub title: String,
    pub manager: String,
    pub mark: String,
    pub tool: String,
    pub tool_packages: Vec<String>,
    pub commands: Vec<String>,
    pub evidence: String,
}

/// A Python that brings its own headers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipped {
    origin: String,
    pub manager: Option<String>,
    #[serde(default)]
    pub packages: Vec<String>,
    #[serde(default)]
    pub commands: Vec<String>,
    pub note: Option<String>,
    pub evidence: String,
}

/// A thing that packages bring, by what asks for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Torch {
    headers: TorchHeaders,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TorchHeaders {
    prefixes: Vec<String>,
    witness: String,
    never_shipped: Vec<String>,
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

static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Platforms {
        platform: Vec<PlatformRow>,
    }
    #[derive(Deserialize)]
    struct Managers {
        manager: Vec<Manager>,
    }
    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> T {
        toml::from_str(text).expect("the embedded tables are read by this module's tests")
    }
    Catalog {
        platforms: read::<Platforms>(include_str!("platforms.toml")).platform,
        managers: read::<Managers>(include_str!("managers.toml")).manager,
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
    /// part otherwise (`9.4` is `9`).
    #[must_use]
    pub fn platform(&self, id: &str, like: &[String], version: &str, codenames: &[String]) -> Option<Platform> {
        let named = |name: &str| self.platforms.iter().find(|row| row.ids.iter().any(|known| known == name));
        let own = named(id);
        let row = own.or_else(|| like.iter().find_map(|name| named(name)))?;
        let by_codename = codenames.iter().find_map(|name| row.releases.get(name));
        // A derivative's own version number is not its relative's.
        let version = if own.is_some() { version } else { "" };
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
    }

    /// The compiler that a driver's name stands for.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&Component> {
        self.toolchain.component.iter().find(|component| component.tools.iter().any(|tool| tool == name))
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

    #[must_use]
    pub fn repository(&self, id: &str) -> Option<&Repository> {
        self.repository.iter().find(|repository| repository.id == id)
    }

    /// How the headers of a Python of this origin come back.
    #[must_use]
    pub fn shipped(&self, origin: &str) -> Option<&Shipped> {
        self.shipped.iter().find(|row| row.origin == origin)
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
            let rest: String = ["version", "nodot", "release", "prefix", "packages", "names"]
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
        for (index, row) in catalog.python.package.iter().enumerate() {
            assert!(is_platform(&row.platform) && !row.evidence.is_empty(), "row {index}");
            row.packages.iter().for_each(|text| placeholders(text));
            assert!(row.repository.as_ref().is_none_or(|id| catalog.python.repository(id).is_some()), "row {index}");
        }
        for repository in &catalog.python.repository {
            assert!(catalog.manager(&repository.manager).is_some() && !repository.evidence.is_empty());
        }
        for row in &catalog.python.shipped {
            row.commands.iter().chain(&row.packages).chain(&row.note).for_each(|text| placeholders(text));
            assert!(!row.evidence.is_empty() && (row.note.is_some() || row.manager.is_some()), "{}", row.origin);
        }
        for component in &catalog.toolchain.component {
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
