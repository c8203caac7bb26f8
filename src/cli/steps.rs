//! Running the catalog's commands: one by one, the terminal handed over, as argument vectors and never through a shell.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::report::Remedy;
use crate::shim::child::Exit;
use crate::shim::signals;

/// Programs that may be given root's rights by sudo or doas: managers, and what enables their repositories.
const MANAGERS: [&str; 14] = [
    "apt-get",
    "dnf",
    "microdnf",
    "yum",
    "zypper",
    "pacman",
    "apk",
    "xbps-install",
    "emerge",
    "pkg",
    "port",
    "brew",
    "add-apt-repository",
    "subscription-manager",
];
/// What root may run beside them: an edit of a file below /etc. A file that was fetched into a directory of everybody's
/// and is then installed (NVIDIA's keyring) is for the user to run.
const OF_ROOT: [&str; 1] = ["sed"];
/// How much of a step's command its line shows, in characters.
const SHORT: usize = 90;
/// A step that took this long says so when it is done.
const LONG: Duration = Duration::from_secs(5);

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) argv: Vec<String>,
}

impl Step {
    /// The steps of remedies in their order; `privilege` is the machine's, as in a report.
    ///
    /// # Errors
    /// A command cannot be run for the user: the text says which, and what to do.
    pub(super) fn of(remedies: &[Remedy], privilege: &str) -> Result<Vec<Self>> {
        let mut steps = Vec::new();
        for remedy in remedies {
            for command in &remedy.commands {
                let words = shell_words::split(command).with_context(|| format!("no command: {command}"))?;
                let program = words.first().context("an empty command")?.as_str();
                let is_managers = MANAGERS.contains(&program);
                let prefix: &[&str] = match privilege {
                    _ if !remedy.needs_root => &[],
                    "root" if is_managers || OF_ROOT.contains(&program) => &[],
                    // Without a terminal nobody can type a password.
                    "sudo" if is_managers && !std::io::stdin().is_terminal() => &["sudo", "-n"],
                    "sudo" if is_managers => &["sudo"],
                    "doas" if is_managers => &["doas"],
                    "sudo" | "doas" | "root" => {
                        bail!("this step is yours to run, then run `pycc-shim fix` again:\n    {command}")
                    }
                    _ => bail!(
                        "this needs root, and there is no way to its rights here; ask whoever runs this machine:\n    {command}"
                    ),
                };
                steps.push(Self { argv: prefix.iter().map(|&word| word.to_owned()).chain(words).collect() });
            }
        }
        Ok(steps)
    }

    /// As one would type it.
    pub(super) fn shown(&self) -> String {
        shell_words::join(&self.argv)
    }

    /// The same, cut to fit a line: it has been shown whole.
    fn short(&self) -> String {
        let shown = self.shown();
        match shown.char_indices().nth(SHORT) {
            Some((end, _)) => format!("{}…", &shown[..end]),
            None => shown,
        }
    }
}

/// Runs steps until one fails, and tells whether none did; each is announced on stdout. The terminal's signals are the
/// step's; should it die of one, so do we.
///
/// # Errors
/// A step cannot be started.
pub(super) fn run(steps: &[Step]) -> Result<bool> {
    let mut out = std::io::stdout();
    for (index, step) in steps.iter().enumerate() {
        let number = format!("step {} of {}", index + 1, steps.len());
        writeln!(out, "pycc-shim: {number}: {}", step.short())?;
        out.flush()?;
        let began = Instant::now();
        let (program, arguments) = step.argv.split_first().context("an empty command")?;
        let status = wait(Command::new(program).args(arguments));
        let status = status.with_context(|| format!("cannot run {program}: is it on PATH?"))?;
        leave_with(status);
        if !status.success() {
            writeln!(
                out,
                "pycc-shim: {number} ended with {status}; mend what it says, then run `pycc-shim fix` again"
            )?;
            return Ok(false);
        }
        let took = began.elapsed();
        if took >= LONG && out.is_terminal() {
            writeln!(out, "pycc-shim: {number} done, in {} s", took.as_secs())?;
        }
    }
    Ok(true)
}

/// Runs a command to its end, with the terminal's signals left to it from its first moment on: we go on after it.
///
/// # Errors
/// It cannot be started, or the system does not tell how it ended.
pub(super) fn wait(command: &mut Command) -> io::Result<ExitStatus> {
    signals::install();
    let status = command.spawn().and_then(|mut child| {
        signals::forward_to(libc::pid_t::try_from(child.id()).unwrap_or(0));
        let status = child.wait();
        signals::forward_to_nobody();
        status
    });
    signals::uninstall();
    status
}

/// Leaves by the signal that a child died of, where a user sent it.
pub(super) fn leave_with(status: ExitStatus) {
    if let Some(signal @ (libc::SIGINT | libc::SIGTERM | libc::SIGHUP | libc::SIGQUIT)) = status.signal() {
        Exit::Signal(signal).leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(needs_root: bool, commands: &[&str], privilege: &str) -> Result<Vec<String>, String> {
        let commands = commands.iter().map(|&command| command.to_owned()).collect();
        let remedy = Remedy { needs_root, commands, ..Remedy::default() };
        let steps = Step::of(&[remedy], privilege).map_err(|error| error.to_string())?;
        Ok(steps.iter().map(Step::shown).collect())
    }

    #[test]
    fn only_managers_get_rights() {
        let edit = "sed -i s/a/b/ /etc/apt/sources.list";
        let fetched = "dpkg -i /tmp/x.deb";
        for (needs_root, command, privilege, expected) in [
            (true, "apt-get update", "root", Some("apt-get update")),
            (true, "apt-get update", "doas", Some("doas apt-get update")),
            (true, edit, "root", Some(edit)),
            (true, edit, "sudo", None),
            (true, fetched, "root", None),
            (true, fetched, "sudo", None),
            (true, "apt-get update", "none", None),
            (false, "sh -c 'cd /s && x'", "none", Some("sh -c 'cd /s && x'")),
            (false, "mkdir -p '/a b'", "sudo", Some("mkdir -p '/a b'")),
        ] {
            let got = steps(needs_root, &[command], privilege).ok();
            assert_eq!(got, expected.map(|line| vec![line.to_owned()]), "{command} as {privilege}");
        }
        assert_eq!(
            steps(true, &[edit], "sudo").unwrap_err(),
            format!("this step is yours to run, then run `pycc-shim fix` again:\n    {edit}")
        );
    }
}
