//! Who is asked for consent and how, what became of opt-ins, and who asks to be forgotten: pure functions of a person, as all here.

use crate::dist::Quantiles;
use crate::model::{Consenting, LONGEST_DWELL};
use crate::population::{DAY, People, User};
use crate::seed::{Purpose, Stream};

const OPT_IN: Purpose = Purpose::named("consent.opt_in");
const ERASURE: Purpose = Purpose::named("consent.erasure");

/// A mean month.
pub const MONTH: i64 = DAY * 487 / 16;

const HOUR: f64 = 3_600_000_000.0;

/// No visit goes on to another page so long after its start.
pub const LAST_STEP: i64 = 12 * 3_600_000_000;

/// Visits are over so long after their start: the last page is looked at for as long as models allow, and as much again goes by with
/// what happens on it.
pub const LONGEST_VISIT: i64 = LAST_STEP + 2 * LONGEST_DWELL * 1_000_000;

/// No such moment.
const NEVER: i64 = i64::MAX;

/// The bits of what consent covers.
pub mod signals {
    /// Analytics.
    pub const ANALYTICS: u8 = 1;
    /// Advertising.
    pub const ADVERTISING: u8 = 2;
    /// Personalised advertising.
    pub const PERSONALISATION: u8 = 4;
    /// By purpose, in the order of their list.
    pub const OF_PURPOSES: [u8; 3] = [ANALYTICS, ADVERTISING, PERSONALISATION];
    /// All of it.
    pub const ALL: u8 = ANALYTICS | ADVERTISING | PERSONALISATION;
}

/// How people are asked, where they live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Not at all.
    Nothing,
    /// Not at all, but they may object to advertising.
    Objection,
    /// By a banner, whose answer holds so many µs.
    Banner(i64),
}

/// Leave to write to somebody over a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptIn {
    /// When it was given, or last renewed.
    pub granted: i64,
    /// When it lapses unless it is renewed.
    pub expires: i64,
    /// How it ended within the window, if it did.
    pub ended: Option<Ended>,
}

/// The end of an opt-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Whether it was taken back; otherwise it lapsed.
    pub withdrawn: bool,
    /// When that was.
    pub occurred: i64,
    /// From when on nothing may be sent.
    pub effective: i64,
}

impl OptIn {
    /// Whether something may be sent at a moment.
    pub fn allows(&self, at: i64) -> bool {
        self.granted <= at && self.ended.is_none_or(|ended| at < ended.effective)
    }
}

/// A request to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// When it was made.
    pub requested: i64,
    /// By when it must be answered.
    pub due: i64,
    /// When the account is closed, if it is: no visit begins any more. [`i64::MAX`] where it is not.
    pub closed: i64,
    /// When it was carried out or refused; [`i64::MAX`] where that is beyond the window.
    pub completed: i64,
    /// Whether it is refused.
    pub refused: bool,
    /// Bits of its own, for what else is told of it.
    pub bits: u64,
}

/// What is drawn from for consent.
#[derive(Debug, Clone)]
pub(super) struct Consents {
    pub(super) model: Consenting,
    delay: Quantiles,
    within: Quantiles,
    /// Greatest time between an event and its arrival.
    pub(super) lateness: i64,
}

impl Consents {
    pub(super) fn new(model: &Consenting) -> Self {
        let log_normal = |(median, sd): (f64, f64)| Quantiles::log_normal(median, sd);
        Self {
            delay: log_normal(model.marketing.delay),
            within: log_normal(model.erasure.within),
            model: model.clone(),
            lateness: 0,
        }
    }
}

impl People {
    /// Lets events arrive so late, µs: nobody is forgotten before all is there.
    #[must_use]
    pub fn late(mut self, lateness: i64) -> Self {
        self.consents.lateness = lateness;
        self
    }

    /// How a user is asked for consent.
    pub fn asking(&self, user: &User) -> Asking {
        let land = &self.lands[usize::from(user.country)];
        if land.banner.0 {
            Asking::Banner(land.validity)
        } else if land.objecting[usize::from(user.city)] {
            Asking::Objection
        } else {
            Asking::Nothing
        }
    }

    /// The moment at which a version of the privacy notice comes into force; [`i64::MAX`] for one that there is not.
    pub fn notice_from(&self, version: usize) -> i64 {
        let (start, end) = self.window();
        let notice = self.consents.model.notices.get(version);
        notice.map_or(NEVER, |notice| start + ((end - start) as f64 * notice.from) as i64)
    }

    /// Leave to write to a user over a channel (e-mail, SMS, push) who became known at that moment, if it ever was given.
    pub fn opt_in(&self, id: u64, user: &User, channel: usize, registered: i64) -> Option<OptIn> {
        let (start, end) = self.window();
        if !user.opt_ins[channel] || registered >= end {
            return None;
        }
        let marketing = &self.consents.model.marketing;
        let lasts = marketing.months * MONTH;
        let mut stream = self.seed.stream(OPT_IN, id, channel as u64);
        let (age, moment) = (stream.unit(), stream.unit());
        let cover = self.covered_by(id);
        let taken_back = stream.chance(marketing.unsubscribed) && cover.is_none();
        let delay = (self.consents.delay.draw(&mut stream) * HOUR) as i64;
        // Those who stand for a cell are to be reached once they can be in it, for a while.
        let (latest, oldest) = match cover {
            Some(cover) => (self.covers_from(user, cover).1 - 1, lasts / 4),
            None => (start - 1, lasts),
        };
        let granted = if registered < start {
            latest - (age * (latest - registered).min(oldest) as f64) as i64
        } else {
            registered
        };
        let expires = granted + lasts;
        let from = granted.max(start);
        let occurred = from + ((end - from) as f64 * moment) as i64;
        let mut ends = [
            taken_back.then_some(Ended { withdrawn: true, occurred, effective: occurred + delay }),
            user.erasure.filter(|erasure| erasure.closed < end).map(|erasure| {
                let at = erasure.closed.max(granted);
                Ended { withdrawn: true, occurred: at, effective: at }
            }),
            (expires < end).then_some(Ended {
                withdrawn: false,
                occurred: expires,
                effective: expires,
            }),
        ];
        ends.sort_by_key(|end| end.map_or(NEVER, |end| end.occurred));
        // Whatever comes first ends it; nothing is sent once it has lapsed, however long the other takes.
        let closed = user.erasure.map_or(NEVER, |erasure| erasure.closed);
        let ended = ends[0].map(|end| {
            let latest = expires.min(closed.max(end.occurred));
            Ended { effective: end.effective.min(latest), ..end }
        });
        Some(OptIn { granted, expires, ended })
    }

    /// From the closing of an account until all that was under way has come to its end.
    pub fn rest(&self) -> i64 {
        LONGEST_VISIT + self.consents.lateness
    }

    /// The time in which a request to be forgotten must be answered.
    fn due(&self) -> i64 {
        (self.consents.model.erasure.due * DAY).max(self.rest())
    }

    /// The time in which one is carried out: the account is closed first.
    pub fn carried_out_after(&self, stream: &mut Stream) -> i64 {
        (self.consents.within.draw(stream) * DAY as f64) as i64 + self.rest()
    }

    /// Whether a known customer asks to be forgotten, and what comes of it.
    pub(super) fn erasure(&self, id: u64) -> Option<Erasure> {
        let model = &self.consents.model.erasure;
        let mut stream = self.seed.stream(ERASURE, id, 0);
        if !stream.chance(model.asked) {
            return None;
        }
        let (start, end) = self.window();
        let requested = start + ((end - start) as f64 * stream.unit()) as i64;
        let refused = stream.chance(model.refused);
        let rest = self.rest();
        let due = requested + self.due();
        let completed = (requested + self.carried_out_after(&mut stream)).min(due);
        let closed = if refused { NEVER } else { completed - rest };
        let completed = if completed < end { completed } else { NEVER };
        Some(Erasure { requested, due, closed, completed, refused, bits: stream.next() })
    }
}
