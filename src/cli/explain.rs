//! `pycc-shim explain`: what a log, or the last failed compile, is missing.

use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::diagnose::{self, log::Reader};
use crate::host::{Host, Surroundings};
use crate::report::text::Style;
use crate::report::{Report, json, record, text};

use super::say::{self, Advise as _};
use super::{colour, examples, log_source};

#[derive(clap::Args)]
#[command(after_help = examples::EXPLAIN)]
pub(super) struct Arguments {
    /// A log to read; without it, or with -, standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// The last failed compile that the shim recorded
    #[arg(long, conflicts_with_all = ["file", "root"])]
    last: bool,
    /// Print JSON (schema 1)
    #[arg(long)]
    json: bool,
    /// Judge the log by the machine whose files lie below DIR
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    root: Option<PathBuf>,
}

/// Prints the findings on stdout. Exit status 0 with findings, 1 with none.
///
/// # Errors
/// The log, the record or the root cannot be read.
pub(super) fn main(arguments: &Arguments) -> Result<i32> {
    let Answer { report, look_ups, nothing } = if arguments.last {
        of_last()?
    } else {
        of_log(arguments.file.as_deref().unwrap_or(Path::new("-")), arguments.root.as_deref())?
    };
    if arguments.json {
        say::print(json::line(&report))?;
    } else {
        say::print(text::render(&report, Style { live: false, colour: colour(&std::io::stdout()) }) + &look_ups)?;
        if report.findings.is_empty() && look_ups.is_empty() {
            writeln!(std::io::stderr(), "pycc-shim: {nothing}")?;
        }
    }
    Ok(i32::from(report.findings.is_empty()))
}

/// What a terminal is told, where nothing would seem to happen.
const WAITING: &str = "pycc-shim: waiting for a log: paste it here and end it with Ctrl-D, or leave with Ctrl-C; \
                       `pycc-shim explain --last` explains the last failed compile";

/// What to do where a log cannot be read.
const ANOTHER_LOG: &str = "name a log that can be read, - for standard input, or --last for the last failed compile";

/// What there is to say.
struct Answer {
    report: Report,
    /// Blocks about what no table has: questions, no findings.
    look_ups: String,
    /// What to say where both are empty.
    nothing: String,
}

fn of_log(file: &Path, root: Option<&Path>) -> Result<Answer> {
    let host = match root {
        Some(root) if !root.is_dir() => {
            bail!("--root {}: no such directory; name the one that holds the machine's etc and usr", root.display())
        }
        Some(root) => {
            Host::read(&std::path::absolute(root).advise("name its absolute path")?, &Surroundings::of_other_root())
        }
        None => Host::read(Path::new("/"), &Surroundings::of_session()),
    };
    let (catalog, wrong) = diagnose::catalog(&host);
    for problem in wrong {
        writeln!(std::io::stderr(), "pycc-shim: {problem}")?;
    }
    let mut reader = Reader::new(&host);
    let (name, whole) = if file == Path::new("-") {
        let input = std::io::stdin();
        if input.is_terminal() {
            writeln!(std::io::stderr(), "{WAITING}")?;
        }
        let whole = log_source::stream(input, &mut reader).context("cannot read standard input").advise(ANOTHER_LOG)?;
        ("standard input".to_owned(), whole)
    } else {
        (file.display().to_string(), log_source::file(file, &mut reader).advise(ANOTHER_LOG)?)
    };
    let log = reader.finish(&whole.end, whole.length, &catalog);
    let asked = log.unanswered.iter().filter_map(|thing| Some(text::look_up(&thing.name, thing.look_up.as_ref()?)));
    let look_ups = asked.collect();
    let nothing = if log.unanswered.is_empty() {
        match whole.length {
            0 => format!("{name} is empty; a compiler's messages go to stderr: save them with `2>&1`"),
            length => format!("nothing that is missing was recognised in {name} ({length} bytes)"),
        }
    } else {
        let missing: Vec<&str> = log.unanswered.iter().map(|thing| thing.name.as_str()).collect();
        let missing = missing.join(", ");
        format!(
            "{name}: {missing} is missing, and nothing that is known of this machine brings it for sure; a log of another \
             machine is judged by that machine's files with --root DIR"
        )
    };
    Ok(Answer { report: log.report, look_ups, nothing })
}

/// The report of the last failed compile.
fn of_last() -> Result<Answer> {
    let directory =
        record::state_directory().context("neither XDG_STATE_HOME nor HOME is set: there are no records; set HOME")?;
    let last = record::read_last(&directory)
        .with_context(|| format!("cannot read the record in {}", directory.display()))
        .advise("remove last.json there, and run the build again")?;
    let nothing = format!(
        "no failed compile is on record in {}; run the build with `pycc-shim run -- CMD`, or name its log",
        directory.display()
    );
    let report = last.map(|record| record.report).unwrap_or_default();
    Ok(Answer { report, look_ups: String::new(), nothing })
}
