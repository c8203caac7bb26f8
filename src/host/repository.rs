//! Which sources of packages are enabled, read from apt's and dnf's own files.

use std::path::Path;

use super::files::Root;

/// Directories in which a source has a file of its own.
const SOURCES: [&str; 2] = ["/etc/apt/sources.list.d", "/etc/yum.repos.d"];

/// Whether a source's file has `piece` in its name: `deadsnakes-ubuntu-ppa-noble.sources`, `epel.repo`.
#[must_use]
pub fn has_file(root: &Root, piece: &str) -> bool {
    SOURCES.iter().flat_map(|directory| root.names(Path::new(directory))).any(|name| name.contains(piece))
}

/// Whether a section whose name begins so is on in a `.repo` file (dnf.conf(5)): `enabled=1`, or no word of it.
#[must_use]
pub fn has_section(root: &Root, beginning: &str) -> bool {
    let directory = Path::new(SOURCES[1]);
    let texts = root
        .names(directory)
        .into_iter()
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "repo"));
    texts.filter_map(|name| root.read(&directory.join(name))).any(|text| {
        let text = String::from_utf8_lossy(&text).into_owned();
        text.split("\n[").map(|section| section.trim_start_matches('[')).any(|section| {
            let is_off = section.lines().any(|line| {
                let assigned = line.split_once('=').filter(|(name, _)| name.trim() == "enabled");
                assigned.is_some_and(|(_, value)| matches!(value.trim(), "0" | "false" | "no" | "off"))
            });
            section.starts_with(beginning) && !is_off
        })
    })
}

/// Whether apt's sources name a component (sources.list(5)), in either form.
#[must_use]
pub fn has_component(root: &Root, component: &str) -> bool {
    let directory = Path::new(SOURCES[0]);
    let parts = root.names(directory).into_iter().map(|name| directory.join(name));
    let files = [Path::new("/etc/apt/sources.list").to_owned()].into_iter().chain(parts);
    files.filter_map(|file| root.read(&file)).any(|text| {
        String::from_utf8_lossy(&text).lines().any(|line| {
            let words = line.strip_prefix("deb ").or_else(|| line.strip_prefix("Components:"));
            words.is_some_and(|words| words.split_whitespace().any(|word| word == component))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn root_with(file: &str, text: &str) -> (tempfile::TempDir, Root) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        let root = Root::new(directory.path());
        (directory, root)
    }

    #[test]
    fn files_of_both_managers() {
        let (_keep, root) = root_with("etc/yum.repos.d/epel.repo", "");
        assert!(has_file(&root, "epel") && !has_file(&root, "cuda"));
        let (_keep, root) = root_with("etc/apt/sources.list.d/cuda-ubuntu2404-x86_64.list", "");
        assert!(has_file(&root, "cuda") && !has_file(&root, "epel"));
    }

    #[test]
    fn sections_that_are_on() {
        let text = "[baseos]\nname=x\n[crb]\nname=y\nenabled = 0\n\n[crb-debug]\nenabled=0\n[extras]\nenabled=1\n";
        let (_keep, root) = root_with("etc/yum.repos.d/rocky.repo", text);
        assert!(has_section(&root, "baseos") && has_section(&root, "extras"));
        assert!(!has_section(&root, "crb"));
    }

    #[test]
    fn components_in_both_forms() {
        let (_keep, root) =
            root_with("etc/apt/sources.list", "# deb x y contrib\ndeb http://h d main non-free-firmware\n");
        assert!(has_component(&root, "main") && !has_component(&root, "non-free") && !has_component(&root, "contrib"));
        let text = "Types: deb\nURIs: http://h\nSuites: s\nComponents: main contrib\n";
        let (_keep, root) = root_with("etc/apt/sources.list.d/debian.sources", text);
        assert!(has_component(&root, "contrib"));
    }
}
