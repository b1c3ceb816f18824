//! Rows that belong together: from a session, an order or a user to what hangs on them.

use std::ops::Range;

use crate::anomaly::ground::{Event, Ground, RowRef, Rowset};
use crate::event::journal::NONE;
use crate::scenario::fills;

impl Ground<'_> {
    /// The row of a user, by the ordinal in the crowd.
    pub fn user_row(&self, user: u64) -> Option<RowRef> {
        let users = &self.context.journal.users;
        let at = users.binary_search_by_key(&user, |row| row.user).ok()?;
        Some(RowRef::new(Rowset::Users, at as u32))
    }

    /// The ordinals of a user's devices.
    pub fn devices_of(&self, user: u64) -> Range<u32> {
        let devices = &self.context.journal.devices;
        span(devices.len(), |at| devices[at].user.cmp(&user))
    }

    /// The ordinals of a user's journeys.
    pub fn journeys_of(&self, user: u64) -> Range<u32> {
        let journeys = &self.context.journal.journeys;
        span(journeys.len(), |at| journeys[at].user.cmp(&user))
    }

    /// The ordinals of the changes of a user's consents.
    pub fn consents_of(&self, user: u64) -> Range<u32> {
        let consents = &self.context.journal.consents;
        span(consents.len(), |at| consents[at].user.cmp(&user))
    }

    /// The ordinals of a user's requests to be forgotten.
    pub fn erasures_of(&self, user: u64) -> Range<u32> {
        let erasures = &self.context.journal.erasures;
        span(erasures.len(), |at| erasures[at].user.cmp(&user))
    }

    /// The device that a session ran on.
    pub fn device_of(&self, session: u32) -> Option<RowRef> {
        let session = self.session(session);
        let devices = &self.context.journal.devices;
        let mut of_user = self.devices_of(session.user);
        let at = of_user.find(|at| devices[*at as usize].device == session.device)?;
        Some(RowRef::new(Rowset::Devices, at))
    }

    /// The journey that a session belongs to.
    pub fn journey_of(&self, session: u32) -> RowRef {
        RowRef::new(Rowset::Journeys, self.session(session).journey)
    }

    /// The ordinals of the orders placed in a session.
    pub fn orders_in(&self, session: u32) -> Range<u32> {
        let orders = &self.context.journal.orders;
        span(orders.len(), |at| orders[at].session.cmp(&session))
    }

    /// The ordinals of the payments tried, or given back, in a session.
    pub fn payments_in(&self, session: u32) -> Range<u32> {
        let payments = &self.context.journal.payments;
        span(payments.len(), |at| payments[at].session.cmp(&session))
    }

    /// The ordinals of an order's lines.
    pub fn lines_of(&self, order: u32) -> Range<u32> {
        let lines = &self.context.journal.lines;
        span(lines.len(), |at| lines[at].order.cmp(&order))
    }

    /// The ordinals of an order's payments: attempts that failed, the capture, what was given back.
    pub fn payments_of(&self, order: u32) -> Vec<u32> {
        let journal = self.context.journal;
        let user = journal.orders[order as usize].user;
        let sessions = self.sessions_of(user);
        let first = journal.payments.partition_point(|payment| payment.session < sessions.start);
        let of_user = journal.payments[first..].iter().take_while(|p| p.session < sessions.end);
        let own = of_user.enumerate().filter(|(_, payment)| payment.order == order);
        own.map(|(nth, _)| (first + nth) as u32).collect()
    }

    /// The events of a session that state an order's amounts.
    pub fn statements(&self, session: u32, order: u32) -> Vec<Event> {
        let fills = &self.world().fills;
        let states = |event: &Event| {
            fills[usize::from(event.row.kind)] & fills::ORDER != 0 && event.row.extra == order
        };
        let events = self.events(session).into_iter();
        events.filter(|event| event.row.extra != NONE && states(event)).collect()
    }

    /// The event of an order's completion.
    pub fn completion(&self, order: u32) -> Option<Event> {
        let kind = self.event_type("order_completed")?;
        let session = self.context.journal.orders[order as usize].session;
        self.statements(session, order).into_iter().find(|event| event.row.kind == kind)
    }
}

/// The ordinals of a run of rows, in rows that are sorted by what it is a run of.
fn span(count: usize, compare: impl Fn(usize) -> std::cmp::Ordering) -> Range<u32> {
    let point = |is_before: &dyn Fn(usize) -> bool| {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            if is_before(middle) { low = middle + 1 } else { high = middle }
        }
        low as u32
    };
    point(&|at| compare(at).is_lt())..point(&|at| compare(at).is_le())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all values, there or not, the run of those that are equal.
    #[test]
    fn runs_are_found() {
        let rows = [1, 1, 3, 3, 3, 7];
        let run = |of: i32| span(rows.len(), |at| rows[at].cmp(&of));
        assert_eq!([0, 1, 2, 3, 7, 8].map(run), [0..0, 0..2, 2..2, 2..5, 5..6, 6..6]);
    }
}
