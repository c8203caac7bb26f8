//! What a compiler says is missing: bytes in, [`Missing`] out, a file per speaker.
//!
//! Nothing here knows the machine; the line of a source file is asked for through [`SourceLine`].

mod include;
mod plain;

use std::path::PathBuf;

pub use include::Style;

/// The kind of thing that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Header,
    Library,
    Tool,
    Startfile,
    Compiler,
}

impl Kind {
    /// The name in the JSON report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Library => "library",
            Self::Tool => "tool",
            Self::Startfile => "startfile",
            Self::Compiler => "compiler",
        }
    }
}

/// A place in a source file, as the compiler named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub file: PathBuf,
    pub line: u32,
    pub column: Option<u32>,
}

/// One thing that is missing. The name is what the failing command made it: untrusted bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub kind: Kind,
    pub name: Vec<u8>,
    pub location: Option<Location>,
    /// How a header was included, where the text shows it.
    pub style: Option<Style>,
}

impl Missing {
    /// A missing thing of which only the kind and the name are known.
    #[must_use]
    pub fn named(kind: Kind, name: &[u8]) -> Self {
        Self { kind, name: name.to_vec(), location: None, style: None }
    }

    /// Whether both are the same thing, wherever it was asked for.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name
    }
}

/// The text of one line of a source file, or none when it cannot be read.
pub type SourceLine<'a> = &'a dyn Fn(&Location) -> Option<Vec<u8>>;

/// Finds the missing things in a compiler's text, each once, in the order in which they were said.
#[must_use]
pub fn scan(text: &[u8], source: SourceLine<'_>) -> Vec<Missing> {
    let mut scanner = Scanner::new(source);
    let mut found: Vec<Missing> = Vec::new();
    let mut keep = |missing: Option<Missing>| {
        if let Some(missing) = missing
            && !found.iter().any(|known| known.is_same(&missing))
        {
            found.push(missing);
        }
    };
    for line in text.split(|&byte| byte == b'\n') {
        keep(scanner.line(line));
    }
    keep(scanner.end());
    found
}

/// Reads a text line by line; each line may complete what an earlier one began.
pub struct Scanner<'a> {
    source: SourceLine<'a>,
    open: Option<include::Message>,
}

impl<'a> Scanner<'a> {
    #[must_use]
    pub fn new(source: SourceLine<'a>) -> Self {
        Self { source, open: None }
    }

    /// Takes the next line, without its newline.
    pub fn line(&mut self, line: &[u8]) -> Option<Missing> {
        let line = plain::line(line);
        if let Some(message) = self.open.take() {
            let (found, used) = message.followed_by(&line, self.source);
            if used {
                return found;
            }
            self.open = include::Message::read(&line);
            return found;
        }
        self.open = include::Message::read(&line);
        None
    }

    /// The text has ended.
    pub fn end(&mut self) -> Option<Missing> {
        self.open.take().and_then(|message| message.at_end(self.source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The findings as `name@file:line:column style`.
    fn found(text: &[u8]) -> Vec<String> {
        found_with(text, &|_| None)
    }

    fn found_with(text: &[u8], source: SourceLine<'_>) -> Vec<String> {
        let show = |missing: &Missing| {
            let place = missing.location.as_ref().map_or_else(String::new, |place| {
                format!("{}:{}:{}", place.file.display(), place.line, place.column.unwrap_or(0))
            });
            let name = String::from_utf8_lossy(&missing.name);
            format!("{name}@{place} {:?}", missing.style)
        };
        scan(text, source).iter().map(show).collect()
    }

    #[test]
    fn gcc_with_and_without_its_quote() {
        let quoted = b"m.c:1:10: fatal error: Python.h: No such file or directory\n    1 | #include <Python.h>\n      |          ^~~~~~~~~~\ncompilation terminated.\n";
        assert_eq!(found(quoted), ["Python.h@m.c:1:10 Some(Angle)"]);
        let bare = b"m.c:1:10: fatal error: Python.h: No such file or directory\ncompilation terminated.\n";
        assert_eq!(found(bare), ["Python.h@m.c:1:10 None"]);
        let cut = b"m.c:1:10: fatal error: Python.h: No such file or directory";
        assert_eq!(found(cut), ["Python.h@m.c:1:10 None"]);
        let old = b"m.c:1:20: error: Python.h: No such file or directory\r\n";
        assert_eq!(found(old), ["Python.h@m.c:1:20 None"]);
        let no_column = b"m.c:1: error: Python.h: No such file or directory\n";
        assert_eq!(found(no_column), ["Python.h@m.c:1:0 None"]);
    }

    /// The texts of GCC 12 under Debian's `gcc-12-locales`, as it printed them.
    #[test]
    fn gcc_in_other_languages_by_its_quote() {
        for message in [
            "m.c:1:10: 致命错误：Python.h：没有那个文件或目录",
            "m.c:1:10: schwerwiegender Fehler: Python.h: Datei oder Verzeichnis nicht gefunden",
            "m.c:1:10: erreur fatale: Python.h\u{a0}: Aucun fichier ou dossier de ce type",
            "m.c:1:10: фатальная ошибка: Python.h: Нет такого файла или каталога",
            "m.c:1:10: 致命的エラー: Python.h: そのようなファイルやディレクトリはありません",
            "m.c:1:10: error fatal: Python.h: No existe el fichero o el directorio",
            "m.c:1:10: fatal error: Python.h: Arquivo ou diretório inexistente",
            "m.c:1:10: fatal error: Python.h: 그런 파일이나 디렉터리가 없습니다",
        ] {
            let quoted = format!("{message}\n    1 | #include \"Python.h\"\n      |          ^~~\n");
            assert_eq!(found(quoted.as_bytes()), ["Python.h@m.c:1:10 Some(Quote)"], "{message}");
            let read: SourceLine<'_> = &|place| (place.line == 1).then(|| b"#  include <Python.h> // why".to_vec());
            assert_eq!(found_with(message.as_bytes(), read), ["Python.h@m.c:1:10 Some(Angle)"], "{message}");
            assert!(found(message.as_bytes()).is_empty(), "{message}");
        }
    }

    #[test]
    fn colours_and_links_are_no_part_of_the_text() {
        let text = b"\x1b[01m\x1b[Km.c:1:10:\x1b[m\x1b[K \x1b[01;31m\x1b[Kfatal error: \x1b[m\x1b[KPython.h: No such file or directory\n    1 | #include \x1b[01;31m\x1b[K<Python.h>\x1b[m\x1b[K\n";
        assert_eq!(found(text), ["Python.h@m.c:1:10 Some(Angle)"]);
    }

    #[test]
    fn clang() {
        let text = b"/tmp/m.c:1:10: fatal error: 'Python.h' file not found\n#include <Python.h>\n         ^~~~~~~~~~\n1 error generated.\n";
        assert_eq!(found(text), ["Python.h@/tmp/m.c:1:10 Some(Angle)"]);
    }

    #[test]
    fn each_thing_once_and_in_order() {
        let text = b"a.c:1:1: fatal error: b.h: No such file or directory\na.c:2:1: fatal error: a.h: No such file or directory\nz.c:9:9: fatal error: b.h: No such file or directory\n";
        assert_eq!(found(text), ["b.h@a.c:1:1 None", "a.h@a.c:2:1 None"]);
    }

    #[test]
    fn what_is_not_missing() {
        for text in [
            "cc1: fatal error: nothere.c: No such file or directory\ncompilation terminated.\n",
            "gcc: error: nothere.c: No such file or directory\n",
            "m.c:1:10: warning: Python.h is shorter than expected\n    1 | #include <Python.h>\n",
            "m.c:1:2: error: #include expects \"FILENAME\" or <FILENAME>\n    1 | #include Python.h\n",
            "m.c:1:10: fatal error: Python.h: Permission denied\n    1 | #include <Python.h>\n",
            "m.c:3:5: note: Python.h: No such file or directory\n",
            "m.c:3:5: error: 'x' undeclared: first use: here\n    3 |   x = 1;\n",
            "In file included from a.h:1,\n                 from m.c:1:\n",
        ] {
            assert_eq!(found(text.as_bytes()), [""; 0], "{text}");
        }
    }
}
