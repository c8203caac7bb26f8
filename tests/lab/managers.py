"""What the laboratory itself asks of a package manager: a compiler and a Python to begin with, and simulations."""

import re

# Lines for `sh -e`: a compiler and a Python without headers, and an ordinary user. What is only recommended stays out
# where the manager can be told so for good: it could bring headers along.
PREPARE = {
    # Docker's images throw away what apt fetched, and its index of packages.
    "apt": """\
rm -f /etc/apt/apt.conf.d/docker-clean
printf 'APT::Install-Recommends "false";\\nAPT::Keep-Downloaded-Packages "true";\\n' >/etc/apt/apt.conf.d/90lab
apt-get update
apt-get install -y gcc g++ libc6-dev make python3 python3-venv ca-certificates
id user >/dev/null 2>&1 || useradd -m user
""",
    "dnf": """\
echo install_weak_deps=False >>/etc/dnf/dnf.conf
dnf install -y gcc gcc-c++ make python3 shadow-utils
useradd -m user
""",
    "zypper": """\
zypper --non-interactive install --no-recommends gcc gcc-c++ make python3 shadow
useradd -m user
""",
    "pacman": """\
pacman -Syu --noconfirm gcc make python
useradd -m user
""",
    "apk": """\
apk add gcc g++ musl-dev make python3
adduser -D user
""",
}

# How each one simulates the command that the program prints for it: what is replaced, by what.
SIMULATION = {
    "apt": (r"^apt-get install ", "apt-get install -s "),
    "zypper": (r"^zypper --non-interactive install ", "zypper --non-interactive install --dry-run "),
    "pacman": (r"^pacman -Syu ", "pacman -Syup "),
    "apk": (r"^apk add ", "apk add --simulate "),
}


def simulated(manager: str, line: str) -> str | None:
    """An `install` line, of which the last command only says what it would do; none where that cannot be had."""
    before, joint, last = line.rpartition(" && ")
    if manager == "dnf" and last.startswith("dnf install -y "):
        # It takes the answer "no", which it gives itself, for a failure; that it got so far is what counts.
        refused = last.replace("dnf install -y ", "dnf install --assumeno ", 1)
        return f"{before}{joint}{{ LC_ALL=C {refused} 2>&1 || :; }} | grep '^Operation aborted'"
    form, instead = SIMULATION.get(manager, ("$^", ""))
    last, count = re.subn(form, instead, last)
    return before + joint + last if count else None
