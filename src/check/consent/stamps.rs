//! What events and sessions say of consent.

use super::ledger::{Ledger, Standing};
use super::{UNKNOWN, check};
use crate::check::entities::{Entities, NEVER, Session};
use crate::check::pass::shown;
use crate::check::seats;
use crate::check::{Cached, Check, Context, EventBatch, Interned, Rows, Tally, Verdict};
use crate::population::Consent;
use crate::population::consent::signals;
use crate::read::Column;
use crate::read::hash::{NONE, Words};

const STAMP: Check = check(
    "consent.stamp",
    &["events", "sessions", "devices", "consents"],
    "Each event's stamp and its Consent Mode are what the ledger says of its device at that time: granted before, not yet withdrawn, expired or superseded; where people are asked and nothing is granted, it is denied.",
    "What is processed without consent has to be deleted, and what was collected with it as well.",
)
.told("events", "stamped otherwise");
const SESSION: Check = check(
    "consent.session",
    &["sessions", "devices", "consents"],
    "Each session's stamp and its Consent Mode are what the ledger says of its device at its start; without an answer it is denied where people are asked, and not asked elsewhere.",
    "Rates of consent are counted by sessions.",
)
.told("sessions", "stamped otherwise");

/// The checks.
pub(super) static CHECKS: &[Check] = &[STAMP, SESSION];

const NOT_ASKED: u8 = Consent::NotAsked as u8;
const GRANTED: u8 = Consent::Granted as u8;
const DENIED: u8 = Consent::Denied as u8;

/// What a session says.
#[derive(Debug, Clone, Copy)]
struct Said {
    stamp: u8,
    mode: u8,
    country: u32,
}

/// Holds stamps against the ledger.
pub(super) struct Stamps {
    stamp: Tally,
    session: Tally,
    marks: Cached<u8>,
    modes: Cached<u8>,
    words: Words,
    country: Interned,
    /// By session.
    said: Vec<Said>,
    /// By session: its stamp.
    of_sessions: Vec<u8>,
    /// By seat: what its device may store, as far as that was looked up.
    standing: Vec<Option<Standing>>,
}

impl Stamps {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let count = if context.data.table("consents").is_some() {
            context.entities.sessions.len()
        } else {
            0
        };
        Self {
            stamp: Tally::new(&STAMP),
            session: Tally::new(&SESSION),
            marks: Cached::default(),
            modes: Cached::default(),
            words: Words::default(),
            country: Interned::default(),
            said: vec![Said { stamp: UNKNOWN, mode: UNKNOWN, country: NONE }; count],
            of_sessions: Vec::new(),
            standing: Vec::new(),
        }
    }

    fn learn(&mut self, stamp: &Column, mode: &Column) {
        self.marks.learn(stamp, stamp_of);
        self.modes.learn(mode, signals_of);
    }

    pub(super) fn sessions(&mut self, rows: &Rows<'_>) {
        let columns = ["consent", "consent_mode", "country"].map(|name| rows.column(name));
        let [Some(stamp), Some(mode), Some(country)] = columns else { return };
        self.learn(stamp, mode);
        self.country.learn(country, &mut self.words);
        for row in 0..rows.len() {
            if let Some(said) = self.said.get_mut(rows.ordinal(row) as usize) {
                *said = Said {
                    stamp: self.marks.get(stamp, row).unwrap_or(UNKNOWN),
                    mode: self.modes.get(mode, row).unwrap_or(UNKNOWN),
                    country: self.country.key(country, row),
                };
            }
        }
    }

    /// Holds sessions against the ledger, once it is whole.
    pub(super) fn judge_sessions(&mut self, ledger: &Ledger, entities: &Entities) {
        let said = std::mem::take(&mut self.said);
        let asks: Vec<bool> = self.words.iter().map(|country| ledger.asks_in(country)).collect();
        for (session, said) in said.iter().enumerate() {
            let Session { started, device, .. } = entities.sessions.at(session as u32);
            if started == NEVER || device == NONE {
                continue;
            }
            let standing = ledger.standing(device, started);
            let asks = standing.asked || asks.get(said.country as usize).copied().unwrap_or(false);
            let expected = expected(&standing, asks);
            self.session.look((said.stamp, said.mode) == expected, || {
                let (stamp, mode) = expected;
                let stamp = Consent::NAMES[usize::from(stamp)];
                let says = format!("the ledger says `{stamp}`, and {} of signals", told(mode));
                (entities.place("sessions", session as u32), says)
            });
        }
        self.of_sessions = said.iter().map(|said| said.stamp).collect();
    }

    pub(super) fn events(&mut self, ledger: &Ledger, events: &EventBatch<'_>) {
        let columns = ["consent", "consent_mode"].map(|name| events.column(name));
        let [Some(stamp), Some(mode)] = columns else { return };
        self.learn(stamp, mode);
        for seated in events.seated {
            seats::set(&mut self.standing, seated.seat, None);
        }
        for row in 0..events.len() {
            let said = self.marks.get(stamp, row).unwrap_or(UNKNOWN);
            let (device, time) = (events.device(row), events.time[row]);
            if device == NONE || time == NEVER {
                continue;
            }
            let Some(known) = self.standing.get_mut(events.seat[row] as usize) else { continue };
            let standing = match *known {
                Some(standing) if (standing.since..standing.until).contains(&time) => standing,
                _ => *known.insert(ledger.standing(device, time)),
            };
            // Whether people are asked there is the session's affair.
            let of_session = self.of_sessions.get(events.session[row] as usize);
            let asks = standing.asked || of_session.is_none_or(|stamp| *stamp != NOT_ASKED);
            let expected = expected(&standing, asks);
            let there = (said, self.modes.get(mode, row).unwrap_or(UNKNOWN));
            self.stamp.look(there == expected, || {
                let there = [stamp, mode].map(|column| shown(column, row));
                let (stamp, mode) = expected;
                let stamp = Consent::NAMES[usize::from(stamp)];
                let says = format!(
                    "is stamped {}; the ledger says `{stamp}`, and {} of signals",
                    there.join(" and "),
                    told(mode)
                );
                (events.place(row), says)
            });
        }
    }

    pub(super) fn verdicts(self) -> Vec<Verdict> {
        vec![self.stamp.verdict(), self.session.verdict()]
    }
}

/// The stamp and the signals of what a device may store.
fn expected(standing: &Standing, asks: bool) -> (u8, u8) {
    if !asks {
        return (NOT_ASKED, signals::ALL & !standing.refused);
    }
    let granted = standing.granted;
    (if granted & signals::ANALYTICS == 0 { DENIED } else { GRANTED }, granted)
}

/// The stamp that a word is; [`UNKNOWN`] for what is none.
pub(super) fn stamp_of(word: &str) -> u8 {
    super::ordinal(&Consent::NAMES, word).unwrap_or(UNKNOWN)
}

/// The signals that Consent Mode states; [`UNKNOWN`] for what is none, or contradicts itself.
fn signals_of(mode: &str) -> u8 {
    let Some(digits) = mode.strip_prefix("G1").map(str::as_bytes) else { return UNKNOWN };
    let [ads, analytics, user, personal] = digits else { return UNKNOWN };
    if ads != user || digits.iter().any(|digit| !matches!(digit, b'0' | b'1')) {
        return UNKNOWN;
    }
    let bit = |digit: &u8, of: u8| if *digit == b'1' { of } else { 0 };
    bit(ads, signals::ADVERTISING)
        | bit(analytics, signals::ANALYTICS)
        | bit(personal, signals::PERSONALISATION)
}

/// Signals in words.
fn told(of: u8) -> String {
    let all = [
        (signals::ANALYTICS, "analytics"),
        (signals::ADVERTISING, "advertising"),
        (signals::PERSONALISATION, "personalisation"),
    ];
    let granted: Vec<&str> =
        all.into_iter().filter(|(bit, _)| of & bit != 0).map(|(_, name)| name).collect();
    if granted.is_empty() { "none".to_owned() } else { granted.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_mode_is_read() {
        assert_eq!(signals_of("G11111"), signals::ALL);
        assert_eq!(signals_of("G10100"), signals::ANALYTICS);
        for ill in ["", "G1", "G10110", "G1111", "G12121", "G111111", "g11111"] {
            assert_eq!(signals_of(ill), UNKNOWN, "{ill}");
        }
    }
}
