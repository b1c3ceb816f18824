//! Values by themselves: absent, foreign, out of bounds, garbled.

use std::collections::HashSet;

use super::texts::{FORMAT, LONG, MOJIBAKE, NAUGHTY, PERSONAL, STAND_IN, UNKNOWN, flaws};
use super::{Kind, check_of, checks};
use crate::check::pass::{Seen, money, shown};
use crate::check::{Cached, Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::{Column, Data, What};
use crate::schema::{Field, Table, Type};
use crate::tables::catalogue;

/// The kinds.
pub(super) const KINDS: [Kind; 15] = [
    Kind::new(
        "anomalies.missing_value",
        &[],
        &["files.nulls"],
        "No value is absent that is required: by its column, or by the event's type.",
        "Code built on the schema does not look for what cannot be absent.",
    ),
    Kind::new(
        "anomalies.implicit_missing",
        &[],
        &[],
        "No value is a stand-in for none: an empty text, N/A, -1, the epoch.",
        "It is counted as a value, and joins with others of its like.",
    ),
    Kind::new(
        "anomalies.mistype",
        &[],
        &[],
        "Every value is of its column's type.",
        "A number as text sorts, sums and compares as text.",
    ),
    Kind::new(
        "anomalies.enum_unknown",
        &[],
        &["files.values", "keys.session_context", "keys.device_context", "keys.prices"],
        "Every enumerated value is one of the catalogue.",
        "A value that nobody knows falls through every case.",
    ),
    Kind::new(
        "anomalies.format_invalid",
        &[],
        &["keys.email", "keys.address"],
        "E-mail addresses, URLs, paths, IP addresses, telephone numbers, codes and UUIDs are of their form.",
        "What cannot be parsed cannot be joined, mailed or located.",
    ),
    Kind::new(
        "anomalies.out_of_range",
        &[],
        &["keys.order_totals"],
        "Every number lies within the bounds of its column.",
        "A negative price or a quantity of 0 turns sums and means.",
    ),
    Kind::new(
        "anomalies.numeric_outlier",
        &[],
        &[],
        "No number is above the cap of its column.",
        "One reading far out moves a mean further than a thousand honest ones.",
    ),
    Kind::new(
        "anomalies.wrong_unit",
        &[],
        &[
            "keys.prices",
            "keys.order_lines",
            "keys.order_totals",
            "keys.order_events",
            "keys.payments",
            "keys.revenue",
        ],
        "Amounts are those of the catalogue, in its unit.",
        "Cents for euros make revenue a hundredfold.",
    ),
    Kind::new(
        "anomalies.currency_mismatch",
        &["users", "devices", "sessions"],
        &["keys.currency", "keys.order_lines", "keys.order_events", "keys.prices"],
        "An amount's currency is a code of ISO 4217 and its person's.",
        "Amounts of two currencies must not be added up.",
    ),
    Kind::new(
        "anomalies.rounding_drift",
        &[],
        &[
            "keys.order_totals",
            "keys.order_lines",
            "keys.order_events",
            "keys.payments",
            "keys.revenue",
            "keys.prices",
        ],
        "Amounts are exact to the cent, and add up to the cent.",
        "A cent that comes and goes never reconciles.",
    ),
    Kind::new(
        "anomalies.mojibake",
        &[],
        &[],
        "No text was read in another encoding than it was written in.",
        "Garbled names match nobody.",
    ),
    Kind::new(
        "anomalies.naughty_text",
        &[],
        &[],
        "No text has marks that turn or hide letters, nor words that a program could run.",
        "What is shown is not what is stored, or is run.",
    ),
    Kind::new(
        "anomalies.pii_in_free_text",
        &[],
        &[],
        "No free text and no address of a page has an e-mail address or a telephone number in it.",
        "What people type ends up in logs and in other people's reports.",
    ),
    Kind::new(
        "anomalies.swapped_columns",
        &[],
        &[
            "keys.session_context",
            "keys.device_context",
            "keys.prices",
            "keys.email",
            "files.values",
        ],
        "Every value is of its own column's domain, and not of its neighbour's.",
        "Both columns are wrong, and both look filled.",
    ),
    Kind::new(
        "anomalies.stuck_value",
        &["events"],
        &[],
        "No reading stays the same for longer than its column allows.",
        "A sensor that is stuck looks like one that is steady.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);

/// Columns that are filled together, the currency also by what has no product.
const TOGETHER: [&str; 5] =
    ["product_id", "product_category", "product_brand", "price", "currency"];

/// Numbers that stand for none.
const NUMBERS: [f64; 3] = [-1.0, -999.0, -9_999.0];

/// A column whose values are looked at.
struct Watched {
    table: String,
    field: Field,
    /// The words that the world has for it.
    catalogue: Option<HashSet<String>>,
    flaws: Cached<u8>,
    /// Whether the dictionary has a text that is wrong.
    is_odd: bool,
    /// By event type: whether its events always have a value.
    required: Vec<bool>,
}

/// The words that an enumeration can have, where the world is known and has them.
fn words(context: &Context<'_>, table: &str, field: &Field) -> Option<HashSet<String>> {
    let world = context.world.filter(|_| field.ty == Type::Enum)?;
    let words = catalogue(world, table, &field.from)?;
    Some(words.iter().map(str::to_owned).collect())
}

/// Looks at every value of every table.
pub(super) struct Fields {
    columns: Vec<Watched>,
    missing: Tally,
    long: Tally,
    stand_in: Tally,
    format: Tally,
    range: Tally,
    outlier: Tally,
    mojibake: Tally,
    naughty: Tally,
    unknown: Tally,
    personal: Tally,
}

impl Fields {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let mut columns = Vec::new();
        // The labels hold what was injected, which is wrong by design.
        let tables =
            context.schemas.tables.iter().filter(|table| !table.name.starts_with("truth/"));
        for table in tables {
            for field in &table.fields {
                let needs = |event: &crate::schema::EventType| event.requires(field);
                let required: Vec<bool> = if table.is_events() {
                    context.schemas.events.iter().map(needs).collect()
                } else {
                    Vec::new()
                };
                let required = if required.contains(&true) { required } else { Vec::new() };
                let (table, field) = (table.name.clone(), field.clone());
                columns.push(Watched {
                    catalogue: words(context, &table, &field),
                    table,
                    field,
                    flaws: Cached::default(),
                    is_odd: false,
                    required,
                });
            }
        }
        let tally = |name: &str| Tally::new(check_of(name));
        Self {
            columns,
            missing: tally("anomalies.missing_value"),
            long: tally("anomalies.oversize_record"),
            stand_in: tally("anomalies.implicit_missing"),
            format: tally("anomalies.format_invalid"),
            range: tally("anomalies.out_of_range"),
            outlier: tally("anomalies.numeric_outlier"),
            mojibake: tally("anomalies.mojibake"),
            naughty: tally("anomalies.naughty_text"),
            unknown: tally("anomalies.enum_unknown"),
            personal: tally("anomalies.pii_in_free_text"),
        }
    }

    fn take(&mut self, rows: &Rows<'_>) {
        let all = [
            &mut self.long,
            &mut self.stand_in,
            &mut self.format,
            &mut self.range,
            &mut self.outlier,
            &mut self.mojibake,
            &mut self.naughty,
            &mut self.unknown,
            &mut self.personal,
        ];
        for tally in all {
            tally.saw(rows.len());
        }
        let mut columns = std::mem::take(&mut self.columns);
        for of in columns.iter_mut().filter(|of| of.table == rows.table.name) {
            let Some(column) = rows.column(&of.field.name) else { continue };
            match &column.data {
                Data::Texts(_) => self.texts(rows, of, column),
                Data::Longs(_) if of.field.ty == Type::Timestamp => self.epochs(rows, of, column),
                Data::Ids(_) | Data::Flags(_) => {}
                _ => self.numbers(rows, of, column),
            }
        }
        self.columns = columns;
    }

    fn texts(&mut self, rows: &Rows<'_>, of: &mut Watched, column: &Column) {
        let mut odd = None;
        of.flaws.learn(column, |text| {
            let known = of.catalogue.as_ref().is_none_or(|known| known.contains(text));
            let flaws = flaws(&of.field, text) | if known { 0 } else { UNKNOWN };
            odd = Some(odd.unwrap_or(false) || flaws != 0);
            flaws
        });
        of.is_odd = odd.unwrap_or(of.is_odd);
        if !of.is_odd {
            return;
        }
        let Self { long, stand_in, format, mojibake, naughty, unknown, personal, .. } = self;
        let tallies = [
            (LONG, long, "is longer than its column allows"),
            (STAND_IN, stand_in, "stands for none"),
            (FORMAT, format, "is not of its form"),
            (MOJIBAKE, mojibake, "was read in another encoding"),
            (NAUGHTY, naughty, "has unseen marks, or words that are run"),
            (UNKNOWN, unknown, "is in no catalogue"),
            (PERSONAL, personal, "has personal data in it"),
        ];
        for (bit, tally, says) in tallies {
            for row in 0..rows.len() {
                if of.flaws.get(column, row).unwrap_or(0) & bit != 0 {
                    tally.wrong(|| {
                        let there: String = shown(column, row).chars().take(80).collect();
                        (rows.place(row), format!("{} {there} {says}", of.field.name))
                    });
                }
            }
        }
    }

    /// The epoch as a moment.
    fn epochs(&mut self, rows: &Rows<'_>, of: &Watched, column: &Column) {
        let Data::Longs(longs) = &column.data else { return };
        for (row, _) in longs.iter().enumerate().filter(|(_, long)| **long == 0) {
            if column.is_valid(row) {
                self.stand_in
                    .wrong(|| (rows.place(row), format!("{} is the epoch", of.field.name)));
            }
        }
    }

    fn numbers(&mut self, rows: &Rows<'_>, of: &Watched, column: &Column) {
        let bounds = &of.field.bounds;
        if of.field.ty == Type::Date {
            return self.dates(rows, of, column);
        }
        if bounds.min.is_none() && bounds.max.is_none() {
            return;
        }
        let (min, max) = (bounds.min.unwrap_or(f64::MIN), bounds.max.unwrap_or(f64::MAX));
        let scale = if of.field.ty == Type::Money { 0.01 } else { 1.0 };
        let odd: Vec<(usize, f64)> = match &column.data {
            Data::Longs(longs) => outside(longs.iter().map(|long| *long as f64 * scale), min, max),
            Data::Ints(ints) => outside(ints.iter().map(|int| f64::from(*int)), min, max),
            Data::Doubles(doubles) => outside(doubles.iter().copied(), min, max),
            _ => Vec::new(),
        };
        for (row, value) in odd.into_iter().filter(|(row, _)| column.is_valid(*row)) {
            let name = &of.field.name;
            let told = match &column.data {
                Data::Longs(longs) if of.field.ty == Type::Money => money(longs[row]),
                _ => shown(column, row),
            };
            let stands = NUMBERS.iter().any(|number| (number - value).abs() < 1e-9);
            if stands {
                self.stand_in.wrong(|| {
                    (rows.place(row), format!("{name} is {told}, which stands for none"))
                });
            }
            if value > max {
                self.outlier
                    .wrong(|| (rows.place(row), format!("{name} is {told}, above the cap {max}")));
            }
            self.range
                .wrong(|| (rows.place(row), format!("{name} is {told}, outside of its bounds")));
        }
    }

    fn dates(&mut self, rows: &Rows<'_>, of: &Watched, column: &Column) {
        let Data::Ints(days) = &column.data else { return };
        for (row, _) in days.iter().enumerate().filter(|(_, day)| **day == 0) {
            if column.is_valid(row) && of.field.name != "birth_date" {
                self.stand_in
                    .wrong(|| (rows.place(row), format!("{} is the epoch", of.field.name)));
            }
        }
    }

    /// Values of a product that come together or not at all: nothing is told of half a product.
    fn together(&mut self, events: &EventBatch<'_>) {
        let columns = TOGETHER.map(|name| events.column(name));
        if columns.iter().flatten().all(|column| column.valid().is_none()) {
            return;
        }
        for row in 0..events.len() {
            let is_there = |column: Option<&Column>| column.is_none_or(|of| of.is_valid(row));
            let Some(absent) = columns.iter().position(|column| !is_there(*column)) else {
                continue;
            };
            // Most events have no product at all.
            if !columns[..4].iter().flatten().any(|column| column.is_valid(row)) {
                continue;
            }
            let kind = events.kind[row] as usize;
            // What the type requires by itself is told once.
            let told = self.columns.iter().any(|of| {
                of.field.name == TOGETHER[absent] && of.required.get(kind) == Some(&true)
            });
            if !told {
                let name = TOGETHER[absent];
                self.missing.wrong(|| {
                    (events.place(row), format!("{name} is absent beside the rest of its product"))
                });
            }
        }
    }

    /// Values that the event's type requires.
    fn required(&mut self, events: &EventBatch<'_>) {
        self.missing.saw(events.len());
        for of in self.columns.iter().filter(|of| !of.required.is_empty()) {
            let Some(column) = events.column(&of.field.name) else { continue };
            let Some(valid) = column.valid() else { continue };
            for row in (0..events.len()).filter(|row| !valid[*row]) {
                if of.required.get(events.kind[row] as usize).copied().unwrap_or(false) {
                    self.missing
                        .wrong(|| (events.place(row), format!("{} is absent", of.field.name)));
                }
            }
        }
    }
}

/// The rows whose value is outside of bounds.
fn outside(values: impl Iterator<Item = f64>, min: f64, max: f64) -> Vec<(usize, f64)> {
    values.enumerate().filter(|(_, value)| !(min..=max).contains(value)).collect()
}

impl Observer for Fields {
    fn wants(&self, table: &Table) -> Wants {
        if table.name.starts_with("truth/") { Wants::Nothing } else { Wants::All }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        self.take(rows);
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.take(&events.rows);
        self.required(events);
        self.together(events);
    }

    fn finish(self: Box<Self>, context: &Context<'_>, seen: &Seen) -> Vec<Verdict> {
        let [mut mistype, mut rounding, mut local] =
            ["anomalies.mistype", "anomalies.rounding_drift", "anomalies.local_time_invalid"]
                .map(|id| Tally::new(check_of(id)));
        let mut format = self.format;
        let rows: u64 = context.data.manifest().tables.iter().map(|table| table.rows).sum();
        for tally in [&mut mistype, &mut rounding, &mut local] {
            tally.saw(rows as usize);
        }
        for misfit in &seen.misfits {
            let Some((column, What::Type)) = &misfit.what else { continue };
            let field = context.schemas.table(&misfit.table).and_then(|table| table.field(column));
            mistype.wrong(|| (&misfit.place, &misfit.says));
            match field.map(|field| field.ty) {
                Some(Type::Money) => rounding.wrong(|| (&misfit.place, &misfit.says)),
                Some(Type::Timestamp | Type::Date) => local.wrong(|| (&misfit.place, &misfit.says)),
                Some(Type::Id) => format.wrong(|| (&misfit.place, &misfit.says)),
                _ => {}
            }
        }
        let tallies = [
            self.missing,
            self.long,
            self.stand_in,
            format,
            self.range,
            self.outlier,
            self.mojibake,
            self.naughty,
            self.unknown,
            self.personal,
            mistype,
            rounding,
            local,
        ];
        tallies.map(Tally::verdict).into()
    }
}
