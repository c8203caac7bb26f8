//! Which face we were called by: a compiler, a launcher, `CXX=pycc-shim`, or the command line tool.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::cli::VERBS;
use crate::command::{
    self,
    driver::{self, Language},
};
use crate::shim::call::{Call, Wanted};
use crate::shim::resolve;
use crate::shim::{self, args::Args};

/// Names of compilers that we launch but never stand in for.
const LAUNCHED_ONLY: [&[u8]; 7] = [b"nvcc", b"hipcc", b"icx", b"icpx", b"dpcpp", b"emcc", b"em++"];

/// Who is asked to answer this call.
#[derive(Debug, PartialEq, Eq)]
pub enum Face<'a> {
    /// The command line tool.
    Tool,
    /// A compiler.
    Compiler(Call<'a>),
}

/// Decides the face from the arguments. Touches the file system only where we were called by a path of `run`'s, and
/// where the tool's own name is followed by a bare word that is no verb (a file of that name makes the call a compile) or
/// by response files, whose inputs count as others do.
#[must_use]
pub fn of<'a>(args: &Args<'a>) -> Face<'a> {
    let called = args.bytes(0);
    if let Some(compiler) = resolve::stood_for(called) {
        return Face::Compiler(Call { wanted: Wanted::StandsFor(compiler), first_argument: 1 });
    }
    let (directory, name) = split(called);
    if driver::by_name(name).is_some() && !is_own(name) {
        let wanted = Wanted::Named { name, bare: directory.is_none() };
        return Face::Compiler(Call { wanted, first_argument: 1 });
    }
    if let Some(twin) = name.strip_prefix(b"pycc-shim-".as_slice())
        && driver::by_name(twin).is_some()
    {
        let wanted = Wanted::Named { name: twin, bare: false };
        return Face::Compiler(Call { wanted, first_argument: 1 });
    }
    of_arguments(args)
}

fn of_arguments<'a>(args: &Args<'a>) -> Face<'a> {
    if args.len() < 2 {
        return Face::Tool;
    }
    let first = args.bytes(1);
    if VERBS.iter().any(|verb| verb.as_bytes() == first) || (args.len() == 2 && is_help(first)) {
        return Face::Tool;
    }
    let name = split(first).1;
    if !first.starts_with(b"-") && (driver::by_name(name).is_some() || LAUNCHED_ONLY.contains(&name)) {
        return Face::Compiler(Call { wanted: Wanted::Launched(first), first_argument: 2 });
    }
    if is_word(first) && !Path::new(OsStr::from_bytes(first)).exists() {
        return Face::Tool;
    }
    let language = if (1..args.len()).any(|index| args.bytes(index).starts_with(b"@")) {
        let words = command::with_responses(&args.to_os_strings()[1..], Path::new(""), &shim::args::response);
        language_of_inputs(words.iter().map(|word| word.as_bytes()))
    } else {
        language_of_inputs((1..args.len()).map(|index| args.bytes(index)))
    };
    Face::Compiler(Call { wanted: Wanted::ForInputs(language), first_argument: 1 })
}

/// `pycc-shim-gcc` ends in a driver's name, but is our own.
fn is_own(name: &[u8]) -> bool {
    name.starts_with(b"pycc-shim")
}

fn is_help(argument: &[u8]) -> bool {
    matches!(argument, b"--help" | b"-h")
}

/// A word that can only be meant as a verb: lower case letters and dashes, no ending, no directory.
fn is_word(argument: &[u8]) -> bool {
    argument.first().is_some_and(u8::is_ascii_lowercase)
        && argument.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-')
}

/// Directory (if any) and file name of a path.
fn split(path: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (Some(&path[..slash]), &path[slash + 1..]),
        None => (None, path),
    }
}

/// C when every input is C (or `-x c` says so) and there is one; C++ otherwise, as the callers of `CXX` expect.
fn language_of_inputs<'a>(arguments: impl Iterator<Item = &'a [u8]>) -> Language {
    let mut c_inputs = 0_usize;
    let mut other_inputs = 0_usize;
    let mut takes_value = false;
    let mut language: Option<Language> = None;
    let mut is_language = false;
    for argument in arguments {
        if is_language {
            is_language = false;
            language = of_option(argument);
            continue;
        }
        if takes_value {
            takes_value = false;
            continue;
        }
        match argument {
            b"-x" => is_language = true,
            _ if command::takes_next(argument) => takes_value = true,
            _ if argument.starts_with(b"-x") => language = of_option(&argument[2..]),
            b"-" => match language {
                Some(Language::C) => c_inputs += 1,
                _ => other_inputs += 1,
            },
            // A response file that could not be read tells nothing.
            _ if argument.starts_with(b"-") || argument.starts_with(b"@") => {}
            _ => match language.or_else(|| of_ending(argument)) {
                Some(Language::C) => c_inputs += 1,
                Some(Language::Cxx) => other_inputs += 1,
                None => {}
            },
        }
    }
    if c_inputs > 0 && other_inputs == 0 { Language::C } else { Language::Cxx }
}

/// The language that `-x NAME` asks for; `none` goes back to the files' endings.
fn of_option(name: &[u8]) -> Option<Language> {
    match name {
        b"none" => None,
        b"c" | b"c-header" | b"cpp-output" | b"assembler" | b"assembler-with-cpp" => Some(Language::C),
        _ => Some(Language::Cxx),
    }
}

/// The language of a source file by its ending, GCC's manual "Options Controlling the Kind of Output"; none for
/// objects, archives and libraries, which fit either.
fn of_ending(input: &[u8]) -> Option<Language> {
    let ending = &input[input.iter().rposition(|&byte| byte == b'.')? + 1..];
    match ending {
        b"c" | b"i" | b"h" | b"s" | b"S" | b"m" => Some(Language::C),
        b"o" | b"a" | b"so" | b"lo" | b"obj" | b"ld" | b"dylib" => None,
        _ if ending.iter().all(u8::is_ascii_digit) => None,
        _ => Some(Language::Cxx),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face_of(words: &[&'static str]) -> String {
        let args = Args::from_words(words);
        match of(&args) {
            Face::Tool => "tool".to_owned(),
            Face::Compiler(Call { wanted, first_argument }) => match wanted {
                Wanted::Named { name, bare } => {
                    format!("{} bare={bare} from {first_argument}", String::from_utf8_lossy(name))
                }
                Wanted::StandsFor(path) => format!("stands for {}", String::from_utf8_lossy(path)),
                Wanted::Launched(path) => format!("launch {} from {first_argument}", String::from_utf8_lossy(path)),
                Wanted::ForInputs(language) => format!("inputs {language:?} from {first_argument}"),
            },
        }
    }

    #[test]
    fn every_way_of_being_called() {
        for (words, face) in [
            (&["g++", "a.cpp"][..], "g++ bare=true from 1"),
            (&["/opt/x/g++", "a.cpp"], "g++ bare=false from 1"),
            (&["x86_64-linux-gnu-gcc-12", "run"], "x86_64-linux-gnu-gcc-12 bare=true from 1"),
            (&["pycc-shim-g++", "a.cpp"], "g++ bare=false from 1"),
            (&["/opt/x/pycc-shim-clang++", "a.cpp"], "clang++ bare=false from 1"),
            (&["pycc-shim"], "tool"),
            (&["pycc-shim", "--help"], "tool"),
            (&["pycc-shim", "run", "--", "true"], "tool"),
            (&["pycc-shim", "nosuchverb"], "tool"),
            (&["pycc-shim", "--version"], "inputs Cxx from 1"),
            (&["pycc-shim", "--help", "-c"], "inputs Cxx from 1"),
            (&["pycc-shim", "a.c", "-o", "a.cpp"], "inputs C from 1"),
            (&["pycc-shim", "a.c", "b.cpp"], "inputs Cxx from 1"),
            (&["pycc-shim", "-shared", "a.o", "-lm"], "inputs Cxx from 1"),
            (&["pycc-shim", "-x", "c", "-"], "inputs C from 1"),
            (&["pycc-shim", "-xc++", "a.c"], "inputs Cxx from 1"),
            (&["pycc-shim", "/usr/bin/cc", "-c", "a.c"], "launch /usr/bin/cc from 2"),
            (&["pycc-shim", "nvcc", "-c", "a.cu"], "launch nvcc from 2"),
        ] {
            assert_eq!(face_of(words), face, "{words:?}");
        }
    }
}
