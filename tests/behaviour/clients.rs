//! Who asks for a compile: commands that Python's build clients really ran (`tests/fixtures/clients.jsonl`, Debian 12),
//! and the first capture's (`debian13-python3.13-no-headers.jsonl`).

use std::ffi::OsString;
use std::path::Path;

use pycc_shim::command::client::Client;
use pycc_shim::command::{CompileCommand, probe};
use serde_json::Value;

const CLIENTS: &str = include_str!("../fixtures/clients.jsonl");

/// Questions that nothing in the command tells from real work: what their callers do with the answer is not said there.
const ANONYMOUS_PROBES: [&str; 14] = [
    "-dumpmachine",
    "-dumpversion",
    "-dumpfullversion",
    "-print-sysroot",
    "-print-multiarch",
    "-v",
    "-E",
    "/test.c",
    "/test.o",
    "/temp.c",
    "/temp.cxx",
    "_configtest.o",
    "@/tmp/cc",
    "dummy.c",
];

fn command(row: &Value) -> CompileCommand {
    let argv: Vec<OsString> =
        row["argv"].as_array().unwrap().iter().map(|word| OsString::from(word.as_str().unwrap())).collect();
    let files = row["files"].as_object();
    CompileCommand::parse(&argv, Path::new(row["cwd"].as_str().unwrap()), &|path| {
        let content = files?.iter().find(|(name, _)| path.ends_with(name))?.1;
        Some(content.as_str()?.as_bytes().to_vec())
    })
}

#[test]
fn each_command_tells_its_client() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (number, line) in CLIENTS.lines().enumerate() {
        count += 1;
        let row: Value = serde_json::from_str(line).unwrap();
        let command = command(&row);
        let heads = row["head"].as_object();
        let head = |path: &Path| {
            let text = heads?.iter().find(|(name, _)| path.ends_with(name))?.1;
            Some(text.as_str()?.as_bytes().to_vec())
        };
        let found = Client::of(&command, &head).name();
        // What the command alone can tell, where its client shows only in its environment.
        let expected = [row["argv_alone"].as_str(), row["client"].as_str()];
        let argv: Vec<&str> = row["argv"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let argv = argv.join(" ");
        let is_probe = row["probe"].as_bool().unwrap();
        let is_anonymous = ANONYMOUS_PROBES.iter().any(|mark| argv.contains(mark));
        if (!is_probe && !expected.contains(&Some(found)))
            || (probe::is_probe(&command) != is_probe && !(is_probe && is_anonymous))
        {
            wrong.push(format!(
                "{}: expected {expected:?} (probe: {is_probe}), found {found} (probe: {})\n  {argv:.300}\n  in {}",
                number + 1,
                probe::is_probe(&command),
                row["cwd"]
            ));
        }
    }
    assert!(count >= 111, "{count} commands");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
