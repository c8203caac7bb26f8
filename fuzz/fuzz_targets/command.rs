//! Any words as a compile command: arguments are separated by NUL, the last is what a response file holds. What a shell
//! would read from them is read from a log in the same way.
#![no_main]

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pycc_shim::command::client::Client;
use pycc_shim::command::{CompileCommand, from_log, probe};
use pycc_shim::face;
use pycc_shim::shim::args::Args;

fuzz_target!(|bytes: &[u8]| {
    let mut words: Vec<&[u8]> = bytes.split(|&byte| byte == 0).collect();
    let response = words.pop().unwrap_or_default();
    let argv: Vec<OsString> = words.iter().map(|word| OsString::from_vec(word.to_vec())).collect();
    // A response file may name itself.
    let read = |path: &Path| (path.as_os_str().len() < 64).then(|| response.to_vec());
    let command = CompileCommand::parse(&argv, Path::new("/w"), &read);
    let _ = (probe::is_probe(&command), Client::of(&command, &|_| Some(response.to_vec())));
    assert!(command.paths().count() <= bytes.len() * 1024 + 1024);

    // A response file that is there would be read.
    if !words.iter().any(|word| word.starts_with(b"@")) {
        let c_words: Vec<CString> = words.iter().filter_map(|word| CString::new(*word).ok()).collect();
        let _ = face::of(&Args::of(&c_words));
    }

    // Quoted, in a log.
    let text: Option<Vec<&str>> = words.iter().map(|word| std::str::from_utf8(word).ok()).collect();
    let is_plain = |word: &&str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./=+, ".contains(&byte))
    };
    if let Some(text) = text.filter(|text| !text.is_empty() && text.iter().all(is_plain)) {
        let line = shell_words::join(std::iter::once("gcc").chain(text.iter().copied()));
        let argv: Vec<OsString> = std::iter::once("gcc").chain(text).map(OsString::from).collect();
        if let Some(read) = from_log::command_in(line.as_bytes(), Path::new("/w")) {
            assert_eq!(read, CompileCommand::parse(&argv, Path::new("/w"), &|_| None), "{line}");
        }
    }
});
