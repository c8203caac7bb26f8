//! What nobody knows: the manager's own question, for whoever wants to ask it.

use std::borrow::Cow;

use crate::diagnostic::{Kind, Missing, Style};
use crate::host::privilege::Privilege;

use super::owner::Owner;
use super::{Context, package, present};

/// The command that asks this system's package manager which package has a header, or a file of pkg-config's, that no
/// table of ours has. None for what a project includes with quotation marks, for what lies where it is looked for, and
/// where the manager has no such question.
#[must_use]
pub fn command(missing: &Missing, context: Context<'_>) -> Option<String> {
    let name = std::str::from_utf8(&missing.name).ok()?;
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._+-/".contains(character);
    let file: Cow<'_, str> = match missing.kind {
        Kind::Header if missing.style != Some(Style::Quote) => name.into(),
        Kind::PkgConfig => format!("pkgconfig/{}", present::pc_file(name)).into(),
        _ => return None,
    };
    if !name.chars().all(is_plain) {
        return None;
    }
    let owner = Owner::of(context);
    let is_others = context.catalog.python.has_header(name) || context.catalog.torch.has_header(name);
    let is_there = match missing.kind {
        Kind::PkgConfig => present::is_found_by_pkg_config(name, &owner, context),
        _ => present::is_searched(name, &owner, context),
    };
    if owner != Owner::System || is_others || is_there {
        return None;
    }
    let platform = context.platform()?;
    let manager = context.catalog.manager(package::system_manager(&platform, context)?)?;
    let stem = name.split(['/', '.']).next().filter(|stem| !stem.is_empty())?;
    let question = manager
        .look_up
        .as_ref()?
        .replace("{regex}", &file.replace('.', r"\.").replace('+', r"\+"))
        .replace("{header}", &file)
        .replace("{stem}", stem);
    let is_ready = manager.look_up_program.as_ref().is_some_and(|program| package::has_program(program, context));
    let setup = manager.look_up_setup.iter().filter(|_| !is_ready);
    let as_root = match context.host.privilege {
        Privilege::Sudo => "sudo ",
        Privilege::Doas => "doas ",
        Privilege::Root | Privilege::None => "",
    };
    let asked = setup.map(|command| format!("{as_root}{command}")).chain([question]);
    Some(asked.collect::<Vec<_>>().join(" && "))
}
