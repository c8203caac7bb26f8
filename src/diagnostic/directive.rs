//! The `#include` line that compilers quote below their message.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// What every such line holds; GCC colours the name.
pub(super) const NEEDLES: [&str; 3] = ["de <", "de \"", "de \u{1b}["];

/// How a header is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Angle,
    Quote,
}

static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    let text = r#"(?s-u)(?:^|[\s|])#\s*(?:include|include_next|import)\s*(?:<([^>]+)>|"([^"]+)")"#;
    Regex::new(text).expect("a constant, tried by this module's tests")
});

/// The header and the style of an `#include` line, wherever in the line it stands.
pub(super) fn read(line: &[u8]) -> Option<(&[u8], Style)> {
    let found = DIRECTIVE.captures(line)?;
    let angle = found.get(1).map(|name| (name.as_bytes(), Style::Angle));
    angle.or_else(|| found.get(2).map(|name| (name.as_bytes(), Style::Quote)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (line, expected) in [
            ("#include <Python.h>", Some(("Python.h", Style::Angle))),
            ("   46 | #  include_next \"a b/c.h\" // why", Some(("a b/c.h", Style::Quote))),
            ("2026-11-22T10:00:00Z    46 | #import <Eigen/Core>", Some(("Eigen/Core", Style::Angle))),
            ("In file included from m.c:1:", None),
            ("#include MACRO", None),
            ("-DX=#include <a.h>", None),
        ] {
            let expected = expected.map(|(name, style)| (name.as_bytes(), style));
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
    }
}
