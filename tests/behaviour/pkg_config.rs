//! What pkg-config does not know: it names packages by their `.pc` files, and builds that ask it compile nothing before.

use crate::world::{SHIM, World};

const CAIRO: &str = "Package cairo was not found in the pkg-config search path.\nPerhaps you should add the directory containing \
                     `cairo.pc'\nto the PKG_CONFIG_PATH environment variable\nPackage 'cairo', required by 'virtual:world', not \
                     found\n";
const FAILED: &str = "error: subprocess-exited-with-error\n";
const REPORT: &str = "pycc-shim: cairo is missing: the development files of cairo are not installed\n    \
                      package     libcairo2-dev (Debian 13)\n    \
                      install     sudo apt-get update && sudo apt-get install -y libcairo2-dev\n    \
                      then check  pkg-config --exists cairo\n";

#[track_caller]
fn explains(world: &World, log: &str, status: &str, stdout: &str) {
    let call = world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(log.as_bytes());
    let run = call.run();
    assert_eq!((run.status.as_str(), run.stdout.as_str()), (status, stdout), "{log}");
}

#[test]
fn a_build_that_ends_in_its_check() {
    let world = World::debian13();
    explains(&world, &format!("{CAIRO}{FAILED}"), "0", REPORT);
    explains(&world, &format!("{CAIRO}setup.py: going on\n"), "1", "");
    // What fails is something else.
    explains(&world, &format!("{CAIRO}m.c:1:2: error: expected identifier\n{FAILED}"), "1", "");
    explains(&world, &format!("{CAIRO}{}{FAILED}", "a line of the build\n".repeat(1000)), "1", "");
    explains(&world, &format!("{CAIRO}{FAILED}Successfully installed pycairo-1.28\n"), "1", "");
    // An earlier check's failure has not ended it.
    let optional = CAIRO.replace("cairo", "gtk+-3.0");
    explains(&world, &format!("{optional}{}{CAIRO}{FAILED}", "checking\n".repeat(200)), "0", REPORT);
}

/// python-systemd asks for one library by its name of today and by an older one; what has no answer is passed over.
#[test]
fn names_that_a_library_may_have() {
    let world = World::debian13();
    let older = CAIRO.replace("cairo", "cairo-of-old");
    explains(&world, &format!("{CAIRO}\n{older}{FAILED}"), "0", REPORT);
    let run = world.call(SHIM).args("explain - --root").arg(world.path("root"));
    let run = run.stdin(format!("{older}\n{CAIRO}{FAILED}").as_bytes()).run();
    let unknown = "pycc-shim: cairo-of-old is missing, and no table here says who brings it to this system\n    look up     \
                   sudo apt-get update && sudo apt-get install -y apt-file && sudo apt-file update && apt-file search --regexp \
                   '/pkgconfig/cairo-of-old\\.pc$'\n";
    run.is("0", &format!("{REPORT}{unknown}"), "");
}

/// `PyICU` asks pkg-config, then for a program that nobody has any more, and tells of its last error last.
#[test]
fn a_check_before_an_error_without_an_answer() {
    let world = World::debian13();
    let last = "FileNotFoundError: [Errno 2] No such file or directory: 'nobodys-config'\n";
    let run = world.call(SHIM).args("explain - --root").arg(world.path("root"));
    let run = run.stdin(format!("{CAIRO}{last}{FAILED}").as_bytes()).run();
    assert_eq!((run.status.as_str(), run.stdout.as_str()), ("0", REPORT), "{}", run.stderr);
}

#[test]
fn where_it_is_already() {
    let world = World::debian13();
    let log = format!("{CAIRO}{FAILED}");
    // Where pkg-config looks: what cairo needs is missing, not cairo.
    world.root(&format!("usr/lib/{}-linux-gnu/pkgconfig/cairo.pc", std::env::consts::ARCH), "");
    explains(&world, &log, "1", "");
}

/// Homebrew's own are linked nowhere where the system has a library of that name.
#[test]
fn in_a_keg() {
    let world = World::empty();
    world.root(
        "System/Library/CoreServices/SystemVersion.plist",
        "<plist><dict><key>ProductVersion</key><string>15.5</string></dict></plist>",
    );
    world.root("opt/homebrew/bin/brew", "").root("opt/homebrew/opt/libffi/lib/pkgconfig/libffi.pc", "");
    let text = "pycc-shim: libffi is missing: pkg-config does not look in /opt/homebrew/opt/libffi/lib/pkgconfig, where it is\n    \
                set         export PKG_CONFIG_PATH=/opt/homebrew/opt/libffi/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}\n    \
                then check  test -e /opt/homebrew/opt/libffi/lib/pkgconfig/libffi.pc\n";
    explains(&world, &format!("{}{FAILED}", CAIRO.replace("cairo", "libffi")), "0", text);
}

/// A conda environment's own pkg-config looks into the environment alone; the system's never does.
#[test]
fn in_a_conda_environment() {
    let world = World::debian13();
    world.root("home/u/conda/conda-meta/history", "").root("home/u/conda/bin/conda", "");
    world.root("home/u/conda/bin/python3.13", "");
    let log = format!("gcc -c m.c -o m.o -I/home/u/conda/include/python3.13\n{CAIRO}{FAILED}");
    let wanted = "    wanted by   a build driven by Python\n    package";
    explains(&world, &log, "0", &REPORT.replace("    package", wanted));
    world.root("home/u/conda/bin/pkg-config", "");
    let run = world.call(SHIM).args("explain - --root").arg(world.path("root")).stdin(log.as_bytes()).run();
    assert!(run.stdout.contains("conda install"), "{}", run.stdout);
}

/// Meson names the Python that it cannot build for by nothing; on a machine with one Python that is the one.
#[test]
fn a_build_system_that_searched_the_python() {
    let log = format!("../meson.build:51:15: ERROR: Python dependency not found\n{FAILED}");
    let world = World::debian13();
    let whole = "pycc-shim: Python.h is missing: the C headers of Python 3.13 are not installed\n    \
                 wanted by   the system's Python 3.13\n    package     python3.13-dev (Debian 13)\n    \
                 install     sudo apt-get update && sudo apt-get install -y python3.13-dev\n    no root?    pycc-shim fix --user\n    \
                 then check  test -f /usr/include/python3.13/Python.h\n";
    explains(&world, &log, "0", whole);
    world.root("usr/local/bin/python3.12", "");
    explains(&world, &log, "1", "");
}
