//! The report as JSON, schema 1, and read back.

use super::Report;

/// One line of JSON with a newline at its end.
#[must_use]
pub fn line(report: &Report) -> String {
    let mut text = serde_json::to_string(report).unwrap_or_else(|_| unreachable!("text and numbers always serialise"));
    text.push('\n');
    text
}
