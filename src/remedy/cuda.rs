//! CUDA toolkits on this machine: where they lie, and which one a compile means.

use std::path::{Path, PathBuf};

use crate::catalog::components::Wanted;
use crate::host::repository;

use super::{Context, pip};

/// Where NVIDIA's own packages and installers, and Arch, put a toolkit.
const HOMES: [&str; 2] = ["/usr/local/cuda", "/opt/cuda"];
const VERSIONED: &str = "/usr/local";
/// Below a toolkit (and below a conda environment): NVIDIA's packages keep the files of each target apart.
const INCLUDE: [&str; 3] = ["include", "targets/x86_64-linux/include", "targets/sbsa-linux/include"];
const LIBRARIES: [&str; 6] = [
    "lib64",
    "lib64/stubs",
    "targets/x86_64-linux/lib",
    "targets/x86_64-linux/lib/stubs",
    "targets/sbsa-linux/lib",
    "targets/sbsa-linux/lib/stubs",
];

/// The toolkits' directories: the one that the command names, the one that is chosen, the newest first.
pub(super) fn homes(context: Context<'_>) -> Vec<PathBuf> {
    let files = &context.host.files;
    let mut versions: Vec<(Vec<u32>, PathBuf)> = files
        .names(Path::new(VERSIONED))
        .iter()
        .filter_map(|name| Some((numbers(of_directory(name)?), Path::new(VERSIONED).join(name))))
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev().map(|(_, home)| home);
    let named = context.command.paths().filter_map(home_in).filter(|home| files.is_directory(home));
    let mut homes: Vec<PathBuf> = Vec::new();
    for home in named.chain(HOMES.map(PathBuf::from)).chain(newest_first) {
        if !homes.contains(&home) && files.is_directory(&home) {
            homes.push(home);
        }
    }
    homes
}

/// The directories for headers below a home.
pub(super) fn include_dirs(home: &Path) -> impl Iterator<Item = PathBuf> {
    INCLUDE.iter().map(move |below| home.join(below))
}

/// The directories for libraries below a home, the driver's stand-ins (`stubs`) among them.
pub(super) fn library_dirs(home: &Path) -> impl Iterator<Item = PathBuf> {
    LIBRARIES.iter().map(move |below| home.join(below))
}

/// The toolkit's version that a compile means (`12.6`): by the command's paths, by the toolkit that is here, by the
/// PyTorch that it builds for.
pub(super) fn version(context: Context<'_>) -> Option<String> {
    let by_command = context.command.paths().find_map(|path| path.iter().find_map(|part| of_directory(part.to_str()?)));
    by_command.map(str::to_owned).or_else(|| of_toolkit(context)).or_else(|| of_torch(context))
}

/// Whether something says that this machine's CUDA is NVIDIA's own, not the distribution's: a toolkit, a path of one,
/// its repository, a PyTorch that was built with it.
pub(super) fn is_nvidias(context: Context<'_>) -> bool {
    !homes(context).is_empty()
        || context.command.paths().any(|path| home_in(path).is_some())
        || repository::has_file(&context.host.files, "cuda")
        || of_torch(context).is_some()
}

/// The version as the names of NVIDIA's packages have it (`12-6`). Before CUDA 11 they were other names.
pub(super) fn version_of_packages(context: Context<'_>) -> Option<String> {
    let version = version(context)?;
    numbers(&version).first().filter(|major| **major >= 11)?;
    Some(version.split('.').take(2).collect::<Vec<_>>().join("-"))
}

/// Where NVIDIA's packages of the version in question put what is wanted, unless the command looks there already.
pub(super) fn place_of_packages(wanted: Wanted<'_>, context: Context<'_>) -> Option<PathBuf> {
    let home = Path::new(VERSIONED).join(format!("cuda-{}", version(context)?));
    let (place, searched) = match wanted {
        Wanted::Header(_) => (home.join("include"), &context.command.include_dirs),
        Wanted::Library(_) => (home.join("lib64"), &context.command.library_dirs),
        Wanted::Tool(_) => return Some(home.join("bin")),
        Wanted::Startfile(_) | Wanted::PkgConfig(_) => return None,
    };
    let files = &context.host.files;
    let is_it = |directory: &PathBuf| files.canonical(directory) == files.canonical(&place);
    (!searched.iter().any(is_it)).then_some(place)
}

fn of_toolkit(context: Context<'_>) -> Option<String> {
    let files = &context.host.files;
    let chosen = files.canonical(Path::new(HOMES[0]));
    let by_link = chosen.file_name().and_then(|name| of_directory(name.to_str()?)).map(str::to_owned);
    by_link.or_else(|| {
        let names = files.names(Path::new(VERSIONED));
        let mut versions = names.iter().filter_map(|name| of_directory(name));
        let only = versions.next()?;
        versions.next().is_none().then(|| only.to_owned())
    })
}

/// `torch/version.py` holds `cuda: Optional[str] = '12.6'` (torch 2.4 to 2.15).
fn of_torch(context: Context<'_>) -> Option<String> {
    let environment = pip::Environment::of(context)?;
    let text = context.host.files.read(&environment.site_packages.join("torch/version.py"))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let assigned = text.lines().find(|line| line.starts_with("cuda"))?.split_once("= ")?.1;
    let version = assigned.trim_matches(['\'', '"']);
    numbers_only(version).then(|| version.to_owned())
}

/// `12.6` of `cuda-12.6`.
fn of_directory(name: &str) -> Option<&str> {
    name.strip_prefix("cuda-").filter(|version| numbers_only(version))
}

/// The toolkit that a path lies in: `/usr/local/cuda-12.6` of `/usr/local/cuda-12.6/include`.
fn home_in(path: &Path) -> Option<PathBuf> {
    let is_home = |part: &&Path| {
        part.is_absolute()
            && part
                .file_name()
                .is_some_and(|name| name == "cuda" || name.to_str().is_some_and(|name| of_directory(name).is_some()))
    };
    path.ancestors().find(is_home).map(Path::to_owned)
}

fn numbers_only(version: &str) -> bool {
    version.contains('.')
        && version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn numbers(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|part| part.parse().ok()).collect()
}
