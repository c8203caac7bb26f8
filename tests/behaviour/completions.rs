//! `completions`: what the real shells offer with our scripts.

use std::fs;
use std::path::Path;

use pycc_shim::cli::{VERBS, command};

use crate::world::{Call, Outcome, SHIM, World};

/// Runs a script in a shell that has `pycc-shim` on its PATH; none where the shell is not installed.
pub(crate) fn in_shell(world: &World, shell: &str, script: &str) -> Option<Outcome> {
    let plain: &[&str] = match shell {
        "bash" => &["--noprofile", "--norc"],
        "zsh" => &["-f"],
        _ => &["--no-config"],
    };
    // bash is everywhere; the others are tested where they are installed.
    let is_here = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        .iter()
        .any(|place| Path::new(place).join(shell).exists());
    if !is_here && shell != "bash" {
        return None;
    }
    if !world.path("bin/pycc-shim").exists() {
        std::os::unix::fs::symlink(SHIM, world.path("bin/pycc-shim")).unwrap();
    }
    let call = plain.iter().fold(world.call(shell), Call::arg);
    Some(call.arg("-c").arg(script).run())
}

/// What bash offers for a line whose last word is being written.
fn bash(world: &World, words: &[&str]) -> String {
    let [.., before, last] = words else { panic!("a command and a word") };
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source <(pycc-shim completions bash)\ncomplete -p pycc-shim\nCOMP_WORDS=({})\nCOMP_CWORD={}\n\
         _pycc__shim pycc-shim '{last}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        quoted.join(" "),
        words.len() - 1
    );
    let outcome = in_shell(world, "bash", &script).unwrap();
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""));
    let registered = "complete -o bashdefault -o default -o nosort -F _pycc__shim pycc-shim\n";
    outcome.stdout.strip_prefix(registered).unwrap_or_else(|| panic!("{outcome:?}")).to_owned()
}

#[test]
fn in_bash() {
    let world = World::empty();
    let lines = |words: &[&str]| words.join("\n") + "\n";
    assert_eq!(bash(&world, &["pycc-shim", ""]), lines(&[&["-h", "--help"], &VERBS[..]].concat()));
    assert_eq!(bash(&world, &["pycc-shim", "ex"]), "explain\n");
    // Behind a verb, too: clap_complete alone offers nothing there.
    assert_eq!(bash(&world, &["pycc-shim", "setup", "--"]), "--dir\n--shell\n--remove\n--help\n");
    assert_eq!(bash(&world, &["pycc-shim", "setup", "--shell", ""]), "bash\nzsh\nfish\n");
    assert_eq!(bash(&world, &["pycc-shim", "completions", "z"]), "zsh\n");
    assert_eq!(bash(&world, &["pycc-shim", "help", "se"]), "setup\n");
}

/// Every verb and what it is for, as zsh and fish show them.
fn verbs(separator: char) -> Vec<String> {
    let mut tool = command();
    tool.build();
    tool.get_subcommands().map(|verb| format!("{}{separator}{}", verb.get_name(), verb.get_about().unwrap())).collect()
}

/// As install.sh leaves it: a file in a directory of `fpath`.
#[test]
fn in_zsh() {
    let world = World::empty();
    let script = world.call(SHIM).args("completions zsh").run();
    assert_eq!((script.status.as_str(), script.stderr.as_str()), ("0", ""));
    assert!(script.stdout.starts_with("#compdef pycc-shim\n"), "{}", script.stdout);
    world.file("work/functions/_pycc-shim", &script.stdout);
    let load = "fpath=($PWD/functions $fpath); autoload -U compinit; compinit -D -u; print $_comps[pycc-shim]\n";
    // The function defines its helpers when it is loaded; _describe shows what it is given instead of the menu.
    let offer = "autoload +X _pycc-shim; _arguments() { return 1 }; _pycc-shim\n\
                 _describe() { print -l -- \"${(@P)4}\" }; _pycc-shim_commands\n";
    let Some(outcome) = in_shell(&world, "zsh", &format!("{load}{offer}")) else { return };
    outcome.is("0", &format!("_pycc-shim\n{}\n", verbs(':').join("\n")), "");
    let sourced =
        "autoload -U compinit; compinit -D -u; eval \"$(pycc-shim completions zsh)\"; print $_comps[pycc-shim]";
    in_shell(&world, "zsh", sourced).unwrap().is("0", "_pycc-shim\n", "");
}

#[test]
fn in_fish() {
    let world = World::empty();
    let complete = |line: &str| {
        let script = format!("pycc-shim completions fish | source; complete -C '{line}'");
        in_shell(&world, "fish", &script)
    };
    let Some(outcome) = complete("pycc-shim ") else { return };
    let mut expected = verbs('\t');
    expected.sort();
    outcome.is("0", &format!("{}\n", expected.join("\n")), "");
    complete("pycc-shim setup --shell ").unwrap().is("0", "bash\nfish\nzsh\n", "");
    complete("pycc-shim setup --re").unwrap().is("0", "--remove\tRemove what an earlier setup made there\n", "");
}

#[test]
fn bad_use() {
    let world = World::empty();
    let unknown = world.call(SHIM).args("completions nu").run();
    let message = "error: invalid value 'nu' for '<SHELL>'\n  [possible values: bash, zsh, fish]\n\nFor more information, \
                   try '--help'.\n";
    unknown.is("2", "", message);
    assert_eq!(fs::read_dir(world.path("home")).unwrap().count(), 0);
}
