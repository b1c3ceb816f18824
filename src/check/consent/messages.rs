//! Who may be written to, and who was.

use super::check;
use super::ledger::Ledger;
use crate::check::entities::{Entities, NEVER};
use crate::check::pass::moment;
use crate::check::{Cached, Check, Context, Rows, Tally, Verdict};
use crate::read::hash::NONE;

const MESSAGES: Check = check(
    "consent.messages",
    &["sessions", "devices", "users", "consents"],
    "Nobody comes by the link of a message that sells something over a channel which was not granted, or no longer, when it came.",
    "A message after an opt-in was taken back is what fines are for.",
)
.told("visits by message", "without a grant");
const OPT_IN: Check = check(
    "consent.opt_in",
    &["users", "consents"],
    "Users are marked as opted in exactly where the ledger ends with a grant.",
    "Whoever sends goes by the mark.",
)
.told("users", "marked otherwise");

/// The checks.
pub(super) static CHECKS: &[Check] = &[MESSAGES, OPT_IN];

/// The columns of users, by ordinal of the channel; and what links of its messages say of their medium.
const MARKS: [&str; 3] = ["email_opt_in", "sms_opt_in", "push_opt_in"];
const MEDIA: [&str; 3] = ["email", "sms", "push"];

/// Holds messages against the ledger.
pub(super) struct Messages {
    tally: Tally,
    opt_in: Tally,
    medium: Cached<u8>,
    /// Sessions that a message brought about, with its channel.
    brought: Vec<(u32, u8)>,
    /// By user: channels opted in to, as bits.
    marks: Vec<Option<u8>>,
}

impl Messages {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            tally: Tally::new(&MESSAGES),
            opt_in: Tally::new(&OPT_IN),
            medium: Cached::default(),
            brought: Vec::new(),
            marks: vec![None; context.entities.users.len()],
        }
    }

    pub(super) fn users(&mut self, rows: &Rows<'_>) {
        let columns = MARKS.map(|name| rows.column(name));
        let [Some(email), Some(sms), Some(push)] = columns else { return };
        for row in 0..rows.len() {
            let Some(marks) = self.marks.get_mut(rows.ordinal(row) as usize) else { continue };
            let flags = [email, sms, push].map(|column| column.flag(row));
            let bits = flags.iter().enumerate().map(|(at, flag)| Some(u8::from((*flag)?) << at));
            *marks = bits.sum();
        }
    }

    /// A message brings the first visit of a journey about; later ones come by themselves.
    pub(super) fn sessions(&mut self, rows: &Rows<'_>) {
        let columns = ["campaign_id", "utm_medium", "session_number"].map(|name| rows.column(name));
        let [Some(campaign), Some(medium), Some(number)] = columns else { return };
        self.medium.learn(medium, |word| super::ordinal(&MEDIA, word).unwrap_or(super::UNKNOWN));
        for row in 0..rows.len() {
            let channel = self.medium.get(medium, row).unwrap_or(super::UNKNOWN);
            let is_first = number.long(row) == Some(1);
            if channel < 3 && campaign.is_valid(row) && is_first {
                self.brought.push((rows.ordinal(row), channel));
            }
        }
    }

    /// Holds everything against the ledger, once it is whole.
    pub(super) fn judge(&mut self, ledger: &Ledger, entities: &Entities) {
        for (session, channel) in std::mem::take(&mut self.brought) {
            let user = entities.user_of(session);
            let started = entities.sessions.at(session).started;
            if user == NONE || started == NEVER {
                continue;
            }
            self.tally.look(ledger.may_write(user, channel, started), || {
                let (channel, at) = (MEDIA[usize::from(channel)], moment(started));
                let says = format!("comes by a message over {channel}, not allowed at {at}");
                (entities.place("sessions", session), says)
            });
        }
        for (user, marks) in std::mem::take(&mut self.marks).into_iter().enumerate() {
            let Some(marks) = marks else { continue };
            let user = user as u32;
            let granted = |channel: u8| ledger.ends_granted(user, channel);
            let wrong = (0..3).find(|channel| (marks >> channel & 1 == 1) != granted(*channel));
            self.opt_in.look(wrong.is_none(), || {
                let mark = MARKS[usize::from(wrong.unwrap_or(0))];
                (entities.place("users", user), format!("{mark} is not where the ledger ends"))
            });
        }
    }

    pub(super) fn verdicts(self) -> Vec<Verdict> {
        vec![self.tally.verdict(), self.opt_in.verdict()]
    }
}
