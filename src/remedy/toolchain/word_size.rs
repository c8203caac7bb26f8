//! A 32-bit compile on a 64-bit system that has one half of the libraries only.

use std::path::{Path, PathBuf};

use crate::command::driver::Language;
use crate::diagnostic::Kind;
use crate::remedy::Verdict;

use super::{Case, Cause};

/// The cause, where what is missing is there for 64 bits.
pub(super) fn cause(case: Case<'_>) -> Option<Cause> {
    if case.gcc.triplet != "x86_64-linux-gnu" {
        return None;
    }
    let is_cxx = match case.missing.kind {
        Kind::Header => header(case)?,
        Kind::Startfile => {
            let there = Path::new("/usr/lib32").join(case.name);
            if case.has(&there) {
                return None;
            }
            case.compiler.driver.language == Language::Cxx
        }
        // The linker saw the 64-bit one and passed it over.
        Kind::Library if !case.missing.incompatible.is_empty() => {
            case.compiler.driver.language == Language::Cxx || case.name == "stdc++"
        }
        _ => return None,
    };
    // The headers of /usr/include/c++/10 are GCC 10's, whoever is called g++ (case c339).
    let of_headers = case.asker().and_then(|file| file.strip_prefix("/usr/include/c++").ok()?.iter().next()?.to_str());
    let of_compiler = || match case.gcc.newest {
        Some(newest) if case.compiler.is_clang() => newest.to_string(),
        _ => case.compiler.version.clone(),
    };
    let version = of_headers.map_or_else(of_compiler, str::to_owned);
    // Clang takes what the system's own GCC has. Debian 12 keeps asm/ in the system's own package alone.
    let is_systems = case.compiler.is_clang() || case.name.starts_with("asm/");
    let is_default = is_systems || case.compiler.is_default && version == case.compiler.version;
    let because = "this is a 32-bit compile, and only the 64-bit half of the libraries is installed".to_owned();
    let witness = match (is_cxx, is_systems) {
        (false, true) => PathBuf::from("/usr/lib32/crt1.o"),
        _ => case.gcc.version(&version).join(if is_cxx { "32/libstdc++.so" } else { "32/libgcc.a" }),
    };
    let part = if is_cxx { "libstdcxx-multilib-32" } else { "libc-multilib-32" };
    Some(Cause { version: Some(version), is_default, ..case.cause(part, Verdict::Install, because, witness) })
}

/// Whether a header, there for 64 bits, is the C++ library's; none where it is neither.
fn header(case: Case<'_>) -> Option<bool> {
    let multiarch = case.gcc.multiarch_include();
    if case.has(&multiarch.join(case.name)) {
        return Some(false);
    }
    let files = &case.context.host.files;
    let has_cxx = |directory: &Path| {
        files.names(directory).iter().any(|version| case.has(&directory.join(version).join(case.name)))
    };
    // Clang sees no C++ library at all without GCC's 32-bit directory.
    (has_cxx(&multiarch.join("c++")) || case.compiler.is_clang() && has_cxx(Path::new("/usr/include/c++")))
        .then_some(true)
}
