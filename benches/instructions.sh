#!/bin/sh
# The user-space instructions of a compile that passes, ours alone, counted by callgrind: benches/instructions.sh BIN
#
# BIN is the absolute path of a static pycc-shim for x86-64. Beside it stands the C floor (floor.c), linked dynamically as
# everybody's C is. instructions.txt keeps the number; more than a twentieth above it, and the exit status is 1: then find
# out why, or write the new number there and the reason into the commit. The count differs by a few instructions from run
# to run, and by some hundreds with another C library. Exit status 2: it cannot be counted here.
set -eu
bin=${1:?give the absolute path of a static pycc-shim}
here=$(cd "$(dirname "$0")" && pwd)
[ -x "$bin" ] || { echo "instructions.sh: $bin is no executable" >&2; exit 2; }
command -v valgrind >/dev/null || { echo "instructions.sh: valgrind is not installed" >&2; exit 2; }

# Names of fixed lengths: they are copied, and count.
work=$(mktemp -d /tmp/pycc-shim-XXXXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/ours" "$work/real"
cp "$bin" "$work/ours/g++"
cc -O2 -o "$work/floor" "$here/floor.c"
echo 'int main(void) { return 0; }' >"$work/compiler.c"
cc -O2 -o "$work/real/g++" "$work/compiler.c"

count() {
    env -i PATH="$work/ours:$work/real:/usr/bin:/bin" HOME="$work" \
        valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 | sed -n 's/.*Collected : //p'
}
ours=$(count g++ -c unit.cpp -o unit.o)
floor=$(count "$work/floor" "$work/real/g++" -c unit.cpp -o unit.o)
if [ -z "$ours" ] || [ -z "$floor" ]; then
    echo "instructions.sh: callgrind counted nothing" >&2
    exit 2
fi
kept=$(cat "$here/instructions.txt")
echo "instructions of a compile that passes: $ours (kept: $kept), of the C floor: $floor"
if [ "$ours" -gt $((kept + kept / 20)) ]; then
    echo "instructions.sh: that is more than a twentieth above what was kept" >&2
    exit 1
fi
