//! The real distcc, behind us and before us, with a server on the loopback device whose log tells what it compiled.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::caches::{SHAPES, TRIES, Tool, before, behind, free_port, full_name, has_headers, is_installed, world};
use crate::world::{REPORT, SHIM, World, gcc_says, start};

/// How long a log may keep us waiting before a test fails; nothing is decided by it.
const PATIENCE: Duration = Duration::from_secs(30);

/// distcc with a server of its own, which goes when this does.
struct Distcc<'w> {
    tool: Tool<'w>,
    server: Child,
    log: Receiver<String>,
}

impl<'w> Distcc<'w> {
    fn awake(world: &'w World) -> Self {
        for _ in 0..TRIES {
            let port = free_port();
            let mut command = Command::new("/usr/bin/distccd");
            command.args(["--daemon", "--no-detach", "--log-stderr", "--log-level", "info", "--jobs", "2"]);
            command.args(["--listen", "127.0.0.1", "--allow", "127.0.0.1", "--port", &port.to_string()]);
            command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").process_group(0);
            let mut server = start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()));
            let lines = BufReader::new(server.stderr.take().unwrap()).lines();
            let (sender, log) = channel();
            thread::spawn(move || lines.map_while(Result::ok).all(|line| sender.send(line).is_ok()));
            let env = vec![
                ("DISTCC_HOSTS", format!("127.0.0.1:{port}").into()),
                // A job that the server does not take must not be done by anybody else.
                ("DISTCC_FALLBACK", "0".into()),
            ];
            let distcc = Self { tool: Tool { world, name: "distcc", env }, server, log };
            if distcc.next_line_with("listening on").is_some() {
                return distcc;
            }
        }
        panic!("distccd does not start");
    }

    /// What the server says next of that kind; none when it is gone.
    fn next_line_with(&self, text: &str) -> Option<String> {
        std::iter::from_fn(|| self.log.recv_timeout(PATIENCE).ok()).find(|line| line.contains(text))
    }

    /// How the server's next job ended, and what it was.
    fn served(&self) -> String {
        let line = self.next_line_with("(dcc_job_summary)").expect("the server did nothing");
        let (_, rest) = line.split_once("client: 127.0.0.1:").unwrap();
        let mut words = rest.split(' ').skip(1);
        let how = words.next().unwrap();
        let what: Vec<&str> = words.skip_while(|word| !word.starts_with("time:")).skip(1).collect();
        format!("{how} {}", what.join(" "))
    }
}

impl Drop for Distcc<'_> {
    fn drop(&mut self) {
        // SAFETY: kill on the process group that we made for a child which has not been waited for.
        unsafe { libc::kill(-libc::pid_t::try_from(self.server.id()).unwrap(), libc::SIGTERM) };
        let _ = self.server.wait();
    }
}

/// `distcc[PID]` for whatever process it was.
fn without_ids(text: &str) -> String {
    let mut parts = text.split("distcc[");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| format!("{text}distcc[PID{}", part.trim_start_matches(|c: char| c.is_ascii_digit())))
}

#[test]
fn distcc_compiles_on_its_server() {
    if !is_installed("distcc") {
        return;
    }
    let world = world();
    world.file("work/a.cpp", "int answer() { return 42; }\n");
    let distcc = Distcc::awake(&world);
    let full_name = full_name();
    for (way, name) in
        [(behind("g++"), "/usr/bin/g++"), (behind(SHIM), "/usr/bin/g++"), (before("distcc", "g++"), &full_name)]
    {
        for _ in 0..2 {
            distcc.tool.compiles(&way, "a.cpp");
            assert_eq!(distcc.served(), format!("COMPILE_OK {name} a.cpp"));
        }
    }
}

/// distcc preprocesses here, and where that fails it tries again without its server, if it may.
#[test]
fn distcc_fails_with_one_report_behind_us_and_one_a_compile_before_us() {
    if !is_installed("distcc") || has_headers() {
        return;
    }
    let world = world();
    let distcc = Distcc::awake(&world);
    let compiler = gcc_says("cab.main.cpp", "Python.h");
    let server = distcc.tool.env[0].1.to_str().unwrap();
    let lost = format!(
        "distcc[PID] ERROR: compile cab.main.cpp on {server} failed\n\
         distcc[PID] (dcc_build_somewhere) Warning: remote compilation of 'cab.main.cpp' failed, retrying locally\n"
    );
    let may_not = "distcc[PID] (dcc_build_somewhere) ERROR: failed to distribute and fallbacks are disabled\n";
    let again =
        format!("distcc[PID] Warning: failed to distribute cab.main.cpp to {server}, running locally instead\n");
    let here = "distcc[PID] ERROR: compile cab.main.cpp on localhost failed\n";
    for (way, each, end) in [(behind("g++"), "", REPORT), (before("distcc", "g++"), REPORT, "")] {
        for (shape, fallback, text) in [
            (SHAPES[0], "0", format!("{compiler}{each}{here}{end}")),
            (SHAPES[1], "0", format!("{compiler}{each}{lost}{may_not}{end}")),
            (SHAPES[1], "1", format!("{compiler}{each}{lost}{again}{compiler}{each}{here}{end}")),
        ] {
            // A job that failed must not keep the next one from the server.
            let call = distcc.tool.fails(&way, shape).env("DISTCC_BACKOFF_PERIOD", "0");
            let mut outcome = call.env("DISTCC_FALLBACK", fallback).run();
            outcome.stderr = without_ids(&outcome.stderr);
            outcome.is("1", "", &text);
        }
    }
}
