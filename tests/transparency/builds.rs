//! Build systems that configure through us: they find the same compiler with the same properties, and write the same
//! files, as in two builds without us that are compared first.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::files::{self, Files};
use crate::pair::{Face, Pair};
use crate::world::{SHIM, start};

/// A project below `projects`, whose `steps` are run in a copy of it.
struct Project {
    name: &'static str,
    /// Programs without which it is left out.
    needs: &'static [&'static str],
    /// What is made once, before the copies are built.
    prepare: &'static str,
    /// Parts of the paths of files that differ between two builds without us: logs with times and made-up names.
    passing: &'static [&'static str],
    /// A file that must be there, alike in all builds.
    product: &'static str,
}

fn copy_tree(from: &Path, to: &Path) {
    let status = Command::new("cp").args(["-a", "--"]).arg(from).arg(to).status();
    assert!(status.unwrap().success(), "{} cannot be copied", from.display());
}

fn is_there(program: &str) -> bool {
    let found = Path::new("/usr/bin").join(program).exists();
    if !found {
        eprintln!("{program} is not installed: nothing built");
    }
    found
}

/// Masks what names our directory, as the place where the compiler was found.
fn with_their_place(text: &[u8], ours: &Path) -> Vec<u8> {
    let ours = ours.as_os_str().as_encoded_bytes();
    let mut rest = text;
    let mut plain = Vec::new();
    while let Some(at) = memchr::memmem::find(rest, ours) {
        plain.extend_from_slice(&rest[..at]);
        plain.extend_from_slice(b"/usr/bin");
        rest = &rest[at + ours.len()..];
    }
    plain.extend_from_slice(rest);
    plain
}

impl Project {
    /// Builds a copy in the pair's place.
    fn build(&self, pair: &Pair, from: &Path, ours: Option<&Path>) -> Files {
        let work = pair.world.path("work");
        fs::remove_dir_all(&work).unwrap();
        copy_tree(from, &work);
        let surroundings = pair.command(Face::OnPath("cc"), false);
        let path: Vec<PathBuf> =
            ours.into_iter().map(Path::to_owned).chain(["/usr/bin".into(), "/bin".into()]).collect();
        let mut command = Command::new("/bin/sh");
        command.env_clear().envs(surroundings.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("PATH", std::env::join_paths(path).unwrap()).env("PYTHONHASHSEED", "0");
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("TZ", "UTC");
        command.args(["-e", "steps"]).current_dir(&work);
        let output = start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
        let output = output.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{} through us: {}\n{text}", self.name, ours.is_some());
        assert!(!text.contains("pycc-shim:"), "{text}");
        let mut files = files::below(&work);
        if let Some(ours) = ours {
            for entry in files.values_mut() {
                entry.bytes = with_their_place(&entry.bytes, ours);
            }
        }
        files
    }

    fn is_built_alike(&self) {
        if !self.needs.iter().all(|program| is_there(program)) {
            return;
        }
        let pair = Pair::real();
        let setup = pair.command(Face::Ourselves("g++"), true);
        let mut command = Command::new(SHIM);
        command.env_clear().envs(setup.get_envs().filter_map(|(name, value)| Some((name, value?)))).arg("setup");
        assert!(start(command.stdout(Stdio::null())).wait().unwrap().success());
        let ours = pair.world.path("home/.local/share/pycc-shim/bin");
        let from = pair.world.path("project");
        copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transparency/projects").join(self.name), &from);
        let mut prepare = Command::new("sh");
        prepare.args(["-ec", self.prepare]).current_dir(&from).env_remove("CC").env_remove("CXX");
        let prepared = start(prepare.stdout(Stdio::null()).stderr(Stdio::null())).wait().unwrap();
        assert!(prepared.success(), "{}", self.prepare);

        let first = self.build(&pair, &from, None);
        let second = self.build(&pair, &from, None);
        let with = self.build(&pair, &from, Some(&ours));
        assert!(with.contains_key(Path::new(self.product)), "{} was not made", self.product);
        let is_passing = |path: &Path| self.passing.iter().any(|part| path.to_str().unwrap().contains(part));
        let kept = |files: &Files| -> Files {
            files
                .iter()
                .filter(|(path, _)| !is_passing(path))
                .map(|(path, entry)| (path.clone(), entry.clone()))
                .collect()
        };
        // The control: what is left out differs without us, and nothing else does.
        assert_eq!(files::differences(&kept(&first), &kept(&second)), "", "two builds without us");
        let differing: BTreeSet<&Path> = first
            .keys()
            .map(PathBuf::as_path)
            .filter(|path| is_passing(path) && first.get(*path) != second.get(*path))
            .collect();
        for part in self.passing {
            let is_needed = differing.iter().any(|path| path.to_str().unwrap().contains(part));
            assert!(is_needed, "{part} differs in no two builds without us: it must not with us");
        }
        assert!(kept(&first).len() > 10, "{:?}", first.keys());
        assert_eq!(files::differences(&kept(&first), &kept(&with)), "", "{}", self.name);
    }
}

#[test]
fn cmake() {
    let project = Project {
        name: "cmake",
        needs: &["cmake", "ninja", "make"],
        prepare: "true",
        passing: &["CMakeError.log", "CMakeOutput.log", ".ninja_deps", ".ninja_log"],
        product: "ninja/whole",
    };
    project.is_built_alike();
}

#[test]
fn autoconf_automake_and_libtool() {
    let project = Project {
        name: "autotools",
        needs: &["autoconf", "automake", "libtoolize", "make"],
        prepare: "autoreconf -fi && rm -rf autom4te.cache",
        passing: &["config.log"],
        product: "installed/bin/whole",
    };
    project.is_built_alike();
}

#[test]
fn meson() {
    let project = Project {
        name: "meson",
        needs: &["meson", "ninja"],
        prepare: "true",
        passing: &[".ninja_deps", ".ninja_log", "meson-log.txt", "build.dat", "coredata.dat"],
        product: "out/whole",
    };
    project.is_built_alike();
}

#[test]
fn setuptools() {
    let has_setuptools =
        Command::new("/usr/bin/python3").args(["-c", "import setuptools"]).stderr(Stdio::null()).status();
    if !has_setuptools.is_ok_and(|status| status.success()) {
        eprintln!("the system's python3 has no setuptools: nothing built");
        return;
    }
    let project = Project { name: "setuptools", needs: &[], prepare: "true", passing: &[], product: "build" };
    project.is_built_alike();
}
