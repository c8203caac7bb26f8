//! The right words for each system, each Python and each user: fake roots in, the whole text out.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use pycc_shim::catalog::Catalog;
use pycc_shim::command::CompileCommand;
use pycc_shim::diagnose::{self, Scope};
use pycc_shim::host::{Host, Surroundings};
use pycc_shim::report::text::{self, Style};

use crate::world::{SHIM, World, gcc_says};

/// A machine: its files (a path alone is an empty file), and what surrounds the compile.
struct Machine {
    root: tempfile::TempDir,
    surroundings: Surroundings,
}

impl Machine {
    fn new(release: &str, files: &[&str]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let machine = Self { root, surroundings: Surroundings { user: 1000, ..Surroundings::default() } };
        machine.file("etc/os-release", release);
        for file in files {
            machine.file(file, "");
        }
        machine
    }

    fn file(&self, path: &str, content: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn with(self, path: &str, content: &str) -> Self {
        self.file(path, content);
        self
    }

    fn home(mut self, home: &str) -> Self {
        self.surroundings.home = Some(home.into());
        self
    }

    fn running(mut self, interpreter: &str) -> Self {
        self.surroundings.interpreter = Some(interpreter.into());
        self
    }

    /// The report on a setuptools compile that searches `include` and misses `header`.
    fn says(&self, include: &str, header: &str) -> String {
        let line = format!("gcc -c m.c -o build/temp.linux/m.o -I/venv/include {include}");
        self.says_of(&line, gcc_says("m.c", header).as_bytes())
    }

    /// What is said of a command that said that.
    fn says_of(&self, line: &str, said: &[u8]) -> String {
        let argv: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let command = CompileCommand::parse(&argv, Path::new("/work"), &|_| None);
        let host = Host::read(self.root.path(), &self.surroundings);
        let report = diagnose::compile(&command, said, Scope::Python, &host, Catalog::embedded());
        text::render(&report, Style { live: true, colour: false })
    }

    #[track_caller]
    fn is(&self, include: &str, expected: &str) {
        assert_eq!(self.says(include, "Python.h"), expected);
    }
}

/// The block for a package of the system.
fn block(who: &str, version: &str, package: &str, system: &str, install: &str, include: &str) -> String {
    format!(
        "pycc-shim: Python.h is missing: the C headers of Python {version} are not installed\n    \
         wanted by   a setuptools build, for {who}\n    package     {package} ({system})\n    \
         install     {install}\n    then check  test -f {include}/Python.h\n"
    )
}

fn debian(version: &str, codename: &str, files: &[&str]) -> Machine {
    let release = format!("ID=debian\nVERSION_ID=\"{version}\"\nVERSION_CODENAME={codename}\n");
    Machine::new(&release, &[&["usr/bin/apt-get", "usr/bin/sudo"], files].concat())
}

fn ubuntu(version: &str, codename: &str, files: &[&str]) -> Machine {
    let release = format!("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"{version}\"\nVERSION_CODENAME={codename}\n");
    Machine::new(&release, &[&["usr/bin/apt-get", "usr/bin/sudo"], files].concat())
}

#[test]
fn debian_and_its_index() {
    let machine = debian("12", "bookworm", &["usr/bin/python3.11"]);
    let install = "sudo apt-get update && sudo apt-get install -y python3.11-dev";
    let whole =
        block("the system's Python 3.11", "3.11", "python3.11-dev", "Debian 12", install, "/usr/include/python3.11");
    machine.is("-I/usr/include/python3.11", &whole);
    // An index that is there needs no update.
    let machine = machine.with("var/lib/apt/lists/x_dists_bookworm_main_binary-amd64_Packages", "");
    machine.is("-I/usr/include/python3.11", &whole.replace("sudo apt-get update && ", ""));
    // A version that this release does not have is in no package.
    debian("12", "bookworm", &["usr/bin/python3.12"]).is("-I/usr/include/python3.12", "");
    let sid = debian("", "sid", &["usr/bin/python3.14"]);
    let install = "sudo apt-get update && sudo apt-get install -y python3.14-dev";
    sid.is(
        "-I/usr/include/python3.14",
        &block("the system's Python 3.14", "3.14", "python3.14-dev", "Debian", install, "/usr/include/python3.14"),
    );
    // A release that nobody had heard of: its own interpreter proves the version, nothing else does.
    let future = debian("15", "duke", &["usr/bin/python3.16"]);
    assert!(future.says("-I/usr/include/python3.16", "Python.h").contains("install -y python3.16-dev\n"));
    future.is("-I/usr/include/python3.17", "");
}

/// What `update-alternatives` links when a package is configured an unpacked one has not, and PostgreSQL's version, which
/// names a place, is known once PostgreSQL is there: there is no way without root.
#[test]
fn what_no_unpacked_package_has_needs_root() {
    let mut machine = debian("13", "trixie", &["usr/bin/python3.13"]);
    machine.surroundings.data_home = Some("/home/u/.local/share".into());
    let says = |header: &str, title: &str, package: &str, no_root: &str| {
        let expected = format!(
            "pycc-shim: {header} is missing: the development files of {title} are not installed\n    \
             wanted by   a setuptools build\n    package     {package} (Debian 13)\n    \
             install     sudo apt-get update && sudo apt-get install -y {package}\n{no_root}    \
             then check  printf '#if !__has_include(<{header}>)\\n#error\\n#endif\\n' | gcc -E -x c - >/dev/null\n"
        );
        assert_eq!(machine.says("-I/usr/include/python3.13", header), expected);
    };
    says("cblas.h", "OpenBLAS", "libopenblas-dev", "");
    says("catalog/pg_type.h", "the PostgreSQL server", "postgresql-server-dev-all", "");
    says("lz4.h", "LZ4", "liblz4-dev", "    no root?    pycc-shim fix --user\n");
    // An MPI's own programs and plugins are looked for where it was built to lie.
    let place = format!("/usr/lib/{}-linux-gnu/openmpi/include", std::env::consts::ARCH);
    let expected = format!(
        "pycc-shim: mpi.h is missing: the development files of Open MPI are not installed\n    \
         wanted by   a setuptools build\n    package     libopenmpi-dev openmpi-bin (Debian 13)\n    \
         install     sudo apt-get update && sudo apt-get install -y libopenmpi-dev openmpi-bin\n    \
         set         export CPATH={place}${{CPATH:+:$CPATH}}\n    then check  test -f {place}/mpi.h\n"
    );
    assert_eq!(machine.says("-I/usr/include/python3.13", "mpi.h"), expected);
    // GCC's own directory is searched in the system alone.
    let line = "gcc -shared build/temp.linux/m.o -o build/lib.linux/m.so -lgfortran";
    let said = b"/usr/bin/ld: cannot find -lgfortran: No such file or directory\n";
    let expected = "pycc-shim: gfortran is missing: the development files of GNU Fortran are not installed\n    \
                    wanted by   a setuptools build\n    package     gfortran (Debian 13)\n    \
                    install     sudo apt-get update && sudo apt-get install -y gfortran\n";
    assert_eq!(machine.says_of(line, said), expected);
}

#[test]
fn ubuntu_its_own_and_the_deadsnakes_ppa() {
    let machine = ubuntu("24.04", "noble", &["usr/bin/python3.12", "usr/bin/python3.13"]);
    let install = "sudo apt-get update && sudo apt-get install -y python3.12-dev";
    machine.is(
        "-I/usr/include/python3.12",
        &block(
            "the system's Python 3.12",
            "3.12",
            "python3.12-dev",
            "Ubuntu 24.04",
            install,
            "/usr/include/python3.12",
        ),
    );
    let who = "Python 3.13 from the deadsnakes PPA";
    let install = "sudo apt-get update && sudo apt-get install -y software-properties-common && sudo \
                   add-apt-repository -y ppa:deadsnakes/ppa && sudo apt-get install -y python3.13-dev";
    let whole = block(who, "3.13", "python3.13-dev", "Ubuntu 24.04", install, "/usr/include/python3.13");
    machine.is("-I/usr/include/python3.13", &whole);
    let machine = machine
        .with("etc/apt/sources.list.d/deadsnakes-ubuntu-ppa-noble.sources", "")
        .with("var/lib/apt/lists/y_Packages.lz4", "");
    let install = "sudo apt-get install -y python3.13-dev";
    machine.is(
        "-I/usr/include/python3.13",
        &block(who, "3.13", "python3.13-dev", "Ubuntu 24.04", install, "/usr/include/python3.13"),
    );
    // Free-threaded: both packages, for one is links into the other.
    let machine = machine.with("usr/bin/python3.13t", "");
    let install = "sudo apt-get install -y python3.13-nogil python3.13-dev";
    machine.is(
        "-I/usr/include/python3.13t",
        &block(
            "Python 3.13t from the deadsnakes PPA",
            "3.13t",
            "python3.13-nogil python3.13-dev",
            "Ubuntu 24.04",
            install,
            "/usr/include/python3.13t",
        ),
    );
    // No long-term release, no PPA: the index tells.
    let machine = ubuntu("24.10", "oracular", &["usr/bin/python3.11"]);
    let machine = machine.with("var/lib/apt/lists/y_Packages", "Package: python3.12-dev\n");
    machine.is("-I/usr/include/python3.11", "");
}

#[test]
fn a_derivative_is_judged_by_what_it_is_built_on() {
    let release =
        "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n";
    let machine = Machine::new(release, &["usr/bin/apt-get", "usr/bin/sudo", "usr/bin/python3.12"]);
    let install = "sudo apt-get update && sudo apt-get install -y python3.12-dev";
    machine.is(
        "-I/usr/include/python3.12",
        &block(
            "the system's Python 3.12",
            "3.12",
            "python3.12-dev",
            "Linux Mint 22",
            install,
            "/usr/include/python3.12",
        ),
    );
}

#[test]
fn the_rpm_family() {
    for (release, system, version, package, manager) in [
        ("ID=fedora\nVERSION_ID=42\n", "Fedora 42", "3.13", "python3-devel", "dnf"),
        ("ID=fedora\nVERSION_ID=42\n", "Fedora 42", "3.12", "python3.12-devel", "dnf"),
        (
            "ID=rocky\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n",
            "Rocky Linux 9.4",
            "3.9",
            "python3-devel",
            "dnf",
        ),
        (
            "ID=rocky\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n",
            "Rocky Linux 9.4",
            "3.11",
            "python3.11-devel",
            "dnf",
        ),
        ("ID=\"rhel\"\nVERSION_ID=\"8.10\"\n", "RHEL 8.10", "3.6", "python36-devel", "yum"),
        ("ID=\"rhel\"\nVERSION_ID=\"10.0\"\n", "RHEL 10.0", "3.12", "python3-devel", "microdnf"),
        ("ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n", "Amazon Linux 2023", "3.9", "python3-devel", "dnf"),
        (
            "ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n",
            "Amazon Linux 2023",
            "3.12",
            "python3.12-devel",
            "dnf",
        ),
    ] {
        let interpreter = format!("usr/bin/python{version}");
        let program = format!("usr/bin/{manager}");
        let machine = Machine::new(release, &[&program, "usr/bin/sudo", &interpreter]);
        // Python 3.7 and before had an `m` in their names.
        let include = format!("/usr/include/python{version}{}", if version == "3.6" { "m" } else { "" });
        let who = format!("the system's Python {version}");
        let install = format!("sudo {manager} install -y {package}");
        machine.is(&format!("-I{include}"), &block(&who, version, package, system, &install, &include));
    }
    let old = Machine::new("ID=rhel\nVERSION_ID=9.4\n", &["usr/bin/dnf", "usr/bin/python3.8"]);
    old.is("-I/usr/include/python3.8", "");
}

#[test]
fn suse_alpine_void() {
    let suse = Machine::new(
        "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\nVERSION_ID=\"20261101\"\n",
        &["usr/bin/zypper", "usr/bin/sudo", "usr/bin/python3.13"],
    );
    let install = "sudo zypper --non-interactive install python313-devel";
    let system = "openSUSE Tumbleweed 20261101";
    suse.is(
        "-I/usr/include/python3.13",
        &block("the system's Python 3.13", "3.13", "python313-devel", system, install, "/usr/include/python3.13"),
    );
    let void = Machine::new("ID=void\n", &["usr/bin/xbps-install", "usr/bin/sudo", "usr/bin/python3.13"]);
    let install = "sudo xbps-install -Sy python3-devel";
    void.is(
        "-I/usr/include/python3.13",
        &block("the system's Python 3.13", "3.13", "python3-devel", "Void Linux", install, "/usr/include/python3.13"),
    );
    // An image: no sudo, root, and a line for its Dockerfile.
    let alpine = Machine::new("ID=alpine\nVERSION_ID=3.22.1\n", &["sbin/apk", ".dockerenv", "usr/bin/python3.12"]);
    alpine.is(
        "-I/usr/include/python3.12",
        "pycc-shim: Python.h is missing: the C headers of Python 3.12 are not installed\n    \
         wanted by   a setuptools build, for the system's Python 3.12\n    \
         package     python3-dev (Alpine 3.22.1)\n    install     apk add --no-cache python3-dev\n    \
         in a Dockerfile  RUN apk add --no-cache python3-dev\n    \
         note        an install inside a running container is lost with it\n    \
         then check  test -f /usr/include/python3.12/Python.h\n",
    );
    // doas, where it is what there is.
    let doas = Machine::new("ID=alpine\nVERSION_ID=3.22.1\n", &["sbin/apk", "usr/bin/doas", "usr/bin/python3.12"]);
    assert!(
        doas.says("-I/usr/include/python3.12", "Python.h")
            .contains("install     doas apk add --no-cache python3-dev\n")
    );
}

#[test]
fn a_user_without_any_right_is_told_so() {
    let machine = Machine::new(
        "ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n",
        &["usr/bin/apt-get", "usr/bin/python3.13", "var/lib/apt/lists/x_Packages"],
    );
    machine.is(
        "-I/usr/include/python3.13",
        "pycc-shim: Python.h is missing: the C headers of Python 3.13 are not installed\n    \
         wanted by   a setuptools build, for the system's Python 3.13\n    \
         package     python3.13-dev (Debian 13)\n    install     apt-get install -y python3.13-dev\n    \
         note        that needs root, and there is no way to its rights here: ask whoever runs this machine\n    \
         then check  test -f /usr/include/python3.13/Python.h\n",
    );
}

/// The block for a Python that brings its own headers.
fn gone(who: &str, version: &str, lines: &str, check: &str) -> String {
    format!(
        "pycc-shim: Python.h is missing: this Python {version} comes with its C headers, and they are gone\n    \
         wanted by   a setuptools build, for {who}\n{lines}    then check  test -f {check}/Python.h\n"
    )
}

#[test]
fn conda_and_its_relatives() {
    for (files, prefix, command) in [
        (
            &["opt/conda/bin/conda", "opt/conda/envs/x/conda-meta/history"][..],
            "/opt/conda/envs/x",
            "conda install -y -p /opt/conda/envs/x --force-reinstall 'python=3.11'",
        ),
        (
            &["usr/local/bin/micromamba", "home/u/micromamba/envs/x/conda-meta/history"],
            "/home/u/micromamba/envs/x",
            "micromamba install -y -p /home/u/micromamba/envs/x --force-reinstall 'python=3.11'",
        ),
        (&["home/u/p/.pixi/envs/default/conda-meta/pixi"], "/home/u/p/.pixi/envs/default", "pixi reinstall python"),
    ] {
        let machine = debian("13", "trixie", files);
        machine.file(&format!("{}/bin/python3.11", &prefix[1..]), "");
        let include = format!("{prefix}/include/python3.11");
        let manager = command.split(' ').next().unwrap();
        let lines = format!("    package     python=3.11 ({manager})\n    install     {command}\n");
        machine.is(&format!("-I{include}"), &gone("conda's Python 3.11", "3.11", &lines, &include));
    }
}

#[test]
fn pythons_that_bring_their_own_headers() {
    for (files, prefix, version, who, lines) in [
        (
            &[][..],
            "/home/u/.pyenv/versions/3.11.7",
            "3.11",
            "pyenv's Python 3.11",
            "    install     pyenv install --force 3.11.7\n",
        ),
        (
            &[],
            "/home/u/.local/share/uv/python/cpython-3.12.5-linux-x86_64-gnu",
            "3.12",
            "uv's Python 3.12",
            "    install     uv python install --reinstall 3.12\n",
        ),
        (
            &[".dockerenv"],
            "/usr/local",
            "3.12",
            "the image's Python 3.12",
            "    note        the official python:3.12 images hold the headers in /usr/local/include; build from such an image \
             (a -dev package of the distribution is for another Python)\n",
        ),
        (
            &[],
            "/usr/local",
            "3.12",
            "Python 3.12 built from source",
            "    note        this Python was built from source: `make inclinstall` in its build directory puts the headers back\n",
        ),
        (
            &[],
            "/opt/hostedtoolcache/Python/3.12.7/x64",
            "3.12",
            "the tool cache's Python 3.12",
            "    note        actions/setup-python brings the headers; let it install Python 3.12 again\n",
        ),
        (
            &[],
            "/nix/store/abc-python3-3.12.5",
            "3.12",
            "Nix's Python 3.12",
            "    note        build inside a shell that has this Python: nix-shell -p python312\n",
        ),
    ] {
        let machine = debian("13", "trixie", files);
        machine.file(&format!("{}/bin/python{version}", &prefix[1..]), "");
        let include = format!("{prefix}/include/python{version}");
        machine.is(&format!("-I{include}"), &gone(who, version, lines, &include));
    }
    let arch = Machine::new("ID=arch\n", &["usr/bin/pacman", "usr/bin/sudo", "usr/bin/python3.13"]);
    arch.is(
        "-I/usr/include/python3.13",
        "pycc-shim: Python.h is missing: python is installed, and its files are gone\n    \
         wanted by   a setuptools build, for the system's Python 3.13\n    package     python (Arch Linux)\n    \
         install     sudo pacman -Syu --noconfirm python\n    then check  test -f /usr/include/python3.13/Python.h\n",
    );
}

#[test]
fn macos() {
    let plist = "<plist><dict><key>ProductVersion</key><string>15.1</string></dict></plist>";
    let brew = "opt/homebrew/opt/python@3.13";
    let framework = "Frameworks/Python.framework/Versions/3.13";
    let machine = Machine::new("", &["opt/homebrew/bin/brew"]);
    fs::remove_file(machine.root.path().join("etc/os-release")).unwrap();
    let machine = machine
        .with("System/Library/CoreServices/SystemVersion.plist", plist)
        .with(&format!("{brew}/bin/python3.13"), "")
        .with(&format!("{brew}/{framework}/include/python3.13/other.h"), "")
        .with("Library/Frameworks/Python.framework/Versions/3.12/bin/python3.12", "");
    let include = format!("/{brew}/{framework}/include/python3.13");
    let lines = "    install     brew reinstall python@3.13\n";
    machine.is(&format!("-I{include}"), &gone("Homebrew's Python 3.13", "3.13", lines, &include));
    let include = "/Library/Frameworks/Python.framework/Versions/3.12/include/python3.12";
    let lines = "    note        the python.org installer for Python 3.12 brings the headers; run it again\n";
    machine.is(&format!("-I{include}"), &gone("the framework Python 3.12", "3.12", lines, include));
}

/// uv's `/install/include` names nothing real; the file is on the disk.
#[test]
fn on_the_disk_already() {
    let prefix = "home/u/.local/share/uv/python/cpython-3.12.5-linux-x86_64-gnu";
    let header = format!("{prefix}/include/python3.12/Python.h");
    let machine = debian("13", "trixie", &[&header, &format!("{prefix}/bin/python3.12"), "usr/bin/python3.13"]);
    let include = format!("/{prefix}/include/python3.12");
    let note = "    note        /install was written into this Python by a uv before 0.5.14; with a newer one \
                `uv python install --reinstall 3.12` corrects it for good\n";
    let whole = format!(
        "pycc-shim: Python.h is missing: this compile does not look in {include}, where it is\n    \
         wanted by   a setuptools build, for uv's Python 3.12\n    set         export CPATH={include}${{CPATH:+:$CPATH}}\n{note}    \
         then check  test -f {include}/Python.h\n"
    );
    machine.home("/home/u").is("-I/install/include/python3.12", &whole);
    // Not in a usual place, but it is what runs the build.
    let machine = debian("13", "trixie", &["srv/py/bin/python3.12", "srv/py/include/python3.12/Python.h"]);
    let whole =
        whole.replace(&include, "/srv/py/include/python3.12").replace("uv's Python", "Python").replace(note, "");
    machine.running("/srv/py/bin/python3.12").is("-I/install/include/python3.12", &whole);
}

#[test]
fn headers_of_another_version() {
    let machine = debian("13", "trixie", &["usr/bin/python3.13", "usr/include/python3.11/Python.h"]);
    machine.is(
        "-I/usr/include/python3.13",
        "pycc-shim: Python.h is missing: the C headers here are Python 3.11's, and this build is for 3.13\n    \
         wanted by   a setuptools build, for the system's Python 3.13\n    \
         package     python3.13-dev (Debian 13)\n    \
         install     sudo apt-get update && sudo apt-get install -y python3.13-dev\n    \
         then check  test -f /usr/include/python3.13/Python.h\n",
    );
}

#[test]
fn installed_and_gone() {
    let files =
        ["usr/bin/python3.13", "var/lib/dpkg/info/libpython3.13-dev:amd64.list", "var/lib/apt/lists/x_Packages"];
    debian("13", "trixie", &files).is(
        "-I/usr/include/python3.13",
        "pycc-shim: Python.h is missing: libpython3.13-dev is installed, and its files are gone\n    \
         wanted by   a setuptools build, for the system's Python 3.13\n    \
         package     libpython3.13-dev (Debian 13)\n    \
         install     sudo apt-get install -y --reinstall libpython3.13-dev\n    \
         then check  test -f /usr/include/python3.13/Python.h\n",
    );
}

/// Which Python: the include directory of one that is here, else what runs the build; a virtual environment is its
/// base.
#[test]
fn the_python_of_the_call() {
    let machine =
        || debian("13", "trixie", &["usr/bin/python3.13", "opt/conda/bin/python3.11", "opt/conda/conda-meta/x"]);
    let is_for = |machine: &Machine, include: &str| {
        let text = machine.says(include, "Python.h");
        text.lines().nth(1).unwrap_or_default().replace("    wanted by   a setuptools build, for ", "")
    };
    let in_conda = machine().running("/opt/conda/bin/python3.11");
    assert_eq!(is_for(&in_conda, "-I/usr/include/python3.13"), "the system's Python 3.13");
    assert_eq!(is_for(&in_conda, "-I/srv/python/include/python3.13"), "the system's Python 3.13");
    assert_eq!(is_for(&in_conda, "-I/srv/python/include/python3.9"), "conda's Python 3.11");
    assert_eq!(is_for(&in_conda, "-I/usr/include"), "conda's Python 3.11");
    let venv = machine().with("venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.13.5\n");
    assert_eq!(is_for(&venv, "-I/venv/include/python3.13"), "the system's Python 3.13");
    let in_venv = venv.with("venv/bin/python3.13", "").running("/venv/bin/python3.13");
    assert_eq!(is_for(&in_venv, ""), "the system's Python 3.13");
    assert_eq!(is_for(&machine(), "-L/usr/lib/python3.13/config"), "the system's Python 3.13");
    assert_eq!(is_for(&machine(), ""), "");
}

#[test]
fn the_multiarch_half_of_pyconfig() {
    let machine = debian("13", "trixie", &["usr/bin/python3.13", "usr/include/python3.13/Python.h"]);
    let native = format!("{}-linux-gnu", std::env::consts::ARCH);
    let text = machine.says("-I/usr/include/python3.13", &format!("{native}/python3.13/pyconfig.h"));
    assert!(text.contains("install     sudo apt-get update && sudo apt-get install -y python3.13-dev\n"), "{text}");
    assert!(text.ends_with(&format!("then check  test -f /usr/include/{native}/python3.13/pyconfig.h\n")), "{text}");
    assert_eq!(machine.says("-I/usr/include/python3.13", "sparc64-linux-gnu/python3.13/pyconfig.h"), "");
}

#[test]
fn pytorchs_own_headers() {
    let site = "venv/lib/python3.13/site-packages";
    let witness = format!("{site}/torch/include/torch/csrc/api/include/torch/version.h");
    let include = format!("-isystem /{site}/torch/include -I/usr/include/python3.13");
    let machine = || debian("13", "trixie", &["usr/bin/python3.13", &witness]);
    let says = |machine: Machine| machine.says(&include, "torch/extension.h");
    let whole = "\
pycc-shim: torch/extension.h is missing: it is part of PyTorch's own package, whose copy here lost it
    wanted by   a setuptools build, for the system's Python 3.13
    package     torch==2.15.0 (pip)
    install     /venv/bin/python3.13 -m pip install --force-reinstall --no-deps torch==2.15.0
    then check  test -f /venv/lib/python3.13/site-packages/torch/include/torch/extension.h
";
    let with_pip = machine().with(&format!("{site}/pip/x"), "").with(&format!("{site}/torch-2.15.0.dist-info/x"), "");
    assert_eq!(says(with_pip), whole);
    let with_uv = machine().with(&format!("{site}/torch-2.6.0+cu124.dist-info/x"), "");
    let install = "uv pip install --python /venv/bin/python3.13 --reinstall-package torch --no-deps torch==2.6.0+cu124 \
                   --index-url https://download.pytorch.org/whl/cu124";
    assert!(says(with_uv).contains(&format!("    install     {install}\n")));
    // No PyTorch there at all: nothing that we could be sure of.
    let absent = debian("13", "trixie", &["usr/bin/python3.13"]);
    assert_eq!(absent.says(&include, "torch/extension.h"), "");
    let never_shipped = machine().with(&format!("{site}/torch-2.15.0.dist-info/x"), "");
    assert_eq!(never_shipped.says(&include, "ATen/ATenNVRTC.h"), "");
}

/// A header that lies beside the one that wants it, whatever the tables say of its name: GTK 3's package has a gdk/gdk.h
/// too.
#[test]
fn a_header_beside_the_one_that_wants_it() {
    let world = World::debian13();
    let arch = std::env::consts::ARCH;
    let igraph = format!("usr/include/{arch}-linux-gnu/igraph/igraph_version.h");
    for file in
        ["usr/include/gtk-2.0/gdk/gdk.h", "usr/include/gtk-2.0/gtk/gtk.h", "usr/include/igraph/igraph.h", &igraph]
    {
        world.root(file, "");
    }
    let explain = |includer: &str, header: &str| {
        let text = format!(
            "g++ -I/usr/include/python3.13 -c m.cpp -o build/temp.x/m.o\n{}",
            gcc_says(&format!("In file included from m.cpp:1:\n{includer}"), header)
        );
        let call = world.call(SHIM).env("HOME", "/home/u").args("explain --root").arg(world.path("root"));
        call.stdin(text.as_bytes()).run()
    };
    let block = |header: &str, directory: &str| {
        format!(
            "pycc-shim: {header} is missing: this compile does not look in {directory}, where it is\n    \
             wanted by   a setuptools build\n    \
             set         export CPATH={directory}${{CPATH:+:$CPATH}}\n    then check  test -f {directory}/{header}\n"
        )
    };
    explain("/usr/include/gtk-2.0/gtk/gtk.h", "gdk/gdk.h").is("0", &block("gdk/gdk.h", "/usr/include/gtk-2.0"), "");
    let own = format!("/usr/include/{arch}-linux-gnu/igraph");
    explain("/usr/include/igraph/igraph.h", "igraph_version.h").is("0", &block("igraph_version.h", &own), "");
    // The same, unpacked without root: its own directories are found through the links that have no -l in their names.
    let sysroot = "home/u/.local/share/pycc-shim/sysroot";
    let unpacked = format!("{sysroot}/{igraph}");
    world.root(&format!("{sysroot}/usr/include/igraph/igraph.h"), "").root(&unpacked, "");
    symlink(format!("usr/include/{arch}-linux-gnu"), world.path("root").join(sysroot).join("headers")).unwrap();
    let own = format!("/{sysroot}/headers/igraph");
    let outcome = explain(&format!("/{sysroot}/usr/include/igraph/igraph.h"), "igraph_version.h");
    outcome.is("0", &block("igraph_version.h", &own), "");
    // Beside a header of the project's own there may be anything.
    world.root("home/u/include/a.h", "").root("home/u/include/sub/b.h", "");
    let outcome = explain("/home/u/include/sub/b.h", "a.h");
    let nobody = "pycc-shim: a.h is missing, and no table here says who brings it to this system\n";
    assert!(outcome.status == "1" && outcome.stdout.starts_with(nobody), "{}", outcome.stdout);
}
