//! The version of a Python and its ABI, as they stand in names.

use std::fmt;

/// `major.minor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// A version with its ABI suffix: `""`, `"t"` (free-threaded) or `"d"` (debug).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub version: Version,
    pub abi: String,
}

impl Tag {
    /// Reads `3.13`, `3.13t`, `3.6m` (the `m` of Python before 3.8 is no choice of the user's, and is dropped).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, rest) = text.split_once('.')?;
        let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        let version = Version { major: major.parse().ok()?, minor: rest[..digits].parse().ok()? };
        let abi = match &rest[digits..] {
            "" | "m" => "",
            "t" => "t",
            "d" | "dm" => "d",
            _ => return None,
        };
        Some(Self { version, abi: abi.to_owned() })
    }

    /// Reads a file name such as `python3.13t` (an include directory, an interpreter, a library directory).
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::parse(name.strip_prefix("python")?)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.version, self.abi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        for (text, expected) in [
            ("3.13", Some(((3, 13), ""))),
            ("3.13t", Some(((3, 13), "t"))),
            ("3.6m", Some(((3, 6), ""))),
            ("3.11d", Some(((3, 11), "d"))),
            ("3", None),
            ("3.x", None),
            ("3.13-config", None),
        ] {
            let tag = Tag::parse(text).map(|tag| ((tag.version.major, tag.version.minor), tag.abi));
            assert_eq!(tag.as_ref().map(|(version, abi)| (*version, abi.as_str())), expected, "{text}");
        }
    }
}
