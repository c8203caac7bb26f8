//! Findings kept on disk: Triton captures no compiler output and Inductor's workers throw theirs away.
//!
//! Every failure to write is silent: a compile's outcome never depends on a record.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Report;

/// The newest record's file name.
const LAST: &str = "last.json";
/// The largest record that is written or read; a command line has at most 2 MiB on Linux.
const LARGEST: usize = 4 * 1024 * 1024;
/// Reports that a directory is filled with before we stop adding to it.
const MOST: usize = 10_000;

/// A report, the machine that it comes from, and the command that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    #[serde(flatten)]
    pub report: Report,
    /// The machine's name, as gethostname(2) has it; empty in a record of an earlier release.
    #[serde(default)]
    pub node: String,
    pub command: Command,
}

impl Record {
    /// The record of a failure on this machine.
    #[must_use]
    pub fn of_this_machine(report: Report, command: Command) -> Self {
        Self { report, node: host_name(), command }
    }
}

/// A command as it was given, byte for byte, and what it takes to give it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    pub argv: Vec<Word>,
    pub directory: Word,
    /// The variables that decide how a compile runs, those that were set.
    #[serde(default)]
    pub environment: BTreeMap<String, Word>,
    /// The Python that ran the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<Word>,
    /// Small sources that lay in a temporary directory: their writers delete them when the compile has failed. Only in
    /// the user's own record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// An input of a compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Absolute.
    pub path: Word,
    pub content: Word,
}

/// A string of the system: text where it is UTF-8, otherwise its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Word {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&OsStr> for Word {
    fn from(word: &OsStr) -> Self {
        word.to_str().map_or_else(|| Self::Bytes(word.as_bytes().to_vec()), |text| Self::Text(text.to_owned()))
    }
}

impl From<&Word> for OsString {
    fn from(word: &Word) -> Self {
        match word {
            Word::Text(text) => text.into(),
            Word::Bytes(bytes) => Self::from_vec(bytes.clone()),
        }
    }
}

/// `$XDG_STATE_HOME/pycc-shim`, or `~/.local/state/pycc-shim`; none without a home. The specification has relative
/// paths ignored.
#[must_use]
pub fn state_directory() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("pycc-shim"))
}

/// Writes the record as the newest of `directory`: a private temporary file, renamed, so that a reader sees the old
/// record or the new one.
///
/// # Errors
/// Whatever the file system says.
pub fn write_last(directory: &Path, record: &Record) -> io::Result<()> {
    make_private(directory)?;
    let text = serialise(record)?;
    replace(directory, LAST.as_ref(), &text)
}

/// Reads the newest record of `directory`; none where there is none.
///
/// # Errors
/// The file cannot be read, or is no record.
pub fn read_last(directory: &Path) -> io::Result<Option<Record>> {
    match read(&directory.join(LAST)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Reads one record.
///
/// # Errors
/// The file cannot be read, or is no record.
pub fn read(file: &Path) -> io::Result<Record> {
    let mut content = Vec::new();
    // In a shared directory anybody can put a FIFO, which would keep us waiting for its writer.
    let file = fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(file)?;
    file.take(LARGEST as u64 + 1).read_to_end(&mut content)?;
    if content.len() > LARGEST {
        return Err(io::Error::other("it is larger than any record"));
    }
    serde_json::from_slice(&content).map_err(io::Error::from)
}

/// Adds the record to a directory that many processes on many machines may share, under a name of its own.
///
/// # Errors
/// Whatever the file system says, or that the directory is full.
pub fn add(directory: &Path, record: &Record) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    if fs::read_dir(directory)?.take(MOST).count() == MOST {
        return Err(io::Error::other("the report directory is full"));
    }
    let text = serialise(record)?;
    let file = tempfile::Builder::new()
        .prefix(&format!("{}-{}-", host_name(), std::process::id()))
        .suffix(".json.part")
        .rand_bytes(8)
        .tempfile_in(directory)?;
    file.as_file().write_all(&text)?;
    let name = file.path().with_extension("");
    file.persist_noclobber(name).map_err(|error| error.error)?;
    Ok(())
}

/// The records in a directory, in the order of their names; what is none is passed over.
#[must_use]
pub fn read_all(directory: &Path) -> Vec<Record> {
    files(directory).unwrap_or_default().iter().filter_map(|path| read(path).ok()).collect()
}

/// The files in a directory that are records by their names, in the order of these.
///
/// # Errors
/// The directory cannot be read.
pub fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension() == Some("json".as_ref()) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn serialise(record: &Record) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(record)?;
    text.push(b'\n');
    if text.len() > LARGEST { Err(io::Error::other("the record is too large")) } else { Ok(text) }
}

/// Makes a directory for us alone. One that is there must be a directory and ours: another user's, or a link, could
/// lead our writes astray. Root makes none in a home that is another user's (sudo that keeps HOME): that user could not
/// write there any more.
fn make_private(directory: &Path) -> io::Result<()> {
    // SAFETY: geteuid always succeeds and touches nothing.
    let us = unsafe { libc::geteuid() };
    if fs::symlink_metadata(directory).is_err() {
        let around = directory.ancestors().skip(1).find_map(|parent| fs::metadata(parent).ok());
        if us == 0 && around.is_some_and(|parent| parent.uid() != us) {
            return Err(io::Error::other("the state directory would lie in another user's home"));
        }
        if let Some(parent) = directory.parent() {
            fs::create_dir_all(parent)?;
        }
        match fs::DirBuilder::new().mode(0o700).create(directory) {
            // Another compile of the same build was first.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made,
        }
    }
    let status = fs::symlink_metadata(directory)?;
    if status.is_dir() && status.uid() == us {
        Ok(())
    } else {
        Err(io::Error::other("the state directory is not ours"))
    }
}

/// Replaces a file in one step, by a private one of the same directory: a reader sees the old text or the new.
///
/// # Errors
/// Whatever the file system says.
pub fn replace(directory: &Path, name: &OsStr, text: &[u8]) -> io::Result<()> {
    let file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    file.as_file().write_all(text)?;
    file.persist(directory.join(name)).map_err(|error| error.error)?;
    Ok(())
}

/// The machine's name, for the file names in a directory that several machines share.
fn host_name() -> String {
    let mut buffer = [0_u8; 256];
    // SAFETY: gethostname fills at most the buffer's length.
    unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) };
    let name = buffer.split(|&byte| byte == 0).next().unwrap_or_default();
    let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    String::from_utf8(name.iter().filter(plain).copied().collect()).unwrap_or_default()
}
