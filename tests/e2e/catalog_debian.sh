#!/usr/bin/env bash
# What pycc-shim says about libraries, and what it says to a user without root, in real Debian roots: each case is a
# compile that fails, and that passes after the printed lines have been run. See README.md beside this file.
#
#   tests/e2e/catalog_debian.sh /absolute/path/to/pycc-shim [SUITE…]
#
# Needs root. Prints `ok SUITE/CASE` or `FAILED SUITE/CASE: why`. Exit status: 0 all passed, 1 some failed, 2 bad use, or
# no base could be made.
set -euo pipefail

refuse() { printf 'catalog_debian: %s\n' "$*" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${1:-${PYCC_SHIM_BIN:-}}
suites=("${@:2}")
[[ ${#suites[@]} -gt 0 ]] || suites=(bookworm trixie)
[[ $bin == /* && -f $bin && -x $bin ]] || refuse "give the absolute path of a pycc-shim (or set PYCC_SHIM_BIN)"
dir=$(realpath -m -- "${PYCC_SHIM_E2E_DIR:-${TMPDIR:-/tmp}/pycc-shim-e2e}")/catalog
[[ $EUID -eq 0 ]] || refuse "needs root (debootstrap, mount, chroot)"

# A mount namespace of our own: however this script ends, even by SIGKILL, no mount outlives it.
if [[ -z ${PYCC_SHIM_E2E_INSIDE:-} ]]; then
    PYCC_SHIM_E2E_INSIDE=1 exec unshare --mount --propagation private -- "$BASH" "$here/${BASH_SOURCE[0]##*/}" "$@"
fi

mkdir -p "$dir"
exec 9>"$dir/lock"
flock -n 9 || refuse "another run is using $dir"
declare -A python=([bookworm]=3.11 [trixie]=3.13)
# A header of a plain package, of one whose directory must be named, of Python's packages, and where a name has homes.
headers=(ffi.h yaml.h libpq-fe.h hdf5.h numpy/arrayobject.h mpi.h usb.h libusb-1.0/libusb.h)
root='' failed=0

# What lets this machine reach its package sources. Values come from here, none is known.
mapfile -t net < <(env | grep -iE '^(https?|ftp|all|no)_proxy=')

# inside USER COMMAND: a line for sh in $root, in a clean environment and a process namespace of its own.
inside() {
    local home=/root
    [[ $1 == root ]] || home=/home/$1
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    # shellcheck disable=SC2016 # $1 and $? are the inner shell's
    unshare --pid --fork --kill-child --mount-proc="$root/proc" chroot --userspec="$1:$1" "$root" /usr/bin/env -i \
        HOME="$home" LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive PYCC_SHIM_MATCH=all "${net[@]}" \
        /bin/sh -c 'cd "$HOME"; sh -c "$1"; exit $?' sh "$2" </dev/null
}

find_mirror() {
    # shellcheck disable=SC2016 # $(REPO_URI) is apt's, not the shell's
    apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E '^https?://.*/debian/?$' ||
        echo http://deb.debian.org/debian
}

report() {
    if [[ $2 == 0 ]]; then
        echo "ok $1"
    else
        failed=1
        echo "FAILED $1: $3"
        tail -n 20 "$dir/log"
    fi
}

# until_it_passes USER COMMAND: runs the command, then what the report says, at most four times.
until_it_passes() {
    cat >"$root/round.sh" <<EOF
for round in 1 2 3 4; do
    if { $2; } 2>err; then exit 0; fi
    cat err
    sed -n 's/^    install     //p; s/^    set         //p' err >say
    [ -s say ] || exit 9
    . ./say || exit 8
    sed -n 's/^    then check  //p' err | sh || exit 7
done
exit 6
EOF
    inside "$1" 'sh /round.sh' >"$dir/log" 2>&1
}

for suite in "${suites[@]}"; do
    root=$dir/root-$suite
    if [[ ! -e $root.done ]]; then
        rm -rf --one-file-system "$root"
        debootstrap --variant=minbase --include=gcc,libc6-dev,python3,ca-certificates "$suite" "$root" "$(find_mirror)" \
            >"$dir/debootstrap.log" 2>&1 || refuse "debootstrap $suite failed: see $dir/debootstrap.log"
        chroot "$root" useradd -m user
        touch "$root.done"
    fi
    run=$dir/run-$suite
    rm -rf --one-file-system "$run"
    cp -a "$root" "$run"
    root=$run
    mount --rbind /dev "$root/dev"
    install -m755 "$bin" "$root/usr/local/bin/pycc-shim"
    version=${python[$suite]}

    # Nobody's rights: headers, their libraries, and a program that runs; first with an index, then without.
    printf '#include <Python.h>\n#include <ffi.h>\nint main(void) { return Py_IsInitialized() + !ffi_type_void.alignment; }\n' \
        >"$root/home/user/m.c"
    for index in with without; do
        rm -rf "$root/home/user/.local"
        [[ $index == with ]] || rm -rf "$root"/var/lib/apt/lists/*
        code=0
        until_it_passes user "pycc-shim gcc -I/usr/include/python$version m.c -o m -lffi -lpython$version && ./m" || code=$?
        report "$suite/nobody-$index-index" "$code" "status $code"
    done

    # Root's rights for us alone, by sudo, and an environment that its user has poisoned: nothing of it is obeyed, and
    # nothing in that user's home becomes root's.
    code=0
    inside root 'apt-get update && apt-get install -y --no-install-recommends sudo' >"$dir/log" 2>&1 || code=$?
    echo 'user ALL=(root) NOPASSWD: /usr/local/bin/pycc-shim' >"$root/etc/sudoers.d/user"
    printf '#!/bin/sh\ntouch /tmp/obeyed\nexit 1\n' >"$root/home/user/evil"
    chmod 755 "$root/home/user/evil"
    mkdir -p "$root/home/user/bin"
    ln -sf ../evil "$root/home/user/bin/gcc"
    printf '[[component]]\nid = "x"\ntitle = "x"\nheaders = ["x.h"]\npackages = [{ on = "debian", names = ["evil"], evidence = "x" }]\n' \
        >"$root/home/user/catalog.toml"
    printf '#include <x.h>\n' >"$root/home/user/x.c"
    chroot "$root" chown -hR user:user /home/user
    # shellcheck disable=SC2016 # $HOME is the user's
    inside user 'export PYCC_SHIM_CC=$HOME/evil PYCC_SHIM_CXX=$HOME/evil PYCC_SHIM_LAUNCHER=$HOME/evil CC=$HOME/evil
        export PYCC_SHIM_CATALOG=$HOME/catalog.toml PYCC_SHIM_REPORT_DIR=$HOME/reports XDG_STATE_HOME=$HOME/state
        export XDG_CONFIG_HOME=$HOME XDG_DATA_HOME=$HOME PATH=$HOME/bin:$PATH LD_PRELOAD=$HOME/evil
        sudo /usr/local/bin/pycc-shim gcc -c x.c 2>err; test $? = 1 && cat err
        sudo /usr/local/bin/pycc-shim gcc "-I/usr/include/python'"$version"'" -c m.c 2>err; test $? = 1 && cat err' >>"$dir/log" 2>/dev/null || code=$?
    [[ ! -e $root/tmp/obeyed ]] || code=90
    ! grep -qi evil "$dir/log" || code=91
    grep -q 'fatal error: x.h' "$dir/log" || code=92
    [[ -z $(find "$root/home/user" ! -user "$(stat -c %u "$root/home/user")") ]] || code=93
    [[ ! -e $root/home/user/state && ! -e $root/home/user/reports ]] || code=94
    grep -q 'Python.h is missing' "$dir/log" && [[ -e $root/root/.local/state/pycc-shim/last.json ]] || code=95
    report "$suite/sudo-with-a-poisoned-environment" "$code" "status $code"

    # An archive area that must be enabled first: all but the gigabytes.
    printf '#include <cuda_runtime.h>\n' >"$root/root/m.c"
    code=0
    inside root 'PYCC_SHIM_FORMAT=json pycc-shim gcc -c m.c 2>err || sed -n "/^{/p" err' >"$dir/report" 2>"$dir/log" || code=$?
    mapfile -t commands < <(python3 -c '
import json, sys
print("\n".join(json.load(open(sys.argv[1]))["findings"][0]["remedies"][0]["commands"]))' "$dir/report")
    for command in "${commands[@]/apt-get install/apt-get install -s}"; do
        inside root "$command" >>"$dir/log" 2>&1 || code=$?
    done
    report "$suite/non-free" "$code" "${commands[*]}"

    for header in "${headers[@]}"; do
        printf '#include <%s>\n' "$header" >"$root/root/m.c"
        code=0
        # As setuptools compiles, and the preprocessor alone: some headers want others of their own.
        mkdir -p "$root/root/build/temp.linux"
        until_it_passes root "pycc-shim gcc -I/usr/include/python$version -M m.c -o build/temp.linux/m.o || ! grep -q 'error: $header' err" ||
            code=$?
        report "$suite/$header" "$code" "status $code"
    done
    umount -R "$root/dev"
    rm -rf --one-file-system "$run"
done
exit "$failed"
