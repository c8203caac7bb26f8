//! The one binary: decides which face it was called by, and nothing else.
//!
//! There is no Rust `main` here on purpose. The standard runtime changes the process before user code runs (SIGPIPE
//! becomes ignored, closed standard descriptors are reopened on /dev/null), and the compiler behind us would inherit
//! both; see `shim` for what has to stay as it was.
#![no_main]

use std::ffi::{c_char, c_int};

use pycc_shim::face::{self, Face};
use pycc_shim::{cli, shim};

/// The C entry point: `argc` and `argv` as the kernel gave them; the value returned is the exit status.
// SAFETY (no_mangle): the C start-up code calls the symbol `main` with exactly this signature, and nothing else in
// the program defines it.
#[unsafe(no_mangle)]
extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    // SAFETY: the C start-up code hands over `argc` valid pointers to NUL-terminated strings that live as long as
    // the process.
    let args = unsafe { shim::args::Args::from_raw(argc, argv) };
    match face::of(&args) {
        Face::Tool => cli::main(args.to_os_strings()),
        Face::Compiler(call) => shim::main(&args, &call),
    }
}
