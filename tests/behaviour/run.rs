//! `run -- CMD…`.

use std::fs;
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
    world.script("work/odd", "#!/etc/passwd\n");
    let outcome = run(&world, "./odd").run();
    outcome.is("126", "", "pycc-shim: [DIR]/work/odd: Permission denied (os error 13)\n");
    // As execvp(3) and env(1): what the kernel does not know is the shell's, if it is a text.
    world.script("work/odd", "echo from the shell\n");
    run(&world, "./odd").run().is("0", "from the shell\n", "");
    world.script("work/odd", "\x7fELF");
    run(&world, "./odd").run().is("126", "", "pycc-shim: [DIR]/work/odd: Exec format error (os error 8)\n");
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

/// A compiler that CC names by its path would be called past our directory: we stand for that path, so that the name is
/// good afterwards too (CMake and Meson record it).
#[test]
fn compilers_named_by_a_path_are_watched_too() {
    let world = world();
    fs::create_dir(world.path("other")).unwrap();
    world.compiler("../other/gcc-77");
    let failing = format!("{INDUCTOR} --mock-stderr-of=says --mock-exit=1");
    world.script("work/build", &format!("#!/bin/sh\necho \"$CC\"\n$CC {failing} 2>/dev/null\n"));
    let real = world.path("other/gcc-77");
    let ours = "[DIR]/home/.local/share/pycc-shim/by-path[DIR]/other/gcc-77";
    for (cc, shown) in [("{}", "{}"), ("{} -pipe", "{} -pipe"), ("env {}  -pipe", "env {}  -pipe")] {
        let cc = cc.replace("{}", real.to_str().unwrap());
        let shown = shown.replace("{}", ours);
        run(&world, "./build").env("CC", cc).run().is("1", &format!("{shown}\n"), REPORT);
    }
    // Named as we name it, after the run, it is that compiler.
    let place = world.path("home/.local/share/pycc-shim/by-path").join(real.strip_prefix("/").unwrap());
    let outcome = world.call(&place).args("--mock-dump").run();
    assert!(outcome.stdout.starts_with("arg [DIR]/other/gcc-77\narg --mock-dump\n"), "{}", outcome.stdout);
    fs::remove_file(&real).unwrap();
    world.call(&place).args("-c a.c").run().is("127", "", "pycc-shim: [DIR]/other/gcc-77: command not found\n");
    // Names on PATH, ourselves and what is no compiler stay as they are.
    world.script("work/see", "#!/bin/sh\necho \"$CC|$CXX\"\n");
    let twin = world.path("home/.local/share/pycc-shim/bin/pycc-shim-gcc").display().to_string();
    for value in ["gcc", &twin, SHIM, "/usr/bin/env", "/nowhere/gcc", "'"] {
        let outcome = run(&world, "./see").env("CC", value).env("CXX", value).run();
        let value = world.redact(value.as_bytes());
        outcome.is("0", &format!("{value}|{value}\n"), "");
    }
    let removed = world.call(SHIM).args("setup --remove").run();
    assert_eq!((removed.status.as_str(), removed.stderr.as_str()), ("0", ""));
    assert!(!world.path("home/.local/share/pycc-shim/by-path").exists());
}

#[test]
fn the_end_as_json_and_in_a_file() {
    let world = world();
    let outcome = run(&world, "./train").run();
    assert_eq!(outcome.stderr, format!("failed\n{REPORT}"));
    let call = |options: &str, command: &str| {
        let path = std::env::join_paths([world.path("bin"), "/usr/bin".into(), "/bin".into()]).unwrap();
        world.call(SHIM).env("PATH", path).arg("run").args(options).args("--").args(command)
    };
    let outcome = call("--json", "./train").run();
    let json = outcome.stderr.strip_prefix("failed\n").unwrap_or_default().to_owned();
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", "working\n"));
    assert_eq!((&read["schema"], read["findings"].as_array().unwrap().len()), (&serde_json::json!(1), 1));
    call("--report found.json", "./train").run().is("3", "working\n", &format!("failed\n{REPORT}"));
    assert_eq!(world.redact(&fs::read(world.path("work/found.json")).unwrap()), json);
    world.script("work/fine", "#!/bin/sh\n");
    call("--report found.json --json", "./fine").run().is("0", "", "");
    assert_eq!(fs::read_to_string(world.path("work/found.json")).unwrap(), "{\"schema\":1,\"findings\":[]}\n");
    let cannot = "pycc-shim: --report nowhere/found.json: cannot write there; name another file: No such file or directory \
                  (os error 2)\n";
    call("--report nowhere/found.json", "./train").run().is("2", "", cannot);
}

/// The name by which Debian's Pythons run the compiler is the same package's.
#[test]
fn a_placeholder_with_the_target_in_its_name() {
    let world = World::debian13();
    for name in ["g++", "gcc"] {
        fs::remove_file(world.path("bin").join(name)).unwrap();
    }
    let name = format!("{}-linux-gnu-gcc", std::env::consts::ARCH);
    world.script("bin/build", &format!("#!/bin/sh\n{name} -c a.c 2>/dev/null\n"));
    let report = format!(
        "pycc-shim: {name} is missing: there is no C compiler of that name on PATH\n    \
         package     gcc libc6-dev (Debian 13)\n    \
         install     sudo apt-get update && sudo apt-get install -y gcc libc6-dev\n    \
         then check  {name} --version\n"
    );
    let outcome = world.call(SHIM).env("PATH", world.path("bin")).args("run -- build").run();
    assert_eq!(outcome.status, "127");
    assert_eq!(world.call(SHIM).args("explain --last").run().stdout, report);
    let text = format!("error: [Errno 2] No such file or directory: '{name}'\n");
    let log = world.call(SHIM).args("explain --root").arg(world.path("root")).stdin(text.as_bytes()).run();
    log.is("0", &report, "");
}

/// A machine with a C compiler alone: only a C++ compiler is told to be missing, and C compiles as before.
#[test]
fn a_placeholder_for_the_language_that_has_no_compiler() {
    let world = World::debian13();
    fs::remove_file(world.path("bin/g++")).unwrap();
    world.script("bin/train", "#!/bin/sh\ngcc --mock-stdout=1 && g++ --version\n");
    let outcome = world.call(SHIM).env("PATH", world.path("bin")).args("run -- train").run();
    assert_eq!(outcome.status, "127");
    let report = "\
pycc-shim: g++ is missing: there is no C++ compiler of that name on PATH
    package     g++ (Debian 13)
    install     sudo apt-get update && sudo apt-get install -y g++
    then check  g++ --version
";
    assert_eq!(outcome.stderr, format!("pycc-shim: g++: command not found\n{report}{report}"));
    let made = |part: &str| {
        let names = fs::read_dir(world.path("home/.local/share/pycc-shim").join(part)).unwrap();
        let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(made("bin"), [".pycc-shim", "gcc", "pycc-shim-gcc"]);
    let target = format!("{}-linux-gnu-g++", std::env::consts::ARCH);
    let twin = format!("pycc-shim-{target}");
    let mut expected = [".pycc-shim", "c++", "g++", "pycc-shim-c++", "pycc-shim-g++", &target, &twin];
    expected.sort_unstable();
    assert_eq!(made("placeholders"), expected);
}

/// In a terminal: the block is the last thing on the screen, in colour, after whatever the command and its workers wrote.
#[test]
fn the_last_thing_on_the_screen() {
    let world = world();
    let typescript = world.path("work/typescript");
    let path = std::env::join_paths([world.path("bin"), "/usr/bin".into(), "/bin".into()]).unwrap();
    let inner = format!("stty -opost 2>/dev/null; {SHIM} run -- ./train; exit $?");
    let call = world.call("script").env("PATH", path).args("-q -e -c").arg(inner).arg(&typescript).env("TERM", "xterm");
    let status = start(call.command().stdin(Stdio::null()).stdout(Stdio::null())).wait().unwrap();
    assert_eq!(show(status), "3");
    let text = world.redact(&fs::read(typescript).unwrap());
    let screen = text.rsplit_once("\nScript done").map_or(&*text, |(screen, _)| screen);
    let coloured = REPORT.replace("pycc-shim: Python.h", "\u{1b}[1m\u{1b}[31mpycc-shim:\u{1b}[0m Python.h");
    assert!(screen.ends_with(&format!("working\nfailed\n{coloured}")), "{screen:?}");
}
