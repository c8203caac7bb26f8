//! The real ccache and sccache, behind us and before us. What they did is what their own statistics say.

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::world::{Call, Outcome, REPORT, SHIM, World, gcc_says, show, start};

/// Servers that could not have a port which was free a moment ago get another one.
pub(crate) const TRIES: usize = 5;
/// Inductor's two shapes: one command, which caches pass on, and the compile of a compile and a link.
pub(crate) const SHAPES: [&str; 2] = [
    "-D TORCH_INDUCTOR_CPP_WRAPPER -shared -fPIC -o cab.main.so",
    "-D TORCH_INDUCTOR_CPP_WRAPPER -fPIC -c -o cab.main.o",
];

pub(crate) fn is_installed(tool: &str) -> bool {
    let found = Path::new("/usr/bin").join(tool).exists();
    if !found {
        eprintln!("{tool} is not installed: nothing tested");
    }
    found
}

/// Whether this machine's own Python 3.13 would make the compiles pass that are to fail: the real compiler looks there.
pub(crate) fn has_headers() -> bool {
    let found = Path::new("/usr/include/python3.13/Python.h").exists();
    if found {
        eprintln!("this machine has Python 3.13's headers: no failure tested");
    }
    found
}

/// A Debian 13 without Python's headers whose compilers are this machine's own, and ourselves before the names that
/// `setup` would take.
pub(crate) fn world() -> World {
    let world = World::debian13();
    for name in ["g++", "gcc"] {
        fs::remove_file(world.path("bin").join(name)).unwrap();
    }
    world.stand_in("pycc-shim");
    if full_name() != "g++" {
        world.stand_in(&full_name());
    }
    world.file("work/cab.main.cpp", "#include <Python.h>\n");
    world
}

/// The name under which distcc asks for `g++`: with the target before it, where there is such a name (distcc(1),
/// `DISTCC_NO_REWRITE_CROSS`).
pub(crate) fn full_name() -> String {
    let mut query = Command::new("/usr/bin/g++");
    let mut child = start(query.arg("-dumpmachine").stdout(Stdio::piped()));
    let mut target = String::new();
    child.stdout.take().unwrap().read_to_string(&mut target).unwrap();
    assert!(child.wait().unwrap().success());
    let name = format!("{}-g++", target.trim());
    if Path::new("/usr/bin").join(&name).exists() { name } else { "g++".to_owned() }
}

/// A way to put a tool and us together: what is called with which arguments before the compiler's, and whether the tool
/// is our launcher.
pub(crate) struct Way {
    program: &'static str,
    first: &'static str,
    launcher: bool,
}

pub(crate) fn behind(program: &'static str) -> Way {
    Way { program, first: "", launcher: true }
}

pub(crate) fn before(program: &'static str, first: &'static str) -> Way {
    Way { program, first, launcher: false }
}

/// A tool at work in a world, with the variables that it needs.
pub(crate) struct Tool<'w> {
    pub(crate) world: &'w World,
    pub(crate) name: &'static str,
    pub(crate) env: Vec<(&'static str, OsString)>,
}

impl Tool<'_> {
    /// A call with the tool's variables.
    fn call(&self, program: &str) -> Call<'_> {
        self.env.iter().fold(self.world.call(program), |call, (name, value)| call.env(name, value))
    }

    fn compile(&self, way: &Way, line: &str) -> Call<'_> {
        let call = self.call(way.program).args(way.first).args(line);
        if way.launcher { call.env("PYCC_SHIM_LAUNCHER", self.name) } else { call }
    }

    /// The compile succeeds in silence, and its object is the one that the compiler makes alone.
    #[track_caller]
    pub(crate) fn compiles(&self, way: &Way, source: &str) {
        let object = self.world.path("work/a.o");
        self.compile(way, &format!("-O2 -c {source} -o a.o")).run().is("0", "", "");
        let made = fs::read(&object).unwrap();
        fs::remove_file(&object).unwrap();
        self.world.call("/usr/bin/g++").args(&format!("-O2 -c {source} -o a.o")).run().is("0", "", "");
        assert!(made == fs::read(&object).unwrap(), "another object than without us");
        fs::remove_file(&object).unwrap();
    }

    /// A compile in Inductor's shape that must fail, for want of the header.
    pub(crate) fn fails(&self, way: &Way, shape: &str) -> Call<'_> {
        self.compile(way, &format!("cab.main.cpp -I/usr/include/python3.13 {shape}"))
    }

    /// Each way through a cache: a miss, a hit; then a failure, which stays one, with one report at its end.
    fn is_a_cache(&self, ways: &[Way]) {
        for (round, way) in ways.iter().enumerate() {
            let source = format!("a{round}.cpp");
            self.world.file(&format!("work/{source}"), format!("int answer() {{ return {round}; }}\n"));
            assert_eq!(self.hits_and_misses(), (round, round), "before {} {}", way.program, way.first);
            self.compiles(way, &source);
            assert_eq!(self.hits_and_misses(), (round, round + 1), "miss, {} {}", way.program, way.first);
            self.compiles(way, &source);
            assert_eq!(self.hits_and_misses(), (round + 1, round + 1), "hit, {} {}", way.program, way.first);
        }
        if has_headers() {
            return;
        }
        let text = format!("{}{REPORT}", gcc_says("cab.main.cpp", "Python.h"));
        for way in ways {
            for shape in [SHAPES[0], SHAPES[1], SHAPES[1]] {
                self.fails(way, shape).run().is("1", "", &text);
            }
        }
    }

    fn hits_and_misses(&self) -> (usize, usize) {
        if self.name == "sccache" {
            let outcome = self.call("sccache").args("--show-stats --stats-format json").run();
            let all: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
            let count = |of: &str| {
                let counts = all["stats"][of]["counts"].as_object().unwrap();
                counts.values().map(|count| usize::try_from(count.as_u64().unwrap()).unwrap()).sum()
            };
            return (count("cache_hits"), count("cache_misses"));
        }
        let outcome = self.call("ccache").args("--print-stats").run();
        let count = |name: &str| -> usize {
            let line = outcome.stdout.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'));
            line.unwrap_or_else(|| panic!("no {name} in {}", outcome.stdout)).parse().unwrap()
        };
        (count("direct_cache_hit") + count("preprocessed_cache_hit"), count("cache_miss"))
    }
}

/// A port of the loopback device that nobody listens on, below those that the kernel gives to clients (32768 on Linux,
/// ip(7)), and each only once here.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut ports = std::iter::from_fn(|| {
        let offset = (std::process::id() + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        u16::try_from(20_000 + offset).ok()
    });
    ports.find(is_free).unwrap()
}

fn ccache(world: &World) -> Tool<'_> {
    Tool { world, name: "ccache", env: vec![("CCACHE_DIR", world.path("cache").into())] }
}

/// sccache with a server of its own, which goes when this does.
struct Sccache<'w>(Tool<'w>);

impl<'w> Sccache<'w> {
    /// Without a server: what is called first starts it.
    fn asleep(world: &'w World) -> Self {
        let port = free_port().to_string();
        let env = vec![("SCCACHE_DIR", world.path("cache").into()), ("SCCACHE_SERVER_PORT", port.into())];
        Self(Tool { world, name: "sccache", env })
    }

    fn awake(world: &'w World) -> Self {
        for _ in 0..TRIES {
            let sccache = Self::asleep(world);
            if sccache.0.call("/usr/bin/sccache").args("--start-server").run().status == "0" {
                return sccache;
            }
        }
        panic!("sccache's server does not start");
    }

    /// What a call says that starts the server: several in a hundred of sccache 0.4's servers never answer, whoever
    /// starts them (measured: 3 of 120 without us, four at a time), which the call says after ten seconds.
    fn woken_by(world: &'w World, call: impl Fn(&Self) -> Outcome) -> (Self, Outcome) {
        for _ in 0..TRIES {
            let sccache = Self::asleep(world);
            let outcome = call(&sccache);
            if !outcome.stderr.ends_with("sccache: error: Timed out waiting for server startup\n") {
                return (sccache, outcome);
            }
        }
        panic!("sccache's server does not start");
    }
}

impl Drop for Sccache<'_> {
    fn drop(&mut self) {
        let mut stop = self.0.call("/usr/bin/sccache").args("--stop-server").command();
        let _ = start(stop.stdout(Stdio::null()).stderr(Stdio::null())).wait();
    }
}

#[test]
fn ccache_counts_a_miss_and_a_hit() {
    if !is_installed("ccache") {
        return;
    }
    let world = world();
    let ways = [behind("g++"), behind(SHIM), before("ccache", "g++"), before("ccache", "pycc-shim")];
    ccache(&world).is_a_cache(&ways);
}

/// As `/usr/lib/ccache` stands before the compilers, with what `run` sets.
#[test]
fn ccache_counts_a_miss_and_a_hit_as_a_masquerade() {
    if !is_installed("ccache") {
        return;
    }
    let world = world();
    fs::create_dir(world.path("masquerade")).unwrap();
    symlink("/usr/bin/ccache", world.path("masquerade/g++")).unwrap();
    let path = std::env::join_paths([world.path("masquerade"), world.path("shim"), "/usr/bin".into(), "/bin".into()]);
    let mut tool = ccache(&world);
    tool.env.extend([("PATH", path.unwrap()), ("CCACHE_COMPILERCHECK", "%compiler% -v".into())]);
    tool.is_a_cache(&[before("g++", "")]);
}

/// ccache before us takes our file for the compiler: a new compiler behind us is none to it, unless it is told to ask.
#[test]
fn ccache_before_us_sees_another_compiler_when_it_asks() {
    if !is_installed("ccache") {
        return;
    }
    for (check, hits_and_misses) in [("mtime", (1, 1)), ("%compiler% -v", (0, 2))] {
        let world = world();
        world.file("work/a.cpp", "int answer() { return 42; }\n");
        let mut tool = ccache(&world);
        tool.env.push(("CCACHE_COMPILERCHECK", check.into()));
        for version in ["one", "two"] {
            world.script(
                "bin/g++",
                &format!("#!/bin/sh\n[ \"$*\" != -v ] || echo {version} >&2\nexec /usr/bin/g++ \"$@\"\n"),
            );
            tool.compiles(&before("ccache", "g++"), "a.cpp");
        }
        assert_eq!(tool.hits_and_misses(), hits_and_misses, "{check}");
    }
}

#[test]
fn sccache_counts_a_miss_and_a_hit() {
    if !is_installed("sccache") {
        return;
    }
    let world = world();
    let ways = [behind("g++"), behind(SHIM), before("sccache", "g++"), before("sccache", "pycc-shim")];
    Sccache::awake(&world).0.is_a_cache(&ways);
}

/// The server keeps the environment of the compile that started it, our launcher and depth among it, and asks compilers
/// in it: when that is us, the launcher must not come in once more.
#[test]
fn a_server_that_was_started_behind_us_serves_before_us() {
    if !is_installed("sccache") {
        return;
    }
    let world = world();
    let ways = [behind("g++"), before("sccache", "g++"), before("sccache", "pycc-shim")];
    world.file("work/first.cpp", "int first;\n");
    let (sccache, first) = Sccache::woken_by(&world, |sccache| sccache.0.compile(&ways[0], "-c first.cpp").run());
    first.is("0", "", "");
    sccache.0.call("sccache").args("--zero-stats").run();
    sccache.0.is_a_cache(&ways);
}

/// A server that stays in the foreground holds the compiler's stderr open for as long as it lives.
#[test]
fn a_server_that_holds_our_pipe_does_not_hold_us() {
    if !is_installed("sccache") || has_headers() {
        return;
    }
    let world = world();
    let (sccache, outcome) = Sccache::woken_by(&world, |sccache| {
        let path = world.path("work/stdout");
        let call = sccache.0.fails(&behind("g++"), SHAPES[1]).env("SCCACHE_NO_DAEMON", "1");
        let mut command = call.command();
        command.stdin(Stdio::null()).stdout(fs::File::create(&path).unwrap()).stderr(Stdio::piped());
        let mut child = start(&mut command);
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = show(child.wait().unwrap());
        Outcome { status, stdout: fs::read_to_string(&path).unwrap(), stderr }
    });
    outcome.is("1", "", &format!("{}{REPORT}", gcc_says("cab.main.cpp", "Python.h")));
    assert_eq!(sccache.0.hits_and_misses(), (0, 0), "the server is there");
}

/// What PyTorch asks before it compiles is answered by the compiler through a launcher too, which has nothing to do.
#[test]
fn questions_go_through_a_launcher() {
    let world = world();
    for name in ["ccache", "sccache", "distcc"].into_iter().filter(|name| is_installed(name)) {
        let sccache = (name == "sccache").then(|| Sccache::awake(&world));
        for question in ["--version", "-dumpfullversion -dumpversion", "-dumpmachine", "-print-file-name=libgomp.so"] {
            let without = world.call("g++").env("PATH", "/usr/bin:/bin").args(question).run();
            let call = sccache.as_ref().map_or_else(|| world.call("g++"), |sccache| sccache.0.call("g++"));
            let call = call.env("PYCC_SHIM_LAUNCHER", name).env("CCACHE_DIR", world.path("cache"));
            assert_eq!(call.args(question).run(), without, "{name} {question}");
        }
    }
}
