//! The names we are called by, and what the compiler behind gets to see of it.

use std::fs;

use crate::world::{SHIM, World};

/// The compiler's argument list as the mock saw it.
fn seen(stdout: &str) -> Vec<&str> {
    stdout.lines().filter_map(|line| line.strip_prefix("arg ")).collect()
}

#[test]
fn a_bare_name_keeps_its_argv0() {
    let world = World::debian13();
    let outcome = world.call("g++").args("--mock-dump -c a.cpp").run();
    assert_eq!(seen(&outcome.stdout), ["g++", "--mock-dump", "-c", "a.cpp"]);
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""));
}

#[test]
fn a_path_becomes_the_real_compilers_path() {
    let world = World::debian13();
    let outcome = world.call(world.path("shim/g++")).args("--mock-dump").run();
    assert_eq!(seen(&outcome.stdout), ["[DIR]/bin/g++", "--mock-dump"]);
}

#[test]
fn a_twin_becomes_the_real_compilers_path() {
    let world = World::debian13();
    world.stand_in("pycc-shim-g++");
    let outcome = world.call("pycc-shim-g++").args("--mock-dump").run();
    assert_eq!(seen(&outcome.stdout), ["[DIR]/bin/g++", "--mock-dump"]);
}

#[test]
fn our_own_name_chooses_by_the_inputs() {
    let world = World::debian13();
    for (line, compiler) in [
        ("--mock-dump -c a.cpp", "[DIR]/bin/g++"),
        ("--mock-dump -c a.c", "[DIR]/bin/gcc"),
        ("--mock-dump -v", "[DIR]/bin/g++"),
    ] {
        let outcome = world.call(SHIM).args(line).run();
        assert_eq!(seen(&outcome.stdout)[0], compiler, "{line}");
        assert_eq!(seen(&outcome.stdout)[1..], line.split(' ').collect::<Vec<_>>(), "{line}");
    }
}

#[test]
fn a_launcher_call_runs_what_it_names() {
    let world = World::debian13();
    let compiler = world.path("bin/gcc");
    let outcome = world.call(SHIM).arg(&compiler).args("--mock-dump -c a.c").run();
    assert_eq!(seen(&outcome.stdout), ["[DIR]/bin/gcc", "--mock-dump", "-c", "a.c"]);
    let outcome = world.call(SHIM).arg("gcc").args("--mock-dump").run();
    assert_eq!(seen(&outcome.stdout), ["gcc", "--mock-dump"]);
    let outcome = world.call(SHIM).arg(world.path("shim/gcc")).args("--mock-dump").run();
    assert_eq!(seen(&outcome.stdout), ["[DIR]/bin/gcc", "--mock-dump"]);
}

#[test]
fn versions_and_targets_are_names_too() {
    let world = World::debian13();
    world.compiler("x86_64-linux-gnu-gcc-12").stand_in("x86_64-linux-gnu-gcc-12");
    let outcome = world.call("x86_64-linux-gnu-gcc-12").args("--mock-dump").run();
    assert_eq!(seen(&outcome.stdout), ["x86_64-linux-gnu-gcc-12", "--mock-dump"]);
}

#[test]
fn an_unknown_verb_is_an_error_of_the_tool() {
    let world = World::debian13();
    let outcome = world.call(SHIM).args("frobnicate").run();
    outcome.is(
        "2",
        "",
        "error: unrecognized subcommand 'frobnicate'\n\nUsage: pycc-shim <COMMAND>\n\nFor more information, try '--help'.\n",
    );
}

/// A file of that name makes it an input: the mock answers, not the tool.
#[test]
fn a_file_of_a_words_name_is_an_input() {
    let world = World::debian13();
    world.file("work/object", "");
    let outcome = world.call(SHIM).args("object --mock-exit=7").run();
    outcome.is("7", "", "");
}

#[test]
fn our_version_is_a_verb_and_the_flag_is_the_compilers() {
    let world = World::debian13();
    world.script("bin/g++", "#!/bin/sh\necho \"g++ (real) 14 $*\"\n");
    world.call(SHIM).args("version").run().is("0", concat!("pycc-shim ", env!("CARGO_PKG_VERSION"), "\n"), "");
    world.call(SHIM).args("--version").run().is("0", "g++ (real) 14 --version\n", "");
    let help = world.call(SHIM).args("--help").run();
    assert_eq!(help.status, "0");
    assert!(
        help.stdout.starts_with("The compiler you already have, plus the one line you were missing\n"),
        "{}",
        help.stdout
    );
}

/// Real GCC, real Clang: the queries' bytes are those of no shim.
#[test]
fn queries_are_byte_identical() {
    let world = World::empty();
    for name in ["g++", "gcc", "cc", "c++", "clang", "clang++"] {
        if !fs::exists(format!("/usr/bin/{name}")).unwrap() {
            continue;
        }
        world.stand_in(name);
        for query in [
            "--version",
            "-v",
            "-dumpversion",
            "-dumpmachine",
            "-print-search-dirs",
            "-### -x c /dev/null",
            "-print-file-name=libgomp.so",
        ] {
            let with = world.call(name).args(query).run();
            let without = world.call(name).env("PATH", "/usr/bin:/bin").args(query).run();
            let plain = |text: &str| -> String {
                // Names of temporary files differ from call to call.
                text.split_inclusive(char::is_whitespace).filter(|word| !word.contains("/tmp/")).collect()
            };
            assert_eq!(plain(&with.stdout), plain(&without.stdout), "{name} {query}");
            assert_eq!(plain(&with.stderr), plain(&without.stderr), "{name} {query}");
            assert_eq!(with.status, without.status, "{name} {query}");
        }
    }
}

/// A query is answered before the C library starts where the program is linked so; the compiler must see what it sees in
/// any other call.
#[test]
fn a_query_gives_the_compiler_what_a_compile_does() {
    let world = World::debian13();
    world.compiler("g++-12").stand_in("g++-12");
    fs::create_dir(world.path("copies")).unwrap();
    crate::world::copy(SHIM, world.path("copies/g++"));
    world.file("copies/.pycc-shim", "").file("work/no/g++", "");
    let at = |part: &str| world.path(part).display().to_string();
    let (shim, bin) = (at("shim"), at("bin"));
    for path in [
        format!("{shim}:{bin}"),
        format!("/nowhere:{shim}:{shim}:no:{bin}:{shim}:/usr/bin"),
        format!("{shim}:{}:{bin}:", at("copies")),
        format!("{shim}/:{shim}:{bin}"),
        format!("{shim}:{bin}/"),
        format!("{shim}::{}:{bin}", "x".repeat(300)),
    ] {
        for name in ["g++", "g++-12"] {
            let seen = |option: &str| {
                let call = world.call(name).env("PATH", &path).env("ODD", "a=b\n").args("--mock-dump").arg(option);
                let outcome = call.arg("x.cpp").run();
                let mut lines: Vec<String> =
                    outcome.stdout.lines().map(|line| line.replace(option, "OPTION")).collect();
                // A query inherits our stderr itself, a compile our pipe; a descriptor either way.
                lines.sort();
                (outcome.status, outcome.stderr, lines)
            };
            let compile = seen("-c");
            assert_eq!(compile.0, "0", "{path} {name}: {}", compile.1);
            for query in ["--version", "-dumpversion", "-print-search-dirs", "-###"] {
                assert_eq!(seen(query), compile, "{path} {name} {query}");
            }
        }
    }
    for query in ["--version", "-v"] {
        let outcome = world.call("g++").env("PYCC_SHIM_CXX", "gcc").args("--mock-dump").arg(query).run();
        assert_eq!(seen(&outcome.stdout)[0], "[DIR]/bin/gcc", "{query}");
    }
}
