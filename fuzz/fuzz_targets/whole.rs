//! The whole explain path: the first byte chooses a machine, the rest is a log. What is shown is fit to be shown, and
//! what is to be run can be read by a shell.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pycc_shim::host::Host;

static MACHINES: LazyLock<Vec<Host>> = LazyLock::new(pycc_shim_fuzz::machines);

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, log)) = bytes.split_first() else { return };
    pycc_shim_fuzz::explain(log, &MACHINES[usize::from(choice) % MACHINES.len()]);
});
