//! Consent as people go along: asked by a banner before the first page of a visit, taken back behind the last one, ended by time and by
//! a new privacy notice. Whatever changes goes into the ledger.
//!
//! A choice stands for a whole visit: the shop's tags wait for the banner's answer, and who takes it back in the settings leaves.

use crate::event::journal::{ConsentRow, ErasureRow, NEVER, Session};
use crate::journey::visits::{Person, Walker};
use crate::population::Consent;
use crate::population::consent::{Asking, LONGEST_VISIT, signals};
use crate::scenario::ledger::{basis, channel, outcome, purpose, refusal, request, source, state};
use crate::seed::{Purpose, Stream, mix};

const ANSWER: Purpose = Purpose::named("consent.answer");
const SECOND_THOUGHT: Purpose = Purpose::named("consent.second_thought");
const LEDGER: Purpose = Purpose::named("consent.ledger");

/// What a device was granted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    /// Whether anything is known of it yet.
    met: bool,
    /// Whether the banner was answered, and the answer still holds.
    answered: bool,
    /// What is granted, as bits.
    granted: u8,
    /// What was objected to, as bits.
    refused: u8,
    /// Until when the answer holds.
    until: i64,
    /// The privacy notice that was answered.
    notice: u8,
    /// How often the banner was shown.
    asks: u16,
    /// By purpose: changes so far.
    changes: [u16; 3],
}

/// A change of what a device was granted.
#[derive(Clone, Copy)]
struct Change {
    state: u8,
    source: u8,
    at: i64,
}

impl Walker<'_> {
    /// Whether a message that sells something may be sent to a person over a channel.
    pub(super) fn may_write(&self, person: &Person, channel: usize, at: i64) -> bool {
        let people = &self.world.people;
        person.registered <= at
            && people
                .opt_in(person.id, &person.user, channel, person.registered)
                .is_some_and(|opt_in| opt_in.allows(at))
    }

    /// What a visit on a device that begins at that moment may store: the stamp of its events, the signals, and whether the banner has
    /// just been answered.
    pub(super) fn consent(
        &mut self,
        person: &mut Person,
        device: usize,
        at: i64,
    ) -> (Consent, u8, bool) {
        match self.world.people.asking(&person.user) {
            Asking::Nothing => (Consent::NotAsked, signals::ALL, false),
            Asking::Objection => {
                self.object(person, device, at);
                (Consent::NotAsked, signals::ALL & !person.standing[device].refused, false)
            }
            Asking::Banner(validity) => {
                self.remember(person, device, validity);
                self.lapse(person, device, at, true);
                let answered =
                    !person.standing[device].answered && self.ask(person, device, at, validity);
                let granted = person.standing[device].granted;
                let is_granted = granted & signals::ANALYTICS != 0;
                (if is_granted { Consent::Granted } else { Consent::Denied }, granted, answered)
            }
        }
    }

    /// At the first visit of a device: whether its holder objects to advertising, by a signal of the browser or a link.
    fn object(&mut self, person: &mut Person, device: usize, at: i64) {
        let standing = &mut person.standing[device];
        if std::mem::replace(&mut standing.met, true) {
            return;
        }
        let mut stream = self.world.seed.stream(ANSWER, person.id, device as u64);
        if !stream.chance(self.world.people.consenting().web.objected) {
            return;
        }
        standing.refused = signals::ADVERTISING | signals::PERSONALISATION;
        let source = if stream.chance(0.5) { source::BROWSER_SIGNAL } else { source::OPT_OUT_LINK };
        let refused = standing.refused;
        standing.notice = self.notice_at(at);
        standing.until = NEVER;
        self.change(person, device, refused, Change { state: state::DENIED, source, at });
    }

    /// The first time that a device from before the window is met: what was answered on it then.
    fn remember(&mut self, person: &mut Person, device: usize, validity: i64) {
        let start = self.world.start;
        let since = person.user.devices.at(device).since.max(person.user.created_at);
        let standing = &mut person.standing[device];
        if std::mem::replace(&mut standing.met, true) || since >= start {
            return;
        }
        let mut stream = self.stream(person, device, 0);
        let at = start - 1 - (stream.unit() * (start - 1 - since).min(validity) as f64) as i64;
        let granted = self.answer(person, false, &mut stream);
        let web = &self.world.people.consenting().web;
        let is_ignored = stream.chance(web.ignored);
        let taken_back = stream.chance(web.withdrawn_before);
        let moment = stream.unit();
        if is_ignored && !person.covers {
            return;
        }
        self.note_answer(person, device, granted, at, validity);
        if taken_back && granted != 0 && !person.covers {
            let at = at + 1 + ((start - at - 1) as f64 * moment) as i64;
            self.take_back(
                person,
                device,
                Change { state: state::WITHDRAWN, source: source::SETTINGS, at },
            );
        }
    }

    /// Ends what has run out, or was granted under an older notice, by that moment. At the start of a visit, what would run out on the
    /// way is asked for anew, which supersedes it. A new notice does not end a visit that is under way.
    fn lapse(&mut self, person: &mut Person, device: usize, now: i64, is_visit: bool) {
        let standing = person.standing[device];
        if !standing.answered {
            return;
        }
        let last = Some(person.last_seen[device]).filter(|last| *last != NEVER);
        let newer = self.world.people.notice_from(usize::from(standing.notice) + 1);
        let newer = newer.max(last.map_or(i64::MIN, |last| last + 1));
        let (due, latest) = if is_visit { (now + LONGEST_VISIT, now - 1) } else { (now, now) };
        let (state, at) = if newer <= latest && newer < standing.until {
            (state::SUPERSEDED, newer)
        } else if standing.until <= latest {
            (state::EXPIRED, standing.until)
        } else if standing.until <= due {
            (state::SUPERSEDED, latest)
        } else {
            return;
        };
        self.take_back(person, device, Change { state, source: source::SYSTEM, at });
        person.standing[device].answered = false;
    }

    /// Shows the banner; whether it is answered.
    fn ask(&mut self, person: &mut Person, device: usize, at: i64, validity: i64) -> bool {
        let standing = &mut person.standing[device];
        standing.asks = standing.asks.saturating_add(1);
        let number = u64::from(standing.asks);
        let again = standing.changes != [0; 3];
        let mut stream = self.stream(person, device, number);
        let granted = self.answer(person, again, &mut stream);
        if stream.chance(self.world.people.consenting().web.ignored) && !person.covers {
            return false;
        }
        self.note_answer(person, device, granted, at, validity);
        true
    }

    fn stream(&self, person: &Person, device: usize, number: u64) -> Stream {
        self.world.seed.stream(ANSWER, person.id, device as u64 | number << 8)
    }

    /// What a person grants: asked again, mostly what it did before.
    fn answer(&self, person: &Person, again: bool, stream: &mut Stream) -> u8 {
        let web = &self.world.people.consenting().web;
        let other = stream.chance(web.changed) && again && !person.covers;
        let all = (person.user.consent == Consent::Granted) != other;
        let (advertising, personal) =
            (stream.chance(web.advertising), stream.chance(web.personalisation));
        match (all, advertising, personal) {
            (false, ..) => 0,
            (true, false, _) => signals::ANALYTICS,
            (true, true, false) => signals::ANALYTICS | signals::ADVERTISING,
            (true, true, true) => signals::ALL,
        }
    }

    /// Writes an answer of the banner down, purpose by purpose.
    fn note_answer(
        &mut self,
        person: &mut Person,
        device: usize,
        granted: u8,
        at: i64,
        validity: i64,
    ) {
        let notice = self.notice_at(at);
        let standing = &mut person.standing[device];
        (standing.answered, standing.granted) = (true, granted);
        (standing.until, standing.notice) = (at + validity, notice);
        let change = |state| Change { state, source: source::BANNER, at };
        self.change(person, device, granted, change(state::GRANTED));
        self.change(person, device, signals::ALL & !granted, change(state::DENIED));
    }

    /// Ends all that is granted on a device.
    fn take_back(&mut self, person: &mut Person, device: usize, change: Change) {
        let granted = std::mem::take(&mut person.standing[device].granted);
        self.change(person, device, granted, change);
    }

    /// At the end of a visit: whether consent is withdrawn.
    pub(super) fn think_better(&mut self, person: &mut Person, device: usize, row: &Session) {
        if person.standing[device].granted == 0 || person.covers {
            return;
        }
        let world = self.world;
        let mut stream = world.seed.stream(SECOND_THOUGHT, person.id, row.key);
        if stream.chance(world.people.consenting().web.withdrawn) {
            let at = row.ended + 2_000_000 + i64::from(stream.below(38_000_000));
            if at < world.end {
                let change = Change { state: state::WITHDRAWN, source: source::SETTINGS, at };
                self.take_back(person, device, change);
            }
        }
    }

    /// Puts changes of some purposes of a device into the ledger.
    fn change(&mut self, person: &mut Person, device: usize, bits: u8, change: Change) {
        let held = person.user.devices.at(device);
        let is_app = self.world.models.devices[usize::from(held.profile)].app;
        let purposes = signals::OF_PURPOSES.iter().enumerate();
        for (purpose, _) in purposes.filter(|(_, bit)| bits & **bit != 0) {
            let standing = &mut person.standing[device];
            standing.changes[purpose] = standing.changes[purpose].saturating_add(1);
            let (sequence, notice) = (standing.changes[purpose], standing.notice);
            let holds = matches!(change.state, state::GRANTED | state::DENIED);
            let expires = if holds { standing.until } else { NEVER };
            let is_objection =
                matches!(change.source, source::BROWSER_SIGNAL | source::OPT_OUT_LINK);
            self.note(
                person,
                Some(device as u8),
                &ConsentRow {
                    purpose: purpose as u8,
                    channel: if is_app { channel::APP } else { channel::WEB },
                    state: change.state,
                    source: change.source,
                    basis: if is_objection { basis::OPT_OUT } else { basis::CONSENT },
                    notice,
                    sequence,
                    occurred: change.at,
                    effective: change.at,
                    expires,
                    ..NOTHING
                },
            );
        }
    }

    /// Puts a row into the ledger, as a person's.
    fn note(&mut self, person: &Person, device: Option<u8>, row: &ConsentRow) {
        let number = u64::from(device.map_or(7, |device| device))
            | u64::from(row.purpose) << 3
            | u64::from(row.channel) << 6
            | u64::from(row.sequence) << 9;
        self.journal.consents.push(ConsentRow {
            key: self.world.seed.hash(LEDGER, person.id, number),
            user: person.id,
            device,
            country: person.user.country as u8,
            city: person.user.city as u8,
            ..row.clone()
        });
    }

    /// The privacy notice in force at a moment.
    fn notice_at(&self, at: i64) -> u8 {
        let people = &self.world.people;
        let later = (1..).take_while(|version| people.notice_from(*version) <= at);
        later.count() as u8
    }

    /// Once all visits are over: what ran out since, what messages were allowed, and whether the person asks to be forgotten.
    pub(super) fn settle(&mut self, person: &mut Person) {
        let closed = person.user.erasure.map(|erasure| erasure.closed);
        let closed = closed.filter(|at| *at < self.world.end);
        let end = closed.unwrap_or(self.world.end) - 1;
        for device in 0..person.user.devices.len() {
            self.lapse(person, device, end, false);
            if let Some(closed) = closed {
                // A visit that is under way is brought to its end.
                let last = Some(person.last_seen[device]).filter(|last| *last != NEVER);
                let at = last.map_or(closed, |last| closed.max(last + 1));
                let change =
                    Change { state: state::WITHDRAWN, source: source::ERASURE_REQUEST, at };
                self.take_back(person, device, change);
            }
        }
        for channel in 0..3 {
            self.opt_in(person, channel);
        }
        self.erasure(person);
    }

    /// What became of an opt-in.
    fn opt_in(&mut self, person: &Person, channel: usize) {
        let people = &self.world.people;
        let Some(opt_in) = people.opt_in(person.id, &person.user, channel, person.registered)
        else {
            return;
        };
        let asked_for = match channel {
            2 => source::PUSH_PROMPT,
            0 if matches!(people.asking(&person.user), Asking::Banner(_)) => source::DOUBLE_OPT_IN,
            _ => source::SIGN_UP_FORM,
        };
        let notice = self.notice_at(opt_in.granted);
        let row = ConsentRow {
            purpose: purpose::MARKETING,
            channel: channel as u8,
            state: state::GRANTED,
            source: asked_for,
            notice,
            sequence: 1,
            occurred: opt_in.granted,
            effective: opt_in.granted,
            expires: opt_in.expires,
            ..NOTHING
        };
        self.note(person, None, &row);
        let Some(ended) = opt_in.ended else { return };
        let is_erasure = person.user.erasure.is_some_and(|of| ended.occurred == of.closed);
        // By link, by a word, in the device's settings.
        let by_hand = [source::UNSUBSCRIBE_LINK, source::STOP_REPLY, source::SETTINGS][channel];
        let source = match (ended.withdrawn, is_erasure) {
            (false, _) => source::SYSTEM,
            (true, true) => source::ERASURE_REQUEST,
            (true, false) => by_hand,
        };
        self.note(
            person,
            None,
            &ConsentRow {
                state: if ended.withdrawn { state::WITHDRAWN } else { state::EXPIRED },
                source,
                sequence: 2,
                occurred: ended.occurred,
                effective: ended.effective,
                expires: NEVER,
                ..row
            },
        );
    }

    /// The request to be forgotten, if there is one.
    fn erasure(&mut self, person: &Person) {
        let Some(erasure) = person.user.erasure else { return };
        let bits = mix(erasure.bits);
        let is_answered = erasure.completed != NEVER;
        self.journal.erasures.push(ErasureRow {
            key: self.world.seed.hash(LEDGER, person.id, u64::MAX),
            user: person.id,
            requested: erasure.requested,
            due: erasure.due,
            completed: erasure.completed,
            outcome: match (is_answered, erasure.refused) {
                (false, _) => outcome::PENDING,
                (true, false) => outcome::COMPLETED,
                (true, true) => outcome::REFUSED,
            },
            channel: (bits % request::NAMES.len() as u64) as u8,
            reason: (is_answered && erasure.refused)
                .then_some((bits >> 8) as u8 % refusal::NAMES.len() as u8),
            country: person.user.country as u8,
            city: person.user.city as u8,
        });
    }
}

/// What a row of the ledger is filled up with.
const NOTHING: ConsentRow = ConsentRow {
    key: 0,
    user: 0,
    device: None,
    purpose: 0,
    channel: 0,
    state: state::GRANTED,
    source: source::SYSTEM,
    basis: basis::CONSENT,
    notice: 0,
    sequence: 0,
    country: 0,
    city: 0,
    occurred: 0,
    effective: 0,
    expires: NEVER,
};
