//! Variables that `fix` keeps for later compiles, so that nothing has to be exported for what lies where no compiler
//! looks by itself: packages unpacked without root, a library in a directory of its own.
//!
//! They are the only thing that a compile gets from us, and only because the user asked for it: without the file (one
//! failed `access` for a compile) nothing is added. A line is `SYSTEM TAB FOR TAB NAME=VALUE`. The system counts because
//! a home may be seen by many (a container, a cluster's nodes), and headers of one break compiles on another. FOR is
//! `-`, or the Python that the compile must name, or `no-python` where it must name none: another Python must not find
//! the headers of this one.

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr};
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::report::merge::merge_variables;
use crate::report::record;

use super::environment::{Environment, c_string};

/// The file's name in the user's data directory.
const FILE: &str = "pycc-shim/variables";
/// The largest file that is read.
const LARGEST: u64 = 64 * 1024;
/// Those that a compile gets: what the drivers and the linker read, all of them lists of directories.
const OF_COMPILERS: [&str; 3] = ["CPATH", "LIBRARY_PATH", "LD_RUN_PATH"];
/// For any compile.
const ANY: &str = "-";
/// For compiles that name no Python.
const NO_PYTHON: &str = "no-python";

const HEAD: &str = "\
# Written by `pycc-shim fix`: what it makes later compiles find on one system. Each line: the system, what a compile must
# name (or -), and the variable. Delete a line, or the file, to undo it.
";

/// One kept variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub system: String,
    /// What an argument of the compile must name (`python3.13`), or `no-python`; none for every compile.
    pub only_for: Option<String>,
    pub name: String,
    pub value: String,
}

impl Variable {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(3, '\t');
        let (system, only_for) = (fields.next()?, fields.next()?);
        let (name, value) = fields.next()?.split_once('=')?;
        Some(Self {
            system: system.to_owned(),
            only_for: Some(only_for).filter(|word| *word != ANY).map(str::to_owned),
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    fn line(&self) -> String {
        let only_for = self.only_for.as_deref().unwrap_or(ANY);
        format!("{}\t{only_for}\t{}={}\n", self.system, self.name, self.value)
    }

    fn is_for(&self, arguments: &[&CStr]) -> bool {
        let mut arguments = arguments.iter().map(|argument| argument.to_bytes());
        match self.only_for.as_deref() {
            None => true,
            Some(NO_PYTHON) => !arguments.any(names_a_python),
            Some(word) => arguments.any(|argument| names(argument, word.as_bytes())),
        }
    }
}

/// For which compiles variables of a Python (`python3.13`) are, judged by one of them.
#[must_use]
pub fn only_for<'a>(python: &'a str, arguments: &[impl AsRef<OsStr>]) -> &'a str {
    let is_named = arguments.iter().any(|argument| names(argument.as_ref().as_bytes(), python.as_bytes()));
    if is_named { python } else { NO_PYTHON }
}

fn names_a_python(argument: &[u8]) -> bool {
    memmem::find_iter(argument, b"python").any(|at| argument.get(at + 6).is_some_and(u8::is_ascii_digit))
}

/// Whether an argument holds the word and nothing that would make it another one: `python3.1` is not in `python3.13`.
fn names(argument: &[u8], word: &[u8]) -> bool {
    memmem::find_iter(argument, word)
        .any(|at| argument.get(at + word.len()).is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'.'))
}

/// Where they are kept: in `data_home`, `$XDG_DATA_HOME` or `~/.local/share`.
#[must_use]
pub fn file(data_home: &Path) -> PathBuf {
    data_home.join(FILE)
}

/// What a compile gets beside its environment, with what stands in that already; nothing where we are to be the
/// compiler and nothing else, and below another of us, which has added it.
#[must_use]
pub fn of_compile(environment: &Environment, arguments: &[&CStr]) -> Vec<(&'static str, Vec<u8>)> {
    if environment.depth > 0 || environment.disabled {
        return Vec::new();
    }
    let (home, below) = match (environment.data_home, environment.home) {
        (Some(data_home), _) => (data_home, &b"/"[..]),
        (None, Some(home)) => (home, &b"/.local/share/"[..]),
        (None, None) => return Vec::new(),
    };
    let file = c_string([home, below, FILE.as_bytes()].concat());
    // Every compile comes by here, and nearly none has the file: one system call, and no page of the library's code.
    // SAFETY: a NUL-terminated path.
    if unsafe { libc::access(file.as_ptr(), libc::R_OK) } != 0 {
        return Vec::new();
    }
    let kept = read(Path::new(OsStr::from_bytes(file.to_bytes()))).unwrap_or_default();
    let system = this_system();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for variable in kept.into_iter().filter(|kept| kept.system == system && kept.is_for(arguments)) {
        merge_variables(&mut values, &[(variable.name, variable.value)].into());
    }
    let added = OF_COMPILERS.into_iter().filter_map(|name| {
        let mut value = values.remove(name)?.into_bytes();
        if let Some(set) = environment.value(name).filter(|set| !set.is_empty()) {
            value.push(b':');
            value.extend_from_slice(set);
        }
        Some((name, value))
    });
    added.collect()
}

/// Whether a variable is one that compiles get; what the program that starts them reads is its user's to set.
#[must_use]
pub fn is_kept(name: &str) -> bool {
    OF_COMPILERS.contains(&name)
}

/// Everything in the file, a line that is none of ours left out; none where there is no file.
#[must_use]
pub fn read(file: &Path) -> Option<Vec<Variable>> {
    let mut text = String::new();
    fs::File::open(file).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text.lines().filter(|line| !line.starts_with('#')).filter_map(Variable::parse).collect())
}

/// Keeps variables for this system: lists that are kept already grow. The file is replaced in one step.
///
/// # Errors
/// Whatever the file system says, or that a value holds what a line cannot.
pub fn keep(file: &Path, only_for: Option<&str>, variables: &BTreeMap<String, String>) -> io::Result<()> {
    let system = this_system();
    let mut all = read(file).unwrap_or_default();
    for (name, value) in variables {
        if value.contains(['\n', '\t']) {
            return Err(io::Error::other("a directory's name holds a line break or a tab"));
        }
        let is_it =
            |kept: &&mut Variable| kept.system == system && kept.only_for.as_deref() == only_for && kept.name == *name;
        match all.iter_mut().find(is_it) {
            Some(kept) => {
                let mut grown = [(name.clone(), value.clone())].into();
                merge_variables(&mut grown, &[(name.clone(), kept.value.clone())].into());
                kept.value = grown.remove(name).unwrap_or_default();
            }
            None => all.push(Variable {
                system: system.clone(),
                only_for: only_for.map(str::to_owned),
                name: name.clone(),
                value: value.clone(),
            }),
        }
    }
    let text = all.iter().fold(HEAD.to_owned(), |text, kept| text + &kept.line());
    let directory = file.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory)?;
    record::replace(directory, file.file_name().unwrap_or_default(), text.as_bytes())
}

/// This system as far as its headers and libraries differ from another's: `debian 13 x86_64` (os-release(5)).
#[must_use]
pub fn this_system() -> String {
    let text = ["/etc/os-release", "/usr/lib/os-release"].iter().find_map(|file| fs::read_to_string(file).ok());
    let text = text.unwrap_or_default();
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches(['"', '\'']).replace('\t', " ")
    };
    format!("{} {} {}", value("ID"), value("VERSION_ID"), std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_and_other_systems_stay() {
        let directory = tempfile::tempdir().unwrap();
        let file = file(directory.path());
        let set = |name: &str, value: &str| [(name.to_owned(), value.to_owned())].into();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "haiku 1 x86_64\t-\tCPATH=/boot\nno line of ours\n").unwrap();
        keep(&file, Some("python3.13"), &set("CPATH", "/a:/b")).unwrap();
        keep(&file, Some("python3.13"), &set("CPATH", "/c:/a")).unwrap();
        keep(&file, None, &set("LIBRARY_PATH", "/two words")).unwrap();
        assert!(keep(&file, None, &set("CPATH", "/a\nb")).is_err());
        let system = this_system();
        let lines = [
            "haiku 1 x86_64\t-\tCPATH=/boot\n".to_owned(),
            format!("{system}\tpython3.13\tCPATH=/c:/a:/b\n"),
            format!("{system}\t-\tLIBRARY_PATH=/two words\n"),
        ];
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{HEAD}{}", lines.concat()));
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_an_argument_names() {
        for (argument, expected) in [
            ("-I/usr/include/python3.1", true),
            ("-I/usr/include/python3.1/", true),
            ("/opt/lib/python3.1/site-packages/x.c", true),
            ("-I/usr/include/python3.13", false),
            ("-I/usr/include/python3.1t", false),
            ("python3.1.so", false),
            ("-I/usr/include", false),
        ] {
            assert_eq!(names(argument.as_bytes(), b"python3.1"), expected, "{argument}");
        }
    }

    #[test]
    fn compiles_that_name_no_python() {
        assert_eq!(only_for("python3.13", &["-I/usr/include/python3.13"]), "python3.13");
        assert_eq!(only_for("python3.13", &["-c", "a.c"]), NO_PYTHON);
        let of = |only_for: &str| Variable {
            system: String::new(),
            only_for: Some(only_for.to_owned()),
            name: "CPATH".to_owned(),
            value: "/x".to_owned(),
        };
        assert!(of(NO_PYTHON).is_for(&[c"-c", c"python.c"]) && !of(NO_PYTHON).is_for(&[c"-I/usr/include/python3.12"]));
        assert!(of("python3.13").is_for(&[c"-I/usr/include/python3.13"]) && !of("python3.13").is_for(&[c"-c"]));
    }
}
