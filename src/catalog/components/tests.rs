//! What every row must hold to.

use std::collections::BTreeMap;

use super::super::Catalog;
use super::*;

/// The placeholders that `remedy::variant` fills.
const PLACEHOLDERS: [&str; 8] = ["python", "nodot", "gcc", "llvm", "cuda", "cuda_major", "pg", "triplet"];

fn families() -> impl Iterator<Item = (&'static str, Family)> {
    FAMILIES.iter().map(|(name, text)| (*name, toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))))
}

fn rows() -> Vec<Component> {
    families().flat_map(|(_, family)| family.component).collect()
}

fn placeholders_are_known(text: &str) -> bool {
    let rest = PLACEHOLDERS.iter().fold(text.to_owned(), |rest, name| rest.replace(&format!("{{{name}}}"), ""));
    !rest.contains(['{', '}'])
}

/// Every key of every row holds what it may.
#[test]
fn every_row_follows_the_schema() {
    let catalog = Catalog::embedded();
    for row in rows() {
        let id = &row.id;
        assert!(!row.title.is_empty() && !row.title.ends_with('.'), "{id}: the title");
        assert!(row.headers.iter().all(|name| !name.starts_with('/') && !name.contains(' ')), "{id}: headers");
        assert!(row.trees.iter().all(|tree| tree.ends_with('/') && tree.len() > 2), "{id}: trees");
        assert!(row.libraries.iter().all(|name| placeholders_are_known(name)), "{id}: libraries");
        assert!(row.compiler.as_deref().is_none_or(|family| matches!(family, "gcc" | "clang")), "{id}: compiler");
        for package in &row.packages {
            let at = format!("{id} on {}", package.on);
            assert!(catalog.is_place_for_packages(&package.on), "{at}");
            assert!(!package.evidence.is_empty() && !package.names.is_empty(), "{at}");
            assert!(package.names.iter().all(|name| placeholders_are_known(name) && !name.contains(' ')), "{at}");
            let is_known = |id: &String| catalog.repositories.iter().any(|row| row.id == *id && row.on == package.on);
            assert!(package.repositories.iter().all(is_known), "{at}: {:?}", package.repositories);
        }
        for place in &row.places {
            let is_below = place.at.starts_with('/') != (place.on == "pip");
            assert!(catalog.is_place_for_packages(&place.on) && is_below, "{id} at {}", place.at);
            assert!(placeholders_are_known(&place.at), "{id} at {}", place.at);
        }
        let has = |name: &String| {
            [Wanted::Header(name), Wanted::Library(name), Wanted::Tool(name)].iter().any(|wanted| row.brings(*wanted))
        };
        let filled = |name: &String| name.replace("{nodot}", "313");
        assert!(row.first_choice_for.iter().map(filled).all(|name| has(&name)), "{id}: first_choice_for");
    }
    for gone in families().flat_map(|(_, family)| family.gone) {
        assert!(gone.header.is_empty() != gone.library.is_empty(), "{}: one of both", gone.component);
        assert!(!gone.because.is_empty() && !gone.note.is_empty() && !gone.evidence.is_empty(), "{}", gone.component);
    }
}

/// Within a family by id, and no id twice.
#[test]
fn rows_are_sorted() {
    let mut seen = BTreeMap::new();
    for (name, family) in families() {
        let ids: Vec<&str> = family.component.iter().map(|row| row.id.as_str()).collect();
        assert!(ids.is_sorted(), "{name}.toml is not sorted by id");
        for id in ids {
            assert_eq!(seen.insert(id.to_owned(), name), None, "{id} stands twice");
        }
    }
    let embedded: Vec<&str> = FAMILIES.iter().map(|(name, _)| *name).collect();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog/families");
    let mut files: Vec<String> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, embedded.iter().map(|name| format!("{name}.toml")).collect::<Vec<_>>());
}

/// Asking for a name parses few rows: those whose text holds a piece of it. Every row's text does so for all its
/// names.
#[test]
fn each_name_is_found_by_its_text() {
    for (family, text) in FAMILIES {
        let rows = blocks(text, "[[component]]").map(|block| (block, parse(block).component.remove(0)));
        let rows: Vec<(&str, Component)> = rows.collect();
        let whole: Family = toml::from_str(text).unwrap();
        assert_eq!(rows.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>(), whole.component, "{family}");
        for (block, row) in &rows {
            let filled =
                |name: &String| name.replace("{python}", "3.13").replace("{nodot}", "313").replace("{llvm}", "19");
            let libraries: Vec<String> = row.libraries.iter().map(filled).collect();
            let below: Vec<String> = row.trees.iter().map(|tree| format!("{tree}x.h")).collect();
            let wanted = row.headers.iter().chain(&below).map(|name| Wanted::Header(name));
            let wanted = wanted.chain(libraries.iter().map(|name| Wanted::Library(name)));
            let wanted = wanted.chain(row.tools.iter().map(|name| Wanted::Tool(name)));
            for wanted in wanted.chain(row.startfiles.iter().map(|name| Wanted::Startfile(name))) {
                assert!(row.brings(wanted), "{}: {wanted:?}", row.id);
                assert!(wanted.needles().iter().any(|needle| block.contains(needle)), "{}: {wanted:?}", row.id);
            }
        }
    }
}

#[test]
fn the_whole_include_string_decides() {
    let ids =
        |wanted| -> Vec<String> { Components::default().that_bring(wanted).iter().map(|row| row.id.clone()).collect() };
    assert_eq!(ids(Wanted::Header("usb.h")), ["libusb-0.1"]);
    assert_eq!(ids(Wanted::Header("libusb-1.0/libusb.h")), ["libusb-1.0"]);
    assert_eq!(ids(Wanted::Header("linux/input.h")), ["kernel-headers"]);
    assert_eq!(ids(Wanted::Header("linux/cuda.h")), [""; 0]);
    assert_eq!(ids(Wanted::Header("openssl/no_such_thing.h")), ["openssl"]);
    assert_eq!(ids(Wanted::Header("ssl.h")), [""; 0]);
    assert_eq!(ids(Wanted::Library("boost_python313")), ["boost", "boost-python"]);
    assert_eq!(ids(Wanted::Library("boost_python")), [""; 0]);
}
