//! Names for compilers that CC and CXX name by a path: each lies at that path below a directory of ours, and the shim
//! reads the compiler out of the path by which it was called ([`crate::shim::resolve::stood_for`]).

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::command::driver;
use crate::shim::resolve::MARKER;

use super::masquerade;

/// The directory of these names, in the data directory.
const BY_PATH: &str = "by-path";

/// Makes ourselves stand for the compiler of a path: at that path below a directory of ours, where a build that records
/// the name will find it again. `data` is the data directory.
///
/// # Errors
/// It cannot be written.
pub(super) fn stand_for(compiler: &Path, data: &Path) -> Result<PathBuf> {
    let top = data.join(BY_PATH);
    let place = top.join(compiler.strip_prefix("/").context("not an absolute path")?);
    let directory = place.parent().unwrap_or(&top);
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    masquerade::write_list(&top.join(MARKER), std::iter::empty())?;
    let program = masquerade::own_program()?;
    let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
    masquerade::install(directory, &[&name], &program)?;
    Ok(place)
}

/// Removes what `run` made in the data directory beside what `setup` makes: names of compilers alone, and directories
/// that are empty then.
///
/// # Errors
/// A file cannot be removed.
pub(super) fn remove_of_run(data: &Path) -> Result<()> {
    let placeholders = data.join("placeholders");
    if placeholders.join(MARKER).exists() {
        masquerade::remove(&placeholders)?;
    }
    let top = data.join(BY_PATH);
    if top.join(MARKER).exists() {
        remove_names_below(&top)?;
        masquerade::remove_file(&top.join(MARKER))?;
        let _ = fs::remove_dir(&top);
    }
    Ok(())
}

fn remove_names_below(directory: &Path) -> Result<()> {
    for entry in fs::read_dir(directory)?.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_names_below(&path)?;
            // What is left is somebody else's, and stays.
            let _ = fs::remove_dir(&path);
        } else if driver::by_name(entry.file_name().as_bytes()).is_some() {
            masquerade::remove_file(&path)?;
        }
    }
    Ok(())
}
