//! Whole logs of many kinds: what is recognised in them, for which client, by which command.

use std::fmt::Write as _;
use std::path::Path;

use pycc_shim::diagnose::log::Reader;
use pycc_shim::host::{Host, Surroundings};

use crate::world::{SHIM, World};

/// `KIND NAME, CLIENT: COMMAND'S FIRST INPUT` of each finding.
fn recognised(log: &[u8]) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    let host = Host::read(root.path(), &Surroundings::of_other_root());
    let mut reader = Reader::new(&host);
    reader.read(log, 0..log.len(), 0);
    let found = reader.recognised(log, log.len() as u64);
    let show = |found: &pycc_shim::diagnose::log::Recognised| {
        let input = found.command.inputs.first().map_or(Path::new(""), |input| input);
        let name = String::from_utf8_lossy(&found.missing.name);
        format!("{} {name}, {}: {}", found.missing.kind.name(), found.client.name(), input.display())
    };
    found.iter().map(show).collect()
}

fn check(log: &str, expected: &[&str]) {
    assert_eq!(recognised(log.as_bytes()), expected, "{log}");
}

const PYTHON_H: &str = "fatal error: Python.h: No such file or directory\n   12 | #include <Python.h>\n      |          ^~~~~~~~~~\ncompilation terminated.\n";

#[test]
fn pip_with_its_indentation() {
    check(
        &format!(
            "  × Building wheel for psutil (pyproject.toml) did not run successfully.\n  │ exit code: 1\n  ╰─> [28 lines of output]\n      \
             running build_ext\n      building 'psutil._psutil_linux' extension\n      x86_64-linux-gnu-gcc -Wall -fPIC \
             -I/usr/include/python3.13 -c psutil/_psutil_linux.c -o build/temp.linux-x86_64-cpython-313/psutil/_psutil_linux.o\n      \
             psutil/_psutil_linux.c:12:10: {}      error: command '/usr/bin/x86_64-linux-gnu-gcc' failed with exit code 1\n      \
             [end of output]\n  \n  note: This error originates from a subprocess, and is likely not a problem with pip.\n  \
             ERROR: Failed building wheel for psutil\nFailed to build psutil\n",
            PYTHON_H.replace('\n', "\n      ")
        ),
        &["header Python.h, setuptools: psutil/_psutil_linux.c"],
    );
}

#[test]
fn a_ci_log_with_time_stamps() {
    let lines = format!("gcc -I/usr/include/python3.13 -c x.c -o build/temp.linux/x.o\nx.c:12:10: {PYTHON_H}");
    let mut log = String::new();
    for line in lines.lines() {
        writeln!(log, "2026-11-22T10:00:00.1234567Z {line}\r").unwrap();
    }
    check(&log, &["header Python.h, setuptools: x.c"]);
    let docker = log.replace("2026-11-22T10:00:00.1234567Z", "#12 34.567");
    check(&docker, &["header Python.h, setuptools: x.c"]);
    let worker = log.replace("2026-11-22T10:00:00.1234567Z", "(EngineCore_0 pid=123) ERROR 11-22 10:00:00 [core.py:7]");
    check(&worker, &["header Python.h, setuptools: x.c"]);
    let compose = log.replace("2026-11-22T10:00:00.1234567Z", "app-1  |");
    check(&compose, &["header Python.h, setuptools: x.c"]);
}

#[test]
fn ninja_workers_in_any_order() {
    let failed = |name: &str, header: &str| {
        format!(
            "FAILED: {name}.o \nc++ -MMD -MF {name}.o.d -DTORCH_EXTENSION_NAME=ext -c /src/{name}.cpp -o {name}.o \n\
             /src/{name}.cpp:1:10: fatal error: {header}: No such file or directory\n    1 | #include <{header}>\n      \
             |          ^~~~~~\ncompilation terminated.\n"
        )
    };
    // Two workers' lines, the commands first: each message finds its own.
    let mixed = "[1/2] c++ -DTORCH_EXTENSION_NAME=ext -c /src/a.cpp -o a.o\n[2/2] c++ -Iother -c /src/b.cpp -o b.o\n\
                 /src/a.cpp:1:10: fatal error: x.h: No such file or directory\n\
                 /src/b.cpp:1:10: fatal error: y.h: No such file or directory\n";
    check(mixed, &["header x.h, cpp-extension: /src/a.cpp", "header y.h, other: /src/b.cpp"]);
    let log = format!(
        "[1/3] c++ -c ok.cpp -o ok.o\n{}{}ninja: build stopped: subcommand failed.\n",
        failed("a", "Python.h"),
        failed("b", "cuda.h")
    );
    check(&log, &["header Python.h, cpp-extension: /src/a.cpp", "header cuda.h, cpp-extension: /src/b.cpp"]);
}

#[test]
fn triton_tells_its_command_behind_the_message() {
    check(
        &format!(
            "gcc -c unrelated.c -o unrelated.o\n/tmp/tmpab12/main.c:12:10: {PYTHON_H}Traceback (most recent call last):\n  \
             File \"/venv/lib/python3.13/site-packages/triton/runtime/build.py\", line 83, in _build\n    \
             subprocess.check_call(cc_cmd)\nsubprocess.CalledProcessError: Command '['/usr/bin/gcc', '/tmp/tmpab12/main.c', \
             '-O3', '-shared', '-fPIC', '-o', '/tmp/tmpab12/cuda_utils.so', '-I/venv/lib/python3.13/site-packages/triton/backends/nvidia/include', \
             '-I/usr/include/python3.13']' returned non-zero exit status 1.\n"
        ),
        &["header Python.h, triton: /tmp/tmpab12/main.c"],
    );
    // Only the message survived: the file's name still tells.
    check(&format!("/tmp/tmpab12/cuda_utils.c:5:10: {PYTHON_H}"), &["header Python.h, triton: "]);
}

#[test]
fn a_paste_from_a_notebook_with_every_path_a_link() {
    check(
        "CppCompileError: C++ compile error\n\nCommand:\ng++ [/tmp/torchinductor_u/ab/cab.main.cpp](file:///tmp/torchinductor_u/ab/cab.main.cpp) \
         -D TORCH_INDUCTOR_CPP_WRAPPER -shared -fPIC -I[/usr/include/python3.12](https://file+.example/usr/include/python3.12) \
         -o [/tmp/torchinductor_u/ab/cab.main.so](file:///tmp/torchinductor_u/ab/cab.main.so)\n\nOutput:\n\
         [/tmp/torchinductor_u/ab/cab.main.cpp:46](file:///tmp/torchinductor_u/ab/cab.main.cpp#line=45):10: fatal error: Python.h: No such file or directory\n\
         \u{20}  46 | #include <Python.h>\n      |          ^~~~~~~~~~\ncompilation terminated.\n",
        &["header Python.h, inductor: /tmp/torchinductor_u/ab/cab.main.cpp"],
    );
}

#[test]
fn several_failures_each_once_the_first_first() {
    let one = "gcc -Iapp -c a.c -o a.o\na.c:1:10: fatal error: z.h: No such file or directory\n";
    let two = "gcc a.o -o a -lssl\n/usr/bin/ld: cannot find -lssl: No such file or directory\ncollect2: error: ld returned 1 exit status\n";
    let three = "/bin/sh: 1: nvcc: not found\n";
    check(
        &[one, two, three, one, two].concat(),
        &["header z.h, other: a.c", "library ssl, other: a.o", "tool nvcc, other: a.o"],
    );
}

#[test]
fn colours_and_bytes_of_no_encoding() {
    let mut log = b"\xff\xfe\x00 garbage \x80\n\x1b[1mgcc -c m.c -o m.o\x1b[0m\n".to_vec();
    log.extend_from_slice(b"\x1b[01m\x1b[Km.c:1:10:\x1b[m\x1b[K \x1b[01;31m\x1b[Kfatal error: \x1b[m\x1b[Ka\xffb.h: No such file or directory\n");
    assert_eq!(recognised(&log), ["header a\u{fffd}b.h, other: m.c"]);
}

#[test]
fn empty_and_cut_short() {
    for log in ["", "\n", "\n\n\n", "gcc -c m.c", "m.c:1:10: fatal err"] {
        check(log, &[]);
    }
    check("gcc -c m.c -o m.o\nm.c:1:10: fatal error: z.h: No such file or directory", &["header z.h, other: m.c"]);
}

#[test]
fn what_an_installation_that_went_well_takes_back() {
    let optional = format!(
        "gcc -c s.c -o build/temp.linux/s.o\ns.c:12:10: {PYTHON_H}WARNING: the C extension could not be compiled\n"
    );
    check(&format!("{optional}Successfully installed markupsafe-3.0\n"), &[]);
    check(&format!("Successfully installed wheel-1\n{optional}"), &["header Python.h, setuptools: s.c"]);
    // A program's own compile is not undone by somebody's later pip install.
    check(
        &format!(
            "g++ -c /tmp/torchinductor_u/x.cpp -o x.o\n/tmp/torchinductor_u/x.cpp:12:10: {PYTHON_H}Successfully installed ninja-1\n"
        ),
        &["header Python.h, inductor: /tmp/torchinductor_u/x.cpp"],
    );
}

#[test]
fn probes_count_where_the_log_ends_in_them() {
    let probe = "gcc -pthread -I/usr/include/python3.13 -c _configtest.c -o _configtest.o\n_configtest.c:2:17: fatal error: mpi.h: No such file or directory\ncompilation terminated.\nfailure.\nremoving: _configtest.c _configtest.o\n";
    check(
        &format!("{probe}error: Cannot compile MPI programs. Check your configuration!!!\n"),
        &["header mpi.h, setuptools: _configtest.c"],
    );
    check(&format!("{probe}building 'x' extension\ngcc -c x.c -o x.o\n"), &[]);
    check(
        "configure:3: gcc -c conftest.c >&5\nconftest.c:9:10: fatal error: minix/config.h: No such file or directory\nconfigure:3: $? = 1\nconfigure: failed program was:\nconfigure: exit 0\n",
        &[],
    );
    check(
        "/b/CMakeFiles/CMakeScratch/TryCompile-x/src.c:1:10: fatal error: sys/x.h: No such file or directory\n-- Looking for sys/x.h - not found\n",
        &[],
    );
}

/// What is not missing, in logs as in live compiles: nobody's package.
#[test]
fn silences() {
    for (log, why) in [
        (
            "gcc -c nothere.c\ncc1: fatal error: nothere.c: No such file or directory\ncompilation terminated.\n",
            "the input",
        ),
        (
            "g++ /tmp/torchinductor_DOM\\user/x.cpp -o x\ng++: error: /tmp/torchinductor_DOMuser/x.cpp: No such file or directory\n",
            "the input",
        ),
        ("gcc m.o -o m\n/usr/bin/ld: cannot find m.o: No such file or directory\n", "an object"),
        (
            "gcc -c m.c\nm.c:1:10: fatal error: ../gen/config.h: No such file or directory\n",
            "the project's, by its path",
        ),
        (
            "gcc -c m.c\nm.c:1:10: fatal error: /opt/x/config.h: No such file or directory\n",
            "the project's, by its path",
        ),
        (
            "g++ -O3 -c big.cpp\ng++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\n",
            "killed",
        ),
        ("g++ -O3 -c big.cpp\n\ncc1plus: out of memory allocating 65536 bytes after a total of 1234 bytes\n", "memory"),
        (
            "gcc -I/my dir/include -c m.c -o m\ngcc: warning: dir/include: linker input file unused\n\
             gcc: error: dir/include: No such file or directory\nm.c:1:10: fatal error: z.h: No such file or directory\n",
            "a path broken by a space",
        ),
        (
            "gcc -c m.c\nm.c:3:2: warning: #warning Python.h is deprecated [-Wcpp]\n    3 | #warning Python.h\n",
            "a warning",
        ),
        ("ls: cannot access 'Python.h': No such file or directory\n", "another program"),
        (
            "checking for Python.h... no\n-- Could NOT find Python3 (missing: Python3_INCLUDE_DIRS Development)\n",
            "a remark",
        ),
    ] {
        assert_eq!(recognised(log.as_bytes()), [""; 0], "{why}: {log}");
    }
}

/// A log larger than what is read at a time, its message across the seam, from a file and from a stream.
#[test]
fn a_log_of_many_pieces() {
    let world = World::debian13();
    let message = format!(
        "g++ -I/usr/include/python3.13 -c /tmp/torchinductor_u/m.cpp -o m.o\n/tmp/torchinductor_u/m.cpp:12:10: {PYTHON_H}"
    );
    for before in [8 * 1024 * 1024 - 100, 8 * 1024 * 1024 + 256 * 1024 - 90] {
        let mut log = b"nothing to see here\n".repeat(before / 20);
        log.extend_from_slice(message.as_bytes());
        log.extend_from_slice(&b"and nothing there\n".repeat(600_000));
        world.file("work/log", &log);
        let expected = crate::world::REPORT;
        let root = world.path("root");
        world.call(SHIM).args("explain log --root").arg(&root).run().is("0", expected, "");
        world.call(SHIM).args("explain - --root").arg(&root).stdin(&log).run().is("0", expected, "");
    }
}

/// A line without an end: nothing is read of it but what stands near, and memory stays bounded.
#[test]
fn one_line_of_many_pieces() {
    let world = World::debian13();
    let mut log = vec![b'x'; 20 * 1024 * 1024];
    log.extend_from_slice(
        b"\ngcc -I/usr/include/python3.13 -c m.c -o m.o\nm.c:1:10: fatal error: Python.h: No such file or directory\n",
    );
    world.file("work/log", &log);
    let report = crate::world::REPORT.replace("PyTorch Inductor (torch.compile)", "a build driven by Python");
    let root = world.path("root");
    world.call(SHIM).args("explain log --root").arg(&root).run().is("0", &report, "");
    world.call(SHIM).args("explain - --root").arg(&root).stdin(&log).run().is("0", &report, "");
}
