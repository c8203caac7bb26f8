//! The packages of a conda environment: a file `conda-meta/NAME-VERSION-BUILD.json` for each.

use std::path::Path;

use super::super::files::Root;

/// Whether the conda environment at `prefix` has `package` (its exact name), by the names in its `conda-meta`; false
/// too where `prefix` is no conda environment.
#[must_use]
pub fn has(root: &Root, prefix: &Path, package: &str) -> bool {
    // Neither a version nor a build has a hyphen.
    root.names(&prefix.join("conda-meta"))
        .iter()
        .filter_map(|name| name.strip_suffix(".json"))
        .any(|name| name.rsplitn(3, '-').nth(2) == Some(package))
}

#[cfg(test)]
mod tests {
    use super::super::super::files::tests::machine;
    use super::*;

    #[test]
    fn packages() {
        let (_keep, root) = machine(&[
            ("opt/conda/conda-meta/cuda-nvcc-12.4.131-0.json", ""),
            ("opt/conda/conda-meta/history", ""),
            ("opt/conda/conda-meta/python-3.12.1-h1_cpython.json", ""),
        ]);
        for (package, is) in [("cuda-nvcc", true), ("python", true), ("cuda", false), ("history", false)] {
            assert_eq!(has(&root, Path::new("/opt/conda"), package), is, "{package}");
        }
        assert!(!has(&root, Path::new("/usr"), "python"));
    }
}
