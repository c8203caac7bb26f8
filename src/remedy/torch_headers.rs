//! PyTorch's own headers, which are part of its wheel.

use std::path::{Path, PathBuf};

use crate::host::package_database;

use super::{Context, Remedy, Verdict, Way, shell_path, which_python};

/// The remedy for a header of PyTorch's, `name` as it is included: the command searches an installation's include
/// directory, and the file that belongs there is not in it.
#[must_use]
pub fn remedy(name: &str, context: Context<'_>) -> Option<Remedy> {
    let include = context.command.include_dirs.iter().find_map(|directory| torch_include(directory, context))?;
    if context.host.files.is_file(&include.join(name)) {
        return None;
    }
    // A wheel that lacks more than this file would not have got as far as a compile. Without the witness there is no
    // PyTorch here at all, and nothing to say about it.
    if !context.host.files.is_file(&include.join(context.catalog.torch.witness())) {
        return None;
    }
    let site_packages = include.parent()?.parent()?;
    let interpreter = interpreter_of(site_packages)?;
    let version = installed_version(site_packages, context)?;
    let has_pip = context.host.files.is_directory(&site_packages.join("pip"));
    let interpreter = shell_path(&interpreter);
    let (manager, mut command) = if has_pip {
        ("pip", format!("{interpreter} -m pip install --force-reinstall --no-deps torch=={version}"))
    } else {
        ("uv", format!("uv pip install --python {interpreter} --reinstall-package torch --no-deps torch=={version}"))
    };
    // A local version (2.6.0+cu124) comes from PyTorch's own index, which is named after it.
    if let Some((_, build)) = version.split_once('+') {
        command.push_str(" --index-url https://download.pytorch.org/whl/");
        command.push_str(build);
    }
    let packages = vec![format!("torch=={version}")];
    Some(Remedy {
        component: "torch-headers".to_owned(),
        verdict: Verdict::Reinstall,
        because: "it is part of PyTorch's own package, whose copy here lost it".to_owned(),
        python: which_python::of(context.command, context.host),
        ways: vec![Way { manager: manager.to_owned(), packages, commands: vec![command], ..Way::default() }],
        verify: Some(format!("test -f {}", shell_path(&include.join(name)))),
        notes: Vec::new(),
    })
}

/// Whether the PyTorch in question is the distribution's own, whose headers are a package beside it. A wheel brings its
/// own, and would not go with those.
#[must_use]
pub(super) fn of_system(context: Context<'_>) -> bool {
    let has_wheel = context.command.include_dirs.iter().any(|directory| torch_include(directory, context).is_some());
    !has_wheel && package_database::installed(&context.host.files, "apt", "python3-torch") == Some(true)
}

/// `…/site-packages/torch/include`, from it or from a directory below it.
fn torch_include(directory: &Path, context: Context<'_>) -> Option<PathBuf> {
    let directory = context.command.directory.join(directory);
    let found = directory.ancestors().find(|part| part.ends_with("torch/include"))?;
    found.parent()?.parent()?.ends_with("site-packages").then(|| found.to_owned())
}

/// The interpreter of the environment that owns a site-packages directory: `PREFIX/lib/python3.13/site-packages`.
fn interpreter_of(site_packages: &Path) -> Option<PathBuf> {
    let library = site_packages.parent()?;
    Some(library.parent()?.parent()?.join("bin").join(library.file_name()?))
}

/// The version in the name of `torch-VERSION.dist-info`.
fn installed_version(site_packages: &Path, context: Context<'_>) -> Option<String> {
    let names = context.host.files.names(site_packages);
    let version = names.iter().find_map(|name| name.strip_prefix("torch-")?.strip_suffix(".dist-info"))?;
    let is_version = version.chars().all(|character| character.is_ascii_alphanumeric() || ".+".contains(character));
    is_version.then(|| version.to_owned())
}
