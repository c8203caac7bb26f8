//! rpm's database, as the program `rpm` reads it: its format is sqlite, ndb or Berkeley DB, by the machine's age.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, path, thread};

use super::super::files::Root;

/// Where the database lies: since Fedora 36 and in openSUSE below `/usr`, elsewhere and before below `/var`.
const DIRECTORIES: [&str; 2] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];

/// The databases of rpm's backends. Without one of them rpm, as root, would make an empty database and say that
/// nothing is installed.
const FILES: [&str; 3] = ["rpmdb.sqlite", "Packages.db", "Packages"];

/// `rpm -q` takes some 10 ms; where something holds the database's lock, it waits.
const LONGEST: Duration = Duration::from_millis(500);
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// Whether rpm's database has a package of that name; none where there is no database, no program `rpm`, or where
/// rpm has trouble.
pub(super) fn installed(root: &Root, package: &str) -> Option<bool> {
    ask(&database(root)?, package, LONGEST)
}

/// The directory of the database, as a path outside the root, absolute as rpm demands.
fn database(root: &Root) -> Option<PathBuf> {
    let directory = DIRECTORIES
        .iter()
        .map(Path::new)
        .find(|directory| FILES.iter().any(|file| root.is_file(&directory.join(file))))?;
    path::absolute(root.locate(directory)?).ok()
}

fn ask(database: &Path, package: &str, longest: Duration) -> Option<bool> {
    // A file: rpm can neither wait for us to read it nor can something that it leaves behind keep it open.
    let mut complaints = tempfile::tempfile().ok()?;
    let child = Command::new("rpm")
        .args(["-q", "--quiet", "--dbpath"])
        .arg(database)
        .args(["--", package])
        .env_clear()
        .env("PATH", env::var_os("PATH")?)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(complaints.try_clone().ok()?)
        .spawn()
        .ok()?;
    match wait(child, longest)?.code() {
        Some(0) => Some(true),
        // It says 1 as well where it cannot read the database, but then complains.
        Some(1) if !has_error(&mut complaints)? => Some(false),
        _ => None,
    }
}

/// How the process ended; none where it took longer and so was killed.
fn wait(mut child: Child, longest: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if start.elapsed() < longest => thread::sleep(BETWEEN_LOOKS),
            Ok(None) | Err(_) => break,
        }
    }
    // It may have ended by itself meanwhile; either way it is gone afterwards.
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// Whether rpm wrote an error, not just a warning such as that the database is of another backend than usual.
fn has_error(complaints: &mut File) -> Option<bool> {
    let mut text = Vec::new();
    complaints.rewind().ok()?;
    complaints.read_to_end(&mut text).ok()?;
    Some(text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"error:")))
}

#[cfg(test)]
mod tests {
    use super::super::super::files::tests::machine;
    use super::*;
    use std::fs;

    #[test]
    fn nothing_without_a_database() {
        let (_keep, root) = machine(&[("var/lib/rpm/.rpm.lock", "")]);
        assert_eq!(installed(&root, "gcc"), None);
    }

    #[test]
    fn real_databases() {
        if which::which("rpm").is_err() {
            // Then nobody can tell; Debian's package `rpm` is one, and .ci/run installs it.
            let (_keep, root) = machine(&[("var/lib/rpm/rpmdb.sqlite", "")]);
            assert_eq!(installed(&root, "no-such-package"), None);
            return;
        }
        for directory in DIRECTORIES {
            let (keep, root) = machine(&[]);
            let place = keep.path().join(&directory[1..]);
            fs::create_dir_all(&place).unwrap();
            assert!(Command::new("rpm").arg("--initdb").arg("--dbpath").arg(&place).status().unwrap().success());
            assert_eq!(installed(&root, "no-such-package"), Some(false), "{directory}");
            assert_eq!(installed(&root, "--version"), Some(false), "{directory}");
            fs::write(place.join("rpmdb.sqlite"), "no database").unwrap();
            assert_eq!(installed(&root, "no-such-package"), None, "{directory}");
        }
    }

    #[test]
    fn no_waiting_for_long() {
        let start = Instant::now();
        let child = Command::new("sleep").arg("60").spawn().unwrap();
        assert_eq!(wait(child, Duration::from_millis(20)), None);
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
