//! What the compiler inherits, as a probe in its place reports it: arguments, environment, descriptors, umask, limits,
//! signals, session and group, working directory.

use crate::capture::Capture;
use crate::files::first_difference;
use crate::pair::{Face, Pair};
use crate::world::start;

/// Runs a shell line without us and with us; `"$@"` in it is the probe's call. Both reports, without what must differ.
fn reports(stage: &str, face: Face, capture: Capture) -> (String, String) {
    let pair = Pair::mock().env("ODD", "a\nb=c").env("EMPTY", "");
    let report = |through_us: bool| {
        let probe = pair.command(face, through_us);
        let is_bare = matches!(face, Face::OnPath(_)) || (matches!(face, Face::Launcher(_)) && !through_us);
        let argv0 = if is_bare { face.compiler().into() } else { probe.get_program().to_owned() };
        let mut shell = std::process::Command::new("/bin/bash");
        shell.env_clear().envs(probe.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.current_dir(probe.get_current_dir().unwrap());
        shell
            .arg("-c")
            .arg(format!("{stage}\nprogram=$1; argv0=$2; shift 2\n(exec -a \"$argv0\" \"$program\" \"$@\"); exit $?"));
        shell.arg("bash").arg(probe.get_program()).arg(argv0).args(probe.get_args());
        shell.args(["--mock-dump", "--mock-dump-process", "-c", "a.c", "--mock-exit=1"]);
        pair.make_anew();
        let (status, streams) = capture.run(&mut shell, b"", &pair.world.path("captured"));
        assert_eq!(status.code(), Some(1), "{}", String::from_utf8_lossy(&streams.concat()));
        pair.world.redact(&streams.concat())
    };
    (report(false), report(true))
}

/// What differs by nature: our directory in PATH, our counter, and what stderr (and stdout, where both are one) is.
fn is_same(stage: &str, face: Face, capture: Capture) {
    let (without, with) = reports(stage, face, capture);
    let is_one = capture != Capture::Pipes;
    let plain = |text: &str| -> String {
        let is_theirs = |line: &&str| {
            let is_through_us = line.starts_with("stream 2 ") || (is_one && line.starts_with("stream 1 "));
            // On a terminal each call has a session of its own.
            let is_number = line.starts_with("session ") && capture == Capture::Terminal;
            *line != "env _PYCC_SHIM_DEPTH=1" && !is_through_us && !is_number
        };
        text.lines().filter(is_theirs).flat_map(|line| [line, "\n"]).collect()
    };
    let (without, with) = (plain(&without), plain(&with));
    assert!(without.contains("\nenv PATH=[DIR]/bin:/usr/bin:/bin\n"), "{without}");
    assert!(without.contains("\nenv ODD=a\nb=c\n") && without.lines().count() > 40, "{without}");
    let difference = first_difference(without.as_bytes(), with.as_bytes());
    assert!(
        without == with,
        "{stage}\n{face:?} {capture:?} {difference}\n--- without us\n{without}\n--- with us\n{with}"
    );
}

const FACES: [Face; 4] = [Face::OnPath("g++"), Face::ByPath("gcc"), Face::Ourselves("gcc"), Face::Launcher("g++")];

#[test]
fn whatever_the_name() {
    for face in FACES {
        is_same("umask 027", face, Capture::Pipes);
    }
}

#[test]
fn whatever_the_stage() {
    for stage in [
        "umask 0777",
        "exec 5</dev/null 9>>/dev/null; exec 3<>/dev/zero",
        "exec 0<&-",
        "exec 2>/dev/null",
        "exec 2>&-",
        "exec 0<&- 2>/dev/null",
        "trap '' INT HUP PIPE USR1 TERM QUIT ALRM XFSZ XCPU",
        "trap '' CHLD",
        "trap '' CHLD; exec 5</dev/null 0<&-",
        "ulimit -n 64; ulimit -c 0; ulimit -s 1024; ulimit -f 100; ulimit -t 60; ulimit -l 16",
        "cd /; cd \"$HOME\"",
        "export _=odd PYCC_SHIM_FORMAT=json OLDPWD=/nowhere",
        "exec 6>&1 7>&2",
    ] {
        is_same(stage, Face::OnPath("g++"), Capture::Pipes);
    }
}

#[test]
fn whatever_the_capture() {
    for capture in crate::capture::ALL {
        is_same("ulimit -n 64", Face::OnPath("g++"), capture);
    }
}

/// The same signals blocked, which a shell cannot do.
#[test]
fn blocked_signals_stay_blocked() {
    let pair = Pair::mock();
    let seen = |through_us: bool, blocked: &'static [libc::c_int]| {
        let mut command = pair.command(Face::OnPath("gcc"), through_us);
        command.args(["--mock-dump", "--mock-exit=1"]).stdout(std::process::Stdio::piped());
        // SAFETY: async-signal-safe calls on a set that is initialised first.
        unsafe {
            std::os::unix::process::CommandExt::pre_exec(&mut command, move || {
                let mut set: libc::sigset_t = std::mem::zeroed();
                libc::sigemptyset(&raw mut set);
                for signal in blocked {
                    libc::sigaddset(&raw mut set, *signal);
                }
                libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
                Ok(())
            });
        }
        let output = start(&mut command).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().filter(|line| line.starts_with("blocked ")).map(str::to_owned).collect::<Vec<_>>()
    };
    for blocked in
        [&[][..], &[libc::SIGCHLD], &[libc::SIGTERM, libc::SIGINT, libc::SIGPIPE, libc::SIGCHLD, libc::SIGALRM]]
    {
        let without = seen(false, blocked);
        assert_eq!(without.len(), blocked.len());
        assert_eq!(seen(true, blocked), without);
    }
}
