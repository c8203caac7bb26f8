//! When the live shim speaks, and in which form.

use std::fs;

use crate::world::{INDUCTOR, REPORT, World, gcc_says, start};

const SOURCE: &str = "/tmp/torchinductor_u/ab/cab.main.cpp";

fn debian13_saying(text: &str) -> World {
    let world = World::debian13();
    world.file("work/says", text);
    world
}

#[test]
fn the_report_follows_the_compilers_text() {
    let text = gcc_says(SOURCE, "Python.h");
    let world = debian13_saying(&text);
    let outcome = world.call("g++").args(INDUCTOR).args("--mock-stderr-of=says --mock-exit=1").run();
    outcome.is("1", "", &format!("{text}{REPORT}"));
}

#[test]
fn it_begins_on_a_new_line() {
    let text = gcc_says(SOURCE, "Python.h");
    let cut = text.trim_end();
    let world = debian13_saying(cut);
    let outcome = world.call("g++").args(INDUCTOR).args("--mock-stderr-of=says --mock-exit=1").run();
    outcome.is("1", "", &format!("{cut}\n{REPORT}"));
}

#[test]
fn json_on_demand() {
    let text = gcc_says(SOURCE, "Python.h");
    let world = debian13_saying(&text);
    let call = world.call("g++").env("PYCC_SHIM_FORMAT", "json").args(INDUCTOR);
    let json = concat!(
        r#"{"schema":1,"findings":[{"missing":{"kind":"header","name":"Python.h"},"#,
        r#""location":{"file":"/tmp/torchinductor_u/ab/cab.main.cpp","line":1,"column":10},"#,
        r#""client":"inductor","component":"python-headers","#,
        r#""python":{"version":"3.13","abi":"","origin":"system","include_dir":"/usr/include/python3.13"},"#,
        r#""host":{"os":"debian","version":"13","manager":"apt","container":false,"privilege":"sudo"},"#,
        r#""verdict":"install","summary":"Python.h is missing: the C headers of Python 3.13 are not installed","#,
        r#""remedies":[{"manager":"apt","packages":["python3.13-dev"],"env":{},"needs_root":true,"#,
        r#""commands":["apt-get update","apt-get install -y python3.13-dev"]},"#,
        r#"{"manager":"apt","packages":["libpython3.13-dev"],"env":{"#,
        r#""CPATH":"[DIR]/home/.local/share/pycc-shim/sysroot/usr/include/python3.13:"#,
        "[DIR]/home/.local/share/pycc-shim/sysroot/usr/include:",
        r#"[DIR]/home/.local/share/pycc-shim/sysroot/headers","#,
        r#""LD_RUN_PATH":"[DIR]/home/.local/share/pycc-shim/sysroot/libraries","#,
        r#""LIBRARY_PATH":"[DIR]/home/.local/share/pycc-shim/sysroot/libraries"},"#,
        r#""needs_root":false,"commands":["mkdir -p [DIR]/home/.local/share/pycc-shim/sysroot","#,
        r#""sh -c 'cd [DIR]/home/.local/share/pycc-shim/sysroot && "#,
        r#"apt=\"apt-get -o Dir::State::Lists=$PWD/lists\" && mkdir -p lists/partial && $apt update && "#,
        r#"$apt download $({ $apt install -s --no-install-recommends libpython3.13-dev; "#,
        r#"$apt install -s --no-install-recommends patchelf; } | "#,
        r#"sed -n \"s/^Inst \\([^ ]*\\).*/\\1/p\") && "#,
        r#"for deb in *.deb; do dpkg-deb -x \"$deb\" . && rm \"$deb\" || exit; done "#,
        r#"&& if test -d lib; then cp -a lib usr && rm -r lib; fi "#,
        r#"&& ln -sfn usr/include/*-gnu* headers && ln -sfn usr/lib/*-gnu* libraries "#,
        r#"&& for so in libraries/*.so; do if test -L \"$so\" && ! test -e \"$so\"; "#,
        r#"then to=$(basename \"$(readlink -m \"$so\")\"); test -e \"libraries/$to\" || to=\"/$(readlink libraries)/$to\"; "#,
        r#"ln -sf \"$to\" \"$so\"; fi; done "#,
        r#"&& PATH=$PATH:$PWD/usr/bin && for so in libraries/*.so.*; do test -L \"$so\" "#,
        r#"|| test -n \"$(patchelf --print-rpath \"$so\" 2>&1)\" "#,
        r#"|| patchelf --set-rpath \"\\$ORIGIN\" \"$so\" || exit; done'"]}],"#,
        r#""verify":"test -f /usr/include/python3.13/Python.h","notes":[]}]}"#,
        "\n"
    );
    call.args("--mock-stderr-of=says --mock-exit=1").run().is("1", "", &format!("{text}{json}"));
}

/// Commands that are nobody's of Python's, or that only ask, get silence.
#[test]
fn silences() {
    let world = debian13_saying(&gcc_says("a.cpp", "nobody/knows.h"));
    for line in ["-c a.cpp", "-c src/a.cpp -o a.o", INDUCTOR] {
        let text = gcc_says("a.cpp", "nobody/knows.h");
        world.call("g++").args(line).args("--mock-stderr-of=says --mock-exit=1").run().is("1", "", &text);
    }
    let text = gcc_says("conftest.c", "Python.h");
    let world = debian13_saying(&text);
    for line in [
        "-c conftest.c -I/usr/include/python3.13",
        "-c _configtest.c -I/usr/include/python3.13",
        "-c x.c -o CMakeFiles/CMakeScratch/TryCompile-x/x.o -I/usr/include/python3.13",
        "-c build/meson-private/tmpx/sanitycheckc.c -I/usr/include/python3.13",
    ] {
        world.call("gcc").args(line).args("--mock-stderr-of=says --mock-exit=1").run().is("1", "", &text);
    }
    assert_eq!(world.record(), "");
}

/// `PYCC_SHIM_MATCH`: a missing Python header is Python's affair in any command; `all` would speak of more, when the
/// tables know more.
#[test]
fn a_python_header_in_any_command_counts() {
    let text = gcc_says("a.cpp", "Python.h");
    let world = debian13_saying(&text);
    let line = "-c a.cpp -I/opt/no/python3.13/include -L/usr/lib/python3.13/config";
    // It does not look where the package puts them.
    let set = "    set         export CPATH=/usr/include/python3.13${CPATH:+:$CPATH}\n    no root?";
    let report = REPORT
        .replace("PyTorch Inductor (torch.compile), for t", "T")
        .replace("The system", "the system")
        .replace("    no root?", set);
    for scope in ["python", "all", "nonsense"] {
        let call = world.call("g++").env("PYCC_SHIM_MATCH", scope).args(line);
        call.args("--mock-stderr-of=says --mock-exit=1").run().is("1", "", &format!("{text}{report}"));
    }
}

#[test]
fn two_things_are_two_blocks_and_the_first_is_first() {
    let mut text = gcc_says(SOURCE, "Python.h");
    text.push_str(&gcc_says(SOURCE, "pyconfig.h"));
    text.push_str(&gcc_says(SOURCE, "Python.h"));
    let world = debian13_saying(&text);
    let outcome = world.call("g++").args(INDUCTOR).args("--mock-stderr-of=says --mock-exit=1").run();
    let second = REPORT.replace("Python.h", "pyconfig.h");
    outcome.is("1", "", &format!("{text}{REPORT}{second}"));
}

/// Sixty-four workers fail at the same moment into one file: every block is whole.
#[test]
fn many_at_once_write_whole_blocks() {
    let text = gcc_says(SOURCE, "Python.h");
    let world = debian13_saying(&text);
    let all = world.path("work/all");
    let file = fs::File::options().create(true).append(true).open(&all).unwrap();
    let workers: Vec<_> = (0..64)
        .map(|_| {
            let mut call = world.call("g++").args(INDUCTOR).args("--mock-stderr-of=says --mock-exit=1").command();
            start(call.stderr(file.try_clone().unwrap()))
        })
        .collect();
    for mut worker in workers {
        assert_eq!(worker.wait().unwrap().code(), Some(1));
    }
    let written = fs::read_to_string(all).unwrap();
    assert_eq!(written.matches(REPORT).count(), 64);
    assert_eq!(written.len(), 64 * (text.len() + REPORT.len()));
}
