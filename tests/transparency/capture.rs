//! What a caller does with a compiler's two streams.

use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::world::start;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capture {
    /// A pipe each.
    Pipes,
    /// One pipe for both: `2>&1 |`, subprocess.STDOUT.
    OnePipe,
    /// One file for both: `>log 2>&1`.
    OneFile,
    /// One file for both, always at its end: `>>log 2>&1`.
    OneFileAppended,
    /// A terminal of 60 columns for both.
    Terminal,
}

pub(crate) const ALL: [Capture; 5] =
    [Capture::Pipes, Capture::OnePipe, Capture::OneFile, Capture::OneFileAppended, Capture::Terminal];

/// How the process ended, and what came out of it: stdout and stderr, or both in one.
pub(crate) type Heard = (ExitStatus, Vec<Vec<u8>>);

impl Capture {
    /// Runs a command to its end; `scratch` is a file that may be overwritten.
    pub(crate) fn run(self, command: &mut Command, stdin: &[u8], scratch: &Path) -> Heard {
        match self {
            Self::Pipes => pipes(command, stdin),
            Self::OnePipe => {
                let (reader, writer) = std::io::pipe().unwrap();
                command.stdout(writer.try_clone().unwrap()).stderr(writer);
                one(command, stdin, reader)
            }
            Self::OneFile | Self::OneFileAppended => {
                fs::write(scratch, "").unwrap();
                let append = self == Self::OneFileAppended;
                let file = File::options().write(true).append(append).open(scratch).unwrap();
                command.stdout(file.try_clone().unwrap()).stderr(file);
                let (status, _) = one(command, stdin, std::io::empty());
                (status, vec![fs::read(scratch).unwrap()])
            }
            Self::Terminal => {
                let (ours, theirs) = terminal();
                command.stdout(theirs.try_clone().unwrap()).stderr(theirs);
                // SAFETY: both calls are async-signal-safe; descriptor 2 is the terminal by now.
                unsafe {
                    command.pre_exec(|| {
                        libc::setsid();
                        libc::ioctl(libc::STDERR_FILENO, libc::TIOCSCTTY, 0);
                        Ok(())
                    });
                }
                one(command, stdin, File::from(ours))
            }
        }
    }
}

fn pipes(command: &mut Command, stdin: &[u8]) -> Heard {
    let mut child = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut input = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A child that does not read its input closes it.
        scope.spawn(move || input.write_all(stdin).is_ok());
        let output = child.wait_with_output().unwrap();
        (output.status, vec![output.stdout, output.stderr])
    })
}

/// Runs a command whose two streams end in one place, which is read to its end.
fn one(command: &mut Command, stdin: &[u8], mut from: impl Read) -> Heard {
    let mut child = start(command.stdin(Stdio::piped()));
    // The command keeps the ends that it gave away; while it does, there is no end to be read.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut input = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(stdin).is_ok());
        let mut text = Vec::new();
        // A terminal whose other end is closed gives EIO, not an end; what came before it is there all the same.
        let _ = from.read_to_end(&mut text);
        (child.wait().unwrap(), vec![text])
    })
}

/// A terminal of 60 columns: its far end, and the end that programs get.
pub(crate) fn terminal() -> (OwnedFd, OwnedFd) {
    let (mut ours, mut theirs) = (-1, -1);
    let size = libc::winsize { ws_row: 24, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: room for two descriptors, which belong to nobody else; a valid size.
    unsafe {
        let made =
            libc::openpty(&raw mut ours, &raw mut theirs, std::ptr::null_mut(), std::ptr::null(), &raw const size);
        assert_eq!(made, 0, "no terminal to be had: {}", std::io::Error::last_os_error());
        // A child of another test must not hold them open.
        for end in [ours, theirs] {
            libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC);
        }
        (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs))
    }
}
