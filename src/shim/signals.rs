//! Signals while a child runs: what the terminal sends to the group, we sit out; what was sent to us alone, we pass on.

use std::ffi::c_int;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

/// Signals whose default action would end us before the child. Those that tell of a fault of ours are none of them.
const FORWARDED: [c_int; 13] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGABRT,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGXCPU,
    // A write of our own raises these two: then a handler only keeps us alive. Where the reader of our stderr has gone,
    // the compiler can so meet the closed pipe itself; where a file has reached the caller's limit (RLIMIT_FSIZE), a
    // record that finds no room changes no status.
    libc::SIGPIPE,
    libc::SIGXFSZ,
];

/// Those that a timer of our caller's sends, set before it became us (`alarm 10; exec g++`): to us alone, by the kernel.
const OF_TIMERS: [c_int; 3] = [libc::SIGALRM, libc::SIGVTALRM, libc::SIGPROF];

/// The child to pass signals on to; 0 before it runs and after it was reaped.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// Signals that came before the child ran, a bit each.
static PENDING: AtomicU64 = AtomicU64::new(0);

/// Installs the handlers. A signal that our caller ignores stays ignored, in us and so in the child; the others go
/// back to their default in the child by `execve` itself (POSIX: caught signals are reset, ignored ones inherited).
pub fn install() {
    for signal in FORWARDED {
        // SAFETY: sigaction with valid structures; the handler only calls async-signal-safe functions.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = note as *const () as usize;
            new.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            if libc::sigaction(signal, &raw const new, &raw mut old) == 0 && old.sa_sigaction == libc::SIG_IGN {
                libc::sigaction(signal, &raw const old, std::ptr::null_mut());
            }
        }
    }
}

/// Takes our handlers away again: what they held goes back to its default, what our caller ignores stays ignored.
pub fn uninstall() {
    for signal in FORWARDED {
        // SAFETY: sigaction that only reads the disposition into a valid structure.
        let is_ours = unsafe {
            let mut now: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, std::ptr::null(), &raw mut now) == 0
                && now.sa_sigaction == note as *const () as usize
        };
        if is_ours {
            reset(signal);
        }
    }
}

/// Makes the end of a child end a blocking read of `descriptor`: from then on reads return at once. Tells whether our
/// caller ignored SIGCHLD, which a child made from here on must find ignored again.
///
/// A read that has not begun yet cannot miss it, for the handler changes the descriptor, not a flag of ours; so the
/// reader needs no poll and no second descriptor, and costs what the plainest loop costs.
pub fn end_reads_with_child(descriptor: RawFd) -> bool {
    SOURCE.store(descriptor, Ordering::SeqCst);
    // SAFETY: sigaction with valid structures; the handler only calls async-signal-safe functions. Without SA_RESTART,
    // so that the read that is under way ends too.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = end_reads as *const () as usize;
        new.sa_flags = libc::SA_NOCLDSTOP;
        let asked = libc::sigaction(libc::SIGCHLD, &raw const new, &raw mut old);
        let are_ignored = asked == 0 && old.sa_sigaction == libc::SIG_IGN;
        // A second attempt finds our own handler in its place.
        IGNORED.fetch_or(are_ignored, Ordering::SeqCst) || are_ignored
    }
}

/// Whether our caller ignored SIGCHLD when we first asked.
static IGNORED: AtomicBool = AtomicBool::new(false);

/// Lets SIGCHLD through, should our caller have blocked it. For after the spawn: the child keeps the caller's mask.
pub fn let_child_end_through() {
    // SAFETY: a signal set that is initialised before it is used.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
    }
}

/// The descriptor whose reads a child's end makes non-blocking.
static SOURCE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn end_reads(_signal: c_int) {
    // SAFETY: fcntl is async-signal-safe; errno belongs to this thread and is put back.
    unsafe {
        let errno = errno_location();
        let saved = *errno;
        libc::fcntl(SOURCE.load(Ordering::SeqCst), libc::F_SETFL, libc::O_NONBLOCK);
        *errno = saved;
    }
}

/// Whether our caller ignores SIGCHLD. The kernel then throws children's statuses away, so that it must be reset
/// before a child ends.
#[must_use]
pub fn children_are_ignored() -> bool {
    // SAFETY: sigaction that only reads the disposition into a valid structure.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGCHLD, std::ptr::null(), &raw mut old) == 0 && old.sa_sigaction == libc::SIG_IGN
    }
}

/// Sets a signal to its default action.
pub fn reset(signal: c_int) {
    // SAFETY: setting SIG_DFL is valid for every signal; an error (SIGKILL) changes nothing.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// From now on signals go to `child`, those that came too early first.
pub fn forward_to(child: libc::pid_t) {
    CHILD.store(child, Ordering::SeqCst);
    let pending = PENDING.swap(0, Ordering::SeqCst);
    for signal in FORWARDED.iter().filter(|signal| pending & (1 << **signal) != 0) {
        // SAFETY: kill on our own, not yet reaped child.
        unsafe { libc::kill(child, *signal) };
    }
}

/// The child has been reaped; its process id means nothing any more.
pub fn forward_to_nobody() {
    CHILD.store(0, Ordering::SeqCst);
}

extern "C" fn note(signal: c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel hands over a valid siginfo_t; getpid is async-signal-safe.
    let (code, is_from_us) = unsafe { ((*info).si_code, (*info).si_pid() == libc::getpid()) };
    if code == FROM_KERNEL && !OF_TIMERS.contains(&signal) {
        // The terminal driver sent it to the whole foreground group: the child has it already.
        return;
    }
    if is_from_us && code != FROM_KERNEL {
        return;
    }
    let child = CHILD.load(Ordering::SeqCst);
    if child == 0 {
        PENDING.fetch_or(1 << signal, Ordering::SeqCst);
        return;
    }
    // kill may set errno under the interrupted code's feet.
    // SAFETY: errno of this thread; kill is async-signal-safe.
    unsafe {
        let errno = errno_location();
        let saved = *errno;
        libc::kill(child, signal);
        *errno = saved;
    }
}

#[cfg(target_os = "linux")]
const FROM_KERNEL: c_int = libc::SI_KERNEL;
/// macOS and the BSDs give terminal signals the code 0 (SI_NOINFO), kill(2) SI_USER.
#[cfg(not(target_os = "linux"))]
const FROM_KERNEL: c_int = 0;

#[cfg(target_os = "linux")]
unsafe fn errno_location() -> *mut c_int {
    // SAFETY: always valid for the calling thread.
    unsafe { libc::__errno_location() }
}
#[cfg(not(target_os = "linux"))]
unsafe fn errno_location() -> *mut c_int {
    // SAFETY: always valid for the calling thread.
    unsafe { libc::__error() }
}
