//! throng
pub mod diag;
pub mod frame;
pub mod schema;
pub mod seed;
