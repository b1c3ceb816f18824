//! How a kind is done.

/// How incidents of a kind come about.
pub trait Act: Sync {}
