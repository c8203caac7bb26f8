#!/usr/bin/env bash
# torch.compile on a Debian 13 without python3.13-dev: it fails, pycc-shim says what to install, and after that very
# command it passes. See README.md beside this file.
set -euo pipefail

refuse() { printf 'torch_debian13: %s\n' "$*" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${1:-${PYCC_SHIM_BIN:-}}
dir=${PYCC_SHIM_E2E_DIR:-${TMPDIR:-/tmp}/pycc-shim-e2e}
if [[ $# -gt 1 || -z $bin ]]; then refuse "give the absolute path of a pycc-shim (or set PYCC_SHIM_BIN)"; fi
# --base-only leaves the prepared root for experiments and proves no more than that it lacks the headers.
if [[ $bin != --base-only ]] && [[ $bin != /* || ! -f $bin || ! -x $bin ]]; then
    refuse "'$bin' is not the absolute path of an executable"
fi
dir=$(realpath -m -- "$dir") # as the kernel lists mounts under it
[[ $dir =~ ^[A-Za-z0-9/._+-]+$ && $dir != / ]] || refuse "no work directory for an overlay: '$dir'"
[[ $EUID -eq 0 ]] || refuse "needs root (debootstrap, mount, chroot)"
for tool in debootstrap unshare chroot mount flock; do
    command -v "$tool" >/dev/null || refuse "$tool is not installed"
done

# A mount namespace of our own: however this script ends, even by SIGKILL, no mount outlives it.
if [[ -z ${PYCC_SHIM_E2E_INSIDE:-} ]]; then
    PYCC_SHIM_E2E_INSIDE=1 exec unshare --mount --propagation private -- "$BASH" "$here/${BASH_SOURCE[0]##*/}" "$@"
fi

me=torch_debian13
# shellcheck source=tests/e2e/torch_root.sh
. "$here/torch_root.sh"
fatal='fatal error: Python.h: No such file or directory'

# must_fail LOG in_root-arguments…: runs the program that cannot compile; leaves its exit status in $status.
must_fail() {
    local log=$1
    shift
    status=0
    in_root "$@" >"$log" 2>&1 || status=$?
    echo "-- exit status $status; the last 15 lines:"
    tail -n 15 "$log"
    [[ $status -ne 0 ]] || die "the program passed without the headers (${log##*/})"
    has "$log" "$fatal"
}

# scenario NAME TITLE in_root-arguments…: fails with a report, obeys it to the letter, passes in silence.
scenario() {
    local log=$logs/$1 install check
    say "($1) $2"
    shift 2
    must_fail "$log-fails.log" "$@"
    has "$log-fails.log" 'pycc-shim: Python.h is missing'
    has "$log-fails.log" 'python3.13-dev (Debian 13)'
    install=$(labelled "$log-fails.log" install)
    check=$(labelled "$log-fails.log" 'then check')
    [[ -n $install ]] || die "no 'install' line in ${log##*/}-fails.log"
    [[ -n $check ]] || die "no 'then check' line in ${log##*/}-fails.log"
    echo "-- install: $install"
    in_root -- "$install" >"$log-install.log" 2>&1 || die "the install command (${log##*/}-install.log)"
    echo "-- then check: $check"
    in_root -- "$check" >"$log-check.log" 2>&1 || die "the check command (${log##*/}-check.log)"
    echo "-- again:"
    in_root "$@" >"$log-passes.log" 2>&1 || { tail -n 15 "$log-passes.log"; die "the second run (${log##*/}-passes.log)"; }
    cat "$log-passes.log"
    has "$log-passes.log" passed
    lacks "$log-passes.log" pycc-shim:
}

base_is_there

rm -f "$logs"/[abcd]-*.log
say '(d) without pycc-shim'
fresh_root
must_fail "$logs/d-fails.log" -- '/opt/venv/bin/python prog.py'
lacks "$logs/d-fails.log" pycc-shim
own_status=$status
[[ $own_status -eq 1 ]] || die "the program's own exit status is $own_status, not 1"
[[ $bin != --base-only ]] || { echo "torch_debian13: the base root is ready: $base"; exit 0; }

with_shim() {
    fresh_root
    install -m 755 "$bin" "$root/usr/local/bin/pycc-shim"
}

with_shim
shims=/root/.local/share/pycc-shim/bin
in_root -- 'pycc-shim setup' >"$logs/a-setup.log" 2>&1 || { cat "$logs/a-setup.log"; die 'pycc-shim setup (a-setup.log)'; }
[[ -x $root$shims/g++ ]] || die "pycc-shim setup made no $shims/g++"
# shellcheck disable=SC2016 # $PATH is the root's
scenario a 'pycc-shim setup, its directory first on PATH' -- "PATH=$shims:"'$PATH /opt/venv/bin/python prog.py'

with_shim
scenario b 'CXX=pycc-shim' CXX=pycc-shim -- '/opt/venv/bin/python prog.py'

with_shim
scenario c 'pycc-shim run' -- 'pycc-shim run -- /opt/venv/bin/python prog.py'
# $status is the failing run's; the second one does not touch it.
[[ $status -eq $own_status ]] || die "run exits with $status, the program alone with $own_status"
# From the last headline on, only the block's own indented lines (and empty ones) may follow.
awk '/^pycc-shim: / { tail = 1; next } tail && !/^    |^[ \t]*$/ { tail = 0 } END { exit !tail }' \
    "$logs/c-fails.log" || die 'the report is not the last thing in c-fails.log'

printf '\ntorch_debian13: 4 scenarios passed\n'
