//! The rows of a slice in order of arrival, turned into columns once for all of them.
//!
//! A row is read a single time, while it lies in a core's cache; afterwards a sink's pull of a column is little more than a copy.

use std::cell::Cell;

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

/// Stands in the ordinal of an order that its event does not name. No journal has so many orders.
pub(super) const UNNAMED: u32 = 1 << 31;

thread_local! {
    /// The rows of the last slice that the thread is done with. Their room is used again: fresh memory costs more than to fill it.
    static SPARE: Cell<Option<Box<Rows>>> = const { Cell::new(None) };
}

/// What a row needs to know of its session.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub(super) known_from: i64,
    pub(super) user: u32,
    pub(super) journey: u32,
    pub(super) currency: u8,
    /// Whether its events bear ids that outlast it.
    pub(super) persists: bool,
}

/// The sessions of a slice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met<'m> {
    /// Their records.
    pub(super) records: &'m [Session],
    /// What rows need to know of each.
    pub(super) about: &'m [About],
}

/// Rows turned together.
#[derive(Clone, Copy)]
struct Block<'b> {
    world: &'b World,
    met: Met<'b>,
    rows: &'b [Row],
    /// By row: the groups of columns that it fills.
    groups: &'b [u8],
}

impl<'b> Block<'b> {
    /// Its rows, each with the groups of columns that it fills.
    fn rows(self) -> impl ExactSizeIterator<Item = (&'b Row, u8)> {
        self.rows.iter().zip(self.groups.iter().copied())
    }

    fn about(self, row: &Row) -> &'b About {
        &self.met.about[row.session as usize]
    }

    fn session(self, row: &Row) -> &'b Session {
        &self.met.records[row.session as usize]
    }
}

/// The columns that tell of the event itself.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) kinds: Vec<u8>,
    pub(super) times: Vec<i64>,
    pub(super) received: Vec<i64>,
    /// Ordinals among the sessions of the rows.
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
    /// Orders, by their ordinal in the journal, with [`UNNAMED`] where the event tells only what was paid.
    pub(super) orders: Sparse<u32>,
}

impl Rows {
    /// Turns rows that belong to those sessions.
    pub(super) fn new(world: &World, met: Met<'_>, arrived: &Arrived<'_>) -> Self {
        let mut rows = SPARE.take().map(|rows| *rows).unwrap_or_default();
        rows.begin(arrived.len());
        let mut groups = Vec::with_capacity(BLOCK);
        arrived.for_blocks(BLOCK, |block| {
            groups.clear();
            groups.extend(block.iter().map(|row| world.fills[usize::from(row.kind)]));
            let block = Block { world, met, rows: block, groups: &groups };
            rows.add_envelopes(block);
            rows.add_pages(block);
            rows.add_products(block);
            rows.add_sales(block);
            rows.add_details(block);
        });
        rows
    }

    /// Throws all rows away, and makes room for so many.
    fn begin(&mut self, count: usize) {
        macro_rules! begin {
            (dense $($dense:ident)*, sparse $($sparse:ident)*) => {{
                let Self { $($dense,)* $($sparse,)* } = self;
                $($dense.clear(); $dense.reserve(count);)*
                $($sparse.clear();)*
            }};
        }
        begin!(
            dense kinds times received sessions sequences bits,
            sparse users urls paths referrers loads dwells products prices quantities positions
                carts currencies queries properties orders
        );
    }

    /// Leaves the room that the rows took to the next ones that the thread turns.
    pub(super) fn leave(self) {
        let there = SPARE.take();
        let larger = there.filter(|there| there.times.capacity() > self.times.capacity());
        SPARE.set(Some(larger.unwrap_or_else(|| Box::new(self))));
    }

    /// What every row has.
    fn add_envelopes(&mut self, block: Block<'_>) {
        let rows = block.rows.iter();
        self.kinds.extend(rows.clone().map(|row| row.kind));
        self.times.extend(rows.clone().map(|row| row.time));
        self.received.extend(rows.clone().map(|row| row.received));
        self.sessions.extend(rows.clone().map(|row| row.session));
        self.sequences.extend(rows.clone().map(|row| row.sequence));
        let bits = |row: &Row| ids::event_bits(block.session(row).key, row.sequence);
        self.bits.extend(rows.clone().map(bits));
        self.users.extend(rows.map(|row| {
            let about = block.about(row);
            (about.user, row.time >= about.known_from)
        }));
    }

    fn add_pages(&mut self, block: Block<'_>) {
        let base = block.world.pages.urls.len() as u32;
        let paged = |row: &Row, groups| row.page != NONE && groups & fills::PAGE != 0;
        // The first page of a session is reached by the campaign's link.
        let url = |row: &Row| if row.sequence == 0 { base + row.session } else { row.page };
        self.urls.extend(block.rows().map(|(row, groups)| (url(row), paged(row, groups))));
        self.paths.extend(block.rows().map(|(row, groups)| (row.page, paged(row, groups))));
        self.referrers.extend_keys(block.rows.iter().map(|row| match row.sequence {
            0 => sessions::referrer(block.world, block.session(row)),
            _ => NULL,
        }));
        self.loads.extend_small(block.rows.iter().map(|row| row.load_ms.into()));
        self.dwells.extend_small(block.rows.iter().map(|row| row.dwell_ms.cast_signed()));
    }

    fn add_products(&mut self, block: Block<'_>) {
        let prices = &block.world.words.prices;
        let currencies = prices.len() / block.world.models.catalogue.products.len().max(1);
        self.products
            .extend(block.rows().map(|(row, groups)| (row.product, has_product(row, groups))));
        self.prices.extend(block.rows().map(|(row, groups)| {
            let has = has_product(row, groups);
            let currency = usize::from(block.about(row).currency);
            let place = if has { row.product as usize * currencies + currency } else { 0 };
            (prices.get(place).copied().unwrap_or(0), has)
        }));
        self.quantities.extend_small(block.rows.iter().map(|row| row.quantity.into()));
        self.positions.extend_small(block.rows.iter().map(|row| row.position.into()));
    }

    fn add_sales(&mut self, block: Block<'_>) {
        let cart = |(row, groups)| {
            let about = block.about(row);
            (about.journey, groups & fills::CART != 0 && about.persists)
        };
        self.carts.extend(block.rows().map(cart));
        self.currencies.extend(block.rows().map(|(row, groups)| {
            let priced = has_product(row, groups) || has_order(row, groups);
            (block.about(row).currency.into(), priced)
        }));
        self.orders.extend(block.rows().map(|(row, groups)| {
            let unnamed = if block.about(row).persists { 0 } else { UNNAMED };
            (row.extra | unnamed, has_order(row, groups))
        }));
    }

    fn add_details(&mut self, block: Block<'_>) {
        let query =
            |(row, groups): (&Row, u8)| if groups & fills::SEARCH == 0 { NULL } else { row.extra };
        self.queries.extend_keys(block.rows().map(query));
        let bits = &self.bits[self.bits.len() - block.rows.len()..];
        self.properties.extend_keys(block.rows.iter().zip(bits).map(|(row, bits)| {
            let properties = &block.world.properties[usize::from(row.kind)];
            object(properties, block.session(row), row, *bits)
        }));
    }

    /// When the client sent an event: between its time and its arrival, less the network's part.
    pub(super) fn sent_at(&self, row: usize) -> i64 {
        let latency = 15_000 + (self.bits[row] >> 40) as i64 % 180_000;
        (self.received[row] - latency).max(self.times[row])
    }
}

#[inline]
fn has_product(row: &Row, groups: u8) -> bool {
    row.product != NONE && groups & fills::PRODUCT != 0
}

#[inline]
fn has_order(row: &Row, groups: u8) -> bool {
    row.extra != NONE && groups & fills::ORDER != 0
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
