//! The tables beside the event stream: for each, how a record of the journal or of the models fills the facts of its columns.
//!
//! A table is one file with one slice, one line a fact. A [`RecordFrame`] binds the slice to whatever columns the schema asks for.

mod campaigns;
mod catalogue;
pub mod changes;
mod consents;
mod devices;
mod erasure_requests;
pub mod events;
mod identity;
pub(crate) mod journeys;
mod order_items;
pub(crate) mod orders;
mod payments;
mod personas;
mod products;
mod records;
pub(crate) mod sessions;
mod users;

use std::ops::Range;

pub use campaigns::CampaignRow;
pub use catalogue::catalogue;
pub use identity::Identity;
pub use personas::Traits;
pub use products::ProductRow;
pub use records::{with_record, with_records};
pub use users::{UserRecords, UsersFrame};

use crate::event::journal::{Journal, NEVER, UserRow};
use crate::frame::{Column, Dictionary, Frame, NULL, Strings};
use crate::scenario::World;
use crate::schema::Table;
use crate::tables::changes::{Clean, Fate, Place};

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
    /// A large number.
    Long(fn(&Context<'_>, &R) -> i64),
    /// A large number or none.
    MaybeLong(fn(&Context<'_>, &R) -> Option<i64>),
    /// A number.
    Double(fn(&Context<'_>, &R) -> f64),
    /// A number or none.
    MaybeDouble(fn(&Context<'_>, &R) -> Option<f64>),
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
            Get::Long(long) => all(records.map(|r| long(context, r)), out, Column::longs),
            Get::MaybeLong(long) => maybe(records.map(|r| long(context, r)), out, Column::longs),
            Get::Double(double) => all(records.map(|r| double(context, r)), out, Column::doubles),
            Get::MaybeDouble(double) => {
                maybe(records.map(|r| double(context, r)), out, Column::doubles);
            }
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
    /// The rows; those behind `shown` are only there to be looked up.
    pub frame: &'r dyn Frame,
    /// How many there are to write.
    pub shown: usize,
    /// Least and greatest time of those sorted by time, µs since 1970.
    pub time_range: Option<(i64, i64)>,
    /// Where the changed rows are, in the order of the changes.
    pub places: &'r [Place],
}

/// Lays out a table of a range, its records changed in some places, and hands its rows to `write`. Changes name records by their
/// ordinals in the journal, or in the world's list.
///
/// # Errors
/// What `write` says.
pub fn with_frame<T, E>(
    context: Context<'_>,
    table: &Table,
    changes: &[(u32, Fate)],
    write: impl FnOnce(Rows<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let (world, journal) = (context.world, context.journal);
    let people = &world.people;
    let clean = journal.clean();
    let laid = |clean: usize| Laid { context, table, changes, clean };
    match table.name.as_str() {
        "users" => laid(clean.users).in_order(&journal.users, |rows, about| {
            let users = UserRecords::new(context, rows);
            write(about.of(&UsersFrame::new(context, table, &users)))
        }),
        "devices" => laid(clean.devices).records(&journal.devices, write),
        "products" => {
            let count = world.models.catalogue.products.len() as u32;
            let rows: Vec<ProductRow> = (0..count).map(ProductRow).collect();
            laid(rows.len()).records(&rows, write)
        }
        "campaigns" => {
            let of = |(source, campaigns): (usize, &Vec<u32>)| {
                (0..campaigns.len()).map(move |campaign| CampaignRow { source, campaign })
            };
            let rows: Vec<CampaignRow> =
                world.words.campaign.iter().enumerate().flat_map(of).collect();
            laid(rows.len()).records(&rows, write)
        }
        "sessions" => laid(clean.sessions).timed(&journal.sessions, |s| s.started, write),
        "journeys" => laid(clean.journeys).timed(&journal.journeys, |j| j.started, write),
        "orders" => laid(clean.orders).timed(&journal.orders, |o| o.placed, write),
        "order_items" => laid(clean.lines).records(&journal.lines, write),
        "payments" => laid(clean.payments).timed(&journal.payments, |p| p.at, write),
        "consents" => laid(clean.consents).timed(&journal.consents, |c| c.occurred, write),
        "erasure_requests" => laid(clean.erasures).timed(&journal.erasures, |e| e.requested, write),
        // Of those who are there only because something goes wrong the labels tell the truth.
        "truth/personas" => {
            let traits = |row: &UserRow| Traits { id: row.user, user: people.user(row.user) };
            let rows: Vec<Traits> = journal.users[..clean.users].iter().map(traits).collect();
            laid(rows.len()).records(&rows, write)
        }
        _ => {
            let devices = &journal.devices[..clean.devices];
            let rows: Vec<Identity> = devices.iter().cloned().map(Identity).collect();
            laid(rows.len()).records(&rows, write)
        }
    }
}

/// A table about to be laid out.
struct Laid<'l> {
    context: Context<'l>,
    table: &'l Table,
    changes: &'l [(u32, Fate)],
    /// How many of the records are there whatever is changed; those behind them only come by a change.
    clean: usize,
}

/// What is known of rows beside the rows.
struct About<'a> {
    shown: usize,
    time_range: Option<(i64, i64)>,
    places: &'a [Place],
}

impl<'a> About<'a> {
    fn of<'r>(&self, frame: &'r dyn Frame) -> Rows<'r>
    where
        'a: 'r,
    {
        Rows { frame, shown: self.shown, time_range: self.time_range, places: self.places }
    }
}

impl Laid<'_> {
    /// Records in the order in which they are given.
    fn records<R: Record + Clone, T>(&self, records: &[R], write: impl FnOnce(Rows<'_>) -> T) -> T {
        self.in_order(records, |records, about| {
            write(about.of(&RecordFrame::new(self.context, self.table, records)))
        })
    }

    fn in_order<R: Clone, T>(&self, records: &[R], write: impl FnOnce(&[R], &About<'_>) -> T) -> T {
        if self.changes.is_empty() {
            let about = About { shown: self.clean, time_range: None, places: &[] };
            return write(&records[..self.clean], &about);
        }
        // A copy comes right behind what it is a copy of.
        let clean = Clean { count: self.clean, time: |row| row as i64 };
        let made = changes::arrange(&clean, self.changes);
        let rows: Vec<R> = made.rows.iter().map(|row| records[*row as usize].clone()).collect();
        write(&rows, &About { shown: made.shown, time_range: None, places: &made.places })
    }

    /// Records in order of a time; those of the same time keep their order. They are sorted as a copy, side by side, because every
    /// column walks over all of them.
    fn timed<R: Record + Clone, T>(
        &self,
        records: &[R],
        time: fn(&R) -> i64,
        write: impl FnOnce(Rows<'_>) -> T,
    ) -> T {
        let mut order: Vec<(i64, u32)> =
            records.iter().enumerate().map(|(i, record)| (time(record), i as u32)).collect();
        let guests = order.split_off(self.clean);
        order.sort_unstable();
        let clone = |i: u32| records[i as usize].clone();
        if self.changes.is_empty() {
            let time_range = order.first().zip(order.last()).map(|(first, last)| (first.0, last.0));
            let sorted: Vec<R> = order.iter().map(|(_, i)| clone(*i)).collect();
            drop(order);
            let about = About { shown: sorted.len(), time_range, places: &[] };
            return write(about.of(&RecordFrame::new(self.context, self.table, &sorted)));
        }
        let place = |i: u32| {
            if (i as usize) < self.clean {
                order.binary_search(&(time(&records[i as usize]), i)).unwrap_or(0)
            } else {
                i as usize
            }
        };
        let changes: Vec<(u32, Fate)> =
            self.changes.iter().map(|(i, fate)| (place(*i) as u32, *fate)).collect();
        let clean = Clean { count: self.clean, time: |row: usize| order[row].0 };
        let made = changes::arrange(&clean, &changes);
        order.extend(guests);
        let rows: Vec<R> = made.rows.iter().map(|row| clone(order[*row as usize].1)).collect();
        let about = About { shown: made.shown, time_range: made.time_range, places: &made.places };
        write(about.of(&RecordFrame::new(self.context, self.table, &rows)))
    }
}
