//! A line without what terminals, line ends and pastes add to it.

use std::borrow::Cow;

use memchr::{memchr, memmem, memrchr};

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// The line without escape sequences (ECMA-48 CSI, and OSC as compilers' hyperlinks use it), without a trailing
/// carriage return, and with the text alone of each markdown link: pasted from a notebook, every path has become one.
pub(super) fn line(line: &[u8]) -> Cow<'_, [u8]> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = if line.contains(&ESCAPE) { Cow::Owned(without_sequences(line)) } else { Cow::Borrowed(line) };
    if memmem::find(&line, b"](").is_some() { Cow::Owned(without_links(&line)) } else { line }
}

fn without_sequences(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != ESCAPE {
            plain.push(byte);
        } else if let Some(sequence) = rest.strip_prefix(b"[") {
            let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte));
            rest = &sequence[end.map_or(sequence.len(), |end| end + 1)..];
        } else if let Some(sequence) = rest.strip_prefix(b"]") {
            rest = after_string(sequence);
        }
    }
    plain
}

/// Replaces `[TEXT](TARGET)` by TEXT.
fn without_links(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(middle) = memmem::find(rest, b"](") {
        let open = memrchr(b'[', &rest[..middle]);
        let close = memchr(b')', &rest[middle..]);
        let (Some(open), Some(close)) = (open, close) else { break };
        plain.extend_from_slice(&rest[..open]);
        plain.extend_from_slice(&rest[open + 1..middle]);
        rest = &rest[middle + close + 1..];
    }
    plain.extend_from_slice(rest);
    plain
}

/// What follows an operating system command: it ends with BEL or ESC `\`.
fn after_string(sequence: &[u8]) -> &[u8] {
    for (index, &byte) in sequence.iter().enumerate() {
        if byte == BELL {
            return &sequence[index + 1..];
        }
        if byte == ESCAPE && sequence.get(index + 1) == Some(&b'\\') {
            return &sequence[index + 2..];
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn sequences_go_and_text_stays() {
        for (coloured, expected) in [
            (&b"plain\r"[..], &b"plain"[..]),
            (b"\x1b[01;31m\x1b[Kerror\x1b[m\x1b[K: x", b"error: x"),
            (b"[\x1b]8;;https://gcc.gnu.org/\x07-Wall\x1b]8;;\x07]", b"[-Wall]"),
            (b"\x1b]8;;u\x1b\\link\x1b]8;;\x1b\\", b"link"),
            (b"[g++](https://x) [/a/b.h:46](file:///a/b.h):10: text", b"g++ /a/b.h:46:10: text"),
            (b"-I[/usr/include](f) ](broken", b"-I/usr/include ](broken"),
            (b"cut \x1b[3", b"cut "),
            (b"cut \x1b]8;;u", b"cut "),
        ] {
            assert_eq!(&*line(coloured), expected);
        }
    }
}
