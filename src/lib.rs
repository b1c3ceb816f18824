//! throng
pub mod assets;
pub mod diag;
pub mod dist;
pub mod frame;
pub mod join;
pub mod manifest;
pub mod model;
pub mod output;
pub mod scenario;
pub mod schema;
pub mod seed;
