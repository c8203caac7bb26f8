//! What the shim's cost grows with: the text that the compiler writes, the arguments, the directories of PATH, the
//! compiles at once. Beside it stand the bare target and the floor, as in `overhead.rs`.
//!
//! `cargo bench --bench scaling [-- --quick]` prints one table; better through `benches/run.sh`. The verdicts inform: the
//! exit status is 0 whatever they say, and 2 when nothing could be measured.

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/race.rs"]
mod race;
#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/table.rs"]
mod table;
#[expect(dead_code, reason = "each bench uses a part of it")]
#[path = "shared/track.rs"]
mod track;

use race::{Contestant, Race, least};
use table::{Limit, Row};
use track::{Track, compile};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Bytes of stderr. From the last on copying is what there is to it.
const VOLUMES: [u64; 5] = [0, 64 << 10, 1 << 20, 64 << 20, 1 << 30];
/// Arguments; Linux takes 2 MiB of them by default.
const ARGUMENTS: [usize; 4] = [1, 100, 10_000, 100_000];
/// Directories of PATH before the compiler's.
const DIRECTORIES: [usize; 4] = [0, 10, 100, 1000];
const AT_ONCE: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

fn main() -> ExitCode {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    match Track::lay().and_then(|track| measure(&track, if is_quick { 15 } else { 200 })) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scaling: cannot measure: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(track: &Track, rounds: usize) -> Fallible<()> {
    Row::head().print();
    for bytes in VOLUMES {
        volume(track, bytes, rounds)?;
    }
    for count in ARGUMENTS {
        let args = vec!["-DN".to_owned(); count];
        let race = Race::run(vec![track.bare(&args), track.floor(&args), track.shim(&args)], rounds)?;
        race.print(&format!("{count} arguments"), Limit::None);
    }
    let args = compile(&[]);
    for count in DIRECTORIES {
        // Directories that are there and hold no compiler.
        let mut field = vec![track.bare(&args), track.floor(&args), track.shim(&args)];
        for one in &mut field {
            let mut path: OsString = track.dir.join("shim").into();
            for number in 0..count {
                path.push(":");
                path.push(track.dir.join(format!("path/{number}")));
                std::fs::create_dir_all(track.dir.join(format!("path/{number}")))?;
            }
            path.push(":");
            path.push(track.dir.join("real"));
            one.command.env("PATH", path);
        }
        Race::run(field, rounds)?.print(&format!("{count} in PATH before"), Limit::None);
    }
    for count in AT_ONCE {
        let field = vec![track.bare(&args), track.floor(&args), track.shim(&args)];
        let field: Vec<Contestant> = field.into_iter().map(|one| one.at_once(count)).collect();
        Race::run(field, rounds / count.min(8) + 1)?.print(&format!("{count} at once"), Limit::None);
    }
    Ok(())
}

/// Text to the null device: where it goes costs nothing, so what is left is the copying. The best times are compared, not
/// the medians: where the scheduler puts writer and reader makes a factor of five between runs.
fn volume(track: &Track, bytes: u64, rounds: usize) -> Fallible<()> {
    let args = [format!("--stderr-bytes={bytes}")];
    let rounds = if bytes > 1 << 27 { rounds / 20 + 1 } else { rounds };
    let race = Race::run(vec![track.bare(&args), track.floor(&args), track.shim(&args)], rounds)?;
    let speed = least(&race.times[1]) / least(&race.times[2]);
    let case = if bytes < 1 << 20 {
        format!("{} KiB of stderr", bytes >> 10)
    } else {
        format!("{} MiB of stderr", bytes >> 20)
    };
    race.print(&case, Limit::None);
    if bytes >= 1 << 30 {
        Row::new("", "shim (speed)").ratio(speed).limit(Limit::AtLeast(0.8), speed).print();
    }
    Ok(())
}
