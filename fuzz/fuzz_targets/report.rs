//! Any bytes as a file of a report directory: no record, or one that is read again as it was, and whose text, like that of
//! several of them, is fit to be shown.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pycc_shim::report::fleet::{self, Collector};
use pycc_shim::report::record;
use pycc_shim::report::text::Style;

static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(pycc_shim_fuzz::directory);

fuzz_target!(|bytes: &[u8]| {
    let file = DIRECTORY.join("x.json");
    fs::write(&file, bytes).expect("room in the temporary directory");
    let Ok(record) = record::read(&file) else { return };
    record::write_last(&DIRECTORY, &record).expect("what was read can be written");
    let again = record::read_last(&DIRECTORY).expect("what was written can be read").expect("it is there");
    assert_eq!(again, record);
    let mut collector = Collector::default();
    for node in ["", "node1", "node2", &record.node] {
        let mut record = record.clone();
        node.clone_into(&mut record.node);
        collector.add(record);
    }
    let fleet = collector.finish();
    pycc_shim_fuzz::check_text(&fleet::render(&fleet, Style { live: false, colour: false }));
    serde_json::to_string(&fleet).expect("a fleet is JSON");
});
