//! The NVIDIA driver's library, which no toolkit and no -dev package brings: it comes with the driver, in containers
//! and WSL from the host.

use std::path::{Path, PathBuf};

use crate::catalog::components::Wanted;
use crate::command::client::Client;

use super::owner::Owner;
use super::{Context, Remedy, Verdict, Way, cuda, link, present, search_path, shell_path, variant};

const COMPONENT: &str = "cuda-driver-stub";

/// Where drivers put it beside the linker's own directories: WSL's copy, NVIDIA's container toolkit (GKE), NixOS,
/// Debian's alternatives.
const DRIVERS: [&str; 6] = [
    "/usr/lib/wsl/lib",
    "/usr/local/nvidia/lib64",
    "/usr/local/nvidia/lib",
    "/run/opengl-driver/lib",
    "/usr/lib64/nvidia",
    "/usr/lib/nvidia",
];

/// Whether a library's name is that of the driver's: `cuda`, or `:libcuda.so.1`.
pub(super) fn is_it(name: &str) -> bool {
    name == "cuda" || name.strip_prefix(":libcuda.so").is_some()
}

/// The driver's library, or the toolkit's stand-in for it, where the link does not look; else a link to the versioned
/// file. None where there is neither: then there is no driver here, and what brings one depends on the machine.
pub(super) fn remedy(name: &str, context: Context<'_>) -> Option<Remedy> {
    let owner = Owner::of(context);
    if owner == Owner::Another || context.command.is_32_bit {
        return None;
    }
    let files = &context.host.files;
    let wanted = present::file_names(name);
    let file_in = |directory: &Path| wanted.iter().map(|file| directory.join(file)).find(|path| files.exists(path));
    let searched = present::libraries_searched(&owner, context);
    if searched.iter().any(|directory| file_in(directory).is_some()) {
        return None;
    }
    let systems = present::libraries_searched(&Owner::System, context);
    let conda = match &owner {
        Owner::CondaCompiler(prefix) | Owner::CondaPython(prefix) => Some(prefix.clone()),
        _ => None,
    };
    let mut directories: Vec<PathBuf> = DRIVERS.map(PathBuf::from).to_vec();
    directories.push(Path::new("/usr/lib").join(variant::triplet()).join("nvidia/current"));
    directories.extend(systems);
    directories.extend(conda.iter().map(|prefix| prefix.join("lib/stubs")));
    directories.extend(conda.iter().flat_map(|prefix| cuda::library_dirs(prefix)));
    directories.extend(cuda::homes(context).iter().flat_map(|home| cuda::library_dirs(home)));
    directories.push(Path::new("/usr/lib").join(variant::triplet()).join("stubs"));
    if let Some(file) = directories.iter().find_map(|directory| file_in(directory)) {
        return Some(on_disk(&file, context));
    }
    // `-l:libcuda.so.1` names the very file that a driver has; a link under another name would not help.
    let versioned = directories.iter().find_map(|directory| present::versioned("cuda", directory, context))?;
    (name == "cuda").then(|| link::remedy(COMPONENT, name, &versioned, context)).flatten()
}

/// Whether a toolkit's stand-in would do: it links, and does not run. Triton runs what it links at once.
pub(super) fn may_be_a_stub(name: &str, context: Context<'_>) -> bool {
    name == "cuda" && context.client != Client::Triton && !context.host.wsl
}

fn on_disk(file: &Path, context: Context<'_>) -> Remedy {
    let directory = file.parent().unwrap_or(file);
    Remedy {
        component: COMPONENT.to_owned(),
        verdict: Verdict::Path,
        because: format!("this link does not look in {}, where it is", directory.display()),
        python: None,
        ways: vec![Way { env: search_path::variables(Wanted::Library("cuda"), directory, context), ..Way::default() }],
        verify: Some(format!("test -e {}", shell_path(file))),
        notes: Vec::new(),
    }
}
