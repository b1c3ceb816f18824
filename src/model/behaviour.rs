//! `personas/behaviour.toml`: how people in general behave.

use crate::diag::{Document, Table};

/// The longest, in seconds, that models may have people look at a page.
pub const LONGEST_DWELL: i64 = 1800;

/// Declares a group of constants: its struct, and its reader with each constant's bounds.
macro_rules! constants {
    ($(#[$doc:meta] $name:ident { $($(#[$field_doc:meta])* $field:ident: $low:literal ..= $high:expr,)* })*) => {$(
        #[$doc]
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "personas/behaviour.toml says what each constant is")]
        pub struct $name { $($(#[$field_doc])* pub $field: f64,)* }

        impl $name {
            fn read(root: &Table<'_>, key: &str) -> Self {
                let table = root.table(key);
                $(let $field = table.as_ref().map_or($low, |table| table.number(stringify!($field), $low..=$high));)*
                Self { $($field,)* }
            }
        }
    )*};
}

constants! {
    /// E, the engagement of a session.
    Engagement {
        person_sd: 0.0..=5.0,
        session_sd: 0.0..=5.0,
        load_slope: -5.0..=5.0,
        load_reference: 0.05..=60.0,
        webview_load: 0.1..=10.0,
    }
    /// The logit of leaving after a step.
    Exit {
        base: -20.0..=20.0,
        engagement: -10.0..=10.0,
        load: -10.0..=10.0,
        hooked: -10.0..=10.0,
        first: -10.0..=10.0,
        cart: -10.0..=10.0,
        purchased: -10.0..=10.0,
    }
    /// Task modes.
    Modes {
        browse: 0.0..=1.0,
        evaluate: 0.0..=1.0,
        buy: 0.0..=1.0,
        redraw: 0.0..=1.0,
    }
    /// Dwell on a page.
    Dwell {
        session_sd: 0.0..=3.0,
        engagement: -3.0..=3.0,
        step_sd: 0.0..=3.0,
        longest: 60.0..=LONGEST_DWELL as f64,
    }
    /// The gap to a session of the same journey.
    Returns {
        short_median: 0.6..=720.0,
        short_sd: 0.0..=4.0,
    }
    /// From event time to arrival.
    Arrival {
        flush: 0.001..=600.0,
        offline_median: 0.001..=240.0,
        offline_sd: 0.0..=4.0,
    }
    /// Becoming known.
    Identity {
        sign_in: 0.0..=1.0,
        sign_up: 0.0..=1.0,
        remembered: 0.0..=1.0,
    }
    /// The offer to those who leave.
    ExitIntent {
        detected: 0.0..=1.0,
        engaged: 0.0001..=0.9999,
        engaged_floor: 0.0..=1.0,
        engaged_slope: -5.0..=5.0,
        converted: 0.0001..=0.9999,
        converted_floor: 0.0..=1.0,
        converted_slope: -5.0..=5.0,
    }
}

/// The constants of the engagement model, by group.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// E, the engagement of a session.
    pub engagement: Engagement,
    /// The logit of leaving.
    pub exit: Exit,
    /// Task modes.
    pub modes: Modes,
    /// Dwell on a page, seconds.
    pub dwell: Dwell,
    /// Gaps within a journey, hours.
    pub returns: Returns,
    /// From event time to arrival: seconds, then hours.
    pub arrival: Arrival,
    /// Becoming known.
    pub identity: Identity,
    /// The offer to those who leave.
    pub exit_intent: ExitIntent,
}

impl Behaviour {
    /// Reads the file; what is wrong stands in the document's problems.
    pub fn read(document: &Document) -> Self {
        let root = document.root();
        let behaviour = Self {
            engagement: Engagement::read(&root, "engagement"),
            exit: Exit::read(&root, "exit"),
            modes: Modes::read(&root, "modes"),
            dwell: Dwell::read(&root, "dwell"),
            returns: Returns::read(&root, "returns"),
            arrival: Arrival::read(&root, "arrival"),
            identity: Identity::read(&root, "identity"),
            exit_intent: ExitIntent::read(&root, "exit_intent"),
        };
        let modes = &behaviour.modes;
        if (modes.browse + modes.evaluate + modes.buy - 1.0).abs() > 1e-3 {
            root.problem(
                "modes",
                "the modes' shares do not sum to 1",
                "browse + evaluate + buy = 1",
            );
        }
        behaviour
    }
}
