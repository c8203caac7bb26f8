//! A machine whose files are the input: os-release, package databases, conda's and virtual environments' own, a catalog.
//! Files are separated by a line `== N`, N the place's number.
#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pycc_shim::host::{Host, Surroundings};

const PLACES: [&str; 16] = [
    "etc/os-release",
    "var/lib/dpkg/status",
    "var/lib/dpkg/info/python3.13-dev.list",
    "var/lib/apt/lists/x_dists_trixie_main_binary-amd64_Packages",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d/x.sources",
    "opt/conda/conda-meta/history",
    "opt/conda/conda-meta/python-3.13.0-h0_0_cp313.json",
    "venv/pyvenv.cfg",
    "etc/pycc-shim/catalog.toml",
    "usr/lib/python3.13/EXTERNALLY-MANAGED",
    "lib/apk/db/installed",
    "var/lib/pacman/local/x-1/desc",
    "proc/1/cgroup",
    "proc/version",
    "usr/local/cuda/version.json",
];

const LOG: &[u8] = b"gcc -I/usr/include/python3.13 -c m.c -o m.o\n\
    m.c:1:10: fatal error: Python.h: No such file or directory\n\
    m.c:2:10: fatal error: ffi.h: No such file or directory\n\
    m.c:3:10: fatal error: cuda_runtime.h: No such file or directory\n\
    /usr/bin/ld: cannot find -lz: No such file or directory\n\
    sh: 1: ninja: not found\n";

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = pycc_shim_fuzz::directory();
    for file in ["usr/bin/apt-get", "usr/bin/python3.13", "venv/bin/python3", "opt/conda/bin/python3.13", "usr/bin/gcc"]
    {
        pycc_shim_fuzz::write(&root, file, b"");
    }
    root
});

fuzz_target!(|bytes: &[u8]| {
    for place in PLACES {
        let _ = fs::remove_file(ROOT.join(place));
    }
    let mut place = 0;
    let mut content = Vec::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let number =
            line.strip_prefix(b"== ").and_then(|rest| std::str::from_utf8(rest.trim_ascii()).ok()?.parse().ok());
        match number {
            Some(next) => {
                pycc_shim_fuzz::write(&ROOT, PLACES[place], &content);
                content.clear();
                place = usize::min(next, PLACES.len() - 1);
            }
            None => content.extend_from_slice(line),
        }
    }
    pycc_shim_fuzz::write(&ROOT, PLACES[place], &content);
    let interpreter = [None, Some("/venv/bin/python3"), Some("/opt/conda/bin/python3.13")][bytes.len() % 3];
    let surroundings = Surroundings {
        interpreter: interpreter.map(PathBuf::from),
        virtual_env: Some("/venv".into()),
        data_home: Some("/home/u/.local/share".into()),
        user: 1000,
        ..Surroundings::default()
    };
    pycc_shim_fuzz::explain(LOG, &Host::read(Path::new(&*ROOT), &surroundings));
});
