//! Every message form, as the tool printed it: `tests/fixtures/messages/` (made by `record.py` there; entries that say
//! `typed` come from documentation). An entry is `=== TOOL: COMMAND`, what is expected (`--- KIND NAME at FILE:LINE:COLUMN
//! from FILE:LINE, …` or `--- nothing: REASON`), and the text.

use std::fs;
use std::path::Path;

use pycc_shim::command::{CompileCommand, from_log};
use pycc_shim::diagnose;
use pycc_shim::diagnostic::{self, Location, Missing, Said};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/messages");
const SPEAKERS: [&str; 9] = ["gcc", "clang", "nvcc", "linker", "driver", "shell", "python", "localised", "silent"];

/// Entries that are not read, by their titles' beginnings, and why.
const UNREAD: [(&str, &str); 4] = [
    (
        "g++ 12.2.0 (Debian 12): LC_ALL=zh_CN.GB18030 g++ -c t.cc",
        "the C library's words in an encoding that is not read",
    ),
    (
        "g++ 12.2.0 (Debian 12): LC_ALL=ja_JP.EUC-JP g++ -c t.cc",
        "the C library's words in an encoding that is not read",
    ),
    (
        "g++ 12.2.0 (Debian 12): LC_ALL=ru_RU.KOI8-R g++ -c t.cc",
        "the C library's words in an encoding that is not read",
    ),
    ("typed: issue tracker; nvcc 9.0 (Windows)", "nothing is known of compilers on Windows"),
];

struct Entry {
    title: String,
    expected: Vec<String>,
    text: Vec<u8>,
}

impl Entry {
    /// The compile command that the title tells, where it is one.
    fn command(&self) -> CompileCommand {
        let command = self.title.split_once("): ").or_else(|| self.title.split_once(": ")).map_or("", |(_, line)| line);
        let command = command.split(" # ").next().unwrap_or_default();
        from_log::command_in(command.as_bytes(), Path::new("/")).unwrap_or_default()
    }
}

fn entries(speaker: &str) -> Vec<Entry> {
    let content = fs::read(Path::new(DIRECTORY).join(format!("{speaker}.txt"))).unwrap();
    let mut entries: Vec<Entry> = Vec::new();
    for line in content.split_inclusive(|&byte| byte == b'\n') {
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        if let Some(title) = text.strip_prefix("=== ") {
            entries.push(Entry { title: title.to_owned(), expected: Vec::new(), text: Vec::new() });
            continue;
        }
        let entry = entries.last_mut().unwrap();
        match text.strip_prefix("--- ") {
            Some(expected) if entry.text.is_empty() => entry.expected.push(expected.to_owned()),
            _ => entry.text.extend_from_slice(line),
        }
    }
    entries
}

fn place(place: &Location) -> String {
    let column = place.column.map(|column| format!(":{column}")).unwrap_or_default();
    format!("{}:{}{column}", place.file.display(), place.line)
}

/// A finding as the fixtures write it.
fn shown(missing: &Missing) -> String {
    let at = missing.location.as_ref().map(|location| format!(" at {}", place(location))).unwrap_or_default();
    let chain: Vec<String> = missing.included_from.iter().map(place).collect();
    let from = if chain.is_empty() { String::new() } else { format!(" from {}", chain.join(", ")) };
    format!("{} {}{at}{from}", missing.kind.name(), String::from_utf8_lossy(&missing.name))
}

/// Whether a text in the fixtures' words is about the same thing, place and chain counting where they are given.
fn agrees(expected: &str, missing: &Missing) -> bool {
    let (rest, from) = expected.split_once(" from ").map_or((expected, None), |(rest, from)| (rest, Some(from)));
    let (thing, at) = rest.split_once(" at ").map_or((rest, None), |(thing, at)| (thing, Some(at)));
    let chain: Vec<String> = missing.included_from.iter().map(place).collect();
    thing == format!("{} {}", missing.kind.name(), String::from_utf8_lossy(&missing.name))
        && at.is_none_or(|at| missing.location.as_ref().map(place).as_deref() == Some(at))
        && from.is_none_or(|from| chain.join(", ") == from)
}

/// What a check in a text has not found, which tells nothing about a compile by itself.
fn checked(text: &[u8]) -> Option<Missing> {
    diagnostic::hits(text, false).find_map(|hit| match diagnostic::read(text, hit, &|_| None) {
        Some(Said::Checked(missing)) => Some(missing),
        _ => None,
    })
}

#[test]
fn every_form() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for speaker in SPEAKERS {
        let entries = entries(speaker);
        assert!(entries.len() >= 5, "{speaker}: {}", entries.len());
        for entry in entries {
            count += 1;
            let is_read = !UNREAD.iter().any(|(title, _)| entry.title.starts_with(title));
            let mut found = diagnose::missing(&entry.command(), &entry.text, &|_| None);
            if found.is_empty() {
                found.extend(checked(&entry.text));
            }
            let is_nothing = entry.expected.len() == 1 && entry.expected[0].starts_with("nothing: ");
            let fits = if is_nothing {
                found.is_empty()
            } else {
                entry.expected.len() == found.len()
                    && entry.expected.iter().zip(&found).all(|(expected, missing)| agrees(expected, missing))
            };
            if fits != is_read {
                let found: Vec<String> = found.iter().map(shown).collect();
                wrong
                    .push(format!("{speaker}: {}\n  expected {:?}\n  found    {found:?}", entry.title, entry.expected));
            }
        }
    }
    assert!(count >= 748, "{count} entries");
    assert!(wrong.is_empty(), "{} of {count} entries:\n{}", wrong.len(), wrong.join("\n"));
}
