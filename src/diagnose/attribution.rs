//! Which command, and which client, a message in a log belongs to.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use memchr::memmem;

use crate::command::CompileCommand;
use crate::command::client::Client;
use crate::diagnostic::{Kind, Location, Missing};
use crate::host::Host;

/// Whether a command is, by what both name, the one that a message is about.
pub(super) fn asks_for(command: &CompileCommand, missing: &Missing) -> bool {
    match missing.kind {
        Kind::Header => {
            let outermost = missing.included_from.last().or(missing.location.as_ref());
            outermost.is_some_and(|place| command.inputs.iter().any(|input| is_same_file(input, &place.file)))
        }
        Kind::Library => command.libraries.iter().any(|library| library.as_encoded_bytes() == missing.name),
        Kind::Tool | Kind::Startfile | Kind::PkgConfig => true,
        Kind::Compiler => command.driver.as_encoded_bytes().ends_with(&missing.name),
    }
}

/// Whether two paths of one log name the same file: one may be relative to a directory that the log does not tell.
fn is_same_file(one: &Path, other: &Path) -> bool {
    one.ends_with(other) || other.ends_with(one)
}

/// The client of a finding: by its command, else by its files, else by the text around it.
pub(super) fn client_of(command: &CompileCommand, missing: &Missing, sign: Option<Client>, host: &Host) -> Client {
    let by_command = super::client_of(command, host);
    let files = missing.location.iter().chain(&missing.included_from).map(|place: &Location| &*place.file);
    match by_command {
        Client::Other | Client::Python => Client::of_source_files(files).or(sign).unwrap_or(by_command),
        Client::Setuptools if sign == Some(Client::Cython) => Client::Cython,
        client => client,
    }
}

/// The client that the text around a message tells of. Cython names the source of what it is about to write.
pub(super) fn sign(missing: &Missing, around: &[u8]) -> Option<Client> {
    let outermost = missing.included_from.last().or(missing.location.as_ref());
    let pyx = outermost.and_then(|place| place.file.file_stem()).map(|stem| [stem.as_bytes(), b".pyx"].concat());
    if pyx.is_some_and(|pyx| memmem::find(around, &pyx).is_some()) {
        return Some(Client::Cython);
    }
    Client::of_text(around)
}
