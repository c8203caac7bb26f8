//! 196 real failures from issue trackers (`tests/fixtures/cases.jsonl`): the log as its user pasted it, composed from
//! the thread's facts; what is missing and who asked, or why nothing is to be said. What is known
//! not to be met is marked in the row, with the reason.

use pycc_shim::diagnose::log::Reader;
use pycc_shim::host::{Host, Surroundings};
use serde_json::Value;

const CASES: &str = include_str!("../fixtures/cases.jsonl");

#[test]
fn each_case() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::read(root.path(), &Surroundings::of_other_root());
    let mut wrong = Vec::new();
    let (mut met, mut unmet, mut silent, mut without_text) = (0, 0, 0, 0);
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let Some(log) = case["log"].as_str() else {
            without_text += 1;
            continue;
        };
        let log = log.as_bytes();
        let mut reader = Reader::new(&host);
        reader.read(log, 0..log.len(), 0);
        let found = reader.recognised(log, log.len() as u64);
        let client = case["client"].as_str().unwrap();
        let found: Vec<(String, String, String)> = found
            .iter()
            .map(|found| {
                let name = String::from_utf8_lossy(&found.missing.name).into_owned();
                (found.missing.kind.name().to_owned(), name, found.client.name().to_owned())
            })
            .collect();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let expected = case["expect"].as_array().unwrap().iter();
        let expected: Vec<_> = expected.map(|e| (text(&e["kind"]), text(&e["name"]), client.to_owned())).collect();
        let is_met = found == expected;
        match (is_met, case["unmet"].is_string()) {
            (true, false) if expected.is_empty() => silent += 1,
            (true, false) => met += 1,
            (false, true) => unmet += 1,
            (is_met, _) => {
                wrong.push(format!("{} met: {is_met}\n  expected {expected:?}\n  found    {found:?}", case["id"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((met, silent, unmet, without_text), (144, 16, 8, 28));
}
