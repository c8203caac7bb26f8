//! That nobody can tell that we are there: the same call made without us and with us, in the same place, and everything
//! that came of it compared.

mod capture;
mod files;
mod inheritance;
mod outputs;
mod pair;
mod pipes;
mod queries;
mod streams;
#[path = "../behaviour/world.rs"]
#[allow(dead_code, reason = "the behaviour tests use the rest of it")]
mod world;
