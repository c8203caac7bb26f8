//! The demo, with the machine's real compiler.

use std::fs;

use crate::world::{SHIM, World};

#[test]
fn it_shows_a_rewritten_error_and_leaves_nothing_behind() {
    let world = World::debian13();
    fs::create_dir(world.path("tmp")).unwrap();
    let call = world.call(SHIM).env("PATH", "/usr/bin:/bin").env("TMPDIR", world.path("tmp"));
    let outcome = call.without_env("_PYCC_SHIM_ROOT").args("demo").run();
    assert_eq!(outcome.status, "0", "{outcome:?}");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert!(lines[0].starts_with("$ cd [DIR]/tmp/pycc-shim-demo-"), "{outcome:?}");
    assert!(
        lines[1].starts_with("$ g++ torchinductor_demo/ji/kernel.main.cpp -D TORCH_INDUCTOR_CPP_WRAPPER "),
        "{outcome:?}"
    );
    assert_eq!(lines[2..], ["", "This is how an error of torch.compile ends with pycc-shim before g++."]);
    // What follows the first line of the report is this machine's own truth.
    let text: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(
        text[..4],
        [
            "torchinductor_demo/ji/kernel.main.cpp:31:10: fatal error: Python.h: No such file or directory",
            "   31 | #include <Python.h>",
            "      |          ^~~~~~~~~~",
            "compilation terminated.",
        ]
    );
    assert!(text[4].starts_with("pycc-shim: Python.h is missing: "), "{outcome:?}");
    assert!(text[5].starts_with("    wanted by   PyTorch Inductor (torch.compile), for "), "{outcome:?}");
    for left in ["tmp", "home"] {
        assert_eq!(fs::read_dir(world.path(left)).unwrap().count(), 0, "{left}");
    }
}
