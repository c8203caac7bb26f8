//! The masquerade directory.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use crate::world::{SHIM, World};

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

/// gcc, g++ and cc are GCC's, clang is clang's, c++ leads to clang++; no name without a compiler of that name.
fn world() -> World {
    let world = World::empty();
    for name in ["gcc", "g++", "gcc-12", "clang", "clang++", "gcc-ar", "pycc-shim-old"] {
        world.compiler(name);
    }
    symlink("gcc", world.path("bin/cc")).unwrap();
    symlink("clang++", world.path("bin/c++")).unwrap();
    world.file("bin/g++-9", "not executable");
    world
}

const SAID: &str = "[DIR]/home/.local/share/pycc-shim/bin stands before c++ cc clang clang++ g++ gcc gcc-12\n\
                    use it with:  export PATH=[DIR]/home/.local/share/pycc-shim/bin:\"$PATH\"\n\
                    or with:      export CXX=[DIR]/home/.local/share/pycc-shim/bin/pycc-shim-g++ \
                    CC=[DIR]/home/.local/share/pycc-shim/bin/pycc-shim-gcc\n";

#[test]
fn names_only_where_a_compiler_stands_behind() {
    let world = world();
    let setup = || world.call(SHIM).args("setup").env("PATH", world.path("bin"));
    setup().run().is("0", SAID, "");
    let directory = world.path("home/.local/share/pycc-shim/bin");
    let plain = ["c++", "cc", "clang", "clang++", "g++", "gcc", "gcc-12"];
    let twins = plain.map(|name| format!("pycc-shim-{name}"));
    let expected: Vec<String> =
        std::iter::once(".pycc-shim".to_owned()).chain(plain.map(str::to_owned)).chain(twins).collect();
    assert_eq!(names(&directory), expected);
    let at = |name: &str| inode(&directory.join(name));
    assert!(at("gcc") == at("g++") && at("gcc") == at("cc") && at("gcc") == at("pycc-shim-gcc-12"));
    assert!(at("clang") == at("clang++") && at("clang") == at("c++") && at("clang") != at("gcc"));
    assert_ne!(at("gcc"), inode(Path::new(SHIM)));
    // Again: nothing changes, not even a file's identity.
    let before = at("gcc");
    setup().run().is("0", SAID, "");
    assert_eq!(at("gcc"), before);
    // And the names work.
    let path = std::env::join_paths([&directory, &world.path("bin")]).unwrap();
    world.call("g++").env("PATH", path).args("--mock-exit=5").run().is("5", "", "");
}

#[test]
fn stale_names_go_and_foreign_files_stay() {
    let world = world();
    let setup = || world.call(SHIM).args("setup --dir here").env("PATH", world.path("bin"));
    setup().run();
    let directory = world.path("work/here");
    world.file("work/here/mine", "foreign").file("work/here/g++-13", "foreign");
    fs::remove_file(world.path("bin/clang")).unwrap();
    setup().run().is(
        "0",
        "[DIR]/work/here stands before c++ cc clang++ g++ gcc gcc-12\n\
         gone with their compilers: clang pycc-shim-clang\n\
         use it with:  export PATH=[DIR]/work/here:\"$PATH\"\n\
         or with:      export CXX=[DIR]/work/here/pycc-shim-g++ CC=[DIR]/work/here/pycc-shim-gcc\n",
        "",
    );
    assert!(!directory.join("clang").exists() && directory.join("mine").exists());
    // An older program there is replaced.
    fs::write(directory.join("g++"), "an older version").unwrap();
    setup().run();
    assert_eq!(fs::read(directory.join("g++")).unwrap(), fs::read(SHIM).unwrap());
    let remove = world.call(SHIM).args("setup --remove --dir here");
    remove.run().is("0", "removed 12 names from [DIR]/work/here\n", "");
    assert_eq!(names(&directory), ["g++-13", "mine"]);
}

#[test]
fn a_directory_that_is_not_ours_is_left_alone() {
    let world = world();
    world.file("work/theirs/gcc", "theirs");
    let setup = world.call(SHIM).args("setup --dir theirs").env("PATH", world.path("bin"));
    setup.run().is("2", "", "pycc-shim: [DIR]/work/theirs holds files that are not ours; choose another directory, with `pycc-shim setup --dir DIR` or XDG_DATA_HOME\n");
    let remove = world.call(SHIM).args("setup --remove --dir theirs");
    remove.run().is(
        "2",
        "",
        "pycc-shim: [DIR]/work/theirs was not made by pycc-shim setup; name the one that was with --dir DIR\n",
    );
    assert_eq!(fs::read_to_string(world.path("work/theirs/gcc")).unwrap(), "theirs");
}

/// A marker file that lies makes nobody remove what is not a compiler's name.
#[test]
fn a_lying_marker_removes_nothing_else() {
    let world = world();
    world.file("work/here/.pycc-shim", "../../home/precious\nprecious\ng++\n").file("work/here/precious", "");
    world.file("home/precious", "").file("work/here/g++", "");
    let remove = world.call(SHIM).args("setup --remove --dir here");
    remove.run().is("0", "removed 1 names from [DIR]/work/here\n", "");
    assert!(world.path("home/precious").exists() && world.path("work/here/precious").exists());
}

#[test]
fn no_compiler_and_no_home_are_said() {
    let world = World::empty();
    let setup = world.call(SHIM).args("setup").env("PATH", world.path("bin"));
    let message = "pycc-shim: there is no C or C++ compiler on PATH to stand before; install one and run setup again\n";
    setup.run().is("2", "", message);
    let setup = world.call(SHIM).args("setup").without_env("HOME");
    let message =
        "pycc-shim: neither XDG_DATA_HOME nor HOME is set to a directory: say where with `pycc-shim setup --dir DIR`\n";
    setup.run().is("2", "", message);
}
