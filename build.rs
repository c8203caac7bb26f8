//! Chooses the program's entry point: where the shim is linked statically and without relocations (as install.sh does on
//! x86-64 Linux), `shim::early` runs before the C library starts; everywhere else nothing is changed.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(early_entry)");
    let is = |variable: &str, value: &str| env::var(variable).is_ok_and(|set| set == value);
    let is_static = env::var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|set| set.split(',').any(|one| one == "crt-static"));
    // Position-independent code would need relocations that nobody has made at that point.
    let is_fixed = env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("relocation-model=static"));
    // Unoptimised code copies by calls that do not work yet at that point.
    let is_optimised = !is("OPT_LEVEL", "0");
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is_static
        && is_fixed
        && is_optimised
    {
        println!("cargo::rustc-cfg=early_entry");
        println!("cargo::rustc-link-arg-bins=-Wl,-e,pycc_shim_entry");
    }
}
