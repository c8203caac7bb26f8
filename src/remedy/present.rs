//! Whether a header, a library or a tool is on this machine already, and where.

use std::path::{Path, PathBuf};

use crate::catalog::components::{Component, Wanted};

use super::owner::Owner;
use super::{Context, cuda, pip, variant};

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Presence {
    /// Where this compile looks: something changed since, or the message meant another thing.
    Searched,
    /// In a directory where it does not look.
    Elsewhere(PathBuf),
    /// A library's file with its version only, which the linker does not take.
    Versioned(PathBuf),
    Absent,
}

/// Directories of Homebrew, on Apple's two processors and on Linux.
pub(super) const BREW: [&str; 3] = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

/// Where the system's compiler looks for headers by itself (`gcc -v`); Debian's multiarch directory beside.
const INCLUDE: [&str; 2] = ["/usr/local/include", "/usr/include"];
/// Where its linker looks for libraries (`ld --verbose`, on Debian, Fedora, openSUSE, Alpine and Arch).
const LIBRARIES: [&str; 6] = ["/usr/local/lib", "/usr/lib64", "/usr/lib", "/lib64", "/lib", "/usr/local/lib64"];
/// Where the systems' pkg-config looks, in `pkgconfig` below (`pkg-config --variable pc_path pkg-config` on Debian; the
/// others' are among these).
const PKG_CONFIG: [&str; 5] = ["/usr/local/lib", "/usr/local/share", "/usr/lib64", "/usr/lib", "/usr/share"];
/// Where programs lie that PATH always has.
const PROGRAMS: [&str; 5] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

pub(super) fn of(wanted: Wanted<'_>, row: &Component, owner: &Owner, context: Context<'_>) -> Presence {
    match wanted {
        Wanted::Header(name) => header(name, row, owner, context),
        Wanted::Library(name) => library(name, row, owner, context),
        Wanted::Tool(name) => tool(name, row, context),
        Wanted::Startfile(name) => {
            let searched = libraries_searched(owner, context);
            let is_there = searched.iter().any(|directory| context.host.files.is_file(&directory.join(name)));
            if is_there { Presence::Searched } else { Presence::Absent }
        }
        Wanted::PkgConfig(name) => pkg_config(name, row, owner, context),
    }
}

fn header(name: &str, row: &Component, owner: &Owner, context: Context<'_>) -> Presence {
    let files = &context.host.files;
    let has = |directory: &PathBuf| files.is_file(&directory.join(name));
    let searched = headers_searched(owner, context);
    if searched.iter().any(has) {
        return Presence::Searched;
    }
    let mut elsewhere = Vec::new();
    if let Owner::CondaCompiler(prefix) | Owner::CondaPython(prefix) = owner {
        elsewhere.extend(cuda::include_dirs(prefix));
    }
    if matches!(owner, Owner::System | Owner::CondaPython(_)) {
        elsewhere.extend(places(Wanted::Header(name), row, context));
        elsewhere.extend(kegs(row, context).map(|keg| keg.join("include")));
    }
    // A toolkit of NVIDIA's is headers for whatever compiler reads them.
    elsewhere.extend(cuda::homes(context).iter().flat_map(|home| cuda::include_dirs(home)));
    elsewhere.extend(wheel_dirs("include", Wanted::Header(name), row, context));
    let canonical: Vec<PathBuf> = searched.iter().map(|directory| files.canonical(directory)).collect();
    let is_new = |directory: &PathBuf| !canonical.contains(&files.canonical(directory));
    elsewhere.into_iter().filter(is_new).find(has).map_or(Presence::Absent, Presence::Elsewhere)
}

/// Whether a header is where this compile looks for it.
pub(super) fn is_searched(name: &str, owner: &Owner, context: Context<'_>) -> bool {
    headers_searched(owner, context).iter().any(|directory| context.host.files.is_file(&directory.join(name)))
}

/// The directories where a compile looks for headers.
fn headers_searched(owner: &Owner, context: Context<'_>) -> Vec<PathBuf> {
    let mut searched: Vec<PathBuf> =
        context.command.include_dirs.iter().map(|directory| context.command.directory.join(directory)).collect();
    if matches!(owner, Owner::System | Owner::CondaPython(_)) {
        searched.extend(INCLUDE.map(PathBuf::from));
        searched.push(Path::new("/usr/include").join(variant::triplet()));
    }
    searched
}

fn library(name: &str, row: &Component, owner: &Owner, context: Context<'_>) -> Presence {
    let files = &context.host.files;
    let file_names = file_names(name);
    let has = |directory: &PathBuf| file_names.iter().any(|file| files.exists(&directory.join(file)));
    let searched = libraries_searched(owner, context);
    if searched.iter().any(has) {
        return Presence::Searched;
    }
    let mut elsewhere = Vec::new();
    if let Owner::CondaCompiler(prefix) | Owner::CondaPython(prefix) = owner {
        elsewhere.push(prefix.join("lib"));
        elsewhere.extend(cuda::library_dirs(prefix));
    }
    if matches!(owner, Owner::System | Owner::CondaPython(_)) {
        elsewhere.extend(places(Wanted::Library(name), row, context));
        elsewhere.extend(kegs(row, context).map(|keg| keg.join("lib")));
    }
    elsewhere.extend(cuda::homes(context).iter().flat_map(|home| cuda::library_dirs(home)));
    elsewhere.extend(wheel_dirs("lib", Wanted::Library(name), row, context));
    if let Some(directory) = elsewhere.iter().find(|directory| has(directory)) {
        return Presence::Elsewhere(directory.clone());
    }
    let versioned = searched.iter().chain(&elsewhere).find_map(|directory| versioned(name, directory, context));
    versioned.map_or(Presence::Absent, Presence::Versioned)
}

/// The directories where a link looks.
pub(super) fn libraries_searched(owner: &Owner, context: Context<'_>) -> Vec<PathBuf> {
    // A linker passes over the files of another word size (case c041).
    let is_of_this_size = |directory: &&PathBuf| {
        let text = directory.to_string_lossy();
        !["/i386-", "/i686-", "/lib32"].iter().any(|piece| text.contains(piece))
    };
    let named = context.command.library_dirs.iter().filter(is_of_this_size);
    let mut searched: Vec<PathBuf> = named.map(|directory| context.command.directory.join(directory)).collect();
    match owner {
        Owner::System | Owner::CondaPython(_) => {
            searched.extend(["/usr/lib", "/lib"].map(|directory| Path::new(directory).join(variant::triplet())));
            // Where /usr/lib64 is a directory of its own, /usr/lib holds another word size (case c041).
            let has_two = context.host.files.is_directory(Path::new("/usr/lib64"))
                && context
                    .platform()
                    .is_none_or(|platform| !matches!(platform.id.as_str(), "debian" | "ubuntu" | "arch"));
            let is_of_this_size =
                |directory: &&str| !has_two || !directory.ends_with("/lib") || directory.contains("local");
            searched.extend(LIBRARIES.iter().copied().filter(is_of_this_size).map(PathBuf::from));
        }
        Owner::CondaCompiler(prefix) => searched.push(prefix.join("lib")),
        Owner::Nix | Owner::Another => {}
    }
    searched
}

/// The files that `-lNAME` finds; `-l:FILE` names its own (ld's manual).
pub(super) fn file_names(name: &str) -> Vec<String> {
    match name.strip_prefix(':') {
        Some(file) => vec![file.to_owned()],
        None => ["so", "a", "dylib", "tbd"].iter().map(|ending| format!("lib{name}.{ending}")).collect(),
    }
}

/// `libNAME.so.1` in a directory: the shortest, which is the soname.
pub(super) fn versioned(name: &str, directory: &Path, context: Context<'_>) -> Option<PathBuf> {
    let beginning = format!("lib{name}.so.");
    let names = context.host.files.names(directory);
    let file = names.iter().filter(|file| file.starts_with(&beginning)).min_by_key(|file| file.len())?;
    Some(directory.join(file))
}

fn tool(name: &str, row: &Component, context: Context<'_>) -> Presence {
    let files = &context.host.files;
    let has = |directory: &PathBuf| files.is_file(&directory.join(name));
    if PROGRAMS.iter().map(PathBuf::from).any(|directory| has(&directory)) {
        return Presence::Searched;
    }
    let mut elsewhere: Vec<PathBuf> =
        context.host.environments.iter().map(|environment| environment.join("bin")).collect();
    let pythons = context.host.running.iter().chain(&context.host.active);
    elsewhere.extend(pythons.map(|python| python.prefix.join("bin")));
    elsewhere.extend(cuda::homes(context).iter().map(|home| home.join("bin")));
    elsewhere.extend(places(Wanted::Tool(name), row, context));
    elsewhere.extend(kegs(row, context).map(|keg| keg.join("bin")));
    elsewhere.extend(BREW.iter().map(|brew| Path::new(brew).join("bin")));
    elsewhere.into_iter().find(has).map_or(Presence::Absent, Presence::Elsewhere)
}

/// The file that pkg-config reads for a name.
pub(super) fn pc_file(name: &str) -> String {
    format!("{name}.pc")
}

fn pkg_config(name: &str, row: &Component, owner: &Owner, context: Context<'_>) -> Presence {
    if is_found_by_pkg_config(name, owner, context) {
        return Presence::Searched;
    }
    let has = |directory: &PathBuf| context.host.files.is_file(&directory.join(pc_file(name)));
    below(kegs(row, context).map(|keg| keg.join("lib"))).find(has).map_or(Presence::Absent, Presence::Elsewhere)
}

/// Whether a name's file lies where pkg-config looks by itself: something that it requires was not found, or another
/// pkg-config has been asked.
pub(super) fn is_found_by_pkg_config(name: &str, owner: &Owner, context: Context<'_>) -> bool {
    let searched: Vec<PathBuf> = match owner {
        Owner::CondaCompiler(prefix) | Owner::CondaPython(prefix) if has_own_pkg_config(prefix, context) => {
            below([prefix.join("lib"), prefix.join("share")]).collect()
        }
        _ => {
            let multiarch = ["/usr/local/lib", "/usr/lib"].map(|lib| Path::new(lib).join(variant::triplet()));
            below(multiarch).chain(below(PKG_CONFIG.map(PathBuf::from))).collect()
        }
    };
    searched.iter().any(|directory| context.host.files.is_file(&directory.join(pc_file(name))))
}

fn below(directories: impl IntoIterator<Item = PathBuf>) -> impl Iterator<Item = PathBuf> {
    directories.into_iter().map(|directory| directory.join("pkgconfig"))
}

/// Whether a conda environment's own pkg-config, which looks into the environment alone, comes first.
pub(super) fn has_own_pkg_config(prefix: &Path, context: Context<'_>) -> bool {
    context.host.files.is_file(&prefix.join("bin/pkg-config"))
}

/// The directories of the tables, where their placeholders can be filled.
fn places<'a>(wanted: Wanted<'a>, row: &'a Component, context: Context<'a>) -> Vec<PathBuf> {
    let Some(platform) = context.platform() else { return Vec::new() };
    let at: Vec<String> = row.places_on(&platform, wanted).map(str::to_owned).collect();
    at.iter().filter_map(|at| variant::fill(at, context)).map(PathBuf::from).collect()
}

/// Homebrew's directories for a component's formulae: `opt/FORMULA` is there whether or not it is linked.
pub(super) fn kegs<'a>(row: &'a Component, context: Context<'a>) -> impl Iterator<Item = PathBuf> + 'a {
    let formulae = row.package_in("macos").into_iter().flat_map(|package| &package.names);
    formulae
        .flat_map(move |formula| BREW.iter().map(move |brew| Path::new(brew).join("opt").join(formula)))
        .filter(move |keg| context.host.files.is_directory(keg))
}

/// Below a component's own wheel: `numpy/_core/include`, `nvidia/cu13/lib`. Wheels bring headers to no compiler's path.
fn wheel_dirs(kind: &str, wanted: Wanted<'_>, row: &Component, context: Context<'_>) -> Vec<PathBuf> {
    if row.package_in("pip").is_none() {
        return Vec::new();
    }
    let Some(environment) = pip::Environment::of(context) else { return Vec::new() };
    let site = &environment.site_packages;
    let nvidia = site.join("nvidia");
    let parts = context.host.files.names(&nvidia).into_iter().map(|part| nvidia.join(part).join(kind));
    parts.chain(row.places_in("pip", wanted).map(|place| site.join(place))).collect()
}
