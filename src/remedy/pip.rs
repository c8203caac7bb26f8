//! The Python environment that a build takes its Python packages from, and how pip or uv installs into it.

use std::path::{Path, PathBuf};

use crate::host::origin::Origin;

use super::{Context, Way, shell_path, variant, which_python};

/// An environment of Python packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Environment {
    pub(super) interpreter: PathBuf,
    pub(super) site_packages: PathBuf,
    /// A distribution's own Python outside a virtual environment, which pip must leave alone (PEP 668).
    pub(super) is_managed: bool,
}

impl Environment {
    /// The environment of the command's own paths, of the virtual environment that is active or builds, or of the
    /// Python in question. None for a build that pip or uv isolates: what is installed elsewhere is hidden from it; and
    /// for one that is not on this machine.
    pub(super) fn of(context: Context<'_>) -> Option<Self> {
        Self::named(context).filter(|environment| context.host.files.is_directory(&environment.site_packages))
    }

    fn named(context: Context<'_>) -> Option<Self> {
        if context.command.paths().any(is_isolated) {
            return None;
        }
        let named = context.command.paths().find_map(|path| {
            path.ancestors().find(|part| variant::is_named(part, "site-packages")).map(Path::to_owned)
        });
        if let Some(site_packages) = named.filter(|directory| directory.is_absolute()) {
            return Self::around(&site_packages, context);
        }
        let python = which_python::of(context.command, context.host);
        let virtual_environment = context.host.environments.first();
        if let Some(environment) = virtual_environment {
            let names = context.host.files.names(&environment.join("lib"));
            let library = names.iter().find(|name| name.starts_with("python3"))?;
            return Self::around(&environment.join("lib").join(library).join("site-packages"), context);
        }
        let python = python?;
        let library = python.prefix.join("lib").join(format!("python{}", python.tag));
        let is_managed =
            python.origin == Origin::System || context.host.files.is_file(&library.join("EXTERNALLY-MANAGED"));
        let interpreter = python.prefix.join("bin").join(format!("python{}", python.tag));
        let debians = PathBuf::from("/usr/lib/python3/dist-packages");
        let site_packages = if is_managed && context.host.files.is_directory(&debians) {
            debians
        } else {
            library.join("site-packages")
        };
        Some(Self { interpreter, site_packages, is_managed })
    }

    /// `PREFIX/lib/python3.13/site-packages`.
    fn around(site_packages: &Path, context: Context<'_>) -> Option<Self> {
        let library = site_packages.parent()?;
        let prefix = library.parent()?.parent()?;
        let is_virtual = context.host.files.is_file(&prefix.join("pyvenv.cfg"));
        let is_managed = !is_virtual && context.host.files.is_file(&library.join("EXTERNALLY-MANAGED"));
        let interpreter = prefix.join("bin").join(library.file_name()?);
        Some(Self { interpreter, site_packages: site_packages.to_owned(), is_managed })
    }

    /// The way that installs `requirement` here. A uv environment has no pip.
    pub(super) fn install(&self, requirement: &str, context: Context<'_>) -> Option<Way> {
        if self.is_managed {
            return None;
        }
        let interpreter = shell_path(&self.interpreter);
        let has_pip = context.host.files.is_directory(&self.site_packages.join("pip"));
        let (manager, command) = if has_pip {
            ("pip", format!("{interpreter} -m pip install {requirement}"))
        } else {
            ("uv", format!("uv pip install --python {interpreter} {requirement}"))
        };
        let packages = vec![requirement.to_owned()];
        Some(Way { manager: manager.to_owned(), packages, commands: vec![command], ..Way::default() })
    }
}

/// pip's isolated builds lie in `pip-build-env-*/overlay`, uv's in `builds-v0` of its cache (measured).
fn is_isolated(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.contains("/pip-build-env-") || text.contains("/builds-v0/")
}
