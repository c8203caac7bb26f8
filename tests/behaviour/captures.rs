//! The 24 compiler invocations captured on a Debian 13 whose Python 3.13 came without headers: each failing one is
//! recognised, with the right client and the whole text; each succeeding one is silent.

use serde_json::Value;

use crate::world::World;

const CAPTURES: &str = include_str!("../fixtures/debian13-python3.13-no-headers.jsonl");

/// What each failing capture was wanted by, and what it misses: by its client's name in the file.
const FAILING: [(&str, &str, &str); 9] = [
    ("cpp_wrapper", "PyTorch Inductor (torch.compile)", "Python.h"),
    ("triton", "Triton", "Python.h"),
    ("cpp_extension", "torch.utils.cpp_extension", "Python.h"),
    ("cffi", "cffi", "pyconfig.h"),
    ("cython", "Cython", "Python.h"),
    ("pip-psutil", "a setuptools build", "Python.h"),
    ("pip-pyaudio", "a setuptools build", "Python.h"),
    ("pip-ldap", "a setuptools build", "Python.h"),
    ("inductor", "PyTorch Inductor (torch.compile)", "Python.h"),
];

#[test]
fn all_of_them() {
    let captures: Vec<Value> = CAPTURES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(captures.len(), 24);
    let mut failing = FAILING.iter();
    for (index, capture) in captures.iter().enumerate() {
        let world = World::debian13();
        let argv: Vec<&str> = capture["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let stderr = capture["stderr"].as_str().unwrap();
        let status = capture["status"].to_string();
        // A compiler that says and does what the captured one did, whatever it is asked.
        world.file("work/says", stderr).stand_in("c++").stand_in("cc").stand_in("x86_64-linux-gnu-gcc");
        world.script(&format!("bin/{}", argv[0]), &format!("#!/bin/sh\ncat says >&2\nexit {status}\n"));
        let call = argv[1..].iter().fold(world.call(argv[0]), super::world::Call::arg);
        let report = if status == "0" {
            String::new()
        } else {
            let (client, who, header) = failing.next().unwrap();
            assert_eq!(capture["client"], *client, "capture {index}");
            format!(
                "pycc-shim: {header} is missing: the C headers of Python 3.13 are not installed\n    \
                 wanted by   {who}, for the system's Python 3.13\n    \
                 package     python3.13-dev (Debian 13)\n    \
                 install     sudo apt-get update && sudo apt-get install -y python3.13-dev\n    \
                 no root?    pycc-shim fix --user\n    then check  test -f /usr/include/python3.13/{header}\n"
            )
        };
        call.run().is(&status, "", &format!("{stderr}{report}"));
    }
    assert_eq!(failing.next(), None);
}
