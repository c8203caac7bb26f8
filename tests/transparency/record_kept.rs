//! The record of the last failure: where it cannot be written, nothing changes for the compile, and what was there stays.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::capture::Capture;
use crate::pair::{Face, Pair};
use crate::world::{INDUCTOR, REPORT, gcc_says};

pub(crate) const SOURCE: &str = "/tmp/torchinductor_u/ab/cab.main.cpp";

/// A world in which [`line`] fails for want of a header.
pub(crate) fn failing() -> Pair {
    Pair::mock().source("says", gcc_says(SOURCE, "Python.h"))
}

/// The arguments of a compile that ends in a report and a record.
pub(crate) fn line() -> Vec<String> {
    let words = INDUCTOR.split_whitespace().chain(["--mock-stderr-of=says", "--mock-exit=1"]);
    words.map(str::to_owned).collect()
}

fn state(pair: &Pair) -> PathBuf {
    let directory = pair.world.path("home/.local/state/pycc-shim");
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// The compile fails as ever, and the report is there.
#[track_caller]
fn fails_as_ever(pair: &Pair) {
    let seen = pair.one(Face::OnPath("g++"), true, &[line()], b"", Capture::Pipes);
    let text = String::from_utf8(seen.streams[1].clone()).unwrap();
    let expected = format!("{}{REPORT}", gcc_says(SOURCE, "Python.h"));
    assert_eq!((seen.status.as_str(), text, seen.streams[0].len()), ("1", expected, 0));
}

#[test]
fn a_directory_of_somebody_elses() {
    let pair = failing();
    let state = state(&pair);
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    if chown(&state, Some(54321), None).is_err() {
        eprintln!("not root: nothing tested of another user's directory");
        return;
    }
    fails_as_ever(&pair);
    assert_eq!(fs::read_dir(&state).unwrap().count(), 0);
}

/// In the record's place a link, a directory, or something that may not be written: the first is replaced, never
/// followed, the second stays.
#[test]
fn something_else_in_its_place() {
    let pair = failing();
    let state = state(&pair);
    let last = state.join("last.json");
    pair.world.file("precious", "untouched");
    symlink(pair.world.path("precious"), &last).unwrap();
    fails_as_ever(&pair);
    assert_eq!(fs::read_to_string(pair.world.path("precious")).unwrap(), "untouched");
    assert!(fs::symlink_metadata(&last).unwrap().is_file());
    fs::remove_file(&last).unwrap();
    fs::create_dir(&last).unwrap();
    fails_as_ever(&pair);
    assert_eq!(fs::read_dir(&state).unwrap().count(), 1, "nothing is left of the attempt");
    assert!(last.is_dir());
}

/// A clock that went back: a record of the future gives way to the newer one all the same.
#[test]
fn a_record_of_the_future() {
    let pair = failing();
    let last = state(&pair).join("last.json");
    fs::write(&last, "old").unwrap();
    let future = SystemTime::now() + Duration::from_secs(10 * 365 * 24 * 3600);
    File::options().write(true).open(&last).unwrap().set_modified(future).unwrap();
    fails_as_ever(&pair);
    assert!(pair.world.record().starts_with("{\"schema\":1,\"findings\":[{\"missing\":"), "{}", pair.world.record());
    assert!(fs::metadata(&last).unwrap().modified().unwrap() < future);
}

/// No room for a new record: the old one stays, and nothing is left beside it.
#[test]
fn a_full_disk() {
    let script = "export XDG_STATE_HOME=\"$PWD/full\" PYCC_SHIM_REPORT_DIR=\"$PWD/full\"\n\"$@\" \
                  /tmp/torchinductor_u/ab/cab.main.cpp -D TORCH_INDUCTOR_CPP_WRAPPER -I/usr/include/python3.13 \
                  --mock-stderr-of=says --mock-exit=1\nstatus=$?\nls -A full full/pycc-shim\ncat full/pycc-shim/last.json\n\
                  exit $status";
    let Some(full) = crate::full_disk::script(script) else { return };
    let pair = failing().source("before/pycc-shim/last.json", "old");
    let text = gcc_says(SOURCE, "Python.h");
    let listing = "full:\nfiller\npycc-shim\n\nfull/pycc-shim:\nlast.json\nold";
    let (status, stdout, stderr) = full.run(&pair, true);
    assert_eq!((status.as_str(), stdout.as_str()), ("1", listing));
    assert_eq!(stderr, format!("{text}{REPORT}"));
    let (status, stdout, stderr) = full.run(&pair, false);
    assert_eq!((status.as_str(), stdout.as_str(), stderr), ("1", listing, text));
}

/// Thirty-two fail at the same moment: a whole report of each in the shared directory, and a whole record.
#[test]
fn many_at_once() {
    let pair = failing();
    let reports = pair.world.path("reports");
    pair.make_anew();
    let workers: Vec<_> = (0..32)
        .map(|number| {
            let mut command = pair.command(Face::OnPath("g++"), true);
            command.args(line()).arg(format!("-DN={number}")).env("PYCC_SHIM_REPORT_DIR", &reports);
            crate::world::start(command.stderr(std::process::Stdio::piped()))
        })
        .collect();
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        let expected = format!("{}{REPORT}", gcc_says(SOURCE, "Python.h"));
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), expected));
    }
    let number = |text: &str| {
        let record: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(record["findings"][0]["missing"]["name"], "Python.h");
        record["command"]["argv"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned()
    };
    let files = crate::files::below(&reports);
    assert!(files.keys().all(|path| path.extension() == Some("json".as_ref())), "{:?}", files.keys());
    let mut numbers: Vec<String> =
        files.values().map(|entry| number(std::str::from_utf8(&entry.bytes).unwrap())).collect();
    let mut expected: Vec<String> = (0..32).map(|number| format!("-DN={number}")).collect();
    numbers.sort();
    expected.sort();
    assert_eq!(numbers, expected);
    assert!(expected.contains(&number(&pair.world.record())));
    assert_eq!(fs::read_dir(state(&pair)).unwrap().count(), 1);
}
