//! Rows of users' own: `$XDG_CONFIG_HOME/pycc-shim/catalog.toml` and the like, in the form of `families/*.toml`.

use std::borrow::Cow;

use super::Catalog;
use super::components::{Components, Family};

/// The catalog with the rows of some files before its own, the first file's first; and what is wrong with the files
/// that count for nothing. Each file is a name to show, and its text or why there is none.
#[must_use]
pub fn extended<'a>(
    files: impl IntoIterator<Item = (Cow<'a, str>, Result<&'a str, &'a str>)>,
) -> (Cow<'static, Catalog>, Vec<String>) {
    let embedded = Catalog::embedded();
    let mut rows = Family::default();
    let mut wrong = Vec::new();
    for (name, text) in files {
        match text.map_err(str::to_owned).and_then(|text| read(text, embedded)) {
            Ok(family) => {
                rows.component.extend(family.component);
                rows.gone.extend(family.gone);
            }
            Err(error) => wrong.push(format!("{name} counts for nothing: {error}")),
        }
    }
    if rows.component.is_empty() && rows.gone.is_empty() {
        return (Cow::Borrowed(embedded), wrong);
    }
    (Cow::Owned(Catalog { components: Components::with(rows), ..embedded.clone() }), wrong)
}

/// Reads a file whole: a row that is wrong makes it all doubtful.
fn read(text: &str, catalog: &Catalog) -> Result<Family, String> {
    let family: Family = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    for row in &family.component {
        for on in row.packages.iter().map(|package| &package.on).chain(row.places.iter().map(|place| &place.on)) {
            if !catalog.is_place_for_packages(on) {
                return Err(format!(
                    "component \"{}\": \"{on}\" is no system of ours; docs/catalog.md lists them",
                    row.id
                ));
            }
        }
    }
    Ok(family)
}
