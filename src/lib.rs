//! throng
pub mod diag;
pub mod dist;
pub mod frame;
pub mod model;
pub mod schema;
pub mod seed;
pub mod sink;
