//! What is said on each system, for each Python, to each user: `tests/fixtures/systems.jsonl` holds a machine, a command
//! and what it misses a row, with the whole finding as JSON; null is silence.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use pycc_shim::command::CompileCommand;
use pycc_shim::diagnose::log::Reader;
use pycc_shim::diagnose::{self, Scope};
use pycc_shim::host::{Host, Surroundings};
use pycc_shim::report::Report;
use serde_json::Value;

use crate::world::gcc_says;

const ROWS: &str = include_str!("../fixtures/systems.jsonl");

/// A machine below a directory of its own, made of a row's `release`, `files` (empty ones) and `texts`.
pub(crate) struct Machine {
    root: tempfile::TempDir,
    surroundings: Surroundings,
}

impl Machine {
    pub(crate) fn of(row: &Value) -> Self {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path.trim_start_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        if let Some(release) = row["release"].as_str() {
            write("etc/os-release", release);
        }
        row["files"].as_array().into_iter().flatten().for_each(|path| write(path.as_str().unwrap(), ""));
        row["texts"].as_object().into_iter().flatten().for_each(|(path, text)| write(path, text.as_str().unwrap()));
        let around = &row["around"];
        let path = |name: &str| around[name].as_str().map(PathBuf::from);
        let home = path("home").unwrap_or_else(|| "/home/u".into());
        let surroundings = Surroundings {
            virtual_env: path("virtual_env"),
            conda_prefix: path("conda_prefix"),
            interpreter: path("interpreter"),
            data_home: Some(home.join(".local/share")),
            config_home: Some(home.join(".config")),
            home: Some(home),
            user: if around["root"] == true { 0 } else { 1000 },
            catalog: None,
        };
        Self { root, surroundings }
    }

    fn host(&self) -> Host {
        Host::read(self.root.path(), &self.surroundings)
    }

    /// The report on a command that failed with a text.
    pub(crate) fn compile(&self, command: &str, text: &str) -> Report {
        let argv: Vec<OsString> = shell_words::split(command).unwrap().into_iter().map(OsString::from).collect();
        let command = CompileCommand::parse(&argv, Path::new("/work"), &|_| None);
        let host = self.host();
        diagnose::compile(&command, text.as_bytes(), Scope::All, &host, &diagnose::catalog(&host).0)
    }

    /// The report on a log.
    pub(crate) fn explain(&self, log: &str) -> Report {
        let host = self.host();
        let mut reader = Reader::new(&host);
        reader.read(log.as_bytes(), 0..log.len(), 0);
        reader.finish(log.as_bytes(), log.len() as u64, &diagnose::catalog(&host).0).report
    }
}

/// What a compiler or linker says of a row's missing thing.
fn text(row: &Value) -> String {
    let name = |kind: &str| row[kind].as_str();
    if let Some(header) = name("header") {
        return gcc_says("m.c", header);
    }
    if let Some(library) = name("library") {
        return format!(
            "/usr/bin/ld: cannot find -l{library}: No such file or directory\ncollect2: error: ld returned 1 exit status\n"
        );
    }
    name("text").unwrap_or_else(|| panic!("{row} misses nothing")).to_owned()
}

#[test]
fn each_system() {
    let mut got = Vec::new();
    let mut wrong = Vec::new();
    for line in ROWS.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let report = Machine::of(&row).compile(row["command"].as_str().unwrap(), &text(&row));
        let finding = report.findings.first().map_or(Value::Null, |finding| serde_json::to_value(finding).unwrap());
        if finding != row["finding"] || report.findings.len() > 1 {
            wrong.push(format!("{}\n  expected {}\n  got      {finding}", row["name"], row["finding"]));
        }
        let mut row = row;
        row["finding"] = finding;
        got.push(row.to_string());
    }
    // To compare with, and to take over after it has been read.
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("systems.jsonl");
    fs::write(&file, got.join("\n") + "\n").unwrap();
    assert!(wrong.is_empty(), "{} wrong; {} has what came\n{}", wrong.len(), file.display(), wrong.join("\n"));
}
