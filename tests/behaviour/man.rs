//! The manual page `docs/pycc-shim.1` is the one that the verbs, their options and README.md give.

use std::fs;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pycc-shim.1");
const README: &str = include_str!("../../README.md");

/// Writes the page instead of comparing it.
const BLESS: &str = "PYCC_SHIM_BLESS";

const USAGE: &str = "\
pycc-shim COMMAND [ARGUMENT...]
pycc-shim [COMPILER] COMPILER-ARGUMENT...
g++ COMPILER-ARGUMENT...";

const DESCRIPTION: &str = "\
Stands in front of g++, gcc, cc, c++ and clang. While compiles succeed nobody can tell that it is there. When a \
Python-driven compile fails because something is absent, the error ends with what is missing, which package has it on \
this machine for this Python, and the command that installs it.

With a COMMAND it is a tool, described below. Under a compiler's name, or with a compiler's arguments, it is that \
compiler: the next one of that name on PATH.";

const EXIT_STATUS: [(&str, &str); 4] = [
    ("as a compiler", "The compiler's own status or signal; 127 without a compiler, 126 where it may not be executed."),
    (
        "run",
        "The command's own status or signal; 127 where there is no such command, 126 where it may not be executed.",
    ),
    ("explain", "0 with findings, 1 with none, 2 when the log could not be read."),
    ("other commands", "0, or 2 for bad use and what could not be done; demo 1 when no report was made."),
];

const FILES: [(&str, &str); 3] = [
    ("$XDG_DATA_HOME/pycc-shim/bin", "What setup makes. XDG_DATA_HOME is ~/.local/share where it is not set."),
    (
        "$XDG_STATE_HOME/pycc-shim/last.json",
        "The last failed compile. XDG_STATE_HOME is ~/.local/state where it is not set.",
    ),
    ("$XDG_CONFIG_HOME/pycc-shim/catalog.toml", "Rows of your own. XDG_CONFIG_HOME is ~/.config where it is not set."),
];

/// One section of a page, without what `clap_mangen` puts before each.
fn section(render: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut text = Vec::new();
    render(&mut text);
    let preamble = Roff::new().render();
    String::from_utf8(text).unwrap().replace(&preamble, "")
}

fn paragraphs(title: &str, of: impl IntoIterator<Item = (String, String)>) -> String {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for (term, text) in of {
        roff.control("TP", []).text([bold(term)]).text([roman(text)]);
    }
    section(|text| roff.to_writer(text).unwrap())
}

/// A verb: how it is called, what it does, its options, its examples as they stand.
fn verb(command: &Command) -> String {
    let man = Man::new(command.clone());
    let synopsis = section(|text| man.render_synopsis_section(text).unwrap());
    let options = section(|text| man.render_options_section(text).unwrap());
    let mut head = Roff::new();
    head.control("SS", [command.get_name()]);
    let mut text = section(|text| head.to_writer(text).unwrap());
    text += synopsis.strip_prefix(".SH SYNOPSIS\n").unwrap();
    let mut about = Roff::new();
    about.control("PP", []).text([roman(format!("{}.", command.get_about().unwrap()))]);
    text += &section(|text| about.to_writer(text).unwrap());
    text += options.strip_prefix(".SH OPTIONS\n").unwrap_or_default();
    if let Some(examples) = command.get_after_help() {
        text += &verbatim(&examples.to_string());
    }
    text
}

fn verbatim(text: &str) -> String {
    let mut roff = Roff::new();
    roff.control("PP", []).control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    section(|text| roff.to_writer(text).unwrap())
}

/// The rows of README.md's table of variables.
fn variables() -> Vec<(String, String)> {
    let table = README.split_once("## Environment\n").unwrap().1.split_once("\n## ").unwrap().0;
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once(" | "));
    rows.map(|(name, text)| (name.replace('`', ""), text.replace('`', ""))).collect()
}

fn page() -> String {
    let tool = pycc_shim::cli::command().override_usage(USAGE).long_about(DESCRIPTION).bin_name("pycc-shim");
    let tool = tool.mut_subcommands(|verb| verb.disable_help_flag(true));
    let mut built = tool.clone();
    built.build();
    let man = Man::new(tool).title("PYCC-SHIM").source(concat!("pycc-shim ", env!("CARGO_PKG_VERSION")));
    let mut text = Roff::new().render();
    text += &section(|text| man.render_title(text).unwrap());
    text += &section(|text| man.render_name_section(text).unwrap());
    text += &section(|text| man.render_synopsis_section(text).unwrap());
    text += &section(|text| man.render_description_section(text).unwrap());
    text += &verbatim(&built.get_after_help().unwrap().to_string());
    text += ".SH COMMANDS\n";
    for command in built.get_subcommands().filter(|command| command.get_name() != "help") {
        text += &verb(command);
    }
    let mut help = Roff::new();
    help.control("SS", ["help"]).text([bold("pycc-shim help"), roman(" ["), italic("COMMAND"), roman("]")]);
    help.control("PP", []).text([roman("Print what the tool, or one command, is for.")]);
    text += &section(|text| help.to_writer(text).unwrap());
    let owned = |(term, text): (&str, &str)| (term.to_owned(), text.to_owned());
    text += &paragraphs("ENVIRONMENT", variables());
    text += &paragraphs("FILES", FILES.map(owned));
    text += &paragraphs("EXIT STATUS", EXIT_STATUS.map(owned));
    text
}

#[test]
fn the_page_is_up_to_date() {
    let page = page();
    if std::env::var_os(BLESS).is_some_and(|value| value == "1") {
        fs::write(PAGE, &page).unwrap();
    }
    let committed = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(committed == page, "docs/pycc-shim.1 is out of date: write it with `{BLESS}=1 cargo test the_page_is`");
}

/// What must not get lost between clap, README.md and the page.
#[test]
fn every_verb_and_variable_is_on_it() {
    let page = fs::read_to_string(PAGE).unwrap();
    // troff by itself takes no UTF-8.
    assert!(page.is_ascii());
    for verb in pycc_shim::cli::VERBS {
        assert!(page.contains(&format!("\n.SS {verb}\n")), "{verb}");
    }
    for variable in ["PYCC_SHIM_DISABLE=1", "PYCC_SHIM_REPORT_DIR", "NO_COLOR, CLICOLOR_FORCE"] {
        assert!(page.contains(&format!("\n.TP\n\\fB{variable}\\fR\n")), "{variable}");
    }
}
