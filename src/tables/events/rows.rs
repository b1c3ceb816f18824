//! The rows of a slice in order of arrival, turned into columns once for all of them.
//!
//! A row is read a single time, while it lies in a core's cache; afterwards a sink's pull of a column is little more than a copy.

use crate::event::ids;
use crate::event::journal::{NONE, Row, Session};
use crate::frame::NULL;
use crate::scenario::properties::{From, Properties, drawn};
use crate::scenario::{World, fills};
use crate::tables::events::arrange::Arrived;
use crate::tables::events::sparse::Sparse;
use crate::tables::sessions;

/// Rows turned at a time, a multiple of 64: so few that they stay in the cache nearest to a core.
const BLOCK: usize = 256;

/// What a row needs to know of its session.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub(super) known_from: i64,
    pub(super) user: u32,
    pub(super) journey: u32,
    pub(super) currency: u8,
}

/// The sessions of a slice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met<'m> {
    /// Their records.
    pub(super) records: &'m [Session],
    /// What rows need to know of each.
    pub(super) about: &'m [About],
}

/// The columns that tell of the event itself.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) kinds: Vec<u8>,
    pub(super) times: Vec<i64>,
    pub(super) received: Vec<i64>,
    /// Ordinals in the slice.
    pub(super) sessions: Vec<u32>,
    pub(super) sequences: Vec<u16>,
    /// The random bits of each event.
    pub(super) bits: Vec<u64>,
    /// Users once known, by their ordinal in the slice.
    pub(super) users: Sparse<u32>,
    pub(super) urls: Sparse<u32>,
    pub(super) paths: Sparse<u32>,
    pub(super) referrers: Sparse<u32>,
    pub(super) loads: Sparse<i32>,
    pub(super) dwells: Sparse<i32>,
    pub(super) products: Sparse<u32>,
    pub(super) prices: Sparse<i64>,
    pub(super) quantities: Sparse<i32>,
    pub(super) positions: Sparse<i32>,
    /// Carts, by the ordinal of their journey in the slice.
    pub(super) carts: Sparse<u32>,
    pub(super) currencies: Sparse<u32>,
    pub(super) queries: Sparse<u32>,
    pub(super) properties: Sparse<u32>,
    /// Orders, by their ordinal in the journal.
    pub(super) orders: Sparse<u32>,
}

impl Rows {
    /// Turns rows that belong to those sessions.
    pub(super) fn new(world: &World, met: Met<'_>, arrived: &Arrived) -> Self {
        let mut rows = Self::with_room(arrived.len());
        arrived.for_blocks(BLOCK, |block| {
            rows.add_envelopes(met, block);
            rows.add_pages(world, met, block);
            rows.add_products(world, met, block);
            rows.add_sales(world, met, block);
            rows.add_details(world, met, block);
        });
        rows
    }

    /// Room for so many rows.
    fn with_room(rows: usize) -> Self {
        Self {
            kinds: Vec::with_capacity(rows),
            times: Vec::with_capacity(rows),
            received: Vec::with_capacity(rows),
            sessions: Vec::with_capacity(rows),
            sequences: Vec::with_capacity(rows),
            bits: Vec::with_capacity(rows),
            users: Sparse::with_room(rows),
            urls: Sparse::with_room(rows),
            paths: Sparse::with_room(rows),
            referrers: Sparse::with_room(rows),
            loads: Sparse::with_room(rows),
            dwells: Sparse::with_room(rows),
            products: Sparse::with_room(rows),
            prices: Sparse::with_room(rows),
            properties: Sparse::with_room(rows),
            ..Self::default()
        }
    }

    /// What every row has.
    fn add_envelopes(&mut self, met: Met<'_>, block: &[Row]) {
        self.kinds.extend(block.iter().map(|row| row.kind));
        self.times.extend(block.iter().map(|row| row.time));
        self.received.extend(block.iter().map(|row| row.received));
        self.sessions.extend(block.iter().map(|row| row.session));
        self.sequences.extend(block.iter().map(|row| row.sequence));
        let key = |row: &Row| met.records[row.session as usize].key;
        self.bits.extend(block.iter().map(|row| ids::event_bits(key(row), row.sequence)));
        self.users.extend(block.iter().map(|row| {
            let about = &met.about[row.session as usize];
            (about.user, row.time >= about.known_from)
        }));
    }

    fn add_pages(&mut self, world: &World, met: Met<'_>, block: &[Row]) {
        let base = world.pages.urls.len() as u32;
        let paged = |row: &Row| row.page != NONE && fills(world, row) & fills::PAGE != 0;
        // The first page of a session is reached by the campaign's link.
        let url = |row: &Row| if row.sequence == 0 { base + row.session } else { row.page };
        self.urls.extend(block.iter().map(|row| (url(row), paged(row))));
        self.paths.extend(block.iter().map(|row| (row.page, paged(row))));
        self.referrers.extend_keys(block.iter().map(|row| match row.sequence {
            0 => sessions::referrer(world, &met.records[row.session as usize]),
            _ => NULL,
        }));
        self.loads.extend_small(block.iter().map(|row| row.load_ms.into()));
        self.dwells.extend_small(block.iter().map(|row| row.dwell_ms.cast_signed()));
    }

    fn add_products(&mut self, world: &World, met: Met<'_>, block: &[Row]) {
        let catalogue = &world.models.catalogue.products;
        self.products.extend(block.iter().map(|row| (row.product, shows_product(world, row))));
        self.prices.extend(block.iter().map(|row| {
            if !shows_product(world, row) {
                return (0, false);
            }
            let currency = met.about[row.session as usize].currency;
            (catalogue[row.product as usize].prices[usize::from(currency)], true)
        }));
        self.quantities.extend_small(block.iter().map(|row| row.quantity.into()));
        self.positions.extend_small(block.iter().map(|row| row.position.into()));
    }

    fn add_sales(&mut self, world: &World, met: Met<'_>, block: &[Row]) {
        let about = |row: &Row| &met.about[row.session as usize];
        self.carts.extend(
            block.iter().map(|row| (about(row).journey, fills(world, row) & fills::CART != 0)),
        );
        self.currencies.extend(block.iter().map(|row| {
            let priced = shows_product(world, row) || has_order(world, row);
            (about(row).currency.into(), priced)
        }));
        self.orders.extend(block.iter().map(|row| (row.extra, has_order(world, row))));
    }

    fn add_details(&mut self, world: &World, met: Met<'_>, block: &[Row]) {
        let query = |row: &Row| {
            if fills(world, row) & fills::SEARCH == 0 { NULL } else { row.extra }
        };
        self.queries.extend_keys(block.iter().map(query));
        let bits = &self.bits[self.bits.len() - block.len()..];
        let rows = block.iter().zip(bits);
        self.properties.extend_keys(rows.map(|(row, bits)| {
            let properties = &world.properties[usize::from(row.kind)];
            object(properties, &met.records[row.session as usize], row, *bits)
        }));
    }

    /// When the client sent an event: between its time and its arrival, less the network's part.
    pub(super) fn sent_at(&self, row: usize) -> i64 {
        let latency = 15_000 + (self.bits[row] >> 40) as i64 % 180_000;
        (self.received[row] - latency).max(self.times[row])
    }
}

/// The groups of columns that an event fills.
#[inline]
fn fills(world: &World, row: &Row) -> u8 {
    world.fills[usize::from(row.kind)]
}

#[inline]
fn shows_product(world: &World, row: &Row) -> bool {
    row.product != NONE && fills(world, row) & fills::PRODUCT != 0
}

#[inline]
fn has_order(world: &World, row: &Row) -> bool {
    row.extra != NONE && fills(world, row) & fills::ORDER != 0
}

/// The key of a row's properties.
#[inline]
fn object(properties: &Properties, session: &Session, row: &Row, bits: u64) -> u32 {
    if properties.values.is_empty() {
        return NULL;
    }
    let mut key = properties.first;
    for value in &properties.values {
        let ordinal = match &value.from {
            From::Gesture(tables, salt) => {
                tables[usize::from(session.profile)].pick(drawn(bits, *salt)) as u32
            }
            From::Scroll => scroll(row.dwell_ms, bits),
            From::First => row.detail[0].into(),
            From::Second => row.detail[1].into(),
            From::Channel(channels) => {
                let of_source = &channels[usize::from(session.source)];
                of_source.get(usize::from(session.campaign)).copied().unwrap_or(0)
            }
            From::Drawn(table, salt) => table.pick(drawn(bits, *salt)) as u32,
        };
        key += ordinal.min(value.count - 1) * value.stride;
    }
    key
}

/// How far a page was read, in tens of percent, from how long it was looked at.
fn scroll(dwell_ms: u32, bits: u64) -> u32 {
    let depth = dwell_ms.checked_ilog2().unwrap_or(0).saturating_sub(9);
    (depth + (bits >> 61) as u32).saturating_sub(2).min(10)
}
