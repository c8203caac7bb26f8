//! Compile commands out of a log's text: one line at a time, bytes in.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use super::{CompileCommand, driver};

/// The longest line that is read as a command: Linux takes 128 KiB in one argument (`MAX_ARG_STRLEN`), and real
/// commands of that length come in response files.
const LONGEST: usize = 256 * 1024;

/// Reads a line as a compile command: in shell quoting (setuptools, ninja, Inductor's "Command:" block), or in
/// Python's list form (`Command '['/usr/bin/gcc', …]' returned non-zero exit status 1.`). None for anything else.
#[must_use]
pub fn command_in(line: &[u8], directory: &Path) -> Option<CompileCommand> {
    let line = line.trim_ascii();
    if line.len() > LONGEST {
        return None;
    }
    let argv = python_list(line).or_else(|| shell_line(line))?;
    let command = CompileCommand::parse(&argv, directory, &|_| None);
    (!command.inputs.is_empty()).then_some(command)
}

fn is_driver(word: &[u8]) -> bool {
    let name = word.rsplit(|&byte| byte == b'/').next().unwrap_or(word);
    let name = name.strip_prefix(b"pycc-shim-").unwrap_or(name);
    driver::by_name(name).is_some() || name == b"pycc-shim" || name == b"nvcc"
}

/// `… g++ ARGS…`: the first word that is a compiler begins the command; in front of it stand at most a prompt, a
/// launcher or ninja's counter, not prose.
fn shell_line(line: &[u8]) -> Option<Vec<OsString>> {
    let mut start = 0;
    for (index, word) in line.split(u8::is_ascii_whitespace).take(8).enumerate() {
        if is_driver(word) && index < 8 {
            let words = split(&line[start..])?;
            return (words.len() > 2 && words.iter().any(|word| word.as_encoded_bytes().starts_with(b"-")))
                .then_some(words);
        }
        start += word.len() + 1;
    }
    None
}

/// The words of a shell line; the bytes that are no UTF-8 stay what they are.
fn split(line: &[u8]) -> Option<Vec<OsString>> {
    match std::str::from_utf8(line) {
        Ok(text) => Some(shell_words::split(text).ok()?.into_iter().map(OsString::from).collect()),
        Err(_) => Some(
            line.split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty())
                .map(|word| OsString::from_vec(word.to_vec()))
                .collect(),
        ),
    }
}

/// The words of the first Python list of strings in the line.
fn python_list(line: &[u8]) -> Option<Vec<OsString>> {
    let open = memchr::memmem::find(line, b"['")?;
    let mut words = Vec::new();
    let mut rest = line[open + 1..].iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'\'' | b'"' => {
                let mut word = Vec::new();
                loop {
                    match rest.next()? {
                        end if end == byte => break,
                        b'\\' => word.push(rest.next()?),
                        other => word.push(other),
                    }
                }
                words.push(OsString::from_vec(word));
            }
            b']' => break,
            _ => {}
        }
    }
    words.first().is_some_and(|word| is_driver(word.as_encoded_bytes())).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(line: &str) -> Option<String> {
        let command = command_in(line.as_bytes(), Path::new("/"))?;
        Some(format!("{} {:?}", command.driver.display(), command.inputs))
    }

    #[test]
    fn lines_that_are_commands() {
        for (line, expected) in [
            ("g++ /tmp/a.cpp -shared -o a.so", r#"g++ ["/tmp/a.cpp"]"#),
            ("      x86_64-linux-gnu-gcc -I/usr/include/python3.13 -c x.c -o x.o", r#"x86_64-linux-gnu-gcc ["x.c"]"#),
            ("[1/2] /usr/bin/c++ -MMD -MF m.o.d -c '/a b/m.cpp' -o m.o", r#"/usr/bin/c++ ["/a b/m.cpp"]"#),
            ("ccache g++ -c a.cpp", r#"g++ ["a.cpp"]"#),
            (
                "subprocess.CalledProcessError: Command '['/usr/bin/gcc', '/tmp/tmpx/main.c', '-O3', '-o', 'x.so']' returned",
                r#"/usr/bin/gcc ["/tmp/tmpx/main.c"]"#,
            ),
        ] {
            assert_eq!(inputs(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn lines_that_are_not() {
        for line in
            ["", "g++ is missing", "Using built-in specs with gcc -v", "gcc version 14.2.0 (Debian)", "['a', 'b']"]
        {
            assert_eq!(inputs(line), None, "{line}");
        }
    }
}
