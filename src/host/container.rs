//! Whether this is a container, in which an installation lives no longer than it does.

use std::path::Path;

use super::files::Root;

/// Docker leaves `/.dockerenv`, Podman and Kubernetes' CRI-O `/run/.containerenv`, Apptainer `/.singularity.d`, and
/// Kubernetes mounts a service account; cgroup v1 names the runtime in PID 1's paths.
#[must_use]
pub fn is_container(root: &Root) -> bool {
    let marks =
        ["/.dockerenv", "/run/.containerenv", "/.singularity.d", "/var/run/secrets/kubernetes.io/serviceaccount"];
    if marks.iter().any(|mark| root.exists(Path::new(mark))) {
        return true;
    }
    // /proc files have no length, so that they are read by their head.
    let cgroup = root.head(Path::new("/proc/1/cgroup"), 64 * 1024).unwrap_or_default();
    let cgroup = String::from_utf8_lossy(&cgroup);
    ["/docker/", "/docker-", "/kubepods", "/lxc/", "/libpod-", "/containerd/"].iter().any(|name| cgroup.contains(name))
}
