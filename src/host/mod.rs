//! Facts about a machine, read below a root directory that the caller chooses. Nothing here uses the network; one process
//! is ever started, rpm for its database.

pub mod ancestry;
pub mod container;
pub mod deadsnakes;
pub mod files;
pub mod origin;
pub mod os;
pub mod package_database;
pub mod package_manager;
pub mod privilege;
pub mod python;
pub mod repository;
pub mod tag;
pub mod usual_places;
pub mod virtual_environment;
pub mod wsl;

use std::env;
use std::path::{Path, PathBuf};

use container::Container;
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
    /// Where the user's programs keep their data (`XDG_DATA_HOME`).
    pub data_home: Option<PathBuf>,
    /// Where the user's programs keep their settings (`XDG_CONFIG_HOME`).
    pub config_home: Option<PathBuf>,
    /// `PYCC_SHIM_CATALOG`.
    pub catalog: Option<PathBuf>,
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
        let home = Self::of_other_root();
        Self {
            virtual_env: directory("VIRTUAL_ENV"),
            conda_prefix: directory("CONDA_PREFIX"),
            data_home: directory("XDG_DATA_HOME").or_else(|| home.data_home.clone()),
            config_home: directory("XDG_CONFIG_HOME").or_else(|| home.config_home.clone()),
            catalog: directory("PYCC_SHIM_CATALOG"),
            ..home
        }
    }

    /// A machine below another root: only HOME counts, and who we are.
    #[must_use]
    pub fn of_other_root() -> Self {
        // SAFETY: geteuid always succeeds and touches nothing.
        let user = unsafe { libc::geteuid() };
        let home = env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let below = |directory: &str| home.as_ref().map(|home| home.join(directory));
        Self { data_home: below(".local/share"), config_home: below(".config"), home, user, ..Self::default() }
    }
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub files: Root,
    pub os: Os,
    /// Whether this is a container that takes an installation with it when it goes; see [`Container::lost_on_exit`].
    pub container: bool,
    pub container_kind: Container,
    /// Whether this is a Linux inside Windows.
    pub wsl: bool,
    pub privilege: Privilege,
    /// The system's package managers, its own first.
    pub managers: Vec<&'static str>,
    /// Managers of environments and of Python's packages that are here beside them.
    pub environment_managers: Vec<&'static str>,
    pub pythons: Vec<Installation>,
    /// The Python that runs the build.
    pub running: Option<Installation>,
    /// The Pythons that the environment names.
    pub active: Vec<Installation>,
    /// The virtual environments of the interpreter that runs the build, and of the session.
    pub environments: Vec<PathBuf>,
    /// Where the user's programs keep their data.
    pub data_home: Option<PathBuf>,
    /// What the user and the machine's keeper add to the catalog, the user's first.
    pub catalogs: Vec<CatalogFile>,
}

/// A catalog file and its text, or why it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogFile {
    pub path: PathBuf,
    pub text: Result<String, &'static str>,
}

impl CatalogFile {
    /// The files that are there, and the one that was asked for.
    fn read(files: &Root, surroundings: &Surroundings) -> Vec<Self> {
        let read = |path: &Path| match files.read(path).map(String::from_utf8) {
            Some(Ok(text)) => Ok(text),
            Some(Err(_)) => Err("it is not UTF-8"),
            None => Err("it cannot be read"),
        };
        let asked_for = surroundings.catalog.clone();
        let users = surroundings.config_home.as_ref().map(|home| home.join("pycc-shim/catalog.toml"));
        let machines = Some(PathBuf::from("/etc/pycc-shim/catalog.toml"));
        let found = [users, machines].into_iter().flatten().filter(|path| files.exists(path));
        asked_for.into_iter().chain(found).map(|path| Self { text: read(&path), path }).collect()
    }
}

impl Host {
    #[must_use]
    pub fn read(root: &Path, surroundings: &Surroundings) -> Self {
        let files = Root::new(root);
        let container_kind = Container::read(&files);
        let container = container_kind.lost_on_exit();
        let running =
            surroundings.interpreter.as_ref().and_then(|path| python::of_interpreter(&files, path, container));
        let virtual_base = surroundings
            .virtual_env
            .as_ref()
            .and_then(|environment| virtual_environment::base(&files, environment, container));
        let of_interpreter = surroundings.interpreter.as_deref().and_then(Path::parent).and_then(Path::parent);
        let is_virtual = |directory: &&Path| files.is_file(&directory.join("pyvenv.cfg"));
        let environments = of_interpreter.into_iter().chain(surroundings.virtual_env.as_deref()).filter(is_virtual);
        let environments = environments.map(Path::to_owned).collect();
        let conda = surroundings.conda_prefix.iter().flat_map(|prefix| python::in_prefix(&files, prefix, container));
        Self {
            os: Os::read(&files, container_kind),
            container,
            container_kind,
            wsl: wsl::is_wsl(&files, container_kind),
            privilege: Privilege::read(&files, container_kind, surroundings.user),
            managers: package_manager::present(&files),
            environment_managers: package_manager::of_environments(&files, surroundings.home.as_deref()),
            pythons: python::usual(&files, surroundings.home.as_deref(), surroundings.data_home.as_deref(), container),
            running,
            environments,
            data_home: surroundings.data_home.clone(),
            catalogs: CatalogFile::read(&files, surroundings),
            active: virtual_base.into_iter().chain(conda).collect(),
            files,
        }
    }
}
