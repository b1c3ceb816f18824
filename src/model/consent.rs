//! Reads `consent.toml`: what people answer when asked, how long that holds, and how often they think better of it.

use crate::diag::Table;

/// A version of the privacy notice.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What it is called.
    pub version: String,
    /// The share of the window after which it is in force.
    pub from: f64,
}

/// What is stored on devices.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "personas/consent.toml says what each is")]
pub struct Web {
    pub ignored: f64,
    pub advertising: f64,
    pub personalisation: f64,
    pub withdrawn: f64,
    pub withdrawn_before: f64,
    pub changed: f64,
    pub objected: f64,
}

/// Messages that sell something.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "personas/consent.toml says what each is")]
pub struct Marketing {
    pub months: i64,
    pub unsubscribed: f64,
    pub delay: (f64, f64),
}

/// Requests to be forgotten.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "personas/consent.toml says what each is")]
pub struct Forgetting {
    pub asked: f64,
    pub refused: f64,
    pub within: (f64, f64),
    pub due: i64,
}

/// How people deal with consent (`personas/consent.toml`).
#[derive(Debug, Clone, PartialEq)]
pub struct Consenting {
    /// Versions of the privacy notice; the first is in force before the window.
    pub notices: Vec<Notice>,
    /// What is stored on devices.
    pub web: Web,
    /// Messages that sell something.
    pub marketing: Marketing,
    /// Requests to be forgotten.
    pub erasure: Forgetting,
}

/// The most versions: ledgers count them in a byte.
const MOST_NOTICES: usize = 100;

/// Reads the file.
pub(super) fn read(table: &Table<'_>) -> Consenting {
    let group = |key: &str| table.table(key);
    let (web, marketing, erasure) = (group("web"), group("marketing"), group("erasure"));
    let share =
        |of: &Option<Table<'_>>, key: &str| of.as_ref().map_or(0.0, |of| of.number(key, 0.0..=1.0));
    let number = |of: &Option<Table<'_>>, key: &str, least: f64, most: f64| {
        of.as_ref().map_or(least, |of| of.number(key, least..=most))
    };
    let integer = |of: &Option<Table<'_>>, key: &str, most: i64| {
        of.as_ref().map_or(1, |of| of.integer(key, 1..=most))
    };
    Consenting {
        notices: notices(table),
        web: Web {
            ignored: share(&web, "ignored"),
            advertising: share(&web, "advertising"),
            personalisation: share(&web, "personalisation"),
            withdrawn: share(&web, "withdrawn"),
            withdrawn_before: share(&web, "withdrawn_before"),
            changed: share(&web, "changed"),
            objected: share(&web, "objected"),
        },
        marketing: Marketing {
            months: integer(&marketing, "months", 1200),
            unsubscribed: share(&marketing, "unsubscribed"),
            delay: (
                number(&marketing, "delay", 0.01, 240.0),
                number(&marketing, "delay_sd", 0.0, 3.0),
            ),
        },
        erasure: Forgetting {
            asked: share(&erasure, "asked"),
            refused: share(&erasure, "refused"),
            within: (
                number(&erasure, "within", 0.01, 365.0),
                number(&erasure, "within_sd", 0.0, 3.0),
            ),
            due: integer(&erasure, "due", 365),
        },
    }
}

fn notices(table: &Table<'_>) -> Vec<Notice> {
    let read =
        |of: &Table<'_>| Notice { version: of.text("version"), from: of.number("from", 0.0..=1.0) };
    let notices: Vec<Notice> = table.tables("notices").iter().map(read).collect();
    let rises = notices.windows(2).all(|pair| pair[0].from < pair[1].from);
    if notices.first().is_none_or(|first| first.from > 0.0) || !rises {
        let help = "the first has `from = 0.0`, each further one a greater share of the window";
        table.problem("notices", "the versions of the notice are in no order", help);
    }
    if notices.len() > MOST_NOTICES {
        let message = format!("{} versions of the notice", notices.len());
        table.problem("notices", message, format!("at most {MOST_NOTICES}"));
    }
    notices
}
