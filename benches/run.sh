#!/usr/bin/env bash
# Builds the shim as install.sh does and prints all that is measured of it, one table: benches/run.sh [--quick] [--record]
#
# --record writes the table into docs/performance.md, with the machine that it is of.
set -euo pipefail
cd "$(dirname "$0")/.."

record=
quick=
for argument; do
    case $argument in
    --record) record=1 ;;
    --quick) quick=--quick ;;
    *) echo "run.sh: unknown argument '$argument'; there are --quick and --record" >&2; exit 2 ;;
    esac
done

# Said before a minute of building, and two of measuring.
command -v rg >/dev/null || { echo "run.sh: ripgrep (rg) is not installed, with which explain is compared; install it" >&2; exit 2; }

host=$(rustc -vV | sed -n 's/^host: //p')
probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Static where the C library comes as an archive too: a dynamically linked shim starts more slowly than the floor.
echo 'int main(void) { return 0; }' >"$probe/probe.c"
if cc -static -o "$probe/probe" "$probe/probe.c" 2>/dev/null && "$probe/probe"; then
    flags="-C target-feature=+crt-static -C relocation-model=static"
    echo "run.sh: a static shim for $host" >&2
else
    flags=""
    echo "run.sh: a dynamic shim for $host (no static C library here)" >&2
fi
RUSTFLAGS="$flags" cargo build --release --locked --target "$host"

target=${CARGO_TARGET_DIR:-target}
case $target in
/*) ;;
*) target=$(pwd)/$target ;;
esac
PYCC_SHIM_BENCH_BIN=$target/$host/release/pycc-shim
export PYCC_SHIM_BENCH_BIN

measure() {
    for bench in overhead scaling report explain; do
        # shellcheck disable=SC2086 # nothing, or one word
        cargo bench --quiet --locked --bench "$bench" -- $quick
        echo
    done
    # Status 2: it cannot be counted here, as it says.
    benches/instructions.sh "$PYCC_SHIM_BENCH_BIN" || [ $? = 2 ]
}

if [ -z "$record" ]; then
    measure
    exit
fi

version() { "$@" 2>/dev/null | head -n 1; }
{
    printf '%s, %s processors, Linux %s; %s' "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(uname -r | cut -d- -f1)" "$(date +%F)"
    # A virtual machine traps what a processor answers at once.
    grep -q '^flags.* hypervisor' /proc/cpuinfo && printf '; a virtual machine'
    printf '\n'
    for program in cc ccache sccache distcc rg valgrind; do
        command -v "$program" >/dev/null && version "$program" --version
    done
    printf '\n'
    measure
} | tee "$probe/table"
# The table alone is replaced: what is said about it stays, and is to be read again.
{
    sed '/^<!-- table -->$/q' docs/performance.md
    printf '\n```text\n'
    sed 's/[[:space:]]*$//' "$probe/table"
    printf '```\n\n'
    sed -n '/^<!-- end of the table -->$/,$p' docs/performance.md
} >"$probe/page"
mv "$probe/page" docs/performance.md
