//! What `--help` of each verb ends in. A line that begins with two blanks is a command, and behind more blanks a remark.

pub(super) const RUN: &str = "\
Examples:
  pycc-shim run -- python train.py
  pycc-shim run -- pip install ./package
  PYCC_SHIM_REPORT_DIR=reports pycc-shim run -- pytest";

pub(super) const EXPLAIN: &str = "\
Examples:
  pycc-shim explain build.log
  pip install ./package 2>&1 | pycc-shim explain
  pycc-shim explain --last --json
  pycc-shim explain --root /mnt/other/machine build.log";

pub(super) const DOCTOR: &str = "\
Examples:
  pycc-shim doctor
  pycc-shim doctor --python .venv/bin/python --for torch
  pycc-shim doctor --json
  pycc-shim doctor --root /mnt/other/machine";

pub(super) const FIX: &str = "\
Examples:
  pycc-shim fix
  pycc-shim fix --dry-run
  pycc-shim fix --user                         where there is no root
  pycc-shim fix --yes reports/node1-4711-x.json";

pub(super) const REPORT: &str = "\
Examples:
  pycc-shim report /shared/reports
  pycc-shim report /shared/reports --json";

pub(super) const SETUP: &str = "\
Examples:
  pycc-shim setup
  eval \"$(pycc-shim setup --shell bash)\"       in ~/.bashrc; with zsh for bash in ~/.zshrc
  pycc-shim setup --shell fish | source        in ~/.config/fish/config.fish
  pycc-shim setup --remove";

pub(super) const DEMO: &str = "\
Examples:
  pycc-shim demo
  TMPDIR=/var/tmp pycc-shim demo               where /tmp is full, or may run no programs";

pub(super) const COMPLETIONS: &str = "\
Examples:
  eval \"$(pycc-shim completions bash)\"         in ~/.bashrc
  eval \"$(pycc-shim completions zsh)\"          in ~/.zshrc, after compinit
  pycc-shim completions fish | source          in ~/.config/fish/config.fish
install.sh puts them where bash-completion and fish look by themselves.";
