//! The files through which a header was included, as compilers list them above a message.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::lines::Lines;
use super::located;
use super::{Location, plain};

/// More levels than any include chain of use to a reader (GCC itself stops at 200).
const DEEPEST: usize = 32;

/// `In file included from FILE:LINE:COLUMN,` and `from FILE:LINE:` in any language.
static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
    let text = r"(?s-u)^(?<before>.*?[^\s:])(?::|\()([0-9]{1,9})(?:[:,][0-9]{1,9})?\)?[^0-9]*[,:]$";
    Regex::new(text).expect("a constant, tried by this module's tests")
});

/// The chain that ends right above the line at `start`, the innermost file first.
pub(super) fn above(text: &[u8], start: usize) -> Vec<Location> {
    let mut upwards = Vec::new();
    let mut has_comma = false;
    for line in Lines::above(text, start).take(DEEPEST) {
        let line = plain::line(line);
        let Some(entry) = entry(&line) else { break };
        has_comma |= line.ends_with(b",");
        upwards.push(entry);
    }
    // GCC begins with the innermost file and joins the lines with commas; Clang begins with the outermost.
    if has_comma {
        upwards.reverse();
    }
    upwards
}

fn entry(line: &[u8]) -> Option<Location> {
    let found = ENTRY.captures(line)?;
    let file = located::file(found.get(1)?.as_bytes())?;
    let line = std::str::from_utf8(found.get(2)?.as_bytes()).ok()?.parse().ok()?;
    Some(Location { file: PathBuf::from(OsStr::from_bytes(file)), line, column: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(text: &str) -> Vec<String> {
        let above = above(text.as_bytes(), text.len());
        above.iter().map(|place| format!("{}:{}", place.file.display(), place.line)).collect()
    }

    #[test]
    fn the_innermost_file_comes_first() {
        assert_eq!(
            chain("In file included from b.h:1,\n                 from a.h:2,\n                 from m.c:3:\n"),
            ["b.h:1", "a.h:2", "m.c:3"]
        );
        assert_eq!(chain("In file included from b.h:1:0,\n                 from m.c:3:\n"), ["b.h:1", "m.c:3"]);
        assert_eq!(
            chain("In file included from m.c:3:\nIn file included from a.h:2:\nIn file included from b.h:1:\n"),
            ["b.h:1", "a.h:2", "m.c:3"]
        );
        assert_eq!(
            chain("In Datei, eingebunden von b.h:1,\n                 von /my dir/m.c:3:\n"),
            ["b.h:1", "/my dir/m.c:3"]
        );
        assert_eq!(chain("other text\nIn file included from m.c:1:\n"), ["m.c:1"]);
        assert_eq!(chain("m.c: In function 'f':\n"), [""; 0]);
        assert_eq!(chain(""), [""; 0]);
    }
}
