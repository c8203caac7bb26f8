//! The argument list as the kernel gave it: bytes that nobody has decoded.

use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The content of a response file; none of what is no plain file. A pipe (`g++ @<(…)`) gives what it holds once, and
/// that is the compiler's; afterwards nobody may ever write to it again.
#[must_use]
pub fn response(path: &Path) -> Option<Vec<u8>> {
    let is_file = fs::metadata(path).is_ok_and(|status| status.is_file());
    is_file.then(|| fs::read(path).ok()).flatten()
}

/// Our own arguments, `argv[0]` first. An empty list reads as one empty argument.
#[derive(Debug, Clone)]
pub struct Args<'a> {
    words: Vec<&'a CStr>,
}

impl Args<'_> {
    /// Takes the arguments of the C entry point.
    ///
    /// # Safety
    /// `argv` must point to `argc` pointers to NUL-terminated strings that live for `'a`.
    #[must_use]
    pub unsafe fn from_raw(argc: c_int, argv: *const *const c_char) -> Self {
        let count = usize::try_from(argc).unwrap_or(0);
        // SAFETY: the caller promises `argc` valid pointers, each to a string that outlives us.
        let words = (0..count).map(|index| unsafe { CStr::from_ptr(*argv.add(index)) }).collect();
        Self { words }
    }
}

impl<'a> Args<'a> {
    /// The arguments of a call that is made for somebody else.
    #[must_use]
    pub fn of(words: &'a [CString]) -> Self {
        Self { words: words.iter().map(CString::as_c_str).collect() }
    }

    /// Makes a list of words, for calls that do not come from the kernel (tests, the tool's own re-entry).
    ///
    /// # Panics
    /// When a word holds a NUL byte, which no process can be given.
    #[must_use]
    pub fn from_words(words: &[&str]) -> Args<'static> {
        let words = words
            .iter()
            .map(|word| {
                let owned = CString::new(*word).expect("a process argument holds no NUL byte");
                &*Box::leak(owned.into_boxed_c_str())
            })
            .collect();
        Args { words }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The bytes of argument `index`, empty where there is none.
    #[must_use]
    pub fn bytes(&self, index: usize) -> &'a [u8] {
        self.words.get(index).map_or(b"", |word| word.to_bytes())
    }

    /// The arguments from `index` on, as the C strings they came as.
    #[must_use]
    pub fn from(&self, index: usize) -> &[&'a CStr] {
        self.words.get(index..).unwrap_or(&[])
    }

    /// All arguments as the platform's strings, `argv[0]` first.
    #[must_use]
    pub fn to_os_strings(&self) -> Vec<OsString> {
        self.words.iter().map(|word| OsStr::from_bytes(word.to_bytes()).to_owned()).collect()
    }
}
