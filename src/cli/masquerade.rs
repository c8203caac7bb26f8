//! The directory of names that stands before the real compilers on PATH.
//!
//! A name is made only where a real compiler of that name stands behind it: a `gcc` on a machine that has only clang
//! would hide Triton's fallback. Each compiler family gets one file with hard links to it: ccache takes names that
//! share a file for the same compiler. The marker file tells the shim that the directory is ours, and lists what we
//! made there, so that nothing else is ever removed.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::command::driver::{self, Family};
use crate::shim::resolve::{DEFAULT_PATH, MARKER, own_executable};

use super::say::Advise as _;

/// The names that stand in for a compiler where the machine has none of its language.
const PLACEHOLDERS: [&str; 4] = ["gcc", "g++", "cc", "c++"];
/// Those by which Debian's Pythons run them (their sysconfig), with the target before.
const WITH_TARGET: [&str; 2] = ["gcc", "g++"];

/// Why there may be no directory to speak of.
const NO_HOME: &str =
    "neither XDG_DATA_HOME nor HOME is set to a directory: say where with `pycc-shim setup --dir DIR`";

/// What to do where the directory cannot be made.
const ELSEWHERE: &str = "choose another directory, with `pycc-shim setup --dir DIR` or XDG_DATA_HOME";

/// `$XDG_DATA_HOME/pycc-shim`, or `~/.local/share/pycc-shim`.
///
/// # Errors
/// There is no home.
pub(super) fn data_directory() -> Result<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share"))).context(NO_HOME)?;
    Ok(data.join("pycc-shim"))
}

/// The names to make, by family.
pub(super) type Names = BTreeMap<String, Family>;

/// The compilers on PATH, less our own directories: name and family of each.
pub(super) fn compilers() -> Names {
    let path = path_without_ours();
    let mut names = Names::new();
    for directory in env::split_paths(&path) {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
            if name.starts_with("pycc-shim") || names.contains_key(&name) {
                continue;
            }
            if let Some(driver) = driver::by_name(name.as_bytes())
                && let Ok(found) = which::which_in_global(&name, Some(&path)).map(|mut found| found.next())
                && let Some(found) = found
            {
                names.insert(name, family(driver.family, &found));
            }
        }
    }
    names
}

/// The names for languages of which these compilers are none at all.
pub(super) fn placeholders(compilers: &Names) -> Names {
    let language = |name: &str| driver::by_name(name.as_bytes()).map(|driver| driver.language);
    let is_absent = |name: &&str| !compilers.keys().any(|known| language(known) == language(name));
    let with_target = WITH_TARGET.map(|name| format!("{}-linux-gnu-{name}", env::consts::ARCH));
    let names = PLACEHOLDERS.into_iter().chain(with_target.iter().map(String::as_str));
    names.filter(is_absent).map(|name| (name.to_owned(), Family::Gnu)).collect()
}

/// What `cc` and `c++` really are: clang's where the file that they lead to says so.
fn family(named: Family, found: &Path) -> Family {
    let real = fs::canonicalize(found).unwrap_or_else(|_| found.to_owned());
    let is_clang = real.file_name().is_some_and(|name| name.as_bytes().windows(5).any(|part| part == b"clang"));
    match named {
        Family::System if is_clang => Family::Clang,
        Family::System => Family::Gnu,
        named => named,
    }
}

/// PATH without directories that hold our marker, and without those in which a compiler's name is this very program.
pub(super) fn path_without_ours() -> OsString {
    let path = env::var_os("PATH").unwrap_or_else(|| OsStr::from_bytes(DEFAULT_PATH).to_owned());
    let own = own_executable().and_then(|path| fs::metadata(path).ok()).map(|status| (status.dev(), status.ino()));
    let is_ours = |directory: &PathBuf| {
        is_ours(directory)
            || PLACEHOLDERS.iter().any(|name| {
                let status = fs::metadata(directory.join(name));
                status.is_ok_and(|status| Some((status.dev(), status.ino())) == own)
            })
    };
    let kept = env::split_paths(&path).filter(|directory| !is_ours(directory));
    env::join_paths(kept).unwrap_or(path)
}

/// PATH with the directories first, and nowhere else. No PATH at all is the system's (`execvp`), not the working
/// directory.
///
/// # Errors
/// A directory's name holds a colon.
pub(super) fn path_before(directories: &[PathBuf]) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_else(|| OsStr::from_bytes(DEFAULT_PATH).to_owned());
    let rest = env::split_paths(&path).filter(|entry| !directories.contains(entry));
    env::join_paths(directories.iter().cloned().chain(rest)).context("a directory on PATH holds a colon")
}

/// Whether a directory is one that we made.
pub(super) fn is_ours(directory: &Path) -> bool {
    directory.join(MARKER).exists()
}

/// What `make` did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) names: Vec<String>,
    /// Names of an earlier setup that went.
    pub(super) stale: Vec<String>,
}

/// Makes the user's directory, as [`fill`] does.
///
/// # Errors
/// As there; they say what to do.
pub(super) fn make(directory: &Path, names: &Names) -> Result<Made> {
    fill(directory, names, &own_program()?).advise(ELSEWHERE)
}

/// What is put under the names.
///
/// # Errors
/// It may be executed and not read.
pub(super) fn own_program() -> Result<Vec<u8>> {
    own_executable()
        .and_then(|path| fs::read(path).ok())
        .context("cannot read our own program; make pycc-shim readable for you, or install it again")
}

/// Makes the directory hold exactly these names and their `pycc-shim-` twins, beside whatever else lies in it. What is
/// right already is left alone, so that file times do not change.
///
/// # Errors
/// The directory holds files and is not ours, or cannot be written, or cannot stand on PATH.
pub(super) fn fill(directory: &Path, names: &Names, program: &[u8]) -> Result<Made> {
    let has_colon = directory.as_os_str().as_bytes().contains(&b':');
    ensure!(!has_colon, "{} holds a colon, and cannot stand on PATH", directory.display());
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let marker = directory.join(MARKER);
    if !marker.exists() {
        let is_empty = fs::read_dir(directory)?.next().is_none();
        ensure!(is_empty, "{} holds files that are not ours", directory.display());
    }
    let earlier = listed(&marker);
    let wanted: BTreeMap<String, Family> =
        names.iter().flat_map(|(name, family)| [(name.clone(), *family), (twin(name), *family)]).collect();
    // The list is written first, and holds old and new: whatever interrupts us, a later run knows what is ours.
    let all: BTreeSet<&String> = earlier.iter().chain(wanted.keys()).collect();
    write_list(&marker, all.into_iter())?;
    for family in [Family::Gnu, Family::Clang] {
        let of_family: Vec<&String> = wanted.iter().filter(|(_, of)| **of == family).map(|(name, _)| name).collect();
        install(directory, &of_family, program)?;
    }
    let stale: Vec<String> = earlier.into_iter().filter(|name| !wanted.contains_key(name)).collect();
    for name in &stale {
        remove_file(&directory.join(name))?;
    }
    write_list(&marker, wanted.keys())?;
    Ok(Made { names: wanted.into_keys().collect(), stale })
}

/// Whether a directory of ours is as `make` would make it now: these compilers' names, and this program.
pub(super) fn is_current(directory: &Path) -> bool {
    let wanted: BTreeSet<String> = compilers().into_keys().flat_map(|name| [twin(&name), name]).collect();
    let there: BTreeSet<String> = listed(&directory.join(MARKER)).into_iter().collect();
    let program = own_executable().and_then(|path| fs::read(path).ok());
    let first = there.first().and_then(|name| fs::read(directory.join(name)).ok());
    wanted == there && program == first
}

/// Removes what `make` made, and the directory when nothing else lies in it.
///
/// # Errors
/// The directory is not ours, or cannot be changed.
pub(super) fn remove(directory: &Path) -> Result<Vec<String>> {
    let marker = directory.join(MARKER);
    if !marker.exists() {
        bail!("{} was not made by pycc-shim setup; name the one that was with --dir DIR", directory.display());
    }
    let names = listed(&marker);
    for name in names.iter().map(String::as_str).chain([MARKER]) {
        remove_file(&directory.join(name)).advise("try again as the user who made it")?;
    }
    // What is left is somebody else's, and stays.
    let _ = fs::remove_dir(directory);
    Ok(names)
}

fn twin(name: &str) -> String {
    format!("pycc-shim-{name}")
}

/// The names in a marker file; only plain driver names and their twins are believed, whatever the file says.
fn listed(marker: &Path) -> Vec<String> {
    let text = fs::read_to_string(marker).unwrap_or_default();
    let is_ours = |name: &&str| {
        let plain = name.strip_prefix("pycc-shim-").unwrap_or(name);
        !name.contains('/') && driver::by_name(plain.as_bytes()).is_some()
    };
    text.lines().filter(is_ours).map(str::to_owned).collect()
}

pub(super) fn write_list<'a>(marker: &Path, names: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut text = "# pycc-shim made this directory and these files; `pycc-shim setup` keeps them right.\n".to_owned();
    names.for_each(|name| text = format!("{text}{name}\n"));
    if fs::read_to_string(marker).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(marker, text).with_context(|| format!("cannot write {}", marker.display()))
}

/// Puts the program there under all these names: one file and hard links to it, copies where linking fails.
pub(super) fn install(directory: &Path, names: &[&String], program: &[u8]) -> Result<()> {
    let Some((first, others)) = names.split_first() else { return Ok(()) };
    let first = directory.join(first);
    if fs::read(&first).is_ok_and(|content| content == program) {
        let status = fs::metadata(&first)?;
        let is_link = |name: &&&String| {
            fs::metadata(directory.join(name))
                .is_ok_and(|other| other.ino() == status.ino() && other.dev() == status.dev())
        };
        if others.iter().all(|name| is_link(&name)) {
            return Ok(());
        }
    } else {
        put(&first, |new| fs::write(new, program))?;
    }
    for name in others {
        put(&directory.join(name), |new| fs::hard_link(&first, new).or_else(|_| fs::copy(&first, new).map(drop)))?;
    }
    Ok(())
}

/// Makes a file beside its place and renames it there: a compile that runs meanwhile finds the old file or the new.
fn put(place: &Path, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    let new = place.with_file_name(format!(".new-{}", std::process::id()));
    let _ = fs::remove_file(&new);
    write(&new)
        .and_then(|()| fs::set_permissions(&new, fs::Permissions::from_mode(0o755)))
        // Renaming one link of a file over another does nothing and leaves both (rename(2)).
        .and_then(|()| fs::rename(&new, place))
        .with_context(|| format!("cannot write {}", place.display()))?;
    let _ = fs::remove_file(&new);
    Ok(())
}

pub(super) fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
