//! Python's own headers: which Python, and who has them for it.

use std::path::PathBuf;

use crate::catalog::components::Wanted;
use crate::catalog::python::{PythonQuestion, Shipped};
use crate::host::origin::Origin;
use crate::host::python::{Installation, Tag};
use crate::host::{package_database, package_manager};

use super::owner::Owner;
use super::package::{self, Action, Order};
use super::{Context, Remedy, Verdict, Way, component, present, rootless, shell_path, which_python};

const COMPONENT: &str = "python-headers";

/// The remedy for a header of CPython, `name` as it is included.
#[must_use]
pub fn remedy(name: &str, context: Context<'_>) -> Option<Remedy> {
    // PyPy's directory is called after it; its Python.h is another one.
    let is_pypys =
        |directory: &PathBuf| directory.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pypy"));
    if context.command.include_dirs.iter().any(is_pypys) {
        return component::remedy(Wanted::Header("pypy_decl.h"), context);
    }
    let python = which_python::of(context.command, context.host)?;
    if let Some(triplet) = context.catalog.python.multiarch_triplet(name) {
        return multiarch(name, triplet, &python, context);
    }
    let header = python.include_dir.join(name);
    if context.host.files.is_file(&header) {
        return on_disk(&python, context);
    }
    if python.origin == Origin::System {
        return of_system(name, python, context);
    }
    shipped(name, python, context)
}

/// The remedy for `-lpythonX.Y`: a system's own is in the package that has its headers. What other Pythons lack was left
/// out when they were built (case c249).
#[must_use]
pub fn library(name: &str, context: Context<'_>) -> Option<Remedy> {
    let tag = Tag::of_name(name)?;
    let python = which_python::of(context.command, context.host).filter(|python| python.tag == tag)?;
    let owner = Owner::of(context);
    let searched = present::libraries_searched(&owner, context);
    let files = present::file_names(name);
    let is_there = searched.iter().any(|at| files.iter().any(|file| context.host.files.is_file(&at.join(file))));
    if python.origin != Origin::System || owner != Owner::System || is_there {
        return None;
    }
    let mut remedy = of_system("Python.h", python, context)?;
    remedy.because = format!("the development files of Python {tag} are not installed");
    remedy.verdict = Verdict::Install;
    remedy.verify = Some(format!("echo 'int main(void) {{ return 0; }}' | cc -x c - -o /dev/null -l{name}"));
    Some(remedy)
}

/// The header is there, and this compile does not look there.
fn on_disk(python: &Installation, context: Context<'_>) -> Option<Remedy> {
    let searched = context.command.include_dirs.iter().any(|directory| {
        context.host.files.canonical(&context.command.directory.join(directory))
            == context.host.files.canonical(&python.include_dir)
    });
    if searched {
        // It is found there now: something changed since, or the message meant another thing.
        return None;
    }
    let directory = python.include_dir.to_string_lossy().into_owned();
    Some(Remedy {
        component: COMPONENT.to_owned(),
        verdict: Verdict::Path,
        because: format!("this compile does not look in {directory}, where it is"),
        ways: vec![Way { env: [("CPATH".to_owned(), directory)].into(), ..Way::default() }],
        verify: Some(verify(python, "Python.h")),
        notes: Vec::new(),
        python: Some(python.clone()),
    })
}

/// A Python of the distribution, or of a repository for it.
fn of_system(name: &str, mut python: Installation, context: Context<'_>) -> Option<Remedy> {
    let platform = context.platform()?;
    let version = python.tag.version.to_string();
    let row = context.catalog.python.package(PythonQuestion {
        platform: &platform,
        version: &version,
        abi: &python.tag.abi,
        installed: which_python::is_here(&python, context.host),
    })?;
    let packages: Vec<String> = row.packages.iter().map(|name| fill(name, &python)).collect();
    let repositories: Vec<_> = row
        .repository
        .iter()
        .map(|id| context.catalog.repository(id, &platform, &context.host.os.id))
        .collect::<Option<_>>()?;
    if repositories.iter().any(|repository| repository.id == "deadsnakes") {
        python.origin = Origin::Deadsnakes;
    }
    let manager = package::system_manager(&platform, context)?;
    // Of a release that nobody has checked the machine's own index knows more.
    let is_refused = |name: &String| package_database::offered(&context.host.files, manager, name) == Some(false);
    if row.unlisted_release && packages.iter().any(is_refused) {
        return None;
    }
    let installed = manager == "apt" && packages.iter().all(|name| is_unpacked(name, context));
    let lost = row.ships_headers || installed;
    // Debian's pythonX.Y-dev is empty but for a script; the files are in libpythonX.Y-dev.
    let packages = if installed { packages.iter().map(|name| format!("lib{name}")).collect() } else { packages };
    let action = if lost { Action::Reinstall } else { Action::Install };
    let order = Order { action, packages: &packages, repositories: &repositories, prefix: None };
    let way = package::way(manager, order, context)?;
    let without_root = without_root(manager, &packages, repositories.is_empty(), &python, context).filter(|_| !lost);
    let ways = rootless::ordered(way, without_root, context);
    let other = other_headers(&python, context);
    let (verdict, because) = match &other {
        _ if lost => (Verdict::Reinstall, format!("{} is installed, and its files are gone", packages.join(" and "))),
        Some(other) => {
            let wanted = &python.tag;
            (Verdict::Version, format!("the C headers here are Python {other}'s, and this build is for {wanted}"))
        }
        None => (Verdict::Install, format!("the C headers of Python {} are not installed", python.tag)),
    };
    Some(Remedy {
        component: COMPONENT.to_owned(),
        verdict,
        because,
        verify: Some(verify_after(&ways, &python, name)),
        ways,
        notes: Vec::new(),
        python: Some(python),
    })
}

/// The same headers without root: the packages unpacked beside, or where that is not to be had the same Python of uv's,
/// which has its headers.
fn without_root(
    manager: &str,
    packages: &[String],
    is_systems: bool,
    python: &Installation,
    context: Context<'_>,
) -> Option<Way> {
    // Debian's pythonX.Y-dev depends on what has the files, and on an interpreter that is here already.
    let holding =
        |name: &String| if manager == "apt" && !name.starts_with("lib") { format!("lib{name}") } else { name.clone() };
    let packages: Vec<String> = packages.iter().map(holding).collect();
    let places = [python.include_dir.clone()];
    let unpacked =
        || rootless::way(manager, &packages, Wanted::Header("Python.h"), &places, context).filter(|_| is_systems);
    unpacked().or_else(|| rootless::of_uv(python, context))
}

/// A Python that brought its headers itself.
fn shipped(name: &str, python: Installation, context: Context<'_>) -> Option<Remedy> {
    let row = context.catalog.python.shipped(python.origin.row())?;
    let way = shipped_way(row, &python, context);
    let notes: Vec<String> = row.note.iter().map(|note| fill(note, &python)).collect();
    if way.is_none() && notes.is_empty() {
        return None;
    }
    Some(Remedy {
        component: COMPONENT.to_owned(),
        verdict: Verdict::Reinstall,
        because: format!("this Python {} comes with its C headers, and they are gone", python.tag),
        ways: way.into_iter().collect(),
        verify: Some(verify(&python, name)),
        notes,
        python: Some(python),
    })
}

fn shipped_way(row: &Shipped, python: &Installation, context: Context<'_>) -> Option<Way> {
    let manager = row.manager.as_deref()?;
    let packages: Vec<String> = row.packages.iter().map(|name| fill(name, python)).collect();
    if manager == "conda" {
        let manager = package_manager::of_conda_environment(&context.host.files, &python.prefix);
        let order =
            Order { action: Action::Reinstall, packages: &packages, repositories: &[], prefix: Some(&python.prefix) };
        return package::way(manager, order, context);
    }
    let commands: Vec<String> = row.commands.iter().map(|command| fill(command, python)).collect();
    // A placeholder that this Python's path does not answer leaves nothing to paste.
    let is_whole = !commands.is_empty() && !commands.iter().any(|command| command.contains('{'));
    is_whole.then(|| Way { manager: manager.to_owned(), packages, commands, ..Way::default() })
}

/// The multiarch half of pyconfig.h. Without a target of another architecture it is the same package's file.
fn multiarch(name: &str, triplet: &str, python: &Installation, context: Context<'_>) -> Option<Remedy> {
    let native = format!("{}-linux-gnu", std::env::consts::ARCH);
    if triplet != native || python.origin != Origin::System {
        // Headers of another architecture: a question of cross compiling, which we do not answer yet.
        return None;
    }
    let mut remedy = of_system(name, python.clone(), context)?;
    if remedy.ways.first().is_some_and(|way| way.needs_root) {
        remedy.verify = Some(format!("test -f {}", shell_path(&python.prefix.join("include").join(name))));
    }
    Some(remedy)
}

/// The version of another system Python whose headers are installed.
fn other_headers(python: &Installation, context: Context<'_>) -> Option<String> {
    let include = python.include_dir.parent()?;
    let names = context.host.files.names(include);
    // Python 3.7 and before have an `m` in the directory's name.
    let has_headers = |name: &&String| context.host.files.is_file(&include.join(name).join("Python.h"));
    let tags = names.iter().filter(has_headers).filter_map(|name| Tag::of_name(name));
    tags.filter(|tag| *tag != python.tag).max_by_key(|tag| tag.version).map(|tag| tag.to_string())
}

/// Whether a -dev package and the one with its files are unpacked.
fn is_unpacked(package: &str, context: Context<'_>) -> bool {
    package_database::installed(&context.host.files, "apt", &format!("lib{package}")) == Some(true)
}

/// Whether the header is there once the recommended way was gone: beside the system, where that was without root.
fn verify_after(ways: &[Way], python: &Installation, name: &str) -> String {
    let path = ways.first().and_then(|way| way.env.get("CPATH")?.split(':').next());
    path.map_or_else(
        || verify(python, name),
        |first| format!("test -f {}", shell_path(&PathBuf::from(first).join(name))),
    )
}

fn verify(python: &Installation, name: &str) -> String {
    format!("test -f {}", shell_path(&python.include_dir.join(name)))
}

/// Fills a template of the catalog with what is known of a Python.
fn fill(template: &str, python: &Installation) -> String {
    let version = python.tag.version;
    let mut text = template
        .replace("{version}", &version.to_string())
        .replace("{nodot}", &format!("{}{}", version.major, version.minor))
        .replace("{prefix}", &python.prefix.to_string_lossy());
    if let Some(release) = python.prefix.file_name().and_then(|name| name.to_str()).filter(|name| is_release(name)) {
        text = text.replace("{release}", release);
    }
    text
}

/// A patch version (`3.11.7`, pyenv's `3.13.0t` and `pypy3.10-7.3.16`): what pyenv calls its directories.
fn is_release(name: &str) -> bool {
    name.contains('.')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '-'))
}
