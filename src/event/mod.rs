//! What is seen, in its compact form: the journal that a walk leaves, and the identifiers that follow from it.

pub mod ids;
pub mod journal;
