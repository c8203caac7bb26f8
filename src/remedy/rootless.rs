//! Installing without root: a distribution's packages unpacked into a directory of the user's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::catalog::components::{Component, Wanted};
use crate::host::package_manager;
use crate::host::privilege::Privilege;
use crate::host::python::Installation;

use super::package::{self, Action, Order};
use super::{Context, Way, search_path, shell_path, variant};

/// Below the user's data directory (`$XDG_DATA_HOME`): what is unpacked there stays until the user removes it.
const SYSROOT: &str = "pycc-shim/sysroot";
/// Links to Debian's multiarch directories in it, whose own names hold a `-l` that some clients read as an option.
const HEADERS: &str = "headers";
const LIBRARIES: &str = "libraries";

/// The directory that packages are unpacked into; none without a home.
#[must_use]
pub(super) fn sysroot(context: Context<'_>) -> Option<PathBuf> {
    Some(context.host.data_home.as_ref()?.join(SYSROOT))
}

/// Debian's multiarch directories, and the links that stand for them in a sysroot.
fn multiarch() -> [(PathBuf, &'static str); 2] {
    [("/usr/include", HEADERS), ("/usr/lib", LIBRARIES)]
        .map(|(directory, link)| (Path::new(directory).join(variant::triplet()), link))
}

/// Where a directory of the system lies in a sysroot.
#[must_use]
pub(super) fn inside(sysroot: &Path, directory: &Path) -> PathBuf {
    let linked =
        multiarch().iter().find_map(|(own, link)| Some(sysroot.join(link).join(directory.strip_prefix(own).ok()?)));
    linked.unwrap_or_else(|| sysroot.join(directory.strip_prefix("/").unwrap_or(directory)))
}

/// What a file in a sysroot is in the system; none of what lies elsewhere.
#[must_use]
pub(super) fn outside(sysroot: &Path, file: &Path) -> Option<PathBuf> {
    let below = file.strip_prefix(sysroot).ok()?;
    let linked = multiarch().iter().find_map(|(own, link)| Some(own.join(below.strip_prefix(link).ok()?)));
    Some(linked.unwrap_or_else(|| Path::new("/").join(below)))
}

/// The way that needs no root; none where the manager has none, or root's rights are there anyway. `places` are the
/// directories off every compiler's path in which the packages put what is wanted.
#[must_use]
pub(super) fn way(
    manager: &str,
    packages: &[String],
    wanted: Wanted<'_>,
    places: &[PathBuf],
    context: Context<'_>,
) -> Option<Way> {
    // What is unpacked elsewhere, a `.pc` file still says to be below /usr.
    let is_bound = matches!(wanted, Wanted::Tool(_) | Wanted::Startfile(_) | Wanted::PkgConfig(_));
    if context.host.privilege == Privilege::Root || is_bound {
        return None;
    }
    let sysroot = sysroot(context)?;
    let script = match manager {
        "apt" => apt(packages, context),
        "dnf" => dnf(packages),
        _ => return None,
    };
    let at = shell_path(&sysroot);
    let commands =
        vec![format!("mkdir -p {at}"), format!("sh -c {}", shell_words::quote(&format!("cd {at} && {script}")))];
    let env = variables(&sysroot, manager, wanted, places);
    Some(Way { manager: manager.to_owned(), packages: packages.to_vec(), env, commands, ..Way::default() })
}

/// The ways in their order: without root first where nobody here has its rights.
#[must_use]
pub(super) fn ordered(way: Way, without_root: Option<Way>, context: Context<'_>) -> Vec<Way> {
    match without_root {
        Some(other) if context.host.privilege == Privilege::None && way.needs_root => vec![other, way],
        Some(other) if way.needs_root => vec![way, other],
        _ => vec![way],
    }
}

/// A Python of uv's with its headers, where uv is here: an environment of it builds what the system's cannot.
#[must_use]
pub(super) fn of_uv(python: &Installation, context: Context<'_>) -> Option<Way> {
    if context.host.privilege == Privilege::Root {
        return None;
    }
    let mut places = vec![PathBuf::from("/usr/local/bin"), PathBuf::from("/usr/bin")];
    places.extend(context.host.data_home.iter().filter_map(|data| Some(data.parent()?.join("bin"))));
    places.extend(context.host.environments.iter().map(|environment| environment.join("bin")));
    places.iter().any(|place| context.host.files.is_file(&place.join("uv"))).then(|| Way {
        manager: "uv".to_owned(),
        commands: vec![
            format!("uv python install {}", python.tag),
            format!("uv venv --managed-python --python {}", python.tag),
        ],
        ..Way::default()
    })
}

/// Homebrew's formula on a Linux that has it: no root, and the system's compiler finds it by the variables.
#[must_use]
pub(super) fn of_brew(row: &Component, wanted: Wanted<'_>, context: Context<'_>) -> Option<Way> {
    let brew = Path::new("/home/linuxbrew/.linuxbrew");
    if context.host.privilege == Privilege::Root || !context.host.files.is_file(&brew.join("bin/brew")) {
        return None;
    }
    let names = &row.package_in("macos")?.names;
    let order = Order { action: Action::Install, packages: names, repositories: &[], prefix: None };
    let below = match wanted {
        Wanted::Header(_) => "include",
        Wanted::Library(_) => "lib",
        Wanted::PkgConfig(_) => "lib/pkgconfig",
        Wanted::Tool(_) | Wanted::Startfile(_) => return None,
    };
    let env = search_path::variables(wanted, &brew.join("opt").join(names.first()?).join(below), context);
    package::way("brew", order, context).map(|way| Way { env, ..way })
}

/// Everything that an installation would bring is downloaded and unpacked: the libraries behind the -dev package too
/// (facts/python.md section 10; run in Debian roots by tests/e2e). Simulating needs no rights, nor does a private index.
///
/// Some libraries of a Debian before 13 are in /lib, which is /usr/lib (Debian 12's libdbus-1.so.3), and links to them
/// may be absolute, or several (libkrb5.so). A library that is installed already is not among what is unpacked, and the
/// -dev package's link to it leads nowhere: it is led to the system's, for the linker would take the archive beside it,
/// which no shared object may hold (Debian 13's libffi).
///
/// Each library is to look for its own libraries beside itself, for what `LD_RUN_PATH` writes into a module counts for
/// the module's alone (DT_RUNPATH, ld.so(8)): patchelf does that, where it is to be had.
fn apt(packages: &[String], context: Context<'_>) -> String {
    let (define, refresh) = if package_manager::apt_index_is_empty(&context.host.files) {
        ("apt=\"apt-get -o Dir::State::Lists=$PWD/lists\" && ", "mkdir -p lists/partial && $apt update && ")
    } else {
        ("apt=apt-get && ", "")
    };
    let simulated = "$apt install -s --no-install-recommends";
    format!(
        "{define}{refresh}$apt download $({{ {simulated} {}; {simulated} patchelf; }} | sed -n \"s/^Inst \\([^ ]*\\).*/\\1/p\") \
         && for deb in *.deb; do dpkg-deb -x \"$deb\" . && rm \"$deb\" || exit; done \
         && if test -d lib; then cp -a lib usr && rm -r lib; fi \
         && ln -sfn usr/include/*-gnu* {HEADERS} && ln -sfn usr/lib/*-gnu* {LIBRARIES} \
         && for so in {LIBRARIES}/*.so; do if test -L \"$so\" && ! test -e \"$so\"; \
         then to=$(basename \"$(readlink -m \"$so\")\"); test -e \"{LIBRARIES}/$to\" || to=\"/$(readlink {LIBRARIES})/$to\"; \
         ln -sf \"$to\" \"$so\"; fi; done \
         && PATH=$PATH:$PWD/usr/bin && for so in {LIBRARIES}/*.so.*; do test -L \"$so\" \
         || test -n \"$(patchelf --print-rpath \"$so\" 2>&1)\" || patchelf --set-rpath \"\\$ORIGIN\" \"$so\" || exit; done",
        quoted(packages)
    )
}

/// `dnf download` is in dnf-plugins-core (dnf 4) or dnf 5 itself; `--resolve` adds what is not installed yet.
fn dnf(packages: &[String]) -> String {
    format!(
        "dnf download --resolve {} && for rpm in *.rpm; do rpm2cpio \"$rpm\" | cpio -idm && rm \"$rpm\" || exit; done",
        quoted(packages)
    )
}

/// What makes a compiler and its linker look into the sysroot. LD_RUN_PATH writes the libraries' directory into what is
/// linked (ld's manual), so that it also runs.
fn variables(sysroot: &Path, manager: &str, wanted: Wanted<'_>, places: &[PathBuf]) -> BTreeMap<String, String> {
    // An empty part behind a link's name would leave a slash at its end.
    let inside = |path: &Path| inside(sysroot, path).to_string_lossy().trim_end_matches('/').to_owned();
    let places: Vec<String> = places.iter().map(|place| inside(place)).collect();
    let (mut include, mut library) = match wanted {
        Wanted::Header(_) => (places, Vec::new()),
        _ => (Vec::new(), places),
    };
    include.push(inside(Path::new("/usr/include")));
    if manager == "apt" {
        let [headers, libraries] = multiarch();
        include.push(inside(&headers.0));
        library.push(inside(&libraries.0));
    } else {
        library.push(inside(Path::new("/usr/lib64")));
    }
    let library = library.join(":");
    [
        ("CPATH".to_owned(), include.join(":")),
        ("LIBRARY_PATH".to_owned(), library.clone()),
        ("LD_RUN_PATH".to_owned(), library),
    ]
    .into()
}

fn quoted(packages: &[String]) -> String {
    packages.iter().map(|name| shell_words::quote(name)).collect::<Vec<_>>().join(" ")
}
