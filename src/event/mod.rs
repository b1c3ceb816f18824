//! What is seen: the journal that a walk leaves, and the event table laid out from it.

pub mod journal;
