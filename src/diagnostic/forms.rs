//! The forms that messages take: tables in TOML, a file a speaker, compiled in and read on the first failure. Adding a
//! form is adding a row and its fixture.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use aho_corasick::packed::{Config, MatchKind, Searcher};
use memchr::memmem;
use regex::bytes::{Captures, Regex};
use serde::Deserialize;

use super::located::Located;
use super::{Kind, directive};

/// The speakers' tables. The first form that fits a line speaks for it.
const TABLES: [&str; 9] = [
    include_str!("forms/driver.toml"),
    include_str!("forms/gcc.toml"),
    include_str!("forms/clang.toml"),
    include_str!("forms/other_compilers.toml"),
    include_str!("forms/nvcc.toml"),
    include_str!("forms/linker.toml"),
    include_str!("forms/shell.toml"),
    include_str!("forms/python.toml"),
    include_str!("forms/build_system.toml"),
];

/// The most needles that a log of any size is searched for: with more, the search takes twice as long (Teddy's "fat"
/// variant).
const MOST_NEEDLES: usize = 32;
/// The lines before and after a hit that a pattern `at = "around"` is matched with.
const AROUND: usize = 5;
/// The lines above a hit that a pattern `at = "since"` looks back over: Meson says once, before the first dependency that
/// it looks for, whether there is pkg-config.
const ABOVE: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    form: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Bytes that every such line holds, four or more, the first four of which are rare elsewhere (the search looks at
    /// these, see [`MOST_NEEDLES`]).
    needles: Vec<String>,
    /// A regular expression over bytes, its pieces in braces from `fragments.toml`. The group that matched is the kind, its text the name.
    pattern: String,
    /// Bytes one of which stands in the text too: they spare most lines the pattern. With `at = "since"` the text begins
    /// where one of them stands last.
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    at: At,
    /// Kind and name where the message names neither.
    #[serde(default)]
    says: BTreeMap<String, String>,
    #[serde(default)]
    force: Force,
    /// In very large logs its needles are not searched for: the first four bytes are common there.
    #[serde(default)]
    rare: bool,
}

/// How much a message counts.
#[derive(Debug, Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Force {
    #[default]
    Full,
    /// It may follow from another failure, told before.
    Weak,
    /// It is a check's, after which a build may go on.
    Check,
}

/// Where a pattern is looked for.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum At {
    #[default]
    Line,
    /// In the text after `FILE:LINE:COLUMN: `.
    Location,
    /// In the line and those around it.
    Around,
    /// In the line and those above it, from the nearest place that `with` names.
    Since,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Languages {
    language: Vec<Language>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    id: String,
    text: String,
    #[serde(default)]
    older: Vec<String>,
    command: Option<String>,
    quick: Option<String>,
}

impl Language {
    fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.text).chain(self.older.iter().map(|text| &**text))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Fragment {
    Pattern(String),
    Words(Vec<String>),
}

/// What a line speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Missing(Kind),
    /// A file that the command itself names.
    Input,
    /// The whole went well.
    Passed,
}

/// What a form found in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match<'a> {
    pub(super) subject: Subject,
    pub(super) name: Cow<'a, [u8]>,
    pub(super) at_location: bool,
    pub(super) force: Force,
}

struct Form {
    row: Row,
    regex: OnceLock<Regex>,
}

/// All forms, and the search for lines that may have one.
pub(super) struct Forms {
    rows: Vec<Form>,
    fragments: BTreeMap<String, String>,
    /// Finds every needle.
    thorough: AhoCorasick,
    /// Finds those that a log of any size is searched for.
    quick: Searcher,
    /// For each needle the forms that declare it.
    by_needle: Vec<Vec<usize>>,
}

/// A needle and the forms that declare it.
#[derive(Default)]
struct Needle {
    forms: Vec<usize>,
    is_quick: bool,
}

impl Forms {
    pub(super) fn embedded() -> &'static Self {
        static FORMS: LazyLock<Forms> = LazyLock::new(Forms::read);
        &FORMS
    }

    fn read() -> Self {
        let languages = languages();
        let mut needles: BTreeMap<String, Needle> = BTreeMap::new();
        for needle in directive::NEEDLES {
            needles.insert(needle.to_owned(), Needle { forms: Vec::new(), is_quick: true });
        }
        let mut forms = Vec::new();
        for row in TABLES.iter().flat_map(|text| table::<Table>(text).form) {
            let mut declare = |needle: &str, is_quick: bool| {
                let needle = needles.entry(needle.to_owned()).or_default();
                needle.forms.push(forms.len());
                needle.is_quick |= is_quick;
            };
            for needle in &row.needles {
                match needle.as_str() {
                    "{nosuch}" => languages.iter().for_each(|language| {
                        language.texts().for_each(|text| declare(beginning(text), false));
                        language.quick.iter().for_each(|part| declare(part, true));
                    }),
                    "{notfound}" => {
                        let commands = languages.iter().filter_map(|language| language.command.as_deref());
                        commands.for_each(|text| declare(beginning(text), false));
                    }
                    needle => declare(needle, !row.rare),
                }
            }
            forms.push(Form { row, regex: OnceLock::new() });
        }
        let mut builder = Config::new().match_kind(MatchKind::LeftmostFirst).builder();
        let quick: Vec<&String> = needles.iter().filter(|(_, needle)| needle.is_quick).map(|(text, _)| text).collect();
        assert!(quick.len() <= MOST_NEEDLES, "{}: {quick:?}", quick.len());
        builder.extend(quick);
        let quick = builder.build().expect("the needles are constants, tried by every test");
        let thorough = AhoCorasick::new(needles.keys()).expect("the same");
        let by_needle = needles.into_values().map(|needle| needle.forms).collect();
        Self { rows: forms, fragments: fragments(), thorough, quick, by_needle }
    }

    /// Where the next needle lies, from `start` on; `quick` leaves out those that are rarely of use.
    pub(super) fn next_hit(&self, text: &[u8], start: usize, quick: bool) -> Option<usize> {
        if quick {
            return self.quick.find_in(text, aho_corasick::Span { start, end: text.len() }).map(|found| found.start());
        }
        self.thorough.find(aho_corasick::Input::new(text).range(start..)).map(|found| found.start())
    }

    /// What the first form that fits says of a line.
    ///
    /// `around` gives so many lines above the line, the line, and so many below it.
    pub(super) fn read_line<'a>(
        &self,
        line: &'a [u8],
        located: Option<&Located<'a>>,
        around: &dyn Fn(usize, usize) -> &'a [u8],
    ) -> Option<Match<'a>> {
        let mut candidates: Vec<usize> = Vec::new();
        for needle in self.thorough.find_overlapping_iter(line) {
            candidates.extend(&self.by_needle[needle.pattern().as_usize()]);
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates.into_iter().find_map(|index| self.rows[index].read(line, located, around, &self.fragments))
    }
}

impl Form {
    fn read<'a>(
        &self,
        line: &'a [u8],
        located: Option<&Located<'a>>,
        around: &dyn Fn(usize, usize) -> &'a [u8],
        fragments: &BTreeMap<String, String>,
    ) -> Option<Match<'a>> {
        let text = match self.row.at {
            At::Line => line,
            At::Location => located?.text,
            At::Around => around(AROUND, AROUND),
            At::Since => {
                let above = around(ABOVE, 0);
                let last = self.row.with.iter().filter_map(|part| memmem::rfind(above, part.as_bytes())).max()?;
                &above[last..]
            }
        };
        let has = |part: &String| memmem::find(text, part.as_bytes()).is_some();
        if !self.row.with.is_empty() && !self.row.with.iter().any(has) {
            return None;
        }
        let found = self.regex.get_or_init(|| pattern(&self.row.pattern, fragments)).captures(text)?;
        if !is_in_a_known_language(&found) {
            return None;
        }
        let (subject, name) = self.fixed().or_else(|| named(&found))?;
        Some(Match { subject, name, at_location: self.row.at == At::Location, force: self.row.force })
    }

    fn fixed(&self) -> Option<(Subject, Cow<'static, [u8]>)> {
        let (kind, name) = self.row.says.iter().next()?;
        let subject = Kind::by_name(kind).map_or(Subject::Passed, Subject::Missing);
        Some((subject, Cow::Owned(name.clone().into_bytes())))
    }
}

/// The group that matched, as a kind and a name.
fn named<'a>(found: &Captures<'a>) -> Option<(Subject, Cow<'a, [u8]>)> {
    for kind in Kind::ALL {
        if let Some(name) = found.name(kind.name()) {
            return Some((Subject::Missing(kind), Cow::Borrowed(name.as_bytes())));
        }
    }
    if let Some(name) = found.name("soname") {
        return Some((Subject::Missing(Kind::Library), Cow::Owned([b":", name.as_bytes()].concat())));
    }
    let name = found.name("input")?;
    Some((Subject::Input, Cow::Borrowed(name.as_bytes())))
}

/// The first words of a text: a needle of 9 bytes or a little more.
fn beginning(text: &str) -> &str {
    let end = (9..text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
    &text[..end]
}

fn table<T: for<'a> Deserialize<'a>>(text: &str) -> T {
    toml::from_str(text).expect("the tables are constants, tried by every test")
}

/// The pieces that patterns may name in braces.
fn fragments() -> BTreeMap<String, String> {
    let words: BTreeMap<String, Fragment> = table(include_str!("forms/fragments.toml"));
    let mut fragments: BTreeMap<String, String> = words
        .into_iter()
        .map(|(name, fragment)| match fragment {
            Fragment::Pattern(pattern) => (name, pattern),
            Fragment::Words(words) => (name, words.join("|")),
        })
        .collect();
    // What stands there is compared afterwards: as alternatives in a pattern, forty languages are slow.
    for name in ["nosuch", "foreign", "notfound"] {
        fragments.insert(name.to_owned(), format!("(?<{name}>[^:]+)"));
    }
    fragments
}

fn pattern(text: &str, fragments: &BTreeMap<String, String>) -> Regex {
    let mut whole = text.to_owned();
    for (name, fragment) in fragments {
        whole = whole.replace(&format!("{{{name}}}"), &format!("(?:{fragment})"));
    }
    Regex::new(&format!("(?s-u){whole}")).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn languages() -> &'static [Language] {
    static LANGUAGES: LazyLock<Vec<Language>> =
        LazyLock::new(|| table::<Languages>(include_str!("forms/languages.toml")).language);
    &LANGUAGES
}

/// Whether what a pattern took for the C library's or bash's words is that in some language.
fn is_in_a_known_language(found: &Captures<'_>) -> bool {
    let begins = |group: &str, texts: &dyn Fn(&Language, &[u8]) -> bool| {
        let said = found.name(group).map(|group| group.as_bytes().trim_ascii_start());
        said.is_none_or(|said| languages().iter().any(|language| texts(language, said)))
    };
    let no_such_file =
        |language: &Language, said: &[u8]| language.texts().any(|text| said.starts_with(text.as_bytes()));
    let not_found =
        |language: &Language, said: &[u8]| language.command.iter().any(|text| said.starts_with(text.as_bytes()));
    begins("nosuch", &no_such_file)
        && begins("foreign", &|language, said| language.id != "en" && no_such_file(language, said))
        && begins("notfound", &not_found)
}

/// Whether a text ends with "no such file or directory" in one of the languages that we know.
pub(super) fn ends_with_no_such_file(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    languages().iter().flat_map(Language::texts).any(|ending| text.ends_with(ending.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pattern compiles, declares needles, and names what it finds.
    #[test]
    fn the_tables_are_sound() {
        let forms = Forms::embedded();
        for form in &forms.rows {
            let regex = pattern(&form.row.pattern, &forms.fragments);
            let names: Vec<&str> = regex.capture_names().flatten().collect();
            let words = ["nosuch", "foreign", "notfound"];
            let known = [
                "header",
                "library",
                "soname",
                "tool",
                "startfile",
                "compiler",
                "pkgconfig",
                "input",
                "nosuch",
                "foreign",
                "notfound",
            ];
            assert!(names.iter().all(|name| known.contains(name)), "{}", form.row.pattern);
            assert_eq!(names.iter().all(|name| words.contains(name)), form.fixed().is_some(), "{}", form.row.pattern);
            assert!(form.row.says.len() <= 1, "{}", form.row.pattern);
            assert!(form.row.says.keys().all(|kind| known.contains(&kind.as_str()) || kind == "passed"));
            assert!(form.row.needles.iter().all(|needle| needle.len() >= 4), "{}", form.row.pattern);
        }
    }
}
