//! Somebody else's click-stream: which column is what, and its records in the form that [`realism`](crate::realism) takes.
//!
//! A stream may come in many files and in any order, so it is held in memory, 24 bytes a record, and sorted by session and time.

mod account;
mod columns;
mod mapping;
mod stream;

#[cfg(test)]
mod tests;

pub use account::{LeftOut, Taken};
pub use mapping::Mapping;
pub use stream::{Error, files, read};
