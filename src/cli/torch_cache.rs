//! Inductor's cache directory, and the failed compiles that it keeps: `FILE.error` beside the file that was not made,
//! JSON of the command's words and the compiler's text (torch/_inductor/codecache.py, CUTLASSCodeCache). They are raised
//! again without a compile, also when what was missing is there.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::diagnostic;

/// A kept error is a command and its output; what is larger is none.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The most directories that are looked into: the cache has one for each two letters of a hash.
const MOST: usize = 4096;

/// A failure that the cache keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CachedError {
    pub(super) file: PathBuf,
    /// Names of what it says is missing.
    pub(super) missing: Vec<Vec<u8>>,
}

/// Where Inductor caches (torch/_inductor/runtime/cache_dir_utils.py): `chosen`, the value of TORCHINDUCTOR_CACHE_DIR, or
/// a directory with the user's name below the temporary one.
pub(super) fn directory(chosen: Option<&OsStr>, temporary: Option<&OsStr>) -> PathBuf {
    if let Some(chosen) = chosen.filter(|value| !value.is_empty()) {
        return chosen.into();
    }
    let temporary = temporary.filter(|value| !value.is_empty()).map_or_else(|| "/tmp".into(), PathBuf::from);
    // getpass.getuser asks these, in this order, before the password database.
    let named =
        ["LOGNAME", "USER", "LNAME", "USERNAME"].iter().find_map(|name| env::var_os(name).filter(|it| !it.is_empty()));
    let user = named.unwrap_or_else(|| if effective_user() == 0 { OsString::from("root") } else { OsString::new() });
    let user: String =
        user.to_string_lossy().chars().map(|it| if r#"\/:*?"<>|"#.contains(it) { '_' } else { it }).collect();
    temporary.join(format!("torchinductor_{user}"))
}

/// The kept failures below a cache directory that say something is missing; files of other users are left alone.
pub(super) fn errors(directory: &Path) -> Vec<CachedError> {
    let mut found = Vec::new();
    let inside = |directory: &Path| fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    for part in inside(directory).filter(|path| path.is_dir()).take(MOST) {
        let ends_so = |path: &PathBuf| path.extension() == Some(OsStr::new("error"));
        found.extend(inside(&part).filter(ends_so).filter_map(|file| read(&file)));
    }
    found.sort_by(|one, other| one.file.cmp(&other.file));
    found
}

fn read(file: &Path) -> Option<CachedError> {
    let status = fs::symlink_metadata(file).ok()?;
    if !status.is_file() || status.len() > LARGEST || status.uid() != effective_user() {
        return None;
    }
    let (_, text): (Vec<String>, String) = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let said = diagnostic::scan(text.as_bytes(), &|_| None);
    let missing: Vec<Vec<u8>> = said.missing.into_iter().map(|missing| missing.name).collect();
    (!missing.is_empty()).then(|| CachedError { file: file.to_owned(), missing })
}

fn effective_user() -> u32 {
    // SAFETY: geteuid always succeeds and touches nothing.
    unsafe { libc::geteuid() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_that_say_what_is_missing() {
        let cache = tempfile::tempdir().unwrap();
        let at = |path: &str| cache.path().join(path);
        fs::create_dir(at("ab")).unwrap();
        let text = "a.cu:1:10: fatal error: cutlass/cutlass.h: No such file or directory\\n    1 | #include <cutlass/cutlass.h>";
        fs::write(at("ab/one.so.error"), format!(r#"[["nvcc", "a.cu"], "{text}"]"#)).unwrap();
        fs::write(at("ab/two.so.error"), r#"[["nvcc"], "a.cu(1): error: expected a \";\""]"#).unwrap();
        fs::write(at("ab/three.so.error"), text).unwrap();
        fs::write(at("ab/four.so"), format!(r#"[["nvcc", "a.cu"], "{text}"]"#)).unwrap();
        std::os::unix::fs::symlink(at("ab/one.so.error"), at("ab/five.so.error")).unwrap();
        let expected = CachedError { file: at("ab/one.so.error"), missing: vec![b"cutlass/cutlass.h".to_vec()] };
        assert_eq!(errors(cache.path()), [expected]);
        assert_eq!(errors(&at("nowhere")), []);
    }

    #[test]
    fn where_the_cache_is() {
        assert_eq!(directory(Some(OsStr::new("/c")), None), Path::new("/c"));
        let below = directory(None, Some(OsStr::new("/t")));
        assert!(below.starts_with("/t") && below.to_string_lossy().contains("/torchinductor_"), "{}", below.display());
    }
}
