//! Understanding a compile command: argv in, what it reads, writes and searches out.

pub mod client;
pub mod driver;
pub mod from_log;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// How deep response files may name each other; GCC itself stops at 2000 (libiberty `expandargv`), far more than any
/// honest command.
const DEEPEST_RESPONSE: usize = 16;

/// A compile or link command as far as a diagnosis needs it. Paths are as the command wrote them; relative ones are
/// relative to `directory`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompileCommand {
    /// `argv[0]`, as written.
    pub driver: OsString,
    pub directory: PathBuf,
    pub inputs: Vec<PathBuf>,
    pub output: Option<PathBuf>,
    /// The directories of -I, -isystem, -iquote and -idirafter, in the order written.
    pub include_dirs: Vec<PathBuf>,
    pub library_dirs: Vec<PathBuf>,
    /// The names after -l.
    pub libraries: Vec<OsString>,
    /// The definitions after -D.
    pub defines: Vec<OsString>,
}

/// Options (GCC's and Clang's manuals) whose value is the next argument, and that nothing here reads.
const WITH_VALUE: [&str; 26] = [
    "-U",
    "-include",
    "-imacros",
    "-MF",
    "-MT",
    "-MQ",
    "-Xlinker",
    "-Xpreprocessor",
    "-Xassembler",
    "-Xclang",
    "-Xcompiler",
    "-ccbin",
    "-B",
    "-target",
    "--sysroot",
    "-isysroot",
    "-arch",
    "-framework",
    "-T",
    "-u",
    "-z",
    "-e",
    "-aux-info",
    "--param",
    "-dumpbase",
    "-dumpdir",
];
/// Options that are read, with their value in the same argument or in the next.
const READ: [&str; 9] = ["-isystem", "-iquote", "-idirafter", "-I", "-L", "-l", "-D", "-o", "-x"];

/// Whether an argument is an option whose value is the next argument.
#[must_use]
pub fn takes_next(argument: &[u8]) -> bool {
    argument.starts_with(b"-") && WITH_VALUE.iter().chain(&READ).any(|option| option.as_bytes() == argument)
}

impl CompileCommand {
    /// Reads an argument list, `argv[0]` first. `read` gives the content of a response file (its path made absolute
    /// with `directory`), or none; an unreadable one counts as an input, as GCC has it.
    #[must_use]
    pub fn parse(argv: &[OsString], directory: &Path, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Self {
        let mut command = Self {
            driver: argv.first().cloned().unwrap_or_default(),
            directory: directory.to_owned(),
            ..Self::default()
        };
        let arguments = expand(argv.get(1..).unwrap_or(&[]), directory, read, DEEPEST_RESPONSE);
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            command.take(argument, &mut arguments);
        }
        command
    }

    fn take<'a>(&mut self, argument: &OsStr, rest: &mut impl Iterator<Item = &'a OsString>) {
        let bytes = argument.as_bytes();
        let mut value = |joined: &[u8]| -> OsString {
            if joined.is_empty() { rest.next().cloned().unwrap_or_default() } else { OsStr::from_bytes(joined).into() }
        };
        if !bytes.starts_with(b"-") || bytes == b"-" {
            self.inputs.push(argument.into());
        } else if let Some(joined) = bytes.strip_prefix(b"-isystem").or_else(|| bytes.strip_prefix(b"-iquote")) {
            self.include_dirs.push(value(joined).into());
        } else if let Some(joined) = bytes.strip_prefix(b"-idirafter") {
            self.include_dirs.push(value(joined).into());
        } else if let Some(joined) = bytes.strip_prefix(b"-I") {
            self.include_dirs.push(value(joined).into());
        } else if let Some(joined) = bytes.strip_prefix(b"-L") {
            self.library_dirs.push(value(joined).into());
        } else if let Some(joined) = bytes.strip_prefix(b"-l") {
            self.libraries.push(value(joined));
        } else if let Some(joined) = bytes.strip_prefix(b"-D") {
            self.defines.push(value(joined));
        } else if takes_next(bytes) && bytes != b"-o" {
            rest.next();
        } else if let Some(joined) = bytes.strip_prefix(b"-o") {
            self.output = Some(value(joined).into());
        }
    }

    /// Every path that the command names, in no particular order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let lists = [&self.inputs, &self.include_dirs, &self.library_dirs];
        lists.into_iter().flatten().map(PathBuf::as_path).chain(self.output.as_deref())
    }
}

/// Replaces `@file` arguments by the words in the file, nested ones too.
fn expand(
    arguments: &[OsString],
    directory: &Path,
    read: &dyn Fn(&Path) -> Option<Vec<u8>>,
    depth: usize,
) -> Vec<OsString> {
    let mut expanded = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let response = argument.as_bytes().strip_prefix(b"@").filter(|name| depth > 0 && !name.is_empty());
        match response.and_then(|name| read(&directory.join(OsStr::from_bytes(name)))) {
            Some(content) => expanded.extend(expand(&response_words(&content), directory, read, depth - 1)),
            None => expanded.push(argument.clone()),
        }
    }
    expanded
}

/// The words of a response file as libiberty's `buildargv` cuts them: white space separates; both quotes and the
/// backslash protect (the backslash also inside quotes).
fn response_words(content: &[u8]) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote: Option<u8> = None;
    let mut bytes = content.iter().copied();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (_, b'\\') => word.get_or_insert_default().extend(bytes.next()),
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (None, _) if byte.is_ascii_whitespace() => words.extend(word.take().map(OsString::from_vec)),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word.map(OsString::from_vec));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> CompileCommand {
        let argv: Vec<OsString> = shell_words::split(line).unwrap().into_iter().map(OsString::from).collect();
        CompileCommand::parse(&argv, Path::new("/work"), &|path| match path.to_str() {
            Some("/work/args.rsp") => Some(b"-I/from/file '-DX=a b' @more.rsp".to_vec()),
            Some("/work/more.rsp") => Some(b"-L \"/lib dir\" in\\ put.c\n@loop.rsp".to_vec()),
            Some("/work/loop.rsp") => Some(b"@loop.rsp".to_vec()),
            _ => None,
        })
    }

    #[test]
    fn joined_and_separate_values() {
        let command = parse(
            "g++ a.cpp -D A -DB=1 -I/one -I /two -isystem /three -isystem/four -iquote /five -idirafter /six \
             -include pre.h -MF a.d -o a.so -lgomp -l cuda -L/l1 -L /l2 -Xlinker -rpath -O3 -",
        );
        let paths = |list: &[&str]| list.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(command.driver, "g++");
        assert_eq!(command.inputs, paths(&["a.cpp", "-"]));
        assert_eq!(command.output, Some("a.so".into()));
        assert_eq!(command.include_dirs, paths(&["/one", "/two", "/three", "/four", "/five", "/six"]));
        assert_eq!(command.library_dirs, paths(&["/l1", "/l2"]));
        assert_eq!(command.libraries, ["gomp", "cuda"]);
        assert_eq!(command.defines, ["A", "B=1"]);
    }

    #[test]
    fn response_files_are_read_with_their_quotes_and_a_loop_ends() {
        let command = parse("gcc @args.rsp @absent.rsp");
        assert_eq!(command.include_dirs, [PathBuf::from("/from/file")]);
        assert_eq!(command.defines, ["X=a b"]);
        assert_eq!(command.library_dirs, [PathBuf::from("/lib dir")]);
        assert_eq!(command.inputs, ["in put.c", "@loop.rsp", "@absent.rsp"].map(PathBuf::from));
    }
}
