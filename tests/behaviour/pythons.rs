//! Every system and every origin of Python: a machine and a command in, the whole JSON finding out.
//!
//! A row of `tests/fixtures/pythons.jsonl` is a machine (its os-release, its files: `path` is an empty file, `path -> to`
//! a link, `path = text` a file with a text), what surrounds the compile, the command, and the finding, null for
//! silence. `why` says from which fact the finding follows; numbers are sections of facts/python.md.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use pycc_shim::catalog::Catalog;
use pycc_shim::command::CompileCommand;
use pycc_shim::diagnose::{self, Scope};
use pycc_shim::host::{Host, Surroundings};
use pycc_shim::report::json;
use serde_json::Value;

use crate::world::gcc_says;

const ROWS: &str = include_str!("../fixtures/pythons.jsonl");

/// Lays out a machine's files.
fn machine(row: &Value) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let release = row["os_release"].as_str().map(|text| format!("etc/os-release = {text}"));
    let files = row["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap().to_owned());
    for file in files.chain(release) {
        let (path, rest) = file.split_once(' ').unwrap_or((&file, ""));
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match rest.split_once(' ') {
            Some(("->", target)) => symlink(target, path).unwrap(),
            Some(("=", text)) => fs::write(path, text).unwrap(),
            _ => fs::write(path, "").unwrap(),
        }
    }
    root
}

/// The report's findings for a row.
fn found(row: &Value) -> Value {
    let root = machine(row);
    let path = |name: &str| row[name].as_str().map(PathBuf::from);
    let surroundings = Surroundings {
        home: path("home"),
        virtual_env: path("virtual_env"),
        conda_prefix: path("conda_prefix"),
        interpreter: path("interpreter"),
        user: 1000,
        ..Surroundings::default()
    };
    let header = row["header"].as_str().unwrap_or("Python.h");
    let command = format!("gcc -c m.c {}", row["command"].as_str().unwrap());
    let argv: Vec<OsString> = command.split_whitespace().map(OsString::from).collect();
    let command = CompileCommand::parse(&argv, Path::new("/work"), &|_| None);
    let host = Host::read(root.path(), &surroundings);
    let text = gcc_says("m.c", header);
    let report = diagnose::compile(&command, text.as_bytes(), Scope::All, &host, Catalog::embedded());
    let report: Value = serde_json::from_str(&json::line(&report)).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() < 2, "{findings:?}");
    findings.first().cloned().unwrap_or(Value::Null)
}

#[test]
fn each_row() {
    let mut wrong = Vec::new();
    let mut names = std::collections::HashSet::new();
    for line in ROWS.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let name = row["name"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} stands twice");
        assert!(row["why"].is_string(), "{name} does not say why");
        let found = found(&row);
        if found != row["finding"] {
            wrong.push(format!("{name}\n  expected {}\n  found    {found}", row["finding"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(names.len(), 129);
}
