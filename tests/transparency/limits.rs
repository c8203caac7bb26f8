//! Limits of the caller's: where the compiler can live with them, so can we.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::capture::Capture;
use crate::files::Files;
use crate::outputs::sources;
use crate::pair::{Face, Pair};
use crate::record_kept::{failing, line};
use crate::world::{REPORT, gcc_says, show};

/// What comes of a call under `ulimit` with these options.
fn under(
    pair: &Pair,
    limit: &str,
    through_us: bool,
    capture: Capture,
    arguments: &[String],
) -> (String, Vec<u8>, Files) {
    pair.make_anew();
    let compiler = pair.command(Face::OnPath("gcc"), through_us);
    let mut shell = std::process::Command::new("/bin/bash");
    shell.env_clear().envs(compiler.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(compiler.get_current_dir().unwrap());
    shell.args(["-c", &format!("ulimit {limit}; exec gcc \"$@\""), "bash"]).args(arguments);
    let (status, streams) = capture.run(&mut shell, b"", &pair.world.path("captured"));
    (show(status), pair.plain(&streams.concat()), crate::files::below(&pair.world.path("work")))
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The same limits without us and with us, from too little for anything to enough.
fn is_same(limits: &[&str], calls: &[&str]) -> Vec<String> {
    let pair = sources();
    let mut statuses = Vec::new();
    for limit in limits {
        for call in calls {
            let without = under(&pair, limit, false, Capture::Pipes, &words(call));
            let with = under(&pair, limit, true, Capture::Pipes, &words(call));
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!((&with.0, text(&with.1)), (&without.0, text(&without.1)), "ulimit {limit}: {call}");
            assert_eq!(crate::files::differences(&without.2, &with.2), "", "ulimit {limit}: {call}");
            statuses.push(without.0);
        }
    }
    assert!(statuses.contains(&"0".to_owned()), "no limit is enough: {statuses:?}");
    assert!(statuses.iter().any(|status| status != "0"), "no limit is met: {statuses:?}");
    statuses
}

/// With three no program that is linked to a library starts at all.
#[test]
fn descriptors() {
    is_same(&["-n 4", "-n 5", "-n 6", "-n 7", "-n 8", "-n 16"], &["-c a.c", "-Wall -c warns.c", "-c wants.c"]);
}

#[test]
fn address_space() {
    is_same(&["-v 30000", "-v 50000", "-v 100000", "-v 1000000"], &["-c a.c", "-c wants.c"]);
}

#[test]
fn stack() {
    is_same(&["-s 128", "-s 256", "-s 1024", "-Ss 64"], &["-c a.c", "-c wants.c"]);
}

#[test]
fn file_size() {
    is_same(&["-f 0", "-f 1", "-f 2", "-f 100"], &["-c a.c", "-Wall -c warns.c", "-E a.c", "-c wants.c"]);
}

/// A report and a record that must not be written: the status is the compiler's, the report is there, no record is.
#[test]
fn a_file_size_without_room_for_the_record() {
    let pair = failing();
    let (status, text, _) = under(&pair, "-f 0", true, Capture::Pipes, &line());
    let expected = format!("{}{REPORT}", gcc_says(crate::record_kept::SOURCE, "Python.h"));
    assert_eq!((status.as_str(), String::from_utf8(text).unwrap()), ("1", expected));
    assert_eq!(pair.world.record(), "");
    let state = pair.world.path("home/.local/state/pycc-shim");
    assert_eq!(fs::read_dir(state).unwrap().count(), 0, "nothing is left of the attempt");
}

#[test]
fn no_compiler_and_no_room_for_the_record() {
    let pair = failing();
    let path = pair.world.path("shim");
    let (status, text, _) = under(&pair.env("PATH", path), "-f 0", true, Capture::Pipes, &line());
    let text = String::from_utf8(text).unwrap();
    assert_eq!(status, "127", "{text}");
    assert!(text.starts_with("pycc-shim: gcc: command not found\npycc-shim: gcc is missing"), "{text}");
}

/// stderr is a file that has reached its limit. The compiler writes to us, so that it does not die of it, as it would
/// without us; nor do we, and its status stays.
#[test]
fn a_file_size_without_room_for_stderr() {
    let pair = Pair::mock();
    for (through_us, expected) in [(false, "signal 25"), (true, "3")] {
        let line = words("--mock-stderr-bytes=4096 --mock-exit=3");
        let (status, _, _) = under(&pair, "-f 1", through_us, Capture::OneFile, &line);
        assert_eq!(status, expected, "through us: {through_us}");
    }
}

/// A user's last process is the compiler's: we become it. With room for one more we are that one, and a compiler that
/// needs it has one less than without us.
#[test]
fn processes() {
    // SAFETY: geteuid always succeeds and touches nothing.
    if unsafe { libc::geteuid() } != 0 {
        eprintln!("not root: nothing tested at the limit of processes");
        return;
    }
    let pair = sources();
    let run = |limit: usize, through_us: bool| {
        pair.make_anew();
        for part in ["", "work", "tmp", "shim", "home"] {
            fs::set_permissions(pair.world.path(part), fs::Permissions::from_mode(0o777)).unwrap();
        }
        let compiler = pair.command(Face::OnPath("gcc"), through_us);
        let mut command = std::process::Command::new("setpriv");
        command.env_clear().envs(compiler.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(compiler.get_current_dir().unwrap());
        command.args(["--reuid=54322", "--regid=54322", "--clear-groups", "bash", "-c"]);
        command.arg(format!("ulimit -u {limit}; exec gcc -c a.c"));
        let (status, streams) = Capture::Pipes.run(&mut command, b"", &pair.world.path("captured"));
        (show(status), String::from_utf8(pair.plain(&streams.concat())).unwrap())
    };
    let without: Vec<_> = (1..=4).map(|limit| run(limit, false)).collect();
    let with: Vec<_> = (1..=4).map(|limit| run(limit, true)).collect();
    assert_eq!(without[1..].iter().filter(|outcome| outcome.0 == "0").count(), 3, "{without:?}");
    assert_eq!(with[0], without[0]);
    assert_eq!(with[1], without[0], "one process less than without us");
    assert_eq!(with[2..], without[2..]);
}
