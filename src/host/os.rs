//! The operating system: os-release(5), or macOS's SystemVersion.plist.

use std::path::Path;

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
}

const MACOS: &str = "/System/Library/CoreServices/SystemVersion.plist";

impl Os {
    #[must_use]
    pub fn read(root: &Root) -> Self {
        let release = root.read(Path::new("/etc/os-release")).or_else(|| root.read(Path::new("/usr/lib/os-release")));
        if let Some(release) = release {
            return Self::from_os_release(&String::from_utf8_lossy(&release));
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
        Self {
            id: value("ID").unwrap_or_else(|| "linux".to_owned()),
            like: value("ID_LIKE").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
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
            }
        );
        let sid = Os::from_os_release("ID=debian\nVERSION_CODENAME=sid\n");
        assert_eq!((sid.version.as_str(), sid.codenames), ("", vec!["sid".to_owned()]));
    }

    #[test]
    fn macos_by_its_plist() {
        let plist = "<dict>\n<key>ProductName</key><string>macOS</string>\n\t<key>ProductVersion</key>\n\t<string>15.1</string>\n</dict>";
        assert_eq!(plist_value(plist, "ProductVersion").as_deref(), Some("15.1"));
    }
}
