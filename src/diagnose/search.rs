//! The search for lines that may speak, by several threads at once: one alone is slower than the memory.

use std::ops::Range;

use memchr::memchr;

use crate::diagnostic;

/// The hits in `text[range]`, in their order, found by several threads at once.
pub(super) fn hits(text: &[u8], range: Range<usize>, threads: usize, quick: bool) -> Vec<usize> {
    /// Less than this is not worth a thread's start (some 50 µs).
    const SHARE: usize = 1024 * 1024;
    let share = (range.len() / threads).max(SHARE);
    let mut pieces = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let nominal = (start + share).min(range.end);
        let end = memchr(b'\n', &text[nominal..range.end]).map_or(range.end, |newline| nominal + newline + 1);
        pieces.push(start..end);
        start = end;
    }
    let search = |piece: &Range<usize>| -> Vec<usize> {
        diagnostic::hits(&text[piece.clone()], quick).map(|hit| piece.start + hit).collect()
    };
    if pieces.len() < 2 {
        return pieces.iter().flat_map(search).collect();
    }
    std::thread::scope(|scope| {
        let (last, others) = pieces.split_last().expect("there are two");
        let running: Vec<_> = others.iter().map(|piece| scope.spawn(move || search(piece))).collect();
        let last = search(last);
        let found = running.into_iter().flat_map(|thread| thread.join().expect("a search does not panic"));
        found.chain(last).collect()
    })
}
