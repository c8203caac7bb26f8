//! The real compiler, never ourselves.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use memchr::memmem;

use crate::command::driver::Language;
use crate::shim::call::Wanted;
use crate::shim::environment::{Environment, c_string};

/// The file that `setup` puts beside the names it makes; a directory that holds it is ours.
pub const MARKER: &str = ".pycc-shim";

/// Names that serve `CXX=pycc-shim` and `CC=pycc-shim`, first found first taken: what Inductor and setuptools would
/// call themselves on this system.
const FOR_C: [&[u8]; 3] = if cfg!(target_os = "macos") { [b"clang", b"cc", b"gcc"] } else { [b"gcc", b"cc", b"clang"] };
const FOR_CXX: [&[u8]; 3] =
    if cfg!(target_os = "macos") { [b"clang++", b"c++", b"g++"] } else { [b"g++", b"c++", b"clang++"] };

/// Where `execvp` looks when there is no PATH at all.
pub const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// What to run.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The file to execute.
    pub program: CString,
    /// `argv[0]` for it.
    pub argv0: CString,
    /// Arguments that stand before the caller's own.
    pub extra: Vec<CString>,
    /// PATH for it, where it must differ from ours.
    pub path: Option<Vec<u8>>,
}

/// Why there is nothing to run.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// No file of that name: exit status 127.
    NotFound { name: Vec<u8> },
    /// A file that may not be executed: exit status 126.
    NotExecutable { path: Vec<u8> },
    /// A variable of ours whose value is no command line: exit status 127.
    BadCommand { variable: &'static str, value: Vec<u8> },
}

/// Where `run` puts names for compilers that CC and CXX name by a path: below a directory of ours, each at that path.
/// A build that records the name (CMake, Meson) finds it there afterwards too.
pub const BY_PATH: &str = "/pycc-shim/by-path/";

/// The compiler that a name below `run`'s directory stands for, as an absolute path; none for every other name. Looks at
/// the file system only where the words are there.
#[must_use]
pub fn stood_for(called: &[u8]) -> Option<&[u8]> {
    let at = memmem::find(called, BY_PATH.as_bytes())? + BY_PATH.len();
    let marker = [&called[..at], MARKER.as_bytes()].concat();
    // The slash before the path is the path's own.
    status_of(&c_string(marker)).map(|_| &called[at - 1..])
}

/// Finds the compiler for a call.
///
/// `own` is our own file's device and inode. Candidates that are this file, or that lie in a directory with our
/// marker, are passed over, and their directories leave the child's PATH: two wrappers that each search PATH would
/// otherwise call each other for ever (measured with ccache). So are those that the kernel has `refused` to execute.
///
/// # Errors
/// See [`Failure`].
pub fn resolve(
    wanted: &Wanted<'_>,
    environment: &Environment,
    own: Option<FileId>,
    refused: &[CString],
) -> Result<Resolved, Failure> {
    let mut search = Search { path: environment.path.unwrap_or(DEFAULT_PATH), own, refused, passed_over: Vec::new() };
    let chosen = override_for(wanted, environment);
    if chosen.is_some() || !matches!(wanted, Wanted::Named { bare: true, .. }) {
        search.pass_over_ours(wanted);
    }
    let mut resolved = match chosen {
        Some((variable, value)) => by_command(variable, value, &mut search)?,
        None => by_call(wanted, &mut search)?,
    };
    // Below another of us it has been put before the compiler already. sccache's server keeps the environment of the
    // compile that started it and asks compilers in it: if that is us, the launcher would call itself.
    if let Some(launcher) = environment.launcher.filter(|_| environment.depth == 0) {
        resolved = launched("PYCC_SHIM_LAUNCHER", launcher, resolved, &mut search)?;
    }
    resolved.path = search.path_for_child();
    Ok(resolved)
}

/// `PYCC_SHIM_CC` or `PYCC_SHIM_CXX`, whichever the call's language reads. A launcher call names its compiler itself.
fn override_for<'e>(wanted: &Wanted<'_>, environment: &'e Environment) -> Option<(&'static str, &'e [u8])> {
    let language = match wanted {
        Wanted::Named { name, .. } => crate::command::driver::by_name(name)?.language,
        Wanted::ForInputs(language) => *language,
        Wanted::StandsFor(_) | Wanted::Launched(_) => return None,
    };
    match language {
        Language::C => environment.cc.map(|value| ("PYCC_SHIM_CC", value)),
        Language::Cxx => environment.cxx.map(|value| ("PYCC_SHIM_CXX", value)),
    }
}

fn by_call(wanted: &Wanted<'_>, search: &mut Search<'_>) -> Result<Resolved, Failure> {
    match wanted {
        // GCC finds its own parts from argv[0]: a bare name makes it search PATH, where it must meet itself first,
        // and its `-v` text stays what it was. Any other name of ours would end in "cannot execute 'cc1plus'".
        Wanted::Named { name, bare: true } => {
            let program = search.find(name)?;
            Ok(Resolved { program, argv0: c_string(*name), extra: Vec::new(), path: None })
        }
        Wanted::Named { name, bare: false } => Ok(by_absolute_path(search.find(name)?)),
        Wanted::StandsFor(path) => Ok(by_absolute_path(c_string(*path))),
        Wanted::Launched(written) if written.contains(&b'/') && !search.is_own(written) => {
            Ok(Resolved { program: c_string(*written), argv0: c_string(*written), extra: Vec::new(), path: None })
        }
        Wanted::Launched(written) => {
            let name = file_name(written);
            let program = search.find(name)?;
            if written.contains(&b'/') {
                return Ok(by_absolute_path(program));
            }
            Ok(Resolved { program, argv0: c_string(name), extra: Vec::new(), path: None })
        }
        Wanted::ForInputs(language) => {
            let names = match language {
                Language::C => FOR_C,
                Language::Cxx => FOR_CXX,
            };
            let found = names.iter().find_map(|name| search.find(name).ok());
            found.map(by_absolute_path).ok_or_else(|| Failure::NotFound { name: names[0].to_vec() })
        }
    }
}

/// A command line from one of our variables, split as a shell would.
fn by_command(variable: &'static str, value: &[u8], search: &mut Search<'_>) -> Result<Resolved, Failure> {
    let (program, extra) = split_command(variable, value)?;
    let program = if program.contains(&b'/') { c_string(program.as_slice()) } else { search.find(&program)? };
    Ok(Resolved { extra, ..by_absolute_path(program) })
}

/// Puts a launcher (ccache, distcc …) before the compiler, which it is given by path.
fn launched(
    variable: &'static str,
    value: &[u8],
    compiler: Resolved,
    search: &mut Search<'_>,
) -> Result<Resolved, Failure> {
    let (program, mut extra) = split_command(variable, value)?;
    let program = if program.contains(&b'/') { c_string(program.as_slice()) } else { search.find(&program)? };
    extra.push(absolute(&compiler.program));
    extra.extend(compiler.extra);
    Ok(Resolved { argv0: program.clone(), program, extra, path: None })
}

fn split_command(variable: &'static str, value: &[u8]) -> Result<(Vec<u8>, Vec<CString>), Failure> {
    let bad = || Failure::BadCommand { variable, value: value.to_vec() };
    let text = std::str::from_utf8(value).map_err(|_| bad())?;
    let mut words = shell_words::split(text).map_err(|_| bad())?.into_iter().map(String::into_bytes);
    let program = words.next().filter(|word| !word.is_empty()).ok_or_else(bad)?;
    Ok((program, words.map(c_string).collect()))
}

fn by_absolute_path(program: CString) -> Resolved {
    let program = absolute(&program);
    Resolved { argv0: program.clone(), program, extra: Vec::new(), path: None }
}

/// The path made absolute with the working directory, links left as they are (a name can be what the compiler
/// behind it goes by).
fn absolute(path: &CString) -> CString {
    if path.as_bytes().starts_with(b"/") {
        return path.clone();
    }
    std::path::absolute(OsStr::from_bytes(path.as_bytes()))
        .map_or_else(|_| path.clone(), |absolute| c_string(absolute.as_os_str().as_bytes()))
}

/// A file's device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// Our own executable's identity; none where the system cannot tell.
    #[must_use]
    pub fn of_ourselves() -> Option<Self> {
        #[cfg(target_os = "linux")]
        if let Some(status) = status_of(c"/proc/self/exe") {
            return Some(status.id);
        }
        let path = own_executable()?;
        status_of(&c_string(path.as_os_str().as_bytes())).map(|status| status.id)
    }
}

/// The path of our own executable: what the system says, or where it says nothing (no /proc) the path that we were
/// executed by (`AT_EXECFN`, getauxval(3)).
#[must_use]
pub fn own_executable() -> Option<PathBuf> {
    if let Ok(path) = std::env::current_exe() {
        return Some(path);
    }
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the kernel puts the address of a NUL-terminated string there, or 0; it is never freed.
        let path = unsafe {
            let path = libc::getauxval(libc::AT_EXECFN) as *const std::ffi::c_char;
            if path.is_null() {
                return None;
            }
            std::ffi::CStr::from_ptr(path)
        };
        std::path::absolute(OsStr::from_bytes(path.to_bytes())).ok()
    }
    #[cfg(not(target_os = "linux"))]
    None
}

struct Status {
    id: FileId,
    is_directory: bool,
    may_execute: bool,
}

/// `stat(2)` reduced to what we ask of it.
fn status_of(path: &std::ffi::CStr) -> Option<Status> {
    let mut raw = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: a NUL-terminated path and a buffer of the right size; the buffer is read only after success.
    let raw = unsafe {
        if libc::stat(path.as_ptr(), raw.as_mut_ptr()) != 0 {
            return None;
        }
        raw.assume_init()
    };
    #[allow(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")]
    let id = FileId { device: raw.st_dev as u64, inode: raw.st_ino as u64 };
    Some(Status {
        id,
        is_directory: raw.st_mode & libc::S_IFMT == libc::S_IFDIR,
        may_execute: raw.st_mode & 0o111 != 0,
    })
}

/// A walk along PATH that remembers which of its directories turned out to be ours.
struct Search<'a> {
    path: &'a [u8],
    own: Option<FileId>,
    refused: &'a [CString],
    passed_over: Vec<&'a [u8]>,
}

impl Search<'_> {
    /// The first file of that name on PATH that is not one of us, as the path made of the PATH entry (an empty entry
    /// is the working directory, as POSIX has it).
    fn find(&mut self, name: &[u8]) -> Result<CString, Failure> {
        let mut forbidden = None;
        for directory in self.path.split(|&byte| byte == b':') {
            if self.passed_over.contains(&directory) {
                continue;
            }
            let candidate = join(directory, name);
            let Some(status) = status_of(&candidate) else { continue };
            if status.is_directory {
                continue;
            }
            if Some(status.id) == self.own || status_of(&join(directory, MARKER.as_bytes())).is_some() {
                self.passed_over.push(directory);
                continue;
            }
            if !status.may_execute || self.refused.contains(&candidate) {
                forbidden.get_or_insert(candidate);
                continue;
            }
            return Ok(candidate);
        }
        Err(match forbidden {
            Some(path) => Failure::NotExecutable { path: path.into_bytes() },
            None => Failure::NotFound { name: name.to_vec() },
        })
    }

    /// Passes over every directory of ours on PATH, also those behind the compiler that a walk would find first.
    ///
    /// A call by a bare name needs none of this: PATH led to us, so no candidate stands before our directory. A call
    /// by path may come from a wrapper that does stand before it (ccache), found us on PATH, and would find us there
    /// again when we run it; and so would a wrapper that the user chose by path (`PYCC_SHIM_CC="/usr/bin/ccache gcc"`).
    fn pass_over_ours(&mut self, wanted: &Wanted<'_>) {
        let name = match wanted {
            Wanted::Named { name, .. } => Some(*name),
            Wanted::StandsFor(written) | Wanted::Launched(written) => Some(file_name(written)),
            Wanted::ForInputs(_) => None,
        };
        for directory in self.path.split(|&byte| byte == b':') {
            let is_ours = status_of(&join(directory, MARKER.as_bytes())).is_some()
                || name.is_some_and(|name| {
                    let candidate = status_of(&join(directory, name));
                    self.own.is_some() && candidate.map(|status| status.id) == self.own
                });
            if is_ours && !self.passed_over.contains(&directory) {
                self.passed_over.push(directory);
            }
        }
    }

    /// Whether a path that the caller wrote leads to ourselves.
    fn is_own(&self, path: &[u8]) -> bool {
        self.own.is_some() && status_of(&c_string(path)).map(|status| status.id) == self.own
    }

    /// PATH less our directories; none when there was nothing to take out.
    fn path_for_child(&self) -> Option<Vec<u8>> {
        if self.passed_over.is_empty() {
            return None;
        }
        let kept: Vec<&[u8]> =
            self.path.split(|&byte| byte == b':').filter(|entry| !self.passed_over.contains(entry)).collect();
        Some(kept.join(b":".as_slice()))
    }
}

fn join(directory: &'_ [u8], name: &[u8]) -> CString {
    let mut path = Vec::with_capacity(directory.len() + name.len() + 2);
    path.extend_from_slice(directory);
    if !directory.is_empty() && !directory.ends_with(b"/") {
        path.push(b'/');
    }
    if directory.is_empty() {
        path.extend_from_slice(b"./");
    }
    path.extend_from_slice(name);
    c_string(path)
}

fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
