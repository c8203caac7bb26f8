//! Bytes, statuses and streams go through as they are.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use crate::world::{INDUCTOR, REPORT, World, gcc_says, show, start};

#[test]
fn success_adds_nothing() {
    let world = World::debian13();
    world.file("work/warning", "a.cpp:1:1: warning: Python.h: No such file or directory\n#include <Python.h>\n");
    let outcome = world.call("g++").args(INDUCTOR).args("--mock-stderr-of=warning").run();
    outcome.is("0", "", "a.cpp:1:1: warning: Python.h: No such file or directory\n#include <Python.h>\n");
    assert_eq!(world.record(), "");
}

#[test]
fn every_status_comes_back() {
    let world = World::debian13();
    for status in ["0", "1", "2", "42", "126", "127", "128", "139", "255"] {
        world.call("g++").args(&format!("--mock-exit={status}")).run().is(status, "", "");
    }
}

#[test]
fn a_large_stderr_comes_through_whole() {
    let world = World::debian13();
    let line = [&[b'x'; 63][..], b"\n"].concat();
    for bytes in [1, 65_536, 5_000_000] {
        let outcome = world.call("g++").args(&format!("--mock-stderr-bytes={bytes} --mock-exit=1")).run();
        let expected: Vec<u8> = line.iter().copied().cycle().take(bytes).collect();
        outcome.is("1", "", std::str::from_utf8(&expected).unwrap());
    }
}

/// The message stands before a megabyte of other text, and is still the one that counts.
#[test]
fn what_was_said_early_is_remembered() {
    let world = World::debian13();
    let text = gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h");
    world.file("work/says", &text);
    let outcome =
        world.call("g++").args(INDUCTOR).args("--mock-stderr-of=says --mock-stderr-bytes=1048576 --mock-exit=1").run();
    assert_eq!(outcome.status, "1");
    assert_eq!(outcome.stderr.len(), text.len() + 1_048_576 + REPORT.len());
    assert!(outcome.stderr.starts_with(&text) && outcome.stderr.ends_with(REPORT));
}

#[test]
fn standard_input_reaches_the_compiler() {
    let world = World::debian13();
    let input = "int main(void) { return 0; }\n".repeat(10_000);
    world.call("gcc").args("--mock-stdin -x c -").stdin(input.as_bytes()).run().is("0", &input, "");
}

#[test]
fn bytes_that_are_no_text_come_through() {
    let world = World::debian13();
    let bytes: Vec<u8> = (0..=255).collect();
    world.file("work/bytes", &bytes);
    let mut call = world.call("g++").args("--mock-stderr-of=bytes --mock-exit=1").command();
    let output = start(call.stdout(Stdio::piped()).stderr(Stdio::piped())).wait_with_output().unwrap();
    assert_eq!((output.stderr, show(output.status)), (bytes, "1".to_owned()));
}

#[test]
fn arguments_are_bytes() {
    let world = World::debian13();
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9\n'\"$(id) ");
    let outcome = world.call("g++").args("--mock-dump").arg(odd).arg("").run();
    let seen: Vec<&str> = outcome.stdout.lines().filter_map(|line| line.strip_prefix("arg ")).collect();
    assert_eq!(seen, ["g++", "--mock-dump", "caf\\xe9\\x0a'\"$(id) ", ""]);
}

#[test]
fn a_response_file_is_passed_and_not_opened() {
    let world = World::debian13();
    world.file("work/args.rsp", "-I/usr/include/python3.13");
    let outcome = world.call("g++").args("--mock-dump @args.rsp").run();
    let seen: Vec<&str> = outcome.stdout.lines().filter_map(|line| line.strip_prefix("arg ")).collect();
    assert_eq!(seen, ["g++", "--mock-dump", "@args.rsp"]);
}

/// The compile ends when the compiler ends, whatever it left behind.
#[test]
fn a_daemon_that_holds_the_pipe_does_not_hold_us() {
    let world = World::debian13();
    world.file("work/alive", "");
    let mut call = world
        .call("g++")
        .env("MOCK_DAEMON_LIVES", world.path("work/alive"))
        .args("--mock-daemon --mock-exit=3")
        .command();
    // The daemon inherits our test's pipes through nothing but the shim's own pipe.
    let status = start(call.stdout(Stdio::null()).stderr(Stdio::null())).wait().unwrap();
    fs::remove_file(world.path("work/alive")).unwrap();
    assert_eq!(show(status), "3");
}

#[test]
fn a_full_stderr_changes_no_status() {
    let world = World::debian13();
    world.file("work/says", gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h"));
    let mut call = world.call("g++").args(INDUCTOR).args("--mock-stderr-of=says --mock-exit=1").command();
    let status = start(call.stderr(File::options().write(true).open("/dev/full").unwrap())).wait().unwrap();
    assert_eq!(show(status), "1");
    assert!(
        world
            .record()
            .starts_with("{\"schema\":1,\"findings\":[{\"missing\":{\"kind\":\"header\",\"name\":\"Python.h\"}")
    );
}

#[test]
fn a_closed_stderr_changes_no_status() {
    let world = World::debian13();
    world.script("work/closed", "#!/bin/sh\nexec g++ --mock-dump --mock-exit=1 2>&-\n");
    let outcome = world.call(world.path("work/closed")).run();
    let is_open = outcome.stdout.lines().any(|line| line == "fd 2");
    assert_eq!((outcome.status.as_str(), is_open), ("1", false));
}

/// Who reads our stderr has gone: the compiler meets the closed pipe itself, as without us.
#[test]
fn a_reader_that_went_away_is_the_compilers_affair() {
    let world = World::debian13();
    let mut call = world.call("g++").args("--mock-stderr-bytes=10000000 --mock-exit=0").command();
    let mut child = start(call.stderr(Stdio::piped()));
    drop(child.stderr.take());
    assert_eq!(show(child.wait().unwrap()), "signal 13");
}

#[test]
fn a_slow_reader_gets_everything() {
    let world = World::debian13();
    let mut call = world.call("g++").args("--mock-stderr-bytes=300000 --mock-exit=1").command();
    let mut child = start(call.stderr(Stdio::piped()));
    let mut stderr = child.stderr.take().unwrap();
    let mut got = 0;
    let mut byte = [0; 100];
    loop {
        let count = stderr.read(&mut byte).unwrap();
        if count == 0 {
            break;
        }
        got += count;
    }
    assert_eq!((got, show(child.wait().unwrap())), (300_000, "1".to_owned()));
}

#[test]
fn switched_off_it_is_the_compiler() {
    let world = World::debian13();
    let text = gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h");
    world.file("work/says", &text);
    for (name, value) in [("PYCC_SHIM_DISABLE", "1"), ("PYCC_SHIM_MATCH", "off")] {
        let call = world.call("g++").env(name, value).args(INDUCTOR);
        call.args("--mock-stderr-of=says --mock-exit=1").run().is("1", "", &text);
    }
    assert_eq!(world.record(), "");
}

/// Real GCC, a real missing header; the compiler's own text is byte for byte what it is without us.
#[test]
fn the_real_compilers_text_stays_whole() {
    let world = World::debian13();
    fs::remove_file(world.path("bin/g++")).unwrap();
    world.file("work/a.cpp", "#include <Python.h>\nint main() {}\n");
    let without = world.call("/usr/bin/g++").args("-I/usr/include/python3.13 -c a.cpp").run();
    let with = world.call("g++").args("-I/usr/include/python3.13 -c a.cpp").run();
    let report = REPORT.replace("PyTorch Inductor (torch.compile)", "a build driven by Python");
    with.is(&without.status, &without.stdout, &format!("{}{report}", without.stderr));
}

/// `PYCC_SHIM_LOG` tells those who ask; a value that makes no sense changes nothing.
#[test]
fn a_log_of_our_own_on_demand() {
    let world = World::debian13();
    let text = gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h");
    world.file("work/says", &text);
    let call = || world.call("g++").args(INDUCTOR).args("--mock-stderr-of=says --mock-exit=1");
    let expected = format!("{text}{REPORT}");
    call().env("PYCC_SHIM_LOG", world.path("work/log")).run().is("1", "", &expected);
    let log = fs::read_to_string(world.path("work/log")).unwrap();
    assert!(log.contains("DEBUG") && log.contains("compile failed findings=1 os=debian"), "{log}");
    call().env("PYCC_SHIM_LOG", "=nonsense=,,").run().is("1", "", &expected);
    call().env("PYCC_SHIM_LOG", "/nowhere/at/all").run().is("1", "", &expected);
}

/// A shell may become us with a child of its own, whose end is not the compiler's.
#[test]
fn a_child_that_is_not_ours_ends_nothing() {
    let world = World::debian13();
    let text = gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h");
    world.file("work/says", &text).file("work/theirs", "").file("work/ours", "");
    let line = format!("{INDUCTOR} --mock-while=ours --mock-stderr-of=says --mock-exit=1");
    world.script(
        "work/shell",
        &format!("#!/bin/sh\n(while [ -e theirs ]; do sleep 0.01; done) >/dev/null 2>&1 &\necho $!\nexec g++ {line}\n"),
    );
    let mut call = world.call(world.path("work/shell")).command();
    let mut child = start(call.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut pid = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut pid).unwrap();
    let state = format!("/proc/{}/stat", pid.trim());
    // The shell must have become us: only then is the other child one that nobody waits for.
    let comm = format!("/proc/{}/comm", child.id());
    while fs::read_to_string(&comm).unwrap() != "g++\n" {
        std::thread::yield_now();
    }
    fs::remove_file(world.path("work/theirs")).unwrap();
    while !fs::read_to_string(&state).unwrap().contains(") Z ") {
        std::thread::yield_now();
    }
    fs::remove_file(world.path("work/ours")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((show(output.status).as_str(), world.redact(&output.stderr)), ("1", format!("{text}{REPORT}")));
}

/// A defect of ours: the compiler's text and status, and not a word of our own.
#[test]
fn a_panic_of_ours_changes_nothing() {
    let world = World::debian13();
    let text = gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h");
    world.file("work/says", &text);
    for status in ["1", "4"] {
        let line = format!("--mock-stderr-of=says --mock-exit={status}");
        let call = world.call("g++").env("_PYCC_SHIM_PANIC", "1").args(INDUCTOR).args(&line);
        call.run().is(status, "", &text);
    }
    assert_eq!(world.record(), "");
}

/// At the limit of processes there is none to be had for the compiler: we become it.
#[test]
fn at_the_limit_of_processes_we_become_the_compiler() {
    // SAFETY: geteuid always succeeds and touches nothing.
    if unsafe { libc::geteuid() } == 0 {
        // Root has no such limit; the last process that a user may have is had through setpriv.
        let world = World::debian13();
        for part in ["", "bin", "shim", "work", "root", "home"] {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(world.path(part), open).unwrap();
        }
        let line = "ulimit -u 1; exec g++ --mock-stderr-bytes=64 --mock-exit=3";
        let call = world.call("setpriv").args("--reuid=54321 --regid=54321 --clear-groups bash -c").arg(line);
        call.run().is("3", "", &format!("{}\n", "x".repeat(63)));
    }
}
