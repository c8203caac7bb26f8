//! The Python that doctor looks after: asked itself, for nobody else knows as well.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// What is asked. posix_prefix, where there is one, is what PyTorch and Triton take on Debian, whose own scheme names
/// /usr/local. Finding a package runs none of its code, so that PyTorch is not imported (two seconds and more).
const QUESTION: &str = r#"
import json, sys, sysconfig
try:
    from importlib.util import find_spec
except ImportError:
    find_spec = None
def where(name):
    try:
        return list(find_spec(name).submodule_search_locations)[0]
    except Exception:
        return None
names = sysconfig.get_scheme_names()
scheme = {"scheme": "posix_prefix"} if "posix_prefix" in names and sys.platform != "darwin" else {}
print(json.dumps({
    "executable": sys.executable,
    "version": "%d.%d" % sys.version_info[:2],
    "include": sysconfig.get_path("include", **scheme),
    "cc": sysconfig.get_config_var("CC"),
    "torch": where("torch"),
    "triton": where("triton"),
    "ninja": where("ninja"),
}))
"#;

/// What it answers.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Interpreter {
    pub(super) executable: PathBuf,
    /// `major.minor`.
    pub(super) version: String,
    /// Where it says that its headers are.
    pub(super) include: PathBuf,
    /// The compiler that it was built with, which setuptools runs.
    pub(super) cc: Option<String>,
    pub(super) torch: Option<PathBuf>,
    pub(super) triton: Option<PathBuf>,
    pub(super) ninja: Option<PathBuf>,
}

impl Interpreter {
    /// The Python of the name or path that was asked for; otherwise that of the active environment, else the first on
    /// PATH; none where there is none.
    ///
    /// # Errors
    /// The one that was asked for cannot be run, or one does not answer.
    pub(super) fn find(asked_for: Option<&Path>) -> Result<Option<Self>> {
        if let Some(file) = asked_for {
            return Self::ask(file).map(Some);
        }
        let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(env::var_os).map(PathBuf::from);
        let active = active.map(|prefix| prefix.join("bin/python")).find(|file| file.is_file());
        let on_path = || ["python3", "python"].into_iter().find_map(|name| which::which(name).ok());
        active.or_else(on_path).map(|file| Self::ask(&file)).transpose()
    }

    fn ask(file: &Path) -> Result<Self> {
        let cannot = || format!("cannot ask {}; name a Python with --python EXE", file.display());
        let mut ask = Command::new(file);
        let answer = ask.args([OsString::from("-c"), QUESTION.into()]).stdin(Stdio::null()).output();
        let answer = answer.with_context(cannot)?;
        if !answer.status.success() {
            bail!("{}: it ended with {}", cannot(), answer.status);
        }
        serde_json::from_slice(&answer.stdout).with_context(cannot)
    }

    /// Whether the code of an installed PyTorch holds these words; none without PyTorch.
    pub(super) fn torch_says(&self, file: &str, words: &str) -> Option<bool> {
        let text = std::fs::read(self.torch.as_ref()?.join(file)).unwrap_or_default();
        Some(memchr::memmem::find(&text, words.as_bytes()).is_some())
    }
}
