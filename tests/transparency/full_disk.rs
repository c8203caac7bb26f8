//! A disk without room: a tmpfs of one page in a mount namespace of its own, which goes with the process.

use std::process::{Command, Stdio};

use crate::pair::{Face, Pair};
use crate::world::{show, start};

pub(crate) struct Script(&'static str);

/// A line for sh, run in `work` where `full` is a directory without room; `"$@"` in it is the compiler. None where nothing
/// can be mounted, which is said.
pub(crate) fn script(line: &'static str) -> Option<Script> {
    let can_mount = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    // SAFETY: geteuid always succeeds and touches nothing.
    if unsafe { libc::geteuid() } != 0 || !can_mount() {
        eprintln!("not root, or no mounts: nothing tested on a full disk");
        return None;
    }
    Some(Script(line))
}

impl Script {
    /// Runs the line; its status, stdout and stderr.
    pub(crate) fn run(&self, pair: &Pair, through_us: bool) -> (String, String, String) {
        pair.make_anew();
        let compiler = pair.command(Face::OnPath("gcc"), through_us);
        let mut command = Command::new("unshare");
        command.env_clear().envs(compiler.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(compiler.get_current_dir().unwrap());
        let fill = "mkdir -p full && mount -t tmpfs -o size=4k,nr_inodes=20 tmpfs full && cp -a before/. full/ \
                    2>/dev/null; cat /dev/zero >full/filler 2>/dev/null";
        command.args(["--mount", "sh", "-c", &format!("{fill}\n{}", self.0), "sh"]).arg("gcc");
        let output = start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))
            .wait_with_output()
            .unwrap();
        let text = |bytes: &[u8]| pair.world.redact(bytes);
        (show(output.status), text(&output.stdout), text(&output.stderr))
    }
}
