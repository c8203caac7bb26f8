//! The compiler you already have, plus the one line you were missing.

pub mod catalog;
pub mod command;
pub mod diagnose;
pub mod diagnostic;
pub mod host;
pub mod remedy;
pub mod report;
