//! Recording: from "this happened now" to a row with its sequence, its facts and its arrival.

use crate::event::journal::{NEVER, NONE, Row, Session};
use crate::journey::visits::Walker;
use crate::scenario::fills;
use crate::scenario::tables::Tables;
use crate::seed::Stream;

const SECOND: f64 = 1_000_000.0;

/// A session while it is walked.
pub(super) struct Walk {
    pub stream: Stream,
    /// Ordinal of the session in the journal.
    pub ordinal: u32,
    pub row: Session,
    /// The moment that the walk has reached, µs since 1970.
    pub now: i64,
    sequence: u16,
    arrived: i64,
    /// Without network from, until; both [`NEVER`] when always connected.
    offline: (i64, i64),
    pub page: u32,
    pub load_ms: u16,
    /// Seconds that a round trip takes in this session.
    pub trip: f64,
    pub dwell_ms: u32,
    pub product: u32,
    pub category: u32,
    pub query: u32,
    pub document: u32,
    pub position: u8,
    pub engagement: f64,
    pub conversion: f64,
    pub load: f64,
    pub ln_load: f64,
    pub dwell: f64,
    pub mode: usize,
    pub hooked: bool,
    /// The visit began with an answer to the consent banner.
    pub answered: bool,
    /// The product was chosen by a click and is seen next.
    pub clicked: bool,
}

impl Walk {
    pub(super) fn new(stream: Stream, ordinal: u32, row: Session, offline: (i64, i64)) -> Self {
        Self {
            stream,
            ordinal,
            now: row.started,
            row,
            sequence: 0,
            arrived: i64::MIN,
            offline,
            page: NONE,
            load_ms: 0,
            trip: 0.0,
            dwell_ms: 0,
            product: NONE,
            category: 0,
            query: 0,
            document: 0,
            position: 0,
            engagement: 0.0,
            conversion: 0.0,
            load: 1.0,
            ln_load: 0.0,
            dwell: 1.0,
            mode: 0,
            hooked: false,
            answered: false,
            clicked: false,
        }
    }

    /// Lets a reaction's time pass: about the median, in seconds.
    pub(super) fn react(&mut self, tables: &Tables, median: f64) {
        let seconds = median * tables.reaction.draw(&mut self.stream);
        self.wait(seconds);
    }

    /// Lets seconds pass.
    pub(super) fn wait(&mut self, seconds: f64) {
        self.now += (seconds * SECOND) as i64;
    }
}

impl Walker<'_> {
    /// Records an event of the current moment.
    pub(super) fn record(&mut self, walk: &mut Walk, kind: u8, detail: [u8; 2]) {
        self.record_order(walk, kind, detail, NONE, 0);
    }

    /// Records an event with its order or its number of pieces.
    pub(super) fn record_order(
        &mut self,
        walk: &mut Walk,
        kind: u8,
        detail: [u8; 2],
        order: u32,
        quantity: u8,
    ) {
        self.record_row(walk, kind, Row { detail, extra: order, quantity, ..Row::default() });
    }

    /// Records the view of the current page: an event that has a load time and a dwell.
    pub(super) fn record_view(&mut self, walk: &mut Walk, kind: u8, detail: [u8; 2]) {
        let (dwell_ms, load_ms) = (walk.dwell_ms, walk.load_ms);
        let row = Row { detail, extra: NONE, dwell_ms, load_ms, ..Row::default() };
        self.record_row(walk, kind, row);
        walk.row.page_views += 1;
    }

    /// Records an event of which a row tells what it has of its own; `extra` is its order.
    fn record_row(&mut self, walk: &mut Walk, kind: u8, own: Row) {
        let fills = self.world.fills[usize::from(kind)];
        let when = |bit: u8, value: u32| if fills & bit == 0 { NONE } else { value };
        let order = when(fills::ORDER, own.extra);
        let received = self.arrival(walk);
        let row = Row {
            time: walk.now,
            received,
            page: when(fills::PAGE, walk.page),
            product: when(fills::PRODUCT, walk.product),
            extra: if fills & fills::SEARCH == 0 { order } else { walk.query },
            sequence: walk.sequence,
            kind,
            position: if fills & fills::LIST == 0 { 0 } else { walk.position },
            ..own
        };
        walk.sequence = walk.sequence.saturating_add(1);
        walk.row.events += 1;
        walk.row.ended = walk.now;
        self.journal.slices[self.slices.of(received)].push(walk.ordinal, row);
    }

    /// When the event of this moment arrives: the client's queue, the network, and the time without one. A client sends in order, so
    /// no event of a session arrives before an earlier one.
    fn arrival(&self, walk: &mut Walk) -> i64 {
        let world = self.world;
        let tables = &world.tables;
        // One draw serves both: they use bits of their own to choose a cell of their tables.
        let bits = walk.stream.next();
        let queue = tables.exponential.pick(bits) * world.behaviour.arrival.flush;
        let trip = tables.reaction.pick(bits.rotate_left(40)) * walk.trip;
        let (from, until) = walk.offline;
        let sent = if walk.now >= from && walk.now < until { until } else { walk.now };
        let at = sent + ((queue + trip) * SECOND) as i64;
        let latest = walk.now + world.lateness;
        walk.arrived = at.max(walk.arrived.saturating_add(1)).clamp(walk.now, latest);
        walk.arrived
    }

    /// The time without network of a session, if it has one.
    pub(super) fn offline(&self, stream: &mut Stream, profile: usize, start: i64) -> (i64, i64) {
        let world = self.world;
        if !stream.chance(world.models.devices[profile].offline) {
            return (NEVER, NEVER);
        }
        let from = start + (world.tables.exponential.draw(stream) * 90.0 * SECOND) as i64;
        let lasts = (world.tables.offline.draw(stream) * SECOND) as i64;
        // The stated bound holds for the queue and the network as well.
        (from, from + lasts.min(world.lateness - 60 * SECOND as i64))
    }
}
