//! The real compiler is found, and never ourselves.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::world::{SHIM, World, copy};

const NO_COMPILER: &str = "\
pycc-shim: g++: command not found
pycc-shim: g++ is missing: there is no C++ compiler of that name on PATH
    package     g++ (Debian 13)
    install     sudo apt-get update && sudo apt-get install -y g++
    then check  g++ --version
";

#[test]
fn no_compiler_is_127_and_what_to_install() {
    let world = World::debian13();
    fs::remove_file(world.path("bin/g++")).unwrap();
    world.call("g++").env("PATH", world.path("shim")).args("-c a.cpp").run().is("127", "", NO_COMPILER);
    world.call(SHIM).env("PATH", world.path("shim")).args("-c a.cpp").run().is("127", "", NO_COMPILER);
    world.call(world.path("shim/g++")).argv0("g++").env("PATH", "").run().is("127", "", NO_COMPILER);
}

#[test]
fn not_executable_is_126() {
    let world = World::debian13();
    fs::set_permissions(world.path("bin/g++"), fs::Permissions::from_mode(0o644)).unwrap();
    let path = std::env::join_paths([world.path("shim"), world.path("bin")]).unwrap();
    let outcome = world.call("g++").env("PATH", path).args("-c a.cpp").run();
    outcome.is("126", "", "pycc-shim: [DIR]/bin/g++: cannot be executed\n");
}

#[test]
fn a_directory_and_a_dangling_link_are_no_compilers() {
    let world = World::debian13();
    fs::create_dir_all(world.path("odd/g++")).unwrap();
    fs::create_dir(world.path("dangling")).unwrap();
    symlink("/nowhere", world.path("dangling/g++")).unwrap();
    let path = std::env::join_paths(["shim", "odd", "dangling", "absent", "bin"].map(|part| world.path(part))).unwrap();
    world.call("g++").env("PATH", path).args("--mock-exit=5").run().is("5", "", "");
}

/// Links to us, hard links of us and copies of us beside a marker are all passed over, and leave the child's PATH.
#[test]
fn we_are_never_the_compiler_that_we_look_for() {
    let world = World::debian13();
    for directory in ["links", "copies", "hard"] {
        fs::create_dir(world.path(directory)).unwrap();
    }
    symlink(world.path("shim/g++"), world.path("links/g++")).unwrap();
    fs::hard_link(world.path("shim/g++"), world.path("hard/g++")).unwrap();
    copy(SHIM, world.path("copies/g++"));
    world.file("copies/.pycc-shim", "");
    let parts = ["shim", "links", "copies", "hard", "shim", "bin"].map(|part| world.path(part));
    let outcome = world.call("g++").env("PATH", std::env::join_paths(parts).unwrap()).args("--mock-dump").run();
    let path: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with("env PATH=")).collect();
    assert_eq!(path, ["env PATH=[DIR]/bin"]);
    assert_eq!(outcome.status, "0");
}

/// A copy without a marker cannot be told from a compiler; the depth counter makes it pass the call on.
#[test]
fn a_copy_of_us_passes_the_call_on() {
    let world = World::debian13();
    fs::create_dir(world.path("copies")).unwrap();
    copy(SHIM, world.path("copies/g++"));
    world.file("work/says", crate::world::gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h"));
    let parts = ["shim", "copies", "bin"].map(|part| world.path(part));
    let call = world.call("g++").env("PATH", std::env::join_paths(parts).unwrap());
    let outcome = call.args(crate::world::INDUCTOR).args("--mock-stderr-of=says --mock-exit=1").run();
    let text = crate::world::gcc_says("/tmp/torchinductor_u/ab/cab.main.cpp", "Python.h");
    outcome.is("1", "", &format!("{text}{}", crate::world::REPORT));
}

#[test]
fn a_script_that_calls_us_again_for_ever_is_stopped() {
    let world = World::debian13();
    let shim = world.path("shim/g++");
    world.script("bin/g++", &format!("#!/bin/sh\nexec {} \"$@\"\n", shim.display()));
    let outcome = world.call("g++").args("-c a.cpp").run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("127", ""));
    assert_eq!(
        outcome.stderr,
        "pycc-shim: [DIR]/shim/g++ has called itself 10 times; no compiler stands behind it.\n    \
         note        PATH is [DIR]/bin:/usr/bin:/bin\n    \
         note        set PYCC_SHIM_CC and PYCC_SHIM_CXX to the real compilers\n"
    );
}

#[test]
fn the_users_choice_counts_and_is_split_as_a_shell_would() {
    let world = World::debian13();
    world.compiler("mine");
    let value = format!("'{}' -one '-two three'", world.path("bin/mine").display());
    let outcome = world.call("g++").env("PYCC_SHIM_CXX", &value).args("--mock-dump").run();
    let seen: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with("arg ")).collect();
    assert_eq!(seen, ["arg [DIR]/bin/mine", "arg -one", "arg -two three", "arg --mock-dump"]);
    let path: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with("env PATH=")).collect();
    assert_eq!(path, ["env PATH=[DIR]/bin:/usr/bin:/bin"]);
    world.call("gcc").env("PYCC_SHIM_CXX", &value).args("--mock-exit=3").run().is("3", "", "");
    let outcome = world.call("gcc").env("PYCC_SHIM_CC", "mine").args("--mock-exit=4").run();
    outcome.is("4", "", "");
    let outcome = world.call("gcc").env("PYCC_SHIM_CC", "'open").run();
    outcome.is("127", "", "pycc-shim: PYCC_SHIM_CC is not a command line: 'open\n");
}

#[test]
fn a_launcher_goes_before_the_real_compiler() {
    let world = World::debian13();
    world.script("bin/cache", "#!/bin/sh\necho \"cache $*\"\nexec \"$@\"\n");
    let outcome = world.call("g++").env("PYCC_SHIM_LAUNCHER", "cache").args("--mock-exit=6 x").run();
    outcome.is("6", "cache [DIR]/bin/g++ --mock-exit=6 x\n", "");
}

/// A copy of us behind the launcher does not put it there once more.
#[test]
fn a_launcher_goes_there_once() {
    let world = World::debian13();
    world.script("bin/cache", "#!/bin/sh\necho \"cache $*\"\nexec \"$@\"\n");
    fs::create_dir(world.path("copies")).unwrap();
    copy(SHIM, world.path("copies/g++"));
    let parts = ["shim", "copies", "bin"].map(|part| world.path(part));
    let call = world.call("g++").env("PATH", std::env::join_paths(parts).unwrap());
    let outcome = call.env("PYCC_SHIM_LAUNCHER", "cache").args("--mock-exit=6 x").run();
    outcome.is("6", "cache [DIR]/copies/g++ --mock-exit=6 x\n", "");
}

/// The real ccache before us, behind us, and as our launcher: one compile each, no ping-pong.
#[test]
fn ccache_before_and_behind() {
    let ccache = "/usr/lib/ccache";
    if !fs::exists(ccache).unwrap() {
        eprintln!("ccache is not installed: nothing tested");
        return;
    }
    let world = World::empty();
    world.stand_in("gcc").file("work/a.c", "int answer(void) { return 42; }\n");
    let shim = world.path("shim").display().to_string();
    for path in [format!("{shim}:{ccache}:/usr/bin:/bin"), format!("{ccache}:{shim}:/usr/bin:/bin")] {
        for round in ["miss", "hit"] {
            let call = world.call("gcc").env("PATH", &path).env("CCACHE_DIR", world.path("cache"));
            call.args("-c a.c -o a.o").run().is("0", "", "");
            assert!(fs::exists(world.path("work/a.o")).unwrap(), "{path} {round}");
            fs::remove_file(world.path("work/a.o")).unwrap();
        }
    }
    let chosen = world.call("gcc").env("PYCC_SHIM_CC", "/usr/bin/ccache gcc").env("CCACHE_DIR", world.path("cache"));
    chosen.args("-c a.c -o a.o").run().is("0", "", "");
    let launched = world.call("gcc").env("PYCC_SHIM_LAUNCHER", "ccache").env("CCACHE_DIR", world.path("cache"));
    launched.args("-c a.c -o a.o").run().is("0", "", "");
    let counts = world.call("/usr/bin/ccache").env("CCACHE_DIR", world.path("cache")).args("--print-stats").run();
    let count = |name: &str| -> u32 {
        let line = counts.stdout.lines().find(|line| line.starts_with(name)).unwrap_or("0 0");
        line.split_whitespace().last().unwrap().parse().unwrap()
    };
    assert!(count("direct_cache_hit") + count("preprocessed_cache_hit") >= 2, "{}", counts.stdout);
    assert_eq!(count("internal_error"), 0, "{}", counts.stdout);
}

#[test]
fn no_path_at_all_means_the_systems() {
    let world = World::empty();
    world.stand_in("cc");
    let outcome = world.call(world.path("shim/cc")).without_env("PATH").args("-dumpmachine").run();
    let without = world.call("/usr/bin/cc").args("-dumpmachine").run();
    assert_eq!(outcome, without);
}

#[test]
fn empty_and_relative_path_entries_are_the_working_directory() {
    let world = World::debian13();
    fs::create_dir(world.path("work/sub")).unwrap();
    for (compiler, entry) in [("work/cc", ""), ("work/sub/cc", "sub")] {
        copy(crate::world::mock(), world.path(compiler));
        world.stand_in("cc");
        let path = format!("{}:{entry}:/usr/bin", world.path("shim").display());
        world.call("cc").env("PATH", path).args("--mock-exit=9").run().is("9", "", "");
        fs::remove_file(world.path(compiler)).unwrap();
        fs::remove_file(world.path("shim/cc")).unwrap();
    }
}
