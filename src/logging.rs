//! `PYCC_SHIM_LOG`: what we did and why, for those who ask.

use std::fs::OpenOptions;
use std::sync::Mutex;

use tracing_subscriber::filter::LevelFilter;

/// The variable that asks for a log.
const LOG: &str = "PYCC_SHIM_LOG";

/// Installs a subscriber when `PYCC_SHIM_LOG` is set. A value with a slash is a file that is appended to, at the level
/// `debug`; any other value is a level (`error`, `warn`, `info`, `debug`, `trace`), and the log goes to stderr. A value
/// that is neither changes nothing: logging never fails a compile.
pub fn start() {
    let Some(value) = std::env::var_os(LOG).and_then(|value| value.into_string().ok()) else { return };
    let log = tracing_subscriber::fmt().with_ansi(false);
    if value.contains('/') {
        if let Ok(file) = OpenOptions::new().create(true).append(true).open(value) {
            let _ = log.with_max_level(LevelFilter::DEBUG).with_writer(Mutex::new(file)).try_init();
        }
    } else if let Ok(level) = value.parse::<LevelFilter>() {
        let _ = log.with_max_level(level).with_writer(std::io::stderr).try_init();
    }
}
