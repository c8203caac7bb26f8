//! Machine names in the compact form of clusters' tools, the hostlist: `node[001-128]`.

use std::collections::{BTreeMap, BTreeSet};

/// What stands for the machines of records without a name.
pub const UNKNOWN: &str = "(unknown)";
/// The longest name that POSIX allows a machine (HOST_NAME_MAX is at least 255).
const LONGEST: usize = 255;

/// A machine's name as it may stand in a list: ASCII letters and digits, `-` and `.`, which are all that a record of
/// ours holds. Anything else is left out: commas and brackets mean something in a list, others in a shell or a terminal.
#[must_use]
pub fn name(text: &str) -> String {
    let plain = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.');
    text.chars().filter(plain).take(LONGEST).collect()
}

/// A number as it is written: its digits, zeros before it among them, and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Number {
    digits: usize,
    value: u64,
}

impl Number {
    fn is_padded(self) -> bool {
        self.digits > digits(self.value)
    }

    /// The number after this one in a range, written as that range's first one: with so many digits where that one has
    /// zeros before it, without any otherwise.
    fn next(self, is_padded: bool) -> Option<Self> {
        let value = self.value.checked_add(1)?;
        let least = digits(value);
        let digits = if is_padded { self.digits } else { least };
        (least <= digits).then_some(Self { digits, value })
    }

    fn text(self) -> String {
        format!("{:0width$}", self.value, width = self.digits)
    }
}

fn digits(value: u64) -> usize {
    value.checked_ilog10().map_or(1, |power| power as usize + 1)
}

/// Names (see [`name`]) folded into one list. Names that differ only in the last number before their first dot become
/// one entry with ranges; an empty name is [`UNKNOWN`]. Entries are sorted, and separated by commas.
#[must_use]
pub fn fold<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut groups: BTreeMap<(&str, &str), BTreeSet<Number>> = BTreeMap::new();
    let mut entries = BTreeSet::new();
    for name in names {
        match cut(name) {
            Some((before, number, after)) => drop(groups.entry((before, after)).or_default().insert(number)),
            None if name.is_empty() => drop(entries.insert(UNKNOWN.to_owned())),
            None => drop(entries.insert(name.to_owned())),
        }
    }
    for ((before, after), numbers) in groups {
        let ranges = ranges(numbers);
        let is_one = ranges.len() == 1 && !ranges[0].contains('-');
        let inside = ranges.join(",");
        entries.insert(if is_one { format!("{before}{inside}{after}") } else { format!("{before}[{inside}]{after}") });
    }
    entries.into_iter().collect::<Vec<_>>().join(",")
}

/// What stands before the last number of the first label, the number, and what follows; none where there is no such
/// number, nothing before it (an address, no name), or more of it than a u64 holds.
fn cut(name: &str) -> Option<(&str, Number, &str)> {
    let label = name.split('.').next().unwrap_or(name);
    let end = label.rfind(|character: char| character.is_ascii_digit())? + 1;
    let before = label[..end].trim_end_matches(|character: char| character.is_ascii_digit());
    let number = &label[before.len()..end];
    let number = Number { digits: number.len(), value: number.parse().ok()? };
    (!before.is_empty()).then_some((before, number, &name[end..]))
}

fn ranges(mut numbers: BTreeSet<Number>) -> Vec<String> {
    let mut ranges = Vec::new();
    while let Some(first) = numbers.pop_first() {
        let mut last = first;
        while let Some(next) = last.next(first.is_padded()).filter(|next| numbers.remove(next)) {
            last = next;
        }
        ranges.push(if first == last { first.text() } else { format!("{}-{}", first.text(), last.text()) });
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold() {
        for (names, expected) in [
            (&[][..], ""),
            (&["node7"], "node7"),
            (&["login"], "login"),
            (&[""], "(unknown)"),
            (&["", "node1", "", "node2"], "(unknown),node[1-2]"),
            (&["node2", "node1", "node1"], "node[1-2]"),
            (&["node9", "node10", "node11"], "node[9-11]"),
            (&["node001", "node002", "node003", "node007"], "node[001-003,007]"),
            (&["node098", "node099", "node100"], "node[098-100]"),
            // Another width is another name.
            (&["node1", "node001", "node2"], "node[1-2,001]"),
            (&["node08", "node9", "node10", "node09"], "node[9-10,08-09]"),
            (&["node099", "node0100"], "node[099,0100]"),
            (&["node0999", "node1000", "node01000"], "node[0999-1000,01000]"),
            (&["n0", "n00", "n1", "n01"], "n[0-1,00-01]"),
            // The last number of the first label counts.
            (&["gpu1n4", "gpu1n5", "gpu2n4"], "gpu1n[4-5],gpu2n4"),
            (&["rack1-node1-ib", "rack1-node2-ib"], "rack1-node[1-2]-ib"),
            (
                &["n1.a1.example.org", "n2.a1.example.org", "n1.a2.example.org"],
                "n1.a2.example.org,n[1-2].a1.example.org",
            ),
            (&["n1", "n2.example.org"], "n1,n2.example.org"),
            (&["a.b1", "a.b2"], "a.b1,a.b2"),
            (&["10.0.0.1", "11.0.0.1"], "10.0.0.1,11.0.0.1"),
            (&["login", "node1", "node3", "gpu2", "gpu1"], "gpu[1-2],login,node[1,3]"),
            (&["n18446744073709551614", "n18446744073709551615"], "n[18446744073709551614-18446744073709551615]"),
            (&["n18446744073709551616", "n18446744073709551617"], "n18446744073709551616,n18446744073709551617"),
        ] {
            assert_eq!(fold(names.iter().copied()), expected, "{names:?}");
        }
        let names: Vec<String> = (1..=128).map(|number| format!("node{number:03}")).collect();
        assert_eq!(fold(names.iter().map(String::as_str)), "node[001-128]");
    }

    #[test]
    fn a_name_is_a_name() {
        for (text, expected) in [
            ("node-1.example.org", "node-1.example.org"),
            ("\x1b[31mnode1\u{202e}\n", "31mnode1"),
            ("a,b[1-9]", "ab1-9"),
            ("$(id) `x`", "idx"),
            ("n\u{f6}de1", "nde1"),
        ] {
            assert_eq!(name(text), expected);
        }
        assert_eq!(name(&"x".repeat(300)).len(), LONGEST);
    }
}
