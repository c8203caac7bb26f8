//! The environment block, read once: what concerns us in it, and what the compiler gets of it.

use std::ffi::{CStr, CString, c_char};

/// Names that we read. Public switches begin with `PYCC_SHIM_`, our own notes to ourselves with an underscore.
pub mod names {
    pub const DISABLE: &str = "PYCC_SHIM_DISABLE";
    pub const CC: &str = "PYCC_SHIM_CC";
    pub const CXX: &str = "PYCC_SHIM_CXX";
    pub const LAUNCHER: &str = "PYCC_SHIM_LAUNCHER";
    pub const MATCH: &str = "PYCC_SHIM_MATCH";
    pub const FORMAT: &str = "PYCC_SHIM_FORMAT";
    pub const REPORT_DIR: &str = "PYCC_SHIM_REPORT_DIR";
    /// How many of us stand between the user and this process.
    pub const DEPTH: &str = "_PYCC_SHIM_DEPTH";
    /// A directory whose files stand for the machine's facts, for tests of the live shim.
    pub const ROOT: &str = "_PYCC_SHIM_ROOT";
    /// Makes the diagnosis panic, for the test that a compile's outcome survives it.
    pub const PANIC: &str = "_PYCC_SHIM_PANIC";
    /// The directory in which `run` collects the reports of the compiles below it.
    pub const RUN_DIR: &str = "_PYCC_SHIM_RUN_DIR";
}

/// The variables that decide how a compile runs, beside those that a launcher reads: of the drivers and what they start
/// (GCC's manual, "Environment Variables"; Clang's; ld's; nvcc's), of what finds the Python, and our own.
pub const OF_A_COMPILE: [&str; 33] = [
    "PATH",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "OBJC_INCLUDE_PATH",
    "LIBRARY_PATH",
    "LD_RUN_PATH",
    "LD_LIBRARY_PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "GNUTARGET",
    "LDEMULATION",
    "SDKROOT",
    "MACOSX_DEPLOYMENT_TARGET",
    "SOURCE_DATE_EPOCH",
    "NVCC_PREPEND_FLAGS",
    "NVCC_APPEND_FLAGS",
    "NVCC_CCBIN",
    "CUDA_HOME",
    "CUDA_PATH",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "TORCHINDUCTOR_CACHE_DIR",
    names::CC,
    names::CXX,
    names::LAUNCHER,
    names::MATCH,
    "PYCC_SHIM_CATALOG",
];

/// The variables that decide how a compile runs, borrowed from the process's own block.
#[derive(Debug, Default)]
pub struct Environment {
    entries: Vec<&'static CStr>,
    pub path: Option<&'static [u8]>,
    pub home: Option<&'static [u8]>,
    /// `XDG_DATA_HOME`, where it is absolute; the specification has relative paths ignored.
    pub data_home: Option<&'static [u8]>,
    pub depth: usize,
    pub disabled: bool,
    pub off: bool,
    pub cc: Option<&'static [u8]>,
    pub cxx: Option<&'static [u8]>,
    pub launcher: Option<&'static [u8]>,
}

impl Environment {
    /// Reads the process's environment block. Call it before anything else that could change the block, and never
    /// change the block afterwards: the strings are borrowed for the life of the process.
    #[must_use]
    pub fn of_process() -> Self {
        let mut found = Self::default();
        for entry in block() {
            found.take(entry);
        }
        found
    }

    fn take(&mut self, entry: &'static CStr) {
        let bytes = entry.to_bytes();
        if let Some(value) = bytes.strip_prefix(b"PATH=") {
            // As getenv: where there are two, the first counts.
            self.path.get_or_insert(value);
        } else if let Some(value) = bytes.strip_prefix(b"HOME=") {
            self.home = Some(value).filter(|home| home.starts_with(b"/"));
        } else if let Some(value) = bytes.strip_prefix(b"XDG_DATA_HOME=") {
            self.data_home = Some(value).filter(|home| home.starts_with(b"/"));
        } else if let Some(value) = bytes.strip_prefix(b"PYCC_SHIM_") {
            self.take_switch(value);
        } else if let Some(value) = value_of(bytes, names::DEPTH.as_bytes()) {
            self.depth = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(1);
            return;
        }
        self.entries.push(entry);
    }

    /// Takes what follows `PYCC_SHIM_` in an entry.
    fn take_switch(&mut self, rest: &'static [u8]) {
        let Some(equals) = rest.iter().position(|&byte| byte == b'=') else { return };
        let (name, value) = (&rest[..equals], &rest[equals + 1..]);
        if value.is_empty() {
            return;
        }
        match name {
            b"DISABLE" => self.disabled = value != b"0",
            b"CC" => self.cc = Some(value),
            b"CXX" => self.cxx = Some(value),
            b"LAUNCHER" => self.launcher = Some(value),
            b"MATCH" => self.off = value == b"off",
            _ => {}
        }
    }

    /// The value of a variable, none where it is not set.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'static [u8]> {
        self.entries.iter().find_map(|entry| value_of(entry.to_bytes(), name.as_bytes()))
    }

    /// The block for the compiler: ours, with `path` (when given) in place of PATH, with the depth counter one higher,
    /// and with what the user had us keep. Nothing else differs.
    #[must_use]
    pub fn for_compiler(&self, path: Option<&[u8]>, kept: &[(&'static str, Vec<u8>)]) -> Block {
        let depth = (self.depth + 1).to_string();
        let mut changes = vec![(names::DEPTH, depth.as_bytes())];
        changes.extend(path.map(|path| ("PATH", path)));
        changes.extend(kept.iter().map(|(name, value)| (*name, value.as_slice())));
        self.with(&changes)
    }

    /// Our block with these variables set, each in its old place where it has one, and otherwise as it is; without the
    /// depth counter unless it is set here.
    #[must_use]
    pub fn with(&self, changes: &[(&str, &[u8])]) -> Block {
        let owned: Vec<CString> =
            changes.iter().map(|(name, value)| c_string([name.as_bytes(), b"=", value].concat())).collect();
        let mut new: Vec<Option<*const c_char>> = owned.iter().map(|entry| Some(entry.as_ptr())).collect();
        let change =
            |entry: &CStr| changes.iter().position(|(name, _)| value_of(entry.to_bytes(), name.as_bytes()).is_some());
        let mut pointers: Vec<*const c_char> = Vec::with_capacity(self.entries.len() + owned.len() + 1);
        for entry in &self.entries {
            match change(entry) {
                Some(index) => pointers.extend(new[index].take()),
                None => pointers.push(entry.as_ptr()),
            }
        }
        pointers.extend(new.into_iter().flatten());
        pointers.push(std::ptr::null());
        Block { pointers, _owned: owned }
    }
}

/// A NULL-terminated list of `NAME=value` strings for `execve` and its kin.
#[derive(Debug)]
pub struct Block {
    pointers: Vec<*const c_char>,
    _owned: Vec<CString>,
}

impl Block {
    #[must_use]
    pub fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

/// A C string of bytes that came out of one, and so hold no NUL.
pub(super) fn c_string(bytes: impl Into<Vec<u8>>) -> CString {
    CString::new(bytes).unwrap_or_default()
}

fn value_of<'a>(entry: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    entry.strip_prefix(name)?.strip_prefix(b"=")
}

/// The entries of the process's environment block.
fn block() -> impl Iterator<Item = &'static CStr> {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    // SAFETY: reading the pointer that the C start-up code set; we are the only thread and change nothing.
    let mut next = unsafe { environ };
    std::iter::from_fn(move || {
        if next.is_null() {
            return None;
        }
        // SAFETY: `next` walks the block up to its NULL end; its strings live as long as the process, since nothing
        // in this program calls setenv, putenv or unsetenv.
        let (entry, following) = unsafe { (*next, next.add(1)) };
        if entry.is_null() {
            return None;
        }
        next = following;
        // SAFETY: as above: a NUL-terminated string that is never freed.
        Some(unsafe { CStr::from_ptr(entry) })
    })
}
