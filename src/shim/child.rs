//! A child process: start it, wait for it, leave the way it left.

use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use crate::shim::environment::Block;
use crate::shim::signals;
use crate::shim::streams::Streams;

/// Everything that an `execve` takes.
#[derive(Debug)]
pub struct Program<'a> {
    path: &'a CStr,
    arguments: Vec<*const c_char>,
    environment: &'a Block,
}

impl<'a> Program<'a> {
    /// `path` is executed as it is, with `argv0`, then `extra`, then `arguments`.
    #[must_use]
    pub fn new(
        path: &'a CStr,
        argv0: &'a CStr,
        extra: &'a [CString],
        arguments: &[&'a CStr],
        environment: &'a Block,
    ) -> Self {
        let mut pointers = Vec::with_capacity(extra.len() + arguments.len() + 2);
        pointers.push(argv0.as_ptr());
        pointers.extend(extra.iter().map(|argument| argument.as_ptr()));
        pointers.extend(arguments.iter().map(|argument| argument.as_ptr()));
        pointers.push(std::ptr::null());
        Self { path, arguments: pointers, environment }
    }

    /// Becomes the program. Returns only when that failed.
    #[must_use]
    pub fn become_it(&self) -> io::Error {
        let error = self.execute();
        if self.is_script(&error) { self.as_script().execute() } else { error }
    }

    fn execute(&self) -> io::Error {
        // SAFETY: NULL-terminated arrays of NUL-terminated strings that outlive the call.
        unsafe { libc::execve(self.path.as_ptr(), self.arguments.as_ptr(), self.environment.as_ptr()) };
        io::Error::last_os_error()
    }

    /// Whether it could not be executed for want of a first line that says whose script it is. A program of another
    /// machine's has bytes there that no script has, as bash knows too.
    fn is_script(&self, error: &io::Error) -> bool {
        let mut start = [0; 128];
        let path = OsStr::from_bytes(self.path.to_bytes());
        error.raw_os_error() == Some(libc::ENOEXEC)
            && File::open(path)
                .and_then(|mut file| file.read(&mut start))
                .is_ok_and(|count| !start[..count].contains(&0) && !start.starts_with(b"\x7fELF"))
    }

    /// The program as the shell's (execvp(3)).
    fn as_script(&self) -> Self {
        const SHELL: &CStr = c"/bin/sh";
        let mut arguments = vec![SHELL.as_ptr(), self.path.as_ptr()];
        arguments.extend_from_slice(&self.arguments[1..]);
        Self { path: SHELL, arguments, environment: self.environment }
    }

    /// Starts the program with a channel of ours, where there is one, as these of its streams. Everything else is
    /// inherited: descriptors, working directory, umask, limits, group, signal mask, and ignored signals.
    ///
    /// `ignores_children` says whether our caller ignores SIGCHLD.
    ///
    /// # Errors
    /// What `execve` says: no such file, not executable, too many arguments; or that no process could be made.
    pub fn spawn(&self, channel: Option<(&OwnedFd, Streams)>, ignores_children: bool) -> io::Result<Child> {
        match self.start(channel, ignores_children) {
            Err(error) if self.is_script(&error) => self.as_script().start(channel, ignores_children),
            started => started,
        }
    }

    fn start(&self, channel: Option<(&OwnedFd, Streams)>, ignores_children: bool) -> io::Result<Child> {
        if ignores_children {
            return self.fork_with_children_ignored(channel);
        }
        let mut pid = 0;
        // SAFETY: the file actions are initialised, filled and destroyed here; the arrays outlive the call.
        let error = unsafe {
            let mut actions = std::mem::MaybeUninit::<libc::posix_spawn_file_actions_t>::uninit();
            libc::posix_spawn_file_actions_init(actions.as_mut_ptr());
            let mut actions = actions.assume_init();
            if let Some((channel, streams)) = channel {
                for stream in streams.descriptors() {
                    libc::posix_spawn_file_actions_adddup2(&raw mut actions, channel.as_raw_fd(), *stream);
                }
            }
            let error = libc::posix_spawn(
                &raw mut pid,
                self.path.as_ptr(),
                &raw const actions,
                std::ptr::null(),
                self.arguments.as_ptr().cast(),
                self.environment.as_ptr().cast(),
            );
            libc::posix_spawn_file_actions_destroy(&raw mut actions);
            error
        };
        if error == 0 { Ok(Child { pid }) } else { Err(io::Error::from_raw_os_error(error)) }
    }

    /// Our caller ignores SIGCHLD: the child must find it ignored, and we must not, or the kernel throws its status
    /// away. `posix_spawn` can only reset dispositions, hence a plain fork.
    fn fork_with_children_ignored(&self, channel: Option<(&OwnedFd, Streams)>) -> io::Result<Child> {
        let (read, write) = pipe()?;
        if signals::children_are_ignored() {
            signals::reset(libc::SIGCHLD);
        }
        // SAFETY: we are the only thread; between fork and exec the child calls async-signal-safe functions only.
        let pid = unsafe { libc::fork() };
        match pid {
            -1 => Err(io::Error::last_os_error()),
            0 => {
                // SAFETY: as above; `write` is close-on-exec, so that its end tells the parent that exec succeeded.
                unsafe {
                    libc::signal(libc::SIGCHLD, libc::SIG_IGN);
                    if let Some((channel, streams)) = channel {
                        for stream in streams.descriptors() {
                            libc::dup2(channel.as_raw_fd(), *stream);
                        }
                    }
                    let code = self.execute().raw_os_error().unwrap_or(libc::ENOENT).to_ne_bytes();
                    libc::write(write.as_raw_fd(), code.as_ptr().cast(), code.len());
                    libc::_exit(127);
                }
            }
            _ => {
                drop(write);
                let mut code = [0_u8; 4];
                // SAFETY: a read of at most four bytes into four.
                let count = unsafe { libc::read(read.as_raw_fd(), code.as_mut_ptr().cast(), code.len()) };
                let child = Child { pid };
                if count == 4 {
                    let _ = child.wait();
                    return Err(io::Error::from_raw_os_error(c_int::from_ne_bytes(code)));
                }
                Ok(child)
            }
        }
    }
}

/// A started process that has not been waited for.
#[derive(Debug)]
pub struct Child {
    pid: libc::pid_t,
}

impl Child {
    #[must_use]
    pub fn id(&self) -> libc::pid_t {
        self.pid
    }

    /// Whether the child has ended; it stays to be waited for.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        // SAFETY: waitid on our own child with room for its answer; WNOWAIT leaves the child as it is. Where it has not
        // ended the structure stays zero (POSIX).
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            #[allow(clippy::cast_sign_loss, reason = "a process id is positive")]
            let asked = libc::waitid(libc::P_PID, self.pid as libc::id_t, &raw mut info, options);
            asked == 0 && info.si_pid() == self.pid
        }
    }

    /// Blocks until the child has ended.
    #[must_use]
    pub fn wait(self) -> Exit {
        let mut status = 0;
        loop {
            // SAFETY: waitpid on our own child with a valid status pointer.
            let pid = unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
            if pid == self.pid {
                break;
            }
            if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                // Nobody can have reaped our child; if the kernel says so, all that is left is to say "failed".
                return Exit::Code(1);
            }
        }
        signals::forward_to_nobody();
        if libc::WIFSIGNALED(status) {
            Exit::Signal(libc::WTERMSIG(status))
        } else {
            Exit::Code(libc::WEXITSTATUS(status))
        }
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Code(c_int),
    Signal(c_int),
}

impl Exit {
    #[must_use]
    pub fn succeeded(self) -> bool {
        self == Self::Code(0)
    }

    /// Leaves this process in the same way: the same status, or the same signal raised on ourselves, so that a caller
    /// sees WIFSIGNALED as it would without us (Python: a negative returncode).
    pub fn leave(self) -> ! {
        match self {
            Self::Code(code) => {
                // SAFETY: ends the process; nothing of ours waits in a buffer.
                unsafe { libc::_exit(code) }
            }
            Self::Signal(signal) => {
                leave_no_core();
                signals::reset(signal);
                // SAFETY: plain calls on ourselves with valid arguments.
                unsafe {
                    let mut set: libc::sigset_t = std::mem::zeroed();
                    libc::sigemptyset(&raw mut set);
                    libc::sigaddset(&raw mut set, signal);
                    libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
                    libc::raise(signal);
                    // Only a signal whose default is not to end a process comes back here.
                    libc::_exit(128 + signal)
                }
            }
        }
    }
}

/// The core dump worth having is the compiler's, not ours.
fn leave_no_core() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain calls on ourselves with valid arguments; a failure changes nothing.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        // With a core_pattern that pipes to a program the limit does not count, but this does (core(5)).
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
    }
}

/// A pipe whose both ends close on exec: read end, write end.
///
/// # Errors
/// No descriptors left.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends: [c_int; 2] = [0; 2];
    // SAFETY: room for the two descriptors, which belong to nobody else.
    unsafe {
        #[cfg(target_os = "linux")]
        let failed = libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) != 0;
        #[cfg(not(target_os = "linux"))]
        let failed = libc::pipe(ends.as_mut_ptr()) != 0
            || ends.iter().any(|end| libc::fcntl(*end, libc::F_SETFD, libc::FD_CLOEXEC) != 0);
        if failed {
            return Err(io::Error::last_os_error());
        }
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}
