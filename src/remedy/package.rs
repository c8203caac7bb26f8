//! A package manager's commands for some packages.

use std::path::Path;

use crate::catalog::Platform;
use crate::catalog::repository::Repository;
use crate::host::{package_manager, repository};

use super::{Context, Way, shell_path, variant};

/// What a manager is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Install,
    Reinstall,
}

/// What to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub action: Action,
    pub packages: &'a [String],
    /// Repositories that must be enabled first.
    pub repositories: &'a [&'a Repository],
    /// The conda environment, where one is meant.
    pub prefix: Option<&'a Path>,
}

/// The way through the manager named `id`; none where the catalog knows no such command.
#[must_use]
pub fn way(id: &str, order: Order<'_>, context: Context<'_>) -> Option<Way> {
    let manager = context.catalog.manager(id)?;
    let template = match order.action {
        Action::Install => &manager.install,
        Action::Reinstall => manager.reinstall.as_ref()?,
    };
    let fill = |template: &str, packages: &[String]| {
        let quoted: Vec<String> = packages.iter().map(|name| shell_words::quote(name).into_owned()).collect();
        let names: Vec<&str> = packages.iter().map(|name| name.split('=').next().unwrap_or(name)).collect();
        template
            .replace("{packages}", &quoted.join(" "))
            .replace("{names}", &names.join(" "))
            .replace("{prefix}", &order.prefix.map(shell_path).unwrap_or_default())
    };
    let files = &context.host.files;
    let mut commands = Vec::new();
    let mut enabling = Vec::new();
    for repository in order.repositories.iter().filter(|repository| !is_enabled(repository, context)) {
        // Where nothing enables it, only who has it enabled can install from it.
        if repository.commands.is_empty() {
            return None;
        }
        let has_tool = repository.tool.as_ref().is_some_and(|tool| has_program(tool, context));
        if !repository.tool_packages.is_empty() && !has_tool {
            enabling.push(fill(&manager.install, &repository.tool_packages));
        }
        for command in &repository.commands {
            enabling.push(variant::fill(&for_manager(command, id)?, context)?);
        }
    }
    // Not where the first thing that needs the index comes after a refresh of its own.
    let installs = |command: &String| command.contains(" install ");
    let is_refreshed_first = manager.refresh.as_ref().is_some_and(|refresh| {
        let refreshes = enabling.iter().position(|command| command == refresh);
        refreshes.is_some_and(|at| !enabling[..at].iter().any(installs))
    });
    if let Some(refresh) = &manager.refresh
        && package_manager::apt_index_is_empty(files)
        && !is_refreshed_first
    {
        commands.push(refresh.clone());
    }
    commands.extend(enabling.iter().cloned());
    commands.push(fill(template, order.packages));
    let before = enabling.iter().fold(String::new(), |text, command| text + command + " && ");
    let dockerfile = manager.dockerfile.as_ref().filter(|_| context.host.container);
    let dockerfile = dockerfile.map(|template| fill(template, order.packages).replace("{before}", &before));
    let platform = context.platform();
    let is_rootless = platform.is_some_and(|platform| manager.rootless_on.contains(&platform.id));
    Some(Way {
        manager: id.to_owned(),
        packages: order.packages.to_vec(),
        needs_root: manager.needs_root && !is_rootless,
        commands,
        dockerfile,
        ..Way::default()
    })
}

/// A command of the repositories' table, which says dnf, for a manager of dnf's family. microdnf has no plugins.
fn for_manager(command: &str, manager: &str) -> Option<String> {
    match (manager, command.strip_prefix("dnf ")) {
        ("microdnf", Some(rest)) if !rest.starts_with("install ") => None,
        ("microdnf" | "yum", Some(rest)) => Some(format!("{manager} {rest}")),
        _ => Some(command.to_owned()),
    }
}

/// How a repository is enabled here.
#[must_use]
pub fn repository<'a>(id: &'a str, platform: &'a Platform, context: Context<'a>) -> Option<&'a Repository> {
    let is_here = |file: &String| context.host.files.is_file(Path::new(file));
    let mut rows = context.catalog.repositories(id, platform, &context.host.os.id);
    rows.find(|row| row.beside.as_ref().is_none_or(is_here))
}

/// The manager here that the platform's own packages come from.
#[must_use]
pub fn system_manager(platform: &Platform, context: Context<'_>) -> Option<&'static str> {
    // Into an image that is replaced as a whole no manager installs.
    if context.host.os.immutable {
        return None;
    }
    let present = &context.host.managers;
    platform.managers.iter().find_map(|wanted| present.iter().find(|name| *name == wanted)).copied()
}

/// Whether a source of packages is enabled here.
fn is_enabled(repository: &Repository, context: Context<'_>) -> bool {
    let files = &context.host.files;
    repository.file.as_ref().is_some_and(|piece| repository::has_file(files, piece))
        || repository.component.as_ref().is_some_and(|word| repository::has_component(files, word))
        || repository
            .section
            .as_ref()
            .and_then(|section| variant::fill(section, context))
            .is_some_and(|section| repository::has_section(files, &section))
}

/// Whether a program is where the system keeps its own.
pub(super) fn has_program(name: &str, context: Context<'_>) -> bool {
    ["/usr/bin", "/bin"].iter().any(|directory| context.host.files.is_file(&Path::new(directory).join(name)))
}
