//! The remedies of several findings as one list: all packages of a manager in one command.
//!
//! A command is understood by its packages alone: what stands before and after them is its frame, and commands with the
//! same frame become one. So the tables' commands are never taken apart here, and a command of any form survives.

use std::collections::BTreeMap;

use super::{Remedy, is_list};

/// A command around its packages.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Framed {
    before: String,
    after: String,
    packages: Vec<String>,
}

impl Framed {
    /// The command cut at its packages; none where they do not stand in it once, as whole words.
    fn of(command: &str, packages: &[String]) -> Option<Self> {
        let joined = joined(packages);
        let cuts = command.match_indices(&joined).map(|(at, _)| (&command[..at], &command[at + joined.len()..]));
        let is_whole = |(before, after): &(&str, &str)| {
            before.ends_with(' ') && (after.is_empty() || after.starts_with([' ', ')', '\'']))
        };
        let mut cuts = cuts.filter(is_whole);
        let (before, after) = cuts.next().filter(|_| !packages.is_empty())?;
        let framed = Self { before: before.to_owned(), after: after.to_owned(), packages: packages.to_vec() };
        cuts.next().is_none().then_some(framed)
    }

    /// Takes the packages of a command with the same frame.
    fn absorb(&mut self, other: &Self) -> bool {
        let is_same = self.before == other.before && self.after == other.after;
        if is_same {
            add_new(&mut self.packages, &other.packages);
        }
        is_same
    }

    fn command(&self) -> String {
        format!("{}{}{}", self.before, joined(&self.packages), self.after)
    }
}

/// What one manager is to do.
#[derive(Debug)]
struct Work {
    manager: Option<String>,
    needs_root: bool,
    packages: Vec<String>,
    /// What must run before the packages are asked for: whole sequences, since their order counts (an index is read
    /// again once a repository has been added).
    setups: Vec<Vec<String>>,
    installs: Vec<Framed>,
    dockerfile: Option<Framed>,
    /// Lines for a Dockerfile that cannot be one: then none is given.
    is_one_line: bool,
}

/// Merges remedies: one for each manager and kind of rights, in the order in which they came, then the variables of all
/// in one without commands.
#[must_use]
pub fn merge<'a>(remedies: impl IntoIterator<Item = &'a Remedy>) -> Vec<Remedy> {
    let mut works: Vec<Work> = Vec::new();
    let mut env = BTreeMap::new();
    for remedy in remedies {
        merge_variables(&mut env, &remedy.env);
        if remedy.commands.is_empty() {
            continue;
        }
        let is_its = |work: &&mut Work| work.manager == remedy.manager && work.needs_root == remedy.needs_root;
        if let Some(work) = works.iter_mut().find(is_its) {
            work.take(remedy);
        } else {
            let mut work = Work::new(remedy);
            work.take(remedy);
            works.push(work);
        }
    }
    let variables = Remedy { env, ..Remedy::default() };
    let has_variables = !variables.env.is_empty();
    works.into_iter().map(Work::remedy).chain(has_variables.then_some(variables)).collect()
}

impl Work {
    fn new(remedy: &Remedy) -> Self {
        let (manager, needs_root) = (remedy.manager.clone(), remedy.needs_root);
        let (packages, setups, installs) = (Vec::new(), Vec::new(), Vec::new());
        Self { manager, needs_root, packages, setups, installs, dockerfile: None, is_one_line: true }
    }

    fn take(&mut self, remedy: &Remedy) {
        add_new(&mut self.packages, &remedy.packages);
        let framed: Vec<Option<Framed>> =
            remedy.commands.iter().map(|command| Framed::of(command, &remedy.packages)).collect();
        let first = framed.iter().position(Option::is_some).unwrap_or(framed.len());
        if framed[first..].iter().any(Option::is_none) {
            // Something is to be done after the packages are there: the remedy stays as it is.
            self.set_up(remedy.commands.clone());
        } else {
            self.set_up(remedy.commands[..first].to_vec());
            for framed in framed.into_iter().flatten() {
                if !self.installs.iter_mut().any(|known| known.absorb(&framed)) {
                    self.installs.push(framed);
                }
            }
        }
        let Some(line) = &remedy.dockerfile else { return };
        match (Framed::of(line, &remedy.packages), &mut self.dockerfile) {
            (Some(framed), Some(known)) => self.is_one_line &= known.absorb(&framed),
            (framed, known) => {
                self.is_one_line &= framed.is_some();
                *known = framed;
            }
        }
    }

    /// Adds a sequence, unless another one begins with it already.
    fn set_up(&mut self, commands: Vec<String>) {
        if self.setups.iter().any(|known| known.starts_with(&commands)) {
            return;
        }
        match self.setups.iter_mut().find(|known| commands.starts_with(known)) {
            Some(known) => *known = commands,
            None => self.setups.push(commands),
        }
    }

    fn remedy(self) -> Remedy {
        let commands = self.setups.into_iter().flatten().chain(self.installs.iter().map(Framed::command)).collect();
        Remedy {
            manager: self.manager,
            packages: self.packages,
            env: BTreeMap::new(),
            needs_root: self.needs_root,
            commands,
            dockerfile: self.dockerfile.filter(|_| self.is_one_line).map(|framed| framed.command()),
        }
    }
}

/// Adds variables: lists of directories grow by what they lack, of anything else the first value counts.
pub fn merge_variables(into: &mut BTreeMap<String, String>, from: &BTreeMap<String, String>) {
    for (name, value) in from {
        match into.get_mut(name) {
            None => drop(into.insert(name.clone(), value.clone())),
            Some(known) if is_list(name) => {
                for part in value.split(':') {
                    if !known.split(':').any(|there| there == part) {
                        *known = format!("{known}:{part}");
                    }
                }
            }
            Some(_) => {}
        }
    }
}

fn add_new(list: &mut Vec<String>, more: &[String]) {
    for name in more {
        if !list.contains(name) {
            list.push(name.clone());
        }
    }
}

/// Packages as commands name them.
fn joined(packages: &[String]) -> String {
    packages.iter().map(|name| shell_words::quote(name)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(manager: &str, needs_root: bool, packages: &[&str], commands: &[&str]) -> Remedy {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Remedy {
            manager: Some(manager.to_owned()),
            packages: owned(packages),
            needs_root,
            commands: owned(commands),
            ..Remedy::default()
        }
    }

    fn commands(remedies: &[Remedy]) -> Vec<Vec<String>> {
        merge(remedies).into_iter().map(|merged| merged.commands).collect()
    }

    #[test]
    fn one_command_a_manager() {
        let all = [
            remedy("apt", true, &["g++"], &["apt-get update", "apt-get install -y g++"]),
            remedy("pip", false, &["ninja"], &["/v/bin/python3 -m pip install ninja"]),
            remedy("apt", true, &["libffi-dev", "g++"], &["apt-get update", "apt-get install -y libffi-dev g++"]),
            remedy("apt", true, &["libc6-dev"], &["apt-get update", "apt-get install -y --reinstall libc6-dev"]),
        ];
        let expected = [
            vec!["apt-get update", "apt-get install -y g++ libffi-dev", "apt-get install -y --reinstall libc6-dev"],
            vec!["/v/bin/python3 -m pip install ninja"],
        ];
        assert_eq!(commands(&all), expected);
        assert_eq!(merge(&all)[0].packages, ["g++", "libffi-dev", "libc6-dev"]);
    }

    /// The index must be read again after a repository was added, and packages wait for every repository.
    #[test]
    fn repositories_come_before_packages() {
        let all = [
            remedy("apt", true, &["gcc"], &["apt-get update", "apt-get install -y gcc"]),
            remedy(
                "apt",
                true,
                &["python3.13-dev"],
                &[
                    "apt-get update",
                    "apt-get install -y software-properties-common",
                    "add-apt-repository -y ppa:deadsnakes/ppa",
                    "apt-get install -y python3.13-dev",
                ],
            ),
            remedy(
                "apt",
                true,
                &["x"],
                &["sed -i s/a/b/ /etc/apt/sources.list", "apt-get update", "apt-get install -y x"],
            ),
        ];
        let expected = [
            "apt-get update",
            "apt-get install -y software-properties-common",
            "add-apt-repository -y ppa:deadsnakes/ppa",
            "sed -i s/a/b/ /etc/apt/sources.list",
            "apt-get update",
            "apt-get install -y gcc python3.13-dev x",
        ];
        assert_eq!(commands(&all), [expected]);
    }

    #[test]
    fn scripts_that_unpack_become_one_and_other_rights_stay_apart() {
        let all = [
            remedy(
                "apt",
                false,
                &["liba-dev"],
                &["mkdir -p /s", "sh -c 'cd /s && x $($apt install -s liba-dev | y) && z'"],
            ),
            remedy("apt", true, &["gcc"], &["apt-get install -y gcc"]),
            remedy(
                "apt",
                false,
                &["libb-dev"],
                &["mkdir -p /s", "sh -c 'cd /s && x $($apt install -s libb-dev | y) && z'"],
            ),
        ];
        let unpack = vec!["mkdir -p /s", "sh -c 'cd /s && x $($apt install -s liba-dev libb-dev | y) && z'"];
        assert_eq!(commands(&all), [unpack, vec!["apt-get install -y gcc"]]);
    }

    #[test]
    fn what_cannot_be_cut_stays_whole() {
        let all = [
            remedy("uv", false, &[], &["uv python install 3.13", "uv venv --python 3.13"]),
            remedy("uv", false, &[], &["uv python install 3.13", "uv venv --python 3.13"]),
            remedy("apt", true, &["gcc"], &["apt-get install -y gcc-12"]),
        ];
        let uv = vec!["uv python install 3.13", "uv venv --python 3.13"];
        assert_eq!(commands(&all), [uv, vec!["apt-get install -y gcc-12"]]);
    }

    #[test]
    fn a_line_for_a_dockerfile_where_it_can_be_one() {
        let line = |package: &str, line: &str| Remedy {
            dockerfile: Some(line.to_owned()),
            ..remedy("apt", true, &[package], &[&format!("apt-get install -y {package}")])
        };
        let merged = merge(&[line("a", "RUN apt install a && clean"), line("b", "RUN apt install b && clean")]);
        assert_eq!(merged[0].dockerfile.as_deref(), Some("RUN apt install a b && clean"));
        let merged = merge(&[line("a", "RUN apt install a && clean"), line("b", "RUN sed x && apt install b")]);
        assert_eq!(merged[0].dockerfile, None);
    }

    #[test]
    fn variables_come_last_and_lists_grow() {
        let set = |name: &str, value: &str| Remedy { env: [(name.into(), value.into())].into(), ..Remedy::default() };
        let all = [set("CPATH", "/a:/b"), set("CPATH", "/b:/c"), set("CUDA_HOME", "/one"), set("CUDA_HOME", "/two")];
        let merged = merge(&all);
        assert_eq!(merged.len(), 1);
        let expected = [("CPATH".to_owned(), "/a:/b:/c".to_owned()), ("CUDA_HOME".to_owned(), "/one".to_owned())];
        assert_eq!(merged[0].env, expected.into());
    }
}
