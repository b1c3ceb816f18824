//! Anomalies: what is made to go wrong on purpose, with the exact truth about it.

mod act;
pub mod kind;
mod kinds;
pub mod reference;

pub use act::Act;
pub use kind::Kind;
pub use kinds::KINDS;

/// The kind of that name.
pub fn kind(id: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.id == id)
}
