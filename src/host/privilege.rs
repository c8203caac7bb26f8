//! Who we may act as.

use std::path::Path;

use super::container::{self, Container};
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
    ///
    /// That sudo or doas is there is all that we ask: who may use it stands in files that only root reads. But neither
    /// works for a process that may gain no privileges, as in Kubernetes with `allowPrivilegeEscalation: false`
    /// (`PR_SET_NO_NEW_PRIVS(2const)`). In Apptainer root's rights are of use only where the image was made writable.
    #[must_use]
    pub fn read(root: &Root, container: Container, user: u32) -> Self {
        if container == Container::Apptainer {
            let writable = user == 0 && container::root_is_writable(root) == Some(true);
            return if writable { Self::Root } else { Self::None };
        }
        if root.is_live() && user == 0 {
            return Self::Root;
        }
        let may_gain = !no_new_privileges(root);
        let has = |name: &str| {
            may_gain
                && ["/usr/bin", "/usr/local/bin", "/bin", "/opt/homebrew/bin", "/run/wrappers/bin"]
                    .iter()
                    .any(|directory| root.is_file(&Path::new(directory).join(name)))
        };
        let in_image = container.lost_on_exit() && !root.is_live();
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

/// Whether this process can gain no privileges, not even by sudo (`proc_pid_status(5)`).
fn no_new_privileges(root: &Root) -> bool {
    let status = root.head(Path::new("/proc/self/status"), 64 * 1024).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let value = status.lines().find_map(|line| line.strip_prefix("NoNewPrivs:"));
    value.is_some_and(|value| value.trim() == "1")
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::machine;
    use super::*;

    #[test]
    fn ways_to_roots_rights() {
        let (sudo, doas) = (("usr/bin/sudo", ""), ("usr/bin/doas", ""));
        let (read_only, writable) =
            (("proc/mounts", "overlay / overlay ro 0 0\n"), ("proc/mounts", "overlay / overlay rw 0 0\n"));
        for (files, container, user, privilege) in [
            (&[][..], Container::None, 1000, Privilege::None),
            (&[], Container::None, 0, Privilege::Root),
            (&[sudo, doas], Container::None, 1000, Privilege::Sudo),
            (&[doas], Container::None, 1000, Privilege::Doas),
            (&[("run/wrappers/bin/sudo", "")], Container::None, 1000, Privilege::Sudo),
            (&[], Container::Docker, 1000, Privilege::Root),
            (&[sudo], Container::Docker, 1000, Privilege::Sudo),
            (&[], Container::Lxc, 1000, Privilege::None),
            (&[sudo, ("proc/self/status", "Name:\tx\nNoNewPrivs:\t1\n")], Container::None, 1000, Privilege::None),
            (&[sudo, ("proc/self/status", "Name:\tx\nNoNewPrivs:\t0\n")], Container::None, 1000, Privilege::Sudo),
            (&[sudo], Container::Apptainer, 1000, Privilege::None),
            (&[], Container::Apptainer, 0, Privilege::None),
            (&[read_only], Container::Apptainer, 0, Privilege::None),
            (&[writable], Container::Apptainer, 0, Privilege::Root),
            (&[writable], Container::Apptainer, 1000, Privilege::None),
        ] {
            let (_keep, root) = machine(files);
            assert_eq!(Privilege::read(&root, container, user), privilege, "{files:?} {container:?} {user}");
        }
    }

    #[test]
    fn the_running_machine() {
        assert_eq!(Privilege::read(&Root::new(Path::new("/")), Container::Docker, 0), Privilege::Root);
    }
}
