//! `fix`: commands out of the catalog, and the compile that failed, until it passes.
//!
//! The compiler, apt-get and sudo are scripts here, so that what is installed is a file of the test's own; the real ones
//! run in `tests/e2e`.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::world::{Call, REPORT, SHIM, World, gcc_says, show, start};

const SOURCE: &str = "torchinductor_u/ab/cab.main.cpp";
/// A compile in Inductor's shape, whose source is there.
const COMPILE: &str = "torchinductor_u/ab/cab.main.cpp -D TORCH_INDUCTOR_CPP_WRAPPER -shared -fPIC \
                       -I/usr/include/python3.13 -o torchinductor_u/ab/cab.main.so";

/// A Debian 13 on which a compile wants Python.h and then ffi.h, and apt-get brings them. What is called is in `log`.
fn world() -> World {
    let world = World::debian13();
    fs::remove_file(world.path("bin/g++")).unwrap();
    let root = world.path("root");
    world.file(&format!("work/{SOURCE}"), "");
    world.file("work/python", gcc_says(SOURCE, "Python.h")).file("work/ffi", gcc_says(SOURCE, "ffi.h"));
    world.script(
        "bin/g++",
        &format!(
            "#!/bin/sh\ncd {work}\n\
             for wanted in python:{root}/usr/include/python3.13/Python.h ffi:{root}/usr/include/ffi.h; do\n\
             [ -e \"${{wanted#*:}}\" ] || {{ cat \"${{wanted%%:*}}\" >&2; exit 1; }}\ndone\n\
             echo \"g++ CPATH=$CPATH\" >>log\n",
            work = world.path("work").display(),
            root = root.display()
        ),
    );
    world.script(
        "bin/sudo",
        &format!("#!/bin/sh\necho \"sudo $*\" >>{}\n[ \"$1\" = -n ] && shift\n\"$@\"\n", log(&world)),
    );
    world.script(
        "bin/apt-get",
        &format!(
            "#!/bin/sh\necho \"apt-get $*\" >>{}\ncase \"$*\" in\n\
             *python3.13-dev) mkdir -p {root}/usr/include/python3.13; : >{root}/usr/include/python3.13/Python.h ;;\n\
             *libffi-dev) : >{root}/usr/include/ffi.h ;;\nesac\n",
            log(&world),
            root = root.display()
        ),
    );
    world
}

fn log(world: &World) -> String {
    world.path("work/log").display().to_string()
}

/// What has been called so far.
fn called(world: &World) -> String {
    world.redact(&fs::read(world.path("work/log")).unwrap_or_default())
}

fn fail(world: &World) {
    assert_eq!(world.call("g++").args(COMPILE).run().status, "1");
}

fn fix<'w>(world: &'w World, line: &str) -> Call<'w> {
    world.call(SHIM).arg("fix").args(line)
}

const PYTHON_STEPS: &str = "    sudo -n apt-get update\n    sudo -n apt-get install -y python3.13-dev\n";
const FFI: &str = "\
pycc-shim: ffi.h is missing: the development files of libffi are not installed
    wanted by   PyTorch Inductor (torch.compile)
    package     libffi-dev (Debian 13)
    install     sudo apt-get update && sudo apt-get install -y libffi-dev
    no root?    pycc-shim fix --user
    then check  printf '#if !__has_include(<ffi.h>)\\n#error\\n#endif\\n' | g++ -E -x c++ - >/dev/null
";

/// One header hides the next: both are installed, and the compile passes.
#[test]
fn until_the_compile_passes() {
    let world = world();
    fail(&world);
    let expected = format!(
        "{REPORT}\npycc-shim will run\n{PYTHON_STEPS}\
         pycc-shim: step 1 of 2: sudo -n apt-get update\n\
         pycc-shim: step 2 of 2: sudo -n apt-get install -y python3.13-dev\n\
         pycc-shim: compiling again what failed\n\
         {FFI}\npycc-shim will run\n    sudo -n apt-get update\n    sudo -n apt-get install -y libffi-dev\n\
         pycc-shim: step 1 of 2: sudo -n apt-get update\n\
         pycc-shim: step 2 of 2: sudo -n apt-get install -y libffi-dev\n\
         pycc-shim: compiling again what failed\n\
         pycc-shim: fixed: the compile that failed now passes\n"
    );
    fix(&world, "--yes").run().is("0", &expected, "");
    let update = "sudo -n apt-get update\napt-get update\n";
    let install = |package: &str| format!("sudo -n apt-get install -y {package}\napt-get install -y {package}\n");
    let [python, ffi] = ["python3.13-dev", "libffi-dev"].map(install);
    assert_eq!(called(&world), format!("{update}{python}{update}{ffi}g++ CPATH=\n"));
    fix(&world, "").run().is("0", "pycc-shim: nothing to do: the compile that failed passes now\n", "");
}

#[test]
fn nobody_to_ask_and_nothing_to_do() {
    let world = world();
    let nothing = "pycc-shim: no failed compile is on record; run what failed once more through pycc-shim, then `pycc-shim fix`\n";
    fix(&world, "--yes").run().is("1", "", nothing);
    fail(&world);
    let ask = "pycc-shim: standard input is no terminal, so that nobody can be asked: say `pycc-shim fix --yes`\n";
    fix(&world, "").run().is("2", &format!("{REPORT}\npycc-shim will run\n{PYTHON_STEPS}"), ask);
    fix(&world, "--dry-run").run().is("1", &format!("{REPORT}\npycc-shim would run\n{PYTHON_STEPS}"), "");
    assert_eq!(called(&world), "");
}

/// apt-get says that all went well, and the header is not there.
#[test]
fn what_is_missing_twice_ends_it() {
    let world = world();
    fail(&world);
    world.script("bin/apt-get", "#!/bin/sh\n");
    let expected = format!(
        "{REPORT}\npycc-shim will run\n{PYTHON_STEPS}\
         pycc-shim: step 1 of 2: sudo -n apt-get update\n\
         pycc-shim: step 2 of 2: sudo -n apt-get install -y python3.13-dev\n\
         pycc-shim: compiling again what failed\n\
         {REPORT}pycc-shim: Python.h is still missing after this was done; the compile fails as before\n"
    );
    fix(&world, "--yes").run().is("1", &expected, "");
}

#[test]
fn a_step_that_fails_ends_it() {
    let world = world();
    fail(&world);
    world.script("bin/apt-get", "#!/bin/sh\necho E: no network >&2\nexit 100\n");
    let expected = format!(
        "{REPORT}\npycc-shim will run\n{PYTHON_STEPS}\
         pycc-shim: step 1 of 2: sudo -n apt-get update\n\
         pycc-shim: step 1 of 2 ended with exit status: 100; mend what it says, then run `pycc-shim fix` again\n"
    );
    fix(&world, "--yes").run().is("1", &expected, "E: no network\n");
    fs::remove_file(world.path("bin/sudo")).unwrap();
    fs::create_dir(world.path("empty")).unwrap();
    let outcome = fix(&world, "--yes").env("PATH", world.path("empty")).run();
    let none = "pycc-shim: cannot run sudo: is it on PATH?: No such file or directory (os error 2)\n";
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("2", none));
}

/// What a record says is to be run is of no matter: it is a file that somebody may have written.
#[test]
fn commands_come_from_the_catalog_alone() {
    let world = world();
    fail(&world);
    let record = world
        .record()
        .replace("apt-get install -y python3.13-dev", "touch pwned")
        .replace("apt-get update", "touch pwned");
    assert!(record.contains("touch pwned"));
    world.file("work/report.json", record);
    fix(&world, "--dry-run report.json").run().is("1", &format!("{REPORT}\npycc-shim would run\n{PYTHON_STEPS}"), "");
    world.file("work/no-report.json", "{\"schema\":1,\"findings\":[]}");
    let none = "pycc-shim: cannot read no-report.json; fix wants a file of PYCC_SHIM_REPORT_DIR, which holds the command \
                that failed: missing field `command` at line 1 column 26\n";
    fix(&world, "no-report.json").run().is("2", "", none);
}

/// A record's command is a compile through us or nothing: a file may name any program.
#[test]
fn a_record_runs_no_other_program() {
    let world = world();
    fail(&world);
    world.script("work/evil", "#!/bin/sh\n: >pwned\n");
    let mut record: serde_json::Value = serde_json::from_str(&world.record()).unwrap();
    let evil = world.path("work/evil");
    record["command"]["argv"] = serde_json::json!([evil, "run", "--", evil]);
    world.file("work/report.json", record.to_string());
    let none =
        "pycc-shim: the record's command is no compile, and is not run; name another file of PYCC_SHIM_REPORT_DIR\n";
    fix(&world, "--yes report.json").run().is("2", "", none);
    record["command"]["argv"] = serde_json::json!([evil, "torchinductor_u/ab/cab.main.cpp"]);
    world.file("work/report.json", record.to_string());
    fix(&world, "--yes report.json").run();
    assert!(!world.path("work/pwned").exists());
}

/// Triton deletes its source when a compile has failed; it is put back for the compile, and taken away again.
#[test]
fn a_source_that_was_deleted() {
    let world = world();
    fs::remove_file(world.path("bin/gcc")).unwrap();
    let root = world.path("root").display().to_string();
    world.script(
        "bin/gcc",
        &format!(
            "#!/bin/sh\n[ -e {root}/usr/include/python3.13/Python.h ] || {{ cat python >&2; exit 1; }}\n\
             echo \"gcc reads $(cat \"$1\")\" >>log\n: >\"$3\"\n"
        ),
    );
    let directory = world.path("work/tmpab12cd34");
    let line = format!("{0}/main.c -o {0}/main.so -I/usr/include/python3.13", directory.display());
    world.file("work/tmpab12cd34/main.c", "int x;");
    world.call("gcc").args(&line).run();
    fs::remove_dir_all(&directory).unwrap();
    let outcome = fix(&world, "--yes").run();
    assert!(outcome.stdout.ends_with("pycc-shim: fixed: the compile that failed now passes\n"), "{}", outcome.stdout);
    assert!(called(&world).ends_with("gcc reads int x;\n"), "{}", called(&world));
    assert!(!directory.exists());
}

/// pip deletes the directory of a build: its search alone is tried again.
#[test]
fn a_build_that_was_deleted() {
    let world = world();
    world.file("work/build/temp.linux/x", "");
    world.script("work/build.sh", "cd build && g++ -I/usr/include/python3.13 -c src/m.cpp -o build/temp.linux/m.o\n");
    world.call("sh").args("build.sh").run();
    fs::remove_dir_all(world.path("work/build")).unwrap();
    world.file("root/usr/include/ffi.h", "");
    let outcome = fix(&world, "--yes").run();
    let end = "pycc-shim: compiling again what failed\n\
               pycc-shim: the compile that failed cannot be made again: [DIR]/work/build is no longer there\n\
               pycc-shim: what it missed is there now; run again what you ran\n";
    assert!(outcome.stdout.ends_with(end), "{}", outcome.stdout);
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("1", ""));
}

/// Nothing for a compiler to find: what the compiler says is shown.
#[test]
fn another_failure() {
    let world = world();
    fail(&world);
    world.script("bin/g++", "#!/bin/sh\necho 'a.cpp:1:1: error: no' >&2\nexit 1\n");
    let still = "pycc-shim: the compile still fails, and nothing that is known to be missing is why\n";
    fix(&world, "--yes").run().is("1", still, "a.cpp:1:1: error: no\n");
}

/// Without root: unpacked below the home, and kept for later compiles of that Python on this system, which need not be
/// told.
#[test]
fn without_root() {
    let world = world();
    fail(&world);
    let sysroot = world.path("home/.local/share/pycc-shim/sysroot");
    let header = sysroot.join("usr/include/python3.13/Python.h");
    // apt-get downloads a package, dpkg-deb unpacks it, and the compiler finds what CPATH leads to. Of its libraries two
    // come with it, one of them below /lib, and one is the system's.
    world.script(
        "bin/apt-get",
        "#!/bin/sh\ncase \"$*\" in\n*install*-s*) echo 'Inst libpython3.13-dev (3.13)' ;;\n*download*) : >x.deb ;;\nesac\n",
    );
    world.script(
        "bin/dpkg-deb",
        &format!(
            "#!/bin/sh\nmkdir -p {} usr/lib/m-linux-gnu lib/m-linux-gnu\n: >{}\n: >lib/m-linux-gnu/libz.so.1\n\
             cd usr/lib/m-linux-gnu\n: >libown.so.1\nln -sf libown.so.1 libown.so\n\
             ln -sf /lib/m-linux-gnu/libz.so.1 libz.so\n\
             mkdir -p mit\nln -sf ../libffi.so.8 mit/libffi.so\nln -sf mit/libffi.so libffi.so\n",
            header.parent().unwrap().display(),
            header.display()
        ),
    );
    world.script("bin/patchelf", "#!/bin/sh\n[ \"$1\" = --print-rpath ] || echo \"$@\" >>\"$HOME/patched\"\n");
    let headers = sysroot.join("headers");
    let finds = "#!/bin/sh\n[ -e \"${CPATH%%:*}/Python.h\" ] || { cat python >&2; exit 1; }\necho \"$CPATH|$LIBRARY_PATH\" >>log\n";
    world.script("bin/g++", finds);
    let outcome = fix(&world, "--yes --user").run();
    assert!(outcome.stdout.ends_with("pycc-shim: fixed: the compile that failed now passes\n"), "{}", outcome.stdout);
    let steps = outcome.stdout.matches("step").count();
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str(), steps), ("0", "", 2));
    let link = |name: &str| fs::read_link(sysroot.join("libraries").join(name)).unwrap().display().to_string();
    let links = ["libown.so", "libz.so", "libffi.so"].map(link);
    assert_eq!(links, ["libown.so.1", "libz.so.1", "/usr/lib/m-linux-gnu/libffi.so.8"]);
    let patched = fs::read_to_string(world.path("home/patched")).unwrap();
    assert_eq!(patched, "--set-rpath $ORIGIN libraries/libown.so.1\n--set-rpath $ORIGIN libraries/libz.so.1\n");
    let cpath = format!("{0}/usr/include/python3.13:{0}/usr/include:{1}", sysroot.display(), headers.display());
    let library = sysroot.join("libraries").display().to_string();
    let line = world.redact(format!("{cpath}|{library}\n").as_bytes());
    assert_eq!(called(&world), line);
    // A later compile, as if nothing were; what its caller has set comes behind.
    world.call("g++").args(COMPILE).env("CPATH", "/mine").run().is("0", "", "");
    let mine = world.redact(format!("{cpath}:/mine|{library}\n").as_bytes());
    assert_eq!(called(&world), format!("{line}{mine}"));
    // Another Python's compile, and one that is to be the compiler's alone, find nothing.
    world.script("bin/g++", "#!/bin/sh\necho \"[$CPATH]\" >>log\n");
    fs::remove_file(world.path("work/log")).unwrap();
    world.call("g++").args("-I/usr/include/python3.12 -c a.cpp").run().is("0", "", "");
    world.call("g++").args(COMPILE).env("PYCC_SHIM_DISABLE", "1").run().is("0", "", "");
    world.call("g++").args("-c a.cpp").run().is("0", "", "");
    // Another system below the same home has other libraries.
    let file = world.path("home/.local/share/pycc-shim/variables");
    let kept = fs::read_to_string(&file).unwrap();
    let system = kept.lines().last().unwrap().split('\t').next().unwrap().to_owned();
    fs::write(&file, kept.replace(&system, "haiku 1 x86_64")).unwrap();
    world.call("g++").args(COMPILE).run().is("0", "", "");
    assert_eq!(called(&world), "[]\n[]\n[]\n[]\n");
}

#[test]
fn nothing_without_root() {
    let world = world();
    for name in ["g++", "gcc"] {
        fs::remove_file(world.path("bin").join(name)).unwrap();
    }
    let path = std::env::join_paths([world.path("shim"), world.path("bin")]).unwrap();
    world.call("g++").env("PATH", &path).args(COMPILE).run();
    let outcome = fix(&world, "--yes --user").env("PATH", &path).run();
    let end =
        "pycc-shim: none of this can be had without root here: leave --user out, or ask whoever runs this machine\n";
    assert!(outcome.stdout.ends_with(end), "{}", outcome.stdout);
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("1", ""));
}

/// A failure that PyTorch keeps is raised again without a compile: it goes, others stay.
#[test]
fn kept_failures_of_pytorch() {
    let world = world();
    let cache = world.path("work/cache");
    let error = |header: &str| {
        format!(
            r#"[["g++"], "x.cpp:1:10: fatal error: {header}: No such file or directory\n    1 | #include <{header}>"]"#
        )
    };
    world.file("work/cache/ab/one.so.error", error("Python.h")).file("work/cache/ab/two.so.error", error("zlib.h"));
    world.call("g++").args(COMPILE).env("TORCHINDUCTOR_CACHE_DIR", &cache).run();
    world.root("usr/include/python3.13/Python.h", "").root("usr/include/ffi.h", "");
    let removed = "pycc-shim: removed [DIR]/work/cache/ab/one.so.error, a failure that PyTorch would have raised again\n\
                   pycc-shim: nothing to do: the compile that failed passes now\n";
    fix(&world, "").run().is("0", removed, "");
    assert!(!cache.join("ab/one.so.error").exists() && cache.join("ab/two.so.error").exists());
}

/// In a terminal the question is asked once, and the commands have the terminal.
#[test]
fn the_question() {
    for (answer, end) in [
        ("y\n", "pycc-shim: fixed: the compile that failed now passes"),
        ("\n", "pycc-shim: nothing was done"),
        ("no\n", "pycc-shim: nothing was done"),
    ] {
        let world = world();
        fail(&world);
        world.script("bin/sudo", "#!/bin/sh\n[ -t 0 ] && [ -t 1 ] && [ -t 2 ] || exit 77\n\"$@\"\n");
        let typescript = world.path("work/typescript");
        let inner = format!("stty -echo; {SHIM} fix; echo left with $?");
        let mut call = world.call("script").args("-q -e -c").arg(inner).arg(&typescript).env("TERM", "dumb").command();
        let mut child = start(call.stdin(Stdio::piped()).stdout(Stdio::null()));
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        child.wait().unwrap();
        let text = world.redact(&fs::read(typescript).unwrap()).replace('\r', "");
        let question = "Do it, and what else this compile turns out to need? [y/N] ";
        assert_eq!(text.matches(question).count(), 1, "{text}");
        assert!(text.contains(end), "{text}");
        assert!(text.contains(if answer == "y\n" { "left with 0" } else { "left with 1" }), "{text}");
        assert_eq!(called(&world).contains("apt-get install -y libffi-dev"), answer == "y\n", "{text}");
    }
}

/// A script that says that it runs and then waits for ever, in the shell itself: a child of it could be on its way and
/// swallow the signal.
fn waiting(world: &World) -> String {
    let at = world.path("work").display().to_string();
    format!("#!/bin/sh\nrm -f {at}/fifo\nmkfifo {at}/fifo\nexec 3<>{at}/fifo\n: >{at}/began\nread forever <&3\n")
}

/// Sends a signal to `fix` and what it runs, as a terminal does, once the script has begun. How `fix` ended.
fn interrupted(world: &World, signal: i32) -> String {
    let mut call = fix(world, "--yes").command();
    std::os::unix::process::CommandExt::process_group(&mut call, 0);
    // Whoever runs the tests in the background has them ignore what a terminal sends (POSIX 2.11).
    // SAFETY: signal is async-signal-safe.
    unsafe {
        std::os::unix::process::CommandExt::pre_exec(&mut call, move || {
            libc::signal(signal, libc::SIG_DFL);
            Ok(())
        });
    }
    let mut child = start(call.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    while !world.path("work/began").exists() {
        std::thread::yield_now();
    }
    // SAFETY: kill on the group of a child of ours that has not been waited for.
    unsafe { libc::kill(-libc::pid_t::try_from(child.id()).unwrap(), signal) };
    let status = show(child.wait().unwrap());
    fs::remove_file(world.path("work/began")).unwrap();
    status
}

/// Interrupted in a step it ends as the user would expect, and the next one goes on from the same record.
#[test]
fn interrupted_in_a_step_it_loses_nothing() {
    let world = world();
    fail(&world);
    let record = world.record();
    let apt = fs::read_to_string(world.path("bin/apt-get")).unwrap();
    world.script("bin/apt-get", &waiting(&world));
    world.script("bin/sudo", "#!/bin/sh\n[ \"$1\" = -n ] && shift\nexec \"$@\"\n");
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGKILL] {
        assert_eq!(interrupted(&world, signal), format!("signal {signal}"));
        assert_eq!(world.record(), record);
    }
    world.script("bin/apt-get", &apt);
    let outcome = fix(&world, "--yes").run();
    assert!(outcome.stdout.ends_with("pycc-shim: fixed: the compile that failed now passes\n"), "{}", outcome.stdout);
}

/// The same in the compile, for which a deleted source was put back: it is taken away again.
#[test]
fn interrupted_in_the_compile_it_leaves_nothing() {
    let world = world();
    let directory = world.path("work/tmpab12cd34");
    world.file("work/tmpab12cd34/main.cpp", "int x;");
    let line = format!("{0}/main.cpp -o {0}/main.so -I/usr/include/python3.13", directory.display());
    assert_eq!(world.call("g++").args(&line).run().status, "1");
    let (record, compiler) = (world.record(), fs::read_to_string(world.path("bin/g++")).unwrap());
    fs::remove_dir_all(&directory).unwrap();
    world.script("bin/g++", &waiting(&world));
    for signal in [libc::SIGINT, libc::SIGTERM] {
        assert_eq!(interrupted(&world, signal), format!("signal {signal}"));
        assert!(!directory.exists() && world.record() == record);
    }
    world.script("bin/g++", &compiler);
    let outcome = fix(&world, "--yes").run();
    assert!(outcome.stdout.ends_with("pycc-shim: fixed: the compile that failed now passes\n"), "{}", outcome.stdout);
}
