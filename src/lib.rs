//! throng: a synthetic crowd for a stack under test.

pub mod assets;
pub mod diag;
pub mod dist;
pub mod engine;
pub mod event;
pub mod frame;
pub mod join;
pub mod journey;
pub mod manifest;
pub mod model;
pub mod output;
pub mod population;
pub mod preview;
pub mod scenario;
pub mod schema;
pub mod seed;
pub mod sink;
pub mod systems;
pub mod tables;
