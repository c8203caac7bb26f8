#!/bin/sh
# Builds pycc-shim, installs it, and makes the directory of names that stands before the compilers.
# `./install.sh --help` says how to use it. Asks nothing; doing it twice changes nothing.
set -eu

usage() {
    cat <<'USAGE'
usage: ./install.sh [--prefix DIR] [--uninstall]

  --prefix DIR   install DIR/bin/pycc-shim, and below DIR/share its manual page and what completes its options in
                 bash, zsh and fish (default: ~/.local)
  --uninstall    remove exactly what an installation made: these files, the names of `pycc-shim setup`, and the
                 directories that it had to make
USAGE
}

fail() {
    printf 'install.sh: %s\n' "$1" >&2
    exit 1
}

prefix=
uninstall=
while [ $# -gt 0 ]; do
    case $1 in
    --prefix)
        [ $# -ge 2 ] || fail '--prefix needs a directory'
        prefix=$2
        shift
        ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    --uninstall) uninstall=yes ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        fail "unknown argument: $1"
        ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    [ -n "${HOME:-}" ] || fail 'HOME is not set: say where to install with --prefix DIR'
    prefix=$HOME/.local
fi
# A relative directory is the caller's, not this script's.
case $prefix in
/*) ;;
*) prefix=$PWD/$prefix ;;
esac
program=$prefix/bin/pycc-shim
names=${XDG_DATA_HOME:-${HOME:-$prefix/share}/.local/share}/pycc-shim/bin
# Below the prefix.
page=share/man/man1/pycc-shim.1
bash=share/bash-completion/completions/pycc-shim
zsh=share/zsh/site-functions/_pycc-shim
fish=share/fish/vendor_completions.d/pycc-shim.fish
made=share/pycc-shim/made-directories

if [ -n "$uninstall" ]; then
    [ -e "$program" ] || fail "nothing to remove: there is no $program"
    if [ -e "$names/.pycc-shim" ]; then
        "$program" setup --remove --dir "$names"
        # Only if nothing else is left in it.
        rmdir "${names%/bin}" 2>/dev/null || :
    fi
    for file in "$page" "$bash" "$zsh" "$fish"; do
        rm -f "$prefix/$file"
    done
    rm -f "$program"
    if [ -f "$prefix/$made" ]; then
        # The inner ones first; one that is not empty, or gone, stays as it is.
        directories=$(sort -r "$prefix/$made")
        rm -f "$prefix/$made"
        for directory in $directories; do
            rmdir "$prefix/${directory#.}" 2>/dev/null || :
        done
    fi
    printf 'removed %s\n' "$program"
    exit 0
fi

cd "$(dirname "$0")"
if ! command -v cargo >/dev/null 2>&1; then
    fail 'cargo is needed to build pycc-shim, and it is not on PATH.
  Install Rust 1.88 or newer from https://rustup.rs and run this again.'
fi
if ! command -v cc >/dev/null 2>&1; then
    fail 'cc is needed to build pycc-shim, and it is not on PATH. Install a C compiler (Debian: apt-get install g++) and run this again.'
fi

# A static program starts faster (measured: 0.93 times the overhead of a dynamic C wrapper, against 1.4), and does not
# depend on the C library of a conda or Nix environment. Building for a named target keeps the flags from the build
# scripts and macros, which must stay dynamic.
target=$(rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int main(void) { return 0; }' >"$work/static.c"
linking=dynamically
case $target in
*-linux-*)
    if cc -static -o "$work/static" "$work/static.c" 2>/dev/null; then
        linking=statically
        RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static -C relocation-model=static"
        export RUSTFLAGS
    fi
    ;;
esac
printf 'building pycc-shim (linked %s)\n' "$linking"
cargo build --release --locked --target "$target"

new=
# Makes a directory below the prefix, and remembers what was not there.
make() {
    [ ! -d "$prefix/$1" ] || return 0
    case $1 in
    */*) make "${1%/*}" ;;
    esac
    mkdir "$prefix/$1"
    new="$new$1
"
}
if [ ! -d "$prefix" ]; then
    mkdir -p "$prefix"
    new='.
'
fi
for file in bin/pycc-shim "$page" "$bash" "$zsh" "$fish" "$made"; do
    make "${file%/*}"
done
[ -z "$new" ] || printf '%s' "$new" >>"$prefix/$made"

# Copied beside and renamed: a compile that runs meanwhile keeps its file.
put() {
    if ! cmp -s "$1" "$prefix/$2"; then
        cp "$1" "$prefix/$2.new"
        mv -f "$prefix/$2.new" "$prefix/$2"
    fi
}
put "${CARGO_TARGET_DIR:-target}/$target/release/pycc-shim" bin/pycc-shim
put docs/pycc-shim.1 "$page"
"$program" completions bash >"$work/bash"
put "$work/bash" "$bash"
"$program" completions zsh >"$work/zsh"
put "$work/zsh" "$zsh"
"$program" completions fish >"$work/fish"
put "$work/fish" "$fish"
printf 'installed %s, its manual page, and completions for bash, zsh and fish below %s/share\n' "$program" "$prefix"
"$program" setup --dir "$names"
case :$PATH: in
*":$prefix/bin:"*) ;;
*) printf "pycc-shim itself is not on PATH yet:  export PATH=%s/bin:\"\$PATH\"\n" "$prefix" ;;
esac
