//! `doctor`: a table of checks, and one command for all that is missing.
//!
//! Compilers are the real ones; the Python is a script that answers what it is asked, so that its headers and packages
//! are files of the test's own.

use std::fs;
use std::os::unix::fs::symlink;

use crate::world::{Call, SHIM, World, mock};

/// A Python's answer, with these packages; its headers lie in `work/include`.
fn answer(world: &World, packages: &str) -> String {
    format!(
        r#"{{"executable": "{0}/bin/py", "version": "3.13", "include": "{0}/work/include", "cc": "{1} -pthread", {packages}}}"#,
        world.path("").display().to_string().trim_end_matches('/'),
        named()
    )
}

/// The compiler's name with this machine's target, by which Debian's Pythons run it.
fn named() -> String {
    format!("{}-linux-gnu-gcc", std::env::consts::ARCH)
}

const NO_PACKAGES: &str = r#""torch": null, "triton": null, "ninja": null"#;

/// A Debian 13 with the real GCC and a Python with headers.
fn world() -> World {
    let world = World::debian13();
    for name in ["g++", "gcc"] {
        fs::remove_file(world.path("bin").join(name)).unwrap();
    }
    world.file("work/include/Python.h", "#define PY_VERSION_HEX 1\n");
    python(&world, NO_PACKAGES);
    world
}

fn python(world: &World, packages: &str) {
    world.script("bin/py", &format!("#!/bin/sh\necho '{}'\n", answer(world, packages)));
}

/// A Python with PyTorch and Triton, whose libraries link.
fn with_torch() -> World {
    let world = world();
    let at = world.path("work/site").display().to_string();
    python(&world, &format!(r#""torch": "{at}/torch", "triton": "{at}/triton", "ninja": null"#));
    world.file("work/site/torch/version.py", "from typing import Optional\n__version__ = '2.15.0+cpu'\n");
    world.file("work/site/torch/_inductor/codecache.py", "hashed = run([\"openssl\", \"sha512\", name])\n");
    world.file("work/site/triton/backends/nvidia/include/cuda.h", "");
    world.file("work/empty.c", "");
    fs::create_dir_all(world.path("work/site/torch/lib")).unwrap();
    for name in ["torch", "torch_cpu", "c10"] {
        let output = world.path("work/site/torch/lib").join(format!("lib{name}.so"));
        world.call("/usr/bin/gcc").args("-shared empty.c -o").arg(output).run().is("0", "", "");
    }
    world
}

/// doctor before whatever compilers are on PATH, without us among them.
fn doctor<'w>(world: &'w World, line: &str) -> Call<'w> {
    let path = std::env::join_paths([world.path("bin"), "/usr/bin".into(), "/bin".into()]).unwrap();
    let call = world.call(SHIM).env("PATH", path).env("TMPDIR", world.path("work")).env("USER", "u");
    call.args("doctor").args(line)
}

const HEAD: &str = "for Python 3.13 ([DIR]/bin/py)\n\n";
const C: &str = "ok       C compiler       gcc (/usr/bin/gcc)\n\
                 ok       temporary files  [DIR]/work allows execution\n";
const CXX: &str = "ok       C++ compiler     g++ (/usr/bin/g++)\n";
const PYTHON: &str = "ok       Python.h         of Python 3.13, in [DIR]/work/include\n";

/// The row of an extension that builds.
fn pip() -> String {
    format!("ok       pip builds       {} -pthread compiles an extension\n", named())
}

const AWAY: &str = "note     pycc-shim        does not stand before the compilers: `pycc-shim run -- CMD` for one run, \
                    `pycc-shim setup` for good\n";

#[test]
fn all_is_well() {
    let pip = pip();
    let world = world();
    world.script(&format!("bin/{}", named()), "#!/bin/sh\nexec gcc \"$@\"\n");
    doctor(&world, "--python py").run().is("0", &format!("{HEAD}{C}{CXX}{PYTHON}{pip}{AWAY}"), "");
    doctor(&world, "--python py --for triton").run().is(
        "0",
        &format!(
            "{HEAD}{C}{PYTHON}ok       Triton's stub    compiles\n\
             note     libcuda          there is no NVIDIA driver here; Triton needs one for its kernels\n{AWAY}"
        ),
        "",
    );
    // Nothing is left behind.
    let left: Vec<_> = fs::read_dir(world.path("work")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["include"]);
}

/// No compiler, no headers: one command, and nothing else to be found out afterwards.
#[test]
fn a_machine_with_nothing() {
    let world = world();
    fs::remove_file(world.path("work/include/Python.h")).unwrap();
    let include = answer(&world, r#""torch": null, "triton": null, "ninja": null"#).replace(
        &format!("{}/work/include", world.path("").display().to_string().trim_end_matches('/')),
        "/usr/include/python3.13",
    );
    world.script("bin/py", &format!("#!/bin/sh\necho '{include}'\n"));
    let call = |line: &str| doctor(&world, line).env("PATH", world.path("bin"));
    let compilers = "missing  C compiler       gcc is missing: there is no C compiler of that name on PATH\n\
                     missing  C++ compiler     g++ is missing: there is no C++ compiler of that name on PATH\n\
                     missing  Python.h         Python.h is missing: the C headers of Python 3.13 are not installed\n";
    let expected = format!(
        "{HEAD}{compilers}\
         missing  openssl          openssl is missing: OpenSSL's program is not installed\n{AWAY}\n\
         all that is missing:\n    \
         install     sudo apt-get update && sudo apt-get install -y gcc libc6-dev g++ python3.13-dev openssl\n"
    );
    call("--python py --for torch").run().is("1", &expected, "");
    let expected = format!(
        "{HEAD}{compilers}\
         missing  pip builds       {named} is missing: there is no C compiler of that name on PATH\n{AWAY}\n\
         all that is missing:\n    \
         install     sudo apt-get update && sudo apt-get install -y gcc libc6-dev g++ python3.13-dev\n",
        named = named()
    );
    call("--python py").run().is("1", &expected, "");
    let json = call("--python py --for triton --json").run();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let check =
        |check: &str, status: &str, text: &str| serde_json::json!({"check": check, "status": status, "text": text});
    assert_eq!(
        json["checks"],
        serde_json::json!([
            check("C compiler", "missing", "gcc is missing: there is no C compiler of that name on PATH"),
            check("Python.h", "missing", "Python.h is missing: the C headers of Python 3.13 are not installed"),
            check("libcuda", "note", "there is no NVIDIA driver here; Triton needs one for its kernels"),
            check(
                "pycc-shim",
                "note",
                "does not stand before the compilers: `pycc-shim run -- CMD` for one run, `pycc-shim setup` for good"
            ),
        ])
    );
    let names: Vec<_> =
        json["findings"].as_array().unwrap().iter().map(|it| it["missing"]["name"].as_str().unwrap()).collect();
    assert_eq!((json["schema"].as_u64(), names), (Some(1), vec!["gcc", "Python.h"]));
    let commands = serde_json::json!(["apt-get update", "apt-get install -y gcc libc6-dev python3.13-dev"]);
    assert_eq!((&json["remedies"][0]["commands"], &json["remedies"][1]), (&commands, &serde_json::Value::Null));
}

#[test]
fn pytorch_and_triton() {
    let pip = pip();
    let world = with_torch();
    world.script(&format!("bin/{}", named()), "#!/bin/sh\nexec gcc \"$@\"\n").script("bin/openssl", "#!/bin/sh\n");
    let vectors = if cfg!(target_arch = "x86_64") {
        let flags = fs::read_to_string("/proc/cpuinfo").unwrap();
        let has = |flag: &str| flags.contains(&format!(" {flag} "));
        match (has("avx512f") && has("avx512bw"), has("avx2") && has("fma")) {
            (true, _) => "ok       vector code      AVX-512 compiles\n",
            (_, true) => "ok       vector code      AVX2 compiles\n",
            _ => "",
        }
    } else {
        ""
    };
    let torch = format!(
        "ok       OpenMP           compiles and links\n\
         ok       PyTorch          2.15.0+cpu links\n{vectors}\
         ok       openssl          [DIR]/bin/openssl\n"
    );
    let triton = "ok       Triton's stub    compiles\n\
                  note     libcuda          there is no NVIDIA driver here; Triton needs one for its kernels\n";
    let ninja = "note     ninja            ninja is missing: Ninja is not installed; only torch.utils.cpp_extension wants it \
                 (--for extensions)\n";
    // A ninja of this machine would be found.
    let call = |line: &str| {
        for tool in ["gcc", "g++", "as", "ld"] {
            let _ = symlink(format!("/usr/bin/{tool}"), world.path("bin").join(tool));
        }
        doctor(&world, line).env("PATH", world.path("bin"))
    };
    world.script(&format!("bin/{}", named()), &format!("#!/bin/sh\nexec {}/gcc \"$@\"\n", world.path("bin").display()));
    let shown = |text: &str| text.replace("(/usr/bin/g", "([DIR]/bin/g");
    let expected = format!("{HEAD}{}{}{PYTHON}{pip}{torch}{ninja}{triton}{AWAY}", shown(C), shown(CXX));
    call("--python py").run().is("0", &expected, "");
    let outcome = call("--python py --for extensions").run();
    assert_eq!(outcome.status, "1");
    let end = "missing  ninja            ninja is missing: Ninja is not installed\n\
               note     nvcc             is not here: extensions in C++ can be built, those in CUDA cannot\n";
    let install =
        "\nall that is missing:\n    install     sudo apt-get update && sudo apt-get install -y ninja-build\n";
    assert_eq!(outcome.stdout, format!("{HEAD}{}{}{PYTHON}{end}{AWAY}{install}", shown(C), shown(CXX)));
}

/// An instruction set that the compiler does not know costs speed and nothing else.
#[test]
fn vector_code_that_does_not_compile() {
    let world = with_torch();
    world.script(
        "bin/g++",
        "#!/bin/sh\ncase \"$*\" in *-mavx*) echo \"g++: error: unrecognized command-line option '-mavx9'\" >&2; exit 1 ;; esac\n\
         exec /usr/bin/g++ \"$@\"\n",
    );
    let outcome = doctor(&world, "--python py --for torch").run();
    let line = outcome.stdout.lines().find(|line| line.contains("vector code")).unwrap_or_default();
    if cfg!(target_arch = "x86_64") && fs::read_to_string("/proc/cpuinfo").unwrap().contains(" avx2 ") {
        let rest = " does not compile: g++: error: unrecognized command-line option '-mavx9': Inductor does without and says \
                    nothing; its kernels run slower";
        assert!(line.starts_with("note     vector code      AVX") && line.ends_with(rest), "{line}");
    } else {
        assert_eq!(line, "");
    }
}

/// What surrounds compiles, each as a row.
#[test]
fn settings() {
    let world = world();
    world.script(&format!("bin/{}", named()), "#!/bin/sh\nexec gcc \"$@\"\n");
    let row = |call: Call<'_>, check: &str| {
        let outcome = call.run();
        let line = outcome.stdout.lines().find(|line| line.get(9..).is_some_and(|rest| rest.starts_with(check)));
        (outcome.status, line.unwrap_or_default().to_owned())
    };
    let is = |call: Call<'_>, check: &str, status: &str, line: &str| {
        assert_eq!(row(call, check), (status.to_owned(), line.to_owned()), "{check}");
    };
    let call = || doctor(&world, "--python py --for triton");
    is(
        call().env("CC", "/nowhere/gcc"),
        "CC",
        "1",
        "missing  CC               there is no program /nowhere/gcc: unset CC, or name a compiler",
    );
    is(
        call().env("CC", "gcc -m64"),
        "CC",
        "0",
        "note     CC               gcc -m64 has a space: Triton, nvcc and older PyTorch take all of it for one program's name",
    );
    is(
        call().env("CXX", "'"),
        "CXX",
        "1",
        "missing  CXX              ' is not a command line: unset it, or name a compiler",
    );
    is(call().env("CXX", "g++"), "CXX", "0", "ok       CXX              g++");
    is(
        call().env("CUDA_HOME", ":/usr"),
        "CUDA_HOME",
        "1",
        "missing  CUDA_HOME        :/usr is a list, and one directory is wanted: export CUDA_HOME=/usr",
    );
    is(
        call().env("CUDA_HOME", "/nowhere"),
        "CUDA_HOME",
        "1",
        "missing  CUDA_HOME        /nowhere is no directory: unset it, or name the toolkit's",
    );
    world.script("cuda/bin/nvcc", "#!/bin/sh\necho 'Cuda compilation tools, release 13.2, V13.2.86'\n");
    is(
        call().env("CUDA_HOME", world.path("cuda")),
        "nvcc",
        "0",
        "ok       nvcc             CUDA 13.2 ([DIR]/cuda/bin/nvcc)",
    );
    let error =
        r#"[["nvcc"], "x.cu:1:10: fatal error: cutlass.h: No such file or directory\n    1 | #include <cutlass.h>"]"#;
    world.file("work/torchinductor_u/ab/x.so.error", error);
    is(
        doctor(&world, "--python py --for torch"),
        "kept failures",
        "0",
        "note     kept failures    1 failed compiles are kept in [DIR]/work/torchinductor_u and raised again without a \
         compile: rm [DIR]/work/torchinductor_u/*/*.error",
    );
    // The machine below the test's root has its own home.
    world.file(
        &format!("root{}/.config/pycc-shim/catalog.toml", world.path("home").display()),
        "[[component]]\nid = 1\n",
    );
    let (status, line) = row(call(), "catalog");
    assert!(status == "0" && line.starts_with("note     catalog          ") && line.contains("catalog.toml"), "{line}");
}

/// A compiler that we do not stand for is examined itself, and not g++ in its place.
#[test]
fn a_compiler_of_another_name() {
    let world = world();
    for (name, value) in [("icx", "icx"), ("zig", "zig c++")] {
        world.script(&format!("bin/{name}"), "#!/bin/sh\necho 'other: error: no such luck' >&2\nexit 1\n");
        let outcome = doctor(&world, "--python py --for extensions").env("CXX", value).run();
        let line = "missing  C++ compiler     does not compile: other: error: no such luck";
        assert!(outcome.stdout.lines().any(|known| known == line), "{}", outcome.stdout);
        assert_eq!(outcome.status, "1");
    }
}

/// Where we stand on PATH.
#[test]
fn where_the_shim_stands() {
    let world = world();
    world.script(&format!("bin/{}", named()), "#!/bin/sh\nexec gcc \"$@\"\n");
    world.call(SHIM).env("PATH", "/usr/bin:/bin").args("setup --dir").arg(world.path("ours")).run();
    let line = |path: &[&str]| {
        let path = std::env::join_paths(path.iter().map(|part| world.path("").join(part))).unwrap();
        let outcome = doctor(&world, "--for triton --python").arg(world.path("bin/py")).env("PATH", path).run();
        let mut lines: Vec<String> = outcome.stdout.lines().map(str::to_owned).collect();
        lines.split_off(lines.iter().position(|line| line.contains("libcuda")).unwrap() + 1)
    };
    let ok = "ok       pycc-shim        stands before the compilers, in [DIR]/ours";
    assert_eq!(line(&["ours", "/usr/bin", "/bin"]), [ok]);
    // Another directory's compiler is found first.
    crate::world::copy(mock(), world.path("bin/g++"));
    let behind = "note     pycc-shim        [DIR]/bin/g++ stands before it on PATH; put [DIR]/ours first";
    assert_eq!(line(&["bin", "ours", "/usr/bin", "/bin"]), [behind]);
    fs::remove_file(world.path("bin/g++")).unwrap();
    // A compiler has come since.
    crate::world::copy(mock(), world.path("bin/gcc-77"));
    let stale = "note     pycc-shim        [DIR]/ours is of another release, or of other compilers: run `pycc-shim setup` again";
    assert_eq!(line(&["ours", "bin", "/usr/bin", "/bin"]), [stale]);
    fs::remove_file(world.path("bin/gcc-77")).unwrap();
    let ccache = std::path::Path::new("/usr/lib/ccache/g++");
    if ccache.exists() {
        let before = "note     ccache           /usr/lib/ccache/g++ stands before pycc-shim and takes it for the compiler: \
                      export CCACHE_COMPILERCHECK='%compiler% -v'";
        assert_eq!(line(&["/usr/lib/ccache", "ours", "/usr/bin", "/bin"]), [before]);
    }
    let named = doctor(&world, "--python py --for triton").env("CC", SHIM).run();
    assert!(named.stdout.ends_with("ok       pycc-shim        is called by CC or CXX\n"), "{}", named.stdout);
}

/// What `fix --user` keeps is said, and it is in effect: the headers are found.
#[test]
fn what_fix_keeps() {
    let pip = pip();
    let world = world();
    world.script(&format!("bin/{}", named()), "#!/bin/sh\nexec gcc \"$@\"\n");
    fs::rename(world.path("work/include"), world.path("elsewhere")).unwrap();
    assert_eq!(doctor(&world, "--python py --for pip").run().status, "1");
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let system = format!("{} {} {}", value("ID"), value("VERSION_ID"), std::env::consts::ARCH);
    let at = world.path("elsewhere").display().to_string();
    world.file("home/.local/share/pycc-shim/variables", format!("{system}\t-\tCPATH={at}\nhaiku 1\t-\tCPATH=/x\n"));
    let by_fix = "ok       Python.h         of Python 3.13, by what fix keeps\n";
    let kept = "note     kept by fix      CPATH for every compile, in [DIR]/home/.local/share/pycc-shim/variables\n";
    doctor(&world, "--python py --for pip").run().is("0", &format!("{HEAD}{C}{CXX}{by_fix}{pip}{AWAY}{kept}"), "");
}

/// Another machine's files: nothing is run.
#[test]
fn below_another_root() {
    let world = World::empty();
    world.root("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
    for file in ["usr/bin/apt-get", "usr/bin/sudo", "usr/bin/gcc", "usr/bin/python3.11", "usr/bin/openssl"] {
        world.root(file, "");
    }
    let call = |line: &str| world.call(SHIM).args("doctor --root").arg(world.path("root")).args(line);
    let rows = "ok       gcc              /usr/bin/gcc\n\
                missing  g++              g++ is missing: there is no C++ compiler of that name on PATH\n\
                ok       openssl          /usr/bin/openssl\n\
                missing  Python.h         Python.h is missing: the C headers of Python 3.11 are not installed\n";
    let install =
        "\nall that is missing:\n    install     sudo apt-get update && sudo apt-get install -y g++ python3.11-dev\n";
    call("").run().is("1", &format!("{rows}{install}"), "");
    world.root("usr/bin/g++", "").root("usr/include/python3.11/Python.h", "");
    let rows = "ok       gcc              /usr/bin/gcc\n\
                ok       g++              /usr/bin/g++\n\
                ok       openssl          /usr/bin/openssl\n\
                ok       Python.h         of Python 3.11, in /usr/include/python3.11\n";
    call("").run().is("0", rows, "");
    call("--python /usr/bin/python3.11 --for pip").run().is(
        "0",
        "ok       gcc              /usr/bin/gcc\nok       Python.h         of Python 3.11, in /usr/include/python3.11\n",
        "",
    );
}

#[test]
fn bad_use() {
    let world = world();
    doctor(&world, "--python /nowhere/python").run().is(
        "2",
        "",
        "pycc-shim: cannot ask /nowhere/python; name a Python with --python EXE: No such file or directory (os error 2)\n",
    );
    world.script("bin/py", "#!/bin/sh\nexit 3\n");
    doctor(&world, "--python py").run().is(
        "2",
        "",
        "pycc-shim: cannot ask py; name a Python with --python EXE: it ended with exit status: 3\n",
    );
    let none = "pycc-shim: --root /nowhere: no such directory\n";
    doctor(&world, "--root /nowhere").run().is("2", "", none);
    let outcome = doctor(&world, "--python py").env("TMPDIR", "/nowhere").run();
    assert_eq!(outcome.status, "2");
    assert!(
        outcome
            .stderr
            .starts_with("pycc-shim: no temporary directory to compile in; set TMPDIR to one that is there: "),
        "{}",
        outcome.stderr
    );
}
