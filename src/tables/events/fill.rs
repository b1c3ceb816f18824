//! Laying out columns of the event table.

use std::ops::Range;

use crate::event::ids;
use crate::event::journal::{NONE, Order, Row, Session};
use crate::frame::{Column, NULL};
use crate::scenario::fills;
use crate::scenario::properties::{From, Properties, drawn};
use crate::tables::events::facts::{Envelope, Page, Product, Sale, SessionFact};
use crate::tables::events::{About, EventFrame};
use crate::tables::sessions;

impl EventFrame<'_> {
    pub(super) fn fill_envelope(&self, fact: Envelope, rows: Range<usize>, out: &mut Column) {
        let events = &self.rows[rows.clone()];
        match fact {
            Envelope::Id => {
                let bits = &self.bits[rows.clone()];
                let id = |(event, bits): (&Row, &u64)| ids::event(event.time, *bits);
                out.ids().extend(events.iter().zip(bits).map(id));
            }
            Envelope::Name => out.keys().extend(events.iter().map(|event| u32::from(event.kind))),
            Envelope::User => {
                let user = |(event, session): (&Row, &u32)| {
                    let about = &self.about[*session as usize];
                    if event.time >= about.known_from { about.user } else { NULL }
                };
                let sessions = &self.sessions[rows.clone()];
                out.fill_keys(rows.len(), events.iter().zip(sessions).map(user));
                return;
            }
            Envelope::Sequence => {
                out.ints().extend(events.iter().map(|event| i32::from(event.sequence) + 1));
            }
            Envelope::Time => out.longs().extend(events.iter().map(|event| event.time)),
            Envelope::SentAt => out.longs().extend(rows.clone().map(|row| self.sent_at(row))),
            Envelope::ReceivedAt => out.longs().extend(events.iter().map(|event| event.received)),
        }
        out.finish(rows.len());
    }

    pub(super) fn fill_session(
        &self,
        field: usize,
        fact: SessionFact,
        rows: Range<usize>,
        out: &mut Column,
    ) {
        let sessions = &self.sessions[rows];
        if matches!(fact, SessionFact::Session | SessionFact::Ip) {
            // Keys of the session itself are the sessions' ordinals.
            out.keys().extend_from_slice(sessions);
            out.finish(sessions.len());
        } else {
            let (keys, some_null) = &self.keys[field];
            let keys = sessions.iter().map(|session| keys[*session as usize]);
            if *some_null {
                out.fill_keys(sessions.len(), keys);
            } else {
                out.fill_all_keys(sessions.len(), keys);
            }
        }
    }

    pub(super) fn fill_page(&self, fact: Page, rows: Range<usize>, out: &mut Column) {
        let events = &self.rows[rows.clone()];
        let (_, list) = within(&self.pages, &rows);
        let page = |row: &u32| &self.rows[*row as usize];
        match fact {
            Page::Url => {
                let base = self.context.world.pages.urls.len() as u32;
                // The first page of a session is reached by the campaign's link.
                let key = |event: &Row| {
                    if event.sequence == 0 { base + event.session } else { event.page }
                };
                out.keys().extend(list.iter().map(page).map(key));
                finish_at(out, &rows, list);
            }
            Page::Path => {
                out.keys().extend(list.iter().map(|row| page(row).page));
                finish_at(out, &rows, list);
            }
            Page::Referrer => {
                let key = |(event, session): (&Row, &u32)| match event {
                    event if event.sequence == 0 => {
                        let session = &self.local[*session as usize];
                        sessions::referrer(self.context.world, session)
                    }
                    _ => NULL,
                };
                let sessions = &self.sessions[rows.clone()];
                out.fill_keys(rows.len(), events.iter().zip(sessions).map(key));
            }
            Page::LoadMs => small(events, |event| i32::from(event.load_ms), out),
            Page::DwellMs => small(events, |event| event.dwell_ms.cast_signed(), out),
        }
    }

    pub(super) fn fill_product(&self, fact: Product, rows: Range<usize>, out: &mut Column) {
        let events = &self.rows[rows.clone()];
        let (_, list) = within(&self.products, &rows);
        let world = self.context.world;
        let catalogue = &world.models.catalogue.products;
        let product = |row: &u32| self.rows[*row as usize].product;
        match fact {
            Product::Id => out.keys().extend(list.iter().map(product)),
            Product::Category => {
                let category = |row| catalogue[product(row) as usize].category as u32;
                out.keys().extend(list.iter().map(category));
            }
            Product::Brand => {
                let brand = |row| world.words.brand[product(row) as usize];
                out.keys().extend(list.iter().map(brand));
            }
            Product::Price => {
                let price = |row: &u32| {
                    let currency = self.about[self.sessions[*row as usize] as usize].currency;
                    catalogue[product(row) as usize].prices[usize::from(currency)]
                };
                out.longs().extend(list.iter().map(price));
            }
            Product::Quantity => {
                small(events, |event| i32::from(event.quantity), out);
                return;
            }
            Product::Position => {
                small(events, |event| i32::from(event.position), out);
                return;
            }
        }
        finish_at(out, &rows, list);
    }

    pub(super) fn fill_sale(&self, fact: Sale, rows: Range<usize>, out: &mut Column) {
        let (first, list) = within(&self.orders, &rows);
        match fact {
            Sale::Cart => {
                let of = |event: &Row| self.groups(event) & fills::CART != 0;
                self.fill_by_session(rows, |event, about| of(event).then_some(about.journey), out);
            }
            Sale::Currency => {
                let priced = |event: &Row| {
                    let groups = self.groups(event);
                    groups & fills::PRODUCT != 0 && event.product != NONE
                        || groups & fills::ORDER != 0 && event.extra != NONE
                };
                self.fill_by_session(
                    rows,
                    |event, about| priced(event).then_some(about.currency.into()),
                    out,
                );
            }
            Sale::Order => {
                out.keys().extend_from_slice(&self.order_keys[first..first + list.len()]);
                finish_at(out, &rows, list);
            }
            Sale::Amount(amount) => {
                out.longs().extend(list.iter().map(|row| amount(self.order_of(*row))));
                finish_at(out, &rows, list);
            }
            Sale::Word(key, _) => {
                let keys = list.iter().map(|row| (*row, key(self.order_of(*row))));
                let known: Vec<(u32, u32)> = keys.filter(|(_, key)| *key != NULL).collect();
                out.keys().extend(known.iter().map(|(_, key)| *key));
                let list: Vec<u32> = known.iter().map(|(row, _)| *row).collect();
                finish_at(out, &rows, &list);
            }
        }
    }

    pub(super) fn fill_query(&self, rows: Range<usize>, out: &mut Column) {
        let query = |event: &Row| {
            if self.groups(event) & fills::SEARCH == 0 { NULL } else { event.extra }
        };
        out.fill_keys(rows.len(), self.rows[rows].iter().map(query));
    }

    pub(super) fn fill_properties(&self, rows: Range<usize>, out: &mut Column) {
        out.fill_keys(rows.len(), rows.map(|row| self.properties(row)));
    }

    /// Fills a column with keys that follow from an event and its session.
    fn fill_by_session(
        &self,
        rows: Range<usize>,
        key: impl Fn(&Row, &About) -> Option<u32>,
        out: &mut Column,
    ) {
        let of = |(event, session): (&Row, &u32)| {
            key(event, &self.about[*session as usize]).unwrap_or(NULL)
        };
        let sessions = &self.sessions[rows.clone()];
        out.fill_keys(rows.len(), self.rows[rows].iter().zip(sessions).map(of));
    }

    /// The groups of columns that an event fills.
    fn groups(&self, event: &Row) -> u8 {
        self.context.world.fills[usize::from(event.kind)]
    }

    fn session_of(&self, row: usize) -> &Session {
        &self.local[self.sessions[row] as usize]
    }

    fn order_of(&self, row: u32) -> &Order {
        &self.context.journal.orders[self.rows[row as usize].extra as usize]
    }

    /// When the client sent an event: between its time and its arrival, less the network's part.
    fn sent_at(&self, row: usize) -> i64 {
        let event = &self.rows[row];
        let latency = 15_000 + (self.bits[row] >> 40) as i64 % 180_000;
        (event.received - latency).max(event.time)
    }

    /// The key of a row's properties.
    fn properties(&self, row: usize) -> u32 {
        let event = &self.rows[row];
        let properties: &Properties = &self.context.world.properties[usize::from(event.kind)];
        if properties.values.is_empty() {
            return NULL;
        }
        let session = self.session_of(row);
        let bits = self.bits[row];
        let mut key = properties.first;
        for value in &properties.values {
            let ordinal = match &value.from {
                From::Gesture(tables, salt) => {
                    tables[usize::from(session.profile)].pick(drawn(bits, *salt)) as u32
                }
                From::Scroll => scroll(event.dwell_ms, bits),
                From::First => event.detail[0].into(),
                From::Second => event.detail[1].into(),
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
}

/// How far a page was read, in tens of percent, from how long it was looked at.
fn scroll(dwell_ms: u32, bits: u64) -> u32 {
    let depth = dwell_ms.checked_ilog2().unwrap_or(0).saturating_sub(9);
    (depth + (bits >> 61) as u32).saturating_sub(2).min(10)
}

/// The part of a sorted list of rows that lies in a range.
fn within<'l>(list: &'l [u32], rows: &Range<usize>) -> (usize, &'l [u32]) {
    let first = list.partition_point(|row| (*row as usize) < rows.start);
    let end = list.partition_point(|row| (*row as usize) < rows.end);
    (first, &list[first..end])
}

/// Ends a column whose values are those of the listed rows.
fn finish_at(out: &mut Column, rows: &Range<usize>, list: &[u32]) {
    if list.len() == rows.len() {
        out.finish(rows.len());
    } else {
        out.finish_at(rows.len(), list.iter().map(|row| *row as usize - rows.start));
    }
}

/// Fills a column of numbers of which 0 is none.
fn small(events: &[Row], get: impl Fn(&Row) -> i32, out: &mut Column) {
    let values = out.ints();
    values.extend(events.iter().map(&get).filter(|value| *value != 0));
    let known = (0..events.len()).filter(|row| get(&events[*row]) != 0);
    out.finish_at(events.len(), known);
}
