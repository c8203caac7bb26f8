//! Arguments and names that other wrappers have stumbled over: distcc, ccache, Bear and icecream tell of them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::capture::Capture;
use crate::pair::{Face, Pair};

const FACES: [Face; 4] = [Face::OnPath("gcc"), Face::ByPath("gcc"), Face::Launcher("gcc"), Face::OnPath("clang")];

fn words<'a>(words: impl IntoIterator<Item = &'a [u8]>) -> Vec<OsString> {
    words.into_iter().map(|word| OsStr::from_bytes(word).to_owned()).collect()
}

/// The compiler gets them byte for byte: what a probe saw.
#[test]
fn arguments_are_bytes() {
    let odd: &[&[u8]] = &[
        b"",
        b" ",
        b"-D",
        b"",
        b"caf\xe9.c",
        b"a\nb",
        b"\x01\x7f\x80\xff",
        b"'\"\\$(id)`id`;&|<>*?[]{}~!#%^",
        b"--",
        b"-o",
        b"",
        b"@",
        b"@\xff",
        b"-\xc3\x28",
        b"--version=",
        b"-x",
    ];
    let pair = Pair::mock();
    for face in [Face::OnPath("gcc"), Face::ByPath("gcc"), Face::Launcher("gcc"), Face::Ourselves("g++")] {
        for status in ["0", "1"] {
            let end = format!("--mock-exit={status}");
            let line =
                words([&b"-c"[..], b"--mock-dump"].into_iter().chain(odd.iter().copied()).chain([end.as_bytes()]));
            // What the probe saw of itself is compared elsewhere; here it is the arguments that count.
            let seen = |through_us: bool| {
                let seen = pair.one(face, through_us, std::slice::from_ref(&line), b"", Capture::Pipes);
                let text = String::from_utf8(seen.streams[0].clone()).unwrap();
                let arguments: Vec<_> =
                    text.lines().filter(|line| line.starts_with("arg ")).map(str::to_owned).collect();
                (seen.status, arguments[1..].to_vec(), seen.streams[1].clone(), seen.files)
            };
            let without = seen(false);
            assert_eq!((without.0.as_str(), without.1.len(), without.2.len()), (status, odd.len() + 3, 0));
            assert_eq!(seen(true), without, "{face:?}");
        }
    }
}

/// Real compilers, with files of such names.
#[test]
fn names_are_bytes() {
    let names: &[&[u8]] = &[
        b"with space.c",
        b"with\nline.c",
        b"caf\xe9.c",
        b"comma,comma.c",
        b"back\\slash.c",
        b"quote'\".c",
        b"$dollar $(id).c",
        b"percent%20.c",
        b"-dash.c",
        b"equals=x.c",
        b"semi;colon.c",
        b"hash#.c",
        b".c",
        b"two.dots.c",
    ];
    let source = b"int f(int x) { int unused; if (x = 1) return x; }\nint f2(void) { return absent; }\n";
    let mut pair = Pair::real();
    for name in names {
        pair = pair.source(OsStr::from_bytes(name), &source[..51]);
        pair = pair.source(OsStr::from_bytes(&[b"wrong", *name].concat()), source);
    }
    for face in [Face::OnPath("gcc"), Face::OnPath("clang")] {
        for name in names {
            let wrong = [b"wrong", *name].concat();
            let place = [b"./", *name].concat();
            let joined = [b"-o", *name, b".o"].concat();
            for line in [
                words([&b"-Wall"[..], b"-c", &place, &joined]),
                words([&b"-c"[..], b"-MD", b"-MF", &[*name, b".d"].concat(), &place, b"-o", &[*name, b".o"].concat()]),
                words([&b"-c"[..], name]),
                words([&b"-c"[..], &[b"./", &wrong[..]].concat()]),
            ] {
                pair.is_transparent(face, &[line], b"", Capture::Pipes);
            }
        }
    }
}

#[test]
fn outputs_that_are_no_files() {
    let pair = Pair::real().source("a.c", "int a;\n").source("sub/here", "");
    for face in FACES {
        for line in [
            "-c a.c -o /dev/null",
            "-c a.c -o sub",
            "-c a.c -o sub/",
            "-S a.c -o /dev/stdout",
            "-S a.c -o -",
            "-c a.c -o",
        ] {
            let line: Vec<&str> = line.split(' ').collect();
            pair.is_transparent(face, &[line], b"", Capture::Pipes);
        }
        for line in [["-c", "", "a.c"], ["-c", "a.c", ""], ["", "", ""], ["-o", "", "a.c"], ["-I", "", "-c"]] {
            pair.is_transparent(face, &[line.to_vec()], b"", Capture::Pipes);
        }
    }
}

/// A hundred thousand arguments, and more than any process can have.
#[test]
fn a_hundred_thousand_arguments() {
    let many: Vec<String> = (0..100_000).map(|number| format!("-DN{number}=1")).collect();
    let mock = Pair::mock();
    let line = [&["--mock-dump".to_owned()], &many[..]].concat();
    let arguments = |through_us: bool| {
        let seen = mock.one(Face::OnPath("gcc"), through_us, std::slice::from_ref(&line), b"", Capture::Pipes);
        let text = String::from_utf8(seen.streams[0].clone()).unwrap();
        let arguments: String = text.lines().take_while(|line| line.starts_with("arg ")).collect();
        (seen.status, arguments.len(), arguments, seen.streams[1].clone())
    };
    let without = arguments(false);
    assert_eq!((without.0.as_str(), without.3.len()), ("0", 0));
    assert!(without.1 > 1_000_000);
    assert!(arguments(true) == without, "other arguments than without us");
    let pair = Pair::real().source("a.c", "int a = N99999;\n").source("all.rsp", many.join("\n"));
    for face in [Face::OnPath("gcc"), Face::OnPath("clang")] {
        let seen = pair.is_transparent(face, &[["-c", "a.c", "@all.rsp"]].map(Vec::from), b"", Capture::Pipes);
        let line = [&["-c".to_owned(), "a.c".to_owned()], &many[..]].concat();
        let direct = pair.is_transparent(face, &[line], b"", Capture::Pipes);
        // GCC cannot hand so many on to its own parts, and says so.
        assert!(seen.status == direct.status, "{} {}", seen.status, direct.status);
    }
}

/// A response file that names itself, and more than once: compilers give up, and so do we. (The fuzzer met 3 to the power
/// of 16 of them.)
#[test]
fn response_files_that_never_end() {
    let pair = Pair::real().source("a.c", "int a;\n").source("many.rsp", "a.c @many.rsp @many.rsp @many.rsp\n");
    for face in FACES.into_iter().chain([Face::Ourselves("gcc")]) {
        let seen = pair.is_transparent(face, &[vec!["-fsyntax-only", "@many.rsp"]], b"", Capture::Pipes);
        assert_eq!(seen.status, "1", "{face:?}");
    }
}

/// A response file that is a pipe gives its words once, to the compiler; a FIFO nobody writes to any more is not waited
/// for.
#[test]
fn response_files_that_are_pipes() {
    let pair = Pair::real().source("a.c", "int a;\n");
    for name in ["gcc", "clang"] {
        let seen = |through_us: bool| {
            pair.make_anew();
            let compiler = pair.command(Face::OnPath(name), through_us);
            let mut shell = std::process::Command::new("/bin/bash");
            shell.env_clear().envs(compiler.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell.current_dir(compiler.get_current_dir().unwrap());
            shell.args(["-c", &format!("{name} -fsyntax-only @<(echo a.c -o of.o); status=$?; ls; exit $status")]);
            let (status, streams) = Capture::Pipes.run(&mut shell, b"", &pair.world.path("captured"));
            (status.code(), streams)
        };
        assert_eq!(seen(true), seen(false), "{name}");
    }
    let pair = crate::record_kept::failing();
    pair.make_anew();
    let fifo = std::ffi::CString::new(pair.world.path("work/args.rsp").as_os_str().as_bytes()).unwrap();
    // SAFETY: a NUL-terminated path.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o600) }, 0);
    for face in [Face::OnPath("g++"), Face::Ourselves("g++")] {
        let mut command = pair.command(face, true);
        command.arg("@args.rsp").args(crate::record_kept::line());
        let (status, streams) = Capture::Pipes.run(&mut command, b"", &pair.world.path("captured"));
        let text = String::from_utf8(streams[1].clone()).unwrap();
        assert_eq!(status.code(), Some(1));
        assert!(text.ends_with(crate::world::REPORT), "{face:?}: {text}");
    }
}
