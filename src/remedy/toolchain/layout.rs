//! Where Debian's family keeps its compilers: `/usr/lib/gcc/TRIPLET/VERSION`, `/usr/lib/llvm-VERSION`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::command::driver::{self, Driver, Family};
use crate::remedy::Context;

/// The installed versions of GCC.
pub(super) struct Gcc {
    pub(super) triplet: String,
    directory: PathBuf,
    /// The newest version that has what a compile links (`crtbegin.o`): the one that Clang takes, whether or not it
    /// has C++ headers (measured with Clang 14 and 19).
    pub(super) newest: Option<u32>,
}

impl Gcc {
    pub(super) fn of(context: Context<'_>) -> Option<Self> {
        let files = &context.host.files;
        let base = Path::new("/usr/lib/gcc");
        let triplet = files.names(base).into_iter().find(|name| name.ends_with("-linux-gnu"))?;
        let directory = base.join(&triplet);
        let linking = |name: &String| files.is_file(&directory.join(name).join("crtbegin.o"));
        let newest =
            files.names(&directory).iter().filter(|name| linking(name)).filter_map(|name| name.parse().ok()).max();
        Some(Self { triplet, directory, newest })
    }

    /// The directory of a version.
    pub(super) fn version(&self, version: &str) -> PathBuf {
        self.directory.join(version)
    }

    /// Where Debian keeps the headers that differ by architecture.
    pub(super) fn multiarch_include(&self) -> PathBuf {
        Path::new("/usr/include").join(&self.triplet)
    }
}

/// The compiler that reads the sources.
pub(super) struct Compiler {
    pub(super) driver: Driver,
    /// The major version.
    pub(super) version: String,
    /// Whether it was called without a version, and so is the system's own.
    pub(super) is_default: bool,
}

impl Compiler {
    /// Reads its name (`g++-13`), or what `/usr/bin/NAME` leads to. None for a compiler that is not the system's:
    /// conda's and cross compilers search no directory of the system's.
    pub(super) fn of(context: Context<'_>) -> Option<Self> {
        let called = Path::new(context.command.compiler());
        if context.command.sysroot.is_some() || called.is_absolute() && !called.starts_with("/usr/bin") {
            return None;
        }
        let name = called.file_name()?.to_str()?;
        let driver = driver::by_name(name.as_bytes())?;
        if name.contains("conda") {
            return None;
        }
        if let Some(version) = suffix(name) {
            return Some(Self { driver, version, is_default: false });
        }
        let real = context.host.files.canonical(&Path::new("/usr/bin").join(name));
        let real_name = real.file_name()?.to_str()?;
        let family = driver::by_name(real_name.as_bytes()).map_or(driver.family, |real| real.family);
        // Clang's programs lie in /usr/lib/llvm-19/bin.
        let mut parts = real.iter().rev().filter_map(OsStr::to_str);
        let version =
            suffix(real_name).or_else(|| parts.find_map(|part| suffix(part).filter(|_| part.starts_with("llvm-"))))?;
        Some(Self { driver: Driver { family, ..driver }, version, is_default: true })
    }

    pub(super) fn is_clang(&self) -> bool {
        self.driver.family == Family::Clang
    }
}

/// The major version behind a name's last dash.
fn suffix(name: &str) -> Option<String> {
    let version = name.rsplit_once('-')?.1.split('.').next()?;
    let is_number = !version.is_empty() && version.chars().all(|character| character.is_ascii_digit());
    is_number.then(|| version.to_owned())
}
