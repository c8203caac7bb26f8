//! The records of many machines as one answer: each distinct problem once, with the machines that have it, and each
//! command once, with the machines that it is for.
//!
//! Records come from files that others wrote. So every text is cleaned again, and what is kept is bounded, whatever the
//! files hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::rc::Rc;

use serde::Serialize;

use super::record::Record;
use super::text::{self, Style};
use super::{Finding, Remedy, SCHEMA, clean, merge, nodes};

/// The most findings of one record that are looked at: as many as a log gives.
const MOST_FINDINGS: usize = 256;
/// The most bytes of distinct findings, as JSON, that are kept; one has some 2,000.
const ROOM: usize = 16 * 1024 * 1024;

/// What several machines miss and what to do about it. As JSON: schema 1, with the machines of each finding, and the
/// commands for each set of machines.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Fleet {
    pub schema: u32,
    /// What most machines have comes first.
    pub findings: Vec<Shared>,
    pub commands: Vec<Order>,
}

/// A finding and where it was made.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Shared {
    #[serde(flatten)]
    pub finding: Finding,
    /// The machines, as [`nodes::fold`] writes them.
    pub hosts: String,
    /// The compiles that failed for it.
    pub failures: usize,
    /// How many machines with a name there are.
    #[serde(skip)]
    pub machines: usize,
}

/// What a set of machines is to do with one manager, or the variables that it is to set.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    pub hosts: String,
    #[serde(flatten)]
    pub remedy: Remedy,
    /// Those machines', as in [`super::Machine`].
    #[serde(skip)]
    pub privilege: String,
}

/// Takes records one by one and keeps what is distinct.
#[derive(Debug, Default)]
pub struct Collector {
    problems: Vec<Problem>,
    /// Where each problem is, by what makes it distinct.
    places: HashMap<String, usize>,
    bytes: usize,
    left_out: usize,
}

#[derive(Debug)]
struct Problem {
    finding: Finding,
    nodes: BTreeSet<Rc<str>>,
    failures: usize,
}

impl Collector {
    /// Adds a record: one failed compile. False, and nothing is added, where it is of a schema that we do not know.
    pub fn add(&mut self, record: Record) -> bool {
        if record.report.schema != SCHEMA {
            return false;
        }
        let node: Rc<str> = nodes::name(&record.node).into();
        let mut places = BTreeSet::new();
        for finding in record.report.findings.into_iter().take(MOST_FINDINGS) {
            places.extend(self.place(finding));
        }
        for place in places {
            let problem = &mut self.problems[place];
            problem.nodes.insert(Rc::clone(&node));
            problem.failures += 1;
        }
        true
    }

    /// Where the finding's problem is kept; none where there is no more room for it.
    fn place(&mut self, finding: Finding) -> Option<usize> {
        let clean = serde_json::to_value(finding).map(clean::value);
        let finding: Finding = clean.and_then(serde_json::from_value).ok()?;
        let key = key(&finding);
        if let Some(&place) = self.places.get(&key) {
            return Some(place);
        }
        let bytes = serde_json::to_string(&finding).ok()?.len() + key.len();
        if self.bytes + bytes > ROOM {
            self.left_out += 1;
            return None;
        }
        self.bytes += bytes;
        let place = self.problems.len();
        self.problems.push(Problem { finding, nodes: BTreeSet::new(), failures: 0 });
        self.places.insert(key, place);
        Some(place)
    }

    /// How many findings there was no room for.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The whole of what was taken.
    #[must_use]
    pub fn finish(mut self) -> Fleet {
        // A stable sort: of what is equally common, the first one comes first, since later ones follow from it.
        self.problems.sort_by_key(|problem| std::cmp::Reverse((problem.nodes.len(), problem.failures)));
        let commands = orders(&self.problems);
        let shared = |problem: Problem| Shared {
            hosts: nodes::fold(problem.nodes.iter().map(AsRef::as_ref)),
            machines: problem.nodes.iter().filter(|node| !node.is_empty()).count(),
            failures: problem.failures,
            finding: problem.finding,
        };
        Fleet { schema: SCHEMA, findings: self.problems.into_iter().map(shared).collect(), commands }
    }
}

/// What makes a problem distinct: what is missing, for which Python, on which system, and what is to be done, with the
/// rights that it takes.
fn key(finding: &Finding) -> String {
    let remedy = finding.remedies.first();
    let privilege = remedy.filter(|remedy| remedy.needs_root).map(|_| &finding.host.privilege);
    let system = (&finding.host.os, &finding.host.version);
    serde_json::to_string(&(&finding.missing, &finding.python, system, &finding.verdict, remedy, privilege))
        .unwrap_or_else(|_| unreachable!("text and numbers always serialise"))
}

/// The commands, for each set of machines that have the same ones to run.
fn orders(problems: &[Problem]) -> Vec<Order> {
    let mut machines: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for problem in problems {
        for node in &problem.nodes {
            machines.entry(node).or_default().push(&problem.finding);
        }
    }
    // The most common order first, as with problems; among equals the one of the first machine.
    let mut sets: Vec<(Vec<Remedy>, &str, Vec<&str>)> = Vec::new();
    let mut places: HashMap<(String, &str), usize> = HashMap::new();
    for (node, findings) in machines {
        let remedies = merge::merge(findings.iter().filter_map(|finding| finding.remedies.first()));
        let as_root = |finding: &&&Finding| finding.remedies.first().is_some_and(|remedy| remedy.needs_root);
        let privilege = findings.iter().find(as_root).map_or("", |finding| &finding.host.privilege);
        let Ok(what) = serde_json::to_string(&remedies) else { continue };
        let place = *places.entry((what, privilege)).or_insert(sets.len());
        match sets.get_mut(place) {
            Some((.., nodes)) => nodes.push(node),
            None => sets.push((remedies, privilege, vec![node])),
        }
    }
    sets.sort_by_key(|(.., nodes)| std::cmp::Reverse(nodes.len()));
    let mut orders = Vec::new();
    for (remedies, privilege, nodes) in sets {
        let hosts = nodes::fold(nodes);
        let order = |remedy| Order { hosts: hosts.clone(), remedy, privilege: privilege.to_owned() };
        orders.extend(remedies.into_iter().map(order));
    }
    orders
}

/// The text: each problem's block with its machines, then the commands for each set of machines, each whole on its
/// line. Empty where there is no finding.
#[must_use]
pub fn render(fleet: &Fleet, style: Style) -> String {
    let block = |shared: &Shared| text::block(&shared.finding, Some(&on(shared)), style);
    let mut text: String = fleet.findings.iter().map(block).collect();
    for set in fleet.commands.chunk_by(|one, other| one.hosts == other.hosts) {
        let _ = writeln!(text, "for {}:", set[0].hosts);
        for order in set {
            let command = text::shell_line(&order.remedy, &order.privilege);
            let set = order.remedy.env.iter().map(|(name, value)| text::assignment(name, value));
            for line in Some(command).filter(|line| !line.is_empty()).into_iter().chain(set) {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    text
}

/// `node[001-128] (128 machines, 2000 failed compiles)`.
fn on(shared: &Shared) -> String {
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let failures = many(shared.failures, "failed compile");
    match shared.machines {
        0 => format!("{} ({failures})", shared.hosts),
        machines => format!("{} ({}, {failures})", shared.hosts, many(machines, "machine")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn finding(name: &str, summary: &str) -> Value {
        json!({"missing": {"kind": "header", "name": name}, "location": null, "client": "other", "component": "",
            "python": null, "host": {"os": "", "version": "", "manager": null, "container": false, "privilege": "none"},
            "verdict": "install", "summary": summary, "remedies": [], "verify": null, "notes": []})
    }

    fn record(schema: u32, findings: Vec<Value>) -> Record {
        let command = json!({"argv": [], "directory": "/"});
        serde_json::from_value(json!({"schema": schema, "findings": findings, "node": "n", "command": command}))
            .unwrap()
    }

    #[test]
    fn a_failed_compile_counts_once() {
        let mut collector = Collector::default();
        assert!(collector.add(record(1, vec![finding("a.h", "one"), finding("a.h", "two"), finding("b.h", "")])));
        assert!(collector.add(record(1, vec![finding("b.h", "")])));
        assert!(!collector.add(record(2, vec![finding("c.h", "")])));
        let found = collector.finish().findings;
        let found: Vec<_> = found.iter().map(|shared| (&*shared.finding.missing.name, shared.failures)).collect();
        assert_eq!(found, [("b.h", 2), ("a.h", 1)]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut collector = Collector::default();
        let long = "x".repeat(1024 * 1024);
        for number in 0..20 {
            assert!(collector.add(record(1, vec![finding(&number.to_string(), &long)])));
        }
        // A problem that is known takes no room.
        assert!(collector.add(record(1, vec![finding("0", "")])));
        assert_eq!(collector.left_out(), 5);
        let fleet = collector.finish();
        assert_eq!((fleet.findings.len(), fleet.findings[0].failures), (15, 2));
        let mut collector = Collector::default();
        collector.add(record(1, (0..1000).map(|number| finding(&number.to_string(), "")).collect()));
        assert_eq!(collector.finish().findings.len(), MOST_FINDINGS);
    }
}
