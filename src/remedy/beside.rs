//! A header that lies beside the one that wants it: `/usr/include/gtk-4.0/gtk/gtk.h` wants `gtk/css/gtkcss.h`, and the
//! compile was not told of `/usr/include/gtk-4.0`. No name has to be known for this, and what a table would say of the
//! name (another version's package) would be wrong.

use std::path::{Path, PathBuf};

use crate::catalog::components::Wanted;
use crate::diagnostic::Missing;

use super::owner::Owner;
use super::{Context, Remedy, Verdict, Way, rootless, search_path, shell_path, variant};

/// Where packages put headers.
const INCLUDE: [&str; 2] = ["/usr/include", "/usr/local/include"];

/// The remedy for a header that an installed header wants; none where it does not lie in a directory around that one, or
/// in the same directory of this machine's own (Debian's `/usr/include/x86_64-linux-gnu/ruby-3.3.0`, and
/// `/usr/lib/x86_64-linux-gnu/gtk-2.0/include`).
#[must_use]
pub(super) fn remedy(name: &str, missing: &Missing, context: Context<'_>) -> Option<Remedy> {
    let includer = &missing.location.as_ref()?.file;
    if Owner::of(context) != Owner::System || context.command.is_32_bit {
        return None;
    }
    // What was unpacked without root lies as it does in the system, in a directory of the user's own.
    let sysroot = rootless::sysroot(context).filter(|sysroot| includer.starts_with(sysroot));
    let unpacked = sysroot.as_ref().and_then(|sysroot| rootless::outside(sysroot, includer));
    let includer = unpacked.as_ref().unwrap_or(includer);
    let base = INCLUDE.iter().map(Path::new).find(|base| includer.starts_with(base))?;
    let files = &context.host.files;
    let directories = around(includer, base).into_iter();
    let directory = directories
        .map(|directory| sysroot.as_ref().map_or_else(|| directory.clone(), |root| rootless::inside(root, &directory)))
        .find(|directory| files.is_file(&directory.join(name)))?;
    let is_searched =
        |searched: &PathBuf| files.canonical(&context.command.directory.join(searched)) == files.canonical(&directory);
    // Where it is found now something changed since, or the message meant another thing.
    if context.command.include_dirs.iter().any(is_searched) {
        return None;
    }
    let rows = context.catalog.components.that_bring(Wanted::Header(name));
    let of_directory = || directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Some(Remedy {
        component: rows.first().map_or_else(of_directory, |row| row.id.clone()),
        verdict: Verdict::Path,
        because: format!("this compile does not look in {}, where it is", directory.display()),
        python: None,
        ways: vec![Way { env: search_path::variables(Wanted::Header(name), &directory, context), ..Way::default() }],
        verify: Some(format!("test -f {}", shell_path(&directory.join(name)))),
        notes: Vec::new(),
    })
}

/// The directories around a header, below `base`, the nearest first; behind each its twin of this machine's own, or
/// where it is that the one for all machines.
fn around(includer: &Path, base: &Path) -> Vec<PathBuf> {
    let own = base.join(variant::triplet());
    let mut directories = Vec::new();
    for directory in includer.ancestors().skip(1).take_while(|directory| *directory != base && *directory != own) {
        let below_own = directory.strip_prefix(&own).map(|rest| base.join(rest));
        let twin = below_own.or_else(|_| directory.strip_prefix(base).map(|rest| own.join(rest)));
        let among_libraries = directory.strip_prefix(base).ok().filter(|_| base == Path::new("/usr/include"));
        let among_libraries = among_libraries.map(|rest| Path::new("/usr/lib").join(variant::triplet()).join(rest));
        directories.push(directory.to_owned());
        directories.extend(twin);
        directories.extend(among_libraries.map(|directory| directory.join("include")));
    }
    directories
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_their_twins() {
        let base = Path::new("/usr/include");
        let own = base.join(variant::triplet());
        let found = around(Path::new("/usr/include/ruby-3.3.0/ruby/ruby.h"), base);
        let libraries = Path::new("/usr/lib").join(variant::triplet());
        let expected = [
            base.join("ruby-3.3.0/ruby"),
            own.join("ruby-3.3.0/ruby"),
            libraries.join("ruby-3.3.0/ruby/include"),
            base.join("ruby-3.3.0"),
            own.join("ruby-3.3.0"),
            libraries.join("ruby-3.3.0/include"),
        ];
        assert_eq!(found, expected);
        let local = Path::new("/usr/local/include");
        let own_local = local.join(variant::triplet());
        assert_eq!(around(&own_local.join("x/a.h"), local), [own_local.join("x"), local.join("x")]);
        assert!(around(Path::new("/usr/include/stdio.h"), base).is_empty());
    }
}
