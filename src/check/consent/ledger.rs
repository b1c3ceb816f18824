//! The ledger itself: whose consent stood how, when.

use super::changes::{Change, said};
use super::{UNKNOWN, check};
use crate::check::entities::{NEVER, RESERVED};
use crate::check::pass::moment;
use crate::check::{Cached, Check, Context, Rows, Tally, Verdict};
use crate::population::consent::signals;
use crate::read::hash::NONE;
use crate::scenario::ledger::basis::OPT_OUT;
use crate::scenario::ledger::purpose::MARKETING;
use crate::scenario::ledger::state::{DENIED, GRANTED};
use crate::scenario::ledger::{channel, state, subject};

const STATES: Check = check(
    "consent.states",
    &["consents", "devices", "users"],
    "A consent is granted or denied first; only what was granted is withdrawn, expires or is superseded; changes are counted from 1, in order, each of one subject.",
    "Whoever replays the ledger must end where it ends.",
)
.told("changes", "out of turn");

/// The checks.
pub(super) static CHECKS: &[Check] = &[STATES];

/// What a change does to whether something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It grants it.
    Yes,
    /// It refuses it, or ends a grant.
    No,
    /// It objects to what nobody was asked about.
    Objects,
}

/// A change while the ledger is read.
#[derive(Debug, Clone, Copy)]
struct Entry {
    turn: Turn,
    /// Device, or user.
    subject: u32,
    /// Which change it is: those of the same moment come in order.
    sequence: u16,
}

/// A change, as far as it matters later.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// From when on it holds.
    at: i64,
    expires: i64,
    /// Purpose of the web, or channel of messages.
    what: u8,
    says: Says,
}

impl Entry {
    fn order(&self) -> (u32, i64, u16, u8) {
        (self.subject, self.turn.at, self.sequence, self.turn.what)
    }
}

/// What a device may store at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether somebody was ever asked.
    pub(super) asked: bool,
    /// What is granted.
    pub(super) granted: u8,
    /// What is objected to.
    pub(super) refused: u8,
    /// Since when, and until when that is so.
    pub(super) since: i64,
    /// See `since`.
    pub(super) until: i64,
}

/// Changes by subject: sorted, each subject's found by its ordinal, since it is asked for millions of times. A large data set has millions
/// of changes, too: one takes 18 bytes.
#[derive(Debug, Default)]
struct Book {
    /// Until all are there.
    entries: Vec<Entry>,
    /// From when on each holds, and until when.
    times: Vec<(i64, i64)>,
    /// What each is about, and what it says.
    words: Vec<(u8, Says)>,
    /// Where the changes of each subject begin, and where those of the last one end.
    starts: Vec<u32>,
}

impl Book {
    fn push(&mut self, subject: u32, sequence: u16, turn: Turn) {
        if subject != NONE {
            self.entries.push(Entry { turn, subject, sequence });
        }
    }

    /// All entries are there.
    fn close(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_unstable_by_key(Entry::order);
        self.times = entries.iter().map(|entry| (entry.turn.at, entry.turn.expires)).collect();
        self.words = entries.iter().map(|entry| (entry.turn.what, entry.turn.says)).collect();
        let subjects = entries.last().map_or(0, |entry| entry.subject as usize + 1);
        self.starts.reserve_exact(subjects + 1);
        for (at, entry) in entries.iter().enumerate() {
            let known = self.starts.len().max(entry.subject as usize + 1);
            self.starts.resize(known, at as u32);
        }
        self.starts.push(entries.len() as u32);
    }

    /// The changes of a subject, in order.
    fn of(&self, subject: u32) -> impl DoubleEndedIterator<Item = Turn> {
        let range = match self.starts.get(subject as usize..) {
            Some([from, to, ..]) => *from as usize..*to as usize,
            _ => 0..0,
        };
        let pairs = self.times[range.clone()].iter().zip(&self.words[range]);
        pairs.map(|((at, expires), (what, says))| Turn {
            at: *at,
            expires: *expires,
            what: *what,
            says: *says,
        })
    }

    /// All changes: subject and moment.
    fn moments(&self) -> impl Iterator<Item = (u32, i64)> {
        let subjects = self.starts.windows(2).enumerate();
        subjects.flat_map(|(subject, range)| {
            let times = &self.times[range[0] as usize..range[1] as usize];
            times.iter().map(move |(at, _)| (subject as u32, *at))
        })
    }
}

/// The ledger.
#[derive(Debug)]
pub(super) struct Ledger {
    devices: Book,
    users: Book,
    /// Jurisdictions where people are asked.
    asking: Vec<String>,
}

impl Ledger {
    /// An empty one, with room for its rows. Where people are asked is known of the world, if there is one; else its rows tell.
    pub(super) fn of(context: &Context<'_>) -> Self {
        // Most are of devices.
        let rows = (context.data.manifest().rows("consents") as usize).min(RESERVED);
        let countries = context.world.into_iter().flat_map(|world| &world.models.countries);
        let asking = countries.filter(|country| country.banner.0);
        Self {
            devices: Book { entries: Vec::with_capacity(rows), ..Book::default() },
            users: Book::default(),
            asking: asking.map(|country| country.code.clone()).collect(),
        }
    }

    /// Takes rows in.
    pub(super) fn take(&mut self, rows: &Rows<'_>, changes: &[Change]) {
        let jurisdiction = rows.column("jurisdiction");
        let mut asks = Cached::default();
        if let Some(column) = jurisdiction {
            asks.learn(column, |word| self.asking.iter().any(|known| known == word));
        }
        for change in changes {
            let row = change.row;
            let says = match (change.basis, change.state) {
                (OPT_OUT, _) => Says::Objects,
                (_, GRANTED) => Says::Yes,
                _ => Says::No,
            };
            let sequence = u16::try_from(change.sequence).unwrap_or(0);
            let turn = |what| Turn { at: change.effective, expires: change.expires, what, says };
            if change.purpose == MARKETING {
                self.users.push(change.user, sequence, turn(change.channel));
                continue;
            }
            self.devices.push(change.device, sequence, turn(change.purpose));
            if let Some(column) = jurisdiction
                && says != Says::Objects
                && asks.get(column, row) == Some(false)
                && let Some(word) = column.text(row)
                && !self.asking.iter().any(|known| known == word)
            {
                self.asking.push(word.to_owned());
            }
        }
    }

    /// All rows are there.
    pub(super) fn close(&mut self) {
        self.devices.close();
        self.users.close();
    }

    /// Whether people are asked in a country.
    pub(super) fn asks_in(&self, country: &str) -> bool {
        self.asking.iter().any(|known| known == country)
    }

    /// What a device may store at a moment.
    pub(super) fn standing(&self, device: u32, at: i64) -> Standing {
        let mut standing =
            Standing { asked: false, granted: 0, refused: 0, since: i64::MIN, until: NEVER };
        let mut expires = [NEVER; 3];
        for entry in self.devices.of(device) {
            if entry.at > at {
                standing.until = standing.until.min(entry.at);
                break;
            }
            let (bit, place) =
                (signals::OF_PURPOSES[usize::from(entry.what)], usize::from(entry.what));
            standing.since = entry.at;
            if entry.says == Says::Objects {
                standing.refused |= bit;
                continue;
            }
            standing.asked = true;
            standing.granted &= !bit;
            expires[place] = NEVER;
            if entry.says == Says::Yes {
                standing.granted |= bit;
                expires[place] = entry.expires;
            }
        }
        for (bit, expires) in signals::OF_PURPOSES.into_iter().zip(expires) {
            if expires <= at {
                standing.granted &= !bit;
                standing.since = standing.since.max(expires);
            } else {
                standing.until = standing.until.min(expires);
            }
        }
        standing
    }

    /// Whether messages to somebody are allowed over a channel at a moment.
    pub(super) fn may_write(&self, user: u32, channel: u8, at: i64) -> bool {
        let entries = self.users.of(user);
        let last = entries.take_while(|entry| entry.at <= at).filter(|entry| entry.what == channel);
        last.last().is_some_and(|entry| entry.says == Says::Yes && at < entry.expires)
    }

    /// Whether the ledger ends with a grant of messages to somebody over a channel.
    pub(super) fn ends_granted(&self, user: u32, channel: u8) -> bool {
        let of_channel = |turn: &Turn| turn.what == channel;
        self.users.of(user).rfind(of_channel).is_some_and(|entry| entry.says == Says::Yes)
    }

    /// Changes of devices and of people: subject and moment.
    pub(super) fn changes(
        &self,
    ) -> (impl Iterator<Item = (u32, i64)>, impl Iterator<Item = (u32, i64)>) {
        (self.devices.moments(), self.users.moments())
    }
}

/// Follows each consent from state to state. The rows of a subject stand in one file, in the order in which they occurred.
pub(super) struct States {
    tally: Tally,
    /// By device and purpose, and by user and channel: the state, and how many changes there were.
    devices: Vec<[(u8, u16); 3]>,
    users: Vec<[(u8, u16); 3]>,
}

impl States {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let entities = context.entities;
        let is_written = context.data.table("consents").is_some();
        let count = |of: usize| if is_written { of } else { 0 };
        Self {
            tally: Tally::new(&STATES),
            devices: vec![[(UNKNOWN, 0); 3]; count(entities.devices.len())],
            users: vec![[(UNKNOWN, 0); 3]; count(entities.users.len())],
        }
    }

    pub(super) fn look(&mut self, rows: &Rows<'_>, changes: &[Change]) {
        for change in changes {
            let row = change.row;
            let is_message = change.purpose == MARKETING;
            let of = if is_message { subject::USER } else { subject::DEVICE };
            let right = change.named == (is_message, !is_message) && change.subject == of;
            let together = right && (change.channel < channel::WEB) == is_message;
            if !together {
                let says = "its subject, its purpose and its channel do not go together";
                self.tally.look(false, || (rows.place(row), says));
            }
            let (list, of, what) = if is_message {
                (&mut self.users, change.user, change.channel)
            } else {
                (&mut self.devices, change.device, change.purpose)
            };
            let Some(known) =
                list.get_mut(of as usize).and_then(|of| of.get_mut(usize::from(what)))
            else {
                continue;
            };
            let (before, count) = *known;
            let follows = match change.state {
                GRANTED | DENIED => before != GRANTED,
                _ => before == GRANTED,
            };
            let counted = change.sequence == i64::from(count) + 1;
            let (occurred, effective) = (change.occurred, change.effective);
            // One that is wrong already has been told.
            let right = !together || follows && counted && occurred <= effective;
            self.tally.saw(usize::from(together));
            if !right {
                self.tally.wrong(|| {
                    let was = state::NAMES.get(usize::from(before)).copied().unwrap_or("unknown");
                    let says = if !follows {
                        format!("becomes {}, but was {was}", said(rows, "state", row))
                    } else if counted {
                        format!("holds from {}, before it was made", moment(effective))
                    } else {
                        format!("its sequence is not {}", count + 1)
                    };
                    (rows.place(row), says)
                });
            }
            *known = (change.state, count.saturating_add(1));
        }
    }

    /// All rows are there.
    pub(super) fn close(&mut self) {
        (self.devices, self.users) = (Vec::new(), Vec::new());
    }

    pub(super) fn verdicts(self) -> Vec<Verdict> {
        vec![self.tally.verdict()]
    }
}
