//! The tables beside the event stream: for each, how a record of the journal or of the models fills the facts of its columns.
//!
//! A table is one file with one slice, one line a fact. A [`RecordFrame`] binds the slice to whatever columns the schema asks for.

mod campaigns;
mod devices;
mod identity;
mod journeys;
mod order_items;
pub(crate) mod orders;
mod payments;
mod personas;
mod products;
pub(crate) mod sessions;
mod users;

use std::ops::Range;

pub use campaigns::CampaignRow;
pub use identity::Identity;
pub use personas::Traits;
pub use products::ProductRow;
pub use users::{UserRecords, UsersFrame};

use crate::event::journal::{Journal, NEVER};
use crate::frame::{Column, Dictionary, Frame, NULL, Strings};
use crate::scenario::World;
use crate::schema::Table;

/// What a fact is taken from: the world and the journal of a range.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The world.
    pub world: &'c World,
    /// The range's journal.
    pub journal: &'c Journal,
}

/// How a record gives a fact.
pub enum Get<R> {
    /// A key, [`NULL`] for none, into strings of the world.
    Key(fn(&Context<'_>, &R) -> u32, fn(&World) -> &Strings),
    /// A UUID.
    Id(fn(&Context<'_>, &R) -> u128),
    /// A UUID or none.
    MaybeId(fn(&Context<'_>, &R) -> Option<u128>),
    /// A moment, µs since 1970; [`NEVER`] is none.
    Time(fn(&Context<'_>, &R) -> i64),
    /// An amount in minor units.
    Money(fn(&Context<'_>, &R) -> i64),
    /// An amount or none.
    MaybeMoney(fn(&Context<'_>, &R) -> Option<i64>),
    /// A small number.
    Int(fn(&Context<'_>, &R) -> i32),
    /// A date, days since 1970, or none.
    Date(fn(&Context<'_>, &R) -> Option<i32>),
    /// A number.
    Double(fn(&Context<'_>, &R) -> f64),
    /// A flag.
    Flag(fn(&Context<'_>, &R) -> bool),
    /// A flag or none.
    MaybeFlag(fn(&Context<'_>, &R) -> Option<bool>),
    /// A string, written into the buffer; whether there is one.
    Text(fn(&Context<'_>, &R, &mut Vec<u8>) -> bool),
}

impl<R> Clone for Get<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Get<R> {}

/// A kind of record that is written as a table.
pub trait Record: Sync + Sized + 'static {
    /// How each fact of the table is taken from a record; one line a fact.
    const FACTS: &'static [(&'static str, Get<Self>)];
}

/// A table over records.
pub struct RecordFrame<'c, R: Record> {
    context: Context<'c>,
    table: &'c Table,
    records: &'c [R],
    gets: Vec<Option<Get<R>>>,
}

impl<'c, R: Record> RecordFrame<'c, R> {
    /// Binds a table's columns to the facts of its records.
    pub fn new(context: Context<'c>, table: &'c Table, records: &'c [R]) -> Self {
        let get = |from: &str| R::FACTS.iter().find(|(name, _)| *name == from).map(|(_, get)| *get);
        let gets = table.fields.iter().map(|field| get(&field.from)).collect();
        Self { context, table, records, gets }
    }
}

impl<R: Record> Frame for RecordFrame<'_, R> {
    fn table(&self) -> &Table {
        self.table
    }

    fn rows(&self) -> usize {
        self.records.len()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        match self.gets[field] {
            Some(Get::Key(_, strings)) => {
                Some(Dictionary::Texts { base: strings(self.context.world), own: &EMPTY })
            }
            _ => None,
        }
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let records = &self.records[rows];
        let (context, count) = (&self.context, records.len());
        match self.gets[field] {
            Some(Get::Key(key, _)) => out.fill_keys(count, records.iter().map(|r| key(context, r))),
            Some(Get::Id(id)) => {
                out.ids().extend(records.iter().map(|r| id(context, r)));
                out.finish(count);
            }
            Some(Get::MaybeId(id)) => maybe(records, |r| id(context, r), out, Column::ids),
            Some(Get::Time(time)) => {
                let known = |r: &R| Some(time(context, r)).filter(|time| *time != NEVER);
                maybe(records, known, out, Column::longs);
            }
            Some(Get::Money(money)) => {
                out.longs().extend(records.iter().map(|r| money(context, r)));
                out.finish(count);
            }
            Some(Get::MaybeMoney(money)) => maybe(records, |r| money(context, r), out, Column::longs),
            Some(Get::Int(int)) => {
                out.ints().extend(records.iter().map(|r| int(context, r)));
                out.finish(count);
            }
            Some(Get::Date(date)) => maybe(records, |r| date(context, r), out, Column::ints),
            Some(Get::Double(double)) => {
                out.doubles().extend(records.iter().map(|r| double(context, r)));
                out.finish(count);
            }
            Some(Get::Flag(flag)) => {
                out.flags().extend(records.iter().map(|r| flag(context, r)));
                out.finish(count);
            }
            Some(Get::MaybeFlag(flag)) => maybe(records, |r| flag(context, r), out, Column::flags),
            Some(Get::Text(text)) => texts(records, |r, bytes| text(context, r, bytes), out),
            // The loader lets no field name a fact that its table lacks.
            None => out.fill_keys(count, std::iter::repeat_n(NULL, count)),
        }
    }
}

/// No strings.
pub(crate) static EMPTY: Strings = Strings::empty();

/// Fills a column of which some rows may lack a value.
pub(crate) fn maybe<R, T>(
    records: &[R],
    get: impl Fn(&R) -> Option<T>,
    out: &mut Column,
    values: fn(&mut Column) -> &mut Vec<T>,
) {
    let list = values(out);
    list.extend(records.iter().filter_map(&get));
    if list.len() == records.len() {
        out.finish(records.len());
    } else {
        let valid = (0..records.len()).filter(|i| get(&records[*i]).is_some());
        out.finish_at(records.len(), valid);
    }
}

/// Fills a column of strings of its own.
pub(crate) fn texts<R>(
    records: &[R],
    mut write: impl FnMut(&R, &mut Vec<u8>) -> bool,
    out: &mut Column,
) {
    let (ends, bytes) = out.texts();
    let mut valid = Vec::with_capacity(records.len());
    for (i, record) in records.iter().enumerate() {
        if write(record, bytes) {
            ends.push(bytes.len() as u32);
            valid.push(i);
        }
    }
    if valid.len() == records.len() {
        out.finish(records.len());
    } else {
        out.finish_at(records.len(), valid);
    }
}
