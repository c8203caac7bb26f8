//! The pipe between the compiler and us: as much as it says, in as little memory; and whoever else holds it.

use std::io::Read as _;
use std::process::Stdio;

use crate::capture::Capture;
use crate::pair::{Face, Pair};
use crate::world::start;

/// 200 MB without a line's end.
#[test]
#[allow(clippy::zombie_processes, reason = "it is waited for by its id, for what it used")]
fn one_endless_line() {
    const BYTES: usize = 200_000_000;
    let pair = Pair::mock();
    let mut command = pair.command(Face::OnPath("gcc"), true);
    command.args([format!("--mock-stderr-flood={BYTES}").as_str(), "--mock-exit=1"]);
    let mut child = start(command.stdout(Stdio::null()).stderr(Stdio::piped()));
    let mut stderr = child.stderr.take().unwrap();
    let mut block = vec![0; 1 << 20];
    let mut count = 0;
    loop {
        let read = stderr.read(&mut block).unwrap();
        if read == 0 {
            break;
        }
        assert!(block[..read].iter().all(|byte| *byte == b'x'));
        count += read;
    }
    let mut status = 0;
    // SAFETY: wait4 on a child of ours that has not been waited for, with room for both answers.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let id = libc::pid_t::try_from(child.id()).unwrap();
        assert_eq!(libc::wait4(id, &raw mut status, 0, &raw mut usage), id);
        usage
    };
    assert_eq!((count, libc::WIFEXITED(status), libc::WEXITSTATUS(status)), (BYTES, true, 1));
    assert!(usage.ru_maxrss < 64 * 1024, "{} KiB of memory", usage.ru_maxrss);
}

/// A daemon that the compiler left behind holds stderr, whatever the caller made of both streams.
#[test]
fn a_daemon_holds_it() {
    let pair = Pair::mock();
    for capture in [Capture::OneFile, Capture::OneFileAppended] {
        let alive = pair.world.path("alive");
        std::fs::write(&alive, "").unwrap();
        let mut command = pair.command(Face::OnPath("gcc"), true);
        command.env("MOCK_DAEMON_LIVES", &alive).args(["--mock-stdout-line=out", "--mock-stderr-line=err"]);
        command.args(["--mock-daemon", "--mock-exit=3"]);
        let (status, streams) = capture.run(&mut command, b"", &pair.world.path("captured"));
        std::fs::remove_file(&alive).unwrap();
        assert_eq!((status.code(), streams), (Some(3), vec![b"out\nerr\n".to_vec()]));
    }
}
