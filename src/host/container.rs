//! Whether this is a container, of which kind, and so whether an installation lives longer than it does.

use std::path::Path;

use super::files::Root;

/// What keeps this machine's processes apart from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Nothing that we can see: a machine of its own, virtual or not.
    None,
    Docker,
    Podman,
    Kubernetes,
    /// containerd without any of those before it (nerdctl, k3s' builders).
    Containerd,
    /// Apptainer or Singularity.
    Apptainer,
    /// Toolbox or Distrobox: Podman's or Docker's containers that people keep and install into.
    Toolbox,
    /// LXC, LXD or Incus: a whole system, started and stopped like a machine.
    Lxc,
    /// systemd-nspawn: the same.
    Nspawn,
}

/// How a runtime shows in the paths of PID 1's cgroup (version 1) and in the layers of an overlay that is `/`.
const RUNTIMES: [(&str, Container); 9] = [
    ("/kubepods", Container::Kubernetes),
    ("/docker/", Container::Docker),
    ("/docker-", Container::Docker),
    ("/buildkit/", Container::Docker),
    ("/libpod-", Container::Podman),
    ("/containers/storage/", Container::Podman),
    ("/containerd/", Container::Containerd),
    ("/lxc/", Container::Lxc),
    ("/lxc.payload", Container::Lxc),
];

/// /proc files have no length, so that they are read by their head.
const HEAD: u64 = 64 * 1024;

impl Container {
    /// Reads the marks that runtimes leave. Docker leaves `/.dockerenv`; Podman and Kubernetes' CRI-O
    /// `/run/.containerenv`, and Toolbox `/run/.toolboxenv` beside it; Distrobox mounts its `distrobox-host-exec`;
    /// Kubernetes mounts a service account; Apptainer's images have `/.singularity.d`; LXC and nspawn tell the systemd
    /// in them who they are, which keeps it in `/run/systemd/container` (systemd's "Container Interface"). BuildKit's
    /// build steps leave nothing but the layers of their `/`.
    #[must_use]
    pub fn read(root: &Root) -> Self {
        let has = |mark: &str| root.exists(Path::new(mark));
        let is_kept = || has("/run/.toolboxenv") || has("/usr/bin/distrobox-host-exec");
        if has("/var/run/secrets/kubernetes.io/serviceaccount") {
            Self::Kubernetes
        } else if has("/.dockerenv") {
            if is_kept() { Self::Toolbox } else { Self::Docker }
        } else if has("/run/.containerenv") {
            if is_kept() { Self::Toolbox } else { Self::Podman }
        } else if has("/.singularity.d") {
            Self::Apptainer
        } else {
            by_systemd(root).or_else(|| by_paths(root)).unwrap_or(Self::None)
        }
    }

    #[must_use]
    pub fn is_container(self) -> bool {
        self != Self::None
    }

    /// Whether what is installed by hand is gone with the container, so that it belongs into the image. Apptainer's
    /// image cannot even be written.
    #[must_use]
    pub fn lost_on_exit(self) -> bool {
        match self {
            Self::Docker | Self::Podman | Self::Kubernetes | Self::Containerd | Self::Apptainer => true,
            Self::None | Self::Toolbox | Self::Lxc | Self::Nspawn => false,
        }
    }
}

fn by_systemd(root: &Root) -> Option<Container> {
    let manager = root.head(Path::new("/run/systemd/container"), HEAD)?;
    match String::from_utf8_lossy(&manager).trim() {
        "docker" => Some(Container::Docker),
        "podman" => Some(Container::Podman),
        "lxc" | "lxc-libvirt" => Some(Container::Lxc),
        "systemd-nspawn" => Some(Container::Nspawn),
        _ => None,
    }
}

fn by_paths(root: &Root) -> Option<Container> {
    let cgroup = root.head(Path::new("/proc/1/cgroup"), HEAD).unwrap_or_default();
    let cgroup = String::from_utf8_lossy(&cgroup);
    let runtime = |text: &str| RUNTIMES.iter().find(|(path, _)| text.contains(path)).map(|(_, runtime)| *runtime);
    runtime(&cgroup).or_else(|| {
        let mounts = root.head(Path::new("/proc/mounts"), HEAD)?;
        let mounts = String::from_utf8_lossy(&mounts);
        runtime(mounts.lines().rfind(|line| line.starts_with("overlay / overlay "))?)
    })
}

/// Whether `/` is mounted for reading and writing, as `/proc/mounts` (`proc_pid_mounts(5)`) has it; the last mount is
/// the one that is seen. None where it does not say.
#[must_use]
pub fn root_is_writable(root: &Root) -> Option<bool> {
    let mounts = root.head(Path::new("/proc/mounts"), HEAD)?;
    let mounts = String::from_utf8_lossy(&mounts);
    let mut options = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        (fields.nth(1)? == "/").then(|| fields.nth(1))?
    });
    options.next_back().map(|options| options.split(',').any(|option| option == "rw"))
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::machine;
    use super::*;

    #[test]
    fn marks_of_runtimes() {
        let overlay = |layers: &str| {
            format!("overlay / overlay rw,relatime,lowerdir={layers},upperdir=/u 0 0\nproc /proc proc rw 0 0\n")
        };
        let (buildkit, podman) = (
            overlay("/var/lib/buildkit/runc-overlayfs/snapshots/snapshots/1/fs"),
            overlay("/home/u/.local/share/containers/storage/overlay/l/A"),
        );
        let nested = overlay("/home/u/layers");
        for (files, kind, lost) in [
            (&[][..], Container::None, false),
            (&[(".dockerenv", "")], Container::Docker, true),
            (&[("run/.containerenv", "")], Container::Podman, true),
            (&[("run/.containerenv", ""), ("run/.toolboxenv", "")], Container::Toolbox, false),
            (&[("run/.containerenv", ""), ("usr/bin/distrobox-host-exec", "")], Container::Toolbox, false),
            (&[("usr/bin/distrobox-host-exec", "")], Container::None, false),
            (
                &[("run/.containerenv", ""), ("var/run/secrets/kubernetes.io/serviceaccount/token", "")],
                Container::Kubernetes,
                true,
            ),
            (&[(".singularity.d/runscript", "")], Container::Apptainer, true),
            (&[("run/systemd/container", "lxc\n")], Container::Lxc, false),
            (&[("run/systemd/container", "systemd-nspawn")], Container::Nspawn, false),
            (&[("run/systemd/container", "something")], Container::None, false),
            (&[("proc/1/cgroup", "12:pids:/kubepods/burstable/pod1/2\n")], Container::Kubernetes, true),
            (&[("proc/1/cgroup", "12:pids:/docker/0123\n")], Container::Docker, true),
            (&[("proc/1/cgroup", "12:pids:/machine.slice/libpod-12.scope\n")], Container::Podman, true),
            (&[("proc/1/cgroup", "12:pids:/lxc/box\n")], Container::Lxc, false),
            (&[("proc/1/cgroup", "0::/\n"), ("proc/mounts", &buildkit)], Container::Docker, true),
            (&[("proc/1/cgroup", "0::/\n"), ("proc/mounts", &podman)], Container::Podman, true),
            (&[("proc/1/cgroup", "0::/init.scope\n"), ("proc/mounts", &nested)], Container::None, false),
            // A machine that runs Docker is none of its containers.
            (
                &[(
                    "proc/mounts",
                    "/dev/sda / ext4 rw 0 0\noverlay /var/lib/docker/overlay2/a/merged overlay rw 0 0\n",
                )],
                Container::None,
                false,
            ),
        ] {
            let (_keep, root) = machine(files);
            let read = Container::read(&root);
            assert_eq!((read, read.lost_on_exit()), (kind, lost), "{files:?}");
            assert_eq!(read.is_container(), kind != Container::None);
        }
    }

    #[test]
    fn how_the_root_is_mounted() {
        for (mounts, writable) in [
            ("overlay / overlay ro,nosuid,nodev 0 0\ntmpfs /tmp tmpfs rw 0 0\n", Some(false)),
            ("rootfs / rootfs ro 0 0\noverlay / overlay rw,nosuid 0 0\n", Some(true)),
            ("tmpfs /tmp tmpfs rw 0 0\n", None),
        ] {
            let (_keep, root) = machine(&[("proc/mounts", mounts)]);
            assert_eq!(root_is_writable(&root), writable, "{mounts}");
        }
    }
}
