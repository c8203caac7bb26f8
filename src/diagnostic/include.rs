//! GCC and Clang about a header that they did not find, in any language.
//!
//! Only the file name's place in the message is read, not the words around it: `FILE:LINE:COLUMN: …: NAME: …` where
//! the quoted source line, or the line of the source file itself, includes exactly NAME. English texts are taken
//! without that proof.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::{Kind, Location, Missing, SourceLine};

/// How a header is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Angle,
    Quote,
}

/// The longest line that is read as a message; a header's name has at most 4096 bytes (`PATH_MAX`).
const LONGEST: usize = 16 * 1024;

/// `FILE:LINE:COLUMN: TEXT`, the column absent in GCC before 4.5.
static LOCATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?s-u)\s*(?<file>[^\s:].*?):(?<line>[0-9]{1,9}):(?:(?<column>[0-9]{1,9}):)? ?(?<text>.+)$")
});

/// GCC (`fatal` since 4.9) and Clang in English.
static ENGLISH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?s-u)(?:fatal )?error: (?:(?<gcc>.+): No such file or directory|'(?<clang>.+)' file not found)")
});

/// `#include <NAME>` behind the line number that GCC 9 and Clang 17 put before a quoted line.
static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^(?s-u)\s*(?:[0-9]+ \|)?\s*#\s*(?:include|include_next|import)\s*(?:<(?<angle>[^>]+)>|"(?<quote>[^"]+)")"#,
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns are constants, tried by this file's tests")
}

/// A message with a location, which the next line may explain.
#[derive(Debug)]
pub(super) struct Message {
    location: Location,
    text: Vec<u8>,
    /// The header's name where English gives it away.
    name: Option<Vec<u8>>,
}

impl Message {
    /// Reads a line as `FILE:LINE:COLUMN: TEXT` whose text may be about a header.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        if line.len() > LONGEST {
            return None;
        }
        let found = LOCATED.captures(line)?;
        let text = &found["text"];
        let name = ENGLISH.captures(text).and_then(|english| {
            english.name("gcc").or_else(|| english.name("clang")).map(|name| name.as_bytes().to_vec())
        });
        if name.is_none() && !may_name_a_file(text) {
            return None;
        }
        let number =
            |group: &str| -> Option<u32> { std::str::from_utf8(found.name(group)?.as_bytes()).ok()?.parse().ok() };
        let location = Location {
            file: PathBuf::from(OsStr::from_bytes(&found["file"])),
            line: number("line")?,
            column: number("column"),
        };
        Some(Self { location, text: text.to_vec(), name })
    }

    /// What the message says, given the line after it, and whether that line belonged to it.
    pub(super) fn followed_by(self, line: &[u8], source: SourceLine<'_>) -> (Option<Missing>, bool) {
        match directive(line) {
            Some((name, style)) if self.names(&name) => (Some(self.missing(name, Some(style))), true),
            Some(_) => (None, true),
            None => (self.at_end(source), false),
        }
    }

    /// What the message says when nothing explains it: in English its own words, otherwise the source file's line.
    pub(super) fn at_end(self, source: SourceLine<'_>) -> Option<Missing> {
        if let Some(name) = self.name.clone() {
            return Some(self.missing(name, None));
        }
        let (name, style) = directive(&source(&self.location)?)?;
        self.names(&name).then(|| self.missing(name, Some(style)))
    }

    /// Whether the message's text is about the file `name`: in English by its words; otherwise the name stands between
    /// colons (ASCII or full width), as the C library's "NAME: reason" has it.
    fn names(&self, name: &[u8]) -> bool {
        if let Some(english) = &self.name {
            return english == name;
        }
        memmem::find_iter(&self.text, name).any(|start| {
            let after = self.text[start + name.len()..].trim_ascii_start();
            // French puts a no-break space before its colons.
            let after = after.strip_prefix("\u{a0}".as_bytes()).unwrap_or(after);
            ends_with_colon(self.text[..start].trim_ascii_end()) && starts_with_colon(after)
        })
    }

    fn missing(self, name: Vec<u8>, style: Option<Style>) -> Missing {
        Missing { kind: Kind::Header, name, location: Some(self.location), style }
    }
}

const WIDE_COLON: &[u8] = "：".as_bytes();

fn ends_with_colon(text: &[u8]) -> bool {
    text.ends_with(b":") || text.ends_with(WIDE_COLON)
}

fn starts_with_colon(text: &[u8]) -> bool {
    text.starts_with(b":") || text.starts_with(WIDE_COLON)
}

/// Whether a text could be "WORD: NAME: REASON" in some language: two colons, none of GCC's own English words that
/// never speak of a missing file, and not another reason than a missing file where the C library speaks English.
fn may_name_a_file(text: &[u8]) -> bool {
    let colons = memmem::find_iter(text, b":").count() + memmem::find_iter(text, WIDE_COLON).count();
    let english = [b"warning: ".as_slice(), b"note: ", b"remark: "];
    let reasons = [b": Permission denied".as_slice(), b": Is a directory", b": Too many open files"];
    colons >= 2
        && !english.iter().any(|word| text.starts_with(word))
        && !reasons.iter().any(|reason| memmem::find(text, reason).is_some())
}

/// The header and the style of an `#include` line.
fn directive(line: &[u8]) -> Option<(Vec<u8>, Style)> {
    if line.len() > LONGEST {
        return None;
    }
    let found = DIRECTIVE.captures(line)?;
    let angle = found.name("angle").map(|name| (name.as_bytes().to_vec(), Style::Angle));
    angle.or_else(|| found.name("quote").map(|name| (name.as_bytes().to_vec(), Style::Quote)))
}
