//! A tree under `--root` that somebody else has made: files that never end, never begin, lead in circles or lie. What
//! can still be told is told, and everything is read to its end (a test that does not end has failed).

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::world::{REPORT, SHIM, World};

const TRACEBACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inductor-traceback.txt");

/// Makes what stands in a file's place.
type Make = fn(&Path);

/// Ways in which a file is none.
const FORMS: [(&str, Make); 6] = [
    ("a pipe that nobody writes to", |path| {
        let name = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: a NUL-terminated path.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    }),
    ("a link to itself", |path| symlink(path.file_name().unwrap(), path).unwrap()),
    ("a link out of the root, to what never ends", |path| symlink("/../../../../../../../dev/zero", path).unwrap()),
    ("a directory", |path| fs::create_dir(path).unwrap()),
    ("bytes", |path| fs::write(path, [0xff, 0, 0xfe, b'\n', 0x1b, b'[', b'm'].repeat(10_000)).unwrap()),
    ("one line without an end", |path| fs::write(path, vec![b'x'; 1024 * 1024]).unwrap()),
];

/// The status and output of `explain` on a real log, with this path of the machine made so.
#[track_caller]
fn with(path: &str, make: Make, links: &[(&str, &str)]) -> (String, String) {
    let world = World::debian13();
    let file = world.path("root").join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let _ = fs::remove_file(&file);
    make(&file);
    for (from, to) in links {
        let from = world.path("root").join(from);
        fs::create_dir_all(from.parent().unwrap()).unwrap();
        symlink(to, from).unwrap();
    }
    let run = world.call(SHIM).args("explain").arg(TRACEBACK).arg("--root").arg(world.path("root")).run();
    (run.status, run.stdout)
}

/// Without its name a machine is none that we know, and nothing is said.
#[test]
fn a_release_that_is_none() {
    for (form, make) in FORMS {
        assert_eq!(with("etc/os-release", make, &[]), ("1".to_owned(), String::new()), "{form}");
    }
}

/// What only adds to the answer does not take it away.
#[test]
fn other_facts_that_are_none() {
    for path in [
        "var/lib/dpkg/status",
        "etc/apt/sources.list",
        "etc/apt/sources.list.d/x.sources",
        "etc/pycc-shim/catalog.toml",
        "usr/lib/os-release",
        "opt/conda/conda-meta",
        "opt/conda/conda-meta/history",
        "usr/lib/python3.13/EXTERNALLY-MANAGED",
    ] {
        for (form, make) in FORMS {
            assert_eq!(with(path, make, &[]), ("0".to_owned(), REPORT.to_owned()), "{path}: {form}");
        }
    }
}

/// Larger than what is read of any file.
#[test]
fn a_database_of_a_hundred_megabytes() {
    let sparse: Make = |path| fs::File::create(path).unwrap().set_len(100 * 1024 * 1024).unwrap();
    assert_eq!(with("var/lib/dpkg/status", sparse, &[]), ("0".to_owned(), REPORT.to_owned()));
}

/// Directories that contain themselves.
#[test]
fn directories_in_circles() {
    let links = [("usr/local/lib", ".."), ("opt/again", "/"), ("usr/include/x", "/usr/include"), ("home", ".")];
    let nothing: Make = |_| ();
    assert_eq!(with("nothing", nothing, &links), ("0".to_owned(), REPORT.to_owned()));
}
