//! Copies the compiler's stderr through as it comes, and remembers the little that a diagnosis needs.
//!
//! What was said last is kept whole (a missing header is fatal, so the message stands at the end); of what must give
//! way to later text, only the lines around a quoted `#include` are kept. Memory is bounded whatever the volume, and
//! nothing is copied twice: the kernel reads straight into the ring that is the memory.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use memchr::{memchr, memchr_iter, memrchr_iter};

/// The tail of the text that is kept.
const RING: usize = 256 * 1024;
/// One read at most.
const CHUNK: usize = 128 * 1024;
/// What a pipe holds on Linux before anybody asks for more (pipe(7)).
const PIPE: usize = 64 * 1024;
/// What it holds once a writer has filled it: with room for more, writer and reader wait for each other less often.
const WIDE_PIPE: i32 = 256 * 1024;
/// What is kept of the text before the tail.
const EARLY: usize = 16 * 1024;
/// The longest pair of lines that is carried over the ring's end.
const CARRIED: usize = 8 * 1024;
/// What can lie in a pipe at the most (pipe-max-size, proc(5)): all that an ended child can have left there.
const DRAINED: usize = 1024 * 1024;

/// The memory of a stream: see the module.
#[derive(Debug)]
pub struct Memory {
    ring: Vec<u8>,
    /// Where the next byte goes.
    next: usize,
    /// `next..older_end` holds the text before the text in `..next`; empty until the ring has been full once.
    older_end: usize,
    early: Vec<u8>,
}

impl Default for Memory {
    fn default() -> Self {
        // Zeroed by the kernel, page by page as it is touched: a silent compile costs no memory.
        Self { ring: vec![0; RING], next: 0, older_end: 0, early: Vec::new() }
    }
}

impl Memory {
    /// What is remembered of a text that has been written already.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(mut text: impl io::Read) -> io::Result<Self> {
        let mut memory = Self::default();
        loop {
            match text.read(memory.room()) {
                Ok(0) => return Ok(memory),
                Ok(count) => memory.filled(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The room for the next read.
    fn room(&mut self) -> &mut [u8] {
        let end = (self.next + CHUNK).min(RING);
        &mut self.ring[self.next..end]
    }

    /// The first `count` bytes of the room hold text now.
    fn filled(&mut self, count: usize) {
        self.next += count;
        if self.next == RING {
            self.start_over();
        }
    }

    /// The ring is full: saves what must outlive its text, and begins again at its start with the last two lines,
    /// one of which may be half a message.
    fn start_over(&mut self) {
        self.save_early();
        let carried_from = memrchr_iter(b'\n', &self.ring).nth(1).map_or(RING, |newline| newline + 1);
        let carried_from = if RING - carried_from > CARRIED { RING } else { carried_from };
        self.ring.copy_within(carried_from.., 0);
        self.next = RING - carried_from;
        self.older_end = carried_from;
    }

    /// Saves each quoted `#include` with the line before it, which holds the message.
    fn save_early(&mut self) {
        // One byte that compilers rarely print: the quickest search there is, and this one sees every byte.
        for hash in memchr_iter(b'#', &self.ring) {
            if !self.ring[hash + 1..].trim_ascii_start().starts_with(b"include") {
                continue;
            }
            let Some(end) = memchr(b'\n', &self.ring[hash..]).map(|newline| hash + newline + 1) else { return };
            let start = memrchr_iter(b'\n', &self.ring[..hash]).nth(1).map_or(0, |newline| newline + 1);
            if self.early.len() + (end - start) > EARLY {
                return;
            }
            self.early.extend_from_slice(&self.ring[start..end]);
        }
    }

    /// Everything remembered, in the order in which it was said; early lines may come twice.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let older = self.ring.get(self.next..self.older_end).unwrap_or_default();
        [&self.early, older, &self.ring[..self.next]].concat()
    }

    /// Whether the stream's last byte (if any) ended a line.
    #[must_use]
    pub fn ends_line(&self) -> bool {
        let last = self.next.checked_sub(1).or_else(|| self.older_end.checked_sub(1));
        last.is_none_or(|last| self.ring[last] == b'\n')
    }
}

/// Copies `source` to descriptor 2 until its writers are gone, or until the child has ended (`has_ended`) and what it
/// wrote is through: a daemon that the compiler left behind may hold the other end open for ever. The child's end makes
/// reads of `source` non-blocking, see [`crate::shim::signals::end_reads_with_child`].
#[must_use]
pub fn copy(source: OwnedFd, has_ended: impl Fn() -> bool) -> Memory {
    let mut memory = Memory::default();
    let mut left_to_drain: Option<usize> = None;
    let mut is_wide = false;
    loop {
        match read(source.as_raw_fd(), memory.room()) {
            Ok(0) => return memory,
            Ok(count) => {
                if count >= PIPE && !is_wide {
                    is_wide = true;
                    widen(&source);
                }
                let start = memory.next;
                let written = write_all(libc::STDERR_FILENO, &memory.ring[start..start + count]);
                memory.filled(count);
                if written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
                    // The reader of our stderr is gone. Closing our end lets the compiler meet that itself, with the
                    // signal or error that it would have had without us.
                    return memory;
                }
                if let Some(left) = &mut left_to_drain {
                    *left = left.saturating_sub(count);
                    if *left == 0 {
                        // The daemon goes on talking; what the child left is through.
                        return memory;
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && left_to_drain.is_none() => {
                // Some child has ended. It need not be ours (a shell may have become us with children of its own); in
                // this order, an end after the question makes the next read return at once again.
                set_blocking(&source, true);
                if has_ended() {
                    set_blocking(&source, false);
                    left_to_drain = Some(DRAINED);
                }
            }
            // EAGAIN: drained. EIO: the pseudo-terminal's other end is closed.
            Err(_) => return memory,
        }
    }
}

/// Asks for a larger pipe; where it is refused, or the source is none, nothing is lost.
fn widen(source: &OwnedFd) {
    #[cfg(target_os = "linux")]
    // SAFETY: fcntl on our own descriptor.
    unsafe {
        libc::fcntl(source.as_raw_fd(), libc::F_SETPIPE_SZ, WIDE_PIPE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (source, WIDE_PIPE);
}

fn set_blocking(descriptor: &OwnedFd, blocking: bool) {
    let flags = if blocking { 0 } else { libc::O_NONBLOCK };
    // SAFETY: fcntl on our own descriptor; O_NONBLOCK is the only one of its flags that we ever set.
    unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_SETFL, flags) };
}

fn read(descriptor: RawFd, room: &mut [u8]) -> io::Result<usize> {
    // SAFETY: at most `room.len()` bytes into `room`.
    let count = unsafe { libc::read(descriptor, room.as_mut_ptr().cast(), room.len()) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Writes everything, waiting where the descriptor is non-blocking and full.
///
/// # Errors
/// What `write` says: broken pipe, no space, closed.
pub fn write_all(descriptor: RawFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: at most `bytes.len()` bytes out of `bytes`.
        let count = unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
        if let Ok(count) = usize::try_from(count) {
            bytes = &bytes[count..];
            continue;
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::Interrupted => {}
            io::ErrorKind::WouldBlock => {
                let mut full = libc::pollfd { fd: descriptor, events: libc::POLLOUT, revents: 0 };
                // SAFETY: poll on one valid structure.
                unsafe { libc::poll(&raw mut full, 1, -1) };
            }
            _ => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use memchr::memmem;

    /// Feeds text as reads of `step` bytes would.
    fn remember(text: &[u8], step: usize) -> Memory {
        let mut memory = Memory::default();
        let mut rest = text;
        while !rest.is_empty() {
            let room = memory.room();
            let count = step.min(room.len()).min(rest.len());
            room[..count].copy_from_slice(&rest[..count]);
            memory.filled(count);
            rest = &rest[count..];
        }
        memory
    }

    #[test]
    fn short_text_is_kept_whole() {
        for step in [1, 7, CHUNK] {
            let memory = remember(b"one\ntwo", step);
            assert_eq!(memory.text(), b"one\ntwo");
            assert!(!memory.ends_line());
        }
        assert!(Memory::default().ends_line());
    }

    #[test]
    fn the_tail_is_kept_when_the_text_is_long() {
        let text: Vec<u8> = (0..40_000).flat_map(|line| format!("line {line}\n").into_bytes()).collect();
        for step in [1000, 4096, CHUNK] {
            let memory = remember(&text, step);
            assert!(text.ends_with(&memory.text()), "step {step}");
            assert!(memory.text().len() >= RING - CARRIED);
            assert!(memory.ends_line());
        }
    }

    #[test]
    fn a_quoted_include_survives_whatever_follows_it() {
        let message = "a.c:1:10: fatal error: Python.h: No such file or directory\n    1 | #include <Python.h>\n";
        for before in [0, RING - 40, RING + 12_345] {
            let mut text = b"x\n".repeat(before / 2);
            text.extend_from_slice(message.as_bytes());
            text.extend_from_slice(&b"warning, again and again\n".repeat(40_000));
            for step in [333, CHUNK] {
                let kept = remember(&text, step).text();
                assert!(memmem::find(&kept, message.as_bytes()).is_some(), "{before} before, step {step}");
            }
        }
    }
}
