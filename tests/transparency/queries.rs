//! What tools ask compilers: every option that only asks, by every name, of GCC and of Clang.

use crate::capture::Capture;
use crate::pair::{Face, Pair};

/// Both compilers answer, or refuse in their own words.
const QUERIES: &[&str] = &[
    "",
    "-v",
    "--version",
    "-dumpmachine",
    "-dumpversion",
    "-dumpfullversion",
    "-dumpfullversion -dumpversion",
    "-dumpspecs",
    "--help",
    "--help=warnings",
    "--help=common,^joined",
    "--target-help",
    "-v --help",
    "-Q --help=optimizers",
    "-Q -O2 --help=target",
    "-print-search-dirs",
    "-print-libgcc-file-name",
    "-print-file-name=libc.so",
    "-print-file-name=plugin",
    "--print-file-name=include",
    "-print-prog-name=as",
    "--print-prog-name=cc1",
    "-print-multi-lib",
    "-print-multi-directory",
    "-print-multiarch",
    "-print-multi-os-directory",
    "-print-sysroot",
    "-print-sysroot-headers-suffix",
    "-print-resource-dir",
    "-print-target-triple",
    "-print-effective-triple",
    "-print-supported-cpus",
    "-print-nonsense",
    "-###",
    "-### -c a.c",
    "-### -O2 -g a.c b.c -o program",
    "-### -flto a.c",
    "-### absent.c",
    "-E -v -x c /dev/null",
    "-E -dM -x c /dev/null",
    "-E -Wp,-v -x c++ /dev/null",
    "-fsyntax-only -v -x c /dev/null",
    "-c -v a.c",
    "-V",
    "--nonsense",
];

fn check(faces: &[Face]) {
    let pair = Pair::real().source("a.c", "int a;\n").source("b.c", "int main(void) { return 0; }\n");
    for face in faces {
        let seen = pair.are_transparent(*face, QUERIES, b"", Capture::Pipes);
        let answered = seen.iter().filter(|seen| seen.status == "0" && seen.streams.concat() != b"").count();
        // A table of options that nobody knows would prove nothing.
        assert!(seen.is_empty() || answered * 2 > QUERIES.len(), "{face:?} answers {answered}");
    }
}

#[test]
fn of_gcc() {
    check(&[Face::OnPath("gcc"), Face::OnPath("g++"), Face::OnPath("cc"), Face::OnPath("c++")]);
}

#[test]
fn of_gcc_by_longer_names() {
    check(&[Face::OnPath("g++-12"), Face::OnPath("x86_64-linux-gnu-gcc")]);
}

#[test]
fn of_clang() {
    check(&[Face::OnPath("clang"), Face::OnPath("clang++")]);
}

#[test]
fn by_path_and_by_our_own_name() {
    check(&[Face::ByPath("g++"), Face::ByPath("clang"), Face::Launcher("gcc"), Face::Launcher("clang++")]);
}
