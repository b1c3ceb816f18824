//! throng
pub mod diag;
pub mod dist;
pub mod frame;
pub mod model;
pub mod population;
pub mod schema;
pub mod seed;
