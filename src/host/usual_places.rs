//! Where Pythons are put on machines: by the system, by builders, by version managers, in images.

use std::path::{Path, PathBuf};

use super::files::Root;

/// Below a home: directories with one Python a name (facts/python.md section 7).
const IN_HOME: [&str; 6] = [
    ".pyenv/versions",
    ".asdf/installs/python",
    ".rye/py",
    ".pixi/envs",
    // Their own default, wherever XDG_DATA_HOME points.
    ".local/share/mise/installs/python",
    ".local/share/uv/python",
];

/// The same below the directory for programs' data.
const IN_DATA_HOME: [&str; 3] = ["mise/installs/python", "uv/python", "asdf/installs/python"];

/// The same for everybody; /python is where uv's own documentation has images put them.
const FOR_ALL: [&str; 6] = [
    "/opt/pyenv/versions",
    "/opt/uv/python",
    "/usr/local/share/uv/python",
    "/python",
    "/opt/python",
    "/Library/Frameworks/Python.framework/Versions",
];

/// Where the installers of conda's family put themselves, in a home and for everybody.
const CONDA: [&str; 5] = ["miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"];

/// Tool caches of GitHub's runners, hosted, self-hosted, and as container jobs see them.
const TOOL_CACHES: [&str; 3] = ["/opt/hostedtoolcache/Python", "/__t/Python", "/home/runner/_work/_tool/Python"];

const BREW: [&str; 3] = ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"];

/// More environments than anybody has; the file is conda's own list, in which gone ones stay.
const MOST_ENVIRONMENTS: usize = 64;

/// The prefixes in which a Python may lie, the system's own first.
#[must_use]
pub fn prefixes(root: &Root, home: Option<&Path>, data_home: Option<&Path>) -> Vec<PathBuf> {
    let mut prefixes: Vec<PathBuf> = vec!["/usr".into(), "/usr/local".into()];
    // Images run as root whatever HOME says.
    let mut homes: Vec<&Path> = home.into_iter().collect();
    homes.push(Path::new("/root"));
    homes.dedup();
    let mut shelves: Vec<PathBuf> = homes.iter().flat_map(|home| IN_HOME.map(|shelf| home.join(shelf))).collect();
    shelves.extend(data_home.iter().flat_map(|data| IN_DATA_HOME.map(|shelf| data.join(shelf))));
    shelves.extend(FOR_ALL.map(PathBuf::from));
    // Their names may be links to each other: `3.12` and `latest` to `3.12.5`.
    for shelf in shelves {
        prefixes.extend(root.names(&shelf).into_iter().map(|name| root.canonical(&shelf.join(name))));
    }
    // rye's archives of before 0.31 lie one directory deeper.
    prefixes.extend(homes.iter().flat_map(|home| below(root, &home.join(".rye/py"), "install")));
    let conda = CONDA
        .iter()
        .flat_map(|name| homes.iter().map(move |home| home.join(name)).chain([Path::new("/opt").join(name)]));
    for base in conda.chain(["/opt/conda".into()]) {
        prefixes.extend(root.names(&base.join("envs")).into_iter().map(|name| base.join("envs").join(name)));
        prefixes.push(base);
    }
    prefixes.extend(homes.iter().flat_map(|home| listed_environments(root, home)));
    for cache in TOOL_CACHES.map(Path::new) {
        for architecture in ["x64", "arm64", "x64-freethreaded", "arm64-freethreaded"] {
            prefixes.extend(below(root, cache, architecture));
        }
    }
    for kegs in BREW.map(Path::new) {
        let pythons = root.names(kegs).into_iter().filter(|name| name.starts_with("python"));
        prefixes.extend(pythons.map(|name| kegs.join(name)));
    }
    let mut known = std::collections::HashSet::new();
    prefixes.retain(|prefix| known.insert(prefix.clone()));
    prefixes
}

/// `SHELF/NAME/PART` for every name.
fn below(root: &Root, shelf: &Path, part: &str) -> Vec<PathBuf> {
    root.names(shelf).into_iter().map(|name| shelf.join(name).join(part)).collect()
}

/// The environments that conda has ever made for a user: a path a line (conda's own
/// `conda/core/envs_manager.py`, `~/.conda/environments.txt`).
fn listed_environments(root: &Root, home: &Path) -> Vec<PathBuf> {
    let list = root.read(&home.join(".conda/environments.txt")).unwrap_or_default();
    let list = String::from_utf8_lossy(&list).into_owned();
    let paths = list.lines().map(str::trim).filter(|line| line.starts_with('/'));
    paths.take(MOST_ENVIRONMENTS).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn each_place_once_and_in_order() {
        let directory = tempfile::tempdir().unwrap();
        for place in [
            "home/u/.pyenv/versions/3.11.7",
            "home/u/.asdf/installs/python/3.12.4",
            "home/u/.local/share/uv/python/cpython-3.12.5-linux-x86_64-gnu",
            "home/u/data/mise/installs/python/3.12.4",
            "home/u/.rye/py/cpython@3.11.3",
            "home/u/miniforge3/envs/x",
            "home/u/.conda",
            "root/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu",
            "opt/python/cp313-cp313",
            "opt/hostedtoolcache/Python/3.12.7/x64",
            "opt/homebrew/opt/python@3.13",
            "opt/homebrew/opt/openssl@3",
        ] {
            fs::create_dir_all(directory.path().join(place)).unwrap();
        }
        symlink("3.12.4", directory.path().join("home/u/data/mise/installs/python/latest")).unwrap();
        fs::write(directory.path().join("home/u/.conda/environments.txt"), "/srv/env\n/opt/conda\n").unwrap();
        let root = Root::new(directory.path());
        let found = prefixes(&root, Some(Path::new("/home/u")), Some(Path::new("/home/u/data")));
        // Bases of conda and architectures are tried by name, without a look whether they are there.
        let is_there = |prefix: &&PathBuf| {
            root.is_directory(prefix) || !["/home/u/", "/root/", "/opt/"].iter().any(|at| prefix.starts_with(at))
        };
        let found: Vec<&str> = found.iter().filter(is_there).map(|prefix| prefix.to_str().unwrap()).collect();
        assert_eq!(
            found,
            [
                "/usr",
                "/usr/local",
                "/home/u/.pyenv/versions/3.11.7",
                "/home/u/.asdf/installs/python/3.12.4",
                "/home/u/.rye/py/cpython@3.11.3",
                "/home/u/.local/share/uv/python/cpython-3.12.5-linux-x86_64-gnu",
                "/root/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu",
                "/home/u/data/mise/installs/python/3.12.4",
                "/opt/python/cp313-cp313",
                "/home/u/miniforge3/envs/x",
                "/home/u/miniforge3",
                "/srv/env",
                "/opt/hostedtoolcache/Python/3.12.7/x64",
                "/opt/homebrew/opt/python@3.13",
            ]
        );
    }
}
