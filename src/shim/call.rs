//! A call as a compiler, as the face that was called understood it.

use crate::command::driver::Language;

/// A call as a compiler: which one, and which of our arguments are its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Call<'a> {
    pub wanted: Wanted<'a>,
    /// The index of the compiler's first argument in our own argument list.
    pub first_argument: usize,
}

/// The compiler that the caller wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// We were called as that compiler: its file name, and whether the call came by that bare name (then the real
    /// compiler must see the same `argv[0]`).
    Named { name: &'a [u8], bare: bool },
    /// We were called by a path below a directory of `run`'s, which stands for the compiler of the path behind it.
    StandsFor(&'a [u8]),
    /// A launcher call: the compiler as the caller wrote it, a name or a path.
    Launched(&'a [u8]),
    /// `CXX=pycc-shim`: any compiler for the language of the inputs.
    ForInputs(Language),
}
