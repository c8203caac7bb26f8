//! Where Debian's family keeps its compilers: `/usr/lib/gcc/TRIPLET/VERSION`, `/usr/lib/llvm-VERSION`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::command::driver::{self, Driver, Family};
use crate::remedy::Context;

/// The installed versions of GCC.
pub(in crate::remedy) struct Gcc {
    pub(super) triplet: String,
    directory: PathBuf,
    /// The newest version that has what a compile links (`crtbegin.o`): the one that Clang takes, whether or not it
    /// has C++ headers (measured with Clang 14 and 19).
    pub(super) newest: Option<u32>,
}

impl Gcc {
    pub(in crate::remedy) fn of(context: Context<'_>) -> Option<Self> {
        let files = &context.host.files;
        let base = Path::new("/usr/lib/gcc");
        // Libraries for another architecture lie beside (case c369): the machine's own count.
        let native = format!("{}-linux-gnu", std::env::consts::ARCH);
        let mut triplets = files.names(base);
        triplets.retain(|name| name.ends_with("-linux-gnu"));
        let triplet = match triplets.as_slice() {
            [only] => only.clone(),
            several => several.iter().find(|name| **name == native)?.clone(),
        };
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
pub(in crate::remedy) struct Compiler {
    pub(super) driver: Driver,
    /// The major version.
    pub(in crate::remedy) version: String,
    /// Whether it was called without a version, and so is the system's own.
    pub(super) is_default: bool,
}

impl Compiler {
    /// Reads its name (`g++-13`), or what `/usr/bin/NAME` leads to. None for a compiler that is not the system's, or
    /// works for another one than `gcc`'s: conda's and cross compilers search no directory of the system's.
    pub(in crate::remedy) fn of(context: Context<'_>, gcc: &Gcc) -> Option<Self> {
        let called = Path::new(context.command.compiler());
        if context.command.sysroot.is_some() || called.is_absolute() && !called.starts_with("/usr/bin") {
            return None;
        }
        let name = called.file_name()?.to_str()?;
        let driver = driver::by_name(name.as_bytes())?;
        if is_for_another(name, gcc, context) || !called.is_absolute() && is_hidden(name, context) {
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

    pub(in crate::remedy) fn is_clang(&self) -> bool {
        self.driver.family == Family::Clang
    }
}

/// Whether a driver's prefix, or the command, asks for another system than GCC's triplet names; 32-bit x86 is the same
/// compiler's other half.
fn is_for_another(name: &str, gcc: &Gcc, context: Context<'_>) -> bool {
    let own = format!("{}-", gcc.triplet);
    let stem = driver::without_version(name.as_bytes());
    let is_prefixed = stem.strip_prefix(own.as_bytes()).unwrap_or(stem).contains(&b'-');
    let targets_another = context.command.target.as_ref().is_some_and(|target| {
        let processor = gcc.triplet.split('-').next().unwrap_or_default();
        !context.command.is_32_bit && !target.as_encoded_bytes().starts_with(processor.as_bytes())
    });
    is_prefixed || targets_another
}

/// Whether another compiler of that name comes before the system's on PATH.
fn is_hidden(name: &str, context: Context<'_>) -> bool {
    let host = context.host;
    let prefixes = host.running.iter().chain(&host.active).map(|python| &*python.prefix);
    let before = prefixes.filter(|prefix| *prefix != Path::new("/usr")).chain([Path::new("/usr/local")]);
    before.into_iter().any(|prefix| host.files.is_file(&prefix.join("bin").join(name)))
}

/// The major version behind a name's last dash.
fn suffix(name: &str) -> Option<String> {
    let version = driver::version(name.as_bytes())?.split(|&byte| byte == b'.').next()?;
    String::from_utf8(version.to_vec()).ok()
}
