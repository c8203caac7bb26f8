//! Who we may act as.

use std::path::Path;

use super::files::Root;

/// How a command gets root's rights here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// It has them.
    Root,
    Sudo,
    Doas,
    /// No way that we can see.
    None,
}

impl Privilege {
    /// `user` is the effective user id. On the running machine root is root; below another root a container without
    /// sudo is taken to run as root (images do), then its sudo or doas counts, then the effective user.
    #[must_use]
    pub fn read(root: &Root, container: bool, user: u32) -> Self {
        if root.is_live() && user == 0 {
            return Self::Root;
        }
        let has = |name: &str| {
            ["/usr/bin", "/usr/local/bin", "/bin", "/opt/homebrew/bin", "/run/wrappers/bin"]
                .iter()
                .any(|directory| root.is_file(&Path::new(directory).join(name)))
        };
        let in_image = container && !root.is_live();
        if has("sudo") {
            Self::Sudo
        } else if in_image {
            Self::Root
        } else if has("doas") {
            Self::Doas
        } else if user == 0 {
            Self::Root
        } else {
            Self::None
        }
    }

    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Sudo => "sudo",
            Self::Doas => "doas",
            Self::None => "none",
        }
    }
}
