//! What stands in the folder is what the manifest and the schemas say.

mod contents;
mod listed;

use crate::check::Family;

/// The family.
pub(super) static FAMILY: Family = Family {
    name: "files",
    doc: "The folder holds what the manifest lists, byte for byte, in the form that the schemas declare.",
    checks: &[listed::CHECKS, contents::CHECKS],
    observers: |context| vec![Box::new(listed::Listed), Box::new(contents::Contents::new(context))],
};
