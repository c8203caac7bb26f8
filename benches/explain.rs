//! How fast `explain` reads a log, against ripgrep searching the same one for `fatal error`: a log of 1 GiB made of the
//! captured commands, warnings and pip's chatter, once with nothing to say and once with a failure at its end.
//!
//! `cargo bench --bench explain [-- --quick]` prints one table; better through `benches/run.sh`. The verdicts inform:
//! the exit status is 0 whatever they say, and 2 when nothing could be measured (ripgrep must be installed).

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/race.rs"]
mod race;
#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/table.rs"]
mod table;

use race::{Contestant, median};
use table::{Limit, Row};

type Fallible<T> = Result<T, Box<dyn Error>>;

const CAPTURES: &str = include_str!("../tests/fixtures/debian13-python3.13-no-headers.jsonl");
const FAILURE: &str = include_str!("../tests/fixtures/inductor-traceback.txt");

fn main() -> ExitCode {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (size, rounds) = if is_quick { (1 << 28, 5) } else { (1 << 30, 15) };
    match measure(size, rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("explain: cannot measure: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(size: usize, rounds: usize) -> Fallible<()> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let root = directory.path().join("root");
    for file in ["etc/os-release", "usr/bin/apt-get", "usr/bin/python3.13"] {
        let path = root.join(file);
        fs::create_dir_all(path.parent().ok_or("a file has a directory")?)?;
        fs::write(path, "ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n")?;
    }
    Row::head().print();
    for (case, failure, status) in [("nothing to say", "", 1), ("a failure at the end", FAILURE, 0)] {
        let log = directory.path().join("log");
        write_log(&log, size, failure)?;
        let search = || contestant("ripgrep", "rg".into(), &["-c", "fatal error"], &log, status);
        let explain = || {
            let root = root.to_str().expect("cargo's directories are text");
            contestant("explain", shim(), &["explain", "--root", root], &log, status)
        };
        let race = race::Race::run(vec![search(), explain()], rounds)?;
        let ratio = median(race.times[1].iter().zip(&race.times[0]).map(|(ours, theirs)| ours / theirs).collect());
        Row::new(&format!("{case}, {} MiB", size >> 20), "ripgrep").times(&race.times[0]).print();
        Row::new("", "explain").times(&race.times[1]).ratio(ratio).limit(Limit::AtMost(1.5), ratio).print();
        let memory = explain().peak_memory()?;
        Row::new("  resident memory", "explain").limit(Limit::Megabytes(16.0), memory).print();
    }
    println!("'of floor' is the median of the rounds' ratios to ripgrep; both read a file that is in the page cache");
    Ok(())
}

fn contestant(name: &'static str, program: PathBuf, arguments: &[&str], log: &Path, status: i32) -> Contestant {
    let mut command = Command::new(program);
    command.args(arguments).arg(log).stdout(Stdio::null()).stderr(Stdio::null());
    Contestant::new(name, command, &[]).leaving(status)
}

fn shim() -> PathBuf {
    std::env::var_os("PYCC_SHIM_BENCH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_pycc-shim").into()).into()
}

/// A log as a long build leaves it: commands that went well, with warnings between them.
fn write_log(path: &Path, size: usize, failure: &str) -> Fallible<()> {
    let mut block = Vec::new();
    for (number, line) in CAPTURES.lines().cycle().take(2400).enumerate() {
        let capture: Value = serde_json::from_str(line)?;
        let words: Vec<&str> =
            capture["argv"].as_array().ok_or("a capture has argv")?.iter().filter_map(Value::as_str).collect();
        writeln!(block, "[{number}/2400] {}", words.join(" "))?;
        for warning in 0..number % 6 {
            writeln!(
                block,
                "/opt/venv/lib/python3.13/site-packages/torch/include/c10/core/Scalar.h:{number}:{warning}: warning: \
                 comparison of integer expressions of different signedness: 'int' and 'size_t' [-Wsign-compare]\n  \
                 {number} |   for (int i = 0; i < v.size(); ++i) {{\n      |                   ~~^~~~~~~~~~"
            )?;
        }
        writeln!(block, "copying src/package/module_{number}.py -> build/lib.linux-x86_64-cpython-313/package")?;
        writeln!(block, "2026-01-01T10:00:{:02}.123Z worker {number} INFO loss=0.5 tokens/s=1000", number % 60)?;
    }
    let mut log = BufWriter::new(File::create(path)?);
    for _ in 0..size.div_ceil(block.len()) {
        log.write_all(&block)?;
    }
    log.write_all(failure.as_bytes())?;
    Ok(log.flush()?)
}
