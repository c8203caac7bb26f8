//! `explain`: a saved log, on this machine or on another.

use std::fs;

use crate::world::{REPORT, SHIM, World};

const TRACEBACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inductor-traceback.txt");

/// The real traceback of a torch.compile without headers, judged by the machine it came from.
#[test]
fn the_real_traceback() {
    let world = World::debian13();
    let root = world.path("root");
    let call = || world.call(SHIM).args("explain").arg(TRACEBACK).arg("--root").arg(&root);
    call().run().is("0", REPORT, "");
    let json = call().arg("--json").run();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let finding = &json["findings"][0];
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    assert_eq!(finding["client"], "inductor");
    assert_eq!(finding["location"]["line"], 46);
    assert_eq!(finding["remedies"][0]["commands"][1], "apt-get install -y python3.13-dev");
}

#[test]
fn from_standard_input() {
    let world = World::debian13();
    let text = fs::read(TRACEBACK).unwrap();
    let call = world.call(SHIM).args("explain - --root").arg(world.path("root"));
    call.stdin(&text).run().is("0", REPORT, "");
    let call = world.call(SHIM).args("explain --root").arg(world.path("root"));
    call.stdin(&text).run().is("0", REPORT, "");
}

/// Triton's trace names the command after the compiler's text, in Python's list form.
#[test]
fn a_command_behind_its_output() {
    let world = World::debian13();
    let log = "/tmp/tmpx/main.c:1:10: fatal error: Python.h: No such file or directory\n    1 | #include <Python.h>\n\
               compilation terminated.\nTraceback (most recent call last):\nsubprocess.CalledProcessError: Command \
               '['/usr/bin/gcc', '/tmp/tmpx/main.c', '-O3', '-shared', '-o', '/tmp/tmpx/cuda_utils.so', \
               '-I/venv/lib/python3.13/site-packages/triton/backends/nvidia/include', '-I/usr/include/python3.13']' \
               returned non-zero exit status 1.\n";
    let call = world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(log.as_bytes());
    call.run().is("0", &REPORT.replace("PyTorch Inductor (torch.compile)", "Triton"), "");
}

#[test]
fn nothing_to_say() {
    let world = World::debian13();
    world.file("work/log", "one\n\nall is well: Python.h: No such file or directory\n");
    let root = world.path("root");
    let call = || world.call(SHIM).args("explain log --root").arg(&root);
    call().run().is("1", "", "pycc-shim: nothing that is missing was recognised in log (54 bytes)\n");
    call().arg("--json").run().is("1", "{\"schema\":1,\"findings\":[]}\n", "");
}

/// A compiler that is there is not to be installed, whatever the log says.
#[test]
fn a_compiler_that_is_there() {
    let world = World::debian13();
    let log = "sh: 1: gcc: not found\n";
    let call = || world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(log.as_bytes());
    let install = "    install     sudo apt-get update && sudo apt-get install -y gcc libc6-dev\n";
    assert!(call().run().stdout.contains(install));
    world.root("usr/bin/gcc", "");
    call().run().is(
        "1",
        "",
        "pycc-shim: standard input: gcc is missing, and nothing that is known of this machine brings it for sure; a log of \
         another machine is judged by that machine's files with --root DIR\n",
    );
}

/// A header in quotes that is in no table is the project's own, or its build's to make: nobody is told to install it.
#[test]
fn a_projects_own_header() {
    let world = World::debian13();
    let log = "gcc -I/usr/include/python3.13 -c m.c -o m.o\nm.c:1:10: fatal error: generated_config.h: No such file or directory\n    \
               1 | #include \"generated_config.h\"\n";
    let call = world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(log.as_bytes());
    let nothing =
        format!("pycc-shim: nothing that is missing was recognised in standard input ({} bytes)\n", log.len());
    call.run().is("1", "", &nothing);
}

/// In quotes, a header that a library has too is the project's where any project may have one of that name.
#[test]
fn a_quoted_header_that_a_library_has_too() {
    let world = World::debian13();
    let explain = |header: &str| {
        let log = format!(
            "gcc -I/usr/include/python3.13 -c m.c -o m.o\nm.c:1:10: fatal error: {header}: No such file or directory\n    1 | \
             #include \"{header}\"\n"
        );
        let call = world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(log.as_bytes());
        call.run().stdout
    };
    assert!(explain("zlib.h").contains("package     zlib1g-dev (Debian 13)\n"));
    assert_eq!(explain("menu.h"), "");
}

/// What no table has is a question for the system's own package manager: no finding, and the live shim says nothing.
#[test]
fn a_header_that_nobody_knows() {
    let world = World::debian13();
    let log = "gcc -I/usr/include/python3.13 -c m.c -o m.o\nm.c:1:10: fatal error: nobody/knows.h: No such file or \
               directory\n    1 | #include <nobody/knows.h>\n";
    let call = || world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(log.as_bytes());
    let asked = |setup: &str| {
        format!(
            "pycc-shim: nobody/knows.h is missing, and no table here says who brings it to this system\n    \
             look up     {setup}apt-file search --regexp '/nobody/knows\\.h$'\n"
        )
    };
    let setup = "sudo apt-get update && sudo apt-get install -y apt-file && sudo apt-file update && ";
    call().run().is("1", &asked(setup), "");
    world.root("usr/bin/apt-file", "");
    call().run().is("1", &asked(""), "");
    call().arg("--json").run().is("1", "{\"schema\":1,\"findings\":[]}\n", "");
    // On the disk, where the compiler looks: nothing to ask.
    world.root("usr/include/nobody/knows.h", "");
    let run = call().run();
    assert_eq!((run.status.as_str(), run.stdout.as_str()), ("1", ""));
}

#[test]
fn each_managers_question() {
    for (release, program, expected) in [
        ("ID=fedora\nVERSION_ID=44\n", "dnf", "dnf provides '*/nobody/knows.h'"),
        ("ID=arch\n", "pacman", r"sudo pacman -Fy && pacman -F --regex '/nobody/knows\.h$'"),
        ("ID=alpine\nVERSION_ID=3.22\n", "apk", "apk search nobody"),
    ] {
        let world = World::empty();
        world.root("etc/os-release", release).root(&format!("usr/bin/{program}"), "").root("usr/bin/sudo", "");
        let log = "gcc -c m.c -o m.o\nm.c:1:10: fatal error: nobody/knows.h: No such file or directory\n";
        let call = world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(log.as_bytes());
        let text = format!(
            "pycc-shim: nobody/knows.h is missing, and no table here says who brings it to this system\n    look up     \
             {expected}\n"
        );
        call.run().is("1", &text, "");
    }
}

/// A catalog of the user's that is broken counts for nothing, and `explain` says where.
#[test]
fn a_broken_catalog_of_the_users() {
    let world = World::debian13();
    world.root("etc/pycc-shim/catalog.toml", "[[component]]\nid = \"x\"\ntitle = \"x\"\nheader = [\"x.h\"]\n");
    let call = || world.call(SHIM).args("explain").arg(TRACEBACK).arg("--root").arg(world.path("root"));
    let run = call().run();
    assert_eq!((run.status.as_str(), run.stdout.as_str()), ("0", REPORT));
    let begins = "pycc-shim: /etc/pycc-shim/catalog.toml counts for nothing: TOML parse error at line 4, column 1\n";
    assert!(run.stderr.starts_with(begins) && run.stderr.contains("unknown field `header`"), "{}", run.stderr);
    world.root(
        "etc/pycc-shim/catalog.toml",
        "[[component]]\nid = \"x\"\ntitle = \"x\"\npackages = [{ on = \"debain\", names = [\"x\"], evidence = \"x\" }]\n",
    );
    call().run().is(
        "0",
        REPORT,
        "pycc-shim: /etc/pycc-shim/catalog.toml counts for nothing: component \"x\": \"debain\" is no system of ours; \
         docs/catalog.md lists them\n",
    );
}

/// Recognised, and nothing sure to say: a log from a Debian 13, judged by a Debian 12.
#[test]
fn a_log_of_another_machine() {
    let world = World::empty();
    world.root("etc/os-release", "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n").root("usr/bin/apt-get", "");
    let call = world.call(SHIM).args("explain").arg(TRACEBACK).arg("--root").arg(world.path("root"));
    let message = format!(
        "pycc-shim: {TRACEBACK}: Python.h is missing, and nothing that is known of this machine brings it for sure; a log \
         of another machine is judged by that machine's files with --root DIR\n"
    );
    call.run().is("1", "", &message);
}

/// Bytes of any encoding, carriage returns, colours: the quoted line still names the header.
#[test]
fn a_log_in_another_encoding() {
    let world = World::debian13();
    let mut log = b"g++ -c m.cpp -I/usr/include/python3.13\r\n".to_vec();
    log.extend_from_slice(
        b"m.cpp:1:10: schwerwiegender Fehler: Python.h: Datei oder Verzeichnis nicht gef\xfcnden\r\n",
    );
    log.extend_from_slice(b"    1 | #include \x1b[01;31m\x1b[K<Python.h>\x1b[m\x1b[K\r\n");
    let call = world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(&log);
    call.run().is("0", &REPORT.replace("PyTorch Inductor (torch.compile)", "a build driven by Python"), "");
}
