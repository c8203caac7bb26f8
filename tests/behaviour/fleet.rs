//! `report DIR`: the reports of many machines as one.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::world::{INDUCTOR, REPORT, SHIM, World, gcc_says, start};

const SOURCE: &str = "/tmp/torchinductor_u/ab/cab.main.cpp";
const PYTHON_H: &str = "pycc-shim: Python.h is missing: the C headers of Python 3.13 are not installed\n";
/// The block of `Python.h` on Debian 13, after the line with its machines.
const BLOCK: &str = "    wanted by   PyTorch Inductor (torch.compile), for the system's Python 3.13
    package     python3.13-dev (Debian 13)
    install     sudo apt-get update && sudo apt-get install -y python3.13-dev
    no root?    pycc-shim fix --user
    then check  test -f /usr/include/python3.13/Python.h
";

/// A compile on the world's machine that fails for a header, and its record.
fn record(world: &World, header: &str) -> Value {
    let directory = world.path("one");
    world.file("work/says", gcc_says(SOURCE, header));
    let call = world.call("g++").env("PYCC_SHIM_REPORT_DIR", &directory).args(INDUCTOR);
    assert_eq!(call.args("--mock-stderr-of=says --mock-exit=1").run().status, "1");
    let file = fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    let record = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    fs::remove_dir_all(directory).unwrap();
    record
}

/// Writes the record as machines of other names would have.
fn write(world: &World, record: &Value, nodes: &[&str]) {
    for node in nodes {
        let mut record = record.clone();
        record["node"] = json!(node);
        let count = fs::read_dir(world.path("reports")).map_or(0, Iterator::count);
        world.file(&format!("reports/{count:03}.json"), record.to_string());
    }
}

fn report<'w>(world: &'w World, line: &str) -> crate::world::Call<'w> {
    world.call(SHIM).args("report").args(line).arg(world.path("reports"))
}

#[test]
fn one_machine() {
    let world = World::debian13();
    world.file("work/says", gcc_says(SOURCE, "Python.h"));
    let line = format!("{INDUCTOR} --mock-stderr-of=says --mock-exit=1");
    world.call("g++").env("PYCC_SHIM_REPORT_DIR", world.path("reports")).args(&line).run();
    let name = String::from_utf8(std::process::Command::new("uname").arg("-n").output().unwrap().stdout).unwrap();
    let name = name.trim();
    let text = format!(
        "{PYTHON_H}    on          {name} (1 machine, 1 failed compile)\n{BLOCK}for {name}:\n    sudo apt-get update && \
         sudo apt-get install -y python3.13-dev\n"
    );
    report(&world, "").run().is("0", &text, "");
    // The variable names the directory, too.
    let reports = world.path("reports");
    world.call(SHIM).args("report").env("PYCC_SHIM_REPORT_DIR", reports).run().is("0", &text, "");
}

#[test]
fn many_machines_with_the_same_problem() {
    let world = World::debian13();
    let record = record(&world, "Python.h");
    write(&world, &record, &["node010", "node009", "node009", "login.example.org", "node012"]);
    let text = format!(
        "{PYTHON_H}    on          login.example.org,node[009-010,012] (4 machines, 5 failed compiles)\n{BLOCK}\
         for login.example.org,node[009-010,012]:\n    sudo apt-get update && sudo apt-get install -y python3.13-dev\n"
    );
    report(&world, "").run().is("0", &text, "");
}

/// A record of an earlier release has no name of a machine.
#[test]
fn machines_without_a_name() {
    let world = World::debian13();
    let mut record = record(&world, "Python.h");
    record.as_object_mut().unwrap().remove("node");
    world.file("reports/x.json", record.to_string());
    let text = |on: &str, machines: &str| {
        format!(
            "{PYTHON_H}    on          {on}\n{BLOCK}for {machines}:\n    sudo apt-get update && sudo apt-get install -y \
             python3.13-dev\n"
        )
    };
    report(&world, "").run().is("0", &text("(unknown) (1 failed compile)", "(unknown)"), "");
    write(&world, &record, &["n1"]);
    let expected = text("(unknown),n1 (1 machine, 2 failed compiles)", "(unknown),n1");
    report(&world, "").run().is("0", &expected, "");
}

/// A machine gets one command for all that it lacks; machines that lack the same share it.
#[test]
fn other_problems_on_other_machines() {
    let world = World::debian13();
    write(&world, &record(&world, "ffi.h"), &["n2", "n3", "n4"]);
    write(&world, &record(&world, "Python.h"), &["n1", "n2", "n3", "n4", "n5"]);
    let text = format!(
        "\
{PYTHON_H}    on          n[1-5] (5 machines, 5 failed compiles)
{BLOCK}\
pycc-shim: ffi.h is missing: the development files of libffi are not installed
    on          n[2-4] (3 machines, 3 failed compiles)
    wanted by   PyTorch Inductor (torch.compile)
    package     libffi-dev (Debian 13)
    install     sudo apt-get update && sudo apt-get install -y libffi-dev
    no root?    pycc-shim fix --user
    then check  printf '#if !__has_include(<ffi.h>)\\n#error\\n#endif\\n' | g++ -E -x c++ - >/dev/null
for n[2-4]:
    sudo apt-get update && sudo apt-get install -y python3.13-dev libffi-dev
for n[1,5]:
    sudo apt-get update && sudo apt-get install -y python3.13-dev
"
    );
    report(&world, "").run().is("0", &text, "");
}

/// The same header is another package on another system, and other rights make another command. Two systems with the
/// same command share it.
#[test]
fn other_systems() {
    let debian = World::debian13();
    let mut record_of_debian = record(&debian, "Python.h");
    write(&debian, &record_of_debian, &["n1", "n2"]);
    record_of_debian["findings"][0]["host"]["privilege"] = json!("root");
    write(&debian, &record_of_debian, &["n9"]);
    record_of_debian["findings"][0]["host"] = json!({"os": "debian", "version": "12", "manager": "apt",
        "container": false, "privilege": "root"});
    write(&debian, &record_of_debian, &["n8"]);
    let fedora = World::empty();
    fedora.compiler("g++").stand_in("g++").root("etc/os-release", "ID=fedora\nVERSION_ID=41\n");
    for program in ["dnf", "doas", "python3.13"] {
        fedora.root(&format!("usr/bin/{program}"), "");
    }
    write(&debian, &record(&fedora, "Python.h"), &["n3", "n4", "n5"]);
    let as_root = BLOCK.replace("sudo ", "").replace("    no root?    pycc-shim fix --user\n", "");
    let on_12 = as_root.replace("Debian 13", "Debian 12");
    let text = format!(
        "\
{PYTHON_H}    on          n[3-5] (3 machines, 3 failed compiles)
    wanted by   PyTorch Inductor (torch.compile), for the system's Python 3.13
    package     python3-devel (Fedora 41)
    install     doas dnf install -y python3-devel
    no root?    pycc-shim fix --user
    then check  test -f /usr/include/python3.13/Python.h
{PYTHON_H}    on          n[1-2] (2 machines, 2 failed compiles)
{BLOCK}{PYTHON_H}    on          n9 (1 machine, 1 failed compile)
{as_root}{PYTHON_H}    on          n8 (1 machine, 1 failed compile)
{on_12}\
for n[3-5]:
    doas dnf install -y python3-devel
for n[1-2]:
    sudo apt-get update && sudo apt-get install -y python3.13-dev
for n[8-9]:
    apt-get update && apt-get install -y python3.13-dev
"
    );
    report(&debian, "").run().is("0", &text, "");
}

/// Variables stand on lines of their own; where there is nothing to run, there is no command.
#[test]
fn variables_and_words() {
    let world = World::debian13();
    let mut record = record(&world, "Python.h");
    let finding = &mut record["findings"][0];
    finding["verdict"] = json!("path");
    finding["remedies"] = json!([{"manager": null, "packages": [], "env": {"CPATH": "/opt/a b"}, "needs_root": false,
        "commands": []}]);
    write(&world, &record, &["n1"]);
    record["findings"][0]["remedies"] = json!([]);
    record["findings"][0]["notes"] = json!(["choose another image"]);
    write(&world, &record, &["n2"]);
    let wanted = BLOCK.lines().next().unwrap();
    let check = BLOCK.lines().last().unwrap();
    let text = format!(
        "\
{PYTHON_H}    on          n1 (1 machine, 1 failed compile)
{wanted}
    set         export CPATH='/opt/a b'${{CPATH:+:$CPATH}}
{check}
{PYTHON_H}    on          n2 (1 machine, 1 failed compile)
{wanted}
    note        choose another image
{check}
for n1:
    export CPATH='/opt/a b'${{CPATH:+:$CPATH}}
"
    );
    report(&world, "").run().is("0", &text, "");
}

/// What is no report is passed over, and said so; what is still being written is not even that.
#[test]
fn files_that_are_no_reports() {
    let world = World::debian13();
    let mut record = record(&world, "Python.h");
    write(&world, &record, &["n1"]);
    let whole = record.to_string();
    world.file("reports/notes.txt", "").file("reports/x.json.part", &whole);
    world.file("reports/cut.json", &whole[..whole.len() / 2]);
    let text = format!(
        "{PYTHON_H}    on          n1 (1 machine, 1 failed compile)\n{BLOCK}for n1:\n    sudo apt-get update && sudo \
         apt-get install -y python3.13-dev\n"
    );
    report(&world, "").run().is("0", &text, "pycc-shim: 1 file in [DIR]/reports is no report\n");
    // Valid to its end, if it were read so far.
    world.file("reports/huge.json", format!("{whole}{}", " ".repeat(4 * 1024 * 1024)));
    record["schema"] = json!(2);
    world.file("reports/later.json", record.to_string());
    let fifo = CString::new(world.path("reports/fifo.json").as_os_str().as_bytes()).unwrap();
    // SAFETY: a path that ends in NUL.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o600) }, 0);
    let passed_over = "pycc-shim: 4 files in [DIR]/reports are no reports\n";
    report(&world, "").run().is("0", &text, passed_over);
    // Whoever runs this may be root, who can read any file.
    fs::create_dir(world.path("reports/directory.json")).unwrap();
    let unreadable = |what: &str| {
        format!("{passed_over}pycc-shim: {what} in [DIR]/reports cannot be read: Is a directory (os error 21)\n")
    };
    report(&world, "").run().is("0", &text, &unreadable("1 file"));
    symlink("nowhere", world.path("reports/link.json")).unwrap();
    report(&world, "").run().is("0", &text, &unreadable("2 files"));
    let json = report(&world, "--json").run();
    assert_eq!((json.status.as_str(), json.stderr.as_str()), ("0", unreadable("2 files").as_str()));
}

/// A directory that many write is not trusted: nothing in a file reaches the terminal as it is.
#[test]
fn hostile_reports() {
    let world = World::debian13();
    let mut record = record(&world, "Python.h");
    let finding = &mut record["findings"][0];
    finding["summary"] = json!("\u{1b}]0;owned\u{7}Python.h\nfor n1:\r is missing\u{202e}");
    finding["missing"]["name"] = json!("Python.h\u{9b}31m");
    finding["host"]["os"] = json!("deb\u{1b}[2Jian");
    finding["python"]["version"] = json!("3.13\u{200b}");
    finding["verify"] = json!("true\u{2028}");
    finding["notes"] = json!(["a\u{1b}c"]);
    finding["remedies"] = json!([{"manager": "apt", "packages": ["x\u{7}"], "env": {"CPA\u{1b}TH": "/a\u{8}"},
        "needs_root": true, "commands": ["apt-get install x\n\u{1b}[8m"]}]);
    write(&world, &record, &["n\u{1b}[31m1\u{202e}", "[2-3],$(id)"]);
    let text = "\
pycc-shim: ]0;ownedPython.hfor n1: is missing
    on          2-3id,n31m1 (2 machines, 2 failed compiles)
    wanted by   PyTorch Inductor (torch.compile), for the system's Python 3.13
    package     x (deb[2Jian 13)
    install     sudo apt-get install x[8m
    set         export CPATH=/a${CPATH:+:$CPATH}
    note        ac
    then check  true
for 2-3id,n31m1:
    sudo apt-get install x[8m
    export CPATH=/a${CPATH:+:$CPATH}
";
    report(&world, "").run().is("0", text, "");
    let json = report(&world, "--json").run();
    let is_plain = |text: &str| text.trim_end().chars().all(|character| matches!(character, ' '..='~'));
    assert!(is_plain(&json.stdout) && !json.stdout.contains("\\u"), "{}", json.stdout);
    assert_eq!((json.status.as_str(), json.stderr.as_str()), ("0", ""));
}

#[test]
fn nothing_to_report() {
    let world = World::debian13();
    fs::create_dir(world.path("reports")).unwrap();
    let nothing = "pycc-shim: no failed compile is on record in [DIR]/reports; set PYCC_SHIM_REPORT_DIR=[DIR]/reports \
                   on every machine, before the job starts\n";
    report(&world, "").run().is("1", "", nothing);
    report(&world, "--json").run().is("1", "{\"schema\":1,\"findings\":[],\"commands\":[]}\n", "");
}

#[test]
fn no_directory() {
    let world = World::debian13();
    let which = "pycc-shim: which reports? Give the directory that PYCC_SHIM_REPORT_DIR named on the machines: pycc-shim \
                 report DIR\n";
    world.call(SHIM).args("report").run().is("2", "", which);
    world.call(SHIM).args("report").env("PYCC_SHIM_REPORT_DIR", "").run().is("2", "", which);
    let cannot = |why: &str| {
        format!(
            "pycc-shim: cannot read [DIR]/reports; give the directory that PYCC_SHIM_REPORT_DIR named on the machines, \
             by its path on this one: {why}\n"
        )
    };
    report(&world, "").run().is("2", "", &cannot("No such file or directory (os error 2)"));
    world.file("reports", "");
    report(&world, "--json").run().is("2", "", &cannot("Not a directory (os error 20)"));
}

/// The whole JSON: schema 1's findings with their machines, and what each set of machines is to run.
#[test]
fn as_json() {
    let world = World::debian13();
    let record = record(&world, "Python.h");
    write(&world, &record, &["n1", "n2", "n2"]);
    let mut finding = record["findings"][0].clone();
    finding["hosts"] = json!("n[1-2]");
    finding["failures"] = json!(3);
    let outcome = report(&world, "--json").run();
    let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let commands = json!([{"hosts": "n[1-2]", "manager": "apt", "packages": ["python3.13-dev"], "env": {},
        "needs_root": true, "commands": ["apt-get update", "apt-get install -y python3.13-dev"]}]);
    let redact = |value: &Value| value.to_string().replace(world.path("").to_str().unwrap(), "[DIR]/");
    let expected = json!({"schema": 1, "findings": [finding], "commands": commands});
    assert_eq!(json.to_string(), redact(&expected));
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""));
    assert!(outcome.stdout.ends_with("}\n") && outcome.stdout.lines().count() == 1);
}

/// How many compiles each of eight threads makes: two thousand together. A tenth where nothing is optimised, which would
/// take a minute.
const EACH: usize = if cfg!(debug_assertions) { 25 } else { 250 };

/// Two thousand compiles fail, eight at a time. They are of one machine, so they get other names afterwards.
#[test]
fn two_thousand_reports_of_concurrent_processes() {
    let world = World::debian13();
    world.file("work/says", gcc_says(SOURCE, "Python.h"));
    let line = format!("{INDUCTOR} --mock-stderr-of=says --mock-exit=1");
    let compile = || {
        let mut command = world.call("g++").env("PYCC_SHIM_REPORT_DIR", world.path("reports")).args(&line).command();
        let output = start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
        let output = output.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), gcc_says(SOURCE, "Python.h") + REPORT);
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..EACH).for_each(|_| compile()));
        }
    });
    let files: Vec<PathBuf> = fs::read_dir(world.path("reports")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 8 * EACH);
    for (index, file) in files.iter().enumerate() {
        let mut record: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        record["node"] = json!(format!("node{:03}", index % 128 + 1));
        fs::write(file, record.to_string()).unwrap();
    }
    let text = format!(
        "{PYTHON_H}    on          node[001-128] (128 machines, {all} failed compiles)\n{BLOCK}for node[001-128]:\n    \
         sudo apt-get update && sudo apt-get install -y python3.13-dev\n",
        all = 8 * EACH
    );
    report(&world, "").run().is("0", &text, "");
}
