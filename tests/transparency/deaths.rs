//! Signals: the compiler's death, and those that reach us alone, the whole group, or come from the terminal.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdout, Command, Stdio};

use crate::capture::{Capture, terminal};
use crate::pair::{Face, Pair};
use crate::world::{show, start};

/// Every signal that ends a process, the compiler's own faults and real-time signals among them.
#[test]
fn whatever_kills_the_compiler_kills_us() {
    let pair = Pair::mock();
    let is_harmless = |signal: &i32| {
        // The two in the middle belong to the C library, which refuses them (signal(7)).
        [libc::SIGCHLD, libc::SIGCONT, libc::SIGURG, libc::SIGWINCH, libc::SIGSTOP, 32, 33].contains(signal)
            || [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(signal)
    };
    for signal in (1..=libc::SIGRTMAX()).filter(|signal| !is_harmless(signal)) {
        let line = ["--mock-stderr-line=dies".to_owned(), format!("--mock-signal={signal}")];
        let seen = pair.is_transparent(Face::OnPath("gcc"), &[line.to_vec()], b"", Capture::Pipes);
        assert_eq!((seen.status, &seen.streams[1][..]), (format!("signal {signal}"), &b"dies\n"[..]));
    }
}

/// A compiler that waits for a signal, catches it, and says so.
struct Waiting {
    child: std::process::Child,
    stdout: BufReader<ChildStdout>,
}

impl Waiting {
    fn start(command: &mut Command) -> Self {
        let mut child = start(command.stdout(Stdio::piped()));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self { child, stdout }
    }

    fn id(&self) -> libc::pid_t {
        self.child.id().try_into().unwrap()
    }

    /// How it ended, and what it said; whatever of its group is left ends here, and has said nothing.
    fn end(mut self) -> (String, String) {
        let status = show(self.child.wait().unwrap());
        // SAFETY: a signal to the group that the child led.
        unsafe { libc::kill(-self.id(), libc::SIGKILL) };
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).unwrap();
        (status, text)
    }
}

fn waiting_for(pair: &Pair, through_us: bool, signal: i32) -> Command {
    let mut command = pair.command(Face::OnPath("gcc"), through_us);
    command.arg(format!("--mock-answer={signal}")).process_group(0);
    command
}

fn kill(id: libc::pid_t, signal: i32) {
    // SAFETY: kill on a child of ours, or its group, that has not been waited for.
    assert_eq!(unsafe { libc::kill(id, signal) }, 0);
}

/// What is sent to us alone is the compiler's, as it would be without us; `behaviour` has the six that users send.
#[test]
fn to_us_alone() {
    let pair = Pair::mock();
    for signal in
        [libc::SIGABRT, libc::SIGALRM, libc::SIGVTALRM, libc::SIGPROF, libc::SIGPIPE, libc::SIGXCPU, libc::SIGXFSZ]
    {
        for through_us in [false, true] {
            let waiting = Waiting::start(&mut waiting_for(&pair, through_us, signal));
            kill(waiting.id(), signal);
            let expected = ((40 + signal).to_string(), format!("got {signal:02}\n"));
            assert_eq!(waiting.end(), expected, "through us: {through_us}");
        }
    }
}

/// A timer that our caller set before it became us (`alarm 10; exec g++`) outlives the exec, and is the compiler's.
#[test]
fn a_timer_of_the_callers() {
    let pair = Pair::mock();
    for through_us in [false, true] {
        let mut command = waiting_for(&pair, through_us, libc::SIGALRM);
        // SAFETY: async-signal-safe. What comes of it does not depend on when the timer ends, if only we stand by then.
        unsafe {
            command.pre_exec(|| {
                libc::alarm(4);
                Ok(())
            });
        }
        assert_eq!(Waiting::start(&mut command).end(), ("54".to_owned(), "got 14\n".to_owned()));
    }
}

#[test]
fn to_the_group() {
    let pair = Pair::mock();
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        for through_us in [false, true] {
            let waiting = Waiting::start(&mut waiting_for(&pair, through_us, signal));
            kill(-waiting.id(), signal);
            assert_eq!(waiting.end(), ((40 + signal).to_string(), format!("got {signal:02}\n")));
        }
    }
    // A compiler that does not catch it dies of it, and so do we.
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGKILL] {
        for through_us in [false, true] {
            let waiting = Waiting::start(&mut waiting_for(&pair, through_us, libc::SIGUSR1));
            kill(-waiting.id(), signal);
            assert_eq!(waiting.end(), (format!("signal {signal}"), String::new()), "through us: {through_us}");
        }
    }
}

/// Stopped, we go on where we were; the group's stop is the compiler's too.
#[test]
fn stop_and_continue() {
    let pair = Pair::mock();
    for (through_us, is_group) in [(false, false), (true, false), (false, true), (true, true)] {
        let waiting = Waiting::start(&mut waiting_for(&pair, through_us, libc::SIGTERM));
        let id = if is_group { -waiting.id() } else { waiting.id() };
        for signal in [libc::SIGSTOP, libc::SIGTSTP] {
            kill(id, signal);
            let mut status = 0;
            // SAFETY: waitpid on a child of ours, for its stop, with room for the answer.
            assert_eq!(unsafe { libc::waitpid(waiting.id(), &raw mut status, libc::WUNTRACED) }, waiting.id());
            assert!(libc::WIFSTOPPED(status), "{status:x}");
            kill(id, libc::SIGCONT);
        }
        kill(waiting.id(), libc::SIGTERM);
        assert_eq!(waiting.end(), ("55".to_owned(), "got 15\n".to_owned()), "{through_us} {is_group}");
    }
}

/// Ctrl-C and Ctrl-\ on a terminal: the kernel tells the whole foreground group, the compiler hears it once.
#[test]
fn from_the_terminal() {
    let pair = Pair::mock();
    for (key, signal) in [(b"\x03", libc::SIGINT), (b"\x1c", libc::SIGQUIT)] {
        for through_us in [false, true] {
            let (ours, theirs) = terminal();
            let mut command = pair.command(Face::OnPath("gcc"), through_us);
            command.arg(format!("--mock-answer={signal}")).stdin(theirs.try_clone().unwrap()).stderr(theirs);
            // SAFETY: async-signal-safe calls; descriptor 2 is the terminal by then.
            unsafe {
                command.pre_exec(|| {
                    libc::setsid();
                    libc::ioctl(libc::STDERR_FILENO, libc::TIOCSCTTY, 0);
                    Ok(())
                });
            }
            let waiting = Waiting::start(&mut command);
            std::io::Write::write_all(&mut std::fs::File::from(ours.try_clone().unwrap()), key).unwrap();
            assert_eq!(waiting.end(), ((40 + signal).to_string(), format!("got {signal:02}\n")), "{through_us}");
        }
    }
}
