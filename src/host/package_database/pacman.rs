//! pacman's database of installed packages: below `/var/lib/pacman/local` a directory `NAME-VERSION-RELEASE` for each,
//! with its `files`: after `%FILES%` one a line, without the first slash (libalpm's `be_local.c`).

use std::path::Path;

use memchr::memmem;

use super::super::files::Root;
use super::has_line;

const LOCAL: &str = "/var/lib/pacman/local";

/// The name in `NAME-VERSION-RELEASE`; neither a version nor a release has a hyphen (`PKGBUILD(5)`).
fn name(directory: &str) -> Option<&str> {
    directory.rsplitn(3, '-').nth(2)
}

/// Whether a package is installed; none where there is no database.
pub(super) fn installed(root: &Root, package: &str) -> Option<bool> {
    let local = Path::new(LOCAL);
    root.is_directory(local).then(|| root.names(local).iter().any(|directory| name(directory) == Some(package)))
}

/// The package that lists the file `/RELATIVE`.
pub(super) fn owner(root: &Root, relative: &str) -> Option<String> {
    let local = Path::new(LOCAL);
    root.names(local).iter().find_map(|directory| {
        let files = root.read(&local.join(directory).join("files"))?;
        // What follows the files, such as the ones kept as backups, is after an empty line.
        let end = memmem::find(&files, b"\n\n").unwrap_or(files.len());
        has_line(&files[..end], relative.as_bytes()).then(|| name(directory).map(str::to_owned))?
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::files::tests::machine;
    use super::*;

    #[test]
    fn packages_and_files() {
        let (_keep, root) = machine(&[
            ("var/lib/pacman/local/ALPM_DB_VERSION", "9\n"),
            ("var/lib/pacman/local/gcc-14.2.1+r32-1/files", "%FILES%\nusr/\nusr/bin/\nusr/bin/gcc\n\n"),
            (
                "var/lib/pacman/local/gcc-libs-1:14-1/files",
                "%FILES%\netc/\netc/x.conf\nusr/lib/libstdc++.so\n\n%BACKUP%\netc/y\n",
            ),
        ]);
        for (package, is) in [("gcc", true), ("gcc-libs", true), ("gcc-libs-1:14", false), ("libs", false)] {
            assert_eq!(installed(&root, package), Some(is), "{package}");
        }
        assert_eq!(owner(&root, "usr/bin/gcc").as_deref(), Some("gcc"));
        assert_eq!(owner(&root, "usr/lib/libstdc++.so").as_deref(), Some("gcc-libs"));
        assert_eq!((owner(&root, "bin/gcc"), owner(&root, "etc/y")), (None, None));
        let (_keep, root) = machine(&[]);
        assert_eq!((installed(&root, "gcc"), owner(&root, "usr/bin/gcc")), (None, None));
    }
}
