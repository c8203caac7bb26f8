//! Nobody hears the compiler: the reader of its stderr has gone, or there is no room for what it says.

use std::fs::{self, File};
use std::process::Stdio;

use crate::outputs::sources;
use crate::pair::{Face, Pair, calls};
use crate::world::{INDUCTOR, gcc_says, show, start};

const CALLS: [&str; 5] = ["-Wall -Wextra -c warns.c", "-c wrong.c", "-c wants.c", "-v -c a.c", "-c a.c"];

const BOTH: [Face; 2] = [Face::OnPath("gcc"), Face::OnPath("clang")];

/// The status and the files, made with this stderr.
fn outcome(pair: &Pair, face: Face, through_us: bool, line: &str, stderr: Stdio) -> (String, crate::files::Files) {
    pair.make_anew();
    let mut command = pair.command(face, through_us);
    let child = start(command.args(&calls(line)[0]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr));
    let status = show(child.wait_with_output().unwrap().status);
    (status, crate::files::below(&pair.world.path("work")))
}

fn is_same(faces: &[Face], stderr: impl Fn() -> Stdio) -> Vec<String> {
    let pair = sources();
    let mut statuses = Vec::new();
    for face in faces.iter().copied() {
        for line in CALLS {
            let without = outcome(&pair, face, false, line, stderr());
            let with = outcome(&pair, face, true, line, stderr());
            assert_eq!(with.0, without.0, "{face:?} {line}");
            assert_eq!(crate::files::differences(&without.1, &with.1), "", "{face:?} {line}");
            statuses.push(without.0);
        }
    }
    statuses
}

/// GCC dies of it, Clang leaves with a status of its own: both have to meet it themselves.
#[test]
fn a_reader_that_has_gone_before_the_first_word() {
    let statuses = is_same(&BOTH, || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    });
    assert!(statuses.contains(&"signal 13".to_owned()) && statuses.contains(&"0".to_owned()), "{statuses:?}");
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn a_full_disk() {
    let statuses = is_same(&[Face::OnPath("gcc")], full);
    assert_eq!(statuses, ["0", "1", "1", "0", "0"]);
}

/// Clang aborts where what it says finds no room. Through us it finds room, and leaves with its status: the one thing
/// that a pipe cannot hand back is that the end behind it is full.
#[test]
fn a_full_disk_that_clang_would_not_survive() {
    let pair = sources();
    let face = Face::OnPath("clang");
    let statuses = |through_us| CALLS.map(|line| outcome(&pair, face, through_us, line, full()).0);
    let aborts = "signal 6";
    assert_eq!(statuses(false), [aborts, aborts, aborts, aborts, "0"]);
    assert_eq!(statuses(true), ["0", "1", "1", "0", "0"]);
}

#[test]
fn the_null_device() {
    is_same(&BOTH, Stdio::null);
}

/// Who reads our stderr goes while the compiler speaks, and SIGPIPE is ignored: the compiler is told by an error, as
/// without us.
#[test]
fn a_reader_that_goes_where_that_kills_nobody() {
    let pair = Pair::mock();
    for through_us in [false, true] {
        let mut command = pair.command(Face::OnPath("gcc"), through_us);
        command.arg("--mock-stderr-bytes=10000000");
        // SAFETY: async-signal-safe.
        unsafe {
            std::os::unix::process::CommandExt::pre_exec(&mut command, || {
                libc::signal(libc::SIGPIPE, libc::SIG_IGN);
                Ok(())
            });
        }
        let mut child = start(command.stderr(Stdio::piped()));
        let mut first = [0; 64];
        let mut stderr = child.stderr.take().unwrap();
        std::io::Read::read_exact(&mut stderr, &mut first).unwrap();
        drop(stderr);
        // What the mock leaves with when a write of its own fails.
        assert_eq!(show(child.wait().unwrap()), "99", "through us: {through_us}");
    }
}

/// Both streams into one file on a full disk. With us what the compiler says on stdout gets lost as what it says on
/// stderr does, without an error: it cannot be told which of the two was refused, and a warning that finds no room must
/// not fail a compile. Without us `-E` fails there.
#[test]
fn both_streams_on_a_full_disk() {
    let Some(full) = crate::full_disk::script("exec \"$@\" -E a.c >full/log 2>&1") else { return };
    let pair = sources();
    for (through_us, status) in [(false, "1"), (true, "0")] {
        assert_eq!(full.run(&pair, through_us).0, status, "through us: {through_us}");
    }
    let Some(full) = crate::full_disk::script("exec \"$@\" -Wall -c warns.c -o ../warns.o >full/log 2>&1") else {
        return;
    };
    for through_us in [false, true] {
        assert_eq!(full.run(&pair, through_us).0, "0", "through us: {through_us}");
    }
}

/// The report finds no room, and its status is the compiler's.
#[test]
fn a_report_that_finds_no_room() {
    let pair = crate::record_kept::failing();
    let world = &pair.world;
    let mut command = pair.command(Face::OnPath("g++"), true);
    command.args(INDUCTOR.split_whitespace()).args(["--mock-stderr-of=says", "--mock-exit=1"]);
    pair.make_anew();
    assert_eq!(fs::read_to_string(world.path("work/says")).unwrap(), gcc_says(crate::record_kept::SOURCE, "Python.h"));
    let child = start(command.stderr(File::options().write(true).open("/dev/full").unwrap()));
    assert_eq!(show(child.wait_with_output().unwrap().status), "1");
}
