//! What callers do with the two streams: a pipe each, one pipe for both, a file, a terminal. The same bytes in the same
//! order, colours, width and links as without us.

use crate::capture::{ALL, Capture};
use crate::outputs::sources;
use crate::pair::{Face, Pair, Seen};

/// Calls that say something, on one stream or both.
const CALLS: &[&str] = &[
    "-Wall -Wextra -c warns.c",
    "-c wrong.c",
    "-c wants.c",
    "-E a.c wants.c",
    "-E -Wunused-macros -Wall warns.c -H",
    "-M wants.c a.c",
    "-S -o - -Wall warns.c",
    "-v -E -x c -",
    "-v -c a.c",
    "calls.c -o program",
    "--version",
    "-print-search-dirs",
    "-fdiagnostics-color=never -c wrong.c",
    "-fdiagnostics-color=always -c wrong.c",
    "-fmessage-length=30 -c wrong.c",
    "-fnonsense -c a.c",
    "",
];

#[test]
fn of_gcc() {
    for face in [Face::OnPath("gcc"), Face::ByPath("g++")] {
        check(face);
    }
}

#[test]
fn of_clang() {
    for face in [Face::OnPath("clang"), Face::Launcher("clang++")] {
        check(face);
    }
}

fn check(face: Face) {
    let pair = sources();
    for capture in ALL {
        let seen = pair.are_transparent(face, CALLS, b"int a;\n", capture);
        let has_colours = |seen: &Seen| seen.streams.iter().any(|text| text.contains(&0x1b));
        let coloured = seen.iter().zip(CALLS).filter(|(seen, line)| has_colours(seen) && !line.contains("color"));
        // The compilers know a terminal when they see one.
        let is_told = coloured.count() > 3;
        assert!(seen.is_empty() || is_told == (capture == Capture::Terminal), "{face:?} {capture:?}");
    }
}

/// Where both streams are one, what comes first on one stream comes first for the reader, whichever stream is next.
#[test]
fn order_is_kept_where_both_are_one() {
    let pair = Pair::mock();
    let mut line = vec!["--mock-stdout-line=first".to_owned()];
    let mut lines = vec!["first".to_owned()];
    for round in 0..100 {
        line.extend([format!("--mock-stderr-line=err {round}"), format!("--mock-stdout-line=out {round}")]);
        lines.extend([format!("err {round}"), format!("out {round}")]);
    }
    let expected = lines.join("\n") + "\n";
    line.push("--mock-exit=1".to_owned());
    for capture in ALL {
        let seen = pair.is_transparent(Face::OnPath("gcc"), &[line.clone()], b"", capture);
        let expected = match capture {
            Capture::Pipes => continue,
            Capture::OnePipe | Capture::OneFile | Capture::OneFileAppended => expected.clone(),
            Capture::Terminal => expected.replace('\n', "\r\n"),
        };
        assert_eq!(seen.streams, [expected.into_bytes()], "{capture:?}");
    }
}

/// One file opened twice is two streams, each with a place of its own in the file.
#[test]
fn one_file_opened_twice_stays_two() {
    let pair = Pair::mock();
    let file = pair.world.path("both");
    for through_us in [false, true] {
        let open = || std::fs::File::options().create(true).write(true).truncate(true).open(&file).unwrap();
        let mut command = pair.command(Face::OnPath("gcc"), through_us);
        command.args(["--mock-stdout-line=longer than it", "--mock-stderr-line=short", "--mock-exit=1"]);
        let status = crate::world::start(command.stdout(open()).stderr(open())).wait().unwrap();
        assert_eq!(status.code(), Some(1));
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, "short\n than it\n", "through us: {through_us}");
    }
}
