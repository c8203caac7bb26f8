//! A terminal for the compiler while ours is one, so that colours, width and links come out as without us.

use std::ffi::c_int;
use std::os::fd::{FromRawFd, OwnedFd};

/// What our standard error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stderr {
    /// Closed, or a pipe whose reader has gone: what happens to who writes there must happen to the compiler.
    Unheard,
    Terminal,
    /// A file, a pipe, a device.
    Captured,
}

impl Stderr {
    /// Asks the kernel about descriptor 2.
    #[must_use]
    pub fn of_process() -> Self {
        let mut settings = std::mem::MaybeUninit::<libc::termios>::uninit();
        // SAFETY: tcgetattr on descriptor 2 with room for its answer, which is not read.
        if unsafe { libc::tcgetattr(libc::STDERR_FILENO, settings.as_mut_ptr()) } == 0 {
            return Self::Terminal;
        }
        let mut asked = libc::pollfd { fd: libc::STDERR_FILENO, events: 0, revents: 0 };
        // SAFETY: poll on one valid structure, without waiting. A closed descriptor gives POLLNVAL, a pipe without a
        // reader POLLERR.
        unsafe { libc::poll(&raw mut asked, 1, 0) };
        if asked.revents == 0 { Self::Captured } else { Self::Unheard }
    }
}

/// A pseudo-terminal of the same size as ours that passes bytes through unchanged: our end, the compiler's end. None
/// where there are none to be had (a chroot without /dev/ptmx).
#[must_use]
pub fn pair() -> Option<(OwnedFd, OwnedFd)> {
    let (mut ours, mut theirs): (c_int, c_int) = (-1, -1);
    // SAFETY: all structures are filled by the kernel before they are read, and the descriptors are ours alone.
    unsafe {
        let mut settings: libc::termios = std::mem::zeroed();
        let mut size: libc::winsize = std::mem::zeroed();
        if libc::tcgetattr(libc::STDERR_FILENO, &raw mut settings) != 0 {
            return None;
        }
        libc::ioctl(libc::STDERR_FILENO, libc::TIOCGWINSZ, &raw mut size);
        // Our own terminal does the output processing (newlines); done twice it would double the carriage returns.
        settings.c_oflag &= !libc::OPOST;
        let (settings, size) = (&raw mut settings, &raw mut size);
        if libc::openpty(&raw mut ours, &raw mut theirs, std::ptr::null_mut(), settings, size) != 0 {
            return None;
        }
        libc::fcntl(ours, libc::F_SETFD, libc::FD_CLOEXEC);
        libc::fcntl(theirs, libc::F_SETFD, libc::FD_CLOEXEC);
        Some((OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)))
    }
}
