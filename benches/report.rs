//! What a report costs: a compile that fails at once, without us, with us and silent (`PYCC_SHIM_MATCH=off`), and with
//! us and a report. The difference of the last two is the way from the failure to the report.
//!
//! `cargo bench --bench report [-- --quick]` prints one table; better through `benches/run.sh`. The verdicts inform: the
//! exit status is 0 whatever they say, and 2 when nothing could be measured.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/race.rs"]
mod race;
#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/table.rs"]
mod table;

use race::{Contestant, Race};
use table::{Limit, Row};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Debian's main has 64,000 packages in 50 MB of index (trixie, measured).
const PACKAGES: usize = 64_000;

/// What is missing, on which system, whether an index must be asked, and the most that the answer may cost, in ms.
const CASES: [(&str, &str, &str, bool, f64); 4] = [
    ("Python.h", "Python.h", "ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n", false, 5.0),
    ("a library's header", "ffi.h", "ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n", false, 5.0),
    ("a header of no table", "no/such/thing.h", "ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n", false, 5.0),
    ("an index to be asked", "ffi.h", "ID=kali\nID_LIKE=debian\nVERSION_ID=2026.4\n", true, 60.0),
];

fn main() -> ExitCode {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    match measure(if is_quick { 20 } else { 200 }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("report: cannot measure: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(rounds: usize) -> Fallible<()> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let compiler = directory.path().join("gcc");
    let built = Command::new("cc").args(["-O1", "-o"]).arg(&compiler).arg("benches/target.c").status()?;
    if !built.success() {
        return Err("benches/target.c does not build".into());
    }
    Row::head().print();
    for (case, header, release, asks, most) in CASES {
        let root = directory.path().join(if asks { "asks" } else { "plain" });
        write(&root.join("etc/os-release"), release)?;
        for program in ["apt-get", "python3.13", "sudo"] {
            write(&root.join("usr/bin").join(program), "")?;
        }
        if asks {
            write_index(&root.join("var/lib/apt/lists/mirror_dists_main_binary-amd64_Packages"))?;
        }
        let contestant = |name, scope| contestant(name, &compiler, header, &root, scope);
        let race = Race::run(vec![contestant("silent", "off"), contestant("report", "all")], rounds)?;
        let cost = race.overhead(1, 0);
        Row::new(case, "silent").times(&race.times[0]).print();
        let limit = Limit::Milliseconds(most);
        Row::new("", "report").times(&race.times[1]).over(cost).limit(limit, cost * 1e3).print();
    }
    println!("'overhead' is the median of what a report took longer than silence in the same round");
    Ok(())
}

fn contestant(name: &'static str, compiler: &Path, header: &str, root: &Path, scope: &str) -> Contestant {
    let shim = std::env::var_os("PYCC_SHIM_BENCH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_pycc-shim").into());
    let mut command = Command::new(shim);
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).env_clear();
    command.env("_PYCC_SHIM_ROOT", root).env("PYCC_SHIM_MATCH", scope);
    command.env("PYCC_SHIM_CC", format!("{} --fail-header={header}", compiler.display()));
    let args = ["-I/usr/include/python3.13", "-c", "m.c", "-o", "m.o"].map(str::to_owned);
    Contestant::new(name, command, &args).leaving(1)
}

fn write(path: &Path, text: &str) -> Fallible<()> {
    fs::create_dir_all(path.parent().ok_or("a file has a directory")?)?;
    Ok(fs::write(path, text)?)
}

/// An index of Debian's size, in which the package that is asked for stands last.
fn write_index(path: &Path) -> Fallible<()> {
    write(path, "")?;
    let mut index = BufWriter::new(File::create(path)?);
    for number in 0..PACKAGES {
        let name = if number + 1 == PACKAGES { "libffi-dev".to_owned() } else { format!("package-{number}") };
        writeln!(index, "Package: {name}\nVersion: 1.{number}-1\nArchitecture: amd64\n{}\n", FIELDS.trim_end())?;
    }
    Ok(index.flush()?)
}

/// What else an entry says, of the usual length.
const FIELDS: &str = "\
Installed-Size: 4711
Maintainer: Somebody Who Maintains <somebody@lists.example.org>
Depends: libc6 (>= 2.34), libgcc-s1 (>= 4.2), libstdc++6 (>= 13.1), zlib1g (>= 1:1.2.3.4)
Description: one of the very many packages that there are in a distribution
Homepage: https://www.example.org/projects/one-of-the-very-many-packages
Description-md5: 0123456789abcdef0123456789abcdef
Tag: devel::library, role::devel-lib, interface::commandline, implemented-in::c
Section: libdevel
Priority: optional
Filename: pool/main/p/package/package_1.0-1_amd64.deb
Size: 1234567
MD5sum: 0123456789abcdef0123456789abcdef
SHA256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
";
