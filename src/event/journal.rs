//! The journal of a run of users: compact copies of what happened, strings nowhere.
//!
//! Ordinals are local to the journal; [`Journal::append`] joins journals and keeps them right.

mod bucket;
mod records;

pub use bucket::Bucket;
pub use records::{
    ConsentRow, DeviceRow, ErasureRow, JourneyRow, Line, NEVER, NONE, Order, Payment, Row, Session,
    UserRow,
};

/// Room for what is reckoned to come, over what is reckoned: chance may bring more.
const MARGIN: f64 = 1.15;

/// What a run of users left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    /// Users in order.
    pub users: Vec<UserRow>,
    /// Their devices.
    pub devices: Vec<DeviceRow>,
    /// Their journeys.
    pub journeys: Vec<JourneyRow>,
    /// Their sessions.
    pub sessions: Vec<Session>,
    /// Their orders.
    pub orders: Vec<Order>,
    /// The orders' lines.
    pub lines: Vec<Line>,
    /// Payments.
    pub payments: Vec<Payment>,
    /// Changes of consents.
    pub consents: Vec<ConsentRow>,
    /// Requests to be forgotten.
    pub erasures: Vec<ErasureRow>,
    /// Events by slice of arrival time.
    pub slices: Vec<Bucket>,
    /// Where those begin who are there only because something goes wrong; none: nobody is.
    pub guests: Option<Counts>,
}

/// How many rows a journal has of each kind, without the events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each counts what it is named after")]
pub struct Counts {
    pub users: usize,
    pub devices: usize,
    pub journeys: usize,
    pub sessions: usize,
    pub orders: usize,
    pub lines: usize,
    pub payments: usize,
    pub consents: usize,
    pub erasures: usize,
}

impl Journal {
    /// An empty journal over so many slices.
    pub fn new(slices: usize) -> Self {
        Self { slices: vec![Bucket::default(); slices], ..Self::default() }
    }

    /// How many rows it has.
    pub fn counts(&self) -> Counts {
        Counts {
            users: self.users.len(),
            devices: self.devices.len(),
            journeys: self.journeys.len(),
            sessions: self.sessions.len(),
            orders: self.orders.len(),
            lines: self.lines.len(),
            payments: self.payments.len(),
            consents: self.consents.len(),
            erasures: self.erasures.len(),
        }
    }

    /// How many of them are there whatever goes wrong.
    pub fn clean(&self) -> Counts {
        self.guests.unwrap_or_else(|| self.counts())
    }

    /// How many events it holds.
    pub fn events(&self) -> u64 {
        self.slices.iter().map(|bucket| bucket.len() as u64).sum()
    }

    /// Empties it, keeping what it holds of memory.
    pub fn clear(&mut self) {
        self.users.clear();
        self.devices.clear();
        self.journeys.clear();
        self.sessions.clear();
        self.orders.clear();
        self.lines.clear();
        self.payments.clear();
        self.consents.clear();
        self.erasures.clear();
        self.guests = None;
        self.slices.iter_mut().for_each(Bucket::clear);
    }

    /// A copy without the events.
    #[must_use]
    pub fn entities(&self) -> Self {
        Self {
            users: self.users.clone(),
            devices: self.devices.clone(),
            journeys: self.journeys.clone(),
            sessions: self.sessions.clone(),
            orders: self.orders.clone(),
            lines: self.lines.clone(),
            payments: self.payments.clone(),
            consents: self.consents.clone(),
            erasures: self.erasures.clone(),
            slices: Vec::new(),
            guests: self.guests,
        }
    }

    /// Gives back the memory that its buckets hold beyond their rows.
    pub fn shrink(&mut self) {
        self.slices.iter_mut().for_each(Bucket::shrink);
    }

    /// Makes room for the entity rows of `next`, and if there is none, of those of `more` times what there is then as well: for as
    /// many as are about to follow. Room that is not used costs nothing but its addresses; to move what is there costs all of it.
    pub fn reserve(&mut self, next: &Journal, more: f64) {
        macro_rules! reserve {
            ($($list:ident)*) => {$(
                let (here, comes) = (&mut self.$list, next.$list.len());
                if here.capacity() - here.len() < comes {
                    let then = here.len() + comes;
                    here.reserve_exact(comes + (then as f64 * more * MARGIN) as usize);
                }
            )*};
        }
        reserve!(users devices journeys sessions orders lines payments consents erasures);
    }

    /// Moves the entity rows of `next`, which stand after ours, to the end of ours, and makes their ordinals ours; returns what was
    /// added to its session and order ordinals. Its event buckets stay where they are.
    pub fn append(&mut self, next: &mut Journal) -> Offsets {
        let offsets =
            Offsets { session: self.sessions.len() as u32, order: self.orders.len() as u32 };
        let journey = self.journeys.len() as u32;
        self.users.append(&mut next.users);
        self.devices.append(&mut next.devices);
        self.journeys.append(&mut next.journeys);
        for session in &mut next.sessions {
            session.journey += journey;
        }
        self.sessions.append(&mut next.sessions);
        for order in &mut next.orders {
            order.session += offsets.session;
        }
        self.orders.append(&mut next.orders);
        for line in &mut next.lines {
            line.order += offsets.order;
        }
        self.lines.append(&mut next.lines);
        for payment in &mut next.payments {
            payment.session += offsets.session;
            if payment.order != NONE {
                payment.order += offsets.order;
            }
        }
        self.payments.append(&mut next.payments);
        self.consents.append(&mut next.consents);
        self.erasures.append(&mut next.erasures);
        offsets
    }
}

/// What is added to a journal's ordinals when it is appended to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offsets {
    /// To ordinals of sessions.
    pub session: u32,
    /// To ordinals of orders.
    pub order: u32,
}
