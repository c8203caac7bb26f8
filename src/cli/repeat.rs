//! The compile of a record, made again: exactly as it failed where that can be, its search alone where its files have
//! gone.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::catalog::Catalog;
use crate::command::driver::{self, Language};
use crate::diagnose;
use crate::diagnostic::Kind;
use crate::host::{Host, Surroundings};
use crate::report::record::Command;
use crate::report::{Report, Subject};
use crate::shim::environment::OF_A_COMPILE;

use super::attempt::{Attempt, Outcome, joined, source};
use super::steps;

/// A recorded compile.
pub(super) struct Repeat {
    attempt: Attempt,
    /// Sources that its client may have deleted.
    sources: Vec<(PathBuf, Vec<u8>)>,
    surroundings: Surroundings,
}

/// What came of making it again.
pub(super) enum Again {
    /// It ran as it did then.
    Whole(Outcome),
    /// It cannot be made again, for this reason; `Report` is what its search still misses.
    InPart(String, Report),
}

impl Repeat {
    pub(super) fn of(command: &Command) -> Self {
        let word = |name: &str| command.environment.get(name).map(OsString::from);
        let environment = OF_A_COMPILE.iter().map(|&name| (name.to_owned(), word(name))).collect();
        let attempt = Attempt {
            argv: command.argv.iter().map(OsString::from).collect(),
            is_direct: false,
            directory: OsString::from(&command.directory).into(),
            environment,
        };
        let source = |source: &crate::report::record::Source| {
            (OsString::from(&source.path).into(), OsString::from(&source.content))
        };
        let sources = command.sources.iter().map(source).map(|(path, content)| (path, content.as_bytes().to_vec()));
        let surroundings = Surroundings {
            interpreter: command.interpreter.as_ref().map(|path| OsString::from(path).into()),
            virtual_env: word("VIRTUAL_ENV").map(PathBuf::from),
            conda_prefix: word("CONDA_PREFIX").map(PathBuf::from),
            ..Surroundings::of_session()
        };
        Self { attempt, sources: sources.collect(), surroundings }
    }

    /// What surrounded the compile when it failed.
    pub(super) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Whether the record's command is a compile at all: it may be a file that somebody else wrote.
    pub(super) fn is_compile(&self) -> bool {
        self.attempt.is_compile()
    }

    /// The compile's arguments, `argv[0]` first.
    pub(super) fn arguments(&self) -> &[OsString] {
        &self.attempt.argv
    }

    /// A variable of the compile.
    pub(super) fn variable(&self, name: &str) -> Option<&OsString> {
        self.attempt.environment.iter().find(|(known, _)| known == name)?.1.as_ref()
    }

    /// Makes the compile again; `missed` is what it missed so far. Should the user interrupt it, so do we, with nothing
    /// left behind.
    ///
    /// # Errors
    /// No process is to be had.
    pub(super) fn again(&self, missed: &[Subject], host: &Host, catalog: &Catalog) -> Result<Again> {
        let outcome = match PutBack::of(self) {
            Ok(back) => {
                let outcome = self.attempt.run(host, catalog)?;
                drop(back);
                outcome
            }
            Err(why) => return Ok(Again::InPart(why, self.search(missed, host, catalog)?)),
        };
        steps::leave_with(outcome.status);
        Ok(Again::Whole(outcome))
    }

    /// What of `missed` the compile's search does not find, by compiling the least that asks for it.
    fn search(&self, missed: &[Subject], host: &Host, catalog: &Catalog) -> Result<Report> {
        let command = self.attempt.command();
        let mut report = Report::default();
        for subject in missed {
            let scratch = tempfile::tempdir().context("no temporary directory")?;
            let Some(kind) = Kind::by_name(&subject.kind) else { continue };
            let Some(attempt) = self.least(kind, &subject.name, scratch.path())? else { continue };
            let outcome = attempt.run(host, catalog)?;
            steps::leave_with(outcome.status);
            if !outcome.status.success() {
                report.merge(diagnose::named(kind, subject.name.as_bytes(), &command, host, catalog));
            }
        }
        Ok(report)
    }

    /// The least compile that asks for a thing with the search paths of this one.
    fn least(&self, kind: Kind, name: &str, scratch: &Path) -> Result<Option<Attempt>> {
        let command = self.attempt.command();
        let driver = self.attempt.argv.first().cloned().unwrap_or_default();
        let file = Path::new(&command.driver).file_name().unwrap_or_default();
        let is_c = driver::by_name(file.as_bytes()).is_some_and(|driver| driver.language == Language::C);
        let input = if is_c { "search.c" } else { "search.cpp" };
        let absolute = |path: &PathBuf| command.directory.join(path);
        let mut argv = vec![driver];
        match kind {
            Kind::Header => {
                argv.extend(command.include_dirs.iter().map(|path| joined("-I", &absolute(path))));
                argv.extend([OsString::from("-E"), source(scratch, input, &format!("#include <{name}>\n"))?.into()]);
            }
            Kind::Library => {
                argv.push(source(scratch, input, "int main(void) { return 0; }\n")?.into());
                argv.extend(command.library_dirs.iter().map(|path| joined("-L", &absolute(path))));
                argv.extend([format!("-l{name}").into(), joined("-o", &scratch.join("search"))]);
            }
            Kind::Compiler => argv.push("--version".into()),
            // No compile asks for it.
            Kind::PkgConfig => return Ok(None),
            Kind::Tool | Kind::Startfile => {
                argv.push(source(scratch, input, "int main(void) { return 0; }\n")?.into());
                argv.push(joined("-o", &scratch.join("search")));
            }
        }
        let environment = self.attempt.environment.clone();
        Ok(Some(Attempt { argv, is_direct: false, directory: scratch.to_owned(), environment }))
    }
}

/// Sources and directories that are put back for the time of a compile, and taken away again.
struct PutBack {
    /// What we made, a directory before what lies in it.
    made: Vec<PathBuf>,
}

impl PutBack {
    /// Puts back what the compile reads and where it writes, as far as that has gone; or says why it cannot be made.
    fn of(repeat: &Repeat) -> Result<Self, String> {
        let attempt = &repeat.attempt;
        let gone = |path: &Path| format!("{} is no longer there", path.display());
        if !attempt.directory.is_dir() {
            return Err(gone(&attempt.directory));
        }
        let command = attempt.command();
        let mut back = Self { made: Vec::new() };
        for input in &command.inputs {
            let path = command.directory.join(input);
            if input.as_os_str() == "-" {
                return Err("it read its source from standard input".to_owned());
            }
            if path.exists() {
                continue;
            }
            let Some((_, content)) = repeat.sources.iter().find(|(kept, _)| *kept == path) else {
                return Err(gone(&path));
            };
            back.file(&path, content).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        if let Some(output) = &command.output {
            let path = command.directory.join(output);
            back.directory_of(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(back)
    }

    /// A new file, for us alone; it must not be there, not even as a link.
    fn file(&mut self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.directory_of(path)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        self.made.push(path.to_owned());
        file.write_all(content)
    }

    /// The directory that a file lies in, with those around it.
    fn directory_of(&mut self, path: &Path) -> io::Result<()> {
        let absent: Vec<&Path> = path.ancestors().skip(1).take_while(|directory| !directory.exists()).collect();
        for directory in absent.into_iter().rev() {
            DirBuilder::new().mode(0o700).create(directory)?;
            self.made.push(directory.to_owned());
        }
        Ok(())
    }
}

impl Drop for PutBack {
    fn drop(&mut self) {
        for path in self.made.iter().rev() {
            // What we made is ours with all that the compile has put into it; what is gone already is well.
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    }
}
