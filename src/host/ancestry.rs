//! The interpreter that runs the build: the first Python among our ancestors.

use std::path::PathBuf;

/// How far up a build tool may stand between Python and the compiler (ninja, ccache, make, shells).
#[cfg(target_os = "linux")]
const FARTHEST: usize = 16;

/// The file of the nearest ancestor process that is a Python; none where there is none, or no /proc.
#[cfg(target_os = "linux")]
#[must_use]
pub fn interpreter() -> Option<PathBuf> {
    let mut process = std::os::unix::process::parent_id();
    for _ in 0..FARTHEST {
        // In a container the program itself is process 1; its parent is 0, which is none.
        if process == 0 {
            return None;
        }
        let executable = std::fs::read_link(format!("/proc/{process}/exe")).ok();
        let is_python = executable.as_ref().and_then(|path| path.file_name()?.to_str()).is_some_and(|name| {
            let rest = name.strip_prefix("python");
            rest.is_some_and(|rest| {
                rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b't' | b'd'))
            })
        });
        if is_python {
            return executable;
        }
        process = parent(process)?;
    }
    None
}

/// The parent's process id: the fourth field of `/proc/PID/stat` (proc(5)); the second, the name, may itself hold
/// spaces and parentheses.
#[cfg(target_os = "linux")]
fn parent(process: u32) -> Option<u32> {
    let status = std::fs::read(format!("/proc/{process}/stat")).ok()?;
    let after_name = status.iter().rposition(|&byte| byte == b')')? + 1;
    let fields = String::from_utf8_lossy(&status[after_name..]).into_owned();
    fields.split_whitespace().nth(1)?.parse().ok()
}

/// Not read elsewhere yet.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn interpreter() -> Option<PathBuf> {
    None
}
