//! The lines around a place in a text.

use memchr::{memchr, memchr_iter, memrchr};

/// The longest line that is read as a message. A header's name has at most 4096 bytes (`PATH_MAX`); of a longer line,
/// the bytes around the place count.
const LONGEST: usize = 16 * 1024;

/// The line at an offset: where it starts, and its bytes without the newline.
pub(super) fn at(text: &[u8], offset: usize) -> (usize, &[u8]) {
    let floor = offset.saturating_sub(LONGEST);
    let start = memrchr(b'\n', &text[floor..offset]).map_or(floor, |newline| floor + newline + 1);
    (start, first(&text[start..]))
}

/// The line that follows the one at `start`, empty at the end of the text.
pub(super) fn below(text: &[u8], start: usize) -> &[u8] {
    let rest = &text[start..];
    memchr(b'\n', rest).map_or(&[], |newline| first(&rest[newline + 1..]))
}

fn first(text: &[u8]) -> &[u8] {
    let limited = &text[..text.len().min(2 * LONGEST)];
    &limited[..memchr(b'\n', limited).unwrap_or(limited.len())]
}

/// The line at `start` with so many lines above it and so many below.
pub(super) fn around(text: &[u8], start: usize, above: usize, below: usize) -> &[u8] {
    let above: usize = Lines::above(text, start).take(above).map(|line| line.len() + 1).sum();
    let rest = &text[start..text.len().min(start + 2 * LONGEST)];
    let end = memchr_iter(b'\n', rest).nth(below).unwrap_or(rest.len());
    &text[start - above..start + end]
}

/// Lines above a place, the nearest first.
pub(super) struct Lines<'a> {
    text: &'a [u8],
}

impl<'a> Lines<'a> {
    /// The lines that end before the line at `start`.
    pub(super) fn above(text: &'a [u8], start: usize) -> Self {
        Self { text: &text[..start] }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let without = self.text.strip_suffix(b"\n")?;
        let floor = without.len().saturating_sub(LONGEST);
        let start = memrchr(b'\n', &without[floor..]).map_or(floor, |newline| floor + newline + 1);
        self.text = &self.text[..start];
        Some(&without[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn around_an_offset() {
        let text = b"one\ntwo\n\nfour";
        assert_eq!(at(text, 5), (4, &b"two"[..]));
        assert_eq!(at(text, 0), (0, &b"one"[..]));
        assert_eq!(at(text, 13), (9, &b"four"[..]));
        assert_eq!(below(text, 0), b"two");
        assert_eq!(below(text, 9), b"");
        assert_eq!(around(text, 4, 1, 1), b"one\ntwo\n");
        assert_eq!(around(text, 4, 1, 0), b"one\ntwo");
        assert_eq!(around(text, 0, 9, 9), text);
        assert_eq!(Lines::above(text, 9).collect::<Vec<_>>(), [&b""[..], b"two", b"one"]);
        assert_eq!(Lines::above(text, 0).count(), 0);
    }

    #[test]
    fn a_line_without_an_end_is_read_in_part() {
        let text = vec![b'x'; 10 * LONGEST];
        let (start, line) = at(&text, 5 * LONGEST);
        assert_eq!((start, line.len()), (4 * LONGEST, 2 * LONGEST));
    }
}
