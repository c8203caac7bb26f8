//! A small world for one test: compilers behind, the shim in front, a machine's facts, a place to work.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;

/// The program under test.
pub(crate) const SHIM: &str = env!("CARGO_BIN_EXE_pycc-shim");

/// The compiler that does what no real one does on demand, built once.
pub(crate) fn mock() -> &'static Path {
    static MOCK: OnceLock<PathBuf> = OnceLock::new();
    MOCK.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mock_compiler.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mock-compiler-{}", std::process::id()));
        let mut compile = Command::new("cc");
        compile.args(["-D_GNU_SOURCE", "-O1", "-o"]).arg(&program).arg(source);
        assert!(start(&mut compile).wait().unwrap().success(), "the mock compiler does not build");
        program
    })
}

/// Held while a program is written, and while a process is started: a child that is forked while a file is open for
/// writing keeps it open until it executes, and the file cannot be executed meanwhile ("text file busy").
static FORK: Mutex<()> = Mutex::new(());

/// Starts a process.
pub(crate) fn start(command: &mut Command) -> Child {
    let _alone = FORK.lock();
    command.spawn().unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()))
}

/// Copies a program.
pub(crate) fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    let _alone = FORK.lock();
    fs::copy(from, to).unwrap();
}

/// `DIR/bin` holds compilers, `DIR/shim` ourselves under compilers' names, `DIR/root` a machine's files, `DIR/work` is
/// where calls run, `DIR/home` their home.
pub(crate) struct World {
    directory: TempDir,
}

impl World {
    /// A world without a compiler, on a machine that says nothing of itself.
    pub(crate) fn empty() -> Self {
        let world = Self { directory: tempfile::tempdir().unwrap() };
        for part in ["bin", "shim", "root", "work", "home"] {
            fs::create_dir(world.path(part)).unwrap();
        }
        fs::write(world.path("shim/.pycc-shim"), "").unwrap();
        world
    }

    /// The mock as `g++` and `gcc`, ourselves before it, on a Debian 13 whose Python 3.13 came without headers, used
    /// by somebody who has sudo.
    pub(crate) fn debian13() -> Self {
        let world = Self::empty();
        for name in ["g++", "gcc"] {
            world.compiler(name).stand_in(name);
        }
        world.root("etc/os-release", "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n");
        for program in ["apt-get", "sudo", "python3.13"] {
            world.root(&format!("usr/bin/{program}"), "");
        }
        world
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.directory.path().join(inside)
    }

    /// Puts the mock compiler behind a name.
    pub(crate) fn compiler(&self, name: &str) -> &Self {
        copy(mock(), self.path("bin").join(name));
        self
    }

    /// Puts ourselves before a name.
    pub(crate) fn stand_in(&self, name: &str) -> &Self {
        let place = self.path("shim").join(name);
        fs::hard_link(SHIM, &place).unwrap_or_else(|_| copy(SHIM, &place));
        self
    }

    pub(crate) fn file(&self, inside: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _alone = FORK.lock();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn script(&self, inside: &str, content: &str) -> &Self {
        self.file(inside, content);
        fs::set_permissions(self.path(inside), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// A file of the machine whose facts count.
    pub(crate) fn root(&self, inside: &str, content: &str) -> &Self {
        self.file(&format!("root/{inside}"), content)
    }

    /// A call of a program by name (through PATH) or by path.
    pub(crate) fn call(&self, program: impl AsRef<OsStr>) -> Call<'_> {
        let path = [self.path("shim"), self.path("bin"), "/usr/bin".into(), "/bin".into()];
        let call = Call {
            world: self,
            program: program.as_ref().to_owned(),
            argv0: None,
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
        };
        call.env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.path("home"))
            .env("_PYCC_SHIM_ROOT", self.path("root"))
    }

    /// The newest record, as text; empty where there is none.
    pub(crate) fn record(&self) -> String {
        fs::read_to_string(self.path("home/.local/state/pycc-shim/last.json")).unwrap_or_default()
    }

    /// A text with this world's directory written as `[DIR]`.
    pub(crate) fn redact(&self, text: &[u8]) -> String {
        let text = String::from_utf8(text.to_vec()).expect("what the shim lets through here is UTF-8");
        text.replace(self.directory.path().to_str().unwrap(), "[DIR]")
    }
}

pub(crate) struct Call<'w> {
    world: &'w World,
    program: OsString,
    argv0: Option<OsString>,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
}

impl Call<'_> {
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Arguments, split at blanks.
    pub(crate) fn args(mut self, line: &str) -> Self {
        self.args.extend(line.split_whitespace().map(OsString::from));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.into(), value.as_ref().to_owned()));
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn stdin(mut self, bytes: &[u8]) -> Self {
        self.stdin = bytes.to_vec();
        self
    }

    pub(crate) fn argv0(mut self, name: &str) -> Self {
        self.argv0 = Some(name.into());
        self
    }

    /// The process, ready to be started. A bare name is looked up in the call's own PATH, as a shell would.
    pub(crate) fn command(&self) -> Command {
        let path = self.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
        let is_bare = !self.program.as_bytes().contains(&b'/');
        let found = is_bare
            .then(|| {
                std::env::split_paths(path.as_ref()?).map(|entry| entry.join(&self.program)).find(|path| path.is_file())
            })
            .flatten();
        let mut command = Command::new(found.as_deref().unwrap_or(Path::new(&self.program)));
        if let Some(argv0) = self.argv0.as_ref().or(is_bare.then_some(&self.program)) {
            std::os::unix::process::CommandExt::arg0(&mut command, argv0);
        }
        command.args(&self.args).env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.world.path("work"));
        command
    }

    /// Runs it to its end with everything captured.
    pub(crate) fn run(self) -> Outcome {
        let mut command = self.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = start(&mut command);
        let mut input = child.stdin.take().unwrap();
        let bytes = self.stdin;
        // A child that does not read its input closes it.
        let writer = std::thread::spawn(move || input.write_all(&bytes).is_ok());
        let output = child.wait_with_output().unwrap();
        let _ = writer.join();
        Outcome {
            status: show(output.status),
            stdout: self.world.redact(&output.stdout),
            stderr: self.world.redact(&output.stderr),
        }
    }
}

/// `0`, `1` … or `signal 9`.
pub(crate) fn show(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => status.code().unwrap().to_string(),
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Compares everything.
    #[track_caller]
    pub(crate) fn is(&self, status: &str, stdout: &str, stderr: &str) {
        let show = |status: &str, stdout: &str, stderr: &str| {
            format!("status: {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
        };
        let (got, expected) = (show(&self.status, &self.stdout, &self.stderr), show(status, stdout, stderr));
        assert!(got == expected, "got\n{got}\n\nexpected\n{expected}");
    }
}

/// GCC's text for a header that is not there.
pub(crate) fn gcc_says(file: &str, header: &str) -> String {
    format!(
        "{file}:1:10: fatal error: {header}: No such file or directory\n    1 | #include <{header}>\n      |          \
         ^~~~~~~~~~\ncompilation terminated.\n"
    )
}

/// What we add to it in [`World::debian13`] for an Inductor compile.
pub(crate) const REPORT: &str = "\
pycc-shim: Python.h is missing: the C headers of Python 3.13 are not installed
    wanted by   PyTorch Inductor (torch.compile), for the system's Python 3.13
    package     python3.13-dev (Debian 13)
    install     sudo apt-get update && sudo apt-get install -y python3.13-dev
    no root?    pycc-shim fix --user
    then check  test -f /usr/include/python3.13/Python.h
";

/// Arguments of a compile in Inductor's shape.
pub(crate) const INDUCTOR: &str = "/tmp/torchinductor_u/ab/cab.main.cpp -D TORCH_INDUCTOR_CPP_WRAPPER -shared -fPIC \
                            -I/usr/include/python3.13 -o /tmp/torchinductor_u/ab/cab.main.so";
