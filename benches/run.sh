#!/bin/sh
# Builds the shim as install.sh does and measures what it costs and how fast it reads a log: benches/run.sh [--quick]
set -eu
cd "$(dirname "$0")/.."

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
cargo bench --locked --bench overhead -- "$@"
cargo bench --locked --bench explain -- "$@"
cargo bench --locked --bench report -- "$@"
