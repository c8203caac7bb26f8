//! dpkg's database (`dpkg(1)`, "FILES"): the state of every package, and the files of those unpacked. Images without a
//! shell ("distroless") have the same per package, in `status.d`, with `NAME.md5sums` as the list of files.

use std::path::Path;

use memchr::memmem;

use super::super::files::Root;
use super::has_line;

const STATUS: &str = "/var/lib/dpkg/status";
const STATUS_PER_PACKAGE: &str = "/var/lib/dpkg/status.d";
const INFO: &str = "/var/lib/dpkg/info";

/// Whether a package is configured, of whatever architecture; its files alone do not tell, for a removed package
/// (`rc`) keeps its list. None where there is no database.
pub(super) fn installed(root: &Root, package: &str) -> Option<bool> {
    let name = format!("Package: {package}");
    if let Some(status) = root.read(Path::new(STATUS))
        && !status.is_empty()
    {
        return Some(memmem::find_iter(&status, &name).any(|start| {
            let rest = &status[start..];
            let stanza = &rest[..memmem::find(rest, b"\n\n").unwrap_or(rest.len())];
            (start == 0 || status[start - 1] == b'\n') && has_line(stanza, name.as_bytes()) && is_installed(stanza)
        }));
    }
    // A copy of a machine's files may hold the lists alone.
    let lists = root.names(Path::new(INFO));
    let mut stanzas = per_package(root).peekable();
    if lists.is_empty() {
        stanzas.peek()?;
    }
    let of_list = |list: &String| list.strip_suffix(".list").map(without_architecture) == Some(package);
    Some(lists.iter().any(of_list) || stanzas.any(|(_, stanza)| has_line(&stanza, name.as_bytes())))
}

/// Packages that several architectures may share are listed with theirs: `libffi-dev:amd64`.
fn without_architecture(name: &str) -> &str {
    name.split_once(':').map_or(name, |(name, _)| name)
}

/// Whether a stanza's state is one with all files in place and configured. Waiting for triggers is such a state: they
/// only refresh caches. The first word is what the user wants, such as `hold`.
fn is_installed(stanza: &[u8]) -> bool {
    let status = stanza.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"Status: "));
    let state = status.and_then(|status| status.rsplit(|byte| *byte == b' ').next());
    matches!(state, Some(b"installed" | b"triggers-awaited" | b"triggers-pending"))
}

/// The version of a package that is installed.
pub(super) fn version(root: &Root, package: &str) -> Option<String> {
    let status = root.read(Path::new(STATUS))?;
    let name = format!("Package: {package}");
    let text = String::from_utf8_lossy(&status).into_owned();
    let stanza = text.split("\n\n").find(|stanza| has_line(stanza.as_bytes(), name.as_bytes()))?;
    let version = stanza.lines().find_map(|line| line.strip_prefix("Version: "));
    version.filter(|_| is_installed(stanza.as_bytes())).map(|version| version.trim().to_owned())
}

/// The architectures whose packages are taken, the machine's own first: dpkg writes `arch` once there is a second one;
/// until then every package that has an architecture has that one, the C library for sure.
pub(super) fn architectures(root: &Root) -> Vec<String> {
    if let Some(list) = root.read(Path::new("/var/lib/dpkg/arch")) {
        return String::from_utf8_lossy(&list).lines().map(|line| line.trim().to_owned()).collect();
    }
    let lists = root.names(Path::new(INFO));
    let library = lists.iter().filter_map(|name| name.strip_prefix("libc6:")?.strip_suffix(".list"));
    library.map(str::to_owned).collect()
}

/// The packages of `status.d`: the file's name, which need not be the package's, and the stanza.
fn per_package(root: &Root) -> impl Iterator<Item = (String, Vec<u8>)> {
    let directory = Path::new(STATUS_PER_PACKAGE);
    root.names(directory)
        .into_iter()
        .filter(|name| !name.ends_with(".md5sums"))
        .filter_map(|name| root.read(&directory.join(&name)).map(|stanza| (name, stanza)))
}

/// The package that lists the file `/RELATIVE`.
pub(super) fn owner(root: &Root, relative: &str) -> Option<String> {
    let line = format!("/{relative}");
    for name in root.names(Path::new(INFO)) {
        let Some(package) = name.strip_suffix(".list") else { continue };
        let package = without_architecture(package);
        if root.read(&Path::new(INFO).join(&name)).is_some_and(|list| has_line(&list, line.as_bytes()))
            && installed(root, package) == Some(true)
        {
            return Some(package.to_owned());
        }
    }
    // In `md5sums` a line is the sum, two spaces, and the path without its first slash.
    let end = format!("  {relative}");
    per_package(root).find_map(|(name, stanza)| {
        let sums = root.read(&Path::new(STATUS_PER_PACKAGE).join(format!("{name}.md5sums")))?;
        sums.split(|byte| *byte == b'\n').any(|line| line.get(32..) == Some(end.as_bytes())).then_some(())?;
        let package = stanza.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"Package: "))?;
        String::from_utf8(package.to_owned()).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::files::tests::machine;
    use super::*;

    const DATABASE: &str = "Package: g++\nStatus: install ok installed\nVersion: 4\n\n\
        Package: libfoo-dev\nMulti-Arch: same\nStatus: hold ok installed\nDescription: x\n Package: inner\n\n\
        Package: removed\nStatus: deinstall ok config-files\nConffiles:\n /etc/removed 0123\n\n\
        Package: half\nStatus: install reinstreq half-installed\n\n\
        Package: both\nStatus: deinstall ok config-files\nArchitecture: i386\n\n\
        Package: both\nStatus: install ok triggers-pending\nArchitecture: amd64\n";

    #[test]
    fn states_of_packages() {
        let (_keep, root) = machine(&[("var/lib/dpkg/status", DATABASE)]);
        for package in ["g++", "libfoo-dev", "both"] {
            assert_eq!(installed(&root, package), Some(true), "{package}");
        }
        for package in ["removed", "half", "g", "libfoo", "foo-dev", "inner", "nowhere"] {
            assert_eq!(installed(&root, package), Some(false), "{package}");
        }
        let (_keep, root) = machine(&[]);
        assert_eq!(installed(&root, "g++"), None);
    }

    #[test]
    fn owners_are_installed() {
        let (_keep, root) = machine(&[
            ("var/lib/dpkg/status", DATABASE),
            ("var/lib/dpkg/info/g++.list", "/.\n/usr\n/usr/bin\n/usr/bin/g++\n"),
            ("var/lib/dpkg/info/libfoo-dev:amd64.list", "/.\n/usr/include/foo.h\n/usr/include/foo.hpp"),
            ("var/lib/dpkg/info/removed.list", "/etc/removed\n"),
        ]);
        assert_eq!(owner(&root, "usr/bin/g++").as_deref(), Some("g++"));
        assert_eq!(owner(&root, "usr/include/foo.h").as_deref(), Some("libfoo-dev"));
        assert_eq!(owner(&root, "usr/include/foo.hpp").as_deref(), Some("libfoo-dev"));
        for file in ["etc/removed", "include/foo.h", "usr/include/foo"] {
            assert_eq!(owner(&root, file), None, "{file}");
        }
    }

    #[test]
    fn distroless() {
        let (_keep, root) = machine(&[
            ("var/lib/dpkg/status.d/bGliYzY", "Package: libc6\nVersion: 2.36\n"),
            ("var/lib/dpkg/status.d/bGliYzY.md5sums", "0123456789abcdef0123456789abcdef  usr/lib/libc.so.6\n"),
        ]);
        assert_eq!((installed(&root, "libc6"), installed(&root, "libc")), (Some(true), Some(false)));
        assert_eq!(owner(&root, "usr/lib/libc.so.6").as_deref(), Some("libc6"));
        assert_eq!(owner(&root, "lib/libc.so.6"), None);
    }
}
