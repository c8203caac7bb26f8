//! Pythons of the deadsnakes PPA, which lie among the system's own.

use super::files::Root;
use super::os::Os;
use super::package_database;
use super::tag::Tag;

/// Whether the PPA brought an interpreter in /usr. Its packages' versions end in the release they were built for:
/// `3.13.5-1+noble1` (facts/python.md 2.4). None where dpkg knows no such package.
#[must_use]
pub fn brought(root: &Root, os: &Os, tag: &Tag) -> Option<bool> {
    let package =
        if tag.abi == "t" { format!("python{}-nogil", tag.version) } else { format!("python{}", tag.version) };
    let version = package_database::apt_version(root, &package)?;
    let built_for = version.rsplit_once('+').map(|(_, end)| end.trim_end_matches(|digit: char| digit.is_ascii_digit()));
    Some(built_for.is_some_and(|name| os.codenames.iter().any(|codename| codename == name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn by_the_version_of_the_package() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("var/lib/dpkg")).unwrap();
        let entry = |name: &str, version: &str| {
            format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
        };
        let status = entry("python3.12", "3.12.3-1ubuntu0.5")
            + &entry("python3.13", "3.13.5-1+noble1")
            + &entry("python3.13-nogil", "3.13.5-1+noble2")
            + &entry("python3.11", "3.11.2-6+deb12u6");
        fs::write(directory.path().join("var/lib/dpkg/status"), status).unwrap();
        let root = Root::new(directory.path());
        let os = Os { codenames: vec!["noble".to_owned()], ..Os::default() };
        let of = |tag: &str| brought(&root, &os, &Tag::parse(tag).unwrap());
        assert_eq!(
            ["3.12", "3.13", "3.13t", "3.11", "3.14"].map(of),
            [Some(false), Some(true), Some(true), Some(false), None]
        );
    }
}
