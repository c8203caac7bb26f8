//! Untrusted bytes made fit to be shown: names and paths come from a failing command.

use serde_json::Value;

/// The longest name that is shown; what is longer is cut, with an ellipsis.
const LONGEST: usize = 200;

/// Text without control characters and without Unicode's format characters (general category Cf: direction marks,
/// zero-width joiners, tags), which could make a terminal show something else than what stands there. Bytes that are no
/// UTF-8 become U+FFFD.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|character| !character.is_control() && !is_format(*character))
        .collect()
}

/// Every text of a JSON value, the names of its members too, as [`text`] leaves it.
#[must_use]
pub fn value(value: Value) -> Value {
    match value {
        Value::String(dirty) => Value::String(text(dirty.as_bytes())),
        Value::Array(list) => list.into_iter().map(self::value).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (text(name.as_bytes()), self::value(member))).collect()
        }
        other => other,
    }
}

/// Text as [`text`] leaves it, cut to a length that fits a line.
#[must_use]
pub fn short(bytes: &[u8]) -> String {
    let clean = text(bytes);
    match clean.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}

/// The general category Cf of Unicode 16, and the line and paragraph separators (Zl, Zp), which end a line in some
/// readers.
fn is_format(character: char) -> bool {
    matches!(u32::from(character),
        0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2 | 0x180E | 0x200B..=0x200F
        | 0x2028..=0x202E | 0x2060..=0x2064 | 0x2066..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0x110BD | 0x110CD
        | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0001 | 0xE0020..=0xE007F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_terminal_goes() {
        assert_eq!(text(b"a\x1b[31mb\x07\r\nc\0"), "a[31mbc");
        assert_eq!(text("x\u{202e}h.nohtyP\u{200b}\u{feff}".as_bytes()), "xh.nohtyP");
        assert_eq!(text(b"caf\xe9.h"), "caf\u{fffd}.h");
    }

    #[test]
    fn a_value_is_clean_all_through() {
        let dirty = serde_json::json!({"a\u{7}": ["\u{1b}[1m", {"b": "x\u{202e}"}, 1, true, null]});
        assert_eq!(value(dirty), serde_json::json!({"a": ["[1m", {"b": "x"}, 1, true, null]}));
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(short(&[b'x'; 300]).chars().count(), LONGEST + 1);
        assert_eq!(short(b"Python.h"), "Python.h");
    }
}
