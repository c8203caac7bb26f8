#!/usr/bin/env bash
# doctor, fix and run in a Debian 13 with PyTorch: from a machine with nothing, and for a user without root, to a
# torch.compile that passes. See README.md beside this file.
#
#   tests/e2e/verbs_debian13.sh /absolute/path/to/pycc-shim [SCENARIO…]
set -euo pipefail

refuse() { printf 'verbs_debian13: %s\n' "$*" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${1:-${PYCC_SHIM_BIN:-}}
[[ $bin == /* && -f $bin && -x $bin ]] ||
    refuse "give the absolute path of a pycc-shim (or set PYCC_SHIM_BIN)"
dir=$(realpath -m -- "${PYCC_SHIM_E2E_DIR:-${TMPDIR:-/tmp}/pycc-shim-e2e}")
[[ $dir =~ ^[A-Za-z0-9/._+-]+$ && $dir != / ]] || refuse "no work directory for an overlay: '$dir'"
[[ $EUID -eq 0 ]] || refuse "needs root (debootstrap, mount, chroot)"

# A mount namespace of our own: however this script ends, even by SIGKILL, no mount outlives it.
if [[ -z ${PYCC_SHIM_E2E_INSIDE:-} ]]; then
    PYCC_SHIM_E2E_INSIDE=1 exec unshare --mount --propagation private -- "$BASH" "$here/${BASH_SOURCE[0]##*/}" "$@"
fi
me=verbs_debian13
# shellcheck source=tests/e2e/torch_root.sh
. "$here/torch_root.sh"

python=/opt/venv/bin/python
program="$python prog.py"
shims=.local/share/pycc-shim/bin

# A root of its own for a scenario, with us and a user without any rights in it.
start() {
    say "($1) $2"
    log=$logs/$1
    rm -f "$log"-*.log
    user=root
    fresh_root
    install -m 755 "$bin" "$root/usr/local/bin/pycc-shim"
    install -m 644 "$here/triton_stub.py" "$root/root/stub.py"
    in_root -- 'useradd -m user && cp prog.py stub.py /home/user/' >"$log-user.log" 2>&1 || die 'useradd'
}

# step NAME STATUS COMMAND: shows a command and what it says, and demands its exit status.
step() {
    local status=0
    printf '$ %s\n' "$3"
    in_root -- "$3" >"$log-$1.log" 2>&1 || status=$?
    tail -n "${lines:-20}" "$log-$1.log"
    [[ $status -eq $2 ]] || die "'$3' ended with $status, not $2 (${log##*/}-$1.log)"
}

scenario_doctor() {
    start doctor 'a machine with nothing: one command of the doctor is all'
    in_root -- 'apt-get purge -y --autoremove g++ gcc cpp openssl' >"$log-purge.log" 2>&1 || die 'apt-get purge'
    in_root -- '! command -v gcc && ! command -v g++ && ! command -v openssl' >/dev/null || die 'the purge left a compiler'
    step fails 1 "$program"
    step before 1 "pycc-shim doctor --python $python --for torch"
    has "$log-before.log" 'missing  C compiler'
    has "$log-before.log" 'missing  Python.h'
    has "$log-before.log" 'missing  openssl'
    install=$(labelled "$log-before.log" install)
    [[ $(grep -c '^ *install ' "$log-before.log") -eq 1 ]] || die 'more than one command'
    lines=3 step install 0 "$install"
    step after 0 "pycc-shim doctor --python $python --for torch"
    lacks "$log-after.log" missing
    step passes 0 "$program"
    has "$log-passes.log" passed
}

scenario_fix() {
    start fix 'no compiler and no headers: run, then fix, until the program passes'
    in_root -- 'apt-get purge -y --autoremove g++ gcc cpp' >"$log-purge.log" 2>&1 || die 'apt-get purge'
    for round in 1 2 3; do
        status=0
        in_root -- "pycc-shim run -- $program" >"$log-run-$round.log" 2>&1 || status=$?
        printf '$ pycc-shim run -- %s\n' "$program"
        tail -n 6 "$log-run-$round.log"
        [[ $status -ne 0 ]] || break
        lines=3 step "fix-$round" 0 'pycc-shim fix --yes'
        has "$log-fix-$round.log" 'pycc-shim: fixed: the compile that failed now passes'
    done
    [[ $status -eq 0 && $round -eq 3 ]] || die "the program passed in round $round with $status"
    has "$log-run-3.log" passed
    lacks "$log-run-3.log" pycc-shim:
}

scenario_user() {
    start user 'a user without root: fix --user, and nothing to be exported afterwards'
    user=user
    in_root -- '! command -v sudo && ! test -w /usr' >/dev/null || die 'the user has rights'
    step setup 0 'pycc-shim setup'
    lines=7 step fails 1 "PATH=~/$shims:\$PATH $program"
    has "$log-fails.log" 'no root?    pycc-shim fix --user'
    step fix 0 'pycc-shim fix --user --yes'
    has "$log-fix.log" 'pycc-shim: fixed: the compile that failed now passes'
    step passes 0 "PATH=~/$shims:\$PATH $program"
    lacks "$log-passes.log" pycc-shim:
    step doctor 0 "PATH=~/$shims:\$PATH pycc-shim doctor --python $python --for torch"
    has "$log-doctor.log" 'ok       Python.h         of Python 3.13, by what fix keeps'
    has "$log-doctor.log" 'note     kept by fix      CPATH, LD_RUN_PATH, LIBRARY_PATH for compiles for python3.13, in '
    # Another system below the same home is not touched by it.
    in_root -- "sed -i 's/^debian 13/debian 12/' .local/share/pycc-shim/variables" || die 'sed'
    in_root -- "rm -rf inductor-cache; PATH=~/$shims:\$PATH $program" >"$log-other.log" 2>&1 && die 'kept for another system'
    has "$log-other.log" 'pycc-shim: Python.h is missing'
}

scenario_triton() {
    start triton 'Triton deletes its source and captures nothing: the record has both'
    lines=9 step fails 1 'pycc-shim run -- '"$python stub.py"
    has "$log-fails.log" 'wanted by   Triton'
    lines=2 step fix 0 'pycc-shim fix --yes'
    has "$log-fix.log" 'pycc-shim: fixed: the compile that failed now passes'
    step passes 0 'pycc-shim run -- '"$python stub.py"
}

scenario_pip() {
    start pip 'pip deletes its build: fix installs what it wanted, and says that it cannot build it again'
    pip='/opt/venv/bin/pip install --no-cache-dir --no-binary :all: psutil'
    lines=8 step fails 1 "pycc-shim run -- $pip"
    lines=3 step fix 1 'pycc-shim fix --yes'
    has "$log-fix.log" 'what it missed is there now; run again what you ran'
    lines=1 step passes 0 "pycc-shim run -- $pip"
}

scenario_run() {
    start run 'workers, tests and make below run: one block, the last thing; then nothing more'
    in_root -- '/opt/venv/bin/pip install --no-cache-dir pytest && apt-get update && apt-get install -y make' \
        >"$log-tools.log" 2>&1 || die 'pip install pytest, apt-get install make'
    # torchrun looks its own machine up, which a root without that line asks the network for.
    printf '127.0.0.1 localhost %s\n' "$(uname -n)" >"$root/etc/hosts"
    printf 'import runpy\n\n\ndef test_program():\n    runpy.run_path("prog.py")\n' >"$root/root/test_prog.py"
    printf 'all:\n\t%s\n' "$program" >"$root/root/Makefile"
    for command in "/opt/venv/bin/torchrun --nproc-per-node 2 prog.py" "/opt/venv/bin/pytest -q test_prog.py" make; do
        name=${command%% *}
        name=${name##*/}
        # A status of its own each: run passes it on.
        status=0
        in_root -- "rm -rf inductor-cache; $command" >/dev/null 2>&1 || status=$?
        lines=6 step "$name" "$status" "rm -rf inductor-cache; pycc-shim run -- $command"
        [[ $(tail -n 5 "$log-$name.log" | head -n 1) == 'pycc-shim: Python.h is missing: '* ]] ||
            die "the block is not the last thing in ${log##*/}-$name.log"
    done
}

scenario_noexec() {
    start noexec 'a temporary directory that does not allow execution'
    mount -t tmpfs -o noexec tmpfs "$root/mnt"
    step doctor 1 "TMPDIR=/mnt TORCHINDUCTOR_CACHE_DIR=/mnt/cache pycc-shim doctor --python $python --for torch"
    has "$log-doctor.log" 'missing  temporary files  /mnt does not allow execution (noexec)'
    has "$log-doctor.log" "missing  Inductor cache   /mnt/cache does not allow execution (noexec)"
}

base_is_there
scenarios=("${@:2}")
[[ ${#scenarios[@]} -gt 0 ]] || scenarios=(doctor fix user triton pip run noexec)
for scenario in "${scenarios[@]}"; do "scenario_$scenario"; done
printf '\nverbs_debian13: %s scenarios passed\n' "${#scenarios[@]}"
