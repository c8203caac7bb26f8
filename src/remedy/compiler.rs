//! The compiler itself.

use std::collections::BTreeMap;
use std::path::Path;

use crate::command::driver;
use crate::host::origin::Origin;
use crate::host::package_manager;

use super::package::{self, Action, Order};
use super::{Context, Remedy, Verdict, Way, variant};

/// The remedy for a compiler that is not there, `name` as it was called.
#[must_use]
pub fn remedy(name: &str, context: Context<'_>) -> Option<Remedy> {
    // Debian's Pythons run the compiler by the name with its target, which the same package has.
    let plain = name.strip_prefix(&format!("{}-", variant::triplet())).unwrap_or(name);
    let component = context.catalog.tool(plain)?;
    driver::by_name(name.as_bytes())?;
    let is_there = |name: &str| context.host.files.is_file(&Path::new("/usr/bin").join(name));
    if is_there(name) {
        // It is there: a log of another time or place, or a PATH that leaves it out.
        return None;
    }
    if let Some(remedy) = leaked(context) {
        return Some(remedy);
    }
    if is_there(plain) {
        // The package is installed, and has no such name here.
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
        package::way(manager, Order { action: Action::Install, packages, repositories: &[], prefix: None }, context)
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

/// Apple's tools, which `xcrun` looks for where they once were (case c309).
#[must_use]
pub fn command_line_tools(context: Context<'_>) -> Option<Remedy> {
    let component = context.catalog.tool("clang")?;
    let platform = context.platform().filter(|platform| platform.id == "macos")?;
    let commands = component.commands.get(&platform.id)?.clone();
    Some(Remedy {
        component: component.id.clone(),
        verdict: Verdict::Compiler,
        because: "the command line tools are not where the system looks for them".to_owned(),
        python: None,
        ways: vec![Way { commands, ..Way::default() }],
        verify: Some("xcrun --find clang".to_owned()),
        notes: Vec::new(),
    })
}

/// uv's Pythons were built on another machine, and the older ones say with which compiler: setuptools runs that one
/// (uv issues 8036, 7525). Where GCC is here, nothing needs to be installed.
fn leaked(context: Context<'_>) -> Option<Remedy> {
    let python = context.host.running.as_ref().or_else(|| context.host.active.first())?;
    let files = &context.host.files;
    let is_there = |program: &str| files.is_file(&Path::new("/usr/bin").join(program));
    if python.origin.name() != Origin::Uv.name() || !is_there("gcc") {
        return None;
    }
    let instead = [("CC", "gcc"), ("CXX", "g++"), ("AR", "ar")].into_iter().filter(|(_, program)| is_there(program));
    let env = instead.map(|(variable, program)| (variable.to_owned(), program.to_owned())).collect();
    let version = python.tag.to_string();
    Some(Remedy {
        component: "c-compiler".to_owned(),
        verdict: Verdict::Path,
        because: format!("uv's Python {version} was built with it on another machine, and gcc is here"),
        python: Some(python.clone()),
        ways: vec![Way { env, ..Way::default() }],
        verify: Some("gcc --version".to_owned()),
        notes: vec![format!("uv python install --reinstall {version} corrects it for good, with uv 0.5.10 or later")],
    })
}

/// In a conda environment that runs the build or is active, compilers come from conda: the distribution's would link
/// against another C library than the environment's.
fn conda_way(packages: &BTreeMap<String, Vec<String>>, context: Context<'_>) -> Option<Way> {
    let python = context.host.running.as_ref().or_else(|| context.host.active.first())?;
    let packages = packages.get("conda").filter(|_| python.origin == Origin::Conda)?;
    let manager = package_manager::of_conda_environment(&context.host.files, &python.prefix);
    let order = Order { action: Action::Install, packages, repositories: &[], prefix: Some(&python.prefix) };
    package::way(manager, order, context)
}
