//! A package manager's commands for some packages.

use std::path::Path;

use crate::catalog::{Platform, Repository};
use crate::host::package_manager;

use super::{Context, Way, shell_path};

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
    /// A repository that must be enabled first.
    pub repository: Option<&'a Repository>,
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
    let repository = order
        .repository
        .filter(|repository| !(id == "apt" && package_manager::apt_source_mentions(files, &repository.mark)));
    if let Some(refresh) = &manager.refresh
        && package_manager::apt_index_is_empty(files)
    {
        commands.push(refresh.clone());
    }
    if let Some(repository) = repository {
        if !has_program(&repository.tool, context) {
            commands.push(fill(&manager.install, &repository.tool_packages));
        }
        commands.extend(repository.commands.iter().cloned());
    }
    commands.push(fill(template, order.packages));
    // A Dockerfile starts from the image, where nothing that was done by hand here has happened.
    let dockerfile = manager.dockerfile.as_ref().filter(|_| context.host.container && repository.is_none());
    Some(Way {
        manager: id.to_owned(),
        packages: order.packages.to_vec(),
        needs_root: manager.needs_root,
        commands,
        dockerfile: dockerfile.map(|template| fill(template, order.packages)),
        ..Way::default()
    })
}

/// The manager here that the platform's own packages come from.
#[must_use]
pub fn system_manager(platform: &Platform, context: Context<'_>) -> Option<&'static str> {
    let present = &context.host.managers;
    platform.managers.iter().find_map(|wanted| present.iter().find(|name| *name == wanted)).copied()
}

fn has_program(name: &str, context: Context<'_>) -> bool {
    ["/usr/bin", "/bin"].iter().any(|directory| context.host.files.is_file(&Path::new(directory).join(name)))
}
