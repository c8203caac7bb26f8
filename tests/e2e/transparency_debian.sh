#!/usr/bin/env bash
# Real projects, from Debian's source packages, built without us and through us: every file the same, byte for byte.
#
#   tests/e2e/transparency_debian.sh /absolute/path/to/pycc-shim [NAME…]
#
# Each is built three times in one place: twice without us, which shows what differs by itself (logs with times and
# made-up names, listed below), then through the names that `pycc-shim setup` makes. NAME selects projects. Needs a
# Debian with g++, make, cmake, dpkg-dev and a mirror; no root. Prints `ok NAME: N files` or `FAILED NAME: why`. Exit
# status: 0 all passed, 1 some failed, 2 bad use, or nothing could be fetched.
set -euo pipefail

refuse() { printf 'transparency_debian: %s\n' "$*" >&2; exit 2; }

bin=${1:-${PYCC_SHIM_BIN:-}}
[[ $bin == /* && -f $bin && -x $bin ]] || refuse 'give the absolute path of a pycc-shim (or set PYCC_SHIM_BIN)'
declare -A steps=(
    [zlib]='./configure && make'
    [lz4]='make'
    [jansson]='cmake -S . -B out && make -C out'
    [hello]='./configure && make'
)
# The files that two builds without us do not make alike.
passing='(^|/)(config\.log|configure\.log|CMake(Error|Output|ConfigureLog)\.(log|yaml))$'
names=("${@:2}")
[[ ${#names[@]} -gt 0 ]] || names=(zlib lz4 jansson hello)
for name in "${names[@]}"; do [[ -n ${steps[$name]:-} ]] || refuse "no project of that name: $name"; done
for tool in apt-get dpkg-source make cmake g++; do command -v "$tool" >/dev/null || refuse "$tool is not here"; done

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOME=$dir/home TMPDIR=$dir/tmp LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1700000000
mkdir -p "$HOME" "$TMPDIR" "$dir/lists/partial" "$dir/cache/archives/partial"
unset CC CXX CFLAGS CXXFLAGS LDFLAGS CPPFLAGS XDG_DATA_HOME XDG_STATE_HOME
here=/usr/local/bin:/usr/bin:/bin
PATH=$here "$bin" setup >/dev/null
ours=$HOME/.local/share/pycc-shim/bin
[[ -e $ours/gcc ]] || refuse "setup made no gcc in $ours"

# shellcheck disable=SC2016 # $(REPO_URI) is apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E '^https?://.*/debian/?$' ||
    echo http://deb.debian.org/debian)
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
printf 'deb-src %s %s main\n' "$mirror" "$suite" >"$dir/sources.list"
apt=(-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$dir/lists"
    -o Dir::Cache="$dir/cache" -o APT::Sandbox::User="$(id -un)")
apt-get "${apt[@]}" update >"$dir/apt.log" 2>&1 || { cat "$dir/apt.log" >&2; refuse "no index of sources from $mirror"; }

# build NAME DIRECTORIES: in $dir/work, with these directories before the usual ones; then a line a file: mode, sum, name.
build() {
    rm -rf "$dir/work"
    cp -a "$dir/sources/$1" "$dir/work"
    (cd "$dir/work" && PATH=$2$here sh -c "${steps[$1]}") >"$dir/log" 2>&1 || { tail -n 40 "$dir/log" >&2; return 1; }
    # A place that configure and CMake write down, as the compiler's.
    grep -rlIZ --binary-files=without-match -F "$ours" "$dir/work" | xargs -0 -r sed -i "s|$ours|/usr/bin|g" || true
    (cd "$dir/work" && find . ! -type d -printf '%m %p\0' | sort -z | while IFS= read -rd '' line; do
        printf '%s %s\n' "$(sha256sum <"${line#* }")" "$line"
    done)
}

failed=0
mkdir "$dir/sources"
for name in "${names[@]}"; do
    (cd "$dir/sources" && apt-get "${apt[@]}" source --download-only "$name" && dpkg-source -x ./*.dsc "$name" &&
        rm -f ./*.dsc ./*.tar.* ./*.diff.*) >"$dir/apt.log" 2>&1 || { cat "$dir/apt.log" >&2; refuse "$name: no source"; }
    if ! build "$name" '' >"$dir/first" || ! build "$name" '' >"$dir/second" || ! build "$name" "$ours:" >"$dir/with"; then
        echo "FAILED $name: it does not build"
        failed=1
        continue
    fi
    for list in first second with; do grep -vE "$passing" "$dir/$list" >"$dir/$list.kept" || true; done
    count=$(wc -l <"$dir/first.kept")
    if ! diff "$dir/first.kept" "$dir/second.kept" >"$dir/difference"; then
        echo "FAILED $name: two builds without us differ"
    elif ! diff "$dir/first.kept" "$dir/with.kept" >"$dir/difference"; then
        echo "FAILED $name: through us other files"
    elif ((count < 50)); then
        echo "FAILED $name: only $count files"
    else
        echo "ok $name: $count files"
        continue
    fi
    cat "$dir/difference" >&2
    failed=1
done
exit "$failed"
