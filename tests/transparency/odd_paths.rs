//! What stands on PATH under a compiler's name: scripts with and without a first line, links to nowhere, directories,
//! files that may not be executed, empty and relative entries, ourselves again.
//!
//! Callers look for a program each in its own way. `env` stands for all that leave it to execvp(3): make, ninja, CMake;
//! of the shells, dash does the same, and bash, which gives up sooner, is compared where it does not.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::capture::Capture;
use crate::pair::{Face, Pair};
use crate::world::{SHIM, copy, show};

const SCRIPT: &str = "echo \"script $*\"; echo warns >&2; exit 3\n";

/// A PATH less our entries (all that begin with `shim`), and who calls.
struct Row {
    path: &'static str,
    callers: &'static [&'static str],
    /// What comes of it, so that both being wrong in the same way is no success.
    status: &'static str,
}

const ALL: &[&str] = &["env", "dash", "bash"];
const EXECVP: &[&str] = &["env", "dash"];

const ROWS: &[Row] = &[
    Row { path: "shim:real", callers: ALL, status: "5" },
    Row { path: "shim:shim:real", callers: ALL, status: "5" },
    Row { path: "shim:real:shim", callers: ALL, status: "5" },
    Row { path: "absent:shim:absent:real", callers: ALL, status: "5" },
    Row { path: "shim-links:shim:shim-hard:real", callers: ALL, status: "5" },
    Row { path: "shim-copies:real", callers: ALL, status: "5" },
    Row { path: "shim:shim-marked:shim-copies:real", callers: ALL, status: "5" },
    Row { path: "shim:script", callers: ALL, status: "3" },
    Row { path: "shim:bare-script", callers: ALL, status: "3" },
    Row { path: "shim:bare-script:real", callers: ALL, status: "3" },
    Row { path: "shim:empty", callers: ALL, status: "0" },
    Row { path: "shim:no-interpreter:real", callers: EXECVP, status: "5" },
    Row { path: "shim:no-interpreter:no-interpreter:script", callers: EXECVP, status: "3" },
    Row { path: "shim:directory:real", callers: ALL, status: "5" },
    Row { path: "shim:broken:real", callers: ALL, status: "5" },
    Row { path: "shim:loop:real", callers: &["dash"], status: "5" },
    Row { path: "shim:forbidden:real", callers: ALL, status: "5" },
    Row { path: "shim:file:real", callers: ALL, status: "5" },
    Row { path: "shim::real", callers: ALL, status: "4" },
    Row { path: "shim:", callers: ALL, status: "4" },
    Row { path: ":shim", callers: ALL, status: "4" },
    Row { path: "shim:./sub:real", callers: ALL, status: "6" },
    Row { path: "shim:sub/../sub:real", callers: ALL, status: "6" },
    Row { path: "shim:wrapper:real", callers: ALL, status: "5" },
    Row { path: "shim:wrapper:shim:wrapper:real", callers: ALL, status: "5" },
    Row { path: "shim:asks:real", callers: ALL, status: "5" },
];

fn stage() -> Pair {
    let pair = Pair::real()
        .source("gcc", "#!/bin/sh\nexit 4\n")
        .source("sub/gcc", "#!/bin/sh\nexit 6\n")
        .source("a.c", "int a;\n");
    let world = &pair.world;
    let link = |target: &str, inside: &str| symlink(target, world.path(inside)).unwrap();
    world.script("real/gcc", "#!/bin/sh\necho \"real $*\"; env | grep -v -e '^_' -e '^PATH=' | sort; exit 5\n");
    world.script("script/gcc", &format!("#!/bin/bash\n{SCRIPT}"));
    world.script("bare-script/gcc", SCRIPT);
    world.script("empty/gcc", "");
    world.script("no-interpreter/gcc", "#!/nowhere/sh\nexit 9\n");
    world.file("directory/gcc/x", "").file("broken/x", "").file("loop/x", "").file("forbidden/gcc", "#!/bin/sh\n");
    world.file("file", "").file("shim-links/x", "").file("shim-hard/x", "").file("shim-copies/x", "");
    link("/nowhere", "broken/gcc");
    link("gcc", "loop/gcc");
    // As distcc does: a wrapper that takes its own directory out of PATH and goes on.
    world.script("wrapper/gcc", "#!/bin/bash\nPATH=${PATH#*wrapper:}\nexec gcc -wrapped \"$@\"\n");
    // As CMake and configure do: asks the compiler on PATH, then calls it.
    world.script(
        "asks/gcc",
        "#!/bin/bash\nPATH=${PATH#*asks:}\nv=$(gcc --version | head -n 1)\nexec gcc \"$v\" \"$@\"\n",
    );
    link(SHIM, "shim/gcc");
    link("../shim/gcc", "shim-links/gcc");
    fs::hard_link(SHIM, world.path("shim-hard/gcc")).unwrap_or_else(|_| copy(SHIM, world.path("shim-hard/gcc")));
    copy(SHIM, world.path("shim-copies/gcc"));
    world.file("shim-marked/.pycc-shim", "");
    copy(SHIM, world.path("shim-marked/gcc"));
    pair
}

/// Runs `gcc` from PATH as such a caller does.
fn call(pair: &Pair, caller: &str, path: &str) -> (String, String, String) {
    pair.make_anew();
    for script in ["gcc", "sub/gcc"] {
        let place = pair.world.path("work").join(script);
        fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let place = |entry: &str| match entry {
        "" => String::new(),
        relative if relative.contains("sub") => relative.to_owned(),
        inside => pair.world.path(inside).display().to_string(),
    };
    let mut entries: Vec<String> = path.split(':').map(place).collect();
    // Shells take their own programs from there too; no compiler is left behind these.
    entries.push(pair.world.path("tools").display().to_string());
    let mut command = pair.command(Face::OnPath("gcc"), false);
    let mut caller_command = std::process::Command::new(format!("/bin/{caller}"));
    caller_command.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    caller_command.env("PATH", entries.join(":")).current_dir(pair.world.path("work"));
    let arguments = ["-c", "a.c", "two words"];
    if caller == "env" {
        caller_command.arg("gcc").args(arguments);
    } else {
        caller_command.args(["-c", "gcc \"$@\"", "sh"]).args(arguments);
    }
    command = caller_command;
    let (status, streams) = Capture::Pipes.run(&mut command, b"", &pair.world.path("captured"));
    let text = |bytes: &[u8]| pair.world.redact(bytes);
    (show(status), text(&streams[0]), text(&streams[1]))
}

#[test]
fn the_compiler_is_the_one_that_callers_would_find() {
    let pair = stage();
    fs::create_dir(pair.world.path("tools")).unwrap();
    for tool in ["env", "grep", "sort", "head", "sh", "bash"] {
        symlink(format!("/bin/{tool}"), pair.world.path("tools").join(tool)).unwrap();
    }
    let mut wrong = Vec::new();
    for row in ROWS {
        for caller in row.callers {
            let theirs: Vec<&str> = row.path.split(':').filter(|entry| !entry.starts_with("shim")).collect();
            let without = call(&pair, caller, &theirs.join(":"));
            let with = call(&pair, caller, row.path);
            assert_eq!(without.0, row.status, "{} {caller} without us: {without:?}", row.path);
            if with != without {
                wrong.push(format!("{} {caller}\n  without us {without:?}\n  with us    {with:?}", row.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A compiler for another machine, or half of one, is no script.
#[test]
fn a_program_that_cannot_be_executed_is_not_the_shells() {
    let pair = stage();
    fs::create_dir(pair.world.path("tools")).unwrap();
    for (content, name) in [("\x7fELF", "half"), ("text\0and more\n", "binary")] {
        pair.world.script(&format!("{name}/gcc"), content);
        for caller in ALL {
            let seen = call(&pair, caller, &format!("shim:{name}"));
            let message = format!("pycc-shim: [DIR]/{name}/gcc: cannot be executed\n");
            assert_eq!(seen, ("126".to_owned(), String::new(), message), "{caller}");
        }
    }
    let seen = call(&pair, "bash", "shim:no-interpreter:half");
    let message = "pycc-shim: [DIR]/half/gcc: cannot be executed\n".to_owned();
    assert_eq!(seen, ("126".to_owned(), String::new(), message));
    let seen = call(&pair, "bash", "shim:no-interpreter");
    let message = "pycc-shim: [DIR]/no-interpreter/gcc: cannot be executed\n".to_owned();
    assert_eq!(seen, ("126".to_owned(), String::new(), message));
}
