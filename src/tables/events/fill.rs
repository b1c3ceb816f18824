//! Laying out columns of the event table.

use std::ops::Range;

use crate::event::ids;
use crate::event::journal::Order;
use crate::frame::{Column, NULL};
use crate::tables::events::EventFrame;
use crate::tables::events::facts::{Envelope, Page, Product, Sale};
use crate::tables::events::rows::UNNAMED;
use crate::tables::events::sparse::Sparse;

impl EventFrame<'_> {
    pub(super) fn fill_envelope(&self, fact: Envelope, rows: Range<usize>, out: &mut Column) {
        let all = &self.rows;
        match fact {
            Envelope::Id => {
                let events = all.times[rows.clone()].iter().zip(&all.bits[rows.clone()]);
                out.ids().extend(events.map(|(time, bits)| ids::event(*time, *bits)));
            }
            Envelope::Name => {
                out.keys().extend(all.kinds[rows.clone()].iter().map(|kind| u32::from(*kind)));
            }
            Envelope::User => return copy(&all.users, &rows, Column::keys, out),
            Envelope::Sequence => {
                let ordinals = all.sequences[rows.clone()].iter();
                out.ints().extend(ordinals.map(|ordinal| i32::from(*ordinal) + 1));
            }
            Envelope::Time => out.longs().extend_from_slice(&all.times[rows.clone()]),
            Envelope::SentAt => out.longs().extend(rows.clone().map(|row| all.sent_at(row))),
            Envelope::ReceivedAt => out.longs().extend_from_slice(&all.received[rows.clone()]),
        }
        out.finish(rows.len());
    }

    pub(super) fn fill_session(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let sessions = &self.rows.sessions[rows];
        let (keys, some_null) = &self.keys[field];
        let keys = sessions.iter().map(|session| keys[*session as usize]);
        if *some_null {
            out.fill_keys(sessions.len(), keys);
        } else {
            out.fill_all_keys(sessions.len(), keys);
        }
    }

    pub(super) fn fill_page(&self, fact: Page, rows: &Range<usize>, out: &mut Column) {
        let all = &self.rows;
        match fact {
            Page::Url => copy(&all.urls, rows, Column::keys, out),
            Page::Path => copy(&all.paths, rows, Column::keys, out),
            Page::Referrer => copy(&all.referrers, rows, Column::keys, out),
            Page::LoadMs => copy(&all.loads, rows, Column::ints, out),
            Page::DwellMs => copy(&all.dwells, rows, Column::ints, out),
        }
    }

    pub(super) fn fill_product(&self, fact: Product, rows: &Range<usize>, out: &mut Column) {
        let (world, all) = (self.context.world, &self.rows);
        match fact {
            Product::Id => copy(&all.products, rows, Column::keys, out),
            Product::Category => {
                let catalogue = &world.models.catalogue.products;
                let category = |product: u32| catalogue[product as usize].category as u32;
                look_up(&all.products, rows, category, Column::keys, out);
            }
            Product::Brand => {
                let brand = |product: u32| world.words.brand[product as usize];
                look_up(&all.products, rows, brand, Column::keys, out);
            }
            Product::Price => copy(&all.prices, rows, Column::longs, out),
            Product::Quantity => copy(&all.quantities, rows, Column::ints, out),
            Product::Position => copy(&all.positions, rows, Column::ints, out),
        }
    }

    pub(super) fn fill_sale(&self, fact: Sale, rows: &Range<usize>, out: &mut Column) {
        let all = &self.rows;
        let order =
            |order: u32| -> &Order { &self.context.journal.orders[(order & !UNNAMED) as usize] };
        match fact {
            Sale::Cart => copy(&all.carts, rows, Column::keys, out),
            Sale::Currency => copy(&all.currencies, rows, Column::keys, out),
            Sale::Order => {
                // An order's key is its place among the orders of the slice.
                let mut place = all.orders.within(&(0..rows.start)).len() as u32;
                let keys = all.orders.each(rows).map(|ordinal| {
                    let key = ordinal.filter(|ordinal| ordinal & UNNAMED == 0).map(|_| place);
                    place += u32::from(ordinal.is_some());
                    key.unwrap_or(NULL)
                });
                out.fill_keys(rows.len(), keys);
            }
            Sale::Amount(amount) => {
                look_up(&all.orders, rows, |ordinal| amount(order(ordinal)), Column::longs, out);
            }
            Sale::Word(key, _) => {
                let keys = all.orders.each(rows);
                let keys = keys.map(|ordinal| ordinal.map_or(NULL, |ordinal| key(order(ordinal))));
                out.fill_keys(rows.len(), keys);
            }
        }
    }
}

/// Lays out values as they are.
pub(super) fn copy<T: Copy + Default>(
    values: &Sparse<T>,
    rows: &Range<usize>,
    list: fn(&mut Column) -> &mut Vec<T>,
    out: &mut Column,
) {
    list(out).extend_from_slice(values.within(rows));
    values.finish(rows, out);
}

/// Lays out what stands for values elsewhere.
fn look_up<T>(
    values: &Sparse<u32>,
    rows: &Range<usize>,
    meaning: impl Fn(u32) -> T,
    list: fn(&mut Column) -> &mut Vec<T>,
    out: &mut Column,
) {
    list(out).extend(values.within(rows).iter().map(|value| meaning(*value)));
    values.finish(rows, out);
}
