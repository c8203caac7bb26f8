//! Headers of a Python that brought them itself, and lost them: they come from where the Python came from.

use std::collections::BTreeMap;

use crate::catalog::python::Shipped;
use crate::host::origin::Origin;
use crate::host::package_manager;
use crate::host::python::Installation;

use super::package::{self, Action, Order};
use super::python_headers::{COMPONENT, fill, search_path, verify};
use super::{Context, Remedy, Verdict, Way};

/// The remedy for `name`, a header of a Python that is no package of the system; none where nothing is known of who
/// brought it.
#[must_use]
pub(super) fn remedy(name: &str, python: Installation, context: Context<'_>) -> Option<Remedy> {
    let prefix = python.prefix.to_string_lossy().into_owned();
    let row = context.catalog.python.shipped(python.origin.row(), &python.tag.abi, &prefix)?;
    let is_whole = |text: &String| !text.contains('{');
    let way = way(row, &python, context).map(|way| Way { env: env(&python, context), ..way });
    let notes: Vec<String> = row.note.iter().map(|note| fill(note, &python, context)).filter(is_whole).collect();
    if way.is_none() && notes.is_empty() {
        return None;
    }
    let tag = &python.tag;
    let (verdict, because) = match python.origin {
        _ if row.is_separate => (Verdict::Install, format!("the C headers of Python {tag} are not installed")),
        Origin::Standalone => (
            Verdict::Reinstall,
            format!("this Python {tag} comes with its C headers, and says that they are in /install"),
        ),
        _ => (Verdict::Reinstall, format!("this Python {tag} comes with its C headers, and they are gone")),
    };
    Some(Remedy {
        component: COMPONENT.to_owned(),
        verdict,
        because,
        ways: way.into_iter().collect(),
        // Nothing will ever be in /install.
        verify: (python.origin != Origin::Standalone).then(|| verify(&python, name)),
        notes,
        python: Some(python),
    })
}

fn env(python: &Installation, context: Context<'_>) -> BTreeMap<String, String> {
    if python.origin == Origin::Standalone { BTreeMap::new() } else { search_path(python, context) }
}

fn way(row: &Shipped, python: &Installation, context: Context<'_>) -> Option<Way> {
    let manager = row.manager.as_deref()?;
    let packages: Vec<String> = row.packages.iter().map(|name| fill(name, python, context)).collect();
    if manager == "conda" {
        let manager = package_manager::of_conda_environment(&context.host.files, &python.prefix);
        let order =
            Order { action: Action::Reinstall, packages: &packages, repositories: &[], prefix: Some(&python.prefix) };
        return package::way(manager, order, context);
    }
    let commands: Vec<String> = row.commands.iter().map(|command| fill(command, python, context)).collect();
    // A placeholder that this Python's path does not answer leaves nothing to paste.
    let is_whole = !commands.is_empty() && !commands.iter().any(|command| command.contains('{'));
    // A system's manager must be one that this system has.
    let is_here = !row.needs_root || context.host.managers.contains(&manager);
    (is_whole && is_here).then(|| Way {
        manager: manager.to_owned(),
        packages,
        commands,
        needs_root: row.needs_root,
        ..Way::default()
    })
}
