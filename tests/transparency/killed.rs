//! Killed while it writes the record, at any of its system calls: the old record stands there, or the new one, whole.
//! Between two calls nothing changes that another process can see, so that these are all the moments there are.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::pair::{Face, Pair};
use crate::record_kept::{failing, line};
use crate::world::start;

/// Runs a command that stops before and after each of its system calls; `at` is told the number of each stop, and kills
/// by saying so. Gives the number of stops.
#[allow(clippy::zombie_processes, reason = "it is waited for by its id, as its tracer has to")]
fn stop_by_stop(command: &mut Command, mut at: impl FnMut(usize) -> bool) -> usize {
    // SAFETY: async-signal-safe; the tracer is who waits below.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    let child = start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    let id = libc::pid_t::try_from(child.id()).unwrap();
    let none = std::ptr::null_mut::<libc::c_void>();
    let mut passed_on = 0;
    let mut stops = 0;
    let mut is_set = false;
    loop {
        let mut status = 0;
        // SAFETY: waitpid and ptrace on a child of ours that we trace, with room for the answer.
        assert_eq!(unsafe { libc::waitpid(id, &raw mut status, 0) }, id);
        if !libc::WIFSTOPPED(status) {
            return stops;
        }
        if !is_set {
            is_set = true;
            let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
            // SAFETY: as above.
            unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, id, none, options) };
        } else if libc::WSTOPSIG(status) == libc::SIGTRAP | 0x80 {
            stops += 1;
            if at(stops) {
                // SAFETY: kill and waitpid on a child of ours.
                unsafe {
                    libc::kill(id, libc::SIGKILL);
                    assert_eq!(libc::waitpid(id, &raw mut status, 0), id);
                }
                assert!(libc::WIFSIGNALED(status));
                return stops;
            }
        } else {
            passed_on = libc::WSTOPSIG(status);
        }
        // SAFETY: as above.
        unsafe { libc::ptrace(libc::PTRACE_SYSCALL, id, none, passed_on) };
        passed_on = 0;
    }
}

fn failing_compile(pair: &Pair) -> Command {
    let mut command = pair.command(Face::OnPath("g++"), true);
    command.args(line());
    command
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_record_is_the_old_one_or_the_new_one() {
    let pair = failing();
    pair.make_anew();
    let state = pair.world.path("home/.local/state/pycc-shim");
    fs::create_dir_all(&state).unwrap();
    let put_old = || {
        for name in names(&state) {
            fs::remove_file(state.join(name)).unwrap();
        }
        fs::write(state.join("last.json"), "old").unwrap();
    };
    // Counted from where the directory is first seen to change: how many calls there are before is the scheduler's.
    let write = |kill_after: usize| {
        put_old();
        let mut changed_at = None;
        let all = stop_by_stop(&mut failing_compile(&pair), |stop| {
            if changed_at.is_none() && names(&state) != ["last.json"] {
                changed_at = Some(stop);
            }
            changed_at.is_some_and(|first| stop - first == kill_after)
        });
        let left = names(&state);
        assert!(left.iter().all(|name| name == "last.json" || name.starts_with(".new-")), "{left:?}");
        let record = fs::read_to_string(state.join("last.json")).unwrap();
        (all - changed_at.expect("a record is written"), left.len() == 2, record)
    };
    let (_, _, new) = write(usize::MAX);
    serde_json::from_str::<serde_json::Value>(&new).unwrap();
    let mut moments = Vec::new();
    loop {
        let (reached, is_half, record) = write(moments.len());
        assert!(record == "old" && is_half || record == new && !is_half, "killed at {moments:?}: {record}");
        if reached < moments.len() {
            break;
        }
        moments.push(is_half);
    }
    // Made, written, and not renamed yet; and renamed.
    assert!(moments.starts_with(&[true, true, true]) && moments.ends_with(&[false, false]), "{moments:?}");
    // What a killed one has left is in nobody's way.
    fs::write(state.join(".new-left"), "half").unwrap();
    stop_by_stop(&mut failing_compile(&pair), |_| false);
    assert_eq!(fs::read_to_string(state.join("last.json")).unwrap(), new);
}
