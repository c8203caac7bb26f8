//! From what is missing to what to do about it: the one function that doctor, fix, explain and the live shim share.

mod beside;
pub mod compiler;
mod component;
mod cuda;
mod libcuda;
mod link;
pub mod look_up;
pub mod moved;
mod multiarch;
mod offer;
mod owner;
pub mod package;
mod pip;
mod present;
pub mod python_headers;
mod rootless;
mod search_path;
mod shipped_headers;
pub mod toolchain;
pub mod torch_headers;
mod variant;
pub mod which_python;

use std::collections::BTreeMap;

use crate::catalog::components::Wanted;
use crate::catalog::{Catalog, Platform};
use crate::command::CompileCommand;
use crate::command::client::Client;
use crate::command::driver;
use crate::diagnostic::{Kind, Missing, Style};
use crate::host::Host;
use crate::host::python::Installation;
use crate::host::tag::Tag;

/// What kind of remedy this is; saying nothing is no remedy and has no name here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Absent from the disk, and a package has it.
    Install,
    /// On the disk, not on this compile's path.
    Path,
    /// A library under its versioned name only.
    Link,
    /// The headers of another Python version are installed.
    Version,
    /// This Python ships its headers itself, and they are gone.
    Reinstall,
    /// The header left upstream: no package has it.
    Upgrade,
    /// No compiler, or half of one.
    Compiler,
}

impl Verdict {
    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Path => "path",
            Self::Link => "link",
            Self::Version => "version",
            Self::Reinstall => "reinstall",
            Self::Upgrade => "upgrade",
            Self::Compiler => "compiler",
        }
    }
}

/// One way out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// The program whose commands these are, empty for variables alone.
    pub manager: String,
    pub packages: Vec<String>,
    /// Variables to set, with their plain values.
    pub env: BTreeMap<String, String>,
    pub needs_root: bool,
    /// Whole commands for a shell, without sudo.
    pub commands: Vec<String>,
    /// The line for a Dockerfile, where we are in a container.
    pub dockerfile: Option<String>,
}

/// What to do about one missing thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The catalog's name for what is missing.
    pub component: String,
    pub verdict: Verdict,
    /// What is so: the text after "NAME is missing: ".
    pub because: String,
    pub python: Option<Installation>,
    /// The ways out, the recommended one first.
    pub ways: Vec<Way>,
    /// A command that succeeds once the thing is there.
    pub verify: Option<String>,
    pub notes: Vec<String>,
}

/// What a remedy is found from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub command: &'a CompileCommand,
    /// On whose behalf it runs.
    pub client: Client,
    pub host: &'a Host,
    pub catalog: &'a Catalog,
}

impl Context<'_> {
    /// The machine's system in the catalog's terms.
    #[must_use]
    pub fn platform(&self) -> Option<Platform> {
        let os = &self.host.os;
        self.catalog.platform(&os.id, &os.like, &os.version, &os.codenames)
    }
}

/// The remedy for one missing thing, or none: what we cannot tell, we do not say.
#[must_use]
pub fn of(missing: &Missing, context: Context<'_>) -> Option<Remedy> {
    // Names of the catalog are ASCII; a name that is no text is in no table.
    let name = std::str::from_utf8(&missing.name).ok()?;
    match missing.kind {
        Kind::Header if context.catalog.python.has_header(name) => python_headers::remedy(name, missing, context),
        Kind::Header if context.catalog.torch.has_header(name) => torch_headers::remedy(name, context)
            .or_else(|| torch_headers::of_system(context).then(|| component::remedy(Wanted::Header(name), context))?),
        Kind::Header if context.catalog.toolchain.moved(name).is_some() => moved::remedy(name, context),
        Kind::Compiler if driver::by_name(name.as_bytes()).is_some() => compiler::remedy(name, context),
        Kind::Library if Tag::of_name(name).is_some() => python_headers::library(name, context),
        Kind::Library if libcuda::is_it(name) => libcuda::remedy(name, context).or_else(|| {
            component::remedy(Wanted::Library("cuda"), context).filter(|_| libcuda::may_be_a_stub(name, context))
        }),
        // A log without a command, about a file of conda's: whose compiler it was nothing tells (case c207).
        _ if context.command.driver.is_empty() && missing.location.as_ref().is_some_and(|at| is_condas(&at.file)) => {
            None
        }
        Kind::Tool if name == "xcrun" => compiler::command_line_tools(context),
        kind => toolchain::remedy(name, missing, context).or_else(|| {
            let wanted = component::wanted(kind, name);
            if toolchain::decides(wanted, context) {
                return None;
            }
            let is_quoted = missing.style == Some(Style::Quote);
            if is_quoted && context.catalog.toolchain.is_anybodys(name) {
                None
            } else {
                let is_header = kind == Kind::Header;
                let beside = is_header.then(|| beside::remedy(name, missing, context)).flatten();
                beside.or_else(|| component::remedy(wanted, context))
            }
        }),
    }
}

/// Whether a path lies in a conda environment, by its names alone.
fn is_condas(path: &std::path::Path) -> bool {
    let text = path.to_string_lossy();
    ["conda", "mamba", "miniforge"].iter().any(|piece| text.contains(piece))
}

/// A path as text for a shell: quoted where it must be, and stripped of what could move a terminal's cursor.
fn shell_path(path: &std::path::Path) -> String {
    shell_words::quote(&path.to_string_lossy()).into_owned()
}
