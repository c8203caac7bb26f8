//! What a machine is taken for: fake roots in, with what the systems' own os-release files say, and the whole of what
//! is decided from it out.

use std::fmt::Write as _;
use std::fs;

use pycc_shim::catalog::Catalog;
use pycc_shim::host::{Host, Surroundings};

/// `PLATFORM RELEASE; MANAGERS; PRIVILEGE; CONTAINER`, and then what else is so.
fn read(release: &str, files: &[&str], user: u32) -> String {
    let root = tempfile::tempdir().unwrap();
    let file = |path: &str, content: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    if !release.is_empty() {
        file("etc/os-release", &release.replace("; ", "\n"));
    }
    for named in files {
        let (path, content) = named.split_once('=').unwrap_or((named, ""));
        file(path, content);
    }
    let home = Some("/home/u".into());
    let host = Host::read(root.path(), &Surroundings { user, home, ..Surroundings::default() });
    let os = &host.os;
    let platform = Catalog::embedded().platform(&os.id, &os.like, &os.version, &os.codenames);
    let mut text = platform.map_or_else(
        || "no platform".to_owned(),
        |platform| format!("{} {}", platform.id, if platform.release.is_empty() { "-" } else { &platform.release }),
    );
    let kind = format!("{:?}", host.container_kind).to_lowercase();
    let _ = write!(text, "; {}; {}; {kind}", host.managers.join(" "), host.privilege.name());
    assert_eq!(host.container, host.container_kind.lost_on_exit());
    let others = host.environment_managers.join(" ");
    for (is, what) in [(os.immutable, "immutable"), (host.wsl, "wsl"), (!others.is_empty(), &*others)] {
        if is {
            let _ = write!(text, "; {what}");
        }
    }
    text
}

const APT: &[&str] = &["usr/bin/apt-get", "usr/bin/sudo"];
const DNF: &[&str] = &["usr/bin/dnf", "usr/bin/yum", "usr/bin/sudo"];
const PACMAN: &[&str] = &["usr/bin/pacman", "usr/bin/sudo"];
const ZYPPER: &[&str] = &["usr/bin/zypper", "usr/bin/sudo"];

/// Somebody's own machine: os-release (a line ends at `; `), files, and what is read.
#[test]
fn debian_red_hat_and_their_relatives() {
    for (release, files, expected) in [
        // Debian's.
        (r#"ID=debian; VERSION_ID="11"; VERSION_CODENAME=bullseye"#, APT, "debian 11; apt; sudo; none"),
        (r#"ID=debian; VERSION_ID="12"; VERSION_CODENAME=bookworm"#, APT, "debian 12; apt; sudo; none"),
        (r#"ID=debian; VERSION_ID="13"; VERSION_CODENAME=trixie"#, APT, "debian 13; apt; sudo; none"),
        ("ID=debian; VERSION_CODENAME=sid", APT, "debian sid; apt; sudo; none"),
        (
            r#"ID=raspbian; ID_LIKE=debian; VERSION_ID="12"; VERSION_CODENAME=bookworm"#,
            APT,
            "debian 12; apt; sudo; none",
        ),
        (r#"ID=devuan; ID_LIKE=debian; VERSION_ID="5"; VERSION_CODENAME=daedalus"#, APT, "debian 12; apt; sudo; none"),
        (r#"ID=mx; ID_LIKE=debian; VERSION_ID="23"; VERSION_CODENAME=Libretto"#, APT, "debian -; apt; sudo; none"),
        (
            r#"ID=linuxmint; ID_LIKE=debian; VERSION_ID="6"; VERSION_CODENAME=faye; DEBIAN_CODENAME=bookworm"#,
            APT,
            "debian 12; apt; sudo; none",
        ),
        (
            r#"ID=kali; ID_LIKE=debian; VERSION_ID="2026.1"; VERSION_CODENAME=kali-rolling"#,
            APT,
            "debian -; apt; sudo; none",
        ),
        // Ubuntu's.
        (
            r#"ID=ubuntu; ID_LIKE=debian; VERSION_ID="22.04"; VERSION_CODENAME=jammy; UBUNTU_CODENAME=jammy"#,
            APT,
            "ubuntu 22.04; apt; sudo; none",
        ),
        (
            r#"ID=ubuntu; ID_LIKE=debian; VERSION_ID="26.04"; VERSION_CODENAME=resolute"#,
            APT,
            "ubuntu 26.04; apt; sudo; none",
        ),
        (
            r#"ID=linuxmint; ID_LIKE="ubuntu debian"; VERSION_ID="22"; VERSION_CODENAME=wilma; UBUNTU_CODENAME=noble"#,
            APT,
            "ubuntu 24.04; apt; sudo; none",
        ),
        (
            r#"ID=pop; ID_LIKE="ubuntu debian"; VERSION_ID="22.04"; VERSION_CODENAME=jammy; UBUNTU_CODENAME=jammy"#,
            APT,
            "ubuntu 22.04; apt; sudo; none",
        ),
        (
            r#"ID=elementary; ID_LIKE=ubuntu; VERSION_ID="8"; VERSION_CODENAME=circe; UBUNTU_CODENAME=noble"#,
            APT,
            "ubuntu 24.04; apt; sudo; none",
        ),
        (
            r#"ID=zorin; ID_LIKE="ubuntu debian"; VERSION_ID="17"; VERSION_CODENAME=jammy; UBUNTU_CODENAME=jammy"#,
            APT,
            "ubuntu 22.04; apt; sudo; none",
        ),
        (r#"ID=neon; ID_LIKE="ubuntu debian"; VERSION_ID="99.04""#, APT, "ubuntu -; apt; sudo; none"),
        // Red Hat's.
        ("ID=fedora; VERSION_ID=42; VARIANT_ID=workstation", DNF, "fedora 42; dnf yum; sudo; none"),
        (r#"ID=nobara; ID_LIKE="rhel centos fedora"; VERSION_ID=42"#, DNF, "fedora 42; dnf yum; sudo; none"),
        (r#"ID="rhel"; ID_LIKE="fedora"; VERSION_ID="9.4""#, DNF, "rhel 9; dnf yum; sudo; none"),
        (r#"ID="rocky"; ID_LIKE="rhel centos fedora"; VERSION_ID="9.4""#, DNF, "rhel 9; dnf yum; sudo; none"),
        (r#"ID="almalinux"; ID_LIKE="rhel centos fedora"; VERSION_ID="10.0""#, DNF, "rhel 10; dnf yum; sudo; none"),
        (r#"ID="centos"; ID_LIKE="rhel fedora"; VERSION_ID="10""#, DNF, "rhel 10; dnf yum; sudo; none"),
        (r#"ID="ol"; ID_LIKE="fedora"; VERSION_ID="8.10""#, DNF, "rhel 8; dnf yum; sudo; none"),
        (r#"ID="cloudlinux"; ID_LIKE="rhel fedora centos"; VERSION_ID="9.4""#, DNF, "rhel -; dnf yum; sudo; none"),
        (r#"ID="amzn"; ID_LIKE="fedora"; VERSION_ID="2023""#, DNF, "amzn2023 2023; dnf yum; sudo; none"),
        (
            r#"ID="amzn"; ID_LIKE="centos rhel fedora"; VERSION_ID="2""#,
            &["usr/bin/yum", "usr/bin/sudo"],
            "no platform; yum; sudo; none",
        ),
    ] {
        assert_eq!(read(release, files, 1000), expected, "{release}");
    }
}

#[test]
fn other_systems() {
    for (release, files, expected) in [
        // SUSE's.
        (
            r#"ID="opensuse-leap"; ID_LIKE="suse opensuse"; VERSION_ID="15.6""#,
            ZYPPER,
            "opensuse 15; zypper; sudo; none",
        ),
        (
            r#"ID="opensuse-tumbleweed"; ID_LIKE="opensuse suse"; VERSION_ID="20261101""#,
            ZYPPER,
            "opensuse 20261101; zypper; sudo; none",
        ),
        (r#"ID="sles"; ID_LIKE="suse"; VERSION_ID="15.6""#, ZYPPER, "opensuse 15; zypper; sudo; none"),
        // Arch's.
        ("ID=arch; BUILD_ID=rolling", PACMAN, "arch -; pacman; sudo; none"),
        ("ID=arch; BUILD_ID=rolling; VERSION_ID=20261101.0.1", PACMAN, "arch -; pacman; sudo; none"),
        ("ID=manjaro; ID_LIKE=arch; BUILD_ID=rolling", PACMAN, "arch -; pacman; sudo; none"),
        ("ID=endeavouros; ID_LIKE=arch; BUILD_ID=2026.03.18", PACMAN, "arch -; pacman; sudo; none"),
        ("ID=garuda; ID_LIKE=arch; BUILD_ID=rolling", PACMAN, "arch -; pacman; sudo; none"),
        // Others.
        ("ID=alpine; VERSION_ID=3.22.1", &["sbin/apk", "usr/bin/doas"], "alpine 3; apk; doas; none"),
        (r#"ID="postmarketos"; ID_LIKE="alpine"; VERSION_ID="v25.06""#, &["sbin/apk"], "alpine -; apk; none; none"),
        (r#"ID=wolfi; VERSION_ID="20230201""#, &["sbin/apk"], "no platform; apk; none; none"),
        (r#"ID=chainguard; VERSION_ID="20230214""#, &["usr/bin/apk"], "no platform; apk; none; none"),
        (r#"ID="void""#, &["usr/bin/xbps-install", "usr/bin/sudo"], "void -; xbps; sudo; none"),
        ("ID=gentoo; VERSION_ID=2.17", &["usr/bin/emerge", "usr/bin/doas"], "gentoo -; emerge; doas; none"),
        (
            r#"ID=nixos; VERSION_ID="25.05"; VERSION_CODENAME=warbler"#,
            &["run/current-system/sw/bin/nix-env", "run/wrappers/bin/sudo"],
            "nixos 25; nix; sudo; none",
        ),
        ("ID=freebsd; VERSION_ID=14.2", &["usr/sbin/pkg", "usr/local/bin/doas"], "freebsd 14; pkg; doas; none"),
        (
            "ID=clear-linux-os; VERSION_ID=42000; ID_LIKE=clear-linux-os",
            &["usr/bin/swupd"],
            "no platform; ; none; none",
        ),
        ("", &["data/data/com.termux/files/usr/bin/pkg"], "termux -; pkg; none; none"),
        (
            "",
            &[
                "System/Library/CoreServices/SystemVersion.plist=<key>ProductVersion</key><string>15.1</string>",
                "opt/homebrew/bin/brew",
                "usr/bin/sudo",
            ],
            "macos 15; brew; sudo; none",
        ),
        ("", &[], "no platform; ; none; none"),
    ] {
        assert_eq!(read(release, files, 1000), expected, "{release}");
    }
}

#[test]
fn systems_that_are_exchanged_as_a_whole() {
    const FEDORA: &str = "ID=fedora; VERSION_ID=42; VARIANT_ID=";
    let ostree = ["run/ostree-booted", "usr/bin/dnf", "usr/bin/sudo"];
    for (release, files, expected) in [
        (format!("{FEDORA}silverblue"), &ostree[..], "fedora 42; dnf; sudo; none; immutable"),
        (format!("{FEDORA}coreos"), &["usr/bin/sudo"], "fedora 42; ; sudo; none; immutable"),
        (
            r#"ID=bazzite; ID_LIKE="fedora"; VERSION_ID=42; VARIANT_ID=bazzite"#.to_owned(),
            &ostree,
            "fedora -; dnf; sudo; none; immutable",
        ),
        (
            "ID=steamos; ID_LIKE=arch; VARIANT_ID=steamdeck; VERSION_ID=3.7.13".to_owned(),
            PACMAN,
            "arch -; pacman; sudo; none; immutable",
        ),
        (
            r#"ID="opensuse-microos"; ID_LIKE="suse opensuse opensuse-tumbleweed"; VERSION_ID="20261101""#.to_owned(),
            ZYPPER,
            "opensuse -; zypper; sudo; none; immutable",
        ),
        (
            r#"ID="sle-micro"; ID_LIKE="suse"; VERSION_ID="5.5""#.to_owned(),
            &["usr/bin/zypper"],
            "opensuse -; zypper; none; none; immutable",
        ),
        (format!("{FEDORA}container"), &["usr/bin/dnf", "run/.containerenv"], "fedora 42; dnf; root; podman"),
        // What one installs into on such a machine.
        (
            format!("{FEDORA}silverblue"),
            &["run/.containerenv", "run/.toolboxenv", "usr/bin/dnf", "usr/bin/sudo"],
            "fedora 42; dnf; sudo; toolbox",
        ),
    ] {
        assert_eq!(read(&release, files, 1000), expected, "{release}");
    }
}

#[test]
fn containers_and_who_one_is_in_them() {
    const DEBIAN: &str = "ID=debian; VERSION_ID=12; VERSION_CODENAME=bookworm";
    const APT: &str = "usr/bin/apt-get";
    const WSL_KERNEL: &str = "proc/version=Linux version 5.15.167.4-microsoft-standard-WSL2";
    const READ_ONLY: &str = "proc/mounts=overlay / overlay ro,nosuid 0 0\n";
    for (files, user, expected) in [
        (&[APT][..], 0, "debian 12; apt; root; none"),
        (&[APT], 1000, "debian 12; apt; none; none"),
        (&[APT, ".dockerenv"], 1000, "debian 12; apt; root; docker"),
        (&[APT, ".dockerenv", "usr/bin/sudo"], 1000, "debian 12; apt; sudo; docker"),
        (&[APT, "run/.containerenv"], 0, "debian 12; apt; root; podman"),
        (&[APT, "var/run/secrets/kubernetes.io/serviceaccount/token"], 1000, "debian 12; apt; root; kubernetes"),
        (&[APT, "usr/bin/sudo", "proc/self/status=NoNewPrivs:\t1\n"], 1000, "debian 12; apt; none; none"),
        (&[APT, "proc/1/cgroup=0::/system.slice/containerd/x\n"], 0, "debian 12; apt; root; containerd"),
        (&[APT, ".singularity.d/runscript", "usr/bin/sudo"], 0, "debian 12; apt; none; apptainer"),
        (&[APT, ".singularity.d/runscript", READ_ONLY], 0, "debian 12; apt; none; apptainer"),
        (
            &[APT, ".singularity.d/runscript", "proc/mounts=overlay / overlay rw 0 0\n"],
            0,
            "debian 12; apt; root; apptainer",
        ),
        (&[APT, "run/systemd/container=lxc\n", "usr/bin/sudo"], 1000, "debian 12; apt; sudo; lxc"),
        (&[APT, "run/systemd/container=systemd-nspawn\n"], 1000, "debian 12; apt; none; nspawn"),
        (&[APT, WSL_KERNEL, "usr/bin/sudo"], 1000, "debian 12; apt; sudo; none; wsl"),
        (&[APT, WSL_KERNEL, ".dockerenv"], 1000, "debian 12; apt; root; docker"),
        (&[APT, "usr/lib/wsl/lib/libcuda.so.1", "usr/bin/sudo"], 1000, "debian 12; apt; sudo; none; wsl"),
    ] {
        assert_eq!(read(DEBIAN, files, user), expected, "{files:?} {user}");
    }
}

/// conda and its like are beside the system's managers, never among them.
#[test]
fn several_managers() {
    const UBUNTU: &str = "ID=ubuntu; ID_LIKE=debian; VERSION_ID=24.04; VERSION_CODENAME=noble";
    for (files, expected) in [
        (
            &["usr/bin/apt-get", "home/linuxbrew/.linuxbrew/bin/brew", "nix/var/nix/profiles/default/bin/nix-env"][..],
            "ubuntu 24.04; apt nix brew; none; none",
        ),
        (
            &["usr/bin/apt-get", "usr/bin/pip", "home/u/.local/bin/uv", "home/u/.pixi/bin/pixi"],
            "ubuntu 24.04; apt; none; none; pixi uv pip",
        ),
        (&["opt/conda/bin/conda", "opt/conda/bin/mamba"], "ubuntu 24.04; ; none; none; conda mamba"),
        (&["bin/micromamba", "usr/local/bin/pkg"], "ubuntu 24.04; ; none; none; micromamba"),
    ] {
        assert_eq!(read(UBUNTU, files, 1000), expected, "{files:?}");
    }
    for (release, files, expected) in [
        ("ID=rhel; VERSION_ID=9.4", &["usr/bin/microdnf", ".dockerenv"], "rhel 9; microdnf; root; docker"),
        ("ID=centos; VERSION_ID=7", &["usr/bin/yum", ".dockerenv"], "rhel 7; yum; root; docker"),
    ] {
        assert_eq!(read(release, files, 1000), expected, "{release}");
    }
}
