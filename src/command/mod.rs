//! Understanding a compile command: argv in, what it reads, writes and searches out.

pub mod client;
pub mod driver;
pub mod from_log;
pub mod probe;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// How deep response files may name each other, and how many bytes are read of all of them, a file counting as some KiB
/// at least: one that names itself twice would never end. GCC stops at 2000 files (libiberty `expandargv`), and fails.
const DEEPEST_RESPONSE: usize = 16;
const MOST_OF_RESPONSES: usize = 16 * 1024 * 1024;
const LEAST_OF_A_RESPONSE: usize = 8 * 1024;

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
    /// The files of -include and -imacros.
    pub forced_includes: Vec<PathBuf>,
    /// The directory of --sysroot or -isysroot.
    pub sysroot: Option<PathBuf>,
    /// The triplet of -target or --target.
    pub target: Option<OsString>,
    /// -m32, or a 32-bit x86 target.
    pub is_32_bit: bool,
    /// -stdlib=libc++.
    pub uses_libcxx: bool,
    /// nvcc's -ccbin.
    pub host_compiler: Option<OsString>,
}

/// Whether a target is i386 to i686.
fn is_x86_32(target: &[u8]) -> bool {
    matches!(target, [b'i', b'3'..=b'6', b'8', b'6', b'-', ..])
}

/// What is read from an option's value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    IncludeDir,
    LibraryDir,
    Library,
    Define,
    Output,
    ForcedInclude,
    Sysroot,
    Target,
    HostCompiler,
    /// Options for nvcc's host compiler, separated by commas.
    HostOptions,
    Nothing,
}

/// How an option carries its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carries {
    /// In the next argument.
    Next,
    /// In the same argument, or where nothing follows the option in the next.
    Either,
    /// Behind `=`, or in the next argument.
    Equals,
}

/// Options with a value (GCC's, Clang's and nvcc's manuals); a longer one stands before its own beginning.
const OPTIONS: [(&str, Carries, Value); 50] = [
    ("-isystem", Carries::Either, Value::IncludeDir),
    ("-iquote", Carries::Either, Value::IncludeDir),
    ("-idirafter", Carries::Either, Value::IncludeDir),
    ("-isysroot", Carries::Either, Value::Sysroot),
    ("-include-pch", Carries::Next, Value::Nothing),
    ("-include", Carries::Either, Value::ForcedInclude),
    ("--pre-include", Carries::Equals, Value::ForcedInclude),
    ("-imacros", Carries::Either, Value::ForcedInclude),
    ("-I", Carries::Either, Value::IncludeDir),
    ("--library-path", Carries::Equals, Value::LibraryDir),
    ("-L", Carries::Either, Value::LibraryDir),
    ("-l", Carries::Either, Value::Library),
    ("-D", Carries::Either, Value::Define),
    ("-U", Carries::Either, Value::Nothing),
    ("--sysroot", Carries::Equals, Value::Sysroot),
    ("--target", Carries::Equals, Value::Target),
    ("-target", Carries::Next, Value::Target),
    ("--compiler-bindir", Carries::Equals, Value::HostCompiler),
    ("-ccbin", Carries::Equals, Value::HostCompiler),
    ("--compiler-options", Carries::Equals, Value::HostOptions),
    ("-Xcompiler", Carries::Equals, Value::HostOptions),
    ("-Xlinker", Carries::Next, Value::Nothing),
    ("-Xpreprocessor", Carries::Next, Value::Nothing),
    ("-Xassembler", Carries::Next, Value::Nothing),
    ("-Xclang", Carries::Next, Value::Nothing),
    ("-Xarch_host", Carries::Next, Value::Nothing),
    ("-Xptxas", Carries::Next, Value::Nothing),
    ("-gencode", Carries::Next, Value::Nothing),
    ("-MF", Carries::Either, Value::Nothing),
    ("-MT", Carries::Either, Value::Nothing),
    ("-MQ", Carries::Either, Value::Nothing),
    ("-MJ", Carries::Either, Value::Nothing),
    ("-mllvm", Carries::Next, Value::Nothing),
    ("-wrapper", Carries::Next, Value::Nothing),
    ("-iprefix", Carries::Next, Value::Nothing),
    ("-iwithprefix", Carries::Next, Value::Nothing),
    ("-iwithprefixbefore", Carries::Next, Value::Nothing),
    ("--serialize-diagnostics", Carries::Next, Value::Nothing),
    ("-B", Carries::Either, Value::Nothing),
    ("-arch", Carries::Next, Value::Nothing),
    ("-framework", Carries::Next, Value::Nothing),
    ("-aux-info", Carries::Next, Value::Nothing),
    ("-dumpbase", Carries::Next, Value::Nothing),
    ("-dumpbase-ext", Carries::Next, Value::Nothing),
    ("-dumpdir", Carries::Next, Value::Nothing),
    ("--param", Carries::Next, Value::Nothing),
    ("-T", Carries::Next, Value::Nothing),
    ("-u", Carries::Next, Value::Nothing),
    ("-z", Carries::Next, Value::Nothing),
    ("-x", Carries::Either, Value::Nothing),
];

/// The option that an argument is, and its value where that stands in the same argument.
fn option(argument: &[u8]) -> Option<(Value, Option<&[u8]>)> {
    let known = OPTIONS.iter().find_map(|&(name, carries, value)| {
        let rest = argument.strip_prefix(name.as_bytes())?;
        match carries {
            _ if rest.is_empty() => Some((value, None)),
            Carries::Either => Some((value, Some(rest))),
            Carries::Equals => rest.strip_prefix(b"=").map(|rest| (value, Some(rest))),
            Carries::Next => None,
        }
    });
    // `-o` stands last: `-openmp` and its like are other compilers' options.
    known.or_else(|| {
        let rest = argument.strip_prefix(b"-o")?;
        Some((Value::Output, Some(rest).filter(|rest| !rest.is_empty())))
    })
}

/// Whether an argument is an option whose value is the next argument.
#[must_use]
pub fn takes_next(argument: &[u8]) -> bool {
    argument == b"-e" || option(argument).is_some_and(|(_, joined)| joined.is_none())
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
        let arguments = with_responses(argv.get(1..).unwrap_or(&[]), directory, read);
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            command.take(argument, &mut arguments);
        }
        command
    }

    fn take<'a>(&mut self, argument: &OsStr, rest: &mut impl Iterator<Item = &'a OsString>) {
        let bytes = argument.as_bytes();
        if !bytes.starts_with(b"-") || bytes == b"-" {
            self.inputs.push(argument.into());
        } else if bytes == b"-m32" {
            self.is_32_bit = true;
        } else if let Some(library) = bytes.strip_prefix(b"-stdlib=") {
            self.uses_libcxx = library == b"libc++";
        } else if bytes == b"-e" {
            rest.next();
        } else if let Some((value, joined)) = option(bytes) {
            let text = match joined {
                Some(joined) => OsStr::from_bytes(joined).to_owned(),
                None => rest.next().cloned().unwrap_or_default(),
            };
            self.keep(value, text);
        }
    }

    fn keep(&mut self, value: Value, text: OsString) {
        match value {
            Value::IncludeDir => self.include_dirs.push(text.into()),
            Value::LibraryDir => self.library_dirs.push(text.into()),
            Value::Library => self.libraries.push(text),
            Value::Define => self.defines.push(text),
            Value::Output => self.output = Some(text.into()),
            Value::ForcedInclude => self.forced_includes.push(text.into()),
            Value::Sysroot => self.sysroot = Some(text.into()),
            Value::Target => {
                self.is_32_bit |= is_x86_32(text.as_bytes());
                self.target = Some(text);
            }
            Value::HostCompiler => self.host_compiler = Some(text),
            Value::HostOptions => {
                let words = text.as_bytes().split(|&byte| byte == b',').map(|word| OsStr::from_bytes(word).to_owned());
                let words: Vec<OsString> = words.collect();
                let mut words = words.iter();
                while let Some(word) = words.next() {
                    self.take(word, &mut words);
                }
            }
            Value::Nothing => {}
        }
    }

    /// The compiler that reads the sources: for nvcc its host compiler, where one is named.
    #[must_use]
    pub fn compiler(&self) -> &OsStr {
        self.host_compiler.as_deref().unwrap_or(&self.driver)
    }

    /// Every path that the command names, in no particular order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let lists = [&self.inputs, &self.include_dirs, &self.library_dirs];
        lists.into_iter().flatten().map(PathBuf::as_path).chain(self.output.as_deref())
    }
}

/// Arguments (without `argv[0]`) with the words of response files in their places; `read` as in
/// [`CompileCommand::parse`].
#[must_use]
pub fn with_responses(
    arguments: &[OsString],
    directory: &Path,
    read: &dyn Fn(&Path) -> Option<Vec<u8>>,
) -> Vec<OsString> {
    expand(arguments, directory, read, DEEPEST_RESPONSE, &mut { MOST_OF_RESPONSES })
}

/// Replaces `@file` arguments by the words in the file, nested ones too, while there are bytes `left`.
fn expand(
    arguments: &[OsString],
    directory: &Path,
    read: &dyn Fn(&Path) -> Option<Vec<u8>>,
    depth: usize,
    left: &mut usize,
) -> Vec<OsString> {
    let mut expanded = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let is_allowed = depth > 0 && *left > 0;
        let response = argument.as_bytes().strip_prefix(b"@").filter(|name| is_allowed && !name.is_empty());
        match response.and_then(|name| read(&directory.join(OsStr::from_bytes(name)))) {
            Some(content) => {
                *left = left.saturating_sub(content.len().max(LEAST_OF_A_RESPONSE));
                expanded.extend(expand(&response_words(&content), directory, read, depth - 1, left));
            }
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
            Some("/work/many.rsp") => Some(b"-I/many @many.rsp @many.rsp @many.rsp".to_vec()),
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
    fn targets_and_host_compilers() {
        let command =
            parse("nvcc -ccbin /opt/gcc-12/bin/g++ -Xcompiler -fPIC,-I/host,-m32 -include a.h -c k.cu --sysroot=/sys");
        assert_eq!(command.compiler(), "/opt/gcc-12/bin/g++");
        assert_eq!(command.include_dirs, [PathBuf::from("/host")]);
        assert_eq!(command.forced_includes, [PathBuf::from("a.h")]);
        assert_eq!(command.sysroot, Some("/sys".into()));
        assert!(command.is_32_bit);
        let command = parse("clang++ -target i686-linux-gnu -stdlib=libc++ -B /b -T s.ld -x c - -e main -l:libx.so.1");
        assert_eq!((command.is_32_bit, command.uses_libcxx), (true, true));
        assert_eq!(command.inputs, [PathBuf::from("-")]);
        assert_eq!(command.libraries, [":libx.so.1"]);
        assert_eq!(command.compiler(), "clang++");
        assert!(!parse("clang --target=x86_64-linux-gnu a.c").is_32_bit);
    }

    #[test]
    fn response_files_are_read_with_their_quotes_and_a_loop_ends() {
        let command = parse("gcc @args.rsp @absent.rsp");
        assert_eq!(command.include_dirs, [PathBuf::from("/from/file")]);
        assert_eq!(command.defines, ["X=a b"]);
        assert_eq!(command.library_dirs, [PathBuf::from("/lib dir")]);
        assert_eq!(command.inputs, ["in put.c", "@loop.rsp", "@absent.rsp"].map(PathBuf::from));
        // As many as GCC reads before it gives up.
        assert_eq!(parse("gcc @many.rsp").include_dirs.len(), MOST_OF_RESPONSES / LEAST_OF_A_RESPONSE);
    }
}
