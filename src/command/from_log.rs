//! Compile commands out of a log's text: one line at a time, bytes in.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use memchr::memmem;

use super::{CompileCommand, driver};

/// The longest line that is read as a command: Linux takes 128 KiB in one argument (`MAX_ARG_STRLEN`), and real
/// commands of that length come in response files.
const LONGEST: usize = 256 * 1024;

/// How many words may stand before the compiler: time stamps, a worker's name, a prompt, `cd DIR &&`, a launcher.
const WORDS_BEFORE: usize = 12;

/// Reads a line as a compile command: in shell quoting (setuptools, ninja, make, Inductor's "Command:" block), or in
/// Python's list form (`Command '['/usr/bin/gcc', …]' returned non-zero exit status 1.`). None for anything else.
/// Relative paths are relative to the directory of a `cd DIR &&` before the command, else to `directory`.
#[must_use]
pub fn command_in(line: &[u8], directory: &Path) -> Option<CompileCommand> {
    let line = line.trim_ascii();
    if line.len() > LONGEST {
        return None;
    }
    if let Some(argv) = python_list(line) {
        return plausible(&argv, directory);
    }
    let (argv, before) = shell_line(quoted_command(line).unwrap_or(line))?;
    let changed = before.windows(2).rev().find(|words| words[0] == "cd").map(|words| directory.join(&words[1]));
    plausible(&argv, changed.as_deref().unwrap_or(directory))
}

/// `gcc …` of numpy.distutils' `error: Command "gcc …" failed with exit status 1` (case c163).
fn quoted_command(line: &[u8]) -> Option<&[u8]> {
    let start = memmem::find(line, b"Command \"")? + b"Command \"".len();
    let end = memmem::find(&line[start..], b"\" failed with exit status")?;
    Some(&line[start..start + end])
}

/// The command, if it compiles or links something: prose that begins with a compiler's name does not.
fn plausible(argv: &[OsString], directory: &Path) -> Option<CompileCommand> {
    let command = CompileCommand::parse(argv, directory, &|_| None);
    let is_option = |word: &OsString| word.len() > 1 && word.as_encoded_bytes().starts_with(b"-");
    let has_option = argv.iter().skip(1).any(is_option);
    (has_option && command.inputs.iter().any(|input| is_input(input))).then_some(command)
}

/// Whether a file's name is one that compilers are given: a source, an object, a library, standard input, a response
/// file.
fn is_input(file: &Path) -> bool {
    const ENDINGS: [&str; 28] = [
        "c", "cc", "cp", "cpp", "cxx", "c++", "C", "i", "ii", "m", "mm", "cu", "cuh", "h", "hh", "hpp", "hxx", "s",
        "S", "f", "f90", "o", "obj", "a", "so", "gch", "pch", "ltrans",
    ];
    let name = file.as_os_str().as_bytes();
    name == b"-"
        || name.starts_with(b"@")
        || file.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

fn is_driver(word: &[u8]) -> bool {
    // Boost's b2 quotes it.
    let word = word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\"")).unwrap_or(word);
    let name = word.rsplit(|&byte| byte == b'/').next().unwrap_or(word);
    let name = name.strip_prefix(b"pycc-shim-").unwrap_or(name);
    let others: [&[u8]; 8] = [b"pycc-shim", b"nvcc", b"hipcc", b"icpx", b"icx", b"mpicc", b"mpicxx", b"mpic++"];
    driver::by_name(name).is_some() || others.contains(&name)
}

/// `… g++ ARGS… && …`: the first word that is a compiler begins the command, the shell's next operator ends it. Gives
/// the words before it, too.
fn shell_line(line: &[u8]) -> Option<(Vec<OsString>, Vec<OsString>)> {
    let mut start = 0;
    for word in line.split(u8::is_ascii_whitespace).take(WORDS_BEFORE) {
        if is_driver(word) {
            let mut words = split(&line[start..]);
            let operator =
                |word: &OsString| matches!(word.as_encoded_bytes(), b"&&" | b"||" | b";" | b"|" | b">" | b"2>&1");
            words.truncate(words.iter().position(operator).unwrap_or(words.len()));
            return (words.len() > 2).then(|| (words, split(&line[..start])));
        }
        start += word.len() + 1;
    }
    None
}

/// The words of a shell line; where its quotes do not match (a line cut short) or its bytes are no UTF-8, as white
/// space separates them.
fn split(line: &[u8]) -> Vec<OsString> {
    if let Ok(text) = std::str::from_utf8(line)
        && let Ok(words) = shell_words::split(text)
    {
        return words.into_iter().map(OsString::from).collect();
    }
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.map(|word| OsString::from_vec(word.to_vec())).collect()
}

/// The words of the first Python list of strings in the line.
fn python_list(line: &[u8]) -> Option<Vec<OsString>> {
    let open = memmem::find(line, b"['")?;
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
            (": && /usr/bin/c++ -fPIC -shared -o m.so m.o -lfoo && :", r#"/usr/bin/c++ ["m.o"]"#),
            ("2026-11-22T10:00:00.123Z #12 4.567   gcc -c x.c 2>&1 | tee log", r#"gcc ["x.c"]"#),
            ("/usr/local/cuda/bin/nvcc -ccbin gcc -c k.cu -o k.o", r#"/usr/local/cuda/bin/nvcc ["k.cu"]"#),
            ("gcc -DNAME=\"cut short -c x.c", r#"gcc ["short", "x.c"]"#),
            ("+ gcc -x c -E -", r#"gcc ["-"]"#),
            ("error: Command \"gcc -I/inc -c m.c -o m.o\" failed with exit status 1", r#"gcc ["m.c"]"#),
            ("    \"g++\"   -fPIC -I\"/usr/include/python3.13\" -c -o \"x.o\" \"x.cpp\"", r#"g++ ["x.cpp"]"#),
            (
                "subprocess.CalledProcessError: Command '['/usr/bin/gcc', '/tmp/tmpx/main.c', '-O3', '-o', 'x.so']' returned",
                r#"/usr/bin/gcc ["/tmp/tmpx/main.c"]"#,
            ),
        ] {
            assert_eq!(inputs(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn the_directory_that_the_line_changes_to() {
        let command = command_in(b"cd /src/build && g++ -c ../a.cpp", Path::new("/")).unwrap();
        assert_eq!(command.directory, Path::new("/src/build"));
    }

    #[test]
    fn lines_that_are_not() {
        for line in [
            "",
            "g++ is missing",
            "Using built-in specs with gcc -v",
            "gcc version 14.2.0 (Debian)",
            "['a', 'b']",
            "install gcc - the compiler - or cc",
            "error: command 'gcc' failed with exit status 1",
            "gcc: error: x.c: No such file or directory",
        ] {
            assert_eq!(inputs(line), None, "{line}");
        }
    }
}
