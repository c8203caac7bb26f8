//! What a failed compile says is missing: bytes in, [`Missing`] out.
//!
//! [`hits`] finds, quickly, the lines that may speak of something missing; [`read`] understands such a line with the
//! lines around it. The forms that messages take are tables, a file a speaker, in `forms/`. Nothing here knows the
//! machine or the command; the line of a source file is asked for through [`SourceLine`].

mod chain;
mod directive;
mod forms;
mod lines;
mod located;
mod plain;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use memchr::{memchr, memmem};

pub use directive::Style;

use forms::{Force, Forms, Match, Subject};
use lines::Lines;
use located::Located;

/// The kind of thing that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Header,
    Library,
    Tool,
    Startfile,
    Compiler,
    /// What pkg-config knows a library by: the name of its `.pc` file.
    PkgConfig,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Header, Self::Library, Self::Tool, Self::Startfile, Self::Compiler, Self::PkgConfig];

    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Library => "library",
            Self::Tool => "tool",
            Self::Startfile => "startfile",
            Self::Compiler => "compiler",
            Self::PkgConfig => "pkgconfig",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A place in a source file, as the compiler named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub file: PathBuf,
    pub line: u32,
    pub column: Option<u32>,
}

/// One thing that is missing. The name is what the failing command made it: untrusted bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub kind: Kind,
    pub name: Vec<u8>,
    pub location: Option<Location>,
    /// How a header was included, where the text shows it.
    pub style: Option<Style>,
    /// The files through which a header was included, the innermost first.
    pub included_from: Vec<Location>,
    /// Files that a linker found under a library's name and passed over, being for another machine.
    pub incompatible: Vec<PathBuf>,
}

impl Missing {
    /// A missing thing of which only the kind and the name are known.
    #[must_use]
    pub fn named(kind: Kind, name: &[u8]) -> Self {
        let (included_from, incompatible) = (Vec::new(), Vec::new());
        Self { kind, name: name.to_vec(), location: None, style: None, included_from, incompatible }
    }

    /// Whether both are the same thing, wherever it was asked for.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name
    }
}

/// What one line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Missing(Missing),
    /// The same, in words that also follow from other failures: it counts where nothing before it says why.
    Perhaps(Missing),
    /// The same, in the words of a check after which a build may go on: it counts where the whole ends in that.
    Checked(Missing),
    /// The command names a file that is not there: an input, or what `-include` wants.
    AbsentInput(Vec<u8>),
    /// An installation went well.
    Passed,
}

/// The text of one line of a source file, or none when it cannot be read.
pub type SourceLine<'a> = &'a dyn Fn(&Location) -> Option<Vec<u8>>;

/// What the whole text of one failed command says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Each missing thing once, in the order in which they were said.
    pub missing: Vec<Missing>,
    pub absent_inputs: Vec<Vec<u8>>,
}

/// The most lines that a wrapped message goes on.
const WRAPPED: usize = 3;

/// Reads the text of one failed command.
#[must_use]
pub fn scan(text: &[u8], source: SourceLine<'_>) -> Findings {
    let mut findings = Findings::default();
    for hit in hits(text, false) {
        match read(text, hit, source) {
            Some(Said::Missing(missing)) if !findings.missing.iter().any(|known| known.is_same(&missing)) => {
                findings.missing.push(missing);
            }
            Some(Said::Perhaps(missing)) if findings.missing.is_empty() => findings.missing.push(missing),
            Some(Said::AbsentInput(name)) => findings.absent_inputs.push(name),
            _ => {}
        }
    }
    findings
}

/// Offsets at which a line may speak of something missing, one a line. `quick` is for texts of any size, and leaves
/// out what is rarely of use.
pub fn hits(text: &[u8], quick: bool) -> impl Iterator<Item = usize> {
    let forms = Forms::embedded();
    let mut next = 0;
    std::iter::from_fn(move || {
        let hit = forms.next_hit(text, next, quick)?;
        next = memchr(b'\n', &text[hit..]).map_or(text.len(), |newline| hit + newline + 1);
        Some(hit)
    })
}

/// What the line at a hit says, together with the lines around it.
#[must_use]
pub fn read(text: &[u8], hit: usize, source: SourceLine<'_>) -> Option<Said> {
    let (start, raw) = lines::at(text, hit);
    let line = plain::line(raw);
    if directive::read(&line).is_some() {
        return under_its_message(text, start, &line, source);
    }
    said_by(&line, text, start, source).or_else(|| {
        let (whole, start) = unwrapped(text, start, &line)?;
        said_by(&whole, text, start, source)
    })
}

/// What one line says, the one at `start` or one that has been put together from there on.
fn said_by(line: &[u8], text: &[u8], start: usize, source: SourceLine<'_>) -> Option<Said> {
    let located = Located::read(line);
    let around = |above, below| lines::around(text, start, above, below);
    let found = Forms::embedded().read_line(line, located.as_ref(), &around)?;
    said(&found, located, text, start, source)
}

/// A message that the compiler wrapped where the terminal ends (-fmessage-length), from its end on: the lines that go
/// on begin with spaces.
fn unwrapped(text: &[u8], start: usize, line: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut whole = line.trim_ascii_start().to_vec();
    let mut start = start;
    let mut goes_on = line.starts_with(b"   ");
    for above in Lines::above(text, start).take(WRAPPED) {
        if !goes_on {
            return None;
        }
        start -= above.len() + 1;
        let above = plain::line(above);
        goes_on = above.starts_with(b"   ");
        let part = if goes_on { above.trim_ascii() } else { above.trim_ascii_end() };
        whole = [part, b" ", &whole].concat();
        if !goes_on {
            return Some((whole, start));
        }
    }
    None
}

fn said(
    found: &Match<'_>,
    located: Option<Located<'_>>,
    text: &[u8],
    start: usize,
    source: SourceLine<'_>,
) -> Option<Said> {
    let kind = match found.subject {
        Subject::Missing(kind) => kind,
        Subject::Input => return Some(Said::AbsentInput(found.name.to_vec())),
        Subject::Passed => return Some(Said::Passed),
    };
    let mut missing = Missing::named(kind, &found.name);
    if found.at_location
        && let Some(Located { location, .. }) = located
    {
        // `<command-line>` and `<built-in>`, but not `<stdin>`: an option's file.
        let file = location.file.as_os_str();
        if file.as_bytes().starts_with(b"<") && file != "<stdin>" {
            return Some(Said::AbsentInput(missing.name));
        }
        if is_free_text(text, start) {
            return None;
        }
        place(&mut missing, location, text, start, source);
    }
    if kind == Kind::Library {
        missing.incompatible = incompatible(text, start, &missing.name);
    }
    Some(match found.force {
        Force::Full => Said::Missing(missing),
        Force::Weak => Said::Perhaps(missing),
        Force::Check => Said::Checked(missing),
    })
}

/// Whether the quoted line below a message is an `#error` or a `#warning`, whose words are the project's.
fn is_free_text(text: &[u8], start: usize) -> bool {
    let below = plain::line(lines::below(text, start)).into_owned();
    memchr::memchr_iter(b'#', &below).any(|hash| {
        let word = below[hash + 1..].trim_ascii_start();
        word.starts_with(b"error") || word.starts_with(b"warning")
    })
}

/// Adds where a header was asked for.
fn place(missing: &mut Missing, location: Location, text: &[u8], start: usize, source: SourceLine<'_>) {
    let style = |line: &[u8]| directive::read(line).filter(|(name, _)| *name == missing.name).map(|(_, style)| style);
    let shown = style(&plain::line(lines::below(text, start)));
    missing.style = shown.or_else(|| style(&source(&location)?));
    missing.included_from = chain::above(text, start);
    // GCC opens this file before the first line of any other, and blames its end for what the command itself includes
    // (nvcc's `-include cuda_runtime.h`).
    missing.location = Some(location).filter(|place| place.file.file_name() != Some(OsStr::new("stdc-predef.h")));
}

/// Files passed over in the lines above a linker's message.
fn incompatible(text: &[u8], start: usize, library: &[u8]) -> Vec<PathBuf> {
    let ending = [b" when searching for -l", library].concat();
    let mut paths: Vec<PathBuf> = Lines::above(text, start)
        .map_while(|line| {
            let line = plain::line(line);
            let rest = &line[memmem::find(&line, b"skipping incompatible ")? + b"skipping incompatible ".len()..];
            let path = &rest[..memmem::find(rest, b" when searching for -l")?];
            Some((rest.ends_with(&ending), PathBuf::from(OsStr::from_bytes(path))))
        })
        .filter_map(|(ours, path)| ours.then_some(path))
        .collect();
    paths.reverse();
    paths
}

/// A quoted `#include` line, which names the header whatever the language of the message above it.
fn under_its_message(text: &[u8], start: usize, line: &[u8], source: SourceLine<'_>) -> Option<Said> {
    let (name, style) = directive::read(line)?;
    let above = Lines::above(text, start).next()?;
    let message = plain::line(above);
    let above_start = start - above.len() - 1;
    if said_by(&message, text, above_start, source).is_some() {
        // It speaks for itself.
        return None;
    }
    if let Some((whole, whole_start)) = unwrapped(text, above_start, &message) {
        return said_by(&whole, text, whole_start, source);
    }
    let located = Located::read(&message)?;
    if !names(located.text, name) {
        return None;
    }
    let mut missing = Missing::named(Kind::Header, name);
    place(&mut missing, located.location, text, above_start, source);
    missing.style = Some(style);
    Some(Said::Missing(missing))
}

/// Whether a text is `WORDS: NAME: no such file` in a language whose words we know, or in an encoding that we do not.
fn names(text: &[u8], name: &[u8]) -> bool {
    let is_text = std::str::from_utf8(text).is_ok();
    if is_text && !forms::ends_with_no_such_file(text) {
        return false;
    }
    let wide = "：".as_bytes();
    memmem::find_iter(text, name).any(|start| {
        let before = text[..start].trim_ascii_end();
        let after = text[start + name.len()..].trim_ascii_start();
        // French puts a no-break space before its colons.
        let after = after.strip_prefix("\u{a0}".as_bytes()).unwrap_or(after);
        let foreign = |byte: Option<&u8>| !is_text && byte.is_some_and(|byte| !byte.is_ascii());
        (before.ends_with(b":") || before.ends_with(wide) || foreign(before.last()))
            && (after.starts_with(b":") || after.starts_with(wide) || foreign(after.first()))
    })
}

/// A line of a log as its writer wrote it: without escape sequences, carriage return and the targets of links.
#[must_use]
pub fn plain_line(line: &[u8]) -> Cow<'_, [u8]> {
    plain::line(line)
}
