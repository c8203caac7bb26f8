//! A line without what terminals and line ends add to it.

use std::borrow::Cow;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// The line without escape sequences (ECMA-48 CSI, and OSC as compilers' hyperlinks use it) and without a trailing
/// carriage return.
pub(super) fn line(line: &[u8]) -> Cow<'_, [u8]> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.contains(&ESCAPE) {
        return Cow::Borrowed(line);
    }
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
    Cow::Owned(plain)
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
            (b"cut \x1b[3", b"cut "),
            (b"cut \x1b]8;;u", b"cut "),
        ] {
            assert_eq!(&*line(coloured), expected);
        }
    }
}
