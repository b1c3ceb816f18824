//! Whether a row of the ledger can be: who said it, in what state, on what it rests, and until when it holds.

use super::changes::{Change, said};
use super::check;
use crate::check::entities::NEVER;
use crate::check::pass::moment;
use crate::check::{Check, Context, Rows, Tally, Verdict};
use crate::scenario::ledger::purpose::MARKETING;
use crate::scenario::ledger::state::{DENIED, EXPIRED, GRANTED, SUPERSEDED, WITHDRAWN};
use crate::scenario::ledger::{basis, channel, source};

const SOURCES: Check = check(
    "consent.sources",
    &["consents"],
    "A row's state, source and legal basis go together: banners grant and refuse, forms and prompts grant, people withdraw, the system lets expire and supersedes; only who objects rests on an opt-out.",
    "Who cannot show how a consent came about has none.",
)
.told("changes", "that cannot have come about");
const EXPIRY: Check = check(
    "consent.expiry",
    &["consents", "devices", "users"],
    "What is answered holds until a stated moment after it; what expires does so at the moment that its grant states, what is withdrawn or superseded not after.",
    "A consent that ends early is lost, one that ends late was never there.",
)
.told("changes", "at another time than was stated");

/// The checks.
pub(super) static CHECKS: &[Check] = &[SOURCES, EXPIRY];

const SECOND: i64 = 1_000_000;

/// No grant stands.
const NONE: u32 = u32::MAX;

/// Looks at rows one by one, and at ends beside their grants. The rows of a subject stand in one file, in the order in which they occurred.
pub(super) struct Fits {
    sources: Tally,
    expiry: Tally,
    /// By device and purpose, and by user and channel: until when a grant holds, in seconds since 1970.
    devices: Vec<[u32; 3]>,
    users: Vec<[u32; 3]>,
}

impl Fits {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let is_written = context.data.table("consents").is_some();
        let none = |of: usize| vec![[NONE; 3]; if is_written { of } else { 0 }];
        Self {
            sources: Tally::new(&SOURCES),
            expiry: Tally::new(&EXPIRY),
            devices: none(context.entities.devices.len()),
            users: none(context.entities.users.len()),
        }
    }

    pub(super) fn look(&mut self, rows: &Rows<'_>, changes: &[Change]) {
        for change in changes {
            self.sources.look(go_together(change), || {
                let [state, source, basis] =
                    ["state", "source", "legal_basis"].map(|name| said(rows, name, change.row));
                let says = format!("{state} by {source} on {basis} is nothing that can be");
                (rows.place(change.row), says)
            });
            self.expires(rows, change);
        }
    }

    fn expires(&mut self, rows: &Rows<'_>, change: &Change) {
        let (at, effective, expires) = (change.occurred, change.effective, change.expires);
        let holds = matches!(change.state, GRANTED | DENIED) && change.basis == basis::CONSENT;
        let list = if change.purpose == MARKETING { &mut self.users } else { &mut self.devices };
        let (of, what) = if change.purpose == MARKETING {
            (change.user, change.channel)
        } else {
            (change.device, change.purpose)
        };
        let known = list.get_mut(of as usize).and_then(|of| of.get_mut(usize::from(what)));
        let until = known.as_ref().map_or(NONE, |until| **until);
        let ends = match change.state {
            EXPIRED => [at, effective].map(seconds) == [until; 2],
            WITHDRAWN | SUPERSEDED => seconds(effective) <= until,
            _ => true,
        };
        let stated = if holds { expires != NEVER && effective < expires } else { expires == NEVER };
        // The end of what was never granted is another check's affair.
        self.expiry.look(stated && (ends || until == NONE), || {
            let says = if !stated && holds {
                format!("is answered at {}, and holds until {}", moment(effective), moment(expires))
            } else if stated {
                let until = moment(i64::from(until) * SECOND);
                format!("ends at {}; its grant holds until {until}", moment(at))
            } else {
                format!("is no answer, and holds until {}", moment(expires))
            };
            (rows.place(change.row), says)
        });
        if let Some(known) = known {
            *known =
                if change.state == GRANTED && expires != NEVER { seconds(expires) } else { NONE };
        }
    }

    /// All rows are there.
    pub(super) fn close(&mut self) {
        (self.devices, self.users) = (Vec::new(), Vec::new());
    }

    pub(super) fn verdicts(self) -> Vec<Verdict> {
        vec![self.sources.verdict(), self.expiry.verdict()]
    }
}

/// A moment in whole seconds since 1970; [`NONE`] for what those do not reach.
fn seconds(at: i64) -> u32 {
    u32::try_from(at.div_euclid(SECOND)).unwrap_or(NONE)
}

/// Whether a row of its state, purpose and channel can come from where it says, and rest on what it does.
fn go_together(change: &Change) -> bool {
    let is_message = change.purpose == MARKETING;
    let may = match (change.state, change.source) {
        (GRANTED | DENIED, source::BANNER) => !is_message,
        (GRANTED, source::SIGN_UP_FORM) => is_message,
        (GRANTED, source::DOUBLE_OPT_IN) | (WITHDRAWN, source::UNSUBSCRIBE_LINK) => {
            is_message && change.channel == channel::EMAIL
        }
        (GRANTED, source::PUSH_PROMPT) => is_message && change.channel == channel::PUSH,
        (WITHDRAWN, source::STOP_REPLY) => is_message && change.channel == channel::SMS,
        (WITHDRAWN, source::SETTINGS) => !is_message || change.channel == channel::PUSH,
        (WITHDRAWN, source::ERASURE_REQUEST) | (EXPIRED | SUPERSEDED, source::SYSTEM) => true,
        (DENIED, source::BROWSER_SIGNAL | source::OPT_OUT_LINK) => {
            return !is_message && change.basis == basis::OPT_OUT;
        }
        _ => false,
    };
    may && change.basis == basis::CONSENT
}
