//! Runs contestants by turns and keeps their times; and takes a contestant's memory.

use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

use crate::Fallible;
use crate::table::{Limit, Row};

/// The contestants that run no compiler: their times are shown, an overhead over the compiler they have not.
pub(crate) const HITS: [&str; 2] = ["ccache hit", "sccache hit"];

/// One of those who run by turns.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) command: Command,
    status: i32,
    copies: usize,
}

impl Contestant {
    pub(crate) fn new(name: &'static str, mut command: Command, args: &[String]) -> Self {
        command.args(args);
        Contestant { name, command, status: 0, copies: 1 }
    }

    /// With another exit status than 0.
    pub(crate) fn leaving(self, status: i32) -> Self {
        Contestant { status, ..self }
    }

    /// As many of it side by side.
    pub(crate) fn at_once(self, copies: usize) -> Self {
        Contestant { copies, ..self }
    }

    /// Wall time of one run, in seconds: until the last copy has ended.
    pub(crate) fn run(&mut self) -> Fallible<f64> {
        let start = Instant::now();
        let spawn = |_| self.command.spawn().map_err(|error| format!("{}: {error}", self.name));
        let children = (0..self.copies).map(spawn).collect::<Result<Vec<_>, _>>()?;
        for mut child in children {
            let status = child.wait()?;
            if status.code() != Some(self.status) {
                return Err(format!("{} left with {status}, not with {}", self.name, self.status).into());
            }
        }
        Ok(start.elapsed().as_secs_f64())
    }

    /// The most memory that the process had in RAM, in MB. The kernel's number covers the children it waited for too,
    /// and what the process was before exec: therefore a small target, and a fork (which is what `pre_exec` makes of
    /// the spawn) instead of a vfork, which would count the bench itself.
    pub(crate) fn peak_memory(mut self) -> Fallible<f64> {
        // SAFETY: the closure does nothing.
        unsafe { self.command.pre_exec(|| Ok(())) };
        let pid = libc::pid_t::try_from(self.command.spawn()?.id())?;
        let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::uninit());
        // SAFETY: both pointers are valid for writing, and the child is ours and not waited for yet.
        if unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) } != pid {
            return Err(std::io::Error::last_os_error().into());
        }
        // SAFETY: wait4 succeeded, so it has filled the structure.
        let most = unsafe { usage.assume_init() }.ru_maxrss;
        if !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != self.status {
            return Err(format!("{} did not leave with {}", self.name, self.status).into());
        }
        let unit = if cfg!(target_os = "macos") { 1.0 } else { 1024.0 };
        Ok(f64::from(u32::try_from(most)?) * unit / 1e6)
    }
}

/// The times of all contestants, round by round, in seconds.
pub(crate) struct Race {
    names: Vec<&'static str>,
    pub(crate) times: Vec<Vec<f64>>,
}

impl Race {
    /// Every other round runs backwards, so that nobody always runs behind the same one's caches.
    pub(crate) fn run(mut field: Vec<Contestant>, rounds: usize) -> Fallible<Self> {
        let warm_up = rounds / 20 + 1;
        let mut times = vec![Vec::with_capacity(rounds); field.len()];
        for round in 0..warm_up + rounds {
            for turn in 0..field.len() {
                let who = if round % 2 == 0 { turn } else { field.len() - 1 - turn };
                let time = field[who].run()?;
                if round >= warm_up {
                    times[who].push(time);
                }
            }
        }
        Ok(Race { names: field.iter().map(|contestant| contestant.name).collect(), times })
    }

    /// The median of what `who` took longer than `base` in the same round, in seconds.
    pub(crate) fn overhead(&self, who: usize, base: usize) -> f64 {
        median(self.times[who].iter().zip(&self.times[base]).map(|(time, base)| time - base).collect())
    }

    /// Whether the bare runs, which do nothing, mostly took twice the time that they can take.
    pub(crate) fn was_disturbed(&self) -> bool {
        median(self.times[0].clone()) > 2.0 * least(&self.times[0])
    }

    /// A row each for bare, floor, shim and whoever else ran; the limit is the shim's.
    pub(crate) fn print(&self, case: &str, limit: Limit) {
        let floor = self.overhead(1, 0);
        for (who, name) in self.names.iter().enumerate() {
            let mut row = Row::new(if who == 0 { case } else { "" }, name).times(&self.times[who]);
            if who > 0 && !HITS.contains(name) {
                let overhead = self.overhead(who, 0);
                row = row.over(overhead).ratio(overhead / floor);
                if *name == "shim" {
                    row = row.limit(limit, overhead / floor);
                }
            }
            row.print();
        }
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
