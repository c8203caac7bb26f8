//! A log's bytes, from a file or a stream of any size, in a bounded amount of memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc;

use anyhow::{Context as _, Result};
use memchr::memrchr_iter;
use memmap2::{Mmap, MmapOptions};

use crate::diagnose::log::{NEAR, Reader};
use crate::diagnostic;

/// What of a stream is searched at a time, and the size from which a file is mapped.
const PIECE: usize = 8 * 1024 * 1024;
/// What a thread maps at a time: four of these and a program of 3 MB stay below 16 MB.
const MAPPED: usize = 2 * 1024 * 1024;
/// How many pieces a thread may be ahead of the reader.
const AHEAD: usize = 2;
/// More than the longest needle.
const NEEDLE: usize = 64;
/// What of the text behind a piece can be looked at: two lines of any length that is read.
const BEHIND: usize = 64 * 1024;
/// How much of the log's end is kept for its last words.
const END: usize = 16 * 1024;

/// What has been read.
pub(super) struct Whole {
    /// In bytes.
    pub(super) length: u64,
    /// The last part, [`END`] bytes at most.
    pub(super) end: Vec<u8>,
}

/// Feeds a file to a reader.
///
/// # Errors
/// The file cannot be opened, mapped or read.
pub(super) fn file(path: &Path, reader: &mut Reader<'_>) -> Result<Whole> {
    let cannot = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    let about = file.metadata().with_context(cannot)?;
    if about.is_file() && about.len() > PIECE as u64 {
        mapped(&file, about.len(), reader).with_context(cannot)
    } else {
        stream(file, reader).with_context(cannot)
    }
}

/// Feeds a large file to a reader. Threads map and search pieces by turns (one alone is slower than the memory, and
/// copying would take as long as searching); what stands around a hit is mapped again, for the reader alone.
fn mapped(file: &File, length: u64, reader: &mut Reader<'_>) -> io::Result<Whole> {
    die_of_truncation();
    reader.hurry();
    let size = MAPPED as u64;
    let pieces = length.div_ceil(size);
    let search = |piece: u64| -> io::Result<Vec<usize>> {
        let start = piece * size;
        // A needle may begin in this piece and end in the next.
        let text = map(file, start, (start + size + NEEDLE as u64).min(length))?;
        Ok(diagnostic::hits(&text, true).take_while(|hit| *hit < MAPPED).collect())
    };
    std::thread::scope(|scope| {
        let threads = threads() as u64;
        let running: Vec<_> = (0..threads.min(pieces))
            .map(|first| {
                let (send, receive) = mpsc::sync_channel(AHEAD);
                scope.spawn(move || {
                    for piece in (first..pieces).step_by(usize::try_from(threads).unwrap_or(1)) {
                        if send.send(search(piece)).is_err() {
                            // Nobody waits any more: another piece could not be read.
                            break;
                        }
                    }
                });
                receive
            })
            .collect();
        for (piece, results) in (0..pieces).zip(running.iter().cycle()) {
            let hits = results.recv().map_err(io::Error::other)??;
            if !hits.is_empty() || reader.is_waiting() {
                let start = piece * size;
                let base = start.saturating_sub(NEAR as u64);
                let text = map(file, base, (start + size + BEHIND as u64).min(length))?;
                let from = usize::try_from(start - base).unwrap_or(usize::MAX);
                let hits: Vec<usize> = hits.into_iter().map(|hit| from + hit).collect();
                reader.take(&text, &hits, (from + MAPPED).min(text.len()), base);
            }
        }
        let end = map(file, length.saturating_sub(END as u64), length)?.to_vec();
        Ok(Whole { length, end })
    })
}

/// How many threads search a log; a few fill the memory's bandwidth.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |number| number.get().min(4))
}

fn map(file: &File, from: u64, to: u64) -> io::Result<Mmap> {
    let length = usize::try_from(to - from).unwrap_or(usize::MAX);
    // SAFETY: The mapping is private and only read. Another program may change the log meanwhile: we then read other
    // bytes, which are never relied on to be the same twice; and when the log is cut short, `die_of_truncation` says so.
    unsafe { MmapOptions::new().offset(from).len(length).map(file) }
}

/// Leaves with a word of explanation should a mapped log shrink under us (SIGBUS), instead of dying silently.
fn die_of_truncation() {
    extern "C" fn leave(_: libc::c_int) {
        let text = b"pycc-shim: the log was cut short while it was being read; try again\n";
        // SAFETY: write and _exit are async-signal-safe (signal-safety(7)).
        unsafe {
            libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
            libc::_exit(2);
        }
    }
    // SAFETY: the handler calls nothing but async-signal-safe functions, and never returns.
    unsafe {
        libc::signal(libc::SIGBUS, leave as extern "C" fn(libc::c_int) as libc::sighandler_t);
    }
}

/// Feeds a stream to a reader.
///
/// # Errors
/// The stream cannot be read.
pub(super) fn stream(mut input: impl Read, reader: &mut Reader<'_>) -> io::Result<Whole> {
    let mut text = vec![0; NEAR + PIECE];
    let (mut base, mut done, mut filled) = (0, 0, 0);
    loop {
        let count = match input.read(&mut text[filled..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        filled += count;
        if count > 0 && filled < text.len() {
            continue;
        }
        let is_last = count == 0;
        if !is_last {
            reader.hurry();
        }
        // Two lines behind the last one must be there to be looked at.
        let third_last = || memrchr_iter(b'\n', &text[done..filled]).nth(2);
        let to = if is_last { filled } else { third_last().map_or(filled - BEHIND, |newline| done + newline + 1) };
        reader.read(&text[..filled], done..to, base);
        if is_last {
            let end = text[filled.saturating_sub(END)..filled].to_vec();
            return Ok(Whole { length: base + filled as u64, end });
        }
        let dropped = to.saturating_sub(NEAR);
        text.copy_within(dropped..filled, 0);
        base += dropped as u64;
        done = to - dropped;
        filled -= dropped;
    }
}
