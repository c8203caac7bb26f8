//! Every error says what to do next.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use crate::world::{SHIM, World, show, start};

#[test]
fn a_mistyped_word_is_corrected() {
    let world = World::empty();
    let help = "For more information, try '--help'.\n";
    for (arguments, message) in [
        (
            "explan",
            "error: unrecognized subcommand 'explan'\n\n  tip: a similar subcommand exists: 'explain'\n\nUsage: \
             pycc-shim <COMMAND>\n\n",
        ),
        (
            "explain --lsat",
            "error: unexpected argument '--lsat' found\n\n  tip: a similar argument exists: '--last'\n\nUsage: \
             pycc-shim explain --last [FILE]\n\n",
        ),
        (
            "completions bush",
            "error: invalid value 'bush' for '<SHELL>'\n  [possible values: bash, zsh, fish]\n\n  tip: a similar value \
             exists: 'bash'\n\n",
        ),
        ("setup --dir", "error: a value is required for '--dir <DIR>' but none was supplied\n\n"),
    ] {
        world.call(SHIM).args(arguments).run().is("2", "", &format!("{message}{help}"));
    }
}

#[test]
fn of_explain() {
    let world = World::empty();
    let log = "name a log that can be read, - for standard input, or --last for the last failed compile\n";
    let explain = |arguments: &str| world.call(SHIM).args("explain").args(arguments);
    explain("absent.log").run().is(
        "2",
        "",
        &format!("pycc-shim: cannot read absent.log: No such file or directory (os error 2); {log}"),
    );
    explain(".").run().is("2", "", &format!("pycc-shim: cannot read .: Is a directory (os error 21); {log}"));
    let directory = world.call("sh").arg("-c").arg(format!("'{SHIM}' explain <.")).run();
    let message = format!("pycc-shim: cannot read standard input: Is a directory (os error 21); {log}");
    directory.is("2", "", &message);
    explain("--root /nowhere/at/all").run().is(
        "2",
        "",
        "pycc-shim: --root /nowhere/at/all: no such directory; name the one that holds the machine's etc and usr\n",
    );
    let empty = "pycc-shim: standard input is empty; a compiler's messages go to stderr: save them with `2>&1`\n";
    explain("").run().is("1", "", empty);
    explain("-").run().is("1", "", empty);
    explain("--last").without_env("HOME").run().is(
        "2",
        "",
        "pycc-shim: neither XDG_STATE_HOME nor HOME is set: there are no records; set HOME\n",
    );
    world.file("home/.local/state/pycc-shim/last.json", "not JSON");
    explain("--last").run().is(
        "2",
        "",
        "pycc-shim: cannot read the record in [DIR]/home/.local/state/pycc-shim: expected ident at line 1 column 2; \
         remove last.json there, and run the build again\n",
    );
}

#[test]
fn of_setup() {
    let world = World::debian13();
    world.file("work/file", "");
    let setup = |arguments: &str| world.call(SHIM).args("setup").args(arguments).env("PATH", world.path("bin"));
    let elsewhere = "choose another directory, with `pycc-shim setup --dir DIR` or XDG_DATA_HOME\n";
    setup("--dir file/here").run().is(
        "2",
        "",
        &format!("pycc-shim: cannot make [DIR]/work/file/here: Not a directory (os error 20); {elsewhere}"),
    );
    // A directory where a name must go.
    setup("--dir here").run();
    fs::remove_file(world.path("work/here/g++")).unwrap();
    world.file("work/here/g++/file", "");
    let blocked = setup("--dir here").run();
    assert_eq!((blocked.status.as_str(), blocked.stdout.as_str()), ("2", ""));
    assert!(
        blocked.stderr.starts_with("pycc-shim: cannot write [DIR]/work/here/g++: ")
            && blocked.stderr.ends_with(&format!("; {elsewhere}")),
        "{blocked:?}"
    );
    setup("--remove --dir here").run().is(
        "2",
        "",
        "pycc-shim: cannot remove [DIR]/work/here/g++: Is a directory (os error 21); try again as the user who made \
         it\n",
    );
    world.file("work/theirs/file", "");
    setup("--remove --dir theirs").run().is(
        "2",
        "",
        "pycc-shim: [DIR]/work/theirs was not made by pycc-shim setup; name the one that was with --dir DIR\n",
    );
}

/// A program that may be executed and not read cannot be put under other names. Root may read everything, so another
/// user runs it then.
#[test]
fn of_a_program_that_cannot_be_read() {
    let world = World::debian13();
    crate::world::copy(SHIM, world.path("bin/pycc-shim"));
    fs::set_permissions(world.path("bin/pycc-shim"), fs::Permissions::from_mode(0o111)).unwrap();
    fs::set_permissions(world.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let setup = world.call("pycc-shim").args("setup --dir here").env("PATH", world.path("bin"));
    let mut command = setup.command();
    // SAFETY: geteuid always succeeds and touches nothing.
    if unsafe { libc::geteuid() } == 0 {
        command.uid(65534);
    }
    let child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let output = child.wait_with_output().unwrap();
    let message = "pycc-shim: cannot read our own program; make pycc-shim readable for you, or install it again\n";
    let got = (show(output.status), world.redact(&output.stdout), world.redact(&output.stderr));
    assert_eq!(got, ("2".to_owned(), String::new(), message.to_owned()));
}

#[test]
fn of_the_demo() {
    let world = World::empty();
    let demo = || world.call(SHIM).args("demo").without_env("_PYCC_SHIM_ROOT");
    let message = "pycc-shim: the demo needs a C++ compiler (g++, c++ or clang++) on PATH, and there is none; install one \
                   and run it again\n";
    demo().env("PATH", world.path("bin")).run().is("2", "", message);
    world.compiler("g++");
    let nowhere = demo().env("TMPDIR", world.path("nowhere")).run();
    assert_eq!((nowhere.status.as_str(), nowhere.stdout.as_str()), ("2", ""));
    let next = "; set TMPDIR to a directory that can be written to and may hold programs\n";
    assert!(
        nowhere.stderr.starts_with("pycc-shim: no temporary directory: No such file or directory ")
            && nowhere.stderr.ends_with(next),
        "{nowhere:?}"
    );
    fs::create_dir(world.path("a:b")).unwrap();
    let colon = demo().env("TMPDIR", world.path("a:b")).run();
    assert_eq!((colon.status.as_str(), colon.stdout.as_str()), ("2", ""));
    assert!(colon.stderr.ends_with(&format!(" holds a colon, and cannot stand on PATH{next}")), "{colon:?}");
}

#[test]
fn of_a_full_standard_output() {
    let world = World::debian13();
    for arguments in ["version", "completions bash", "setup --dir here", "setup --dir here --shell fish"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = world.call(SHIM).args(arguments).command();
        let child = start(command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()));
        let output = child.wait_with_output().unwrap();
        let message = "pycc-shim: cannot write to standard output: No space left on device (os error 28); send it to a \
                       file or a program that takes it\n";
        assert_eq!((show(output.status).as_str(), world.redact(&output.stderr).as_str()), ("2", message));
    }
}
