//! What the compiler inherits is what it would have without us.

use crate::world::World;

/// Everything that the mock dumps, less its arguments.
fn inherited(stdout: &str) -> Vec<String> {
    stdout.lines().filter(|line| !line.starts_with("arg ")).map(str::to_owned).collect()
}

/// One script sets the stage, then runs the compiler with or without us before it. The environment differs by our
/// directory in PATH and by the depth counter, and nothing else differs.
fn differs_only_as_documented(stage: &str) {
    let world = World::debian13();
    world.script("work/stage", &format!("#!/bin/bash\n{stage}\nexec \"$1\" --mock-dump --mock-exit=1\n"));
    let script = world.path("work/stage");
    let with = world.call(&script).arg(world.path("shim/g++")).run();
    let without = world.call(&script).arg(world.path("bin/g++")).run();
    let mut expected = inherited(&without.stdout);
    for line in &mut expected {
        *line = line.replace("env PATH=[DIR]/shim:", "env PATH=");
    }
    let mut got = inherited(&with.stdout);
    got.retain(|line| line != "env _PYCC_SHIM_DEPTH=1");
    got.sort();
    expected.sort();
    assert_eq!(got, expected, "{stage}");
    assert_eq!(with.status, without.status);
}

#[test]
fn environment_descriptors_umask_limits_and_group() {
    differs_only_as_documented("umask 027; ulimit -n 64; export ODD=$'a\\nb'; exec 5</dev/null");
}

#[test]
fn ignored_signals_stay_ignored() {
    differs_only_as_documented("trap '' INT HUP PIPE USR1 TERM QUIT");
    differs_only_as_documented("trap '' CHLD");
}

#[test]
fn closed_descriptors_stay_closed() {
    differs_only_as_documented("exec 0<&-");
    differs_only_as_documented("exec 2>&-");
    differs_only_as_documented("exec 0<&- 2>/dev/null");
    differs_only_as_documented("exec 7</dev/null 2>/dev/full");
}
