//! Any bytes as a log, and as what a compile said: nothing panics, and what is found lies in the text.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pycc_shim::command::client::Client;
use pycc_shim::command::{CompileCommand, from_log, probe};
use pycc_shim::diagnose::{self, log::Reader};
use pycc_shim::host::{Host, Surroundings};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::read(Path::new("/nowhere"), &Surroundings::default()));

fuzz_target!(|text: &[u8]| {
    // A log, in one piece and in two.
    let seam = text.len() / 2;
    let seam = text[seam..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |newline| seam + newline + 1);
    for pieces in [&[text.len()][..], &[seam, text.len()]] {
        let mut reader = Reader::new(&HOST);
        let mut done = 0;
        for &piece in pieces {
            reader.read(text, done..piece, 0);
            done = piece;
        }
        let _ = reader.recognised(text, text.len() as u64);
    }
    // What one compile said.
    for missing in diagnose::missing(&CompileCommand::default(), text, &|_| None) {
        assert!(!missing.name.is_empty());
    }
    // Commands, as arguments and as lines.
    for line in text.split(|&byte| byte == b'\n') {
        if let Some(command) = from_log::command_in(line, Path::new("/")) {
            let _ = (Client::of(&command, &|_| Some(text.to_vec())), probe::is_probe(&command));
        }
    }
});
