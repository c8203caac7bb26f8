//! A machine's files below a root directory: every path that is asked for is a path of that machine.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Links that may follow each other before we give up; Linux itself stops at 40 (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// The largest file that is read whole. Facts about a machine are small; what is larger is not one.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The root below which a machine's facts lie: `/`, or the directory that `--root` and tests name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Root {
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// Whether this is the running machine itself.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// Where a path of the machine really lies: links are followed inside the root, never out of it; `..` stops at
    /// the root. The last part may be absent.
    pub(super) fn locate(&self, path: &Path) -> Option<PathBuf> {
        if self.is_live() {
            return Some(path.to_owned());
        }
        Some(self.0.join(self.resolve(path)?.strip_prefix("/").ok()?))
    }

    /// The path of the machine with all links followed, or none where they loop.
    fn resolve(&self, path: &Path) -> Option<PathBuf> {
        let mut links = 0;
        let mut pending: Vec<PathBuf> = vec![path.to_owned()];
        let mut real = PathBuf::from("/");
        while let Some(next) = pending.pop() {
            let mut parts = next.components();
            let Some(part) = parts.next() else { continue };
            pending.push(parts.as_path().to_owned());
            match part {
                Component::RootDir => real = PathBuf::from("/"),
                Component::ParentDir => {
                    real.pop();
                }
                Component::Normal(name) => {
                    let inside = real.join(name);
                    match fs::read_link(self.0.join(inside.strip_prefix("/").ok()?)) {
                        Ok(target) if links < MOST_LINKS => {
                            links += 1;
                            pending.push(target);
                        }
                        Ok(_) => return None,
                        Err(_) => real = inside,
                    }
                }
                Component::CurDir | Component::Prefix(_) => {}
            }
        }
        Some(real)
    }

    /// The path with its links followed, as a path of the machine; itself where something is absent.
    #[must_use]
    pub fn canonical(&self, path: &Path) -> PathBuf {
        if self.is_live() {
            return fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        }
        self.resolve(path).unwrap_or_else(|| path.to_owned())
    }

    #[must_use]
    pub fn is_file(&self, path: &Path) -> bool {
        self.locate(path).is_some_and(|path| path.is_file())
    }

    #[must_use]
    pub fn is_directory(&self, path: &Path) -> bool {
        self.locate(path).is_some_and(|path| path.is_dir())
    }

    #[must_use]
    pub fn exists(&self, path: &Path) -> bool {
        self.locate(path).is_some_and(|path| path.exists())
    }

    /// The content of a regular file; none for anything else, and for what is larger than any fact.
    #[must_use]
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        self.head(path, LARGEST)
    }

    /// At most the first `most` bytes of a regular file.
    #[must_use]
    pub fn head(&self, path: &Path, most: u64) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        self.open(path)?.take(most).read_to_end(&mut content).ok()?;
        Some(content)
    }

    /// A regular file, open for reading.
    #[must_use]
    pub fn open(&self, path: &Path) -> Option<fs::File> {
        let path = self.locate(path)?;
        // A pipe or a device could block or never end.
        if !fs::metadata(&path).ok()?.is_file() {
            return None;
        }
        fs::File::open(path).ok()
    }

    /// The names in a directory, sorted; empty where there is none.
    #[must_use]
    pub fn names(&self, directory: &Path) -> Vec<String> {
        let Some(entries) = self.locate(directory).and_then(|path| fs::read_dir(path).ok()) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A machine with these files: path below its root, and content.
    pub(in super::super) fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let directory = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let root = Root::new(directory.path());
        (directory, root)
    }

    #[test]
    fn links_stay_inside_the_root() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        fs::create_dir_all(at("usr/lib")).unwrap();
        fs::write(at("usr/lib/os-release"), "ID=inside\n").unwrap();
        fs::create_dir(at("etc")).unwrap();
        symlink("/usr/lib/os-release", at("etc/os-release")).unwrap();
        symlink("../../../../usr/lib/os-release", at("etc/far")).unwrap();
        symlink("loop", at("etc/loop")).unwrap();
        symlink("usr/lib", at("lib")).unwrap();
        let root = Root::new(directory.path());
        for path in ["/etc/os-release", "/etc/far", "/lib/os-release", "/../etc/os-release"] {
            assert_eq!(root.read(Path::new(path)).as_deref(), Some(&b"ID=inside\n"[..]), "{path}");
        }
        assert_eq!(root.canonical(Path::new("/lib/os-release")), Path::new("/usr/lib/os-release"));
        assert_eq!(root.read(Path::new("/etc/loop")), None);
        assert_eq!(root.read(Path::new("/etc")), None);
        assert!(root.open(Path::new("/etc/far")).is_some() && root.open(Path::new("/etc")).is_none());
        assert_eq!(root.names(Path::new("/etc")), ["far", "loop", "os-release"]);
    }
}
