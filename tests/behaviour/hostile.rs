//! Names come from a failing command and from files: they are never run, never shown raw, and never make us fall over.

use std::process::Stdio;

use crate::world::{INDUCTOR, SHIM, World, gcc_says, start};

/// The text after the compiler's own.
fn ours(world: &World, text: &[u8], line: &str) -> (String, String) {
    world.file("work/says", text);
    let mut call = world.call("g++").args(line).args("--mock-stderr-of=says --mock-exit=1").command();
    let output = start(call.stdout(Stdio::piped()).stderr(Stdio::piped())).wait_with_output().unwrap();
    assert!(output.stderr.starts_with(text), "the compiler's text has changed");
    let ours = output.stderr[text.len()..].to_vec();
    (crate::world::show(output.status), String::from_utf8(ours).expect("our own text is UTF-8"))
}

#[test]
fn hostile_names_get_silence() {
    let world = World::debian13();
    let long = format!("{}.h", "x".repeat(1024 * 1024));
    let names = [
        "$(id).h",
        "`id`.h",
        "a;id.h",
        "x\u{202e}h.nohtyP",
        "\x1b]0;owned\x07.h",
        "Python.h; id",
        "../Python.h",
        "Python\0.h",
        "\u{feff}Python.h",
        &long,
    ];
    for name in names {
        let linker = format!("/usr/bin/ld: cannot find -l{name}: No such file or directory\n");
        let shell = format!("sh: 1: {name}: not found\n");
        for text in [gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", name), linker, shell] {
            let said = ours(&world, text.as_bytes(), INDUCTOR);
            assert_eq!(said, ("1".to_owned(), String::new()), "{:?}", &text[..text.len().min(200)]);
        }
    }
    let text = gcc_says("m.cpp", "torch/$(id).h");
    assert_eq!(ours(&world, text.as_bytes(), INDUCTOR).1, "");
    assert_eq!(world.record(), "");
}

/// Paths of the failing command stand in commands and variables: quoted, and without control characters.
#[test]
fn hostile_paths_are_quoted() {
    let world = World::debian13();
    let prefix = "/opt/$(id) 'x'\x1b[31m\u{202e}";
    for (file, content) in [("bin/python3.13", ""), ("conda-meta/history", ""), ("lib/python3.13/os.py", "")] {
        world.root(&format!("{prefix}/{file}"), content);
    }
    let text = gcc_says("m.cpp", "Python.h");
    world.file("work/says", &text);
    let call = world.call("g++").args("m.cpp").arg(format!("-I{prefix}/include/python3.13"));
    let outcome = call.args("--mock-stderr-of=says --mock-exit=1").run();
    let report = "\
pycc-shim: Python.h is missing: this Python 3.13 comes with its C headers, and they are gone
    wanted by   a build driven by Python, for conda's Python 3.13
    package     python=3.13 (conda)
    install     conda install -y -p '/opt/$(id) '\\''x'\\''[31m' --force-reinstall 'python=3.13'
    then check  test -f '/opt/$(id) '\\''x'\\''[31m/include/python3.13/Python.h'
";
    outcome.is("1", "", &format!("{text}{report}"));
}

/// Facts that lie, loop or are no text: the compile's status and text stay.
#[test]
fn hostile_facts_change_no_outcome() {
    let text = gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h");
    let long = "ID=".to_owned() + &"x".repeat(1_000_000);
    for release in
        ["", "ID", "ID='", "ID=$(id)\nVERSION_ID=`id`\n", "ID=debian\nVERSION_ID=\"\u{202e}\x1b[31m\"\n", &long]
    {
        let world = World::debian13();
        world.root("etc/os-release", release);
        let (status, ours) = ours(&world, text.as_bytes(), INDUCTOR);
        assert_eq!(status, "1");
        assert!(!ours.contains(['\x1b', '\u{202e}', '$', '`']), "{ours:?}");
    }
    let world = World::empty();
    world.compiler("g++").stand_in("g++");
    assert_eq!(ours(&world, text.as_bytes(), INDUCTOR), ("1".to_owned(), String::new()));
}

/// Every prefix of a real log, and the log with each byte of a stretch changed, is read to its end.
#[test]
fn broken_logs_are_read_to_their_end() {
    let world = World::debian13();
    let log = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inductor-traceback.txt")).unwrap();
    let root = world.path("root");
    for end in (0..log.len()).step_by(997) {
        let outcome = world.call(SHIM).args("explain - --root").arg(&root).stdin(&log[..end]).run();
        assert_eq!(outcome.status, "1", "cut at {end}: {}", outcome.stderr);
    }
    let noise: Vec<u8> = (0..100_000_u32).map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    let outcome = world.call(SHIM).args("explain -").stdin(&noise).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("1", ""));
}
