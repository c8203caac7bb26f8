//! Signals: to the compiler, from the compiler.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use crate::world::{INDUCTOR, World, gcc_says, show, start};

#[test]
fn the_compilers_death_is_ours() {
    let world = World::debian13();
    world.file("work/says", gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h"));
    for signal in [1, 2, 3, 6, 9, 11, 13, 14, 15] {
        // A compiler that was killed has told nothing worth a report.
        let text = gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h");
        let line = format!("--mock-stderr-of=says --mock-signal={signal}");
        let outcome = world.call("g++").args(INDUCTOR).args(&line).run();
        outcome.is(&format!("signal {signal}"), "", &text);
    }
}

/// A signal sent to us alone goes to the compiler; what it makes of it is our status.
#[test]
fn signals_to_us_reach_the_compiler() {
    let world = World::debian13();
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2, libc::SIGTERM] {
        let mut call = world.call("g++").args(&format!("--mock-answer={signal}")).command();
        let mut child = start(call.stdout(Stdio::piped()));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        stdout.read_line(&mut text).unwrap();
        assert_eq!(text, "ready\n");
        // SAFETY: kill on a child of ours that has not been waited for.
        unsafe { libc::kill(libc::pid_t::try_from(child.id()).unwrap(), signal) };
        text.clear();
        stdout.read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("got {signal:02}\n"));
        assert_eq!(show(child.wait().unwrap()), (40 + signal).to_string());
    }
}
