//! `install.sh`, with a cargo that has built already; the whole of it is `.ci/run`'s to see.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::world::{Call, SHIM, World};

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

/// The script with a cargo that copies this program, and with everything else that an installation needs.
fn world_with_cargo() -> World {
    let world = World::empty();
    world.compiler("cc").script("bin/rustc", "#!/bin/sh\necho 'host: some-target'\n").script(
        "bin/cargo",
        &format!(
            "#!/bin/sh\n[ \"$*\" = 'build --release --locked --target some-target' ] || exit 9\nmkdir -p \
             \"$CARGO_TARGET_DIR/some-target/release\"\ncp '{SHIM}' \"$CARGO_TARGET_DIR/some-target/release/\"\n"
        ),
    );
    world
}

const NEEDS: [&str; 8] = ["cat", "cmp", "cp", "mv", "mkdir", "rmdir", "sort", "ln"];

/// Everything below a directory, by name; directories end in a slash.
fn tree(directory: &Path) -> Vec<String> {
    fn walk(directory: &Path, before: &str, names: &mut Vec<String>) {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let name = format!("{before}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                names.push(format!("{name}/"));
                walk(&entry.path(), &format!("{name}/"), names);
            } else {
                names.push(name);
            }
        }
    }
    let mut names = Vec::new();
    walk(directory, "", &mut names);
    names.sort();
    names
}

#[test]
fn it_installs_and_removes_exactly_that() {
    for prefix in ["[DIR]/home/.local", "[DIR]/work/new/pre fix"] {
        let world = world_with_cargo();
        let mut call = Some(install(&world, &NEEDS));
        let mut run = |arguments: &[&str]| {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh");
            let call = call.take().unwrap_or_else(|| world.call("sh").env("PATH", world.path("bin")).arg(script));
            let call = call.env("CARGO_TARGET_DIR", world.path("target"));
            let call = if prefix.contains("work") { call.arg("--prefix").arg("new/pre fix") } else { call };
            arguments.iter().fold(call, Call::arg).run()
        };
        // What was there stays, empty or not.
        let at = world.path(prefix.strip_prefix("[DIR]/").unwrap());
        let is_home = prefix.contains("home");
        if is_home {
            fs::create_dir_all(at.join("share/man/man1")).unwrap();
        }
        let before = (tree(&world.path("home")), tree(&world.path("work")));
        let names = "[DIR]/home/.local/share/pycc-shim/bin";
        let said = format!(
            "building pycc-shim (linked dynamically)\ninstalled {prefix}/bin/pycc-shim, its manual page, and completions \
             for bash, zsh and fish below {prefix}/share\n{names} stands before cc\nuse it with:  export \
             PATH={names}:\"$PATH\"\nor with:      export CXX={names}/pycc-shim-g++ CC={names}/pycc-shim-gcc\n\
             pycc-shim itself is not on PATH yet:  export PATH={prefix}/bin:\"$PATH\"\n"
        );
        run(&[]).is("0", &said, "");
        let installed = tree(&at);
        let files: Vec<&str> = installed
            .iter()
            .map(String::as_str)
            .filter(|name| !name.ends_with('/') && !name.contains("/bin/"))
            .collect();
        let expected = [
            "bin/pycc-shim",
            "share/bash-completion/completions/pycc-shim",
            "share/fish/vendor_completions.d/pycc-shim.fish",
            "share/man/man1/pycc-shim.1",
            "share/pycc-shim/made-directories",
            "share/zsh/site-functions/_pycc-shim",
        ];
        assert_eq!(files, expected);
        let content = |name: &str| fs::read_to_string(at.join(name)).unwrap();
        for (shell, name) in [("bash", expected[1]), ("fish", expected[2]), ("zsh", expected[5])] {
            assert_eq!(content(name), world.call(SHIM).args("completions").arg(shell).run().stdout);
        }
        assert_eq!(
            content(expected[3]),
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pycc-shim.1")).unwrap()
        );
        // Twice changes nothing.
        let made = content(expected[4]);
        run(&[]).is("0", &said, "");
        assert_eq!((tree(&at), content(expected[4])), (installed, made));
        run(&["--uninstall"]).is("0", &format!("removed 2 names from {names}\nremoved {prefix}/bin/pycc-shim\n"), "");
        let after = (tree(&world.path("home")), tree(&world.path("work")));
        if is_home {
            assert_eq!(after, before);
        } else {
            // `setup` made its directory elsewhere, and what is above the prefix is not the prefix's.
            assert_eq!(after.1, ["new/"]);
            assert_eq!(after.0, [".local/", ".local/share/"]);
        }
    }
}

/// A file of somebody else's keeps the directory that it lies in.
#[test]
fn foreign_files_stay() {
    let world = world_with_cargo();
    let target = world.path("target");
    install(&world, &NEEDS).env("CARGO_TARGET_DIR", &target).run();
    world.file("home/.local/share/zsh/site-functions/_other", "");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh");
    let uninstall = || world.call("sh").env("PATH", world.path("bin")).arg(script).arg("--uninstall").run();
    assert_eq!(uninstall().status, "0");
    let left = [".local/", ".local/share/", ".local/share/zsh/", ".local/share/zsh/site-functions/"];
    assert_eq!(tree(&world.path("home")), [&left[..], &[".local/share/zsh/site-functions/_other"]].concat());
    uninstall().is("1", "", "install.sh: nothing to remove: there is no [DIR]/home/.local/bin/pycc-shim\n");
}
