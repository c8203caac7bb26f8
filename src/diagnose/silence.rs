//! What says that something is missing and is nobody's package: files that the command itself names, and headers that
//! belong to the project.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::catalog::Catalog;
use crate::command::CompileCommand;
use crate::diagnostic::{Findings, Kind, Missing, Style};

/// What one command misses. Nothing where one of its inputs is not there: a command that names the wrong file, or a
/// path that a space has broken in two, has searched the wrong directories too.
pub(super) fn of_command(findings: Findings, command: &CompileCommand) -> Vec<Missing> {
    let mut missing = findings.missing;
    for name in findings.absent_inputs {
        match forced_include(&name, command) {
            Some(header) => missing.push(header),
            None => return Vec::new(),
        }
    }
    missing.retain(|missing| !is_a_place(missing));
    missing
}

/// The header that the command includes by an option, where that is what was not found.
pub(super) fn forced_include(name: &[u8], command: &CompileCommand) -> Option<Missing> {
    let is_forced = command.forced_includes.iter().any(|file| file.as_os_str().as_bytes() == name);
    // nvcc gives its host compiler this one by itself (its --dryrun).
    let is_nvcc = Path::new(&command.driver).file_name() == Some(OsStr::new("nvcc")) && name == b"cuda_runtime.h";
    (is_forced || is_nvcc).then(|| Missing::named(Kind::Header, name))
}

/// Whether a header is named by its place in a tree, so that it is the project's and no package's.
pub(super) fn is_a_place(missing: &Missing) -> bool {
    let begins = |with: &[u8]| missing.name.starts_with(with);
    missing.kind == Kind::Header && (begins(b"/") || begins(b"./") || begins(b"../"))
}

/// Whether a header that nothing is known of is the project's own: so says the quoted form of its include.
pub(super) fn is_the_projects(missing: &Missing, catalog: &Catalog) -> bool {
    let is_known = std::str::from_utf8(&missing.name).is_ok_and(|name| catalog.knows_header(name));
    missing.kind == Kind::Header && missing.style == Some(Style::Quote) && !is_known
}
