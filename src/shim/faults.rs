//! A fault of ours that no panic tells of: no stack left, no memory left, a defect of a library's.

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};

/// From here on a fault of ours ends us with `status`.
pub fn leave_with(status: c_int) {
    /// The largest frame that a kernel puts there is below 12 KiB (AT_MINSIGSTKSZ with AMX).
    const STACK: usize = 32 * 1024;
    STATUS.store(status, Ordering::SeqCst);
    // SAFETY: mmap of fresh pages, which become the handler's stack where there are any; sigaction with a valid
    // structure, and a handler that only ends the process.
    unsafe {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
        let pages = libc::mmap(std::ptr::null_mut(), STACK, access, kind, -1, 0);
        if pages != libc::MAP_FAILED {
            let stack = libc::stack_t { ss_sp: pages, ss_flags: 0, ss_size: STACK };
            libc::sigaltstack(&raw const stack, std::ptr::null_mut());
        }
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT] {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = leave as *const () as usize;
            action.sa_flags = libc::SA_ONSTACK;
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
    }
}

static STATUS: AtomicI32 = AtomicI32::new(0);

extern "C" fn leave(_signal: c_int) {
    // SAFETY: ends the process.
    unsafe { libc::_exit(STATUS.load(Ordering::SeqCst)) };
}
