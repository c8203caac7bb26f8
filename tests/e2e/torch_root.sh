#!/usr/bin/env bash
# A Debian 13 with its own Python 3.13, g++ and PyTorch from PyPI, but without Python's headers: made once, and handed out
# in pristine copies. Sourced by the scripts beside this file, which have set $dir (a work directory), $here and $me.
# shellcheck disable=SC2154,SC2034 # the variables that are set there, or used there

base=$dir/base    # the finished system, never written to once base.done is there
done_mark=$dir/base.done
recipe=1          # count up when build_base changes, so that older bases are made anew
run=$dir/run      # scratch of the scenario in progress
logs=$dir/logs
root=             # the root that in_root works in
user=root         # and as whom
python_h=/usr/include/python3.13/Python.h

mkdir -p "$dir" "$logs"
exec 9>"$dir/lock"
flock -n 9 || refuse "another run is using $dir"

say() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s: FAILED: %s\n    logs: %s\n' "$me" "$*" "$logs" >&2
    exit 1
}

# Deletes a tree that may hold mounts: first they go, and if one cannot, nothing is deleted.
discard() {
    local tree=$1 at
    while read -r at; do
        umount "$at" || { echo "$me: $at stays mounted, so $tree is kept" >&2; return 1; }
    done < <(awk -v t="$tree/" 'index($5 "/", t) == 1 { print $5 }' /proc/self/mountinfo | tac)
    rm -rf --one-file-system -- "$tree"
}

cleanup() {
    local status=$?
    trap - EXIT
    discard "$run" || status=1
    [[ -e $done_mark ]] || discard "$base" || status=1
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What lets this machine reach its package sources: proxies, and which indexes. Values come from here, none is known.
net=()
for name in http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY \
    PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_PROXY PIP_DEFAULT_TIMEOUT; do
    [[ -z ${!name:-} ]] || net+=("$name=${!name}")
done
bundle=${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}

mount_dev() {
    local node
    mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev" # not the base's own nodes: its disk may be mounted nodev
    for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
        IFS=: read -r name major minor <<<"$node"
        mknod -m 666 "$root/dev/$name" c "$major" "$minor"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    for node in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${node%:*}" "$root/dev/${node#*:}"; done
    mount -t sysfs -o ro sysfs "$root/sys" # PyTorch counts processors there
}

# in_root [NAME=VALUE…] -- COMMAND: a shell line in $root as $user, in a clean environment. A process namespace with its
# own /proc, so that compile workers left behind die with the call and keep no mount busy. The outer shell stays as
# process 1 (hence the exit), for a program that is process 1 is treated differently from a user's.
in_root() {
    local settings=() home=/root
    [[ $user == root ]] || home=/home/$user
    while [[ $1 != -- ]]; do settings+=("$1"); shift; done
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    # shellcheck disable=SC2016 # $1 and $? are the inner shell's
    unshare --pid --fork --kill-child --mount-proc="$root/proc" chroot --userspec="$user:$user" "$root" \
        /usr/bin/env -i HOME="$home" USER="$user" LANG=C.UTF-8 TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        TORCHINDUCTOR_CACHE_DIR="$home/inductor-cache" DEBIAN_FRONTEND=noninteractive \
        SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
        "${net[@]}" "${settings[@]}" /bin/bash -c 'cd; bash -c "$1"; exit $?' bash "$2" </dev/null
}

find_mirror() {
    local mirror=${PYCC_SHIM_E2E_MIRROR:-}
    if [[ -z $mirror ]] && command -v apt-get >/dev/null; then
        # The repository itself, not -security or a vendor's own: its address ends in /debian.
        # shellcheck disable=SC2016 # $(REPO_URI) is apt's, not the shell's
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E '^https?://.*/debian/?$' || true)
    fi
    printf '%s\n' "${mirror:-http://deb.debian.org/debian}"
}

build_base() {
    local mirror
    mirror=$(find_mirror)
    say "building the base root in $base (once)"
    rm -f "$done_mark"
    discard "$base"
    # debootstrap fetches with wget, which does not read apt's own proxy setting.
    local proxy=''
    if command -v apt-config >/dev/null; then eval "$(apt-config shell proxy Acquire::http::Proxy)"; fi
    http_proxy=${http_proxy:-$proxy} debootstrap --variant=minbase --include=ca-certificates trixie "$base" "$mirror" \
        >"$logs/base-debootstrap.log" 2>&1 || die "debootstrap (base-debootstrap.log)"
    root=$base
    mount_dev
    printf 'deb %s trixie main\n' "$mirror" >"$base/etc/apt/sources.list"
    rm -f "$base"/etc/apt/sources.list.d/*
    if command -v apt-config >/dev/null; then
        apt-config dump Acquire | grep -E '^Acquire::(http|https|ftp|Retries|Check-|ForceIPv)' |
            grep -v 'Auto-Detect' >"$base/etc/apt/apt.conf.d/90host" || true
    fi
    [[ ! -s $bundle ]] || cp -L "$bundle" "$base/etc/ssl/certs/ca-certificates.crt"
    [[ ! -s /etc/pip.conf ]] || cp -L /etc/pip.conf "$base/etc/pip.conf"
    printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d" # a chroot starts no services
    chmod 755 "$base/usr/sbin/policy-rc.d"
    # openssl: Inductor runs the program for its hashes. No recommends: nothing that could bring the headers along.
    in_root -- 'set -e; apt-get update; apt-get install -y --no-install-recommends python3 python3-venv g++ openssl
        apt-get clean; rm -rf /var/lib/apt/lists/*' >"$logs/base-apt.log" 2>&1 || die "apt-get (base-apt.log)"
    # torch with all it depends on: PyPI's wheel cannot even be imported without the CUDA libraries.
    in_root -- 'set -e; python3 -m venv /opt/venv; /opt/venv/bin/pip install --no-cache-dir torch numpy' \
        >"$logs/base-pip.log" 2>&1 || die "pip (base-pip.log)"
    [[ ! -e $base$python_h ]] || die "the base has $python_h"
    in_root -- '! command -v sudo && ! dpkg -s python3.13-dev python3-dev libpython3.13-dev >/dev/null 2>&1' ||
        die "the base has sudo or a Python development package"
    umount -R "$base/dev"
    umount "$base/sys"
    echo "$recipe" >"$done_mark"
}

# A pristine writable copy of the base in $root: an overlay if this disk can carry one, else a copy.
fresh_root() {
    discard "$run"
    root=$run/root
    mkdir -p "$root" "$run/upper" "$run/work"
    if ! mount -t overlay -o "lowerdir=$base,upperdir=$run/upper,workdir=$run/work" overlay "$root" 2>/dev/null; then
        cp -a --reflink=auto "$base/." "$root/"
    fi
    mount_dev
    install -m 644 "$here/compile_once.py" "$root/root/prog.py"
    [[ ! -e $root$python_h ]] || die "the fresh root has $python_h"
}

has() { grep -qF -- "$2" "$1" || die "'$2' is not in ${1##*/}"; }
lacks() { ! grep -qF -- "$2" "$1" || die "'$2' is in ${1##*/}"; }
# The text after a label of the report, whole and as printed, from the first line that has it.
labelled() { sed -nE "/^ +$2 +/{s///p;q}" "$1"; }

# Makes the base, where it is not there or of another recipe.
base_is_there() {
    [[ -e $done_mark && $(<"$done_mark") == "$recipe" ]] || build_base
}
