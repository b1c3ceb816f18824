//! What may leave: keys and tokens, policies, one's own files made pseudonymous, the scan for what leaked, the audit log.
//!
//! A [`key::Key`] is never seen from outside; a [`token::Tokens`] makes of a value what stands for it; a [`policy::Policy`] says
//! for every column what happens to it; [`stage`] carries it out over files, and [`frame`] inside the engine; [`leaks`] looks at
//! what came out; [`audit`] keeps what was done. An output is `pseudonymised` or generalised, never "anonymous": keyed hashes of
//! people are data about people (GDPR Art. 4(5)).

pub mod audit;
pub mod frame;
pub mod key;
pub mod leaks;
pub mod policy;
pub mod removal;
pub mod stage;
pub mod token;
