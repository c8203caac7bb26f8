//! Which variable makes a client find a directory.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use crate::catalog::components::Wanted;
use crate::command::client::Client;

use super::{Context, cuda};

/// The variable for a directory in which the wanted thing lies, with its plain value.
///
/// CPATH and LIBRARY_PATH are the compiler drivers' own (GCC's manual, Clang's too); the linker never reads
/// LD_LIBRARY_PATH for -l; PKG_CONFIG_PATH is pkg-config's (its manual). Where the client makes its search paths from a variable of its own, that one.
#[must_use]
pub(super) fn variables(wanted: Wanted<'_>, directory: &Path, context: Context<'_>) -> BTreeMap<String, String> {
    let (name, directory) = variable(wanted, directory, context);
    [(name.to_owned(), directory.to_string_lossy().into_owned())].into()
}

fn variable<'a>(wanted: Wanted<'_>, directory: &'a Path, context: Context<'_>) -> (&'static str, &'a Path) {
    let parent = directory.parent().unwrap_or(directory);
    match wanted {
        // Triton adds this directory to -L in place of all that it would search (backends/nvidia/driver.py).
        Wanted::Library("cuda") if context.client == Client::Triton => ("TRITON_LIBCUDA_PATH", directory),
        Wanted::Library(_) | Wanted::Startfile(_) => ("LIBRARY_PATH", directory),
        // torch/_inductor/cpp_builder.py: on macOS OMP_PREFIX/include is searched.
        Wanted::Header("omp.h") if is_inductor(context.client) && context.host.os.id == "macos" => {
            ("OMP_PREFIX", parent)
        }
        // torch/utils/cpp_extension.py: CUDNN_HOME, CUDNN_PATH.
        Wanted::Header("cudnn.h") if is_torchs(context.client) && is_include(directory) => ("CUDNN_PATH", parent),
        Wanted::Header(_) if is_torchs(context.client) && is_chosen_by_home(directory, context) => {
            ("CUDA_HOME", parent)
        }
        Wanted::Tool("nvcc") if is_torchs(context.client) => ("CUDA_HOME", parent),
        Wanted::Tool(_) => ("PATH", directory),
        Wanted::PkgConfig(_) => ("PKG_CONFIG_PATH", directory),
        Wanted::Header(_) => ("CPATH", directory),
    }
}

fn is_include(directory: &Path) -> bool {
    directory.file_name() == Some(OsStr::new("include"))
}

/// Whether a directory is a toolkit's own `include`, and the command searches another one of that kind: CUDA_HOME was
/// wrong, or guessed wrong.
fn is_chosen_by_home(directory: &Path, context: Context<'_>) -> bool {
    let is_toolkits = cuda::homes(context).iter().any(|home| home.join("include") == directory);
    let searches_another = context.command.include_dirs.iter().any(|searched| {
        let text = searched.to_string_lossy();
        text.contains("cuda") && is_include(searched) && !text.contains("/torch/")
    });
    is_toolkits && searches_another
}

fn is_inductor(client: Client) -> bool {
    matches!(client, Client::Inductor | Client::AotInductor)
}

/// Clients that take their CUDA from `torch.utils.cpp_extension.CUDA_HOME`.
fn is_torchs(client: Client) -> bool {
    is_inductor(client) || matches!(client, Client::CppExtension | Client::DeepSpeed)
}
