//! Which package managers are here, and the little of their state that decides a command.

use std::path::{Path, PathBuf};

use super::files::Root;

/// Managers of the whole system, the one that a machine's own packages come from first: name, and its program.
/// (dnf stands before yum, which is a link to it where both are.)
const SYSTEM: [(&str, &str); 12] = [
    ("apt", "apt-get"),
    ("dnf", "dnf"),
    ("microdnf", "microdnf"),
    ("yum", "yum"),
    ("zypper", "zypper"),
    ("pacman", "pacman"),
    ("apk", "apk"),
    ("xbps", "xbps-install"),
    ("emerge", "emerge"),
    ("nix", "nix-env"),
    ("brew", "brew"),
    ("port", "port"),
];

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

/// The system's package managers whose programs are present.
#[must_use]
pub fn present(root: &Root) -> Vec<&'static str> {
    SYSTEM.iter().filter(|(_, program)| system_program(root, program).is_some()).map(|(name, _)| *name).collect()
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

/// Whether a source of apt's names the repository.
#[must_use]
pub fn apt_source_mentions(root: &Root, repository: &str) -> bool {
    root.names(Path::new("/etc/apt/sources.list.d")).iter().any(|name| name.contains(repository))
}

/// Whether dpkg has unpacked a package: its file list is there, for packages that several architectures may share
/// with the architecture in its name (measured: one `stat` instead of reading dpkg's status).
#[must_use]
pub fn dpkg_has(root: &Root, package: &str) -> bool {
    let info = Path::new("/var/lib/dpkg/info");
    root.is_file(&info.join(format!("{package}.list")))
        || ["amd64", "arm64", "armhf", "i386", "ppc64el", "s390x", "riscv64"]
            .iter()
            .any(|architecture| root.is_file(&info.join(format!("{package}:{architecture}.list"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn root_with(files: &[&str]) -> (tempfile::TempDir, Root) {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let root = Root::new(directory.path());
        (directory, root)
    }

    #[test]
    fn managers_by_their_programs() {
        let (_keep, root) = root_with(&["usr/bin/yum", "usr/bin/dnf", "opt/homebrew/bin/brew"]);
        assert_eq!(present(&root), ["dnf", "yum", "brew"]);
    }

    #[test]
    fn conda_environments_and_their_managers() {
        let (_keep, root) = root_with(&["opt/conda/condabin/mamba", "home/u/p/.pixi/envs/default/bin/python3.12"]);
        assert_eq!(of_conda_environment(&root, Path::new("/opt/conda/envs/x")), "mamba");
        assert_eq!(of_conda_environment(&root, Path::new("/home/u/p/.pixi/envs/default")), "pixi");
        assert_eq!(of_conda_environment(&root, Path::new("/srv/env")), "conda");
    }

    #[test]
    fn apt_and_dpkg() {
        let (_keep, root) =
            root_with(&["var/lib/dpkg/info/libpython3.13-dev:amd64.list", "var/lib/dpkg/info/g++.list"]);
        assert!(apt_index_is_empty(&root));
        assert!(dpkg_has(&root, "libpython3.13-dev") && dpkg_has(&root, "g++") && !dpkg_has(&root, "gcc"));
        let (_keep, root) = root_with(&["var/lib/apt/lists/deb_dists_trixie_main_binary-amd64_Packages.lz4"]);
        assert!(!apt_index_is_empty(&root));
    }
}
