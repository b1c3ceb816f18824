//! `users`: one row a user. The only table whose strings are made for each row.

use std::ops::Range;

use crate::event::journal::UserRow;
use crate::frame::{Column, Dictionary, Frame, Strings};
use crate::population::{Profile, User};
use crate::schema::Table;
use crate::tables::{Context, EMPTY, Get, Record, RecordFrame};

/// A user as the table shows it.
#[derive(Debug, Clone)]
pub(super) struct UserRecord {
    row: UserRow,
    user: User,
    birth_date: i32,
    income: u16,
}

impl Record for UserRecord {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("user.id", Get::Id(|c, u| c.world.people.user_id(u.row.user))),
        ("user.created_at", Get::Time(|_, u| u.row.created)),
        ("user.registered_at", Get::Time(|_, u| u.row.registered)),
        ("user.birth_date", Get::Date(|_, u| Some(u.birth_date))),
        (
            "user.city",
            Get::Key(
                |c, u| c.world.words.city[usize::from(u.user.country)][usize::from(u.user.city)],
                |w| &w.words.cities,
            ),
        ),
        (
            "user.region",
            Get::Key(
                |c, u| c.world.words.region[usize::from(u.user.country)][usize::from(u.user.city)],
                |w| &w.words.regions,
            ),
        ),
        ("user.country", Get::Key(|_, u| u.user.country.into(), |w| &w.words.countries)),
        (
            "user.locale",
            Get::Key(
                |c, u| {
                    c.world.words.locale[usize::from(u.user.country)][usize::from(u.user.locale)]
                },
                |w| &w.words.locales,
            ),
        ),
        (
            "user.time_zone",
            Get::Key(
                |c, u| c.world.words.zone[usize::from(u.user.country)][usize::from(u.user.city)],
                |w| &w.words.zones,
            ),
        ),
        ("user.currency", Get::Key(|_, u| u.user.currency.into(), |w| &w.words.currencies)),
        (
            "user.income_band",
            Get::Key(
                |c, u| c.world.words.income[usize::from(u.user.persona)][usize::from(u.income)],
                |w| &w.words.incomes,
            ),
        ),
        ("user.email_opt_in", Get::Flag(|c, u| opted_in(c, u, 0))),
        ("user.sms_opt_in", Get::Flag(|c, u| opted_in(c, u, 1))),
        ("user.push_opt_in", Get::Flag(|c, u| opted_in(c, u, 2))),
        ("user.preferred_channel", Get::Key(|_, u| u.user.channel.into(), |w| &w.words.channels)),
        ("user.preferred_payment", Get::Key(|_, u| u.user.payment.into(), |w| &w.words.methods)),
    ];
}

/// Whether messages over a channel are allowed when the window ends.
fn opted_in(context: &Context<'_>, of: &UserRecord, channel: usize) -> bool {
    let people = &context.world.people;
    let opt_in = people.opt_in(of.row.user, &of.user, channel, of.row.registered);
    opt_in.is_some_and(|opt_in| opt_in.ended.is_none())
}

/// A fact whose strings are a user's own, and how the profile gives it.
type Own = (&'static str, fn(&Profile) -> &str);

/// All of them.
const OWN: [Own; 6] = [
    ("user.first_name", |profile| &profile.first_name),
    ("user.last_name", |profile| &profile.last_name),
    ("user.email", |profile| &profile.email),
    ("user.phone", |profile| &profile.phone),
    ("user.street", |profile| &profile.street),
    ("user.postcode", |profile| &profile.postcode),
];

/// The users of a range, with their profiles.
pub struct UserRecords {
    records: Vec<UserRecord>,
    own: [Strings; OWN.len()],
}

impl UserRecords {
    /// Makes the profiles of users.
    pub fn new(context: Context<'_>, rows: &[UserRow]) -> Self {
        let mut profile = Profile::default();
        let mut own: [Strings; OWN.len()] = std::array::from_fn(|_| Strings::new());
        let people = &context.world.people;
        let mut record = |row: &UserRow| {
            let user = people.user(row.user);
            people.profile(row.user, &user, &mut profile);
            for (strings, (_, get)) in own.iter_mut().zip(OWN) {
                strings.push(get(&profile));
            }
            let (birth_date, income) = (profile.birth_date, profile.income);
            UserRecord { row: row.clone(), user, birth_date, income }
        };
        let records = rows.iter().map(&mut record).collect();
        Self { records, own }
    }
}

/// The table of users.
pub struct UsersFrame<'c> {
    frame: RecordFrame<'c, UserRecord>,
    users: &'c UserRecords,
    /// By field: which of the users' own strings it shows.
    own: Vec<Option<usize>>,
}

impl<'c> UsersFrame<'c> {
    /// Binds the table to its users.
    pub fn new(context: Context<'c>, table: &'c Table, users: &'c UserRecords) -> Self {
        let which = |from: &str| OWN.iter().position(|(name, _)| *name == from);
        Self {
            frame: RecordFrame::new(context, table, &users.records),
            users,
            own: table.fields.iter().map(|field| which(&field.from)).collect(),
        }
    }
}

impl Frame for UsersFrame<'_> {
    fn table(&self) -> &Table {
        self.frame.table()
    }

    fn rows(&self) -> usize {
        self.frame.rows()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        match self.own[field] {
            Some(which) => Some(Dictionary::Texts { base: &self.users.own[which], own: &EMPTY }),
            None => self.frame.dictionary(field),
        }
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        if self.own[field].is_some() {
            let count = rows.len();
            out.fill_keys(count, rows.map(|row| row as u32));
        } else {
            self.frame.fill(field, rows, out);
        }
    }
}
