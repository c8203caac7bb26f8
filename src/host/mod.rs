//! Facts about a machine, read once, below a root directory that the caller chooses. Nothing here uses the network or
//! starts a process.

pub mod ancestry;
pub mod container;
pub mod files;
pub mod origin;
pub mod os;
pub mod package_manager;
pub mod privilege;
pub mod python;

use std::env;
use std::path::{Path, PathBuf};

use files::Root;
use os::Os;
use privilege::Privilege;
use python::Installation;

/// What a process's surroundings say beside the machine's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    pub home: Option<PathBuf>,
    pub virtual_env: Option<PathBuf>,
    pub conda_prefix: Option<PathBuf>,
    /// The interpreter that runs the build.
    pub interpreter: Option<PathBuf>,
    /// The effective user id.
    pub user: u32,
}

impl Surroundings {
    /// A compile on this machine: the environment and the parent processes count.
    #[must_use]
    pub fn of_compile() -> Self {
        Self { interpreter: ancestry::interpreter(), ..Self::of_session() }
    }

    /// A question on this machine about some log: the environment counts, whoever runs us does not.
    #[must_use]
    pub fn of_session() -> Self {
        let directory = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self { virtual_env: directory("VIRTUAL_ENV"), conda_prefix: directory("CONDA_PREFIX"), ..Self::of_other_root() }
    }

    /// A machine below another root: only HOME counts, and who we are.
    #[must_use]
    pub fn of_other_root() -> Self {
        // SAFETY: geteuid always succeeds and touches nothing.
        let user = unsafe { libc::geteuid() };
        Self { home: env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from), user, ..Self::default() }
    }
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub files: Root,
    pub os: Os,
    pub container: bool,
    pub privilege: Privilege,
    /// The system's package managers, its own first.
    pub managers: Vec<&'static str>,
    pub pythons: Vec<Installation>,
    /// The Python that runs the build.
    pub running: Option<Installation>,
    /// The Pythons that the environment names.
    pub active: Vec<Installation>,
}

impl Host {
    #[must_use]
    pub fn read(root: &Path, surroundings: &Surroundings) -> Self {
        let files = Root::new(root);
        let container = container::is_container(&files);
        let running =
            surroundings.interpreter.as_ref().and_then(|path| python::of_interpreter(&files, path, container));
        let virtual_base = surroundings
            .virtual_env
            .as_ref()
            .and_then(|environment| python::of_virtual_environment(&files, environment, container));
        let conda = surroundings.conda_prefix.iter().flat_map(|prefix| python::in_prefix(&files, prefix, container));
        Self {
            os: Os::read(&files),
            container,
            privilege: Privilege::read(&files, container, surroundings.user),
            managers: package_manager::present(&files),
            pythons: python::usual(&files, surroundings.home.as_deref(), container),
            running,
            active: virtual_base.into_iter().chain(conda).collect(),
            files,
        }
    }
}
