//! That nobody can tell that we are there: the same call made without us and with us, in the same place, and everything
//! that came of it compared.

mod builds;
mod capture;
mod deaths;
mod files;
mod full_disk;
mod inheritance;
mod killed;
mod limits;
mod lost_readers;
mod odd_arguments;
mod odd_paths;
mod outputs;
mod pair;
mod pipes;
mod queries;
mod record_kept;
mod streams;
#[path = "../behaviour/world.rs"]
#[allow(dead_code, reason = "the behaviour tests use the rest of it")]
mod world;
