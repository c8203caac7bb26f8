//! Whose directories a compile searches, and so whose packages it finds.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::command::driver;
use crate::host::origin::Origin;

use super::{Context, which_python};

/// Who a compile takes its headers and libraries from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// The system: its compiler looks where its packages put their files.
    System,
    /// A conda environment, for its Python; the compiler is the system's.
    CondaPython(PathBuf),
    /// A conda environment, for its compiler, which sees nothing of the system's.
    CondaCompiler(PathBuf),
    Nix,
    /// A cross compiler, another sysroot, Linuxbrew's compiler: nobody of whom we know enough.
    Another,
}

impl Owner {
    pub(super) fn of(context: Context<'_>) -> Self {
        let called = Path::new(context.command.compiler());
        let name = called.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let is_bare = called.components().count() < 2;
        let sysroot = context.command.sysroot.as_deref().filter(|_| !is_apples(context));
        if let Some(prefix) = [Some(called), sysroot].into_iter().flatten().find_map(|path| conda_around(path, context))
        {
            return Self::CondaCompiler(prefix);
        }
        if name.contains("-conda-linux-gnu-") || name.contains("-conda_cos") {
            // Called by its name, so that an active environment must have it.
            return conda_python(context).map_or(Self::Another, Self::CondaCompiler);
        }
        if sysroot.is_some() || is_for_another_system(name, context) || called.starts_with("/home/linuxbrew") {
            return Self::Another;
        }
        if called.starts_with("/nix/store") {
            return Self::Nix;
        }
        if is_bare && let Some(prefix) = conda_that_hides(name, context) {
            return Self::CondaCompiler(prefix);
        }
        match which_python::of(context.command, context.host) {
            Some(python) if python.origin == Origin::Conda => Self::CondaPython(python.prefix),
            Some(python) if python.origin == Origin::Nix => Self::Nix,
            _ if context.host.os.id == "nixos" => Self::Nix,
            _ => Self::System,
        }
    }
}

/// Apple's compilers are always given their SDK as a system root.
fn is_apples(context: Context<'_>) -> bool {
    context.host.os.id == "macos"
}

/// The conda environment that a path lies in.
fn conda_around(path: &Path, context: Context<'_>) -> Option<PathBuf> {
    let is_conda = |directory: &&Path| context.host.files.is_directory(&directory.join("conda-meta"));
    path.ancestors().skip(1).filter(|directory| directory.is_absolute()).find(is_conda).map(Path::to_owned)
}

/// The environment of the conda Python that builds or is active.
fn conda_python(context: Context<'_>) -> Option<PathBuf> {
    let pythons = context.host.running.iter().chain(&context.host.active);
    pythons.into_iter().find(|python| python.origin == Origin::Conda).map(|python| python.prefix.clone())
}

/// The conda environment whose compiler of that name comes before the system's on PATH.
fn conda_that_hides(name: &str, context: Context<'_>) -> Option<PathBuf> {
    conda_python(context)
        .filter(|prefix| !name.is_empty() && context.host.files.is_file(&prefix.join("bin").join(name)))
}

/// Whether a driver's prefix (`aarch64-linux-gnu-gcc`) or -target names another machine than this one, or another C
/// library than its own.
fn is_for_another_system(name: &str, context: Context<'_>) -> bool {
    let own = std::env::consts::ARCH;
    let is_another = |triplet: &str| {
        let is_32_bit_half = own == "x86_64" && context.command.is_32_bit;
        let is_macs = own == "aarch64" && triplet.starts_with("arm64");
        let is_own = triplet.split('-').next() == Some(own) || is_32_bit_half || is_macs;
        let is_linux = triplet.contains("linux") && !triplet.contains("android");
        !is_own || (!is_linux && !is_apples(context)) || triplet.contains("musl") && context.host.os.id != "alpine"
    };
    let stem = String::from_utf8_lossy(driver::without_version(name.as_bytes())).into_owned();
    let prefix = stem.rsplit_once('-').map(|(prefix, _)| prefix).filter(|_| driver::by_name(name.as_bytes()).is_some());
    let target = context.command.target.as_ref().map(|target| target.to_string_lossy().into_owned());
    prefix.is_some_and(is_another) || target.is_some_and(|target| is_another(&target))
}
