//! On a terminal: the compiler's own colours and width, ours only there.

use std::fs;
use std::process::Stdio;

use crate::world::{INDUCTOR, REPORT, SHIM, World, gcc_says, start};

/// Runs a shell line under `script` (util-linux) in a terminal of 100 columns; what the terminal got, line ends as the
/// terminal made them.
fn on_terminal(world: &World, line: &str) -> String {
    let typescript = world.path("work/typescript");
    let inner = format!("stty cols 100 -opost 2>/dev/null; {line}");
    let mut call = world.call("script").args("-q -e -c").arg(inner).arg(&typescript).env("TERM", "xterm").command();
    assert!(start(call.stdin(Stdio::null()).stdout(Stdio::null())).wait().is_ok(), "script(1) of util-linux");
    let text = fs::read(typescript).unwrap();
    let text = world.redact(&text);
    let body = text.split_once('\n').map_or("", |(_, body)| body);
    body.rsplit_once("\nScript done").map_or(body, |(body, _)| body).to_owned()
}

#[test]
fn the_compiler_sees_a_terminal_of_the_same_width() {
    let world = World::debian13();
    let text = on_terminal(&world, "g++ --mock-dump >dump; cat dump");
    assert!(text.contains("fd 2 terminal\n") && text.contains("columns 100\n"), "{text}");
    assert!(text.contains("fd 1\n"), "{text}");
}

/// The same bytes as without us, colours included, then our block.
#[test]
fn real_gcc_keeps_its_colours() {
    let world = World::debian13();
    fs::remove_file(world.path("bin/g++")).unwrap();
    world.file("work/a.cpp", "#include <Python.h>\nint main() {}\n");
    let line = "-D TORCH_INDUCTOR_CPP_WRAPPER -I/usr/include/python3.13 -c a.cpp";
    let without = on_terminal(&world, &format!("/usr/bin/g++ {line}"));
    let with = on_terminal(&world, &format!("g++ {line}"));
    assert!(without.contains('\x1b'), "{without}");
    let ours = with.strip_prefix(without.as_str()).unwrap_or_else(|| panic!("{with}\n---\n{without}"));
    assert!(ours.starts_with("\x1b[1m\x1b[31mpycc-shim:\x1b[0m Python.h is missing: "), "{ours:?}");
}

#[test]
fn no_color_counts() {
    let world = World::debian13();
    world.file("work/says", gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h"));
    let text = on_terminal(&world, &format!("NO_COLOR=1 g++ {INDUCTOR} --mock-stderr-of=says --mock-exit=1"));
    assert!(text.contains("\npycc-shim: Python.h is missing") && !text.contains('\x1b'), "{text:?}");
}

/// Where nothing would seem to happen, `explain` says what it waits for. script(1) gives the end of its own input to the
/// terminal as Ctrl-D.
#[test]
fn explain_says_what_it_waits_for() {
    let world = World::debian13();
    let expected = "pycc-shim: waiting for a log: paste it here and end it with Ctrl-D, or leave with Ctrl-C; `pycc-shim \
                    explain --last` explains the last failed compile\npycc-shim: standard input is empty; a compiler's \
                    messages go to stderr: save them with `2>&1`\n";
    for arguments in ["", "-"] {
        on_terminal(&world, &format!("{SHIM} explain {arguments} 2>said"));
        assert_eq!(fs::read_to_string(world.path("work/said")).unwrap(), expected, "{arguments}");
    }
    // A file is no terminal: nothing is said.
    world.file("work/log", format!("g++ -c m.cpp -I/usr/include/python3.13\n{}", gcc_says("m.cpp", "Python.h")));
    let root = world.path("root").display().to_string();
    let text = on_terminal(&world, &format!("NO_COLOR=1 {SHIM} explain --root {root} <log"));
    assert_eq!(text, REPORT.replace("PyTorch Inductor (torch.compile)", "a build driven by Python"));
}
