//! apk's database (Alpine's "Apk spec", "Installed Database V2"): a record per package, of lines of a letter, a colon
//! and a value. `P` is the name, `F` a directory, `R` a file in it.

use std::path::Path;

use super::super::files::Root;
use super::has_line;

/// Below `/usr` where `/lib` was merged into it.
const DATABASES: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];

fn database(root: &Root) -> Option<Vec<u8>> {
    DATABASES.iter().find_map(|path| root.read(Path::new(path)))
}

/// Whether a package is installed; none where there is no database.
pub(super) fn installed(root: &Root, package: &str) -> Option<bool> {
    Some(has_line(&database(root)?, format!("P:{package}").as_bytes()))
}

/// The package that lists the file `/RELATIVE`.
pub(super) fn owner(root: &Root, relative: &str) -> Option<String> {
    // Files directly in `/` stand in the directory with no name.
    let (directory, file) = relative.rsplit_once('/').unwrap_or(("", relative));
    let (mut package, mut inside) = (None, false);
    for line in database(root)?.split(|byte| *byte == b'\n') {
        match line {
            [] => (package, inside) = (None, false),
            [b'P', b':', name @ ..] => package = String::from_utf8(name.to_owned()).ok(),
            [b'F', b':', name @ ..] => inside = name == directory.as_bytes(),
            [b'R', b':', name @ ..] if inside && name == file.as_bytes() => return package,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::files::tests::machine;
    use super::*;

    #[test]
    fn packages_and_files() {
        let database = "C:Q1=\nP:musl-dev\nV:1.2\nF:usr\nF:usr/include\nR:stdio.h\na:0:0:755\nZ:Q1=\nF:usr/lib\nR:crt1.o\n\n\
            C:Q1=\nP:baselayout\nF:\nR:.keep\nF:etc\nR:motd\n\n";
        for place in ["lib/apk/db/installed", "usr/lib/apk/db/installed"] {
            let (_keep, root) = machine(&[(place, database)]);
            assert_eq!(installed(&root, "musl-dev"), Some(true));
            assert_eq!(installed(&root, "musl"), Some(false));
            for (file, package) in [
                ("usr/include/stdio.h", Some("musl-dev")),
                ("usr/lib/crt1.o", Some("musl-dev")),
                ("etc/motd", Some("baselayout")),
                (".keep", Some("baselayout")),
                ("usr/stdio.h", None),
                ("etc/crt1.o", None),
            ] {
                assert_eq!(owner(&root, file).as_deref(), package, "{file}");
            }
        }
        let (_keep, root) = machine(&[]);
        assert_eq!((installed(&root, "musl"), owner(&root, "etc/motd")), (None, None));
    }
}
