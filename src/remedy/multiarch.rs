//! Debian's pyconfig.h, which is in two halves: `python3.13/pyconfig.h` includes the target's own,
//! `x86_64-linux-gnu/python3.13/pyconfig.h` (facts/python.md 2.3).

use std::path::Path;

use crate::host::origin::Origin;
use crate::host::package_database;
use crate::host::python::Installation;

use super::python_headers::{COMPONENT, of_system};
use super::{Context, Remedy, Verdict, Way, shell_path};

/// Debian's names of architectures for their triplets (dpkg-architecture(1)).
const ARCHITECTURES: [(&str, &str); 7] = [
    ("x86_64-linux-gnu", "amd64"),
    ("i386-linux-gnu", "i386"),
    ("aarch64-linux-gnu", "arm64"),
    ("arm-linux-gnueabihf", "armhf"),
    ("powerpc64le-linux-gnu", "ppc64el"),
    ("riscv64-linux-gnu", "riscv64"),
    ("s390x-linux-gnu", "s390x"),
];

/// The remedy for a half, `name` as it is included, of the target `triplet`.
#[must_use]
pub(super) fn remedy(name: &str, triplet: &str, python: &Installation, context: Context<'_>) -> Option<Remedy> {
    if let Some(remedy) = beside(name, python, context) {
        return Some(remedy);
    }
    let include = python.prefix.join("include");
    let is_systems = matches!(python.origin, Origin::System | Origin::Deadsnakes);
    if !is_systems || context.host.files.is_file(&include.join(name)) {
        return None;
    }
    // Another architecture's package wants the own ones in the very same version: where they are older than the
    // archive's, `apt-get install -y libpython3.11-dev:i386` removes g++ (simulated in a Debian 12). Nothing to print.
    if triplet != own_triplet(context) {
        return None;
    }
    let mut remedy = of_system(name, python.clone(), context)?;
    if remedy.ways.first().is_some_and(|way| way.needs_root) {
        remedy.verify = Some(format!("test -f {}", shell_path(&include.join(name))));
    }
    Some(remedy)
}

/// A package that was unpacked in a directory of the user's: the other half is there, one directory above the one that
/// is searched.
fn beside(name: &str, python: &Installation, context: Context<'_>) -> Option<Remedy> {
    let above = context.command.include_dirs.iter().filter_map(|directory| directory.parent());
    let has_it = |directory: &&Path| {
        *directory != Path::new("/usr/include") && context.host.files.is_file(&directory.join(name))
    };
    let found = above.into_iter().find(has_it)?;
    Some(Remedy {
        component: COMPONENT.to_owned(),
        verdict: Verdict::Path,
        because: format!("this compile does not look in {}, where it is", found.display()),
        ways: vec![Way { env: [("CPATH".to_owned(), found.to_string_lossy().into_owned())].into(), ..Way::default() }],
        verify: Some(format!("test -f {}", shell_path(&found.join(name)))),
        notes: Vec::new(),
        python: Some(python.clone()),
    })
}

/// The machine's own target; below another root by dpkg's word.
fn own_triplet(context: Context<'_>) -> String {
    let own = package_database::apt_architectures(&context.host.files).into_iter().next();
    let known = own.and_then(|own| ARCHITECTURES.iter().find(|(_, name)| *name == own));
    known.map_or_else(|| format!("{}-linux-gnu", std::env::consts::ARCH), |(triplet, _)| (*triplet).to_owned())
}
