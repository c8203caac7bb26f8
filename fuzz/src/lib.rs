//! What the targets share: machines to judge by, and what must hold of everything that is shown.

use std::fs;
use std::path::{Path, PathBuf};

use pycc_shim::diagnose::{self, log::Reader};
use pycc_shim::host::{Host, Surroundings};
use pycc_shim::report::text::{self, Style};
use pycc_shim::report::{Report, json, merge};

/// A directory that stays as long as the process; libFuzzer ends it without destructors.
///
/// # Panics
/// There is no temporary directory.
#[must_use]
pub fn directory() -> PathBuf {
    tempfile::tempdir().expect("a temporary directory").keep()
}

/// Writes a file of a machine below a root; what cannot be written is not there.
pub fn write(root: &Path, path: &str, content: &[u8]) {
    let file = root.join(path);
    if let Some(parent) = file.parent() {
        let _ = fs::create_dir_all(parent);
    }
    let _ = fs::write(file, content);
}

/// A root with these empty files and this os-release.
#[must_use]
pub fn machine(release: &str, files: &[&str]) -> PathBuf {
    let root = directory();
    write(&root, "etc/os-release", release.as_bytes());
    for file in files {
        write(&root, file, b"");
    }
    root
}

/// What `explain` does with a log, up to its text and JSON; all of it must be fit to be shown.
///
/// # Panics
/// When it is not: a defect.
pub fn explain(log: &[u8], host: &Host) {
    let (catalog, wrong) = diagnose::catalog(host);
    for problem in wrong {
        assert!(!problem.is_empty());
    }
    let mut reader = Reader::new(host);
    reader.read(log, 0..log.len(), 0);
    let log = reader.finish(log, log.len() as u64, &catalog);
    for thing in &log.unanswered {
        if let Some(command) = &thing.look_up {
            check_text(&text::look_up(&thing.name, command));
            check_command(command);
        }
    }
    check(&log.report);
}

/// Renders a report in every way, and looks at the result.
///
/// # Panics
/// When a text holds what a terminal obeys, the JSON is none, or a command is none for a shell.
pub fn check(report: &Report) {
    check_text(&text::render(report, Style { live: true, colour: false }));
    check_text(&text::render(report, Style { live: false, colour: false }));
    let line = json::line(report);
    assert_eq!(line.matches('\n').count(), usize::from(line.ends_with('\n')), "{line}");
    let again: Report = serde_json::from_str(&line).expect("our JSON is a report");
    assert_eq!(&again, report);
    let remedies = || report.findings.iter().flat_map(|finding| &finding.remedies);
    for command in remedies().flat_map(|remedy| &remedy.commands) {
        check_command(command);
    }
    for command in merge::merge(remedies()).iter().flat_map(|remedy| &remedy.commands) {
        check_command(command);
    }
}

/// # Panics
/// When a character is none that is printed.
pub fn check_text(text: &str) {
    let bad = text.chars().find(|character| character.is_control() && *character != '\n');
    assert_eq!(bad, None, "{text:?}");
}

/// # Panics
/// When a shell could not read it, or would read two lines.
pub fn check_command(command: &str) {
    check_text(command);
    assert!(!command.contains('\n'), "{command:?}");
    assert!(shell_words::split(command).is_ok_and(|words| !words.is_empty()), "{command:?}");
}

/// Machines that answers differ by.
#[must_use]
pub fn machines() -> Vec<Host> {
    let apt = ["usr/bin/apt-get", "usr/bin/sudo", "usr/bin/gcc"];
    let roots = [
        (machine("ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n", &apt), "usr/bin/python3.13"),
        (machine("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=24.04\nVERSION_CODENAME=noble\n", &apt), "usr/bin/python3.12"),
        (machine("ID=fedora\nVERSION_ID=43\n", &["usr/bin/dnf", "usr/bin/sudo"]), "usr/bin/python3.14"),
        (machine("ID=alpine\nVERSION_ID=3.22.1\n", &["sbin/apk"]), "usr/bin/python3.12"),
        (machine("ID=arch\n", &["usr/bin/pacman"]), "usr/bin/python3.14"),
        (machine("ID=debian\nVERSION_ID=12\n", &["opt/conda/conda-meta/history"]), "opt/conda/bin/python3.12"),
        (directory(), "usr/bin/python3.9"),
    ];
    roots
        .into_iter()
        .map(|(root, interpreter)| {
            write(&root, interpreter, b"");
            let surroundings = Surroundings {
                interpreter: Some(Path::new("/").join(interpreter)),
                data_home: Some("/home/u/.local/share".into()),
                user: 1000,
                ..Surroundings::default()
            };
            Host::read(&root, &surroundings)
        })
        .collect()
}
