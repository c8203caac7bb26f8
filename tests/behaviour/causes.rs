//! The causes behind messages about the toolchain's own files: a Debian's files and a compiler's text in, the whole
//! answer out. The texts and the answers are those of real roots; `tests/e2e/toolchain_debian.sh` runs them there.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::Path;

use pycc_shim::catalog::Catalog;
use pycc_shim::command::CompileCommand;
use pycc_shim::diagnose::{self, Scope};
use pycc_shim::host::{Host, Surroundings};
use pycc_shim::report::text::{Style, render};

const LIB: &str = "usr/lib/gcc/x86_64-linux-gnu";

/// A Debian 13 with GCC 14 and Clang 19, complete, less `without` and with `with`.
fn debian(with: &[&str], without: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let complete = [
        "usr/bin/apt-get",
        "usr/bin/as",
        "usr/bin/ld",
        "usr/bin/x86_64-linux-gnu-gcc-14",
        "usr/bin/x86_64-linux-gnu-g++-14",
        "usr/lib/gcc/x86_64-linux-gnu/14/crtbegin.o",
        "usr/lib/gcc/x86_64-linux-gnu/14/crtbeginS.o",
        "usr/lib/gcc/x86_64-linux-gnu/14/libgcc.a",
        "usr/lib/gcc/x86_64-linux-gnu/14/libstdc++.so",
        "usr/lib/gcc/x86_64-linux-gnu/14/include/stddef.h",
        "usr/lib/gcc/x86_64-linux-gnu/14/include/limits.h",
        "usr/libexec/gcc/x86_64-linux-gnu/14/cc1plus",
        "usr/lib/llvm-19/bin/clang",
        "usr/lib/llvm-19/lib/clang/19/include/stddef.h",
        "usr/lib/llvm-19/lib/clang/19/include/stdarg.h",
        "usr/include/stdio.h",
        "usr/include/crypt.h",
        "usr/include/limits.h",
        "usr/include/x86_64-linux-gnu/bits/libc-header-start.h",
        "usr/include/x86_64-linux-gnu/sys/cdefs.h",
        "usr/include/c++/14/iostream",
        "usr/include/c++/14/cstdint",
        "usr/include/x86_64-linux-gnu/c++/14/bits/c++config.h",
        "usr/lib/x86_64-linux-gnu/crti.o",
        "usr/lib/x86_64-linux-gnu/Scrt1.o",
        "var/lib/apt/lists/deb_dists_trixie_main_binary-amd64_Packages",
        "var/lib/dpkg/info/libgcc-14-dev:amd64.list",
        "var/lib/dpkg/info/libclang-common-19-dev:amd64.list",
    ];
    for file in complete.iter().filter(|file| !without.contains(file)).chain(with) {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    let release = "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n";
    std::fs::create_dir_all(root.path().join("etc")).unwrap();
    std::fs::write(root.path().join("etc/os-release"), release).unwrap();
    for (name, target) in [
        ("gcc", "x86_64-linux-gnu-gcc-14"),
        ("g++", "x86_64-linux-gnu-g++-14"),
        ("clang", "../lib/llvm-19/bin/clang"),
        ("clang++", "../lib/llvm-19/bin/clang"),
    ] {
        symlink(target, root.path().join("usr/bin").join(name)).unwrap();
    }
    root
}

/// What is said to root about a command and its text.
fn says(root: &tempfile::TempDir, line: &str, text: &str) -> String {
    let argv: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    let command = CompileCommand::parse(&argv, Path::new("/work"), &|_| None);
    let host = Host::read(root.path(), &Surroundings::default());
    let report = diagnose::compile(&command, text.as_bytes(), Scope::All, &host, Catalog::embedded());
    render(&report, Style { live: false, colour: false })
}

fn answer(header: &str, because: &str, package: &str, install: &str, check: &str) -> String {
    format!(
        "pycc-shim: {header} is missing: {because}\n    package     {package} (Debian 13)\n    install     apt-get install {install}\n    \
         then check  test -e {check}\n"
    )
}

fn gcc(file: &str, line: u32, header: &str) -> String {
    format!(
        "{file}:{line}:10: fatal error: {header}: No such file or directory\n   {line} | #include <{header}>\ncompilation terminated.\n"
    )
}

fn clang(file: &str, header: &str) -> String {
    format!("{file}:1:10: fatal error: '{header}' file not found\n    1 | #include <{header}>\n1 error generated.\n")
}

#[test]
fn a_32_bit_compile_on_a_64_bit_system() {
    let root = debian(&["usr/bin/gcc-13", "usr/bin/g++-13", &format!("{LIB}/13/crtbegin.o")], &[]);
    let half = "this is a 32-bit compile, and only the 64-bit half of the libraries is installed";
    let c = |name: &str| {
        answer(name, half, "gcc-multilib", "-y gcc-multilib", "/usr/lib/gcc/x86_64-linux-gnu/14/32/libgcc.a")
    };
    let cxx = |name: &str| {
        answer(name, half, "g++-multilib", "-y g++-multilib", "/usr/lib/gcc/x86_64-linux-gnu/14/32/libstdc++.so")
    };
    let libc = gcc("/usr/include/stdio.h", 28, "bits/libc-header-start.h");
    assert_eq!(says(&root, "gcc -m32 -c m.c", &libc), c("bits/libc-header-start.h"));
    assert_eq!(says(&root, "gcc -m32 -c m.c", &gcc("m.c", 1, "sys/cdefs.h")), c("sys/cdefs.h"));
    let config = gcc("/usr/include/c++/14/bits/requires_hosted.h", 31, "bits/c++config.h");
    assert_eq!(says(&root, "g++ -m32 -c x.cpp", &config), cxx("bits/c++config.h"));
    // Called by its version, a compiler needs its own version's package.
    let config = gcc("/usr/include/c++/13/bits/requires_hosted.h", 31, "bits/c++config.h");
    let other = answer(
        "bits/c++config.h",
        half,
        "g++-13-multilib",
        "-y g++-13-multilib",
        "/usr/lib/gcc/x86_64-linux-gnu/13/32/libstdc++.so",
    );
    assert_eq!(says(&root, "g++-13 -m32 -c x.cpp", &config), other);
    assert_eq!(says(&root, "g++ -m32 -c x.cpp", &config), other, "g++ is another version's: case c339");
    // Clang sees no C++ library at all.
    assert_eq!(says(&root, "clang++ -m32 -c x.cpp", &clang("x.cpp", "iostream")), cxx("iostream"));
    let link = "/usr/bin/ld: skipping incompatible /usr/lib/gcc/x86_64-linux-gnu/14/libgcc.a when searching for -lgcc\n\
                /usr/bin/ld: cannot find -lgcc: No such file or directory\ncollect2: error: ld returned 1 exit status\n";
    assert_eq!(says(&root, "gcc -m32 t.c -o t", link), c("gcc"));
    // Without -m32 nothing is known of it; nor of a header that is in neither half.
    assert_eq!(says(&root, "gcc -c m.c", &libc), "");
    assert_eq!(says(&root, "gcc -m32 -c m.c", &gcc("m.c", 1, "zlib.h")), "");
}

#[test]
fn a_compiler_without_its_own_headers() {
    let stddef = &format!("{LIB}/14/include/stddef.h");
    let expected = answer(
        "stddef.h",
        "it is GCC 14's own, and gone: the compiler is broken",
        "libgcc-14-dev",
        "-y --reinstall libgcc-14-dev",
        "/usr/lib/gcc/x86_64-linux-gnu/14/include/stddef.h",
    );
    let text = gcc("/usr/include/stdio.h", 34, "stddef.h");
    assert_eq!(says(&debian(&[], &[stddef]), "gcc -c m.c", &text), expected);
    assert_eq!(says(&debian(&[], &[]), "gcc -c m.c", &text), "", "it is there");
    let expected = answer(
        "stddef.h",
        "it is Clang 19's own, and gone: the compiler is broken",
        "libclang-common-19-dev",
        "-y --reinstall libclang-common-19-dev",
        "/usr/lib/llvm-19/lib/clang/19/include/stddef.h",
    );
    let broken = debian(&[], &["usr/lib/llvm-19/lib/clang/19/include/stddef.h"]);
    assert_eq!(says(&broken, "clang -c m.c", &clang("m.c", "stddef.h")), expected);
    // limits.h asked for by GCC's own: the C library's is what is not there.
    let text = gcc("/usr/lib/gcc/x86_64-linux-gnu/14/include/limits.h", 210, "limits.h");
    let expected = answer(
        "limits.h",
        "the C library's headers are not installed",
        "libc6-dev",
        "-y libc6-dev",
        "/usr/include/limits.h",
    );
    assert_eq!(says(&debian(&[], &["usr/include/limits.h"]), "gcc -c m.c", &text), expected);
}

#[test]
fn a_compiler_without_its_parts() {
    let cc1plus = "gcc: fatal error: cannot execute \u{2018}cc1plus\u{2019}: posix_spawnp: No such file or directory\ncompilation terminated.\n";
    let because = "GCC 14 is installed without its C++ compiler";
    let check = "/usr/libexec/gcc/x86_64-linux-gnu/14/cc1plus";
    let half = debian(&["usr/libexec/gcc/x86_64-linux-gnu/14/cc1"], &[check.trim_start_matches('/')]);
    assert_eq!(says(&half, "gcc -c x.cpp", cc1plus), answer("cc1plus", because, "g++", "-y g++", check));
    assert_eq!(says(&half, "gcc-14 -c x.cpp", cc1plus), answer("cc1plus", because, "g++-14", "-y g++-14", check));
    assert_eq!(says(&debian(&[], &[]), "gcc -c x.cpp", cc1plus), "", "it is there: a sandbox hides it (case c189)");

    let assembler =
        "gcc: fatal error: cannot execute 'as': execvp: No such file or directory\ncompilation terminated.\n";
    let because = "the compiler has no assembler and no linker without the binary utilities";
    assert_eq!(
        says(&debian(&[], &["usr/bin/as"]), "gcc -c m.c", assembler),
        answer("as", because, "binutils", "-y binutils", "/usr/bin/as")
    );

    let start =
        "/usr/bin/ld: cannot find crti.o: No such file or directory\ncollect2: error: ld returned 1 exit status\n";
    let because = "the C library's start files are not installed";
    let check = "usr/lib/x86_64-linux-gnu/crti.o";
    assert_eq!(
        says(&debian(&[], &[check]), "gcc m.o", start),
        answer("crti.o", because, "libc6-dev", "-y libc6-dev", &format!("/{check}"))
    );

    let library =
        "/usr/bin/ld: cannot find -lstdc++: No such file or directory\ncollect2: error: ld returned 1 exit status\n";
    let check = &format!("{LIB}/14/libstdc++.so");
    let because = "the C++ library of GCC 14 is not installed";
    assert_eq!(
        says(&debian(&[], &[check]), "gcc m.o -lstdc++", library),
        answer("stdc++", because, "libstdc++-14-dev", "-y libstdc++-14-dev", &format!("/{check}"))
    );
}

/// What is another processor's, another system's or another installation's is not judged by the system's files.
#[test]
fn other_compilers_than_the_systems() {
    let stddef = format!("{LIB}/14/include/stddef.h");
    let text = gcc("m.c", 1, "stddef.h");
    let broken = || debian(&[], &[&stddef]);
    assert_ne!(says(&broken(), "gcc -c m.c", &text), "");
    assert_ne!(says(&broken(), "x86_64-linux-gnu-gcc-14 -c m.c", &text), "");
    for line in
        ["aarch64-linux-gnu-gcc-14 -c m.c", "clang --target=aarch64-linux-gnu -c m.c", "clang -target bpf -c m.c"]
    {
        assert_eq!(says(&broken(), line, &text), "", "{line}");
    }
    let hidden = debian(&["usr/local/bin/gcc"], &[&stddef]);
    assert_eq!(says(&hidden, "gcc -c m.c", &text), "", "/usr/local comes first on PATH");
    assert_ne!(says(&hidden, "/usr/bin/gcc -c m.c", &text), "");
    // A header of another processor is in no GCC here, and none is broken for it.
    for header in ["arm_neon.h", "immintrin.h", "cpuid.h"] {
        assert_eq!(says(&debian(&[], &[]), "gcc -c m.c", &gcc("m.c", 1, header)), "", "{header}");
    }
    // Libraries for another architecture beside the system's (case c369).
    let foreign = format!("usr/lib/gcc/{}-linux-gnu/14/crtbegin.o", "aarch64");
    if cfg!(target_arch = "x86_64") {
        assert_eq!(says(&debian(&[&foreign], &[]), "gcc -c m.c", &text), "", "the system's own has it");
        let expected = says(&broken(), "gcc -c m.c", &text);
        assert_eq!(says(&debian(&[&foreign], &[&stddef]), "gcc -c m.c", &text), expected);
    }
}

/// The newest GCC directory has no C++ headers; an older one, which Clang does not take, has.
#[test]
fn clang_and_the_newest_gcc() {
    let with = [&format!("{LIB}/15/crtbegin.o"), &format!("{LIB}/16/libgcc.a")];
    let root = debian(&with.map(String::as_str), &[]);
    let because = "Clang takes the C++ library of the newest GCC here, 15, which was installed without it";
    let expected = |header: &str| {
        answer(header, because, "libstdc++-15-dev", "-y libstdc++-15-dev", "/usr/include/c++/15/iostream")
    };
    for header in ["iostream", "cstdint", "bits/c++config.h"] {
        assert_eq!(says(&root, "clang++ -c x.cpp", &clang("x.cpp", header)), expected(header));
        assert_eq!(says(&root, "clang++-19 -c x.cpp", &clang("x.cpp", header)), expected(header));
    }
    // conda's Clang, one with a system root of its own, and GCC search elsewhere.
    for line in [
        "/opt/conda/bin/clang++ -c x.cpp",
        "x86_64-conda-linux-gnu-clang++ -c x.cpp",
        "clang++ --sysroot=/opt/s -c x.cpp",
        "g++ -c x.cpp",
    ] {
        assert_eq!(says(&root, line, &clang("x.cpp", "iostream")), "", "{line}");
    }
    let library = "/usr/bin/ld: cannot find -lc++: No such file or directory\nclang: error: linker command failed with exit code 1\n";
    let because = "-stdlib=libc++ asks for Clang's own C++ library, which is not installed";
    let check = "/usr/lib/llvm-19/include/c++/v1/iostream";
    let expected = answer("iostream", because, "libc++-dev libc++abi-dev", "-y libc++-dev libc++abi-dev", check);
    assert_eq!(says(&root, "clang++ -stdlib=libc++ -c x.cpp", &clang("x.cpp", "iostream")), expected);
    let expected = answer(
        "c++",
        because,
        "libc++-dev libc++abi-dev",
        "-y libc++-dev libc++abi-dev",
        "/usr/lib/llvm-19/lib/libc++.so",
    );
    assert_eq!(says(&root, "clang++ -stdlib=libc++ x.o", library), expected);
}

#[test]
fn crypt_h_through_python_h() {
    let text = gcc("/usr/include/python3.9/Python.h", 44, "crypt.h");
    let because = "Python.h includes it, and it is the C library's, not Python's";
    let expected = answer("crypt.h", because, "libcrypt-dev", "-y libcrypt-dev", "/usr/include/crypt.h");
    let root = debian(&[], &["usr/include/crypt.h"]);
    assert_eq!(says(&root, "gcc -c m.c", &text), expected);
    let conda = gcc("/opt/conda/include/python3.8/Python.h", 44, "crypt.h");
    assert_eq!(says(&root, "gcc -c m.c", &conda), expected, "the system's compiler searches the system (case c209)");
    assert_eq!(says(&root, "x86_64-conda-linux-gnu-cc -c m.c", &conda), "", "conda's does not (case c111)");
    let by_itself = says(&root, "gcc -c m.c", &gcc("m.c", 1, "crypt.h"));
    assert!(by_itself.contains("the development files of libcrypt are not installed"), "{by_itself}");
}

#[test]
fn what_left_upstream_has_no_package() {
    let root = debian(&["usr/bin/python3.13", "usr/bin/python3.10"], &[]);
    let text = gcc("m.c", 1, "longintrepr.h");
    let expected = "pycc-shim: longintrepr.h is missing: Python 3.11 moved it to cpython/longintrepr.h, and this source was \
                    written for an older Python\n    wanted by   a build driven by Python, for the system's Python 3.13\n    \
                    note        nothing to install: use a newer release of the package that is being built, or Python 3.10\n";
    assert_eq!(says(&root, "gcc -I/usr/include/python3.13 -c m.c", &text), expected);
    assert_eq!(says(&root, "gcc -I/usr/include/python3.10 -c m.c", &text), "", "Python 3.10 still has it");
    let nvtx = gcc("m.c", 1, "nvToolsExt.h");
    let expected = "pycc-shim: nvToolsExt.h is missing: CUDA 12.9 removed it, and NVTX 3 is headers alone (nvtx3/nvToolsExt.h)\n    \
                    note        nothing to install: use a release of the package that is being built (or of PyTorch) which \
                    knows NVTX 3, or CUDA 12.8\n";
    assert_eq!(says(&root, "gcc -I/usr/local/cuda-13.1/include -c m.c", &nvtx), expected);
    let older = says(&root, "gcc -I/usr/local/cuda-12.6/include -c m.c", &nvtx);
    assert_eq!(older, "", "NVIDIA's toolkit, and no repository of NVIDIA's");
}
