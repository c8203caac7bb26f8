//! Headers that their own project moved or dropped.

use crate::host::tag::Tag;

use super::{Context, Remedy, Verdict, which_python};

/// The answer for a header that no package has any more; none where the Python in question still has it.
#[must_use]
pub fn remedy(name: &str, context: Context<'_>) -> Option<Remedy> {
    let moved = context.catalog.toolchain.moved(name)?;
    let python = which_python::of(context.command, context.host);
    let first = Tag::parse(&moved.python)?.version;
    if python.as_ref().is_some_and(|python| python.tag.version < first) {
        return None;
    }
    Some(Remedy {
        component: moved.component.clone(),
        verdict: Verdict::Upgrade,
        because: moved.because.clone(),
        python,
        ways: Vec::new(),
        verify: None,
        notes: vec![moved.note.clone()],
    })
}
