//! `--help` of the verbs.

use pycc_shim::cli::{VERBS, command};

use crate::world::{SHIM, World};

#[test]
fn help_of_a_verb_is_its_help() {
    let world = World::empty();
    for verb in VERBS.iter().filter(|verb| **verb != "help") {
        let long = world.call(SHIM).args(verb).arg("--help").run();
        assert_eq!((long.status.as_str(), long.stderr.as_str()), ("0", ""), "{verb}");
        assert_eq!(world.call(SHIM).arg("help").args(verb).run(), long, "{verb}");
        assert_eq!(world.call(SHIM).args(verb).arg("-h").run(), long, "{verb}");
    }
}

#[test]
fn whole_texts() {
    let world = World::empty();
    world.call(SHIM).args("help explain").run().is(
        "0",
        "\
Say what a saved log, or the last failed compile, is missing

Usage: pycc-shim explain [OPTIONS] [FILE]

Arguments:
  [FILE]  A log to read; without it, or with -, standard input

Options:
      --last        The last failed compile that the shim recorded
      --json        Print JSON (schema 1)
      --root <DIR>  Judge the log by the machine whose files lie below DIR
  -h, --help        Print help

Examples:
  pycc-shim explain build.log
  pip install ./package 2>&1 | pycc-shim explain
  pycc-shim explain --last --json
  pycc-shim explain --root /mnt/other/machine build.log
",
        "",
    );
    world.call(SHIM).args("help setup").run().is(
        "0",
        "\
Make the directory that stands before the compilers on PATH

Usage: pycc-shim setup [OPTIONS]

Options:
      --dir <DIR>      The directory, instead of $XDG_DATA_HOME/pycc-shim/bin
      --shell <SHELL>  Print only the line that puts the directory first on PATH in SHELL: bash, zsh or fish
      --remove         Remove what an earlier setup made there
  -h, --help           Print help

Examples:
  pycc-shim setup
  eval \"$(pycc-shim setup --shell bash)\"       in ~/.bashrc; with zsh for bash in ~/.zshrc
  pycc-shim setup --shell fish | source        in ~/.config/fish/config.fish
  pycc-shim setup --remove
",
        "",
    );
}

/// The commands among the examples of a verb, from its own name on.
fn examples(verb: &clap::Command) -> Vec<String> {
    let Some(text) = verb.get_after_help().map(ToString::to_string) else { return Vec::new() };
    let call = format!("pycc-shim {}", verb.get_name());
    let commands = text.lines().filter_map(|line| line.strip_prefix("  ")).map(|line| {
        let at = line.find(&call).unwrap_or_else(|| panic!("no example of {call}: {line}"));
        let ends = ["  ", ")", " |", " 2>"].into_iter().filter_map(|end| line[at..].find(end));
        line[at..][..ends.min().unwrap_or(line.len() - at)].to_owned()
    });
    commands.collect()
}

/// Two to four for each verb that takes arguments or needs explaining, all of which our own parser takes.
#[test]
fn the_examples_are_commands() {
    let mut tool = command();
    tool.build();
    for verb in tool.get_subcommands().filter(|verb| !["version", "help"].contains(&verb.get_name())) {
        let examples = examples(verb);
        assert!((2..=4).contains(&examples.len()), "{}: {examples:?}", verb.get_name());
        for example in examples {
            let parsed = command().try_get_matches_from(example.split(' '));
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
}

/// clap is built without colours here: no variable and no terminal changes its texts.
#[test]
fn help_and_errors_have_no_colours() {
    let world = World::empty();
    for arguments in ["--help", "help setup", "setup --nothing"] {
        let plain = world.call(SHIM).args(arguments).run();
        assert!(!plain.stdout.contains('\x1b') && !plain.stderr.contains('\x1b'), "{plain:?}");
        assert_eq!(world.call(SHIM).args(arguments).env("CLICOLOR_FORCE", "1").run(), plain);
    }
}
