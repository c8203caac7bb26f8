//! What the shim costs, measured against a floor: a C program that does nothing but start its child, copy the child's
//! stderr and wait (`benches/floor.c`). In front of both stands a compiler that does nothing (`benches/target.c`), so
//! that all the time there is, is the wrapper's; the last lines show the same with the machine's own compiler.
//!
//! `cargo bench --bench overhead [-- --quick]` prints one table. It is a measurement and not a test: the verdicts `ok`
//! and `over` inform, the exit status is 0 whatever they say, and 2 only when nothing could be measured. Better through
//! `benches/run.sh`, which builds the shim as it is installed and names it in `PYCC_SHIM_BENCH_BIN`.
//!
//! The contestants of a race run by turns, and what is compared are the differences within a round: on a busy machine
//! rounds differ more than contestants do.

use std::error::Error;
use std::process::ExitCode;

#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/race.rs"]
mod race;
#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/table.rs"]
mod table;
#[path = "shared/track.rs"]
mod track;

use race::{HITS, Race, median};
use table::{Limit, Row};
use track::{Track, compile, failing, shim};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// How often things are run: all of it in about a minute, `--quick` in a few seconds.
struct Effort {
    compiles: usize,
    failures: usize,
    flood_bytes: u64,
    real_compiles: usize,
}

const FULL: Effort = Effort { compiles: 1000, failures: 300, flood_bytes: 1 << 30, real_compiles: 100 };
const QUICK: Effort = Effort { compiles: 150, failures: 50, flood_bytes: 1 << 28, real_compiles: 15 };

fn main() -> ExitCode {
    let mut effort = FULL;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quick" => effort = QUICK,
            "--bench" => {} // cargo's own
            other => {
                eprintln!("overhead: unknown argument '{other}'; there is only --quick");
                return ExitCode::from(2);
            }
        }
    }
    match Track::lay().and_then(|mut track| measure(&mut track, &effort)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("overhead: cannot measure: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(track: &mut Track, effort: &Effort) -> Fallible<()> {
    let note = track.make_it_speak()?;
    Row::head().print();
    successes(track, effort)?;
    queries(track, effort)?;
    failures(track, effort)?;
    memory(track, effort)?;
    size()?;
    real_compiles(track, effort)?;
    println!("{note}");
    Ok(())
}

/// A compile that succeeds. Beside it a wrapper in sh, and others doing the least that they can: passing the call on,
/// with nothing hashed and nobody asked.
fn successes(track: &Track, effort: &Effort) -> Fallible<()> {
    let args = compile(&[]);
    let mut field =
        vec![track.bare(&args), track.floor(&args), track.shim(&args), track.wrapper("script", "sh script", &args)];
    if track.has("ccache") {
        let mut ccache = track.wrapper("ccache", "ccache passing", &args);
        ccache.command.env("CCACHE_DISABLE", "1");
        field.push(ccache);
    }
    if track.has("distcc") {
        field.push(track.launcher("distcc", "distcc passing", &args));
    }
    let race = Race::run(field, effort.compiles)?;
    race.print("compile that succeeds", Limit::AtMost(0.9));
    if race.was_disturbed() {
        println!("(something else is busy on this machine: take these numbers for nothing, and run again later)");
    }
    Ok(())
}

/// A question to the compiler, which the shim answers by becoming it.
fn queries(track: &Track, effort: &Effort) -> Fallible<()> {
    let args = ["--version".to_owned()];
    let race = Race::run(vec![track.bare(&args), track.floor(&args), track.shim(&args)], effort.compiles)?;
    race.print("query (--version)", Limit::AtMost(0.6));
    Ok(())
}

/// The same command, once passing and once failing for want of Python.h: what a report costs.
fn failures(track: &Track, effort: &Effort) -> Fallible<()> {
    let args = failing(0);
    let field = vec![track.shim(&compile(&[])), track.shim(&args).leaving(1), track.floor(&args).leaving(1)];
    let race = Race::run(field, effort.failures)?;
    let more = race.overhead(1, 0) * 1e3;
    Row::new("recognised failure", "shim passing").times(&race.times[0]).print();
    let row = Row::new("", "shim failing").times(&race.times[1]).over(race.overhead(1, 0));
    row.limit(Limit::Milliseconds(3.0), more).print();
    Row::new("", "floor failing").times(&race.times[2]).print();
    Ok(())
}

fn memory(track: &Track, effort: &Effort) -> Fallible<()> {
    let flood = [format!("--stderr-bytes={}", effort.flood_bytes)];
    let mut case = "resident memory";
    for (what, contestant) in [
        ("shim, success", track.shim(&compile(&[]))),
        ("shim, flood", track.shim(&flood)),
        ("shim, failure", track.shim(&failing(0)).leaving(1)),
        ("shim, flood+fail", track.shim(&failing(effort.flood_bytes)).leaving(1)),
    ] {
        Row::new(case, what).limit(Limit::Megabytes(4.0), contestant.peak_memory()?).print();
        case = "";
    }
    Ok(())
}

/// The program as it is installed.
fn size() -> Fallible<()> {
    let bytes = u32::try_from(std::fs::metadata(shim())?.len())?;
    Row::new("size of the program", "shim").limit(Limit::Megabytes(3.0), f64::from(bytes) / 1e6).print();
    Ok(())
}

/// The machine's own compiler and an empty source: how much of the shortest real compile the wrapper is.
fn real_compiles(track: &Track, effort: &Effort) -> Fallible<()> {
    if !track.take_real_compiler()? {
        println!("real compile: no g++ on PATH");
        return Ok(());
    }
    let args = ["-c", "empty.cpp", "-o", "empty.o"].map(str::to_owned);
    let mut field =
        vec![track.bare(&args), track.floor(&args), track.shim(&args), track.wrapper("script", "sh script", &args)];
    let mut misses = Vec::new();
    if track.has("ccache") {
        let mut off = track.wrapper("ccache", "ccache passing", &args);
        off.command.env("CCACHE_DISABLE", "1");
        let mut miss = track.wrapper("ccache", "ccache miss", &args);
        miss.command.env("CCACHE_RECACHE", "1");
        misses.push((field.len() + 1, "shim/ccache miss"));
        field.extend([off, miss, track.wrapper("ccache", HITS[0], &args)]);
    }
    if track.has("sccache") {
        let mut miss = track.launcher("sccache", "sccache miss", &args);
        miss.command.env("SCCACHE_RECACHE", "1");
        misses.push((field.len(), "shim/sccache miss"));
        field.extend([miss, track.launcher("sccache", HITS[1], &args)]);
    }
    if track.has("distcc") {
        field.push(track.launcher("distcc", "distcc, local", &args));
    }
    let race = Race::run(field, effort.real_compiles)?;
    race.print("real g++, empty source", Limit::None);
    // Caches at their own work on a compile that must run, as the shim is at its.
    for (miss, name) in misses {
        let ratio = race.overhead(2, 0) / race.overhead(miss, 0);
        Row::new("", name).ratio(ratio).limit(Limit::AtMost(0.5), ratio).print();
    }
    let share = race.overhead(2, 0) / median(race.times[0].clone()) * 100.0;
    println!("the shim makes the shortest real compile {share:.1} % longer");
    Ok(())
}
