//! The same call made twice in the same place, without us and with us, and everything that came of each.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::capture::Capture;
use crate::files::{self, Files};
use crate::world::{SHIM, World, show};

/// A way to call a compiler through us, and what it stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Face {
    /// The first of two directories on PATH, as a link to us.
    OnPath(&'static str),
    /// The path of such a link; it stands for the compiler's own path.
    ByPath(&'static str),
    /// `CXX=pycc-shim`, where that is to be the compiler of this name.
    Ourselves(&'static str),
    /// `pycc-shim NAME`.
    Launcher(&'static str),
}

impl Face {
    /// The compiler that answers in the end.
    pub(crate) fn compiler(self) -> &'static str {
        let (Self::OnPath(name) | Self::ByPath(name) | Self::Ourselves(name) | Self::Launcher(name)) = self;
        name
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: String,
    /// What was captured: stdout and stderr, or the one that holds both.
    pub(crate) streams: Vec<Vec<u8>>,
    /// Below the working directory, and below the one for temporary files.
    pub(crate) files: Files,
}

pub(crate) struct Pair {
    pub(crate) world: World,
    sources: Vec<(OsString, Vec<u8>)>,
    env: Vec<(String, OsString)>,
}

impl Pair {
    /// This machine's own compilers behind us.
    pub(crate) fn real() -> Self {
        Self::of(World::empty())
    }

    /// The mock compiler behind us, as `gcc` and `g++`, on a Debian 13 whose Python 3.13 came without headers.
    pub(crate) fn mock() -> Self {
        Self::of(World::debian13())
    }

    fn of(world: World) -> Self {
        fs::create_dir(world.path("tmp")).unwrap();
        Self { world, sources: Vec::new(), env: Vec::new() }
    }

    /// A file of the working directory, there anew before each call.
    pub(crate) fn source(mut self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> Self {
        self.sources.push((name.as_ref().to_owned(), content.as_ref().to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Makes the call without us and with us.
    pub(crate) fn both<A: AsRef<OsStr>>(
        &self,
        face: Face,
        calls: &[Vec<A>],
        stdin: &[u8],
        capture: Capture,
    ) -> (Seen, Seen) {
        (self.one(face, false, calls, stdin, capture), self.one(face, true, calls, stdin, capture))
    }

    /// Makes the calls, one after the other in one directory, and puts together what came of them.
    pub(crate) fn one<A: AsRef<OsStr>>(
        &self,
        face: Face,
        through_us: bool,
        calls: &[Vec<A>],
        stdin: &[u8],
        capture: Capture,
    ) -> Seen {
        self.make_anew();
        let mut statuses = Vec::new();
        let mut streams = Vec::new();
        for arguments in calls {
            let mut command = self.command(face, through_us);
            command.args(arguments);
            let (status, heard) = capture.run(&mut command, stdin, &self.world.path("captured"));
            statuses.push(show(status));
            streams.extend(heard.iter().map(|text| self.plain(text)));
        }
        let mut files = files::below(&self.world.path("work"));
        // Names there are made up; what counts is how many are left, of what kind, and what they hold.
        let mut left: Vec<_> = files::below(&self.world.path("tmp")).into_iter().collect();
        left.sort_by_key(|(path, _)| path.extension().map(OsStr::to_owned));
        files.extend(left.into_iter().enumerate().map(|(number, (path, entry))| {
            (Path::new("TMPDIR").join(number.to_string()).with_extension(path.extension().unwrap_or_default()), entry)
        }));
        for entry in files.values_mut() {
            entry.bytes = self.plain(&entry.bytes);
            if entry.bytes.starts_with(b"gpch") {
                // GCC's precompiled headers hold addresses and differ from call to call; compiles with one do not.
                entry.bytes.clear();
            }
        }
        Seen { status: statuses.join(" "), streams, files }
    }

    /// Asserts that nothing tells the two apart.
    #[track_caller]
    pub(crate) fn is_transparent<A: AsRef<OsStr>>(
        &self,
        face: Face,
        calls: &[Vec<A>],
        stdin: &[u8],
        capture: Capture,
    ) -> Seen {
        let (without, with) = self.both(face, calls, stdin, capture);
        let differences = differences(&without, &with);
        let words = |call: &Vec<A>| call.iter().take(20).map(|word| word.as_ref().to_owned()).collect::<Vec<_>>();
        let shown: Vec<_> = calls.iter().map(words).collect();
        assert!(differences.is_empty(), "{face:?} {shown:?} {capture:?}: {differences}");
        without
    }

    /// Makes each call of a table, a line each, and asserts that nothing tells the two of any apart. What came of each.
    #[track_caller]
    pub(crate) fn are_transparent(&self, face: Face, lines: &[&str], stdin: &[u8], capture: Capture) -> Vec<Seen> {
        if !Path::new("/usr/bin").join(face.compiler()).exists() {
            eprintln!("{} is not installed: nothing tested", face.compiler());
            return Vec::new();
        }
        let mut all = String::new();
        let mut seen = Vec::new();
        for line in lines {
            let (without, with) = self.both(face, &calls(line), stdin, capture);
            let differences = differences(&without, &with);
            if !differences.is_empty() {
                writeln!(all, "{line}: {differences}").unwrap();
            }
            seen.push(without);
        }
        assert!(all.is_empty(), "{face:?} {capture:?}\n{all}");
        seen
    }

    /// The program and what surrounds it; arguments, streams and more are the caller's to add.
    pub(crate) fn command(&self, face: Face, through_us: bool) -> Command {
        let name = face.compiler();
        let behind = |name: &str| {
            let mock = self.world.path("bin").join(name);
            if mock.exists() { mock } else { Path::new("/usr/bin").join(name) }
        };
        let before = self.world.path("shim").join(name);
        if through_us && fs::symlink_metadata(&before).is_err() {
            symlink(SHIM, &before).unwrap();
        }
        let path = |first: &[&str]| {
            let ours = first.iter().chain(&["bin"]).map(|part| self.world.path(part));
            std::env::join_paths(ours.chain(["/usr/bin".into(), "/bin".into()])).unwrap()
        };
        let (program, argv0, first) = match (face, through_us) {
            (Face::OnPath(_) | Face::Launcher(_), false) => (behind(name), Some(name), None),
            (Face::OnPath(_), true) => (before, Some(name), None),
            (Face::Launcher(_), true) => (SHIM.into(), None, Some(name)),
            (Face::ByPath(_) | Face::Ourselves(_), false) => (behind(name), None, None),
            (Face::ByPath(_), true) => (before, None, None),
            (Face::Ourselves(_), true) => (SHIM.into(), None, None),
        };
        let mut command = Command::new(program);
        if let Some(argv0) = argv0 {
            std::os::unix::process::CommandExt::arg0(&mut command, argv0);
        }
        command.args(first).env_clear().current_dir(self.world.path("work"));
        command
            .env("PATH", if through_us { path(&["shim"]) } else { path(&[]) })
            .env("HOME", self.world.path("home"))
            .env("TMPDIR", self.world.path("tmp"))
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .env("SOURCE_DATE_EPOCH", "1700000000")
            .env("_PYCC_SHIM_ROOT", self.world.path("root"))
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The working directory as it is before a call: the sources, of one date, for that stands in precompiled headers.
    pub(crate) fn make_anew(&self) {
        for part in ["work", "tmp"] {
            fs::remove_dir_all(self.world.path(part)).unwrap();
            fs::create_dir(self.world.path(part)).unwrap();
        }
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for (name, content) in &self.sources {
            let path = self.world.path("work").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(date).unwrap();
        }
    }

    /// A text with the names of temporary files made alike, which differ from call to call without us too.
    pub(crate) fn plain(&self, text: &[u8]) -> Vec<u8> {
        let start = [self.world.path("tmp").as_os_str().as_encoded_bytes(), b"/"].concat();
        let mut plain = Vec::new();
        let mut rest = text;
        while let Some(at) = memchr::memmem::find(rest, &start) {
            plain.extend_from_slice(&rest[..at]);
            plain.extend_from_slice(b"TMPDIR/name");
            rest = &rest[at + start.len()..];
            let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
            rest = &rest[name..];
        }
        plain.extend_from_slice(rest);
        plain
    }
}

/// The calls that a line of a table stands for: one after another where a semicolon stands between them.
pub(crate) fn calls(line: &str) -> Vec<Vec<&str>> {
    line.split(';').map(|call| call.split_whitespace().collect()).collect()
}

/// What tells the two apart; nothing where nothing does.
pub(crate) fn differences(without: &Seen, with: &Seen) -> String {
    let mut text = String::new();
    if without.status != with.status {
        writeln!(text, "status {} without us, {} with us", without.status, with.status).unwrap();
    }
    for (number, (one, other)) in without.streams.iter().zip(&with.streams).enumerate() {
        if one != other {
            writeln!(text, "stream {number} {}", files::first_difference(one, other)).unwrap();
        }
    }
    text + &files::differences(&without.files, &with.files)
}
