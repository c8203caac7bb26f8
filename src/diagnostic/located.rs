//! A line that begins with a place in a source file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::Location;

/// `:LINE:COLUMN: ` (GCC and Clang; GCC before 4.5 and with -fno-show-column without the column), `(LINE): ` (EDG) or
/// `(LINE,COLUMN): ` (Clang's msvc format), ` +LINE:COLUMN: ` (its vi format).
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    let text = r"(?s-u)(?::([0-9]{1,9}):(?:([0-9]{1,9}):)?|\(([0-9]{1,9})(?:,\s?([0-9]{1,9}))?\)\s?:| \+([0-9]{1,9})(?::([0-9]{1,9}))?:)[ \t]";
    Regex::new(text).expect("a constant, tried by this module's tests")
});

/// A line as `LOCATION TEXT`.
#[derive(Debug)]
pub(super) struct Located<'a> {
    pub(super) location: Location,
    pub(super) text: &'a [u8],
}

impl<'a> Located<'a> {
    /// Reads the last place of the line, so that time stamps and other prefixes do not count.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        let is_number = |at: usize| at > 0 && (line[at - 1].is_ascii_digit() || matches!(line[at - 1], b')' | b' '));
        // Most lines have no such thing, and the pattern is slow to say so.
        if !memchr::memchr_iter(b':', line).any(is_number) {
            return None;
        }
        let found = PLACE.captures_iter(line).last()?;
        let whole = found.get(0)?;
        let number = |groups: [usize; 3]| -> Option<u32> {
            let digits = groups.iter().find_map(|&group| found.get(group))?;
            std::str::from_utf8(digits.as_bytes()).ok()?.parse().ok()
        };
        let file = file(&line[..whole.start()])?;
        let location = Location {
            file: PathBuf::from(OsStr::from_bytes(file)),
            line: number([1, 3, 5])?,
            column: number([2, 4, 6]),
        };
        Some(Self { location, text: &line[whole.end()..] })
    }
}

/// The file's name at the end of what stands before a place: from the last absolute path on, else the last word. A
/// name that begins the line may hold spaces.
pub(super) fn file(before: &[u8]) -> Option<&[u8]> {
    let before = before.trim_ascii();
    let start = if before.first().is_some_and(|first| matches!(first, b'/' | b'.')) {
        0
    } else if let Some(absolute) = memchr::memmem::rfind(before, b" /") {
        absolute + 1
    } else {
        before.iter().rposition(u8::is_ascii_whitespace).map_or(0, |space| space + 1)
    };
    Some(&before[start..]).filter(|file| !file.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (line, expected) in [
            ("m.c:1:10: text", Some(("m.c", 1, Some(10), "text"))),
            ("m.c:39: text", Some(("m.c", 39, None, "text"))),
            ("/my dir/m.c:1:10: text", Some(("/my dir/m.c", 1, Some(10), "text"))),
            ("C:/Users/u/main.c:5: text", Some(("C:/Users/u/main.c", 5, None, "text"))),
            ("m.cu(1): text", Some(("m.cu", 1, None, "text"))),
            ("hip/hip_runtime.h(33,10): text", Some(("hip/hip_runtime.h", 33, Some(10), "text"))),
            ("m.c +1:10: text", Some(("m.c", 1, Some(10), "text"))),
            ("2026-11-22T10:00:00.123Z /t/m.c:1:10: text", Some(("/t/m.c", 1, Some(10), "text"))),
            ("[10:00:00] worker-3 | m.c:1:10: text", Some(("m.c", 1, Some(10), "text"))),
            ("12:30:45: src/m.c:7:1: text", Some(("src/m.c", 7, Some(1), "text"))),
            ("m.c: text", None),
            (":1:2: text", None),
        ] {
            let found = Located::read(line.as_bytes());
            let found = found.as_ref().map(|located| {
                let place = &located.location;
                (place.file.to_str().unwrap(), place.line, place.column, std::str::from_utf8(located.text).unwrap())
            });
            assert_eq!(found, expected, "{line}");
        }
    }
}
