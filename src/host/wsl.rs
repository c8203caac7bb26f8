//! Whether this is a Linux inside Windows, whose NVIDIA driver is Windows' and lies elsewhere.

use std::path::Path;

use super::container::Container;
use super::files::Root;

/// Whether this is the Windows Subsystem for Linux: Windows' libraries are at `/usr/lib/wsl`, or Windows' programs can
/// be started (`binfmt_misc`), or the kernel is Microsoft's. The kernel alone does not count in a container: Docker
/// Desktop's have that kernel and nothing else of WSL.
#[must_use]
pub fn is_wsl(root: &Root, container: Container) -> bool {
    let has = |mark: &str| root.exists(Path::new(mark));
    let marks = ["/usr/lib/wsl", "/proc/sys/fs/binfmt_misc/WSLInterop", "/proc/sys/fs/binfmt_misc/WSLInterop-late"];
    if marks.into_iter().any(has) {
        return true;
    }
    let kernel = root.head(Path::new("/proc/version"), 4096).unwrap_or_default();
    !container.is_container() && String::from_utf8_lossy(&kernel).to_ascii_lowercase().contains("microsoft")
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::machine;
    use super::*;

    #[test]
    fn marks_of_wsl() {
        const KERNEL: (&str, &str) = ("proc/version", "Linux version 5.15.167.4-microsoft-standard-WSL2 (root@1)\n");
        for (files, container, is) in [
            (&[][..], Container::None, false),
            (&[("proc/version", "Linux version 6.1.0 (debian-kernel@lists.debian.org)\n")], Container::None, false),
            (&[KERNEL], Container::None, true),
            (&[("proc/version", "Linux version 4.4.0-19041-Microsoft\n")], Container::None, true),
            (&[KERNEL], Container::Docker, false),
            (&[KERNEL, ("usr/lib/wsl/lib/libcuda.so.1", "")], Container::Docker, true),
            (&[("proc/sys/fs/binfmt_misc/WSLInterop", "enabled\n")], Container::None, true),
        ] {
            let (_keep, root) = machine(files);
            assert_eq!(is_wsl(&root, container), is, "{files:?}");
        }
    }
}
