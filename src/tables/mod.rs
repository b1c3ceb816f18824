//! The tables beside the event stream: for each, how a record of the journal or of the models fills the facts of its columns.
//!
//! A table is one file with one slice, one line a fact. A [`RecordFrame`] binds the slice to whatever columns the schema asks for.

mod campaigns;
mod catalogue;
mod devices;
pub mod events;
mod identity;
pub(crate) mod journeys;
mod order_items;
pub(crate) mod orders;
mod payments;
mod personas;
mod products;
pub(crate) mod sessions;
mod users;

use std::ops::Range;

pub use campaigns::CampaignRow;
pub use catalogue::catalogue;
pub use identity::Identity;
pub use personas::Traits;
pub use products::ProductRow;
pub use users::{UserRecords, UsersFrame};

use crate::event::journal::{Journal, NEVER, UserRow};
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

    /// Lays out a column of records in the order that an iterator gives them.
    fn lay<'r>(
        &self,
        get: Get<R>,
        records: impl Iterator<Item = &'r R> + Clone,
        count: usize,
        out: &mut Column,
    ) {
        let context = &self.context;
        match get {
            Get::Key(key, _) => out.fill_keys(count, records.map(|r| key(context, r))),
            Get::Id(id) => all(records.map(|r| id(context, r)), out, Column::ids),
            Get::MaybeId(id) => maybe(records.map(|r| id(context, r)), out, Column::ids),
            Get::Time(time) => {
                let known = |r: &R| Some(time(context, r)).filter(|time| *time != NEVER);
                maybe(records.map(known), out, Column::longs);
            }
            Get::Money(money) => all(records.map(|r| money(context, r)), out, Column::longs),
            Get::MaybeMoney(money) => maybe(records.map(|r| money(context, r)), out, Column::longs),
            Get::Int(int) => all(records.map(|r| int(context, r)), out, Column::ints),
            Get::Date(date) => maybe(records.map(|r| date(context, r)), out, Column::ints),
            Get::Double(double) => all(records.map(|r| double(context, r)), out, Column::doubles),
            Get::Flag(flag) => all(records.map(|r| flag(context, r)), out, Column::flags),
            Get::MaybeFlag(flag) => maybe(records.map(|r| flag(context, r)), out, Column::flags),
            Get::Text(text) => texts(records, |r, bytes| text(context, r, bytes), out),
        }
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
        let count = rows.len();
        match self.gets[field] {
            Some(get) => self.lay(get, self.records[rows].iter(), count, out),
            // The loader lets no field name a fact that its table lacks.
            None => out.fill_keys(count, std::iter::repeat_n(NULL, count)),
        }
    }
}

/// No strings.
pub(crate) static EMPTY: Strings = Strings::empty();

/// Fills a column of which every row has a value.
fn all<T>(
    items: impl Iterator<Item = T>,
    out: &mut Column,
    values: fn(&mut Column) -> &mut Vec<T>,
) {
    let list = values(out);
    list.extend(items);
    let rows = list.len();
    out.finish(rows);
}

/// Fills a column of which some rows may lack a value.
fn maybe<T>(
    items: impl Iterator<Item = Option<T>> + Clone,
    out: &mut Column,
    values: fn(&mut Column) -> &mut Vec<T>,
) {
    let list = values(out);
    let mut rows = 0;
    list.extend(items.clone().inspect(|_| rows += 1).flatten());
    if list.len() == rows {
        out.finish(rows);
    } else {
        let valid = items.enumerate().filter_map(|(row, item)| item.map(|_| row));
        out.finish_at(rows, valid);
    }
}

/// Fills a column of strings of its own.
fn texts<'r, R: 'r>(
    records: impl Iterator<Item = &'r R>,
    write: impl Fn(&R, &mut Vec<u8>) -> bool,
    out: &mut Column,
) {
    let (ends, bytes) = out.texts();
    let mut valid = Vec::new();
    let mut rows = 0;
    for record in records {
        if write(record, bytes) {
            ends.push(bytes.len() as u32);
            valid.push(rows);
        }
        rows += 1;
    }
    if valid.len() == rows {
        out.finish(rows);
    } else {
        out.finish_at(rows, valid);
    }
}

/// A table's rows, ready to be written.
pub struct Rows<'r> {
    /// The rows.
    pub frame: &'r dyn Frame,
    /// Least and greatest time of those sorted by time, µs since 1970.
    pub time_range: Option<(i64, i64)>,
}

/// Lays out a table of a range and hands its rows to `write`.
///
/// # Errors
/// What `write` says.
pub fn with_frame<T, E>(
    context: Context<'_>,
    table: &Table,
    write: impl FnOnce(Rows<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let (world, journal) = (context.world, context.journal);
    let people = &world.people;
    match table.name.as_str() {
        "users" => {
            let users = UserRecords::new(context, &journal.users);
            plain(&UsersFrame::new(context, table, &users), write)
        }
        "devices" => plain(&RecordFrame::new(context, table, &journal.devices), write),
        "products" => {
            let count = world.models.catalogue.products.len() as u32;
            let rows: Vec<ProductRow> = (0..count).map(ProductRow).collect();
            plain(&RecordFrame::new(context, table, &rows), write)
        }
        "campaigns" => {
            let of = |(source, campaigns): (usize, &Vec<u32>)| {
                (0..campaigns.len()).map(move |campaign| CampaignRow { source, campaign })
            };
            let rows: Vec<CampaignRow> =
                world.words.campaign.iter().enumerate().flat_map(of).collect();
            plain(&RecordFrame::new(context, table, &rows), write)
        }
        "sessions" => timed(context, table, &journal.sessions, |s| s.started, write),
        "journeys" => timed(context, table, &journal.journeys, |j| j.started, write),
        "orders" => timed(context, table, &journal.orders, |o| o.placed, write),
        "order_items" => plain(&RecordFrame::new(context, table, &journal.lines), write),
        "payments" => timed(context, table, &journal.payments, |p| p.at, write),
        "truth/personas" => {
            let traits = |row: &UserRow| Traits { id: row.user, user: people.user(row.user) };
            let rows: Vec<Traits> = journal.users.iter().map(traits).collect();
            plain(&RecordFrame::new(context, table, &rows), write)
        }
        _ => {
            let rows: Vec<Identity> = journal.devices.iter().cloned().map(Identity).collect();
            plain(&RecordFrame::new(context, table, &rows), write)
        }
    }
}

fn plain<T, E>(frame: &dyn Frame, write: impl FnOnce(Rows<'_>) -> Result<T, E>) -> Result<T, E> {
    write(Rows { frame, time_range: None })
}

/// A table in order of a time; records of the same time keep their order. They are sorted as a copy, side by side, because every
/// column walks over all of them.
fn timed<R: Record + Clone, T, E>(
    context: Context<'_>,
    table: &Table,
    records: &[R],
    time: fn(&R) -> i64,
    write: impl FnOnce(Rows<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut order: Vec<(i64, u32)> =
        records.iter().enumerate().map(|(i, record)| (time(record), i as u32)).collect();
    order.sort_unstable();
    let time_range = order.first().zip(order.last()).map(|(first, last)| (first.0, last.0));
    let sorted: Vec<R> = order.iter().map(|(_, i)| records[*i as usize].clone()).collect();
    drop(order);
    write(Rows { frame: &RecordFrame::new(context, table, &sorted), time_range })
}
