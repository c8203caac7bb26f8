//! `install.sh` where it must refuse; that it installs, and removes what it made, is `.ci/run`'s to see.

use std::os::unix::fs::symlink;

use crate::world::{Call, World};

/// The script with only the programs named on its PATH.
fn install<'w>(world: &'w World, programs: &[&str]) -> Call<'w> {
    for program in [&["sh", "dirname", "sed", "mktemp", "rm"], programs].concat() {
        let real = ["/usr/bin", "/bin"].iter().map(|place| std::path::Path::new(place).join(program));
        symlink(real.clone().find(|path| path.exists()).unwrap(), world.path("bin").join(program)).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh");
    world.call("sh").env("PATH", world.path("bin")).arg(script)
}

#[test]
fn without_cargo_it_says_how_to_get_it() {
    let world = World::empty();
    install(&world, &[]).run().is(
        "1",
        "",
        "install.sh: cargo is needed to build pycc-shim, and it is not on PATH.\n  Install Rust 1.88 or \
         newer from https://rustup.rs and run this again.\n",
    );
}

#[test]
fn bad_use() {
    let world = World::empty();
    let outcome = install(&world, &["cat"]).args("--frobnicate").run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("1", ""));
    assert!(outcome.stderr.starts_with("usage: ./install.sh [--prefix DIR] [--uninstall]\n"), "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with("install.sh: unknown argument: --frobnicate\n"), "{}", outcome.stderr);
    let world = World::empty();
    install(&world, &[]).args("--prefix").run().is("1", "", "install.sh: --prefix needs a directory\n");
    let world = World::empty();
    let nothing = install(&world, &[]).args("--uninstall --prefix here").run();
    nothing.is("1", "", "install.sh: nothing to remove: there is no [DIR]/work/here/bin/pycc-shim\n");
    let world = World::empty();
    let homeless = install(&world, &[]).without_env("HOME").run();
    homeless.is("1", "", "install.sh: HOME is not set: say where to install with --prefix DIR\n");
}
