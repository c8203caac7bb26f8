//! The directories and programs of the races, and whoever runs in them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Fallible;
use crate::race::Contestant;

/// An Inductor command as it is run, shortened by nothing that a wrapper has to look at.
const INDUCTOR: &str = "-D TORCH_INDUCTOR_CPP_WRAPPER -D STANDALONE_TORCH_HEADER -D C10_USING_CUSTOM_GENERATED_MACROS \
    -D CPU_CAPABILITY_AVX512 -O3 -DNDEBUG -fno-omit-frame-pointer -fno-trapping-math -funsafe-math-optimizations \
    -ffinite-math-only -fno-signed-zeros -fmath-errno -ffp-contract=off -fexcess-precision=fast \
    -fno-tree-loop-vectorize -march=native -shared -fPIC -Wall -std=c++20 -Wno-unused-variable -Wno-unknown-pragmas \
    -pedantic -fopenmp -I/usr/include/python3.13 -I/opt/venv/lib/python/site-packages/torch/include \
    -I/opt/venv/lib/python/site-packages/torch/include/torch/csrc/api/include -mavx512f -mfma \
    -ltorch -ltorch_cpu -ltorch_python -lgomp -L/opt/venv/lib/python/site-packages/torch/lib";
const SOURCE: &str = "/tmp/torchinductor_bench/gg/cggmmbmeg4xaut6co6z66dxby7vtyor5st3fpk227x6zmbpct7rb.main.cpp";

/// A directory of programs, which goes when the bench ends: `real/g++` is the target, and `shim/g++` and `ccache/g++`
/// stand in front of it as their installers place them.
pub(crate) struct Track {
    pub(crate) dir: PathBuf,
    pub(crate) path: OsString,
    /// Other wrappers that are on this machine.
    others: Vec<&'static str>,
    /// Whether the shim is to take the machine's facts from `root/`, a bare Debian 13, and not from this machine.
    pub(crate) other_root: bool,
}

impl Drop for Track {
    fn drop(&mut self) {
        if self.has("sccache") {
            let _ = self.command(self.dir.join("sccache"), "real").arg("--stop-server").status();
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Track {
    pub(crate) fn lay() -> Fallible<Self> {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("track-{}", std::process::id()));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let others = ["ccache", "sccache", "distcc"].into_iter().filter(|name| find(name, &path).is_some()).collect();
        let track = Self { dir, others, path, other_root: false };
        for name in ["real", "shim", "script", "ccache", "home/distcc", "root/etc", "root/usr/bin"] {
            fs::create_dir_all(track.dir.join(name))?;
        }
        fs::write(track.dir.join("root/etc/os-release"), "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n")?;
        build_c("floor.c", &track.dir.join("floor"))?;
        build_c("target.c", &track.dir.join("real/g++"))?;
        for program in ["apt-get", "python3.13"] {
            fs::copy(track.dir.join("real/g++"), track.dir.join("root/usr/bin").join(program))?;
        }
        let shim = shim();
        let installed = track.dir.join("shim/g++");
        fs::hard_link(&shim, &installed)
            .or_else(|_| fs::copy(&shim, &installed).map(drop))
            .map_err(|error| format!("{}: {error}", shim.display()))?;
        fs::write(track.dir.join("shim/.pycc-shim"), "")?;
        // The least that a wrapper in sh is: it keeps its child, and leaves as that did.
        let script = track.dir.join("script/g++");
        fs::write(&script, format!("#!/bin/sh\n'{}' \"$@\"\nexit $?\n", track.dir.join("real/g++").display()))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        for (name, link) in [("ccache", "ccache/g++"), ("distcc", "distcc"), ("sccache", "sccache")] {
            if let Some(program) = find(name, &track.path) {
                symlink(program, track.dir.join(link))?;
            }
        }
        Ok(track)
    }

    pub(crate) fn has(&self, wrapper: &str) -> bool {
        self.others.contains(&wrapper)
    }

    /// Puts the machine's own compiler in the target's place; false where there is none.
    pub(crate) fn take_real_compiler(&self) -> Fallible<bool> {
        let Some(compiler) = find("g++", &self.path) else { return Ok(false) };
        fs::remove_file(self.dir.join("real/g++"))?;
        symlink(compiler, self.dir.join("real/g++"))?;
        fs::write(self.dir.join("empty.cpp"), "")?;
        Ok(true)
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
        command.env("CCACHE_DIR", self.dir.join("home/ccache")).env("SCCACHE_DIR", self.dir.join("home/sccache"));
        command.env("DISTCC_HOSTS", "localhost").env("DISTCC_DIR", self.dir.join("home/distcc"));
        // A server of its own, which ends with the track.
        command.env("SCCACHE_SERVER_PORT", (20_000 + std::process::id() % 20_000).to_string());
        if self.other_root {
            command.env("_PYCC_SHIM_ROOT", self.dir.join("root"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub(crate) fn bare(&self, args: &[String]) -> Contestant {
        Contestant::new("bare", self.command(self.dir.join("real/g++"), "real"), args)
    }

    pub(crate) fn floor(&self, args: &[String]) -> Contestant {
        let mut command = self.command(self.dir.join("floor"), "real");
        command.arg(self.dir.join("real/g++"));
        Contestant::new("floor", command, args)
    }

    /// Called by its bare name, as Inductor calls it.
    pub(crate) fn shim(&self, args: &[String]) -> Contestant {
        self.wrapper("shim", "shim", args)
    }

    /// Whoever stands as `g++` in a directory of that name, called by the bare name.
    pub(crate) fn wrapper(&self, directory: &str, name: &'static str, args: &[String]) -> Contestant {
        let mut command = self.command(self.dir.join(directory).join("g++"), directory);
        command.arg0("g++");
        Contestant::new(name, command, args)
    }

    /// sccache and distcc in front of the compiler that their first argument names: by its bare name distcc would look
    /// for one with this machine's own prefix.
    pub(crate) fn launcher(&self, launcher: &str, name: &'static str, args: &[String]) -> Contestant {
        let mut command = self.command(self.dir.join(launcher), "real");
        command.arg(self.dir.join("real/g++"));
        Contestant::new(name, command, args)
    }

    /// The failing compile is worth its name only when the shim reports something. It keeps silent where it knows no
    /// sure remedy, and this machine may be such a case: then it is told of another.
    pub(crate) fn make_it_speak(&mut self) -> Fallible<&'static str> {
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

/// The program that is measured: what `PYCC_SHIM_BENCH_BIN` names, else cargo's.
pub(crate) fn shim() -> PathBuf {
    std::env::var_os("PYCC_SHIM_BENCH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_pycc-shim").into()).into()
}

/// Inductor's command on the source, with options for the target in front.
pub(crate) fn compile(options: &[String]) -> Vec<String> {
    let output = SOURCE.replace(".cpp", ".so");
    let words = [SOURCE, "-o", &output].into_iter().chain(INDUCTOR.split_whitespace());
    options.iter().cloned().chain(words.map(str::to_owned)).collect()
}

/// The same, failing for want of Python.h after `flood` bytes of other text.
pub(crate) fn failing(flood: u64) -> Vec<String> {
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
