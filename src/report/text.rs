//! The report as people read it: at most twelve lines a finding, a command whole on its line.

use std::fmt::Write as _;

use super::{Finding, Remedy, Report, is_list};

/// The most lines that one finding takes.
const MOST_LINES: usize = 12;
/// The column at which a label's text begins, after four blanks.
const LABEL: usize = 12;

/// Where the text goes, which decides what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// It follows a compiler's text, and some client of the compiler may read it.
    pub live: bool,
    /// Escape sequences are welcome.
    pub colour: bool,
}

/// The whole report, one block a finding; empty for an empty report. Ends with a newline.
#[must_use]
pub fn render(report: &Report, style: Style) -> String {
    report.findings.iter().map(|finding| block(finding, None, style)).collect()
}

/// One finding's block; where it holds for several machines, with the line that says for which. Ends with a newline.
#[must_use]
pub fn block(finding: &Finding, on: Option<&str>, style: Style) -> String {
    let name = if style.colour {
        let bold = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
        format!("{bold}pycc-shim:{bold:#}")
    } else {
        "pycc-shim:".to_owned()
    };
    let mut lines = vec![format!("{name} {}", finding.summary)];
    let mut add = |label: &str, text: &str| {
        let line = labelled(label, text, finding, style);
        // What gives way to `explain --last` gives way once.
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    };
    if let Some(machines) = on {
        add("on", machines);
    }
    if let Some(who) = wanted_by(finding) {
        add("wanted by", &who);
    }
    let remedy = finding.remedies.first();
    if let Some(remedy) = remedy {
        if let Some(package) = package(finding, remedy) {
            add("package", &package);
        }
        if finding.verdict == "link" {
            add("set", &whole(remedy, &finding.host.privilege));
        } else {
            if !remedy.commands.is_empty() {
                add("install", &shell_line(remedy, &finding.host.privilege));
            }
            for (name, value) in &remedy.env {
                add("set", &assignment(name, value));
            }
        }
        if let Some(line) = &remedy.dockerfile {
            add("in a Dockerfile", line);
        }
    }
    if finding.host.privilege != "root" && has_way_without_root(finding) {
        add("no root?", "pycc-shim fix --user");
    }
    for note in &finding.notes {
        add("note", note);
    }
    // A check that gives way to `explain --last` checks nothing.
    if let Some(verify) = finding.verify.as_ref().filter(|verify| !(style.live && is_misread(verify, &finding.client)))
    {
        add("then check", verify);
    }
    lines.truncate(MOST_LINES);
    lines.into_iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// A labelled line. In a live report a line that a reader of compiler output would misunderstand gives way to the
/// command that shows it.
fn labelled(label: &str, text: &str, finding: &Finding, style: Style) -> String {
    let text = if style.live && is_misread(text, &finding.client) { "pycc-shim explain --last" } else { text };
    column(label, text)
}

/// A label and its text.
fn column(label: &str, text: &str) -> String {
    format!("    {label:<LABEL$}{gap}{text}", gap = if label.len() < LABEL { "" } else { "  " })
}

/// PyTensor takes every run of `-l` and what follows in a failed compile's output for a missing library; so may a
/// client that we do not know. For the others `-l` is allowed inside names and paths.
fn is_misread(text: &str, client: &str) -> bool {
    match client {
        "pytensor" | "python" | "other" => text.contains("-l"),
        _ => text.starts_with("-l") || text.contains(" -l"),
    }
}

/// Whether what wants root's rights here can be had without them too.
fn has_way_without_root(finding: &Finding) -> bool {
    let of = |needs_root: bool| {
        finding.remedies.iter().any(|remedy| remedy.needs_root == needs_root && !remedy.commands.is_empty())
    };
    of(true) && of(false)
}

fn wanted_by(finding: &Finding) -> Option<String> {
    let client = match finding.client.as_str() {
        "inductor" => "PyTorch Inductor (torch.compile)",
        "aotinductor" => "PyTorch AOTInductor",
        "triton" => "Triton",
        "deepspeed" => "DeepSpeed",
        "cpp-extension" => "torch.utils.cpp_extension",
        "jax" => "a JAX extension",
        "numba" => "numba",
        "cmake" => "a CMake build",
        "meson" => "a Meson build",
        "setuptools" => "a setuptools build",
        "cffi" => "cffi",
        "cython" => "Cython",
        "pytensor" => "PyTensor",
        "python" => "a build driven by Python",
        _ => "",
    };
    let python = finding.python.as_ref().map(|python| {
        let version = format!("{}{}", python.version, python.abi);
        match python.origin.as_str() {
            "system" => format!("the system's Python {version}"),
            "deadsnakes" => format!("Python {version} from the deadsnakes PPA"),
            "conda" => format!("conda's Python {version}"),
            "pyenv" => format!("pyenv's Python {version}"),
            "asdf" => format!("asdf's Python {version}"),
            "mise" => format!("mise's Python {version}"),
            "module" => format!("the module's Python {version}"),
            "uv" => format!("uv's Python {version}"),
            "homebrew" => format!("Homebrew's Python {version}"),
            "framework" => format!("the framework Python {version}"),
            "docker-official" => format!("the image's Python {version}"),
            "hostedtoolcache" => format!("the tool cache's Python {version}"),
            "source" => format!("Python {version} built from source"),
            "nix" => format!("Nix's Python {version}"),
            _ => format!("Python {version}"),
        }
    });
    match (client, python) {
        ("", None) => None,
        ("", Some(python)) => Some(python),
        (client, None) => Some(client.to_owned()),
        (client, Some(python)) => Some(format!("{client}, for {python}")),
    }
}

fn package(finding: &Finding, remedy: &Remedy) -> Option<String> {
    if remedy.packages.is_empty() {
        return None;
    }
    let names = remedy.packages.join(" ");
    let is_systems = remedy.manager.is_some() && remedy.manager == finding.host.manager;
    if is_systems {
        return Some(format!("{names} ({})", system_title(&finding.host.os, &finding.host.version)));
    }
    Some(remedy.manager.as_ref().map_or(names.clone(), |manager| format!("{names} ({manager})")))
}

/// A system's name as people write it.
fn system_title(id: &str, version: &str) -> String {
    let name = match id {
        "debian" => "Debian",
        "ubuntu" => "Ubuntu",
        "linuxmint" => "Linux Mint",
        "pop" => "Pop!_OS",
        "elementary" => "elementary OS",
        "zorin" => "Zorin OS",
        "raspbian" => "Raspberry Pi OS",
        "kali" => "Kali Linux",
        "devuan" => "Devuan",
        "mx" => "MX Linux",
        "fedora" => "Fedora",
        "nobara" => "Nobara",
        "bazzite" => "Bazzite",
        "rhel" => "RHEL",
        "rocky" => "Rocky Linux",
        "almalinux" => "AlmaLinux",
        "centos" => "CentOS",
        "ol" => "Oracle Linux",
        "amzn" => "Amazon Linux",
        "opensuse-leap" => "openSUSE Leap",
        "opensuse-tumbleweed" => "openSUSE Tumbleweed",
        "opensuse-microos" => "openSUSE MicroOS",
        "sles" => "SLES",
        "arch" | "archarm" => "Arch Linux",
        "manjaro" => "Manjaro",
        "endeavouros" => "EndeavourOS",
        "garuda" => "Garuda Linux",
        "steamos" => "SteamOS",
        "alpine" => "Alpine",
        "void" => "Void Linux",
        "gentoo" => "Gentoo",
        "nixos" => "NixOS",
        "freebsd" => "FreeBSD",
        "termux" => "Termux",
        "macos" => "macOS",
        other => other,
    };
    if version.is_empty() { name.to_owned() } else { format!("{name} {version}") }
}

/// The commands as one line to paste.
pub(super) fn shell_line(remedy: &Remedy, privilege: &str) -> String {
    let prefix = match privilege {
        "sudo" if remedy.needs_root => "sudo ",
        "doas" if remedy.needs_root => "doas ",
        _ => "",
    };
    let commands: Vec<String> = remedy.commands.iter().map(|command| format!("{prefix}{command}")).collect();
    commands.join(" && ")
}

/// A remedy's own lines: its commands as one line, its variables a line each, the line for a Dockerfile.
#[must_use]
pub fn ways(remedy: &Remedy, privilege: &str) -> String {
    let install = Some(shell_line(remedy, privilege)).filter(|line| !line.is_empty());
    let lines = install.into_iter().map(|line| ("install", line));
    let lines = lines.chain(remedy.env.iter().map(|(name, value)| ("set", assignment(name, value))));
    let lines = lines.chain(remedy.dockerfile.iter().map(|line| ("in a Dockerfile", line.clone())));
    lines.fold(String::new(), |mut text, (label, line)| {
        let _ = writeln!(text, "{}", column(label, &line));
        text
    })
}

/// Commands and variables as one line to paste.
fn whole(remedy: &Remedy, privilege: &str) -> String {
    let commands = Some(shell_line(remedy, privilege)).filter(|line| !line.is_empty());
    let set = remedy.env.iter().map(|(name, value)| assignment(name, value));
    commands.into_iter().chain(set).collect::<Vec<_>>().join(" && ")
}

/// What nobody knows: the block for a header that no table has, with the system's own question.
#[must_use]
pub fn look_up(name: &str, command: &str) -> String {
    format!(
        "pycc-shim: {name} is missing, and no table here says who brings it to this system\n    {label:<LABEL$}{command}\n",
        label = "look up"
    )
}

/// Lists of directories keep what they hold; anything else is set plainly.
pub(super) fn assignment(name: &str, value: &str) -> String {
    let value = shell_words::quote(value);
    match name {
        // Programs are looked for in the order of PATH, which is never empty.
        "PATH" => format!("export PATH={value}:$PATH"),
        name if is_list(name) => format!("export {name}={value}${{{name}:+:${name}}}"),
        _ => format!("export {name}={value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Machine, Python, Subject};

    fn finding() -> Finding {
        Finding {
            missing: Subject { kind: "header".into(), name: "Python.h".into() },
            location: None,
            client: "inductor".into(),
            component: "python-headers".into(),
            python: Some(Python {
                version: "3.13".into(),
                abi: String::new(),
                origin: "system".into(),
                include_dir: "/usr/include/python3.13".into(),
            }),
            host: Machine {
                os: "debian".into(),
                version: "13".into(),
                manager: Some("apt".into()),
                container: false,
                privilege: "sudo".into(),
            },
            verdict: "install".into(),
            summary: "Python.h is missing: the C headers of Python 3.13 are not installed".into(),
            remedies: vec![Remedy {
                manager: Some("apt".into()),
                packages: vec!["python3.13-dev".into()],
                env: [].into(),
                needs_root: true,
                commands: vec!["apt-get update".into(), "apt-get install -y python3.13-dev".into()],
                dockerfile: None,
            }],
            verify: Some("test -f /usr/include/python3.13/Python.h".into()),
            notes: vec![],
        }
    }

    const LIVE: Style = Style { live: true, colour: false };

    fn text_of(finding: Finding, style: Style) -> String {
        render(&Report { findings: vec![finding], ..Report::default() }, style)
    }

    /// The block of the design.
    #[test]
    fn the_whole_block() {
        let mut finding = finding();
        let unpack = vec!["sh -c 'unpack it'".into()];
        finding.remedies.push(Remedy { commands: unpack, ..Remedy::default() });
        assert_eq!(
            text_of(finding.clone(), LIVE),
            "pycc-shim: Python.h is missing: the C headers of Python 3.13 are not installed\n\
             \x20   wanted by   PyTorch Inductor (torch.compile), for the system's Python 3.13\n\
             \x20   package     python3.13-dev (Debian 13)\n\
             \x20   install     sudo apt-get update && sudo apt-get install -y python3.13-dev\n\
             \x20   no root?    pycc-shim fix --user\n\
             \x20   then check  test -f /usr/include/python3.13/Python.h\n"
        );
        finding.host.privilege = "root".into();
        assert!(!text_of(finding.clone(), LIVE).contains("no root?"));
        finding.remedies.truncate(1);
        finding.host.privilege = "none".into();
        assert!(!text_of(finding, LIVE).contains("no root?"));
    }

    #[test]
    fn a_container_a_variable_and_a_note() {
        let mut finding = finding();
        finding.host.privilege = "root".into();
        finding.remedies[0].env = [("CPATH".to_owned(), "/a b".to_owned())].into();
        finding.remedies[0].dockerfile = Some("RUN apt-get update".into());
        finding.notes = vec!["one".into()];
        let text = text_of(finding, LIVE);
        let tail: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(
            tail,
            [
                "    install     apt-get update && apt-get install -y python3.13-dev",
                "    set         export CPATH='/a b'${CPATH:+:$CPATH}",
                "    in a Dockerfile  RUN apt-get update",
                "    note        one",
                "    then check  test -f /usr/include/python3.13/Python.h",
            ]
        );
    }

    #[test]
    fn no_dash_l_where_it_would_be_read_as_a_library() {
        let mut finding = finding();
        finding.remedies[0].packages = vec!["x-libs".into()];
        finding.client = "pytensor".into();
        assert!(text_of(finding.clone(), LIVE).contains("    package     pycc-shim explain --last\n"));
        assert!(text_of(finding.clone(), LIVE).contains("then check"));
        finding.verify = Some("test -e /usr/lib/x86_64-linux-gnu/crti.o".into());
        assert!(!text_of(finding.clone(), LIVE).contains("then check"));
        assert!(text_of(finding.clone(), Style { live: false, colour: false }).contains("x-libs (Debian 13)"));
        finding.client = "triton".into();
        assert!(text_of(finding, LIVE).contains("x-libs (Debian 13)"));
    }

    #[test]
    fn never_more_than_twelve_lines() {
        let mut finding = finding();
        finding.notes = (0..30).map(|number| number.to_string()).collect();
        assert_eq!(text_of(finding, LIVE).lines().count(), 12);
    }

    #[test]
    fn colour_only_where_it_is_welcome() {
        assert!(!text_of(finding(), LIVE).contains('\x1b'));
        let coloured = text_of(finding(), Style { live: true, colour: true });
        assert!(coloured.starts_with("\x1b[1m\x1b[31mpycc-shim:\x1b[0m Python.h"), "{coloured:?}");
    }
}
