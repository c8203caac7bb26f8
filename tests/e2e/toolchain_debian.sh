#!/usr/bin/env bash
# What pycc-shim says about a broken or half toolchain, in real Debian roots: each case is a compile that fails, and
# that the printed command cures. See README.md beside this file.
#
#   tests/e2e/toolchain_debian.sh /absolute/path/to/pycc-shim [PATTERN…]
#
# Needs root. PATTERN (as in case) selects cases by SUITE/NAME: 'trixie/*', '*/multilib-*'. Prints `ok SUITE/NAME` or
# `FAILED SUITE/NAME: why` for each. Exit status: 0 all passed, 1 some failed, 2 bad use, or no base could be made.
set -euo pipefail

refuse() { printf 'toolchain_debian: %s\n' "$*" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${1:-${PYCC_SHIM_BIN:-}}
patterns=("${@:2}")
[[ ${#patterns[@]} -gt 0 ]] || patterns=('*')
[[ $bin == /* && -f $bin && -x $bin ]] || refuse "give the absolute path of a pycc-shim (or set PYCC_SHIM_BIN)"
dir=$(realpath -m -- "${PYCC_SHIM_E2E_DIR:-${TMPDIR:-/tmp}/pycc-shim-e2e}")/toolchain
[[ $dir =~ ^[A-Za-z0-9/._+-]+$ ]] || refuse "no work directory for an overlay: '$dir'"
[[ $EUID -eq 0 ]] || refuse "needs root (debootstrap, mount, chroot)"

# A mount namespace of our own: however this script ends, even by SIGKILL, no mount outlives it.
if [[ -z ${PYCC_SHIM_E2E_INSIDE:-} ]]; then
    PYCC_SHIM_E2E_INSIDE=1 exec unshare --mount --propagation private -- "$BASH" "$here/${BASH_SOURCE[0]##*/}" "$@"
fi

recipe=2          # count up when build_base changes, so that older bases are made anew
run=$dir/run      # scratch: run/state, and run/case upon it
logs=$dir/logs
root='' base=''    # the root that in_root works in; the base of the suite
declare -A gcc=([bookworm]=12 [trixie]=14) clang=([bookworm]=14 [trixie]=19)

mkdir -p "$dir/packages/partial" "$logs"
exec 9>"$dir/lock"
flock -n 9 || refuse "another run is using $dir"

unmount() {
    local at
    while read -r at; do
        umount "$at" || { echo "toolchain_debian: $at stays mounted, so $1 is kept" >&2; return 1; }
    done < <(awk -v t="$1/" 'index($5 "/", t) == 1 { print $5 }' /proc/self/mountinfo | tac)
}

# Deletes a tree that may hold mounts: first they go, and if one cannot, nothing is deleted.
discard() { unmount "$1" && rm -rf --one-file-system -- "$1"; }

cleanup() {
    local status=$?
    trap - EXIT
    discard "$run" || status=1
    [[ -z $base || -e $base.done ]] || discard "$base" || status=1
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# What lets this machine reach its package sources. Values come from here, none is known.
mapfile -t net < <(env | grep -iE '^(https?|ftp|all|no)_proxy=')

# in_root COMMAND: a line for sh as root in $root, in a clean environment and a process namespace of its own.
in_root() {
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    # shellcheck disable=SC2016 # $1 and $? are the inner shell's
    unshare --pid --fork --kill-child --mount-proc="$root/proc" chroot "$root" /usr/bin/env -i \
        HOME=/root USER=root LANG=C.UTF-8 TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive "${net[@]}" /bin/sh -c 'cd /root; sh -c "$1"; exit $?' sh "$1" </dev/null
}

find_mirror() {
    # The repository itself, not -security or a vendor's own: its address ends in /debian.
    # shellcheck disable=SC2016 # $(REPO_URI) is apt's, not the shell's
    apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E '^https?://.*/debian/?$' ||
        echo http://deb.debian.org/debian
}

# The minimal system of $suite, never written to once its .done is there.
build_base() {
    local mirror name proxy=''
    base=$dir/base-$suite
    [[ ! -e $base.done || $(<"$base.done") != "$recipe" ]] || return 0
    mirror=${PYCC_SHIM_E2E_MIRROR:-$(find_mirror)}
    rm -f "$base.done"; discard "$base"
    # debootstrap fetches with wget, which does not read apt's own proxy setting.
    if command -v apt-config >/dev/null; then eval "$(apt-config shell proxy Acquire::http::Proxy)"; fi
    http_proxy=${http_proxy:-$proxy} debootstrap --variant=minbase --include=ca-certificates "$suite" "$base" \
        "$mirror" >"$logs/base-$suite.log" 2>&1 || refuse "debootstrap failed: $logs/base-$suite.log"
    printf 'deb %s %s main\n' "$mirror" "$suite" >"$base/etc/apt/sources.list"
    rm -f "$base"/etc/apt/sources.list.d/* "$base"/var/cache/apt/archives/*.deb
    {
        echo 'APT::Install-Recommends "false"; Acquire::Retries "3";'
        apt-config dump Acquire 2>/dev/null | grep -E '^Acquire::(http|https|ftp|Check-|ForceIPv)' |
            grep -v 'Auto-Detect' || true
    } >"$base/etc/apt/apt.conf.d/90host"
    echo force-unsafe-io >"$base/etc/dpkg/dpkg.cfg.d/90fast"
    name=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
    [[ ! -s $name ]] || cp -L "$name" "$base/etc/ssl/certs/ca-certificates.crt"
    mkdir "$base/root/src"
    (
        cd "$base/root/src"
        for name in stdio limits stddef Python; do printf '#include <%s.h>\nint one = 1;\n' "$name" >"$name.c"; done
        printf '#include <Python.h>\n#include <longintrepr.h>\n' >long.c
        printf '#include <iostream>\nint main() { std::cout << 1; }\n' >hello.cpp
        echo 'int main(void) { return 0; }' | tee plain.c >plain.cpp
    )
    echo "$recipe" >"$base.done"
}

# grow TREE LOWER: a writable root in $root upon LOWER (directories as overlayfs lists them); leaves in $grown what a
# next one grows upon. Where overlayfs does not work, a copy.
grow() {
    discard "$1"
    root=$1/root grown=$1/upper:$2
    mkdir -p "$root" "$1/upper" "$1/work"
    if ! mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$root" 2>/dev/null; then
        cp -a --reflink=auto "$2/." "$root/"
        grown=$root
    fi
    mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev" # not the base's own nodes: its disk may be mounted nodev
    mknod -m 666 "$root/dev/null" c 1 3 && mknod -m 666 "$root/dev/urandom" c 1 9
    ln -s /proc/self/fd "$root/dev/fd"
    mount --bind "$dir/packages" "$root/var/cache/apt/archives" # kept for the next root
    install -m 755 "$bin" "$root/usr/local/bin/pycc-shim"
}

# For the lines of states and cases: install without recommends; take away what others depend on (marked by `forced`).
verbs='set -ex; add() { apt-get install -y "$@"; }; forced() { dpkg --force-depends --purge "$@"; };'

# state SUITE LINES: what is installed in the cases that follow. It is made when the first of them is selected.
state() { suite=$1 made='' lines=$2; }

make_state() {
    [[ -z $made ]] || { [[ $made == yes ]]; return; }
    made=no
    grow "$run/state" "$base" || return 1
    in_root "$verbs apt-get update; $lines
        pycc-shim setup --dir /opt/shims" >"$logs/state.log" 2>&1 || { cp "$logs/state.log" "$log"; return 1; }
    unmount "$run/state"
    lower=$grown made=yes
}

# attempt FILE COMPILE: its exit status in $status, its errors in $run/FILE.
attempt() {
    status=0
    in_root "cd src; $2" >>"$log" 2>"$run/$1" || status=$?
    { echo "-- $2: $status"; cat "$run/$1"; } >>"$log"
}

# The text after a label of the report, whole and as printed, from the first line that has it.
labelled() { sed -nE "/^    $1 +/{s///p;q}" "$run/report"; }

# Temporary files are named anew in each run.
masked() { sed -E 's,/tmp/[^ :]+,/tmp/TEMPORARY,g' "$run/$1"; }

# attempt_ours: the compile through the shim; its words after the compiler's own in $run/report, as far as it fails.
attempt_ours() {
    attempt ours "export PATH=/opt/shims:\$PATH PYCC_SHIM_MATCH=all; $compile"
    grep -E -A 99 '^pycc-shim: ' "$run/ours" >"$run/report" || true
}

# The body of a case: false with the reason in $why.
proof() {
    local own install='' check='' earlier hollow=''
    make_state || { why='its state cannot be made'; return 1; }
    grow "$run/case" "$lower" || { why='no root for it'; return 1; }
    in_root "$verbs cd src; $spoil" >>"$log" 2>&1 || { why='its state cannot be spoilt'; return 1; }
    attempt plain "$compile"
    own=$status
    [[ $own -ne 0 ]] || { why='it compiles without us'; return 1; }
    attempt_ours
    [[ $status -eq $own ]] || { why="exit status $status instead of $own"; return 1; }
    [[ -s $run/report ]] || { why=silence; return 1; }
    cmp -s <(masked ours) <(masked plain; cat "$run/report") || { why="changes the compiler's text"; return 1; }
    ! grep -qvE '^(pycc-shim: |    )' "$run/report" || { why='a line that is no report'; return 1; }
    if [[ -n $headline ]]; then
        [[ $(head -n 1 "$run/report") == "pycc-shim: $headline" && -z $(labelled install) ]] || why='another answer'
        [[ -z $why ]]; return
    fi
    while [[ $status -ne 0 ]]; do
        earlier=$install install=$(labelled install)
        [[ -n $install ]] || { why="no install line (after $installs)"; return 1; }
        [[ $install != "$earlier" ]] || { why="not cured by: $install"; return 1; }
        [[ $((++installs)) -le 3 ]] || { why='not cured by 3 commands'; return 1; }
        check=$(labelled 'then check')
        [[ -z $check ]] || ! in_root "$check" >/dev/null 2>&1 || hollow=$check
        in_root "$install" >>"$log" 2>&1 || { why="failed: $install"; return 1; }
        [[ -z $check ]] || in_root "$check" >>"$log" 2>&1 || { why="after it, fails: $check"; return 1; }
        attempt_ours
    done
    ! grep -q pycc-shim "$run/ours" || { why='words of ours when it compiles'; return 1; }
    [[ -z $hollow ]] || { why="cured, but the check passes before: $hollow"; return 1; }
}

# prove NAME COMPILE [SPOIL [HEADLINE]]: a case of this state. SPOIL is run in its own root before. With a HEADLINE,
# that is the answer, and nothing is to be installed.
failed=0 proved=0
prove() {
    local case=$suite/$1 compile=$2 spoil=${3:-:} headline=${4:-} installs=0 pattern why log
    for pattern in "${patterns[@]}"; do
        # shellcheck disable=SC2053 # a pattern it is
        [[ $case == $pattern ]] || continue
        proved=$((proved + 1)) why='' log=$logs/$suite-$1.log
        : >"$log"
        build_base
        if ! proof; then
            echo "FAILED $case: $why"
            failed=$((failed + 1))
        elif [[ $installs -lt 2 ]]; then echo "ok $case"
        else echo "ok $case (by $installs commands, one after the other)"; fi
        return
    done
}

for release in bookworm trixie; do
    g=${gcc[$release]} c=${clang[$release]}
    state "$release" 'add gcc'
    prove libc-absent-stdio 'gcc -c stdio.c'
    prove libc-absent-limits 'gcc -c limits.c'
    prove libc-absent-link 'gcc plain.o -o plain' 'gcc -c plain.c'
    state "$release" 'add gcc libc6-dev'
    prove multilib-c 'gcc -m32 -c stdio.c'
    prove multilib-link 'gcc -m32 plain.c -o plain'
    prove builtin-gcc 'gcc -c stddef.c' "rm /usr/lib/gcc/*/$g/include/stddef.h"
    prove cxx-half 'gcc -c hello.cpp'
    prove stdcxx 'gcc plain.c -lstdc++ -o plain'
    prove binutils-as 'gcc -c plain.c' 'forced binutils'
    prove binutils-ld 'gcc plain.o -o plain' 'gcc -c plain.c; forced binutils'
    prove libgcc 'gcc plain.c -o plain' "forced libgcc-$g-dev"
    state "$release" 'add g++'
    prove multilib-cxx 'g++ -m32 -c hello.cpp'
    prove multilib-cxx-link 'g++ -m32 plain.cpp -o plain'
    state "$release" 'add clang'
    prove multilib-clang 'clang -m32 -c stdio.c'
    prove multilib-clang-cxx 'clang++ -m32 -c hello.cpp'
    prove builtin-clang 'clang -c stddef.c' "rm /usr/lib/llvm-$c/lib/clang/*/include/stddef.h"
    prove clang-libcxx 'clang++ -stdlib=libc++ -c hello.cpp'
    prove clang-libcxx-link 'clang++ -stdlib=libc++ plain.cpp -o plain'
done
state trixie 'add g++ g++-13'
prove multilib-versioned 'gcc-13 -m32 plain.c -o plain'
prove multilib-versioned-cxx 'g++-13 -m32 -c hello.cpp'
state trixie 'add g++ gcc-13'
prove cxx-half-versioned 'gcc-13 -c hello.cpp'
state trixie 'add clang libstdc++-13-dev'
prove clang-newest 'clang++ -c hello.cpp' 'forced libstdc++-14-dev'
state trixie 'add gcc python3-dev'
moved='Python 3.11 moved it to cpython/longintrepr.h, and this source was written for an older Python'
prove longintrepr 'gcc -I/usr/include/python3.13 -c long.c' : "longintrepr.h is missing: $moved"
state sid 'add gcc clang-19'
prove clang-newest 'clang++-19 -c hello.cpp'
state sid 'add gcc libc6-dev'
prove crypt 'gcc -I/opt/py39/usr/include/python3.9 -I/opt/py39/usr/include -c Python.c' '
    sed s/sid/bullseye/ /etc/apt/sources.list >/etc/apt/sources.list.d/bullseye.list
    apt-get update; apt-get download libpython3.9-dev; dpkg -x libpython3.9-dev_*.deb /opt/py39
    rm /etc/apt/sources.list.d/bullseye.list; apt-get update'
state bullseye 'add gcc python3-dev'
prove crypt 'gcc -I/usr/include/python3.9 -c Python.c' 'forced libcrypt-dev'

echo "toolchain_debian: $proved cases, $failed failed, $SECONDS s (logs: $logs)"
[[ $proved -gt 0 ]] || refuse 'no such case'
[[ $failed -eq 0 ]]
