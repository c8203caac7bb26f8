//! Everything in a directory: names, modes, bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Type and permissions.
    pub(crate) mode: u32,
    /// A file's bytes, a link's target; nothing for a directory.
    pub(crate) bytes: Vec<u8>,
}

pub(crate) type Files = BTreeMap<PathBuf, Entry>;

/// All that lies below a directory, by its path there.
pub(crate) fn below(directory: &Path) -> Files {
    let mut files = Files::new();
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let status = fs::symlink_metadata(&path).unwrap();
            let bytes = if status.is_symlink() {
                fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec()
            } else if status.is_file() {
                fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            files.insert(path.strip_prefix(directory).unwrap().to_owned(), Entry { mode: status.mode(), bytes });
            if status.is_dir() {
                left.push(path);
            }
        }
    }
    files
}

/// What tells two directories apart, a line each; nothing where nothing does.
pub(crate) fn differences(without: &Files, with: &Files) -> String {
    let mut text = String::new();
    for (path, entry) in without {
        match with.get(path) {
            None => writeln!(text, "{}: only without us", path.display()),
            Some(other) if entry.mode != other.mode => {
                writeln!(text, "{}: mode {:o} without us, {:o} with us", path.display(), entry.mode, other.mode)
            }
            Some(other) if entry.bytes != other.bytes => {
                writeln!(text, "{}: {}", path.display(), first_difference(&entry.bytes, &other.bytes))
            }
            Some(_) => Ok(()),
        }
        .unwrap();
    }
    for path in with.keys().filter(|path| !without.contains_key(*path)) {
        writeln!(text, "{}: only with us", path.display()).unwrap();
    }
    text
}

/// Where two texts part, with what stands there in each.
pub(crate) fn first_difference(without: &[u8], with: &[u8]) -> String {
    let at = without.iter().zip(with).take_while(|(one, other)| one == other).count();
    let around = |bytes: &[u8]| {
        let end = (at + 200).min(bytes.len());
        bytes[at.saturating_sub(100)..end].escape_ascii().to_string()
    };
    format!("from byte {at}\n  without us …{}\n  with us    …{}", around(without), around(with))
}
