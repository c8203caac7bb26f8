//! Python's own headers: which Python, and who has them for it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::catalog::components::Wanted;
use crate::catalog::python::Question;
use crate::diagnostic::Missing;
use crate::host::origin::Origin;
use crate::host::python::{self, Installation};
use crate::host::tag::{Tag, Version};
use crate::host::{deadsnakes, package_database};

use super::owner::Owner;
use super::package::{self, Action, Order};
use super::{Context, Remedy, Verdict, Way, multiarch, present, rootless, shell_path, shipped_headers, which_python};

pub(super) const COMPONENT: &str = "python-headers";

/// The remedy for a header of CPython, `name` as it is included.
#[must_use]
pub fn remedy(name: &str, missing: &Missing, context: Context<'_>) -> Option<Remedy> {
    if let Some((version, directory)) = pypy(context) {
        return of_pypy(name, version, directory, context);
    }
    let python = of_compile(context).or_else(|| of_search(missing, context))?;
    if let Some(triplet) = context.catalog.python.multiarch_triplet(name) {
        return multiarch::remedy(name, triplet, &python, context);
    }
    if context.host.files.is_file(&python.include_dir.join(name)) {
        return on_disk(name, &python, context);
    }
    match python.origin {
        Origin::System | Origin::Deadsnakes => of_system(name, python, context),
        _ => shipped_headers::remedy(name, python, context),
    }
}

/// The remedy for `-lpythonX.Y`: a system's own is in the package that has its headers. What other Pythons lack was left
/// out when they were built (case c249).
#[must_use]
pub fn library(name: &str, context: Context<'_>) -> Option<Remedy> {
    let tag = Tag::of_name(name)?;
    let python = of_compile(context).filter(|python| python.tag == tag)?;
    let owner = Owner::of(context);
    let searched = present::libraries_searched(&owner, context);
    let files = present::file_names(name);
    let is_there = searched.iter().any(|at| files.iter().any(|file| context.host.files.is_file(&at.join(file))));
    let is_systems = matches!(python.origin, Origin::System | Origin::Deadsnakes);
    if !is_systems || owner != Owner::System || is_there {
        return None;
    }
    let mut remedy = of_system("Python.h", python, context)?;
    remedy.because = format!("the development files of Python {tag} are not installed");
    remedy.verdict = Verdict::Install;
    remedy.verify = Some(format!("echo 'int main(void) {{ return 0; }}' | cc -x c - -o /dev/null -l{name}"));
    Some(remedy)
}

/// The Python that a build system has searched (no file asked for the header, and no command is known), on a machine
/// that has one.
fn of_search(missing: &Missing, context: Context<'_>) -> Option<Installation> {
    let [python] = context.host.pythons.as_slice() else { return None };
    (context.command.driver.is_empty() && missing.location.is_none()).then(|| python.clone())
}

/// The Python that the compile is for, one in /usr with the repository that brought it.
fn of_compile(context: Context<'_>) -> Option<Installation> {
    let mut python = which_python::of(context.command, context.host)?;
    let (files, os) = (&context.host.files, &context.host.os);
    if python.origin == Origin::System && deadsnakes::brought(files, os, &python.tag) == Some(true) {
        python.origin = Origin::Deadsnakes;
    }
    Some(python)
}

/// The header is there, and this compile does not look there.
fn on_disk(name: &str, python: &Installation, context: Context<'_>) -> Option<Remedy> {
    // Where it is found now something changed since, or the message meant another thing.
    if searches(&python.include_dir, context) {
        return None;
    }
    let is_as_packed = context.command.include_dirs.iter().any(|directory| directory.starts_with("/install/include"));
    let tag = &python.tag;
    let notes = (is_as_packed && python.origin == Origin::Uv)
        .then(|| {
            format!(
                "/install was written into this Python by a uv before 0.5.14; \
                 with a newer one `uv python install --reinstall {tag}` corrects it for good"
            )
        })
        .into_iter()
        .collect();
    Some(Remedy {
        component: COMPONENT.to_owned(),
        verdict: Verdict::Path,
        because: format!("this compile does not look in {}, where it is", python.include_dir.display()),
        ways: vec![Way { env: variable(python), ..Way::default() }],
        verify: Some(verify(python, name)),
        notes,
        python: Some(python.clone()),
    })
}

/// A Python of the distribution, or of a repository for it.
pub(super) fn of_system(name: &str, mut python: Installation, context: Context<'_>) -> Option<Remedy> {
    let platform = context.platform()?;
    let manager = package::system_manager(&platform, context)?;
    let (files, os) = (&context.host.files, &context.host.os);
    let is_here = which_python::is_here(&python, context.host);
    let row = context.catalog.python.package(Question {
        platform: &platform,
        id: &os.id,
        version_id: &os.version,
        manager,
        version: &python.tag.version.to_string(),
        abi: &python.tag.abi,
        pypy: false,
        installed: is_here,
        default: python::system_default(files).as_ref() == Some(&python.tag),
        ppa: deadsnakes::brought(files, os, &python.tag),
    })?;
    let packages: Vec<String> = row.packages.iter().map(|name| fill(name, &python, context)).collect();
    let repositories: Vec<_> =
        row.repository.iter().map(|id| package::repository(id, &platform, context)).collect::<Option<_>>()?;
    if repositories.iter().any(|repository| repository.id == "deadsnakes") {
        python.origin = Origin::Deadsnakes;
    }
    // Of a release that nobody has checked the machine's own index knows more.
    let is_refused = |name: &String| package_database::offered(files, manager, name) == Some(false);
    if row.unlisted_release && packages.iter().any(is_refused) {
        return None;
    }
    let holding = holding(manager, &packages);
    let is_unpacked = |name: &String| package_database::installed(files, manager, name) == Some(true);
    let is_installed = holding.iter().all(is_unpacked);
    let is_lost = is_installed || row.ships_headers && is_here;
    let packages = if is_installed { holding } else { packages };
    let action = if is_lost { Action::Reinstall } else { Action::Install };
    let order = Order { action, packages: &packages, repositories: &repositories, prefix: None };
    let mut way = package::way(manager, order, context)?;
    way.env = search_path(&python, context);
    let without_root = without_root(manager, &packages, repositories.is_empty(), &python, context).filter(|_| !is_lost);
    let ways = rootless::ordered(way, without_root, context);
    let other = other_headers(&python, context);
    let (verdict, because) = match &other {
        _ if is_lost => {
            (Verdict::Reinstall, format!("{} is installed, and its files are gone", packages.join(" and ")))
        }
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

/// The packages with the files: Debian's pythonX.Y-dev is empty but for a script, and depends on libpythonX.Y-dev and
/// on an interpreter that is here already.
pub(super) fn holding(manager: &str, packages: &[String]) -> Vec<String> {
    let is_empty = |name: &String| manager == "apt" && name.starts_with("python") && name.ends_with("-dev");
    packages.iter().map(|name| if is_empty(name) { format!("lib{name}") } else { name.clone() }).collect()
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
    let packages = holding(manager, packages);
    let places = [python.include_dir.clone()];
    let unpacked =
        || rootless::way(manager, &packages, Wanted::Header("Python.h"), &places, context).filter(|_| is_systems);
    unpacked().or_else(|| rootless::of_uv(python, context))
}

/// What makes the compile look where the headers will be; empty where it looks there already, and
/// where its command is not known.
pub(super) fn search_path(python: &Installation, context: Context<'_>) -> BTreeMap<String, String> {
    let is_known = !context.command.driver.is_empty() || !context.command.inputs.is_empty();
    if is_known && !searches(&python.include_dir, context) { variable(python) } else { BTreeMap::new() }
}

/// What makes any compiler look where a Python's headers are, after the -I of its command (facts/python.md section 1).
fn variable(python: &Installation) -> BTreeMap<String, String> {
    [("CPATH".to_owned(), python.include_dir.to_string_lossy().into_owned())].into()
}

/// Whether the compile searches a directory.
fn searches(wanted: &Path, context: Context<'_>) -> bool {
    let files = &context.host.files;
    let wanted = files.canonical(wanted);
    context
        .command
        .include_dirs
        .iter()
        .any(|directory| files.canonical(&context.command.directory.join(directory)) == wanted)
}

/// The version of another system Python whose headers are installed.
fn other_headers(python: &Installation, context: Context<'_>) -> Option<String> {
    let include = python.include_dir.parent()?;
    let names = context.host.files.names(include);
    let has_header = |name: &&String| context.host.files.is_file(&include.join(name.as_str()).join("Python.h"));
    let mut tags = names.iter().filter(has_header).filter_map(|name| Tag::of_name(name));
    tags.rfind(|tag| *tag != python.tag).map(|tag| tag.to_string())
}

/// Whether the header is there once the recommended way was gone: beside the system, where that was without root.
fn verify_after(ways: &[Way], python: &Installation, name: &str) -> String {
    let path = ways.first().and_then(|way| way.env.get("CPATH")?.split(':').next());
    path.map_or_else(|| verify(python, name), |first| format!("test -f {}", shell_path(&Path::new(first).join(name))))
}

pub(super) fn verify(python: &Installation, name: &str) -> String {
    format!("test -f {}", shell_path(&python.include_dir.join(name)))
}

/// Fills a template of the catalog with what is known of a Python. `{release}` stays where its path has none.
pub(super) fn fill(template: &str, python: &Installation, context: Context<'_>) -> String {
    let version = python.tag.version;
    let text = template
        .replace("{version}", &version.to_string())
        .replace("{tag}", &python.tag.to_string())
        .replace("{nodot}", &format!("{}{}", version.major, version.minor))
        .replace("{prefix}", &python.prefix.to_string_lossy());
    // Version managers keep links beside: `3.12` and `latest` to `3.12.5`.
    let real = context.host.files.canonical(&python.prefix);
    let release = real.file_name().and_then(|name| name.to_str()).filter(|name| is_release(name));
    release.map_or_else(|| text.clone(), |release| text.replace("{release}", release))
}

/// A patch version (`3.11.7`, pyenv's `3.13.0t`, EasyBuild's `3.11.3-GCCcore-12.3.0`): what version managers call their
/// directories.
fn is_release(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit())
        && name.contains('.')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '-'))
}

/// PyPy's directory among those that the compile searches, and the version in its name; its Python.h is another one.
fn pypy(context: Context<'_>) -> Option<(Version, &Path)> {
    context.command.include_dirs.iter().find_map(|directory| {
        let tag = Tag::parse(directory.file_name()?.to_str()?.strip_prefix("pypy")?)?;
        Some((tag.version, directory.as_path()))
    })
}

/// The system's PyPy; one that was unpacked somewhere has its headers beside itself.
fn of_pypy(name: &str, version: Version, directory: &Path, context: Context<'_>) -> Option<Remedy> {
    let files = &context.host.files;
    if directory.parent() != Some(Path::new("/usr/include")) || files.is_file(&directory.join(name)) {
        return None;
    }
    let python = Installation {
        tag: Tag { version, abi: String::new() },
        prefix: "/usr".into(),
        origin: Origin::System,
        include_dir: directory.to_owned(),
    };
    let platform = context.platform()?;
    let manager = package::system_manager(&platform, context)?;
    let row = context.catalog.python.package(Question {
        platform: &platform,
        id: &context.host.os.id,
        version_id: &context.host.os.version,
        manager,
        version: &version.to_string(),
        abi: "",
        pypy: true,
        installed: files.is_file(Path::new(&format!("/usr/bin/pypy{version}"))),
        default: false,
        ppa: None,
    })?;
    let packages: Vec<String> = row.packages.iter().map(|name| fill(name, &python, context)).collect();
    let is_lost = packages.iter().all(|name| package_database::installed(files, manager, name) == Some(true));
    let (action, verdict, because) = if is_lost {
        let because = format!("{} is installed, and its files are gone", packages.join(" and "));
        (Action::Reinstall, Verdict::Reinstall, because)
    } else {
        (Action::Install, Verdict::Install, format!("the C headers of PyPy {version} are not installed"))
    };
    let way = package::way(manager, Order { action, packages: &packages, repositories: &[], prefix: None }, context)?;
    Some(Remedy {
        component: COMPONENT.to_owned(),
        verdict,
        because,
        ways: vec![way],
        verify: Some(verify(&python, name)),
        notes: Vec::new(),
        python: Some(python),
    })
}
