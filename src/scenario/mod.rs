//! What is asked for: read, checked, and joined with the models into a world.

pub mod ask;
pub mod calendar;
pub mod cells;
pub mod fills;
pub mod kinds;
pub mod ledger;
mod limits;
mod mixes;
pub mod output;
pub mod pages;
pub mod plan;
pub mod properties;
pub mod request;
pub mod shelf;
pub mod slices;
pub mod tables;
pub mod targets;
pub mod units;
pub mod vocabulary;
pub mod wishes;
mod world;

pub use ask::Ask;
pub use plan::Plan;
pub use request::{Ids, Request, Size};
pub use world::World;
