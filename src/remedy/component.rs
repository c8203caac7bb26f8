//! A library, a header or a tool that some package brings: on the disk already, gone upstream, or to be installed.

use std::borrow::Cow;
use std::path::Path;

use crate::catalog::components::{Component, Gone, Wanted};
use crate::command::driver::{self, Family, Language};
use crate::diagnostic::Kind;

use super::offer::Offer;
use super::owner::Owner;
use super::present::{self, Presence};
use super::{Context, Remedy, Verdict, Way, cuda, link, rootless, search_path, shell_path, which_python};

/// What the tables call a thing of that kind and name.
#[must_use]
pub(super) fn wanted(kind: Kind, name: &str) -> Wanted<'_> {
    match kind {
        Kind::Header => Wanted::Header(name),
        Kind::Library => Wanted::Library(name.strip_prefix(':').map_or(name, stem)),
        Kind::Tool | Kind::Compiler => Wanted::Tool(name),
        Kind::Startfile => Wanted::Startfile(name),
        Kind::PkgConfig => Wanted::PkgConfig(name),
    }
}

/// `cuda` of `libcuda.so.1`.
fn stem(file: &str) -> &str {
    let name = file.strip_prefix("lib").unwrap_or(file);
    name.split_once(".so").map_or(name, |(name, _)| name)
}

/// The remedy for a thing of the families' tables.
#[must_use]
pub(super) fn remedy(wanted: Wanted<'_>, context: Context<'_>) -> Option<Remedy> {
    let owner = Owner::of(context);
    if owner == Owner::Another || context.command.is_32_bit {
        return None;
    }
    let rows = context.catalog.components.that_bring(wanted);
    // What a Python package brings today is Python 3's (case c299).
    let python = which_python::of(context.command, context.host);
    let is_python_2 = python.is_some_and(|python| python.tag.version.major < 3);
    let rows = rows.into_iter().filter(|row| !(row.in_environment && is_python_2)).collect::<Vec<_>>();
    let rows: Vec<&Component> = rows.iter().map(Cow::as_ref).filter(|row| is_compilers(row, context)).collect();
    let mut versioned = None;
    for row in &rows {
        match present::of(wanted, row, &owner, context) {
            Presence::Searched => return None,
            Presence::Elsewhere(directory) => return Some(on_disk(wanted, row, &directory, context)),
            // In a directory of nobody's package a link is all that is wanting (case c329).
            Presence::Versioned(file) if !is_systems(&file) => {
                return link::remedy(&row.id, wanted.name(), &file, context);
            }
            Presence::Versioned(file) => versioned = versioned.or(Some((*row, file))),
            Presence::Absent => {}
        }
    }
    // What a version of CUDA dropped its packages do not tell; what else has gone some release may still have.
    let gone = match gone(wanted, context) {
        Some((row, remedy)) if row.cuda.is_some() => return Some(remedy),
        gone => gone.map(|(_, remedy)| remedy),
    };
    install(wanted, &rows, &owner, versioned.as_ref().map(|(_, file)| &**file), context)
        .or_else(|| versioned.and_then(|(row, file)| link::remedy(&row.id, wanted.name(), &file, context)))
        .or(gone)
}

/// Whether a library lies where the system's packages put theirs.
fn is_systems(file: &Path) -> bool {
    ["/usr/lib", "/usr/lib64", "/lib", "/lib64"].iter().any(|directory| file.starts_with(directory))
}

/// Whether a row is a part of the compiler in question, or of none.
fn is_compilers(row: &Component, context: Context<'_>) -> bool {
    let Some(family) = &row.compiler else { return true };
    let name = Path::new(context.command.compiler()).file_name().unwrap_or_default().to_os_string();
    let called = driver::by_name(name.as_encoded_bytes()).map(|driver| driver.family);
    let is_clang = match called {
        // `cc` is a link to what the system made it.
        Some(Family::System) => {
            let real = context.host.files.canonical(&Path::new("/usr/bin").join(&name));
            real.to_string_lossy().contains("clang") || context.host.os.id == "macos"
        }
        Some(family) => family == Family::Clang,
        None => false,
    };
    (family == "clang") == is_clang
}

/// It is there, where this compile does not look.
fn on_disk(wanted: Wanted<'_>, row: &Component, directory: &Path, context: Context<'_>) -> Remedy {
    let file = match wanted {
        Wanted::Library(name) => {
            let names = present::file_names(name);
            let there = names.iter().find(|file| context.host.files.exists(&directory.join(file)));
            directory.join(there.unwrap_or(&names[0]))
        }
        Wanted::PkgConfig(name) => directory.join(present::pc_file(name)),
        _ => directory.join(wanted.name()),
    };
    Remedy {
        component: row.id.clone(),
        verdict: Verdict::Path,
        because: match wanted {
            Wanted::Tool(_) => format!("it is in {}, which is not on PATH", directory.display()),
            Wanted::PkgConfig(_) => format!("pkg-config does not look in {}, where it is", directory.display()),
            _ => format!("this compile does not look in {}, where it is", directory.display()),
        },
        python: None,
        ways: vec![Way { env: search_path::variables(wanted, directory, context), ..Way::default() }],
        verify: Some(format!("test -e {}", shell_path(&file))),
        notes: Vec::new(),
    }
}

/// Its project dropped it.
fn gone(wanted: Wanted<'_>, context: Context<'_>) -> Option<(Gone, Remedy)> {
    let row = context.catalog.components.gone(wanted)?;
    if let Some(first) = &row.cuda
        && cuda::numbers(&cuda::version(context)?) < cuda::numbers(first)
    {
        return None;
    }
    let remedy = Remedy {
        component: row.component.clone(),
        verdict: Verdict::Upgrade,
        because: row.because.clone(),
        python: None,
        ways: Vec::new(),
        verify: None,
        notes: vec![row.note.clone()],
    };
    Some((row, remedy))
}

fn install(
    wanted: Wanted<'_>,
    rows: &[&Component],
    owner: &Owner,
    versioned: Option<&Path>,
    context: Context<'_>,
) -> Option<Remedy> {
    let mut offers: Vec<Offer<'_>> = rows.iter().filter_map(|row| Offer::of(wanted, row, owner, context)).collect();
    if let Some(first) = offers.iter().position(|offer| offer.row.is_first_choice_for(wanted)) {
        offers.swap(0, first);
    } else if offers.iter().any(|offer| offer.way.packages != offers[0].way.packages) {
        // Several packages have something of that name, and nothing says which is meant.
        return None;
    }
    let Offer { row, way, without_root, is_reinstall } = offers.into_iter().next()?;
    let because = match wanted {
        _ if is_reinstall => format!("{} is installed, and this file of it is gone", way.packages.join(" and ")),
        Wanted::Tool(_) => format!("{} is not installed", row.title),
        Wanted::Library(_) if versioned.is_some() => {
            format!("{} is here without its development files", row.title)
        }
        _ => format!("the development files of {} are not installed", row.title),
    };
    let ways = rootless::ordered(way, without_root, context);
    Some(Remedy {
        component: row.id.clone(),
        verdict: if is_reinstall { Verdict::Reinstall } else { Verdict::Install },
        because,
        python: None,
        verify: ways.first().and_then(|way| verify(wanted, way, context)),
        ways,
        notes: row.note.iter().cloned().collect(),
    })
}

/// A command that succeeds once the thing is there, with the way's variables set.
fn verify(wanted: Wanted<'_>, way: &Way, context: Context<'_>) -> Option<String> {
    let compiler = Path::new(context.command.compiler()).file_name().and_then(|name| name.to_str());
    let compiler = compiler.filter(|name| driver::by_name(name.as_bytes()).is_some()).unwrap_or("cc");
    match wanted {
        Wanted::Header(name) if !name.contains(['\'', '\\', '%']) => {
            // Of several directories, and of a keg, the compiler knows best.
            let directory = way.env.get("CPATH").filter(|path| way.manager != "brew" && !path.contains(':'));
            if let Some(directory) = directory {
                return Some(format!("test -f {}", shell_path(&Path::new(directory).join(name))));
            }
            if let Some(home) = way.env.get("CUDA_HOME") {
                return Some(format!("test -f {}", shell_path(&Path::new(home).join("include").join(name))));
            }
            let is_cxx = driver::by_name(compiler.as_bytes()).is_some_and(|driver| driver.language == Language::Cxx);
            let language = if is_cxx { "c++" } else { "c" };
            Some(format!(
                r"printf '#if !__has_include(<{name}>)\n#error\n#endif\n' | {compiler} -E -x {language} - >/dev/null"
            ))
        }
        Wanted::Library(name) => Some(format!(
            "echo 'int main(void) {{ return 0; }}' | {compiler} -x c - -o /dev/null -l{}",
            shell_words::quote(name)
        )),
        Wanted::Tool(name) => Some(format!("command -v {}", shell_words::quote(name))),
        Wanted::Startfile(name) => Some(format!("test -e \"$({compiler} -print-file-name={name})\"")),
        Wanted::PkgConfig(name) => Some(format!("pkg-config --exists {}", shell_words::quote(name))),
        Wanted::Header(_) => None,
    }
}
