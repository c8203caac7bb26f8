//! The one meeting point: a command and what was said about it, on a host, become a report. The shim, `explain` and
//! the verbs to come all call this, so that none of them can say something else.

mod attribution;
pub mod log;
mod silence;

use std::borrow::Cow;

use crate::catalog::{Catalog, user};
use crate::command::client::{self, Client};
use crate::command::{CompileCommand, probe};
use crate::diagnostic::{self, Kind, Location, Missing, SourceLine};
use crate::host::Host;
use crate::host::privilege::Privilege;
use crate::remedy::{self, Context, Remedy, package};
use crate::report::{self, Finding, Report, clean};

/// Lines longer than this in a source file are not read for an `#include`.
const LONGEST_SOURCE: u64 = 1024 * 1024;
/// How much of a source is read to see who generated it.
const HEAD: u64 = 4096;

/// Which commands the live shim answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those made by a Python-side client, or that search a Python's headers, or miss one.
    Python,
    /// Every command.
    All,
}

/// The catalog that counts on a host, the user's own rows first; and what is wrong with the user's files.
#[must_use]
pub fn catalog(host: &Host) -> (Cow<'static, Catalog>, Vec<String>) {
    user::extended(
        host.catalogs.iter().map(|file| (file.path.to_string_lossy(), file.text.as_deref().map_err(|reason| *reason))),
    )
}

/// A failed compile: the command and the text that the compiler left.
#[must_use]
pub fn compile(command: &CompileCommand, text: &[u8], scope: Scope, host: &Host, catalog: &Catalog) -> Report {
    let client = client_of(command, host);
    let context = Context { command, client, host, catalog };
    let mut report = Report::default();
    if probe::is_probe(command) {
        return report;
    }
    for missing in missing(command, text, &source_line(command, host)) {
        if is_in_scope(&missing, scope, context) {
            add(&mut report, &missing, context);
        }
    }
    report
}

/// What a failed command misses, by its text.
#[must_use]
pub fn missing(command: &CompileCommand, text: &[u8], source: SourceLine<'_>) -> Vec<Missing> {
    silence::of_command(diagnostic::scan(text, source), command)
}

/// A compiler that could not be run at all.
#[must_use]
pub fn absent_compiler(name: &[u8], command: &CompileCommand, host: &Host, catalog: &Catalog) -> Report {
    named(Kind::Compiler, name, command, host, catalog)
}

/// A thing that a command misses, where no message says so but the caller knows.
#[must_use]
pub fn named(kind: Kind, name: &[u8], command: &CompileCommand, host: &Host, catalog: &Catalog) -> Report {
    let mut report = Report::default();
    let missing = Missing::named(kind, name);
    add(&mut report, &missing, Context { command, client: client_of(command, host), host, catalog });
    report
}

/// Whether the live shim speaks about a missing thing of a command.
fn is_in_scope(missing: &Missing, scope: Scope, context: Context<'_>) -> bool {
    scope == Scope::All
        || context.client != Client::Other
        || client::searches_python(context.command)
        || (missing.kind == Kind::Header
            && std::str::from_utf8(&missing.name).is_ok_and(|name| context.catalog.python.has_header(name)))
}

/// Adds the finding for a missing thing, and tells whether there is one.
fn add(report: &mut Report, missing: &Missing, context: Context<'_>) -> bool {
    let Some(remedy) = remedy::of(missing, context) else { return false };
    let finding = finding(missing, remedy, context);
    report.merge(Report { findings: vec![finding], ..Report::default() });
    true
}

fn finding(missing: &Missing, remedy: Remedy, context: Context<'_>) -> Finding {
    let host = context.host;
    let name = clean::short(&missing.name);
    let mut notes: Vec<String> = remedy.notes.iter().map(|note| clean::text(note.as_bytes())).collect();
    if host.privilege == Privilege::None && remedy.ways.first().is_some_and(|way| way.needs_root) {
        notes.push("that needs root, and there is no way to its rights here: ask whoever runs this machine".to_owned());
    }
    if remedy.ways.first().is_some_and(|way| way.dockerfile.is_some()) {
        notes.push("an install inside a running container is lost with it".to_owned());
    }
    Finding {
        summary: format!("{name} is missing: {}", clean::text(remedy.because.as_bytes())),
        missing: report::Subject { kind: missing.kind.name().to_owned(), name },
        location: missing.location.as_ref().map(place),
        client: context.client.name().to_owned(),
        component: remedy.component,
        python: remedy.python.map(|python| report::Python {
            version: python.tag.version.to_string(),
            abi: python.tag.abi,
            origin: python.origin.name().to_owned(),
            include_dir: clean::text(python.include_dir.as_os_str().as_encoded_bytes()),
        }),
        host: machine(context),
        verdict: remedy.verdict.name().to_owned(),
        remedies: remedy.ways.into_iter().map(way).collect(),
        verify: remedy.verify.map(|command| clean::text(command.as_bytes())),
        notes,
    }
}

fn place(location: &Location) -> report::Place {
    report::Place {
        file: clean::short(location.file.as_os_str().as_encoded_bytes()),
        line: location.line,
        column: location.column,
    }
}

fn machine(context: Context<'_>) -> report::Machine {
    let host = context.host;
    let own = context.platform().and_then(|platform| package::system_manager(&platform, context));
    report::Machine {
        os: clean::short(host.os.id.as_bytes()),
        version: clean::short(host.os.version.as_bytes()),
        manager: own.or_else(|| host.managers.first().copied()).map(str::to_owned),
        container: host.container,
        privilege: host.privilege.name().to_owned(),
    }
}

fn way(way: remedy::Way) -> report::Remedy {
    let clean = |texts: Vec<String>| texts.iter().map(|text| clean::text(text.as_bytes())).collect();
    report::Remedy {
        manager: Some(way.manager).filter(|manager| !manager.is_empty()),
        packages: way.packages,
        env: way.env.into_iter().map(|(name, value)| (name, clean::text(value.as_bytes()))).collect(),
        needs_root: way.needs_root,
        commands: clean(way.commands),
        dockerfile: way.dockerfile.map(|line| clean::text(line.as_bytes())),
    }
}

fn client_of(command: &CompileCommand, host: &Host) -> Client {
    Client::of(command, &|source| host.files.head(source, HEAD))
}

/// Reads lines of source files as a compile command's compiler would find them.
fn source_line<'a>(command: &'a CompileCommand, host: &'a Host) -> impl Fn(&Location) -> Option<Vec<u8>> + 'a {
    move |location| {
        let text = host.files.head(&command.directory.join(&location.file), LONGEST_SOURCE)?;
        let index = usize::try_from(location.line).ok()?.checked_sub(1)?;
        text.split(|&byte| byte == b'\n').nth(index).map(<[u8]>::to_vec)
    }
}
