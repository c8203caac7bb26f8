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
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

#[path = "shared/race.rs"]
mod race;
#[path = "shared/table.rs"]
mod table;

use race::{CCACHE_HIT, Contestant, Race, least, median};
use table::{Limit, Row};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// An Inductor command as it is run, shortened by nothing that a wrapper has to look at.
const INDUCTOR: &str = "-D TORCH_INDUCTOR_CPP_WRAPPER -D STANDALONE_TORCH_HEADER -D C10_USING_CUSTOM_GENERATED_MACROS \
    -D CPU_CAPABILITY_AVX512 -O3 -DNDEBUG -fno-omit-frame-pointer -fno-trapping-math -funsafe-math-optimizations \
    -ffinite-math-only -fno-signed-zeros -fmath-errno -ffp-contract=off -fexcess-precision=fast \
    -fno-tree-loop-vectorize -march=native -shared -fPIC -Wall -std=c++20 -Wno-unused-variable -Wno-unknown-pragmas \
    -pedantic -fopenmp -I/usr/include/python3.13 -I/opt/venv/lib/python/site-packages/torch/include \
    -I/opt/venv/lib/python/site-packages/torch/include/torch/csrc/api/include -mavx512f -mfma \
    -ltorch -ltorch_cpu -ltorch_python -lgomp -L/opt/venv/lib/python/site-packages/torch/lib";
const SOURCE: &str = "/tmp/torchinductor_bench/gg/cggmmbmeg4xaut6co6z66dxby7vtyor5st3fpk227x6zmbpct7rb.main.cpp";

/// How often things are run: all of it in about a minute, `--quick` in a few seconds.
struct Effort {
    compiles: usize,
    failures: usize,
    floods: usize,
    flood_bytes: u64,
    real_compiles: usize,
}

const FULL: Effort = Effort { compiles: 1000, failures: 300, floods: 11, flood_bytes: 1 << 30, real_compiles: 100 };
const QUICK: Effort = Effort { compiles: 150, failures: 50, floods: 5, flood_bytes: 1 << 28, real_compiles: 15 };

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
    match Track::lay().and_then(|mut track| track.measure(&effort)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("overhead: cannot measure: {error}");
            ExitCode::from(2)
        }
    }
}

/// The directories and programs of the races, in one directory that goes when the bench ends.
struct Track {
    dir: PathBuf,
    path: OsString,
    has_ccache: bool,
    /// Whether the shim is to take the machine's facts from `root/`, a bare Debian 13, and not from this machine.
    other_root: bool,
}

impl Drop for Track {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Track {
    /// `real/g++` is the target; `shim/g++` and `ccache/g++` stand in front of it as their installers place them.
    fn lay() -> Fallible<Self> {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("overhead-{}", std::process::id()));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let track = Track { dir, has_ccache: find("ccache", &path).is_some(), path, other_root: false };
        for name in ["real", "shim", "ccache", "home", "root/etc", "root/usr/bin"] {
            fs::create_dir_all(track.dir.join(name))?;
        }
        fs::write(track.dir.join("root/etc/os-release"), "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n")?;
        build_c("floor.c", &track.dir.join("floor"))?;
        build_c("target.c", &track.dir.join("real/g++"))?;
        for program in ["apt-get", "python3.13"] {
            fs::copy(track.dir.join("real/g++"), track.dir.join("root/usr/bin").join(program))?;
        }

        let shim = std::env::var_os("PYCC_SHIM_BENCH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_pycc-shim").into());
        let installed = track.dir.join("shim/g++");
        fs::hard_link(&shim, &installed)
            .or_else(|_| fs::copy(&shim, &installed).map(drop))
            .map_err(|error| format!("{}: {error}", Path::new(&shim).display()))?;
        fs::write(track.dir.join("shim/.pycc-shim"), "")?;
        if let Some(ccache) = find("ccache", &track.path) {
            symlink(ccache, track.dir.join("ccache/g++"))?;
        }
        Ok(track)
    }

    fn measure(&mut self, effort: &Effort) -> Fallible<()> {
        let note = self.make_it_speak()?;
        Row::head().print();
        self.successes(effort)?;
        self.queries(effort)?;
        self.failures(effort)?;
        self.floods(effort)?;
        self.memory(effort)?;
        self.real_compiles(effort)?;
        println!("{note}");
        Ok(())
    }

    /// A program with nothing of our own environment: cargo's library path would slow the floor's loader down.
    fn command(&self, program: PathBuf, first_on_path: &str) -> Command {
        let mut path = self.dir.join(first_on_path).into_os_string();
        for rest in [self.dir.join("real").as_os_str(), self.path.as_os_str()] {
            path.push(":");
            path.push(rest);
        }
        let mut command = Command::new(program);
        command.current_dir(&self.dir).env_clear().env("PATH", path).env("LANG", "C");
        command.env("HOME", self.dir.join("home")).env("XDG_STATE_HOME", self.dir.join("home/state"));
        command.env("CCACHE_DIR", self.dir.join("home/ccache"));
        if self.other_root {
            command.env("_PYCC_SHIM_ROOT", self.dir.join("root"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn bare(&self, args: &[String]) -> Contestant {
        Contestant::new("bare", self.command(self.dir.join("real/g++"), "real"), args)
    }

    fn floor(&self, args: &[String]) -> Contestant {
        let mut command = self.command(self.dir.join("floor"), "real");
        command.arg(self.dir.join("real/g++"));
        Contestant::new("floor", command, args)
    }

    /// Called by its bare name, as Inductor calls it.
    fn shim(&self, args: &[String]) -> Contestant {
        let mut command = self.command(self.dir.join("shim/g++"), "shim");
        command.arg0("g++");
        Contestant::new("shim", command, args)
    }

    fn ccache(&self, name: &'static str, args: &[String]) -> Contestant {
        let mut command = self.command(self.dir.join("ccache/g++"), "ccache");
        command.arg0("g++");
        Contestant::new(name, command, args)
    }

    /// A compile that succeeds. ccache stands beside it doing the least that it can: passing the call on, with no child
    /// kept and nothing hashed.
    fn successes(&self, effort: &Effort) -> Fallible<()> {
        let args = compile(&[]);
        let mut field = vec![self.bare(&args), self.floor(&args), self.shim(&args)];
        if self.has_ccache {
            let mut ccache = self.ccache("ccache passing", &args);
            ccache.command.env("CCACHE_DISABLE", "1");
            field.push(ccache);
        }
        let race = Race::run(field, effort.compiles)?;
        race.print("compile that succeeds", Limit::AtMost(1.0));
        if race.was_disturbed() {
            println!("(something else is busy on this machine: take these numbers for nothing, and run again later)");
        }
        Ok(())
    }

    /// A question to the compiler, which the shim answers by becoming it.
    fn queries(&self, effort: &Effort) -> Fallible<()> {
        let args = ["--version".to_owned()];
        let race = Race::run(vec![self.bare(&args), self.floor(&args), self.shim(&args)], effort.compiles)?;
        race.print("query (--version)", Limit::AtMost(0.6));
        Ok(())
    }

    /// The same command, once passing and once failing for want of Python.h: what a report costs.
    fn failures(&self, effort: &Effort) -> Fallible<()> {
        let args = failing(0);
        let field = vec![self.shim(&compile(&[])), self.shim(&args).leaving(1), self.floor(&args).leaving(1)];
        let race = Race::run(field, effort.failures)?;
        let more = race.overhead(1, 0) * 1e3;
        Row::new("recognised failure", "shim passing").times(&race.times[0]).print();
        let row = Row::new("", "shim failing").times(&race.times[1]).over(race.overhead(1, 0));
        row.limit(Limit::Milliseconds(5.0), more).print();
        Row::new("", "floor failing").times(&race.times[2]).print();
        Ok(())
    }

    /// Much text, to the null device: where it goes costs nothing, so what is left is the copying. The best times are
    /// compared, not the medians: where the scheduler puts writer and reader makes a factor of five between runs.
    fn floods(&self, effort: &Effort) -> Fallible<()> {
        let args = [format!("--stderr-bytes={}", effort.flood_bytes)];
        let race = Race::run(vec![self.floor(&args), self.shim(&args)], effort.floods)?;
        let speed = least(&race.times[0]) / least(&race.times[1]);
        Row::new(&format!("{} MiB of stderr", effort.flood_bytes >> 20), "floor").times(&race.times[0]).print();
        Row::new("", "shim (speed)").times(&race.times[1]).ratio(speed).limit(Limit::AtLeast(0.8), speed).print();
        Ok(())
    }

    fn memory(&self, effort: &Effort) -> Fallible<()> {
        let flood = [format!("--stderr-bytes={}", effort.flood_bytes)];
        let mut case = "resident memory";
        for (what, contestant) in [
            ("shim, success", self.shim(&compile(&[]))),
            ("shim, flood", self.shim(&flood)),
            ("shim, failure", self.shim(&failing(0)).leaving(1)),
            ("shim, flood+fail", self.shim(&failing(effort.flood_bytes)).leaving(1)),
        ] {
            Row::new(case, what).limit(Limit::Megabytes(4.0), contestant.peak_memory()?).print();
            case = "";
        }
        Ok(())
    }

    /// The machine's own compiler and an empty source: how much of the shortest real compile the wrapper is.
    fn real_compiles(&self, effort: &Effort) -> Fallible<()> {
        let Some(compiler) = find("g++", &self.path) else {
            println!("real compile: no g++ on PATH");
            return Ok(());
        };
        fs::remove_file(self.dir.join("real/g++"))?;
        symlink(compiler, self.dir.join("real/g++"))?;
        fs::write(self.dir.join("empty.cpp"), "")?;
        let args = ["-c", "empty.cpp", "-o", "empty.o"].map(str::to_owned);
        let mut field = vec![self.bare(&args), self.floor(&args), self.shim(&args)];
        if self.has_ccache {
            let mut off = self.ccache("ccache passing", &args);
            off.command.env("CCACHE_DISABLE", "1");
            let mut miss = self.ccache("ccache miss", &args);
            miss.command.env("CCACHE_RECACHE", "1");
            field.extend([off, miss, self.ccache(CCACHE_HIT, &args)]);
        }
        let race = Race::run(field, effort.real_compiles)?;
        race.print("real g++, empty source", Limit::None);
        if self.has_ccache {
            // ccache at its own work on a compile that must run, as the shim is at its.
            let ratio = race.overhead(2, 0) / race.overhead(4, 0);
            Row::new("", "shim/ccache miss").ratio(ratio).limit(Limit::AtMost(0.5), ratio).print();
        }
        let share = race.overhead(2, 0) / median(race.times[0].clone()) * 100.0;
        println!("the shim makes the shortest real compile {share:.1} % longer");
        Ok(())
    }

    /// The failing compile is worth its name only when the shim reports something. It keeps silent where it knows no
    /// sure remedy, and this machine may be such a case: then it is told of another.
    fn make_it_speak(&mut self) -> Fallible<&'static str> {
        let speaks = |track: &Self| -> Fallible<bool> {
            let output = track.shim(&failing(0)).command.stderr(Stdio::piped()).output()?;
            Ok(String::from_utf8_lossy(&output.stderr).contains("pycc-shim: "))
        };
        if speaks(self)? {
            return Ok("the recognised failure is judged by this machine's own facts");
        }
        self.other_root = true;
        if speaks(self)? {
            return Ok("the recognised failure is judged by the facts of a bare Debian 13: this machine has no remedy");
        }
        self.other_root = false;
        Ok("the shim said nothing about the failing compile: these rows do not measure a report")
    }
}

/// Inductor's command on the source, with options for the target in front.
fn compile(options: &[String]) -> Vec<String> {
    let output = SOURCE.replace(".cpp", ".so");
    let words = [SOURCE, "-o", &output].into_iter().chain(INDUCTOR.split_whitespace());
    options.iter().cloned().chain(words.map(str::to_owned)).collect()
}

/// The same, failing for want of Python.h after `flood` bytes of other text.
fn failing(flood: u64) -> Vec<String> {
    compile(&[format!("--stderr-bytes={flood}"), format!("--fail-python-h={SOURCE}")])
}

fn build_c(source: &str, output: &Path) -> Fallible<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches").join(source);
    let status = Command::new("cc").arg("-O2").arg("-o").args([output, &source]).status();
    match status.map_err(|error| format!("cc: {error}"))? {
        status if status.success() => Ok(()),
        status => Err(format!("cc {}: {status}", source.display()).into()),
    }
}

/// The first executable file of this name on a search path.
fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    let is_program =
        |file: &PathBuf| fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0);
    std::env::split_paths(path).map(|dir| dir.join(name)).find(is_program)
}
