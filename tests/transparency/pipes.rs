//! The pipe between the compiler and us: as much as it says, in as little memory; and whoever else holds it.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use crate::capture::Capture;
use crate::pair::{Face, Pair};
use crate::world::start;

/// 200 MB without a line's end.
#[test]
fn one_endless_line() {
    const BYTES: usize = 200_000_000;
    let pair = Pair::mock();
    let mut command = pair.command(Face::OnPath("gcc"), true);
    command.args([format!("--mock-stderr-flood={BYTES}").as_str(), "--mock-exit=1"]);
    let mut child = start(command.stdout(Stdio::null()).stderr(Stdio::piped()));
    let mut stderr = child.stderr.take().unwrap();
    let mut block = vec![0; 1 << 20];
    let (mut count, mut most) = (0, 0);
    loop {
        let read = stderr.read(&mut block).unwrap();
        if read == 0 {
            break;
        }
        assert!(block[..read].iter().all(|byte| *byte == b'x'));
        count += read;
        most = most.max(memory(child.id()).unwrap_or(0));
    }
    assert_eq!((count, child.wait().unwrap().code()), (BYTES, Some(1)));
    assert!((1..64 * 1024).contains(&most), "{most} KiB of memory");
}

/// The most memory that a living process has had at once (proc(5), VmHWM), in KiB. What wait4 tells counts its parent's
/// too, up to its execve.
fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A daemon that the compiler left behind holds stderr, whatever the caller made of both streams.
#[test]
fn a_daemon_holds_it() {
    let pair = Pair::mock();
    for capture in [Capture::OneFile, Capture::OneFileAppended] {
        let alive = pair.world.path("alive");
        fs::write(&alive, "").unwrap();
        let mut command = pair.command(Face::OnPath("gcc"), true);
        command.env("MOCK_DAEMON_LIVES", &alive).args(["--mock-stdout-line=out", "--mock-stderr-line=err"]);
        command.args(["--mock-daemon", "--mock-exit=3"]);
        let (status, streams) = capture.run(&mut command, b"", &pair.world.path("captured"));
        fs::remove_file(&alive).unwrap();
        assert_eq!((status.code(), streams), (Some(3), vec![b"out\nerr\n".to_vec()]));
    }
}
