//! A saved log: what is missing, by which command, and whether the build went well after all.
//!
//! The reader is fed pieces of the text in their order and keeps only what it may still need. Lines that may speak are
//! found by a search for a few bytes; commands are looked for near such lines only.

use std::collections::VecDeque;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use memchr::{memchr, memmem};

use crate::catalog::Catalog;
use crate::command::client::Client;
use crate::command::{CompileCommand, from_log, probe};
use crate::diagnostic::{self, Kind, Missing, Said};
use crate::host::Host;
use crate::remedy::{Context, look_up};
use crate::report::{Report, clean};

use super::attribution::{asks_for, client_of, sign};
use super::silence;

/// How far before a message its command is looked for, and how far behind (Python prints a failed command behind its
/// output, and a traceback in between).
pub const NEAR: usize = 256 * 1024;
/// How far around a message signs of its client are looked for: a traceback's length.
const SIGNS: usize = 16 * 1024;
/// The most commands that are remembered before a message: more workers than any build here has.
const COMMANDS: usize = 64;
/// The most findings that are kept: each thing once a command, and no log of use has more.
const FINDINGS: usize = 256;
/// How close to each other the messages of one check stand, which goes through the names that a library may have.
const ONE_CHECK: u64 = 1024;
/// How close to the log's end a probe's failure must stand for the log to end in it.
const LAST_WORDS: usize = 8 * 1024;

/// One thing that a log says is missing, and the command that missed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    pub missing: Missing,
    /// Empty where the log shows no command.
    pub command: CompileCommand,
    pub client: Client,
    /// A check looked for this in the stead of those before, or before them: it counts where they have no answer.
    pub is_alternative: bool,
}

/// What a log says on a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    pub report: Report,
    /// What is missing too, and for which nothing sure can be said on this machine.
    pub unanswered: Vec<Unanswered>,
}

/// A missing thing without a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    pub name: String,
    /// The command that asks the system's package manager.
    pub look_up: Option<String>,
}

/// A message whose command is not sure yet.
struct Open {
    missing: Missing,
    at: u64,
    /// The client that the text around it tells of.
    sign: Option<Client>,
    before: Option<CompileCommand>,
    after: Option<CompileCommand>,
}

struct Found {
    missing: Missing,
    command: CompileCommand,
    at: u64,
    sign: Option<Client>,
}

/// Reads a log piece by piece: see the module.
pub struct Reader<'a> {
    host: &'a Host,
    /// Leaves out what is rarely of use.
    quick: bool,
    recent: VecDeque<CompileCommand>,
    /// How many commands have been seen.
    commands: u64,
    /// What was said, and how many commands had been seen by then.
    said: Vec<(Kind, Vec<u8>, u64)>,
    /// Where commands have been looked for, as an offset in the log.
    commands_to: u64,
    open: Vec<Open>,
    found: Vec<Found>,
    /// What the last check did not find.
    checked: Vec<Found>,
    /// Commands of which an input is not there.
    broken: Vec<CompileCommand>,
    /// Where the last installation that went well was told of.
    passed_at: Option<u64>,
    last_at: Option<u64>,
}

impl<'a> Reader<'a> {
    #[must_use]
    pub fn new(host: &'a Host) -> Self {
        Self {
            host,
            quick: false,
            recent: VecDeque::new(),
            commands: 0,
            said: Vec::new(),
            commands_to: 0,
            open: Vec::new(),
            found: Vec::new(),
            checked: Vec::new(),
            broken: Vec::new(),
            passed_at: None,
            last_at: None,
        }
    }

    /// The log is very large: what is rarely of use is not searched for.
    pub fn hurry(&mut self) {
        self.quick = true;
    }

    /// Reads `text[fresh]`, which ends with a line; what stands around it (as far as [`NEAR`]) is there to be looked at.
    /// `base` is the offset of the text's first byte in the log.
    pub fn read(&mut self, text: &[u8], fresh: Range<usize>, base: u64) {
        let start = fresh.start;
        let hits: Vec<usize> = diagnostic::hits(&text[fresh.clone()], self.quick).map(|hit| start + hit).collect();
        self.take(text, &hits, fresh.end, base);
    }

    /// Whether a command may follow that a message waits for.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.open.is_empty()
    }

    /// Reads the lines at `hits`, all before `end`: see [`Reader::read`].
    pub fn take(&mut self, text: &[u8], hits: &[usize], end: usize, base: u64) {
        let nowhere = nowhere();
        let source = super::source_line(&nowhere, self.host);
        for &hit in hits {
            let Some(said) = diagnostic::read(text, hit, &source) else { continue };
            let at = base + hit as u64;
            self.read_commands(text, base, hit);
            let around = &text[hit.saturating_sub(SIGNS)..text.len().min(hit + SIGNS)];
            match said {
                Said::Missing(missing) => self.add(missing, around, at),
                Said::Perhaps(missing) if !self.said_before(at) => self.add(missing, around, at),
                Said::Checked(missing) => self.add_checked(missing, around, at),
                Said::AbsentInput(name) => {
                    self.note_broken(&name);
                    if let Some(header) = self.recent.iter().rev().find_map(|near| silence::forced_include(&name, near))
                    {
                        self.add(header, around, at);
                    }
                }
                Said::Passed => self.passed_at = Some(at),
                Said::Perhaps(_) => {}
            }
        }
        if self.is_waiting() {
            self.read_commands(text, base, end);
        }
    }

    /// A command that names a file which is not there has searched the wrong directories too: a space has broken a path.
    fn note_broken(&mut self, name: &[u8]) {
        let names_it =
            |command: &&CompileCommand| command.inputs.iter().any(|input| input.as_os_str().as_bytes() == name);
        let command = self.recent.iter().rev().find(names_it).filter(|_| self.broken.len() < FINDINGS);
        self.broken.extend(command.cloned());
    }

    /// Whether something was said shortly before, so that a message which follows from it says nothing new.
    fn said_before(&self, at: u64) -> bool {
        self.last_at.is_some_and(|last| at - last < NEAR as u64)
    }

    fn add(&mut self, missing: Missing, around: &[u8], at: u64) {
        self.last_at = Some(at);
        let is_full = self.found.len() + self.open.len() >= FINDINGS;
        if silence::is_a_place(&missing) || is_full || self.is_repeated(&missing) {
            return;
        }
        let sign = sign(&missing, around);
        if let Some(command) = self.recent.iter().rev().find(|command| asks_for(command, &missing)) {
            let command = command.clone();
            self.settle(Found { missing, command, at, sign });
        } else {
            self.open.push(Open { missing, at, sign, before: self.recent.back().cloned(), after: None });
        }
    }

    /// A check's message; those of an earlier check have not ended the build.
    fn add_checked(&mut self, missing: Missing, around: &[u8], at: u64) {
        if self.checked.last().is_some_and(|last| at - last.at > ONE_CHECK) {
            self.checked.clear();
        }
        if let Some(last) = self.checked.last_mut().filter(|last| last.missing.is_same(&missing)) {
            last.at = at;
        } else if self.checked.len() < FINDINGS && !self.checked.iter().any(|known| known.missing.is_same(&missing)) {
            let command = self.recent.back().cloned().unwrap_or_else(nowhere);
            let sign = sign(&missing, around);
            self.checked.push(Found { missing, command, at, sign });
        }
    }

    /// Whether the same was said before, and no command has been seen since.
    fn is_repeated(&mut self, missing: &Missing) -> bool {
        let known = self.said.iter_mut().find(|(kind, name, _)| *kind == missing.kind && *name == missing.name);
        if let Some((_, _, commands)) = known {
            return std::mem::replace(commands, self.commands) == self.commands;
        }
        self.said.push((missing.kind, missing.name.clone(), self.commands));
        false
    }

    fn settle(&mut self, found: Found) {
        let is_known = |known: &Found| {
            known.missing.is_same(&found.missing)
                && known.command.driver == found.command.driver
                && known.command.include_dirs == found.command.include_dirs
        };
        if !self.found.iter().any(is_known) {
            self.found.push(found);
        }
    }

    /// Looks for commands from where that ended last, or from close before `to`, up to there.
    fn read_commands(&mut self, text: &[u8], base: u64, to: usize) {
        let done = usize::try_from(self.commands_to.saturating_sub(base)).unwrap_or(usize::MAX);
        let mut start = done.max(to.saturating_sub(NEAR)).min(to);
        while start < to {
            let end = memchr(b'\n', &text[start..]).map_or(text.len(), |newline| start + newline);
            if end > to {
                // The line at `to` itself: it is read once it lies behind.
                break;
            }
            let line = diagnostic::plain_line(&text[start..end]);
            if let Some(command) = from_log::command_in(&line, Path::new("/")) {
                self.take_command(command);
            }
            start = end + 1;
            self.close_before(base + start as u64);
        }
        self.commands_to = self.commands_to.max(base + start as u64);
    }

    fn take_command(&mut self, command: CompileCommand) {
        self.commands += 1;
        for mut open in std::mem::take(&mut self.open) {
            if asks_for(&command, &open.missing) {
                let Open { missing, at, sign, .. } = open;
                self.settle(Found { missing, command: command.clone(), at, sign });
            } else {
                open.after.get_or_insert_with(|| command.clone());
                self.open.push(open);
            }
        }
        if self.recent.len() == COMMANDS {
            self.recent.pop_front();
        }
        self.recent.push_back(command);
    }

    /// Decides on messages so far behind that no command for them will follow.
    fn close_before(&mut self, offset: u64) {
        while self.open.first().is_some_and(|open| offset - open.at.min(offset) > NEAR as u64) {
            let open = self.open.remove(0);
            self.close(open);
        }
    }

    fn close(&mut self, open: Open) {
        let command = open.before.or(open.after).unwrap_or_else(nowhere);
        self.settle(Found { missing: open.missing, command, at: open.at, sign: open.sign });
    }

    /// Everything that is missing, in the order in which it was said. `end` is the log's last part.
    #[must_use]
    pub fn recognised(mut self, end: &[u8], length: u64) -> Vec<Recognised> {
        for open in std::mem::take(&mut self.open) {
            self.close(open);
        }
        self.found.sort_by_key(|found| found.at);
        let passed_at = self.passed_at.unwrap_or(0);
        let mut recognised = Vec::new();
        let mut last_probe = None;
        for Found { missing, command, at, sign } in self.found {
            if self.broken.contains(&command) {
                continue;
            }
            let client = client_of(&command, &missing, sign, self.host);
            let place = missing.location.as_ref();
            if probe::is_probe(&command) || place.is_some_and(|place| probe::is_probe_source(&place.file)) {
                last_probe = Some((at, Recognised { missing, command, client, is_alternative: false }));
            } else if at >= passed_at || client.compiles_at_run_time() {
                recognised.push(Recognised { missing, command, client, is_alternative: false });
            }
        }
        if let Some((at, probe)) = last_probe.filter(|_| recognised.is_empty())
            && at >= passed_at
            && ends_in_failure(end, length.saturating_sub(at))
        {
            recognised.push(probe);
        }
        let ends_in_check = self.checked.last().is_some_and(|last| {
            last.at >= passed_at
                && ends_in_failure(end, length.saturating_sub(last.at))
                && !goes_on(end, length - last.at)
        });
        if ends_in_check {
            // After what was said for sure they count where that has no answer.
            let is_first = recognised.is_empty();
            recognised.extend(self.checked.into_iter().enumerate().map(
                |(index, Found { missing, command, sign, .. })| {
                    let client = client_of(&command, &missing, sign, self.host);
                    Recognised { missing, command, client, is_alternative: index > 0 || !is_first }
                },
            ));
        }
        recognised
    }

    /// The report on a whole log.
    #[must_use]
    pub fn finish(self, end: &[u8], length: u64, catalog: &Catalog) -> Log {
        let host = self.host;
        let recognised = self.recognised(end, length);
        let mut log = Log::default();
        for Recognised { missing, command, client, is_alternative } in &recognised {
            if *is_alternative && !log.report.findings.is_empty() {
                break;
            }
            let context = Context { command, client: *client, host, catalog };
            let unanswered =
                || Unanswered { name: clean::short(&missing.name), look_up: look_up::command(missing, context) };
            if !super::add(&mut log.report, missing, context)
                && !silence::is_the_projects(missing, catalog)
                && !log.unanswered.contains(&unanswered())
            {
                log.unanswered.push(unanswered());
            }
        }
        log
    }
}

/// The command of a log that shows none.
fn nowhere() -> CompileCommand {
    CompileCommand { directory: "/".into(), ..CompileCommand::default() }
}

/// Whether what follows a probe's failure, `distance` bytes before the end, is the failure of the whole.
fn ends_in_failure(end: &[u8], distance: u64) -> bool {
    let Some(distance) = usize::try_from(distance).ok().filter(|distance| *distance <= LAST_WORDS) else {
        return false;
    };
    let last_words = &end[end.len().saturating_sub(distance)..];
    last_words.split(|&byte| byte == b'\n').skip(1).any(|line| {
        let line = diagnostic::plain_line(line);
        let line = line.trim_ascii();
        let errors: [&[u8]; 3] = [b"error: ", b"ERROR: ", b"Error: "];
        errors.iter().any(|error| line.starts_with(error)) || line.starts_with(b"configure: error: ")
    })
}

/// Whether after a check, `distance` bytes before the end, something was compiled that failed.
fn goes_on(end: &[u8], distance: u64) -> bool {
    let distance = usize::try_from(distance).unwrap_or(end.len()).min(end.len());
    let after = &end[end.len() - distance..];
    // FILE:LINE:COLUMN: error: …; configure has no number there.
    let is_located = |at: usize| at > 0 && after[at - 1].is_ascii_digit();
    [&b": error: "[..], b": fatal error: "].iter().any(|error| memmem::find_iter(after, error).any(is_located))
}
