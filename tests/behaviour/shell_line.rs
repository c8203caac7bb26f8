//! `setup --shell`: the line that puts the directory on PATH, evaluated by the real shells.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::completions::in_shell;
use crate::world::{SHIM, World};

/// Evaluates the line as a start-up file would, then once more with other directories around ours.
fn script(shell: &str) -> &'static str {
    match shell {
        "fish" => {
            "set dir (cat dir | string collect)\n\
             pycc-shim setup --shell fish --dir $dir | source\nstring join : $PATH\n\
             set PATH /before $PATH /after\n\
             pycc-shim setup --shell fish --dir $dir | source\nstring join : $PATH\nset -q at; and echo at leaked\n\
             env | string match -q 'PATH=*'; or echo not exported"
        }
        _ => {
            "dir=$(cat dir)\n\
             eval \"$(pycc-shim setup --shell SHELL --dir \"$dir\")\"\nprintf '%s\\n' \"$PATH\"\n\
             PATH=/before:$PATH:/after\n\
             eval \"$(pycc-shim setup --shell SHELL --dir \"$dir\")\"\nprintf '%s\\n' \"$PATH\"\n\
             env | grep -q '^PATH=' || echo not exported"
        }
    }
}

#[test]
fn any_directory_comes_first_and_once() {
    for shell in ["bash", "zsh", "fish"] {
        for name in [
            "plain",
            "two words",
            "it's",
            "'quoted'",
            "a\"b",
            "$HOME $(id) `id`",
            "back\\slash\\",
            "*?[x]{a,b}",
            "#~!&;|<>()=%^",
            "two\nlines",
            "umläut",
        ] {
            let world = World::debian13();
            let directory = world.path("work").join(name);
            fs::write(world.path("work/dir"), directory.as_os_str().as_bytes()).unwrap();
            let Some(outcome) = in_shell(&world, shell, &script(shell).replace("SHELL", shell)) else { continue };
            let ours = format!("[DIR]/work/{name}");
            let rest = "[DIR]/shim:[DIR]/bin:/usr/bin:/bin";
            outcome.is("0", &format!("{ours}:{rest}\n{ours}:/before:{rest}:/after\n"), "");
        }
    }
}

/// A name that is no text reaches the shell byte for byte.
#[test]
fn a_directory_that_is_no_text() {
    let world = World::debian13();
    let directory = world.path("work").join(OsStr::from_bytes(b"\xff"));
    let call = world.call(SHIM).args("setup --shell bash --dir").arg(&directory).env("PATH", world.path("bin"));
    let output = call.command().output().unwrap();
    let quoted = [b"'".as_slice(), directory.as_os_str().as_bytes(), b"'"].concat();
    let expected = [b"PATH=:$PATH:; case $PATH in *:", quoted.as_slice(), b":*) PATH=${PATH%%:"].concat();
    assert!(output.stdout.starts_with(&expected), "{}", output.stdout.escape_ascii());
}

#[test]
fn only_the_line_is_printed() {
    let world = World::debian13();
    let setup = |arguments: &str| world.call(SHIM).args(arguments).env("PATH", world.path("bin")).run();
    let place = "[DIR]/work/here";
    let posix = format!(
        "PATH=:$PATH:; case $PATH in *:{place}:*) PATH=${{PATH%%:{place}:*}}:${{PATH#*:{place}:}} ;; esac; export \
         PATH={place}\"${{PATH%:}}\"\n"
    );
    setup("setup --dir here --shell bash").is("0", &posix, "");
    setup("setup --dir here --shell zsh").is("0", &posix, "");
    // The names are there, and one that went is not spoken of.
    assert!(world.path("work/here/g++").exists());
    fs::remove_file(world.path("bin/gcc")).unwrap();
    let fish =
        format!("if set -l at (contains -i -- {place} $PATH); set -e PATH[$at]; end; set -gx PATH {place} $PATH\n");
    setup("setup --dir here --shell fish").is("0", &fish, "");
    assert!(!world.path("work/here/gcc").exists());
}

#[test]
fn bad_use() {
    let world = World::debian13();
    let setup = |arguments: &str| world.call(SHIM).args(arguments).env("PATH", world.path("bin")).run();
    setup("setup --shell bash --remove").is(
        "2",
        "",
        "pycc-shim: --shell is for a directory that is there, --remove takes it away; remove it with `pycc-shim setup \
         --remove`, and the line from your shell's start-up file\n",
    );
    setup("setup --shell nu --dir here").is(
        "2",
        "",
        "error: invalid value 'nu' for '--shell <SHELL>'\n  [possible values: bash, zsh, fish]\n\nFor more information, \
         try '--help'.\n",
    );
    // PATH cannot hold it: nothing is made, and there is nothing to evaluate.
    setup("setup --shell bash --dir a:b").is(
        "2",
        "",
        "pycc-shim: [DIR]/work/a:b holds a colon, and cannot stand on PATH; choose another directory, with `pycc-shim \
         setup --dir DIR` or XDG_DATA_HOME\n",
    );
    assert!(!world.path("work/a:b").exists());
}
