//! throng: a synthetic crowd for a stack under test.
//!
//! ```text
//! scenario file ─► World ─► Plan ─► population ─► journeys ─► events ─► sinks ─► manifest
//!  (what is asked) (checked, (ranges, (who)        (what they  (what is  (Parquet, (what was
//!                   immutable) files)               intend)     seen)     NDJSON)   written)
//! ```
//!
//! One way, no way back: a module uses only what stands to its left, and [`engine`] alone walks the whole way. [`scenario`] joins a
//! request with the models of [`model`] and the tables of [`schema`] into a world; [`population`] says who there is; [`journey`]
//! walks a person through visits and stages into a journal ([`event`]), with what the stack's own [`systems`] make of it;
//! [`calibration`] sets it to the rates asked for; [`tables`] lay the journal out in columns ([`frame`]); [`sink`] writes them;
//! [`answers`] keep what analytics over them must return; [`manifest`] says what was written. [`read`] reads it back and [`check`]
//! proves it. Randomness comes from [`seed`] alone, and problems with what a user wrote
//! are told by [`diag`].
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//!
//! use throng::assets::Assets;
//! use throng::engine::{self, Progress, Run};
//! use throng::scenario::{Ask, World};
//!
//! struct Silent;
//!
//! impl Progress for Silent {
//!     fn advance(&self, _events: u64) {}
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ask = Ask::read("week", "week.toml", "days = 7\nusers = 1000")?;
//! let mut world = World::build(ask.resolve(jiff::civil::date(2026, 1, 5))?, &Assets::embedded())?;
//! let go_on = AtomicBool::new(false);
//! engine::calibrate(&mut world, 2, &go_on)?;
//! let plan = engine::plan(&world, 2, &go_on)?;
//! let run = Run { threads: 2, shard: None };
//! let written = engine::generate(&world, &plan, &run, "week".as_ref(), &Silent, &go_on)?;
//! println!("{} files", written.files.len());
//! # Ok(())
//! # }
//! ```

pub mod anomaly;
pub mod answers;
pub mod assets;
pub mod calibration;
pub mod check;
pub mod diag;
pub mod digits;
pub mod disk;
pub mod dist;
pub mod engine;
pub mod event;
pub mod foreign;
pub mod frame;
pub mod human;
pub mod join;
pub mod journey;
pub mod manifest;
pub mod model;
pub mod output;
pub mod patch;
pub mod population;
pub mod preview;
pub mod privacy;
pub mod read;
pub mod realism;
pub mod report;
pub mod scenario;
pub mod schema;
pub mod score;
pub mod seed;
pub mod sink;
pub mod systems;
pub mod tables;
