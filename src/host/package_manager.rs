//! Which package managers are here, and the little of their state that decides a command.

use std::path::{Path, PathBuf};

use super::files::Root;

/// Managers of the whole system, the one that a machine's own packages come from first: name, and its program.
/// (dnf stands before yum, which is a link to it where both are.)
const SYSTEM: [(&str, &str); 13] = [
    ("apt", "apt-get"),
    ("dnf", "dnf"),
    ("microdnf", "microdnf"),
    ("yum", "yum"),
    ("zypper", "zypper"),
    ("pacman", "pacman"),
    ("apk", "apk"),
    ("xbps", "xbps-install"),
    ("emerge", "emerge"),
    ("pkg", "pkg"),
    ("nix", "nix-env"),
    ("brew", "brew"),
    ("port", "port"),
];

/// Managers of environments and of Python's packages; their programs have their names.
const ENVIRONMENTS: [&str; 7] = ["conda", "mamba", "micromamba", "pixi", "uv", "pip", "pyenv"];

const PROGRAM_DIRECTORIES: [&str; 10] = [
    "/usr/bin",
    "/bin",
    "/usr/sbin",
    "/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/opt/local/bin",
    "/run/current-system/sw/bin",
    "/nix/var/nix/profiles/default/bin",
];

/// FreeBSD's, and Termux'. Elsewhere a `pkg` is something else: vercel's packer, say.
const PKG: [&str; 2] = ["/usr/sbin/pkg", "/data/data/com.termux/files/usr/bin/pkg"];

/// Where the installers of conda put it.
const CONDA_BASES: [&str; 4] = ["miniconda3", "anaconda3", "miniforge3", "mambaforge"];

/// The system's package managers whose programs are present.
#[must_use]
pub fn present(root: &Root) -> Vec<&'static str> {
    let is_here = |program: &str| match program {
        "pkg" => PKG.iter().any(|path| root.is_file(Path::new(path))),
        program => system_program(root, program).is_some(),
    };
    SYSTEM.iter().filter(|(_, program)| is_here(program)).map(|(name, _)| *name).collect()
}

/// The managers of environments and of Python's packages whose programs are in the system's directories, in `/opt/conda`
/// or where their installers put them below `home`: conda, mamba, micromamba, pixi, uv, pip and pyenv, in that order.
#[must_use]
pub fn of_environments(root: &Root, home: Option<&Path>) -> Vec<&'static str> {
    let mut directories: Vec<PathBuf> = vec!["/opt/conda/bin".into(), "/opt/conda/condabin".into()];
    if let Some(home) = home {
        directories.extend([".local/bin", ".cargo/bin", ".pixi/bin", ".pyenv/bin"].map(|bin| home.join(bin)));
        directories
            .extend(CONDA_BASES.iter().flat_map(|base| ["bin", "condabin"].map(|bin| home.join(base).join(bin))));
    }
    let is_here = |program: &str| {
        system_program(root, program).is_some()
            || directories.iter().any(|directory| root.is_file(&directory.join(program)))
    };
    ENVIRONMENTS.into_iter().filter(|program| is_here(program)).collect()
}

fn system_program(root: &Root, program: &str) -> Option<PathBuf> {
    PROGRAM_DIRECTORIES.iter().map(|directory| Path::new(directory).join(program)).find(|path| root.is_file(path))
}

/// The program that manages a conda environment: pixi for its own environments, otherwise the first of conda, mamba
/// and micromamba that the environment or the installation around it has; conda where none can be seen.
#[must_use]
pub fn of_conda_environment(root: &Root, prefix: &Path) -> &'static str {
    if prefix.components().any(|part| part.as_os_str() == ".pixi") {
        return "pixi";
    }
    let base = prefix.parent().filter(|parent| parent.ends_with("envs")).and_then(Path::parent);
    for name in ["conda", "mamba", "micromamba"] {
        let places = [Some(prefix), base].into_iter().flatten();
        if places.flat_map(|place| [place.join("bin"), place.join("condabin")]).any(|bin| root.is_file(&bin.join(name)))
            || system_program(root, name).is_some()
        {
            return name;
        }
    }
    "conda"
}

/// Whether apt knows no packages at all, as in official images, whose lists are deleted: then `apt-get install` says
/// "Unable to locate package" until `apt-get update` has run.
#[must_use]
pub fn apt_index_is_empty(root: &Root) -> bool {
    !root.names(Path::new("/var/lib/apt/lists")).iter().any(|name| name.contains("_Packages"))
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::machine;
    use super::*;

    fn root_with(files: &[&str]) -> (tempfile::TempDir, Root) {
        machine(&files.iter().map(|file| (*file, "")).collect::<Vec<_>>())
    }

    #[test]
    fn managers_by_their_programs() {
        let (_keep, root) = root_with(&["usr/bin/yum", "usr/bin/dnf", "opt/homebrew/bin/brew"]);
        assert_eq!(present(&root), ["dnf", "yum", "brew"]);
        let (_keep, root) = root_with(&["usr/local/bin/pkg"]);
        assert!(present(&root).is_empty());
        for pkg in PKG {
            let (_keep, root) = root_with(&[&pkg[1..]]);
            assert_eq!(present(&root), ["pkg"]);
        }
    }

    #[test]
    fn managers_of_environments() {
        let (_keep, root) = root_with(&["usr/bin/pip", "home/u/.local/bin/uv", "home/u/miniforge3/condabin/mamba"]);
        assert_eq!(of_environments(&root, None), ["pip"]);
        assert_eq!(of_environments(&root, Some(Path::new("/home/u"))), ["mamba", "uv", "pip"]);
        let (_keep, root) = root_with(&["opt/conda/bin/conda"]);
        assert_eq!(of_environments(&root, None), ["conda"]);
        assert!(present(&root).is_empty());
    }

    #[test]
    fn conda_environments_and_their_managers() {
        let (_keep, root) = root_with(&["opt/conda/condabin/mamba", "home/u/p/.pixi/envs/default/bin/python3.12"]);
        assert_eq!(of_conda_environment(&root, Path::new("/opt/conda/envs/x")), "mamba");
        assert_eq!(of_conda_environment(&root, Path::new("/home/u/p/.pixi/envs/default")), "pixi");
        assert_eq!(of_conda_environment(&root, Path::new("/srv/env")), "conda");
    }

    #[test]
    fn apts_index() {
        let (_keep, root) = root_with(&["usr/bin/apt-get"]);
        assert!(apt_index_is_empty(&root));
        let (_keep, root) = root_with(&["var/lib/apt/lists/deb_dists_trixie_main_binary-amd64_Packages.lz4"]);
        assert!(!apt_index_is_empty(&root));
    }
}
