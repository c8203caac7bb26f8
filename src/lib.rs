//! The compiler you already have, plus the one line you were missing.
//!
//! pycc-shim stands in front of `g++`, `gcc`, `cc`, `c++` and `clang`. While compiles succeed nobody can tell that it
//! is there. When a Python-driven compile fails because something is absent, the error ends with what is missing,
//! which package has it on this machine for this Python, and the command that installs it.
//!
//! The way of the data:
//!
//! ```text
//! argv ──▶ command ──▶ shim: resolve, spawn, tap ──▶ exit status ──▶ (success: we are done)
//!              │                      │ a few remembered lines
//!              ▼                      ▼
//!           client              diagnostic ──▶ Missing
//!              └──────────┬───────────┘
//!                         ▼
//!    host + python + catalog ──▶ remedy ──▶ report ──▶ stderr (one write) and the report directory
//! ```
//!
//! Six floors, arrows point down only: [`face`] (which face was called); [`cli`]; [`shim`]; [`diagnose`];
//! [`remedy`]; and on the ground [`host`], [`diagnostic`], [`command`], [`report`], [`catalog`], which do not know
//! each other, and [`logging`]. Only [`host`] reads the machine's facts, below a root that its caller chooses; only [`shim`] and
//! [`cli`] touch processes.

pub mod catalog;
pub mod cli;
pub mod command;
pub mod diagnose;
pub mod diagnostic;
pub mod face;
pub mod host;
pub mod logging;
pub mod remedy;
pub mod report;
pub mod shim;
