//! Compiler drivers by name: what `x86_64-linux-gnu-g++-12` says about itself.

/// Which family of compilers a driver's name belongs to. `cc` and `c++` are whatever the system made them, and
/// count as [`Family::System`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    Gnu,
    Clang,
    System,
}

/// The language that a driver links for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    C,
    Cxx,
}

/// What the name of a compiler driver says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Driver {
    pub family: Family,
    pub language: Language,
}

/// The plain driver names; a target prefix and a version suffix may surround each. A static, for `shim::early` reads it
/// before the C library has started.
pub(crate) static DRIVERS: [(&[u8], Family, Language); 6] = [
    (b"g++", Family::Gnu, Language::Cxx),
    (b"gcc", Family::Gnu, Language::C),
    (b"clang++", Family::Clang, Language::Cxx),
    (b"clang", Family::Clang, Language::C),
    (b"c++", Family::System, Language::Cxx),
    (b"cc", Family::System, Language::C),
];

/// Reads a file name (no directory) as a compiler driver: `gcc`, `x86_64-linux-gnu-gcc-12`, `clang++-19`.
///
/// The grammar is that of the names which Debian's alternatives and cross toolchains install:
/// `[PREFIX-]DRIVER[-VERSION]`, VERSION being digits and dots. `gcc-ar`, `clang-format` and `distcc` are none.
#[must_use]
pub fn by_name(name: &[u8]) -> Option<Driver> {
    let stem = without_version(name);
    DRIVERS.iter().find_map(|&(driver, family, language)| {
        let prefix = stem.strip_suffix(driver)?;
        (prefix.is_empty() || prefix.ends_with(b"-")).then_some(Driver { family, language })
    })
}

/// The version at the end of a name: `12` of `g++-12`, `4.9` of `gcc-4.9`.
#[must_use]
pub fn version(name: &[u8]) -> Option<&[u8]> {
    name.get(without_version(name).len() + 1..)
}

/// The name without a trailing `-12` or `-12.2`.
#[must_use]
pub fn without_version(name: &[u8]) -> &[u8] {
    let Some(dash) = name.iter().rposition(|&byte| byte == b'-') else { return name };
    let version = &name[dash + 1..];
    let is_version = version.first().is_some_and(u8::is_ascii_digit)
        && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if is_version { &name[..dash] } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_drivers() {
        for (name, family, language) in [
            ("gcc", Family::Gnu, Language::C),
            ("g++-12", Family::Gnu, Language::Cxx),
            ("x86_64-linux-gnu-gcc-12", Family::Gnu, Language::C),
            ("x86_64-conda-linux-gnu-c++", Family::System, Language::Cxx),
            ("clang++-19", Family::Clang, Language::Cxx),
            ("clang", Family::Clang, Language::C),
            ("c99-gcc", Family::Gnu, Language::C),
            ("gcc-4.9", Family::Gnu, Language::C),
        ] {
            assert_eq!(by_name(name.as_bytes()), Some(Driver { family, language }), "{name}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(version(b"x86_64-linux-gnu-g++-12"), Some(&b"12"[..]));
        assert_eq!(version(b"gcc-4.9"), Some(&b"4.9"[..]));
        assert_eq!(version(b"gcc"), None);
        assert_eq!(version(b""), None);
    }

    #[test]
    fn names_that_are_not() {
        for name in
            ["gcc-ar", "gcc-ar-12", "clang-format", "clang-cpp", "distcc", "ccache", "nvcc", "pycc-shim", "-12", ""]
        {
            assert_eq!(by_name(name.as_bytes()), None, "{name}");
        }
    }
}
