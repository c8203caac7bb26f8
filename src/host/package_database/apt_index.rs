//! apt's index of the packages that its sources offer, as the last `apt-get update` left it in `/var/lib/apt/lists`:
//! a stanza per package, plain by default, compressed with LZ4 where `Acquire::GzipIndexes` is set, as in the official
//! images of Debian and Ubuntu.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use lz4_flex::frame::FrameDecoder;
use memchr::memmem::Finder;
use memmap2::Mmap;

use super::super::files::Root;

const LISTS: &str = "/var/lib/apt/lists";

/// What is unpacked before it is searched: it stays in the processor's cache.
const PIECE: usize = 256 * 1024;

/// Whether an index has a package of that name. None where no index is there, and where it is in none of those that
/// can be read while there are others.
pub(super) fn offers(root: &Root, package: &str) -> Option<bool> {
    let lists = Path::new(LISTS);
    // With the newline before it, so that only whole lines count. A stanza's first line is its package's name.
    let wanted = Finder::new(&format!("\nPackage: {package}\n")).into_owned();
    let (mut searched, mut unreadable) = (false, false);
    for name in root.names(lists) {
        let Some((_, compression)) = name.rsplit_once("_Packages") else { continue };
        let found = match (compression, root.open(&lists.join(&name))) {
            ("", Some(file)) => search_plain(&file, &wanted),
            (".lz4", Some(file)) => search(FrameDecoder::new(file), &wanted),
            // Being downloaded, say.
            (other, _) if !matches!(other, "" | ".lz4" | ".gz" | ".xz" | ".bz2" | ".lzma" | ".zst") => continue,
            _ => Err(io::ErrorKind::Unsupported.into()),
        };
        match found {
            Ok(true) => return Some(true),
            Ok(false) => searched = true,
            Err(_) => unreadable = true,
        }
    }
    (searched && !unreadable).then_some(false)
}

fn search_plain(file: &File, wanted: &Finder<'_>) -> io::Result<bool> {
    // SAFETY: The mapping is private and only read. apt replaces its lists by renaming, never writes into them.
    let text = unsafe { Mmap::map(file)? };
    let first_line = &wanted.needle()[1..];
    Ok(text.starts_with(first_line) || wanted.find(&text).is_some())
}

/// Searches a stream, piece by piece.
fn search(mut stream: impl Read, wanted: &Finder<'_>) -> io::Result<bool> {
    let mut piece = vec![0; PIECE + wanted.needle().len()];
    // The first line is no different from others.
    piece[0] = b'\n';
    let mut filled = 1;
    loop {
        match stream.read(&mut piece[filled..])? {
            0 => return Ok(wanted.find(&piece[..filled]).is_some()),
            more => filled += more,
        }
        if filled == piece.len() {
            if wanted.find(&piece).is_some() {
                return Ok(true);
            }
            // What is wanted may have begun at the end.
            let tail = piece.len() - wanted.needle().len() + 1;
            piece.copy_within(tail.., 0);
            filled -= tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::files::tests::machine;
    use super::*;
    use std::fs;
    use std::io::Write;

    const INDEX: &str = "Package: first\nVersion: 1\n\nPackage: libfoo-dev\nSource: source\nDescription: x\n\n\
        Package: last\n";

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn check_names(root: &Root) {
        for package in ["first", "libfoo-dev", "last"] {
            assert_eq!(offers(root, package), Some(true), "{package}");
        }
        for package in ["libfoo", "foo-dev", "source", "irst"] {
            assert_eq!(offers(root, package), Some(false), "{package}");
        }
    }

    #[test]
    fn plain_and_packed() {
        let (_keep, root) = machine(&[("var/lib/apt/lists/deb_main_binary-amd64_Packages", INDEX)]);
        check_names(&root);
        let (keep, root) = machine(&[("var/lib/apt/lists/empty_Packages", ""), ("var/lib/apt/lists/lock", "")]);
        assert_eq!(offers(&root, "first"), Some(false));
        fs::write(keep.path().join("var/lib/apt/lists/deb_main_Packages.lz4"), packed(INDEX)).unwrap();
        check_names(&root);
    }

    #[test]
    fn others_cannot_be_told() {
        let (_keep, root) = machine(&[("var/lib/apt/lists/deb_InRelease", "")]);
        assert_eq!(offers(&root, "first"), None);
        let (keep, root) =
            machine(&[("var/lib/apt/lists/a_Packages.xz", "?"), ("var/lib/apt/lists/b_Packages", INDEX)]);
        assert_eq!((offers(&root, "first"), offers(&root, "nowhere")), (Some(true), None));
        fs::remove_file(keep.path().join("var/lib/apt/lists/a_Packages.xz")).unwrap();
        fs::write(keep.path().join("var/lib/apt/lists/a_Packages.lz4"), "no such frame").unwrap();
        assert_eq!((offers(&root, "first"), offers(&root, "nowhere")), (Some(true), None));
    }

    #[test]
    fn names_across_the_ends_of_pieces() {
        let wanted = Finder::new("\nPackage: wanted\n").into_owned();
        for before in PIECE - 40..PIECE + 40 {
            let text = format!("{}\nPackage: wanted\n", "x".repeat(before));
            assert!(search(text.as_bytes(), &wanted).unwrap(), "{before}");
            assert!(!search(&text.as_bytes()[..text.len() - 1], &wanted).unwrap(), "{before}");
        }
    }
}
