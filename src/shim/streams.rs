//! Which of the compiler's streams come through us: stderr, and stdout where the two are one.
//!
//! `2>&1` makes both one pipe, file or terminal, and what is written first stands first in it. Were only stderr to take
//! the way through us, what the compiler says on stdout meanwhile would stand before it, in the middle of a line
//! (`g++ -E -v - 2>&1`).

use std::ffi::c_int;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    Stderr,
    Both,
}

impl Streams {
    /// Asks the kernel whether descriptors 1 and 2 are one.
    #[must_use]
    pub fn of_process() -> Self {
        let (Some(stdout), Some(stderr)) = (status(libc::STDOUT_FILENO), status(libc::STDERR_FILENO)) else {
            return Self::Stderr;
        };
        let is_one_file = stdout.st_dev == stderr.st_dev && stdout.st_ino == stderr.st_ino;
        let has_order = || match stdout.st_mode & libc::S_IFMT {
            libc::S_IFREG => have_one_place(),
            // SAFETY: a question about a descriptor.
            // Of other devices, nobody can read in what order they were written to; /dev/full refuses.
            libc::S_IFCHR => unsafe { libc::isatty(libc::STDOUT_FILENO) == 1 },
            _ => true,
        };
        if is_one_file && has_order() { Self::Both } else { Self::Stderr }
    }

    #[must_use]
    pub fn descriptors(self) -> &'static [c_int] {
        match self {
            Self::Stderr => &[libc::STDERR_FILENO],
            Self::Both => &[libc::STDOUT_FILENO, libc::STDERR_FILENO],
        }
    }
}

fn status(descriptor: c_int) -> Option<libc::stat> {
    let mut status = std::mem::MaybeUninit::uninit();
    // SAFETY: a buffer of the right size, which is read only after success.
    unsafe { (libc::fstat(descriptor, status.as_mut_ptr()) == 0).then(|| status.assume_init()) }
}

/// Whether the two, on one file, also share their place in it; a file that was opened twice has two. Where the kernel
/// does not say (kcmp(2) is an option), they count as two, and stdout is the compiler's own as ever.
fn have_one_place() -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: system calls that only ask.
    unsafe {
        const KCMP_FILE: c_int = 0;
        let us = libc::getpid();
        libc::syscall(libc::SYS_kcmp, us, us, KCMP_FILE, libc::STDOUT_FILENO, libc::STDERR_FILENO) == 0
    }
    #[cfg(not(target_os = "linux"))]
    false
}
