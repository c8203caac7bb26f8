//! The interpreter that runs the build: the first Python among our ancestors.

use std::path::{Path, PathBuf};

/// How far up a build tool may stand between Python and the compiler (ninja, ccache, make, shells).
const FARTHEST: usize = 16;

/// The file of the nearest ancestor process that is a Python; none where there is none, or where processes are not told.
#[must_use]
pub fn interpreter() -> Option<PathBuf> {
    let mut process = std::os::unix::process::parent_id();
    for _ in 0..FARTHEST {
        // In a container the program itself is process 1; its parent is 0, which is none.
        if process == 0 {
            return None;
        }
        if let Some(interpreter) = system::executable(process).and_then(|file| of_executable(&file)) {
            return Some(interpreter);
        }
        process = system::parent(process)?;
    }
    None
}

/// The interpreter that a process's file is: `python3.13`, `python`, `pypy3.11`. A framework's runs out of an
/// application inside it, `Versions/3.13/Resources/Python.app/Contents/MacOS/Python`, and stands in `bin` beside.
fn of_executable(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?;
    if file.ends_with("Resources/Python.app/Contents/MacOS/Python") {
        let version = file.ancestors().nth(5)?;
        return Some(version.join(format!("bin/python{}", version.file_name()?.to_str()?)));
    }
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"))?;
    let is_version = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b't' | b'd' | b'm');
    version.bytes().all(is_version).then(|| file.to_owned())
}

#[cfg(target_os = "linux")]
mod system {
    use std::path::PathBuf;

    pub(super) fn executable(process: u32) -> Option<PathBuf> {
        std::fs::read_link(format!("/proc/{process}/exe")).ok()
    }

    /// The parent's process id: the fourth field of `/proc/PID/stat` (proc(5)); the second, the name, may itself hold
    /// spaces and parentheses.
    pub(super) fn parent(process: u32) -> Option<u32> {
        let status = std::fs::read(format!("/proc/{process}/stat")).ok()?;
        let after_name = status.iter().rposition(|&byte| byte == b')')? + 1;
        let fields = String::from_utf8_lossy(&status[after_name..]).into_owned();
        fields.split_whitespace().nth(1)?.parse().ok()
    }
}

/// libproc (`sys/proc_info.h`, `libproc.h`). Compiled, never run by the authors: they have no Mac.
#[cfg(target_os = "macos")]
mod system {
    use std::ffi::{OsString, c_int, c_void};
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStringExt;
    use std::path::PathBuf;

    pub(super) fn executable(process: u32) -> Option<PathBuf> {
        let process = c_int::try_from(process).ok()?;
        let mut path = vec![0_u8; libc::PROC_PIDPATHINFO_MAXSIZE.try_into().ok()?];
        let room = u32::try_from(path.len()).ok()?;
        // SAFETY: the buffer is as long as is said, and is only written to.
        let length = unsafe { libc::proc_pidpath(process, path.as_mut_ptr().cast::<c_void>(), room) };
        path.truncate(usize::try_from(length).ok().filter(|length| *length > 0)?);
        Some(OsString::from_vec(path).into())
    }

    pub(super) fn parent(process: u32) -> Option<u32> {
        let process = c_int::try_from(process).ok()?;
        let mut facts = MaybeUninit::<libc::proc_bsdinfo>::zeroed();
        let size = c_int::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
        let buffer = facts.as_mut_ptr().cast::<c_void>();
        // SAFETY: the buffer is as large as is said, and is only written to.
        let written = unsafe { libc::proc_pidinfo(process, libc::PROC_PIDTBSDINFO, 0, buffer, size) };
        // SAFETY: all of it was zero before, which is a value of every field, and all of it was written.
        (written == size).then(|| unsafe { facts.assume_init() }.pbi_ppid)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    use std::path::PathBuf;

    pub(super) fn executable(_: u32) -> Option<PathBuf> {
        None
    }

    pub(super) fn parent(_: u32) -> Option<u32> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_of_pythons() {
        for (file, expected) in [
            ("/usr/bin/python3.13", Some("/usr/bin/python3.13")),
            ("/opt/py/bin/python", Some("/opt/py/bin/python")),
            ("/opt/py/bin/python3.13t", Some("/opt/py/bin/python3.13t")),
            ("/usr/bin/pypy3.9", Some("/usr/bin/pypy3.9")),
            (
                "/Library/Frameworks/Python.framework/Versions/3.13/Resources/Python.app/Contents/MacOS/Python",
                Some("/Library/Frameworks/Python.framework/Versions/3.13/bin/python3.13"),
            ),
            ("/usr/bin/python3.13-config", None),
            ("/usr/bin/python3.13 (deleted)", None),
            ("/usr/bin/ninja", None),
        ] {
            assert_eq!(of_executable(Path::new(file)).as_deref(), expected.map(Path::new), "{file}");
        }
    }
}
