//! Any text as a user's catalog: rows or one clear error, and rows that answer.
#![no_main]

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pycc_shim::catalog::components::Wanted;
use pycc_shim::catalog::user;
use pycc_shim::command::CompileCommand;
use pycc_shim::diagnose::{self, Scope};
use pycc_shim::host::Host;

static MACHINES: LazyLock<Vec<Host>> = LazyLock::new(pycc_shim_fuzz::machines);

fuzz_target!(|text: &str| {
    let (catalog, wrong) = user::extended([(Cow::Borrowed("FILE"), Ok(text))]);
    assert!(wrong.len() <= 1);
    for problem in wrong {
        assert!(problem.starts_with("FILE counts for nothing: ") && problem.len() < 4096 + text.len(), "{problem:?}");
    }
    // Debian, and one that an ecosystem lies across.
    for host in [&MACHINES[0], &MACHINES[5]] {
        for name in ["Python.h", "x.h", "ffi.h"] {
            for row in catalog.components.that_bring(Wanted::Header(name)) {
                assert!(row.brings(Wanted::Header(name)));
            }
            let said = format!("m.c:1:10: fatal error: {name}: No such file or directory\n");
            let argv = ["gcc", "-I/usr/include/python3.13", "-c", "m.c"].map(Into::into);
            let command = CompileCommand::parse(&argv, Path::new("/w"), &|_| None);
            let report = diagnose::compile(&command, said.as_bytes(), Scope::All, host, &catalog);
            pycc_shim_fuzz::check(&report);
        }
    }
});
