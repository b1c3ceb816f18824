//! What is asked for: read, checked, and joined with the models into a world.

pub mod ask;
pub mod request;
pub mod units;

pub use ask::Ask;
pub use request::{Ids, Request, Size};
