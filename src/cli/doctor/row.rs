//! One line of doctor's table.

use serde::Serialize;

use crate::report::{Report, clean};

use super::super::attempt::Outcome;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum Status {
    Ok,
    /// Something is not there, or not as it must be: some compile will fail.
    Missing,
    /// Nothing fails, and it is good to know.
    Note,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Note => "note",
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) check: &'static str,
    pub(super) status: Status,
    pub(super) text: String,
    /// What is missing, with what to do.
    #[serde(skip)]
    pub(super) report: Report,
}

impl Row {
    pub(super) fn ok(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, text: text.into(), report: Report::default() }
    }

    pub(super) fn note(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, status: Status::Note, text: text.into(), report: Report::default() }
    }

    /// Something that no package mends: the text says what to do.
    pub(super) fn wrong(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, status: Status::Missing, text: text.into(), report: Report::default() }
    }

    /// What a report says; `otherwise` where it says nothing.
    pub(super) fn missing(check: &'static str, report: Report, otherwise: &str) -> Self {
        let text = report.findings.first().map_or_else(|| otherwise.to_owned(), |first| first.summary.clone());
        Self { check, status: Status::Missing, text, report }
    }

    /// What a compile came to; `passed` is said where it went well.
    pub(super) fn of(check: &'static str, outcome: Outcome, passed: impl Into<String>) -> Self {
        if outcome.status.success() {
            return Self::ok(check, passed);
        }
        let said = first_error(&outcome.text).unwrap_or_else(|| format!("the compile ended with {}", outcome.status));
        Self::missing(check, outcome.report, &format!("does not compile: {said}"))
    }
}

/// The first line of a compiler's text that speaks of an error, else its last.
fn first_error(text: &[u8]) -> Option<String> {
    let lines = || text.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let is_error = |line: &&[u8]| line.windows(5).any(|word| word == b"error");
    lines().find(is_error).or_else(|| lines().next_back()).map(clean::short)
}
