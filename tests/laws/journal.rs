//! What a journal holds is consistent, whoever is simulated.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use throng::engine;
use throng::event::ids;
use throng::event::journal::{Journal, NEVER, NONE, Row, Session};
use throng::model::DeviceClass;
use throng::scenario::plan::UserRange;
use throng::scenario::{World, fills};

use crate::{plan, simulate, world};

/// Status ordinals of payments.
const CAPTURED: u8 = 0;

/// A journal of a whole small crowd, its buckets beside it.
struct Crowd {
    world: World,
    journal: Journal,
    /// By session, in order of sequence.
    events: Vec<Vec<Row>>,
}

impl Crowd {
    fn new(scenario: &str) -> Self {
        let world = world(scenario);
        let plan = plan(&world);
        let of_range = |range: &UserRange| simulate(&world, plan.slices, range.first..range.end);
        let journals = plan.ranges.iter().flat_map(of_range).collect();
        let (journal, slices) = engine::arrange(journals, plan.slices);
        let mut events = vec![Vec::new(); journal.sessions.len()];
        for (slice, buckets) in slices.into_iter().enumerate() {
            for (bucket, offsets) in buckets {
                for row in bucket.rows() {
                    assert_eq!(plan.slices.of(row.received), slice);
                    let session = bucket.session(row.session) + offsets.session;
                    let fills = world.fills[usize::from(row.kind)];
                    let ordered = fills & fills::ORDER != 0 && row.extra != NONE;
                    let extra = if ordered { row.extra + offsets.order } else { row.extra };
                    events[session as usize].push(Row { extra, ..row });
                }
            }
        }
        for rows in &mut events {
            rows.sort_by_key(|row| row.sequence);
        }
        Self { world, journal, events }
    }

    fn sessions(&self) -> impl Iterator<Item = (&Session, &[Row])> {
        self.journal.sessions.iter().zip(self.events.iter().map(Vec::as_slice))
    }

    /// Events lie inside their sessions, densely numbered, in order of time and of arrival, no later than the stated bound.
    fn sessions_hold_their_events(&self) {
        let mut ids = HashSet::new();
        for (session, rows) in self.sessions() {
            assert_eq!(rows.len(), session.events as usize);
            assert!(session.started >= self.world.start && session.started < self.world.end);
            assert_eq!(rows.last().map(|row| row.time), Some(session.ended));
            let views = rows.iter().filter(|row| row.load_ms > 0).count();
            assert!(views <= session.page_views as usize, "{views} loads in {session:?}");
            for (place, row) in rows.iter().enumerate() {
                assert_eq!(usize::from(row.sequence), place);
                assert!(row.time >= session.started && row.time <= session.ended);
                assert!(row.received >= row.time);
                assert!(row.received - row.time <= self.world.lateness);
                let bits = ids::event_bits(session.key, row.sequence);
                assert!(ids.insert(ids::event(row.time, bits)), "an event id twice");
            }
            assert!(rows.is_sorted_by_key(|row| row.time));
            assert!(rows.is_sorted_by_key(|row| row.received));
        }
    }

    /// Nobody is seen before the first day of person or device, nor on a device of somebody else's.
    fn nothing_happens_before_its_first_day(&self) {
        let users: HashMap<u64, i64> =
            self.journal.users.iter().map(|row| (row.user, row.created)).collect();
        assert_eq!(users.len(), self.journal.users.len());
        let devices: HashMap<(u64, u8), _> =
            self.journal.devices.iter().map(|row| ((row.user, row.device), row)).collect();
        assert_eq!(devices.len(), self.journal.devices.len());
        for (session, rows) in self.sessions() {
            let first = rows.iter().map(|row| row.time).min().unwrap_or(NEVER);
            let device = devices[&(session.user, session.device)];
            assert!(first.min(session.started) >= users[&session.user], "{session:?}");
            assert!(first.min(session.started) >= device.first_seen, "{session:?} {device:?}");
            assert!(session.ended <= device.last_seen || device.last_seen == NEVER);
            assert_eq!((session.profile, session.build), (device.profile, device.build));
        }
    }

    /// A user's sessions do not overlap on a device.
    fn nobody_is_in_two_sessions_on_one_device(&self) {
        let mut last = HashMap::new();
        let mut sessions: Vec<&Session> = self.journal.sessions.iter().collect();
        sessions.sort_by_key(|session| session.started);
        for session in sessions {
            let until = last.insert((session.user, session.device), session.ended);
            assert!(until.is_none_or(|until| until < session.started), "{session:?}");
        }
    }

    /// Journeys sum up their sessions, which tell the same of them.
    fn journeys_sum_up_their_sessions(&self) {
        let mut sessions = vec![Vec::new(); self.journal.journeys.len()];
        for session in &self.journal.sessions {
            sessions[session.journey as usize].push(session);
        }
        let mut revenue = vec![(0, 0); self.journal.journeys.len()];
        for order in &self.journal.orders {
            let journey = self.journal.sessions[order.session as usize].journey;
            revenue[journey as usize].0 += order.total;
            revenue[journey as usize].1 += 1;
        }
        for ((journey, sessions), revenue) in
            self.journal.journeys.iter().zip(&sessions).zip(&revenue)
        {
            assert_eq!(journey.sessions as usize, sessions.len());
            let told = (journey.user, journey.key, journey.currency);
            let tells = |s: &&Session| (s.user, s.journey_key, s.currency) == told;
            assert!(sessions.iter().all(tells));
            let events: u32 = sessions.iter().map(|session| session.events).sum();
            assert_eq!(journey.events, events);
            assert_eq!(Some(journey.started), sessions.iter().map(|session| session.started).min());
            assert_eq!(Some(journey.ended), sessions.iter().map(|session| session.ended).max());
            let devices = sessions.iter().fold(0, |mask, session| mask | 1 << session.device);
            assert_eq!(journey.devices, devices);
            let numbers: Vec<usize> = sessions.iter().map(|s| usize::from(s.number)).collect();
            assert_eq!(numbers, (1..=sessions.len()).collect::<Vec<_>>());
            assert_eq!((journey.revenue, journey.orders), *revenue);
        }
    }

    /// Orders add up, were paid once, and came about in order.
    fn orders_add_up(&self) {
        let mut subtotals = vec![(0, 0); self.journal.orders.len()];
        for line in &self.journal.lines {
            let sum = &mut subtotals[line.order as usize];
            sum.0 += line.unit * i64::from(line.quantity);
            sum.1 += 1;
            assert_eq!(line.number, sum.1, "lines count from 1");
            assert!(line.quantity > 0 && line.unit > 0);
        }
        let mut captured = vec![0; self.journal.orders.len()];
        for payment in &self.journal.payments {
            assert!(payment.attempt > 0);
            if payment.order == NONE {
                assert_ne!(payment.status, CAPTURED);
                continue;
            }
            let order = &self.journal.orders[payment.order as usize];
            assert_eq!(payment.checkout, order.checkout);
            if payment.status == CAPTURED {
                captured[payment.order as usize] += 1;
                assert_eq!((payment.amount, payment.at), (order.total, order.paid));
                assert_eq!(payment.currency, order.currency);
            }
        }
        for ((order, subtotal), captured) in
            self.journal.orders.iter().zip(&subtotals).zip(&captured)
        {
            let session = &self.journal.sessions[order.session as usize];
            assert_eq!((order.subtotal, order.lines), *subtotal, "{order:?}");
            assert_eq!(order.total, order.subtotal - order.discount + order.shipping);
            assert!(order.discount >= 0 && order.shipping >= 0 && order.tax >= 0);
            assert!(order.total > 0 && order.tax < order.total);
            assert_eq!(*captured, 1, "{order:?}");
            assert!(session.converted && session.user == order.user);
            let moments =
                [session.started, order.placed, order.paid, order.shipped, order.delivered];
            assert!(moments.is_sorted(), "{order:?}");
            assert!(order.refunded == NEVER || order.refunded > order.paid);
        }
    }

    /// Every order is told by exactly one event, with its order; nobody swipes through a gallery with a mouse.
    fn events_tell_of_orders_and_devices(&self) {
        let kinds = &self.world.kinds;
        let mut told = vec![0; self.journal.orders.len()];
        let swiped = self.world.words.events.iter().position(|name| name == "gallery_swiped");
        for (session, rows) in self.sessions() {
            let class = self.world.models.devices[usize::from(session.profile)].class;
            for row in rows {
                if row.kind == kinds.order_completed {
                    let order = &self.journal.orders[row.extra as usize];
                    assert_eq!(order.user, session.user);
                    assert_eq!(order.paid, row.time, "{order:?}");
                    told[row.extra as usize] += 1;
                }
                let swipe = Some(usize::from(row.kind)) == swiped;
                assert!(!swipe || class != DeviceClass::Desktop, "{session:?}");
            }
        }
        assert!(told.iter().all(|times| *times == 1), "{told:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..Default::default() })]

    /// For all seeds, windows and bounds of lateness, a journal is whole: every ordinal leads to what it should, sums are sums, and
    /// nothing happens where or when it cannot.
    #[test]
    fn journals_are_whole(
        seed in 0..u64::MAX / 2,
        (first_month, days) in (1..=12_u32, 1..45_u32),
        lateness in 1..100_u32,
        coverage in 0..2_u32,
    ) {
        let crowd = Crowd::new(&format!(
            "seed = {seed}\nstart = 2026-{first_month:02}-20\ndays = {days}\nusers = 500\nlateness = \"{lateness}h\"\ncoverage = {coverage}\n"
        ));
        crowd.sessions_hold_their_events();
        crowd.nothing_happens_before_its_first_day();
        crowd.nobody_is_in_two_sessions_on_one_device();
        crowd.journeys_sum_up_their_sessions();
        crowd.orders_add_up();
        crowd.events_tell_of_orders_and_devices();
    }
}
