//! What packages bring: libraries, their headers and their tools; a row a component, a file a family.
//!
//! A failure asks for one name among thousands, so that the tables stay text until then: only the rows that hold the
//! name between quotation marks are parsed (measured in `benches/`). The tests parse every row.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;

use super::Platform;

/// What a row of `families/*.toml`, or of a user's catalog, says; `docs/catalog.md` explains each key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Headers as they are included, the whole string.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Directories, ending in a slash: whatever is included from below them is this component's.
    #[serde(default)]
    pub trees: Vec<String>,
    /// Names after -l; `{nodot}` and `{python}` stand for a Python's version.
    #[serde(default)]
    pub libraries: Vec<String>,
    /// Names that pkg-config knows, without `.pc`.
    #[serde(default)]
    pub pkgconfig: Vec<String>,
    #[serde(default)]
    pub tools: Vec<String>,
    #[serde(default)]
    pub startfiles: Vec<String>,
    /// The family of compilers whose own part this is: `gcc` or `clang`.
    pub compiler: Option<String>,
    /// Whether it belongs into the Python environment that builds, where `pip` has it.
    #[serde(default)]
    pub in_environment: bool,
    /// Names for which this row wins against others that have them too.
    #[serde(default)]
    pub first_choice_for: Vec<String>,
    #[serde(default)]
    pub packages: Vec<Package>,
    #[serde(default)]
    pub places: Vec<Place>,
    /// Names that a package which is only unpacked does not bring: links that `update-alternatives` makes when it is
    /// configured, what a compiler looks for in its own directory alone, and what finds its own parts only where it was
    /// built to lie (MPI).
    #[serde(default)]
    pub only_installed: Vec<String>,
    /// What a user must know beside the command.
    pub note: Option<String>,
}

/// The packages that bring a component on one system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// A platform, or `conda` or `pip`.
    pub on: String,
    #[serde(default)]
    pub releases: Vec<String>,
    /// May hold the placeholders of `remedy::variant`.
    pub names: Vec<String>,
    /// Names of the component that these packages do not have, pkg-config's with `.pc`.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Repositories that must be enabled first.
    #[serde(default)]
    pub repositories: Vec<String>,
    /// The row holds only where the machine's own index has the names.
    #[serde(default)]
    pub offered: bool,
    pub evidence: String,
}

/// Where a package puts headers or libraries that no compiler looks for by itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub on: String,
    #[serde(default)]
    pub releases: Vec<String>,
    /// The headers, and trees, that lie there; all of the component's where both lists are empty.
    #[serde(default)]
    pub headers: Vec<String>,
    #[serde(default)]
    pub libraries: Vec<String>,
    /// May hold the placeholders of `remedy::variant`.
    pub at: String,
}

/// A header or a library that its project dropped: no package brings it back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    #[serde(default)]
    pub header: String,
    #[serde(default)]
    pub library: String,
    /// Whose it was.
    pub component: String,
    /// The first CUDA toolkit without it (`12.9`): an older one has it.
    pub cuda: Option<String>,
    /// What happened: the text after "NAME is missing: ".
    pub because: String,
    /// What to do.
    pub note: String,
    pub evidence: String,
}

/// What is looked for in the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    Header(&'a str),
    Library(&'a str),
    Tool(&'a str),
    Startfile(&'a str),
    PkgConfig(&'a str),
}

/// One file's rows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    #[serde(default)]
    pub(super) component: Vec<Component>,
    #[serde(default)]
    pub(super) gone: Vec<Gone>,
}

macro_rules! families {
    ($($name:literal),* $(,)?) => {
        /// The embedded files, by name.
        pub(super) const FAMILIES: &[(&str, &str)] = &[$(($name, include_str!(concat!("families/", $name, ".toml")))),*];
    };
}
families!(
    "build_tools",
    "compression",
    "crypto",
    "databases",
    "geo",
    "gpu",
    "graphics",
    "languages",
    "libraries",
    "math",
    "media",
    "network",
    "python",
    "science",
    "system",
    "text",
    "toolchain",
);

/// The rows, those of users before ours.
#[derive(Debug, Clone, Default)]
pub struct Components {
    of_users: Family,
}

impl Components {
    /// The embedded rows, with rows of users before them.
    pub(super) fn with(of_users: Family) -> Self {
        Self { of_users }
    }

    /// Every row that has what is wanted. A user's row replaces ours of the same id.
    #[must_use]
    pub fn that_bring(&self, wanted: Wanted<'_>) -> Vec<Cow<'_, Component>> {
        let own = self.of_users.component.iter().filter(|row| row.brings(wanted)).map(Cow::Borrowed);
        let is_replaced = |row: &Component| self.of_users.component.iter().any(|own| own.id == row.id);
        let needles = wanted.needles();
        let embedded = FAMILIES
            .iter()
            .flat_map(|(_, text)| blocks(text, "[[component]]"))
            .filter(|block| needles.iter().any(|needle| memmem::find(block.as_bytes(), needle.as_bytes()).is_some()))
            .flat_map(|block| parse(block).component)
            .filter(|row| row.brings(wanted) && !is_replaced(row));
        own.chain(embedded.map(Cow::Owned)).collect()
    }

    /// The row that says where a thing has gone.
    #[must_use]
    pub fn gone(&self, wanted: Wanted<'_>) -> Option<Gone> {
        let is_it = |row: &&Gone| match wanted {
            Wanted::Header(name) => row.header == name,
            Wanted::Library(name) => row.library == name,
            Wanted::Tool(_) | Wanted::Startfile(_) | Wanted::PkgConfig(_) => false,
        };
        let needle = format!("\"{}\"", wanted.name());
        let own = self.of_users.gone.iter().find(is_it).cloned();
        let embedded = FAMILIES
            .iter()
            .flat_map(|(_, text)| blocks(text, "[[gone]]"))
            .filter(|block| block.contains(&needle))
            .flat_map(|block| parse(block).gone)
            .find(|row| is_it(&row));
        own.or(embedded)
    }
}

/// The tables of one kind in a file, each as a text of its own: a table ends where the next begins.
fn blocks<'a>(text: &'a str, head: &'a str) -> impl Iterator<Item = &'a str> {
    let ends = memmem::find_iter(text.as_bytes(), "\n[[").map(|end| end + 1).chain([text.len()]);
    let starts = memmem::find_iter(text.as_bytes(), "\n[[").map(|start| start + 1);
    let starts = [0].into_iter().chain(starts);
    starts.zip(ends).map(|(start, end)| &text[start..end]).filter(move |block| block.starts_with(head))
}

fn parse(block: &str) -> Family {
    toml::from_str(block).expect("the embedded tables are read by this module's tests")
}

impl Wanted<'_> {
    /// Pieces of text of which a row that has it holds at least one.
    fn needles(self) -> Vec<String> {
        let quoted = |name: &str| format!("\"{name}\"");
        match self {
            Self::Header(name) => {
                let slashes = name.match_indices('/').map(|(at, _)| quoted(&name[..=at]));
                [quoted(name)].into_iter().chain(slashes).collect()
            }
            Self::Library(name) => {
                let stem = name.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
                vec![quoted(name), format!("\"{stem}{{")]
            }
            Self::Tool(name) | Self::Startfile(name) | Self::PkgConfig(name) => vec![quoted(name)],
        }
    }

    /// Whether a list of what packages lack means this: a name of pkg-config's stands there with its `.pc`, for a library
    /// may have the same.
    fn is_called(self, name: &str) -> bool {
        match self {
            Self::PkgConfig(own) => name.strip_suffix(".pc") == Some(own),
            _ => name == self.name(),
        }
    }

    /// The name itself.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Header(name)
            | Self::Library(name)
            | Self::Tool(name)
            | Self::Startfile(name)
            | Self::PkgConfig(name) => name,
        }
    }
}

impl Component {
    /// Whether this row has what is wanted.
    #[must_use]
    pub fn brings(&self, wanted: Wanted<'_>) -> bool {
        let among = |list: &[String], name: &str| list.iter().any(|known| known == name);
        match wanted {
            Wanted::Header(name) => {
                among(&self.headers, name) || self.trees.iter().any(|tree| name.starts_with(tree.as_str()))
            }
            Wanted::Library(name) => self.libraries.iter().any(|known| is_version_of(known, name)),
            Wanted::Tool(name) => among(&self.tools, name),
            Wanted::Startfile(name) => among(&self.startfiles, name),
            Wanted::PkgConfig(name) => among(&self.pkgconfig, name),
        }
    }

    /// Whether this row wins against others that have what is wanted too.
    #[must_use]
    pub fn is_first_choice_for(&self, wanted: Wanted<'_>) -> bool {
        self.first_choice_for.iter().any(|known| is_version_of(known, wanted.name()))
    }

    /// The rows that hold on a platform and have what is wanted.
    pub fn packages_on<'a>(&'a self, platform: &'a Platform, wanted: Wanted<'a>) -> impl Iterator<Item = &'a Package> {
        let on =
            self.packages.iter().filter(|row| row.on == platform.id && holds_for(&row.releases, &platform.release));
        on.filter(move |row| !row.lacks.iter().any(|name| wanted.is_called(name)))
    }

    /// The row for an ecosystem that is no system: `conda`, `pip`.
    #[must_use]
    pub fn package_in(&self, ecosystem: &str) -> Option<&Package> {
        self.packages.iter().find(|row| row.on == ecosystem)
    }

    /// The directories below an ecosystem's own (pip's site-packages) where it puts what is wanted, the newest layout
    /// first.
    pub fn places_in<'a>(&'a self, ecosystem: &'a str, wanted: Wanted<'a>) -> impl Iterator<Item = &'a str> {
        self.places
            .iter()
            .filter(move |place| place.on == ecosystem && place.has(wanted))
            .map(|place| place.at.as_str())
    }

    /// The directories where a platform's package puts what is wanted, off every compiler's path.
    pub fn places_on<'a>(&'a self, platform: &'a Platform, wanted: Wanted<'a>) -> impl Iterator<Item = &'a str> {
        let on = self.places.iter().filter(|place| place.on == platform.id);
        let released = on.filter(|place| holds_for(&place.releases, &platform.release));
        released.filter(move |place| place.has(wanted)).map(|place| place.at.as_str())
    }
}

impl Place {
    fn has(&self, wanted: Wanted<'_>) -> bool {
        let is_for_all = self.headers.is_empty() && self.libraries.is_empty();
        match wanted {
            Wanted::Header(name) => {
                let is_it = |known: &String| known == name || known.ends_with('/') && name.starts_with(known.as_str());
                is_for_all || self.headers.iter().any(is_it)
            }
            Wanted::Library(name) => self.libraries.iter().any(|known| known == name),
            Wanted::Tool(_) | Wanted::Startfile(_) | Wanted::PkgConfig(_) => false,
        }
    }
}

/// A row without releases holds for every one.
fn holds_for(releases: &[String], release: &str) -> bool {
    releases.is_empty() || releases.iter().any(|known| known == release)
}

/// Whether a name is a table's, in which `{python}` and `{nodot}` stand for digits (and dots).
fn is_version_of(known: &str, name: &str) -> bool {
    let Some((before, after)) = known.split_once('{') else { return known == name };
    let after = after.split_once('}').map_or("", |(_, after)| after);
    let version = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    version
        .is_some_and(|version| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

#[cfg(test)]
mod tests;
