//! Headers that their own project moved or dropped.

use crate::host::python::Tag;

use super::{Context, Remedy, Verdict, which_python};

/// The answer for a header that no package has any more; none where the Python in question still has it.
#[must_use]
pub fn remedy(name: &str, context: Context<'_>) -> Option<Remedy> {
    let moved = context.catalog.toolchain.moved(name)?;
    let python = which_python::of(context.command, context.host);
    if let Some(first) = &moved.python {
        let version = python.as_ref().map(|python| python.tag.version);
        let is_older = version.is_some_and(|version| Tag::parse(first).is_some_and(|first| version < first.version));
        if is_older {
            return None;
        }
    }
    Some(Remedy {
        component: moved.component.clone(),
        verdict: Verdict::Upgrade,
        because: moved.because.clone(),
        python: python.filter(|_| moved.python.is_some()),
        ways: Vec::new(),
        verify: None,
        notes: vec![moved.note.clone()],
    })
}
