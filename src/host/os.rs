//! The operating system: os-release(5), or macOS's SystemVersion.plist.

use std::path::Path;

use super::container::Container;
use super::files::Root;

/// What the system says it is. Empty strings where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Os {
    /// `ID`, or `macos`.
    pub id: String,
    /// `ID_LIKE`, nearest relative first.
    pub like: Vec<String>,
    /// `VERSION_ID`.
    pub version: String,
    /// The release's own code name, and that of the release it is built on (Mint's `UBUNTU_CODENAME`).
    pub codenames: Vec<String>,
    /// Whether `/usr` is an image that is exchanged as a whole: what a package manager installs there is refused, or
    /// gone with the next update. In a container it is false: the image is writable there.
    pub immutable: bool,
}

const MACOS: &str = "/System/Library/CoreServices/SystemVersion.plist";

/// Android's terminal has no os-release, but its own packages, below one directory (Termux' "File system layout").
const TERMUX: &str = "/data/data/com.termux/files/usr/bin/pkg";

/// Whatever is booted by OSTree: Fedora's atomic desktops, CoreOS and IoT, RHEL for Edge, Endless (`ostree-booted`
/// is what rpm-ostree itself looks at).
const OSTREE: &str = "/run/ostree-booted";

/// `VARIANT_ID` of Fedora's editions that are made by OSTree, for a machine that is not running. (Fedora's
/// fedora-release package.)
const OSTREE_VARIANTS: [&str; 9] =
    ["silverblue", "kinoite", "sericea", "sway-atomic", "onyx", "budgie-atomic", "cosmic-atomic", "coreos", "iot"];

/// IDs of other systems of that kind, or IDs that they are like: SteamOS (`steamos-readonly`), SUSE's with
/// `transactional-update`, Ubuntu Core (snaps), Flatcar.
const IMAGES: [&str; 11] = [
    "steamos",
    "opensuse-microos",
    "opensuse-leap-micro",
    "opensuse-aeon",
    "aeon",
    "opensuse-kalpa",
    "kalpa",
    "sle-micro",
    "sl-micro",
    "ubuntu-core",
    "flatcar",
];

impl Os {
    /// Reads what a system says of itself; `container` because an image's files say the same in a container.
    #[must_use]
    pub fn read(root: &Root, container: Container) -> Self {
        let release = root.read(Path::new("/etc/os-release")).or_else(|| root.read(Path::new("/usr/lib/os-release")));
        if let Some(release) = release {
            let mut os = Self::from_os_release(&String::from_utf8_lossy(&release));
            os.immutable = !container.is_container() && (os.immutable || root.exists(Path::new(OSTREE)));
            return os;
        }
        if root.is_file(Path::new(TERMUX)) {
            return Self { id: "termux".to_owned(), ..Self::default() };
        }
        let plist = root.read(Path::new(MACOS));
        plist.map_or_else(Self::default, |plist| Self {
            id: "macos".to_owned(),
            version: plist_value(&String::from_utf8_lossy(&plist), "ProductVersion").unwrap_or_default(),
            ..Self::default()
        })
    }

    fn from_os_release(text: &str) -> Self {
        let value = |name: &str| {
            let assigned = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
            // os-release(5): shell assignments; quotes of both kinds, no expansion.
            shell_words::split(assigned).ok()?.into_iter().next()
        };
        let codenames = ["VERSION_CODENAME", "UBUNTU_CODENAME", "DEBIAN_CODENAME"];
        let id = value("ID").unwrap_or_else(|| "linux".to_owned());
        let like: Vec<String> = value("ID_LIKE").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let variant = value("VARIANT_ID").unwrap_or_default();
        Self {
            immutable: [&id].into_iter().chain(&like).any(|id| IMAGES.contains(&&**id))
                || OSTREE_VARIANTS.contains(&&*variant),
            id,
            like,
            version: value("VERSION_ID").unwrap_or_default(),
            codenames: codenames.iter().filter_map(|name| value(name)).collect(),
        }
    }
}

fn plist_value(plist: &str, key: &str) -> Option<String> {
    let after = plist.split_once(&format!("<key>{key}</key>"))?.1;
    let value = after.split_once("<string>")?.1.split_once("</string>")?.0;
    Some(value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::machine;
    use super::*;

    #[test]
    fn quotes_relatives_and_code_names() {
        let text = "NAME=\"Linux Mint\"\nVERSION_ID='22'\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n";
        assert_eq!(
            Os::from_os_release(text),
            Os {
                id: "linuxmint".into(),
                like: vec!["ubuntu".into(), "debian".into()],
                version: "22".into(),
                codenames: vec!["wilma".into(), "noble".into()],
                immutable: false,
            }
        );
        let sid = Os::from_os_release("ID=debian\nVERSION_CODENAME=sid\n");
        assert_eq!((sid.version.as_str(), sid.codenames), ("", vec!["sid".to_owned()]));
    }

    #[test]
    fn images_are_immutable_until_they_are_containers() {
        for (release, booted, immutable) in [
            ("ID=fedora\nVERSION_ID=42\nVARIANT_ID=workstation\n", "", false),
            ("ID=fedora\nVERSION_ID=42\nVARIANT_ID=silverblue\n", "", true),
            ("ID=bazzite\nID_LIKE=\"fedora\"\n", "run/ostree-booted", true),
            ("ID=steamos\nID_LIKE=arch\n", "", true),
            ("ID=\"aeon\"\nID_LIKE=\"suse opensuse opensuse-tumbleweed\"\n", "", true),
        ] {
            let (_keep, root) =
                machine(&[("usr/lib/os-release", release), (booted, "")][..=usize::from(!booted.is_empty())]);
            assert_eq!(Os::read(&root, Container::None).immutable, immutable, "{release}");
            assert!(!Os::read(&root, Container::Toolbox).immutable, "{release}");
        }
    }

    #[test]
    fn termux_by_its_program() {
        let (_keep, root) = machine(&[("data/data/com.termux/files/usr/bin/pkg", "")]);
        assert_eq!(Os::read(&root, Container::None), Os { id: "termux".into(), ..Os::default() });
    }

    #[test]
    fn macos_by_its_plist() {
        let plist = "<dict>\n<key>ProductName</key><string>macOS</string>\n\t<key>ProductVersion</key>\n\t<string>15.1</string>\n</dict>";
        assert_eq!(plist_value(plist, "ProductVersion").as_deref(), Some("15.1"));
    }
}
