//! What people intend and do: arrivals, journeys, sessions, the walk through stages, outcomes.
//!
//! A person is simulated alone: [`Walker::user`] depends on the world and the user's ordinal, never on other users.

mod checkout;
mod consent;
mod moments;
pub mod outcomes;
mod record;
mod session;
mod visits;

pub use visits::{Walker, expected_visits};
