//! What compilers make: every kind of output, byte for byte, by every name, of GCC and of Clang.

use std::path::Path;

use crate::capture::Capture;
use crate::pair::{Face, Pair, calls, differences};

/// Files and directories of these.
const SOURCES: usize = 12;

pub(crate) fn sources() -> Pair {
    Pair::real()
        .source(
            "a.c",
            "#include \"head.h\"\n#include <stddef.h>\nint twice(int x) { return N * x + (int)sizeof(size_t); }\n",
        )
        .source("b.c", "#include \"head.h\"\nint main(void) { return twice(3) != 14; }\n")
        .source("head.h", "#ifndef N\n#define N 2\n#endif\nint twice(int);\n")
        .source("main.cpp", "template <class T> T same(T x) { return x; }\nint main() { return same(0); }\n")
        .source("warns.c", "int f(int x) { int unused; if (x = 1) return x; }\n")
        .source("wrong.c", "int f(void) { return nonsense; }\nint g( { }\nstruct s x;\n")
        .source("wants.c", "#include \"head.h\"\n#include \"of/another/project.h\"\n")
        .source("calls.c", "int absent(void);\nint main(void) { return absent(); }\n")
        .source("sub/deep.c", "#include \"../head.h\"\nint deep = N;\n")
        .source("one.rsp", "-DN=5 -c a.c -o \"from response.o\"\n")
        .source("nested.rsp", "@one.rsp -Wall\n")
}

/// Calls, several after one another where a semicolon stands between them; each made with the standard input below.
const CALLS: &[&str] = &[
    "-c a.c",
    "-c a.c b.c sub/deep.c",
    "a.c b.c",
    "a.c b.c -o program",
    "-O2 -g a.c b.c -oprogram",
    "-c a.c ; -c b.c ; a.o b.o -o program",
    "-shared -fPIC a.c -o liba.so ; b.c -L. -la -o program",
    "-static a.c b.c -o program",
    "-E a.c",
    "-E -P -C a.c b.c",
    "-E -dM a.c",
    "-E -dD a.c -o a.i",
    "-fsyntax-only a.c",
    "-S a.c",
    "-S -o - a.c",
    "-c -o - a.c",
    "-c a.c -o /dev/null",
    "-M a.c b.c",
    "-MM a.c",
    "-MM -MG wants.c",
    "-MD -c a.c",
    "-MMD -MP -MF deps/of.d -c a.c",
    "-MD -MF of.d -MT one -MQ two$ -c a.c",
    "-MJ a.json -c a.c",
    "-save-temps -c a.c",
    "-save-temps=obj -c a.c -o sub/a.o",
    "-save-temps a.c b.c -o program",
    "-flto -frandom-seed=1 -c a.c",
    "-flto -frandom-seed=1 -O2 a.c b.c -o program",
    "-flto=2 -frandom-seed=1 -save-temps a.c b.c -o program",
    "-x c-header head.h -o head.h.gch ; -Winvalid-pch -include head.h -c a.c",
    "-x c-header head.h -o head.h.pch ; -include-pch head.h.pch -c a.c",
    "-g -gsplit-dwarf -c a.c",
    "-g -gsplit-dwarf a.c b.c -o program",
    "-pipe -O2 -c a.c",
    "-pipe a.c b.c -o program",
    "-no-integrated-as -c a.c",
    "@one.rsp",
    "@nested.rsp",
    "@absent.rsp",
    "-x c -",
    "-x c - -c -o from.o",
    "-x c -E -",
    "-x c -S - -o -",
    "-x c -c - a.c",
    "-E -x c -MD -MF of.d -MT in -",
    "-Wall -Wextra -c warns.c",
    "-Wall -Werror -c warns.c",
    "-w -c warns.c",
    "-c wrong.c",
    "-fmax-errors=1 -c wrong.c",
    "-ferror-limit=1 -c wrong.c",
    "-c wants.c",
    "-c a.c wants.c b.c",
    "-E wants.c",
    "-c absent.c",
    "calls.c -o program",
    "a.c b.c -lnowhere -o program",
    "a.o",
    "-c a.c -o nowhere/a.o",
    "-c a.c -o sub",
    "-fnonsense -c a.c",
    "-Wnonsense -c a.c",
    "-H -c a.c",
    "-v -c a.c",
    "-v a.c b.c -o program",
    "-Wl,--verbose a.c b.c -o program",
    "-Wl,-Map=program.map -Wl,--trace a.c b.c -o program",
    "-Wl,--no-such-option a.c b.c",
    "-fdiagnostics-color=always -Wall -c warns.c",
    "-fdiagnostics-color=always -fdiagnostics-urls=always -c wrong.c",
    "-fdiagnostics-format=json -Wall -c warns.c",
    "-fdiagnostics-parseable-fixits -c wrong.c",
    "-fdiagnostics-show-caret -fno-caret-diagnostics -c wrong.c",
    "-fcolor-diagnostics -c wrong.c",
    "-frandom-seed=1 --coverage -c a.c",
    "-fstack-usage -c a.c",
    "-fdump-tree-optimized -fdump-rtl-expand -c a.c",
    "-aux-info a.X -c a.c",
    "-fcallgraph-info -c a.c",
    "-fopt-info-all=opt.txt -O2 -c a.c",
    "-emit-llvm -c a.c ; -emit-llvm -S a.c",
    "-fdebug-prefix-map=/=x -g -c a.c",
    "-grecord-gcc-switches -g3 -c a.c",
    "-fsanitize=address a.c b.c -o program",
    "-S -fverbose-asm a.c -o -",
    "-B/nowhere -c a.c",
    "-wrapper env -c a.c",
    "-specs=nowhere -c a.c",
    "main.cpp -c",
    "-std=c++20 -xc++ - -c -o from.o",
    "-dumpdir x. -dumpbase y -c a.c",
];

const STDIN: &[u8] = b"#include \"head.h\"\nint from_stdin = N;\n";

fn check(face: Face) {
    let seen = sources().are_transparent(face, CALLS, STDIN, Capture::Pipes);
    let passed = seen.iter().filter(|seen| seen.status.split(' ').all(|status| status == "0")).count();
    let made: usize = seen.iter().map(|seen| seen.files.len() - SOURCES).sum();
    // A table whose calls all fail, or make nothing, would prove little.
    let is_telling = passed * 2 > CALLS.len() && passed < CALLS.len() && made > 40;
    assert!(seen.is_empty() || is_telling, "{face:?}: {passed} passed, {made} files made");
}

#[test]
fn of_gcc() {
    check(Face::OnPath("gcc"));
}

#[test]
fn of_gcc_for_cxx() {
    check(Face::OnPath("g++"));
}

#[test]
fn of_clang() {
    check(Face::OnPath("clang"));
}

#[test]
fn by_path_and_a_version() {
    check(Face::ByPath("gcc-12"));
}

/// `CC=pycc-shim` is the compiler of the inputs, also of those in response files. What has none is C++'s, as callers of
/// `CXX` expect.
#[test]
fn by_our_own_name() {
    let is_c_file = |word: &str| Path::new(word).extension() == Some("c".as_ref());
    let names_c = |call: &str| call.split(' ').any(is_c_file);
    let is_c = |line: &&&str| !line.contains("main.cpp") && line.split(" ; ").all(names_c);
    let lines: Vec<&str> = CALLS.iter().filter(is_c).copied().collect();
    assert!(lines.len() > CALLS.len() / 2);
    let seen = sources().are_transparent(Face::Ourselves("gcc"), &lines[..30], STDIN, Capture::Pipes);
    assert!(seen.iter().filter(|seen| seen.status == "0").count() > 20);
    let lines = ["@one.rsp", "@nested.rsp", "@one.rsp -v", "@absent.rsp -c a.c"];
    sources().are_transparent(Face::Ourselves("gcc"), &lines, STDIN, Capture::Pipes);
    let lines = ["main.cpp -o program", "-c main.cpp a.c", "-xc++ - -c -o from.o", "@absent.rsp", "-v -E -x c++ -"];
    sources().are_transparent(Face::Ourselves("g++"), &lines, STDIN, Capture::Pipes);
}

/// The control: what is made alike before we compare differs without us too, and nothing else does.
#[test]
fn without_us_only_temporary_names_differ() {
    let pair = sources();
    let line = &calls("-v a.c b.c -o program");
    let face = Face::OnPath("gcc");
    let first = pair.one(face, false, line, b"", Capture::Pipes);
    assert_eq!(differences(&first, &pair.one(face, false, line, b"", Capture::Pipes)), "");
    let raw = || Capture::Pipes.run(pair.command(face, false).args(&line[0]), b"", &pair.world.path("captured")).1;
    let (one, other) = (raw(), raw());
    assert!(one != other, "temporary names are alike: nothing has to be made so");
    assert_eq!(pair.plain(&one[1]), pair.plain(&other[1]));
}
