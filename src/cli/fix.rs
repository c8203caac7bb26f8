//! `pycc-shim fix`: what the last failed compile misses is installed, and the compile is made again, until it passes.
//!
//! Nothing of the record is ever run but the compile itself: each round judges anew what is missing on this machine, and
//! the commands come out of the catalog.

use std::ffi::OsStr;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::catalog::Catalog;
use crate::diagnose;
use crate::host::Host;
use crate::report::text::Style;
use crate::report::{Finding, Remedy, Report, Subject, clean, merge, record, text};
use crate::shim::failure;
use crate::shim::variables;

use super::repeat::{Again, Repeat};
use super::steps::{self, Step};
use super::{colour, examples, torch_cache};

/// How often a compile is made again: one missing header hides the next. WebKitGTK's takes eleven.
const ROUNDS: usize = 16;
/// How much of what a compiler says is shown, where nothing is known to be missing.
const SHOWN: usize = 4096;

#[derive(clap::Args)]
#[command(after_help = examples::FIX)]
pub(super) struct Arguments {
    /// A file of PYCC_SHIM_REPORT_DIR, instead of the last failed compile
    #[arg(value_name = "REPORT")]
    report: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Only what needs no root
    #[arg(long)]
    user: bool,
    /// Show what would be done
    #[arg(long)]
    dry_run: bool,
}

/// Exit status 0 when the compile that failed passes now; 1 when it does not, or would not.
///
/// # Errors
/// There is no record, nobody to ask, or a step that failed.
pub(super) fn main(arguments: &Arguments) -> Result<i32> {
    let Some(record) = read(arguments)? else {
        writeln!(
            std::io::stderr(),
            "pycc-shim: no failed compile is on record; run what failed once more through pycc-shim, then `pycc-shim fix`"
        )?;
        return Ok(1);
    };
    let repeat = Repeat::of(&record.command);
    if !repeat.is_compile() {
        bail!("the record's command is no compile, and is not run; name another file of PYCC_SHIM_REPORT_DIR");
    }
    let mut fix = Fix {
        arguments,
        repeat: &repeat,
        missed: record.report.findings.into_iter().map(|finding| finding.missing).collect(),
        tried: Vec::new(),
        agreed: arguments.yes,
    };
    for _ in 0..ROUNDS {
        if let Some(status) = fix.round()? {
            return Ok(status);
        }
    }
    writeln!(
        std::io::stdout(),
        "pycc-shim: {ROUNDS} rounds were not enough; `pycc-shim fix` goes on where this one ended"
    )?;
    Ok(1)
}

fn read(arguments: &Arguments) -> Result<Option<record::Record>> {
    if let Some(file) = &arguments.report {
        let what = "fix wants a file of PYCC_SHIM_REPORT_DIR, which holds the command that failed";
        return record::read(file).map(Some).with_context(|| format!("cannot read {}; {what}", file.display()));
    }
    let directory = record::state_directory()
        .context("neither XDG_STATE_HOME nor HOME is set: there are no records; name a file of PYCC_SHIM_REPORT_DIR")?;
    record::read_last(&directory).with_context(|| {
        format!("cannot read the record in {}; the next failed compile replaces it", directory.display())
    })
}

/// One call of `fix`.
struct Fix<'a> {
    arguments: &'a Arguments,
    repeat: &'a Repeat,
    /// What was ever missing.
    missed: Vec<Subject>,
    /// What something has been done about.
    tried: Vec<Subject>,
    /// Whether the user has said yes.
    agreed: bool,
}

impl Fix<'_> {
    /// Compiles, and does something about what is missing. The exit status, once nothing is left to do.
    fn round(&mut self) -> Result<Option<i32>> {
        let mut out = std::io::stdout();
        // Read anew: packages have come since.
        let host = failure::host(self.repeat.surroundings());
        let (catalog, wrong) = diagnose::catalog(&host);
        for problem in wrong.iter().filter(|_| self.tried.is_empty()) {
            writeln!(std::io::stderr(), "pycc-shim: {problem}")?;
        }
        let report = match self.again(&host, &catalog)? {
            Said::Missing(report) => report,
            Said::Done(status) => return Ok(Some(status)),
        };
        let (again, new): (Vec<Finding>, Vec<Finding>) =
            report.findings.into_iter().partition(|finding| self.tried.contains(&finding.missing));
        if let Some(still) = again.first() {
            out.write_all(show(&again).as_bytes())?;
            let name = &still.missing.name;
            writeln!(out, "pycc-shim: {name} is still missing after this was done; the compile fails as before")?;
            return Ok(Some(1));
        }
        out.write_all(show(&new).as_bytes())?;
        let chosen: Vec<(&Finding, &Remedy)> =
            new.iter().filter_map(|finding| Some((finding, self.choose(finding)?))).collect();
        if chosen.is_empty() {
            writeln!(out, "pycc-shim: {}", self.nothing_to_run(&new))?;
            return Ok(Some(1));
        }
        let privilege = &new[0].host.privilege;
        let steps = Step::of(&merge::merge(chosen.iter().map(|(_, remedy)| *remedy)), privilege)?;
        self.announce(&steps, &chosen)?;
        if self.arguments.dry_run {
            return Ok(Some(1));
        }
        if !self.may_go_on()? {
            writeln!(out, "pycc-shim: nothing was done")?;
            return Ok(Some(1));
        }
        if !steps::run(&steps)? {
            return Ok(Some(1));
        }
        self.keep(&chosen, &host)?;
        for (finding, _) in chosen {
            self.tried.push(finding.missing.clone());
            if !self.missed.contains(&finding.missing) {
                self.missed.push(finding.missing.clone());
            }
        }
        Ok(None)
    }

    /// Makes the compile again.
    fn again(&self, host: &Host, catalog: &Catalog) -> Result<Said> {
        let mut out = std::io::stdout();
        if !self.tried.is_empty() {
            writeln!(out, "pycc-shim: compiling again what failed")?;
            out.flush()?;
        }
        match self.repeat.again(&self.missed, host, catalog)? {
            Again::Whole(outcome) if outcome.status.success() => {
                self.forget_errors()?;
                let was_done = !self.tried.is_empty();
                let said = if was_done {
                    "fixed: the compile that failed now passes"
                } else {
                    "nothing to do: the compile that failed passes now"
                };
                writeln!(out, "pycc-shim: {said}")?;
                Ok(Said::Done(0))
            }
            Again::Whole(outcome) if outcome.report.findings.is_empty() => {
                let end = &outcome.text[outcome.text.len().saturating_sub(SHOWN)..];
                std::io::stderr().write_all(end)?;
                writeln!(out, "pycc-shim: the compile still fails, and nothing that is known to be missing is why")?;
                Ok(Said::Done(1))
            }
            Again::Whole(outcome) => Ok(Said::Missing(outcome.report)),
            Again::InPart(why, report) if report.findings.is_empty() => {
                self.forget_errors()?;
                let why = clean::short(why.as_bytes());
                writeln!(out, "pycc-shim: the compile that failed cannot be made again: {why}")?;
                writeln!(out, "pycc-shim: what it missed is there now; run again what you ran")?;
                Ok(Said::Done(1))
            }
            Again::InPart(_, report) => Ok(Said::Missing(report)),
        }
    }

    /// The remedy that is to be run for a finding; none where there is none that a program can run for somebody.
    fn choose<'f>(&self, finding: &'f Finding) -> Option<&'f Remedy> {
        let can_be_run = |remedy: &&Remedy| match remedy.manager.as_deref() {
            // A shell of its own, which compiles nothing for others.
            Some("nix") => false,
            // An environment of another Python does not make this compile pass.
            Some("uv") => finding.verdict == "reinstall" || !remedy.packages.is_empty(),
            _ => !remedy.commands.is_empty() || remedy.env.keys().any(|name| variables::is_kept(name)),
        };
        let mut ways = finding.remedies.iter().filter(can_be_run);
        if self.arguments.user { ways.find(|remedy| !remedy.needs_root) } else { ways.next() }
    }

    fn nothing_to_run(&self, findings: &[Finding]) -> &'static str {
        let has_other = findings.iter().any(|finding| !finding.remedies.is_empty());
        match (self.arguments.user, has_other) {
            (true, true) => {
                "none of this can be had without root here: leave --user out, or ask whoever runs this machine"
            }
            (false, true) => "this is for you to do, as it says above; then run `pycc-shim fix` again",
            _ => "there is no command for this that could be run for you",
        }
    }

    /// Shows what will be done.
    fn announce(&self, steps: &[Step], chosen: &[(&Finding, &Remedy)]) -> Result<()> {
        let mut out = std::io::stdout();
        let will = if self.arguments.dry_run { "would" } else { "will" };
        if !steps.is_empty() {
            writeln!(out, "\npycc-shim {will} run")?;
            for step in steps {
                writeln!(out, "    {}", step.shown())?;
            }
        }
        let variables = chosen.iter().flat_map(|(_, remedy)| &remedy.env).filter(|(name, _)| variables::is_kept(name));
        let mut lines: Vec<String> = variables.map(|(name, value)| format!("    {name}={value}")).collect();
        lines.dedup();
        if !lines.is_empty() {
            writeln!(out, "\npycc-shim {will} keep for compiles that pass through it\n{}", lines.join("\n"))?;
        }
        Ok(())
    }

    /// Asks, once.
    fn may_go_on(&mut self) -> Result<bool> {
        if self.agreed {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            bail!("standard input is no terminal, so that nobody can be asked: say `pycc-shim fix --yes`");
        }
        let mut out = std::io::stdout();
        write!(out, "\nDo it, and what else this compile turns out to need? [y/N] ")?;
        out.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
        if !answer.ends_with('\n') {
            writeln!(out)?;
        }
        self.agreed = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
        Ok(self.agreed)
    }

    /// Keeps the variables that later compiles need, so that nothing has to be exported.
    fn keep(&self, chosen: &[(&Finding, &Remedy)], host: &Host) -> Result<()> {
        for (finding, remedy) in chosen.iter().filter(|(_, remedy)| !remedy.env.is_empty()) {
            let data_home = host.data_home.as_ref();
            let data_home =
                data_home.context("neither XDG_DATA_HOME nor HOME is set: there is nowhere to keep variables")?;
            let file = variables::file(data_home);
            // Headers of one Python must not be found by a compile for another.
            let python = finding.python.as_ref().filter(|_| finding.component == "python-headers");
            let python = python.map(|python| format!("python{}{}", python.version, python.abi));
            let only_for = python.as_deref().map(|python| variables::only_for(python, self.repeat.arguments()));
            let env = remedy.env.iter().filter(|(name, _)| variables::is_kept(name));
            let env = env.map(|(name, value)| (name.clone(), value.clone())).collect();
            variables::keep(&file, only_for, &env)
                .with_context(|| format!("cannot write {}: set the variables yourself", file.display()))?;
        }
        Ok(())
    }

    /// Failures that PyTorch keeps, and would raise again without a compile, for what is there now.
    fn forget_errors(&self) -> Result<()> {
        let value = |name: &str| self.repeat.variable(name).map(|value| value.as_os_str() as &OsStr);
        let cache = torch_cache::directory(value("TORCHINDUCTOR_CACHE_DIR"), value("TMPDIR"));
        for error in torch_cache::errors(&cache) {
            let is_mended = |name: &Vec<u8>| self.missed.iter().any(|subject| subject.name.as_bytes() == name);
            if error.missing.iter().any(is_mended) && std::fs::remove_file(&error.file).is_ok() {
                let file = clean::short(error.file.as_os_str().as_encoded_bytes());
                writeln!(
                    std::io::stdout(),
                    "pycc-shim: removed {file}, a failure that PyTorch would have raised again"
                )?;
            }
        }
        Ok(())
    }
}

/// What a compile said.
enum Said {
    Missing(Report),
    /// There is nothing more to do; the exit status.
    Done(i32),
}

/// The blocks of some findings.
fn show(findings: &[Finding]) -> String {
    let report = Report { findings: findings.to_vec(), ..Report::default() };
    text::render(&report, Style { live: false, colour: colour(&std::io::stdout()) })
}
