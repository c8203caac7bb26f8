//! The compiler itself.

use std::path::Path;

use crate::command::driver;
use crate::host::origin::Origin;
use crate::host::package_manager;

use super::package::{self, Action, Order};
use super::{Context, Remedy, Verdict, Way};

/// The remedy for a compiler that is not there, `name` as it was called.
#[must_use]
pub fn remedy(name: &str, context: Context<'_>) -> Option<Remedy> {
    let component = context.catalog.tool(name)?;
    driver::by_name(name.as_bytes())?;
    if context.host.files.is_file(&Path::new("/usr/bin").join(name)) {
        // It is there: a log of another time or place, or a PATH that leaves it out.
        return None;
    }
    let platform = context.platform();
    let way = conda_way(&component.packages, context).or_else(|| {
        let platform = platform.as_ref()?;
        if let Some(commands) = component.commands.get(&platform.id) {
            return Some(Way { commands: commands.clone(), ..Way::default() });
        }
        let packages = component.packages.get(&platform.id)?;
        let manager = package::system_manager(platform, context)?;
        package::way(manager, Order { action: Action::Install, packages, repository: None, prefix: None }, context)
    })?;
    Some(Remedy {
        component: component.id.clone(),
        verdict: Verdict::Compiler,
        because: format!("there is no {} of that name on PATH", component.title),
        python: context.host.running.clone(),
        ways: vec![way],
        verify: Some(format!("{name} --version")),
        notes: Vec::new(),
    })
}

/// In a conda environment that runs the build or is active, compilers come from conda: the distribution's would link
/// against another C library than the environment's.
fn conda_way(packages: &std::collections::BTreeMap<String, Vec<String>>, context: Context<'_>) -> Option<Way> {
    let python = context.host.running.as_ref().or_else(|| context.host.active.first())?;
    let packages = packages.get("conda").filter(|_| python.origin == Origin::Conda)?;
    let manager = package_manager::of_conda_environment(&context.host.files, &python.prefix);
    let order = Order { action: Action::Install, packages, repository: None, prefix: Some(&python.prefix) };
    package::way(manager, order, context)
}
