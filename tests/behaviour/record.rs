//! What stays on disk.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::world::{INDUCTOR, REPORT, SHIM, World, gcc_says};

const SOURCE: &str = "/tmp/torchinductor_u/ab/cab.main.cpp";

fn failing() -> (World, String) {
    let world = World::debian13();
    let text = gcc_says(SOURCE, "Python.h");
    world.file("work/says", &text);
    (world, format!("{INDUCTOR} --mock-stderr-of=says --mock-exit=1"))
}

#[test]
fn the_last_finding_is_kept_and_explained() {
    let (world, line) = failing();
    world.call(SHIM).args("explain --last").run().is(
        "1",
        "",
        "pycc-shim: no failed compile is on record in [DIR]/home/.local/state/pycc-shim; run the build with `pycc-shim \
         run -- CMD`, or name its log\n",
    );
    world.call("g++").args(&line).run();
    let file = world.path("home/.local/state/pycc-shim/last.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    world.call(SHIM).args("explain --last").run().is("0", REPORT, "");
    let json = world.call(SHIM).args("explain --last --json").run();
    assert!(
        json.stdout.starts_with("{\"schema\":1,\"findings\":[{") && json.stdout.ends_with("}]}\n"),
        "{}",
        json.stdout
    );
    assert_eq!(json.status, "0");
    // A success does not make the record forget.
    world.call("g++").args(INDUCTOR).run().is("0", "", "");
    world.call(SHIM).args("explain --last").run().is("0", REPORT, "");
}

/// Nothing about a state directory that cannot be used reaches the compile.
#[test]
fn a_state_directory_that_cannot_be_used_is_no_matter() {
    let (world, line) = failing();
    let text = gcc_says(SOURCE, "Python.h");
    let expected = format!("{text}{REPORT}");
    world.file("work/file", "");
    for state in [world.path("work/file"), "/proc/nowhere".into(), "relative".into()] {
        world.call("g++").env("XDG_STATE_HOME", state).args(&line).run().is("1", "", &expected);
    }
    // Nor is there a place for packages of the user's own.
    let homeless = expected.replace("    no root?    pycc-shim fix --user\n", "");
    world.call("g++").without_env("HOME").args(&line).run().is("1", "", &homeless);
    let elsewhere = world.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::create_dir(world.path("state")).unwrap();
    symlink(&elsewhere, world.path("state/pycc-shim")).unwrap();
    world.call("g++").env("XDG_STATE_HOME", world.path("state")).args(&line).run().is("1", "", &expected);
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

/// Root in another user's home, as sudo can be: no directory is made there that its user could not write to. Our own
/// that is there already (a home mounted into a container) is written to.
#[test]
fn root_leaves_another_users_home_as_it_is() {
    // SAFETY: geteuid always succeeds and touches nothing.
    if unsafe { libc::geteuid() } != 0 {
        return;
    }
    let (world, line) = failing();
    let home = world.path("other");
    std::fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(65534), None).unwrap();
    let call = world.call("g++").args(&line).env("HOME", &home).without_env("XDG_STATE_HOME");
    assert_eq!(call.run().status, "1");
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 0);
    let last = home.join(".local/state/pycc-shim/last.json");
    for owner in [0, 65534] {
        std::os::unix::fs::chown(&home, Some(owner), None).unwrap();
        let state = home.join(".local/state");
        if state.exists() {
            std::os::unix::fs::chown(state, Some(owner), None).unwrap();
        }
        let call = world.call("g++").args(&line).env("HOME", &home).without_env("XDG_STATE_HOME");
        assert_eq!(call.run().status, "1");
        std::fs::remove_file(&last).unwrap();
    }
}

#[test]
fn an_unreadable_record_is_said_so() {
    let (world, _) = failing();
    world.file("home/.local/state/pycc-shim/last.json", "{\"schema\":1,");
    let outcome = world.call(SHIM).args("explain --last").run();
    outcome.is(
        "2",
        "",
        "pycc-shim: cannot read the record in [DIR]/home/.local/state/pycc-shim: EOF while parsing a value at line 1 \
         column 12; remove last.json there, and run the build again\n",
    );
}

#[test]
fn every_failed_call_has_its_file_in_the_report_directory() {
    let (world, line) = failing();
    let directory = world.path("reports/deep");
    for _ in 0..3 {
        world.call("g++").env("PYCC_SHIM_REPORT_DIR", &directory).args(&line).run();
    }
    world.call("g++").env("PYCC_SHIM_REPORT_DIR", &directory).args(INDUCTOR).run();
    let files: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        assert_eq!(file.extension().unwrap(), "json");
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.replace('\n', ""), world.record().replace('\n', ""));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["command"]["argv"][1], "/tmp/torchinductor_u/ab/cab.main.cpp");
        assert_eq!(json["command"]["directory"], world.path("work").to_str().unwrap());
    }
}

/// Arguments that are no text are kept byte for byte.
#[test]
fn the_recorded_command_is_the_command() {
    use std::os::unix::ffi::OsStrExt;
    let (world, line) = failing();
    world.call("g++").arg(std::ffi::OsStr::from_bytes(b"caf\xe9.cpp")).args(&line).run();
    let json: serde_json::Value = serde_json::from_str(&world.record()).unwrap();
    assert_eq!(json["command"]["argv"][0], "g++");
    assert_eq!(json["command"]["argv"][1], serde_json::json!([99, 97, 102, 233, 46, 99, 112, 112]));
}

/// What it takes to compile again: the variables that count, and the source, which its writer may delete. Others get
/// the command without the source.
#[test]
fn the_record_holds_what_it_takes_to_compile_again() {
    let (world, line) = failing();
    world.file("work/main.c", "#include <Python.h>\n");
    let call = world.call("g++").env("PYCC_SHIM_REPORT_DIR", world.path("reports")).env("CPATH", "/some/where");
    call.env("AWS_SECRET_ACCESS_KEY", "secret").env("LC_ALL", "C").args("main.c").args(&line).run();
    let json: serde_json::Value = serde_json::from_str(&world.record()).unwrap();
    let path = std::env::join_paths([world.path("shim"), world.path("bin"), "/usr/bin".into(), "/bin".into()]).unwrap();
    let environment = serde_json::json!({"CPATH": "/some/where", "LC_ALL": "C", "PATH": path.to_str().unwrap()});
    assert_eq!(json["command"]["environment"], environment);
    let source = serde_json::json!([{"path": world.path("work/main.c"), "content": "#include <Python.h>\n"}]);
    assert_eq!(json["command"]["sources"], source);
    let name = String::from_utf8(std::process::Command::new("uname").arg("-n").output().unwrap().stdout).unwrap();
    assert_eq!(json["node"], name.trim());
    let report = fs::read_dir(world.path("reports")).unwrap().next().unwrap().unwrap().path();
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!((&report["command"]["sources"], &report["node"]), (&serde_json::Value::Null, &json["node"]));
}
