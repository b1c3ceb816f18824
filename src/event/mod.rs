//! What is seen: the journal that a walk leaves, and the event table laid out from it.

mod arrange;
mod facts;
mod fill;
pub mod frame;
pub mod ids;
pub mod journal;
