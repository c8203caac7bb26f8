//! What would bring a component to this machine: the manager, its commands, and what a compile needs to know after them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::catalog::Platform;
use crate::catalog::components::{Component, Package, Wanted};
use crate::host::{package_database, package_manager};

use super::owner::Owner;
use super::package::{self, Action, Order};
use super::{Context, Way, cuda, pip, present, rootless, search_path, variant};

/// A package that a manager of this machine can bring.
pub(super) struct Offer<'a> {
    pub(super) row: &'a Component,
    pub(super) way: Way,
    /// The way without root, where the first needs it.
    pub(super) without_root: Option<Way>,
    pub(super) is_reinstall: bool,
}

impl<'a> Offer<'a> {
    /// What installs a row here: through the manager that owns the environment, else the system's.
    pub(super) fn of(wanted: Wanted<'a>, row: &'a Component, owner: &Owner, context: Context<'_>) -> Option<Self> {
        let plain = |way: Way| Some(Self { row, way, without_root: None, is_reinstall: false });
        match owner {
            Owner::CondaCompiler(prefix) => of_conda(wanted, row, prefix, false, context).and_then(plain),
            Owner::CondaPython(prefix) => match of_conda(wanted, row, prefix, true, context) {
                Some(way) => plain(way),
                None => of_system(wanted, row, context),
            },
            Owner::Nix => {
                let names = filled(&row.package_in("nix")?.names, context)?;
                let order = Order { action: Action::Install, packages: &names, repositories: &[], prefix: None };
                package::way("nix", order, context).and_then(plain)
            }
            Owner::Another => None,
            Owner::System => {
                // What a wheel brings belongs into the environment that builds; a distribution's own Python is the
                // distribution's to extend.
                let by_pip = row.package_in("pip").filter(|_| row.in_environment).and_then(|package| {
                    let requirement = variant::fill(package.names.first()?, context)?;
                    let environment = pip::Environment::of(context)?;
                    let mut way = environment.install(&requirement, context)?;
                    // A wheel's headers are on no compiler's path.
                    if let Some(place) = row.places_in("pip", wanted).next() {
                        way.env = search_path::variables(wanted, &environment.site_packages.join(place), context);
                    }
                    Some(way)
                });
                match by_pip {
                    Some(way) => plain(way),
                    None => of_system(wanted, row, context),
                }
            }
        }
    }
}

fn of_conda(
    wanted: Wanted<'_>,
    row: &Component,
    prefix: &Path,
    is_systems_compiler: bool,
    context: Context<'_>,
) -> Option<Way> {
    // The system's pkg-config looks into no environment.
    if matches!(wanted, Wanted::PkgConfig(_)) && !present::has_own_pkg_config(prefix, context) {
        return None;
    }
    let package = row.package_in("conda")?;
    let names = filled(&package.names, context)?;
    let manager = package_manager::of_conda_environment(&context.host.files, prefix);
    let order = Order { action: Action::Install, packages: &names, repositories: &[], prefix: Some(prefix) };
    let mut way = package::way(manager, order, context)?;
    // The system's compiler looks into no environment by itself.
    let directory = match wanted {
        Wanted::Header(_) => prefix.join("include"),
        Wanted::Library(_) => prefix.join("lib"),
        Wanted::Tool(_) | Wanted::Startfile(_) | Wanted::PkgConfig(_) => return Some(way),
    };
    let searched = context.command.include_dirs.iter().chain(&context.command.library_dirs);
    let is_searched = searched.into_iter().any(|searched| context.command.directory.join(searched) == directory);
    if is_systems_compiler && !is_searched {
        way.env = search_path::variables(wanted, &directory, context);
    }
    Some(way)
}

fn of_system<'a>(wanted: Wanted<'a>, row: &'a Component, context: Context<'_>) -> Option<Offer<'a>> {
    let platform = context.platform()?;
    let manager = package::system_manager(&platform, context)?;
    let (package, names) = choose(wanted, row, &platform, manager, context)?;
    let repositories: Vec<_> =
        package.repositories.iter().map(|id| package::repository(id, &platform, context)).collect::<Option<_>>()?;
    let filled_places: Vec<Option<String>> =
        row.places_on(&platform, wanted).map(|at| variant::fill(at, context)).collect();
    // PostgreSQL's version is known once it is there, and what is unpacked elsewhere never is.
    let are_known = filled_places.iter().all(Option::is_some);
    let mut places: Vec<PathBuf> = filled_places.into_iter().flatten().map(PathBuf::from).collect();
    if package.names.iter().any(|name| name.contains("{cuda}")) {
        places = cuda::place_of_packages(wanted, context).into_iter().collect();
    }
    let (action, names) = match state(wanted, manager, &names, &places, context) {
        State::NotInstalled => (Action::Install, names),
        State::Lost(owner) => (Action::Reinstall, vec![owner]),
        State::Without => return None,
    };
    let order = Order { action, packages: &names, repositories: &repositories, prefix: None };
    let mut way = package::way(manager, order, context)?;
    if let Some(place) = places.first() {
        way.env = search_path::variables(wanted, place, context);
    } else if manager == "brew" {
        way.env = of_keg(wanted, &names, context);
    }
    let unpacked = rootless::way(manager, &names, wanted, &places, context).filter(|_| repositories.is_empty());
    let is_only_installed = row.only_installed.iter().any(|name| name == wanted.name());
    let without_root = unpacked
        .filter(|_| !is_only_installed && are_known)
        .or_else(|| rootless::of_brew(row, wanted, context))
        .filter(|_| action == Action::Install && !is_toolchains(wanted, row, context));
    Some(Offer { row, way, without_root, is_reinstall: action == Action::Reinstall })
}

/// The row that holds here, with its placeholders filled. NVIDIA's own packages where its toolkit or its repository
/// is here, the distribution's otherwise.
fn choose<'a>(
    wanted: Wanted<'a>,
    row: &'a Component,
    platform: &'a Platform,
    manager: &str,
    context: Context<'_>,
) -> Option<(&'a Package, Vec<String>)> {
    let is_listed = context.catalog.lists_release(platform);
    let mut holding: Vec<(&Package, Vec<String>)> = row
        .packages_on(platform, wanted)
        .filter_map(|package| Some((package, filled(&package.names, context)?)))
        .filter(|(package, names)| {
            // A release that no table was checked for, a name that nobody has seen there: the index knows.
            let must_ask = package.offered || !is_listed;
            let offered =
                || names.iter().all(|name| package_database::offered(&context.host.files, manager, name) == Some(true));
            let refused = || {
                names.iter().any(|name| package_database::offered(&context.host.files, manager, name) == Some(false))
            };
            if package.offered { offered() } else { !must_ask || !refused() }
        })
        .collect();
    // NVIDIA's toolkit and the distribution's do not mix.
    let is_nvidias = |package: &Package| package.repositories.iter().any(|id| id == "nvidia");
    if cuda::is_nvidias(context) && row.packages.iter().any(|package| package.on == platform.id && is_nvidias(package))
    {
        holding.retain(|(package, _)| is_nvidias(package));
    }
    (!holding.is_empty()).then(|| holding.swap_remove(0))
}

/// Names with their placeholders filled, all of them.
fn filled(names: &[String], context: Context<'_>) -> Option<Vec<String>> {
    names.iter().map(|name| variant::fill(name, context)).collect()
}

/// Whether it is a part of the compiler's or the C library's, which no search path brings together from elsewhere.
fn is_toolchains(wanted: Wanted<'_>, row: &Component, context: Context<'_>) -> bool {
    let tables = &context.catalog.toolchain;
    let is_known = |name: &str| tables.is_builtin(name) || tables.is_cxx(name) || tables.is_c(name);
    row.compiler.is_some() || matches!(wanted, Wanted::Header(name) if is_known(name))
}

/// What the package database says of packages that would be installed.
enum State {
    NotInstalled,
    /// They are installed, and that one lists the file that is not there.
    Lost(String),
    /// They are installed, and do not have it here.
    Without,
}

fn state(wanted: Wanted<'_>, manager: &str, names: &[String], places: &[PathBuf], context: Context<'_>) -> State {
    let files = &context.host.files;
    if !names.iter().all(|name| package_database::installed(files, manager, name) == Some(true)) {
        return State::NotInstalled;
    }
    let triplet = variant::triplet();
    let directories: Vec<PathBuf> = match wanted {
        Wanted::Header(_) => vec!["/usr/include".into(), Path::new("/usr/include").join(&triplet)],
        Wanted::Library(_) | Wanted::Startfile(_) => vec![Path::new("/usr/lib").join(&triplet), "/usr/lib".into()],
        Wanted::Tool(_) => vec!["/usr/bin".into()],
        Wanted::PkgConfig(_) => Vec::new(),
    };
    let file_names = match wanted {
        Wanted::Library(name) => present::file_names(name),
        _ => vec![wanted.name().to_owned()],
    };
    let mut candidates =
        places.iter().chain(&directories).flat_map(|at| file_names.iter().map(move |name| at.join(name)));
    candidates.find_map(|file| package_database::owner(files, manager, &file)).map_or(State::Without, State::Lost)
}

/// Apple's compilers look into no directory of Homebrew's on Apple silicon, and formulae that would shadow the
/// system's are linked nowhere; `opt/FORMULA` is always there.
fn of_keg(wanted: Wanted<'_>, formulae: &[String], context: Context<'_>) -> BTreeMap<String, String> {
    let below = match wanted {
        Wanted::Header(_) => "include",
        Wanted::Library(_) => "lib",
        Wanted::PkgConfig(_) => "lib/pkgconfig",
        Wanted::Tool(_) | Wanted::Startfile(_) => return BTreeMap::new(),
    };
    let brew = present::BREW.iter().map(Path::new).find(|brew| context.host.files.is_file(&brew.join("bin/brew")));
    let (Some(brew), Some(formula)) = (brew, formulae.first()) else { return BTreeMap::new() };
    search_path::variables(wanted, &brew.join("opt").join(formula).join(below), context)
}
