//! A library of which only the file with its version is here: a link of the user's own makes the linker find it.

use std::path::Path;

use crate::catalog::components::Wanted;

use super::{Context, Remedy, Verdict, Way, search_path, shell_path};

/// Below the user's data directory. The linker's own directories want root, and a package would not know of the link.
const DIRECTORY: &str = "pycc-shim/lib";

/// The remedy for `-lNAME` where `file` is the library under its soname. None where the user has no data directory.
#[must_use]
pub(super) fn remedy(component: &str, name: &str, file: &Path, context: Context<'_>) -> Option<Remedy> {
    let directory = context.host.data_home.as_ref()?.join(DIRECTORY);
    let link = directory.join(format!("lib{name}.so"));
    let commands = vec![
        format!("mkdir -p {}", shell_path(&directory)),
        format!("ln -sf {} {}", shell_path(file), shell_path(&link)),
    ];
    let env = search_path::variables(Wanted::Library(name), &directory, context);
    Some(Remedy {
        component: component.to_owned(),
        verdict: Verdict::Link,
        because: format!("only {} is here, and the linker wants a name without the version", file.display()),
        python: None,
        ways: vec![Way { env, commands, ..Way::default() }],
        verify: Some(format!("test -e {}", shell_path(&link))),
        notes: Vec::new(),
    })
}
