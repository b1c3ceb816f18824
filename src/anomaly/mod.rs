//! Anomalies: what is made to go wrong on purpose, with the exact truth about it.
//!
//! ```text
//! [anomalies] ─► Spec ─► sites ─► incidents ─► edits by file ─► files and labels
//!  (wishes)      (spec)  (select)  (kinds/*)     (apply)          (edited, labels)
//! ```
//!
//! A [`Kind`] is data: what it does, which invariant it breaks, which formats can carry it, what it takes. Its [`Act`] looks at a
//! [`Site`](ground::Site) of the [`Ground`](ground::Ground), which is a range's journal as simulated, and returns an
//! [`Incident`](incident::Incident): edits of rows, or damage to a file. Everything else is here, once for all kinds: which sites are
//! picked ([`select`]), which file holds what ([`apply`]), frames with other values in some cells ([`Edited`]), the labels with their
//! addresses ([`labels`]). Clean rows do not move, since nothing here draws from a stream that anybody else draws from.
//!
//! # How a kind is added
//!
//! One file, `kinds/<family>/<kind>.rs`, with the static `Kind` and the struct that implements [`Act`]; one line in the family's file,
//! `mod <kind>; pub(super) use <kind>::<KIND>;`, in the place of the planned static of that name. The catalogue in
//! `kinds/mod.rs` names every kind already. Then derive the page anew: `throng anomalies list --as markdown > docs/reference/anomalies.md`.
//!
//! What an act must keep to:
//!
//! - It is a pure function of the site: no state, no clock, randomness from the stream given to it alone.
//! - It returns nothing where the kind cannot happen, cheaply: it is asked of many more sites than are picked.
//! - Every edit makes a difference: a value set is another value. Edits that make none are left out of the labels.
//! - Values have the form of their column ([`Value`](value::Value)); a required column takes no absent value in Parquet
//!   ([`can_be_absent`](ground::Ground::can_be_absent)).
//! - An event arrives when files are written for ([`is_covered`](ground::Ground::is_covered)).
//! - Nothing gives itself away: new identifiers have the form of real ones, new rows come where real ones would, and what the kind
//!   does not break still holds (counts, sums, places in a session), by further edits of the role `collateral`.

mod act;
pub mod apply;
pub mod columns;
mod crowd;
pub mod drift;
mod edited;
mod filter;
mod fresh;
pub mod ground;
pub mod guests;
pub mod incident;
mod kin;
pub mod kind;
mod kinds;
pub mod labels;
pub mod line;
mod params;
pub mod reference;
pub mod select;
pub mod silence;
mod sites;
mod spec;
pub mod spool;
pub mod value;

pub use act::Act;
pub use edited::{Edited, Picked};
pub use kind::Kind;
pub use kinds::KINDS;
pub use params::Params;
pub use spec::{Amount, Asked, Spec};

/// The kind of that name.
pub fn kind(id: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.id == id)
}
