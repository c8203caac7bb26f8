//! `run -- CMD…`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::world::{INDUCTOR, REPORT, SHIM, World, gcc_says, show, start};

const SOURCE: &str = "/tmp/torchinductor_u/ab/cab.main.cpp";

/// A world whose shim directory is made by `run` itself.
fn world() -> World {
    let world = World::debian13();
    world.file("work/says", gcc_says(SOURCE, "Python.h"));
    // A program that compiles in two workers, throws their stderr away, and fails.
    world.script(
        "work/train",
        &format!(
            "#!/bin/sh\nfor worker in 1 2; do g++ {INDUCTOR} --mock-stderr-of=says --mock-exit=1 2>/dev/null & done\n\
             wait\necho working\necho failed >&2\nexit 3\n"
        ),
    );
    world
}

fn run<'w>(world: &'w World, line: &str) -> crate::world::Call<'w> {
    let path = std::env::join_paths([world.path("bin"), "/usr/bin".into(), "/bin".into()]).unwrap();
    world.call(SHIM).env("PATH", path).args("run --").args(line)
}

#[test]
fn findings_come_once_more_at_the_end() {
    let world = world();
    run(&world, "./train").run().is("3", "working\n", &format!("failed\n{REPORT}"));
}

#[test]
fn success_adds_nothing() {
    let world = world();
    world.script("work/swallows", &format!("#!/bin/sh\ng++ {INDUCTOR} --mock-exit=1 2>/dev/null\necho fine\n"));
    run(&world, "./swallows").run().is("0", "fine\n", "");
}

#[test]
fn status_and_signal_are_the_commands() {
    let world = world();
    for (script, status) in [("exit 42", "42"), ("kill -TERM $$", "signal 15"), ("kill -KILL $$", "signal 9")] {
        world.script("work/ends", &format!("#!/bin/sh\n{script}\n"));
        run(&world, "./ends").run().is(status, "", "");
    }
}

#[test]
fn a_command_that_is_not_there() {
    let world = world();
    run(&world, "no-such-command").run().is("127", "", "pycc-shim: no-such-command: command not found\n");
    world.script("work/odd", "\x7fELF");
    let outcome = run(&world, "./odd").run();
    outcome.is("126", "", "pycc-shim: [DIR]/work/odd: Exec format error (os error 8)\n");
}

/// PATH, ccache's check and our own note are all that the command sees of us, and the directory of notes is gone
/// afterwards.
#[test]
fn what_the_command_sees() {
    let world = world();
    world.script("work/see", "#!/bin/sh\necho \"$PATH\"\necho \"$CCACHE_COMPILERCHECK\"\nls -d \"$_PYCC_SHIM_RUN_DIR\" >&2\nenv | grep -c SHIM\n");
    let outcome = run(&world, "./see").env("TMPDIR", world.path("work")).run();
    assert_eq!(
        outcome.stdout, "[DIR]/home/.local/share/pycc-shim/bin:[DIR]/bin:/usr/bin:/bin\n%compiler% -v\n2\n",
        "the two are the notes' directory and the test's own root"
    );
    let directory = outcome.stderr.trim().replace("[DIR]", world.path("").to_str().unwrap());
    assert!(directory.contains("/pycc-shim-run-") && !std::path::Path::new(&directory).exists(), "{directory}");
    let outcome = run(&world, "./see").env("CCACHE_COMPILERCHECK", "content").run();
    assert_eq!(outcome.stdout.lines().nth(1), Some("content"));
}

/// On a machine without any compiler, placeholders say what to install.
#[test]
fn placeholders_where_there_is_no_compiler() {
    let world = World::debian13();
    for name in ["g++", "gcc"] {
        std::fs::remove_file(world.path("bin").join(name)).unwrap();
    }
    world.script("bin/train", &format!("#!{}\nc++ -c a.cpp\n", "/bin/sh"));
    let call = world.call(SHIM).env("PATH", world.path("bin")).args("run -- train");
    let report = "\
pycc-shim: c++ is missing: there is no C++ compiler of that name on PATH
    package     g++ (Debian 13)
    install     sudo apt-get update && sudo apt-get install -y g++
    then check  c++ --version
";
    call.run().is("127", "", &format!("pycc-shim: c++: command not found\n{report}{report}"));
}

#[test]
fn a_signal_to_run_reaches_the_command() {
    let world = world();
    let mut call = run(&world, "g++ --mock-answer=15").command();
    let mut child = start(call.stdout(Stdio::piped()));
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    // SAFETY: kill on a child of ours that has not been waited for.
    unsafe { libc::kill(libc::pid_t::try_from(child.id()).unwrap(), libc::SIGTERM) };
    line.clear();
    stdout.read_line(&mut line).unwrap();
    assert_eq!((line.as_str(), show(child.wait().unwrap())), ("got 15\n", "55".to_owned()));
}

/// No PATH at all is the system's, and never the working directory.
#[test]
fn without_a_path_the_systems_follows_ours() {
    let world = world();
    world.script("work/see", "#!/bin/sh\necho \"$PATH\"\n");
    let outcome = run(&world, "./see").without_env("PATH").run();
    outcome.is("0", "[DIR]/home/.local/share/pycc-shim/bin:/bin:/usr/bin\n", "");
}
