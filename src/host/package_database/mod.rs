//! What a machine's own package databases and indexes say about a package: whether it is here, whose a file is, and
//! whether the manager knows its name. All of it is on the machine's disk.

use std::path::Path;

use super::files::Root;

mod apk;
mod apt_index;
mod conda;
mod dpkg;
mod pacman;
mod rpm;

pub use conda::has as conda_has;

/// Whether `manager`'s own database says that `package` (its exact name) is installed: dpkg's status, apk's and
/// pacman's databases, and `rpm` for the managers over it. None where that cannot be told: the manager is another,
/// or its database is not there or cannot be read.
#[must_use]
pub fn installed(root: &Root, manager: &str, package: &str) -> Option<bool> {
    // No package is named so; it would match the structure of a database instead.
    if package.is_empty() || package.contains(|c: char| c.is_control() || c == '/') {
        return None;
    }
    match manager {
        "apt" => dpkg::installed(root, package),
        "apk" => apk::installed(root, package),
        "pacman" => pacman::installed(root, package),
        "dnf" | "yum" | "microdnf" | "zypper" => rpm::installed(root, package),
        _ => None,
    }
}

/// The version of an installed package of apt's; none where it is not installed, or cannot be told.
#[must_use]
pub fn apt_version(root: &Root, package: &str) -> Option<String> {
    dpkg::version(root, package)
}

/// The architectures whose packages apt takes, as dpkg names them (`amd64`), the machine's own first; empty where
/// nothing tells.
#[must_use]
pub fn apt_architectures(root: &Root) -> Vec<String> {
    dpkg::architectures(root)
}

/// The installed package whose list of files, in `manager`'s database, names exactly the absolute path `file`, be it
/// on the disk or not. Links are not followed: what a package calls `/lib/x` is not found as `/usr/lib/x`. None where
/// no package names it, and for all managers but apt, apk and pacman.
#[must_use]
pub fn owner(root: &Root, manager: &str, file: &Path) -> Option<String> {
    let file = file.to_str().filter(|file| !file.contains('\n'))?;
    let relative = file.strip_prefix('/').filter(|relative| !relative.is_empty() && !relative.ends_with('/'))?;
    match manager {
        "apt" => dpkg::owner(root, relative),
        "apk" => apk::owner(root, relative),
        "pacman" => pacman::owner(root, relative),
        _ => None,
    }
}

/// Whether the index that `manager` last fetched knows a package of exactly that name (virtual packages do not count).
/// None where that cannot be told: for all managers but apt, and where no index is there or is in no form we read.
#[must_use]
pub fn offered(root: &Root, manager: &str, package: &str) -> Option<bool> {
    match manager {
        "apt" if !package.is_empty() && !package.contains('\n') => apt_index::offers(root, package),
        _ => None,
    }
}

/// Whether `line`, which holds no newline, is one of the lines of `text`.
fn has_line(text: &[u8], line: &[u8]) -> bool {
    memchr::memmem::find_iter(text, line).any(|start| {
        let end = start + line.len();
        (start == 0 || text[start - 1] == b'\n') && (end == text.len() || text[end] == b'\n')
    })
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::machine;
    use super::*;

    #[test]
    fn other_managers_and_strange_names_cannot_be_told() {
        let (_keep, root) = machine(&[("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\n")]);
        assert_eq!(installed(&root, "apt", "a"), Some(true));
        for (manager, package) in [("nix", "a"), ("apt", ""), ("apt", "a\nStatus"), ("apt", "../a")] {
            assert_eq!(installed(&root, manager, package), None, "{manager} {package:?}");
        }
        assert_eq!(owner(&root, "dnf", Path::new("/usr/bin/a")), None);
        assert_eq!(owner(&root, "apt", Path::new("relative")), None);
        assert_eq!(offered(&root, "dnf", "a"), None);
    }

    #[test]
    fn only_whole_lines_count() {
        assert!(has_line(b"/a\n/a/b\n/a/b/c", b"/a/b") && has_line(b"/a/b", b"/a/b"));
        assert!(!has_line(b"/a/b/c\n/x/a/b\n", b"/a/b"));
    }
}
