//! Arbitrary logs: nothing panics, and no command that is given holds an unquoted piece of the input.

use std::sync::OnceLock;

use proptest::collection::vec;
use proptest::prelude::*;
use pycc_shim::catalog::Catalog;
use pycc_shim::diagnose::log::Reader;
use pycc_shim::host::{Host, Surroundings};
use pycc_shim::report::text::{Style, render};
use tempfile::TempDir;

/// A Debian 13 with the Pythons of the logs below, so that there is something to say.
fn host() -> &'static (TempDir, Host) {
    static HOST: OnceLock<(TempDir, Host)> = OnceLock::new();
    HOST.get_or_init(|| {
        let root = tempfile::tempdir().unwrap();
        for (file, content) in [
            ("etc/os-release", "ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n"),
            ("usr/bin/apt-get", ""),
            ("usr/bin/python3.13", ""),
            ("opt/$(id) x/bin/python3.12", ""),
            ("opt/$(id) x/conda-meta/history", ""),
        ] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let host = Host::read(root.path(), &Surroundings::default());
        (root, host)
    })
}

/// Names as projects have them, and as nobody should.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Python.h".to_owned()),
        Just("pyconfig.h".to_owned()),
        Just("torch/extension.h".to_owned()),
        Just("longintrepr.h".to_owned()),
        Just("stddef.h".to_owned()),
        Just("gcc".to_owned()),
        Just("cc1plus".to_owned()),
        Just("$(touch /tmp/x)".to_owned()),
        Just("/opt/$(id) x".to_owned()),
        "[ -~]{1,20}",
        "[a-z+]{1,9}[;&|`$(){}<>*?'\" \\\\]{1,3}[a-z.]{1,9}",
        any::<String>(),
    ]
}

/// Lines that mean something, with names in them.
fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        name().prop_map(|name| format!("m.c:1:10: fatal error: {name}: No such file or directory").into_bytes()),
        name().prop_map(|name| format!("m.c:1:10: fatal error: '{name}' file not found").into_bytes()),
        name().prop_map(|name| format!("    1 | #include <{name}>").into_bytes()),
        name().prop_map(|name| format!("/usr/bin/ld: cannot find -l{name}").into_bytes()),
        name()
            .prop_map(|name| format!("gcc: fatal error: cannot execute '{name}': execvp: No such file or directory")
                .into_bytes()),
        name().prop_map(|name| format!("sh: 1: {name}: not found").into_bytes()),
        (name(), name()).prop_map(|(one, two)| format!("gcc -I{one}/include/python3.12 -c m.c -o {two}").into_bytes()),
        (name(), name())
            .prop_map(|(one, two)| format!("Command '['/usr/bin/g++', 'm.c', '-I{one}', '-L', '{two}']'").into_bytes()),
        name().prop_map(|name| format!("In file included from {name}:1,").into_bytes()),
        Just(b"Successfully installed x-1".to_vec()),
        vec(any::<u8>(), 0..60),
    ]
}

/// What commands of ours hold beside words.
const OPERATORS: [&str; 4] = [" && ", "\\'", " | ", " >/dev/null"];

/// The characters of a shell line that the shell would not take literally: outside quotes, and not plain. `&&` between
/// our own commands does not count.
fn unquoted(command: &str) -> String {
    let mut unquoted = String::new();
    let mut rest = command;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let end = quoted.find('\'').unwrap_or_else(|| panic!("an open quote: {command}"));
            rest = &quoted[end + 1..];
        } else if let Some(after) = OPERATORS.iter().find_map(|operator| rest.strip_prefix(operator)) {
            rest = after;
        } else {
            if !(first.is_ascii_alphanumeric() || "-_./=:+,@% ".contains(first)) {
                unquoted.push(first);
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    unquoted
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_command_holds_an_unquoted_piece_of_the_log(lines in vec(line(), 0..12)) {
        let (_root, host) = host();
        let log = lines.join(&b'\n');
        let mut reader = Reader::new(host);
        reader.read(&log, 0..log.len(), 0);
        let report = reader.finish(&log, log.len() as u64, Catalog::embedded()).report;
        for finding in &report.findings {
            for command in finding.remedies.iter().flat_map(|remedy| &remedy.commands).chain(&finding.verify) {
                prop_assert_eq!(unquoted(command), "", "{}", command);
            }
        }
        let text = render(&report, Style { live: true, colour: false });
        for shell in text.lines().filter_map(|line| {
            let labels = ["    install     ", "    set         ", "    then check  "];
            labels.iter().find_map(|label| line.strip_prefix(label))
        }) {
            prop_assert_eq!(unquoted(shell), "", "{}", shell);
        }
        prop_assert!(!text.contains('\u{1b}'), "an escape sequence");
    }
}

#[test]
fn the_test_of_quoting_sees_what_is_not_quoted() {
    assert_eq!(unquoted("apt-get update && apt-get install -y python3.13-dev"), "");
    assert_eq!(unquoted("test -f '/opt/$(id) '\\''x'\\'''"), "");
    assert_eq!(unquoted("test -f /opt/$(id); rm *"), "$();*");
}
