//! The rows, each by itself or beside its neighbours, against manifest and schemas.

use std::collections::BTreeMap;

use crate::check::pass::{Seen, moment, shown};
use crate::check::{Cached, Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::manifest;
use crate::read::Column;
use crate::read::hash::Words;
use crate::schema::{EventType, Field, Property, Table, Type};

/// The checks.
pub(super) static CHECKS: &[Check] = &[
    Check::new(
        "files.rows",
        &[],
        "Every file has as many rows as the manifest states, and every table as many as its files.",
        "A count that is wrong hides rows that were lost or came twice.",
    ),
    Check::new(
        "files.times",
        &[],
        "The manifest states the times of a file's first and last row.",
        "Readers skip files by them.",
    ),
    Check::new(
        "files.nulls",
        &[],
        "No value is absent that the schema says is always there.",
        "Code built on the schema does not look for what cannot be absent.",
    ),
    Check::new(
        "files.values",
        &[],
        "Every value of an enumeration is one that the schema names.",
        "A value that nobody knows falls through every case.",
    ),
    Check::new(
        "files.sorted",
        &[],
        "Rows come in the order that the schema states, from file to file of a range.",
        "Streams are replayed, and files merged, in that order.",
    ),
    Check::new(
        "files.partitions",
        &["events"],
        "A partition holds the events that arrived on its date.",
        "A query for a day reads that day's folder and no other.",
    ),
    Check::new(
        "files.lateness",
        &["events"],
        "An event is sent after it happened, arrives after it was sent, and is no later than the scenario allows.",
        "Watermarks are set by that bound.",
    ),
    Check::new(
        "files.groups",
        &["events"],
        "Only events whose type fills a group of columns have values there.",
        "A column's meaning follows from the event's type.",
    ),
    Check::new(
        "files.properties",
        &["events"],
        "An event has the properties that its type declares, of the declared types, and no other.",
        "Properties are read by name.",
    ),
];

/// Watches every row of every table.
pub(super) struct Contents {
    rows: Counts,
    times: Tally,
    /// By table.
    nulls: BTreeMap<String, Tally>,
    values: Values,
    sorted: Sorted,
    partitions: Tally,
    lateness: Lateness,
    groups: Groups,
    properties: Properties,
}

impl Contents {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            rows: Counts::default(),
            times: Tally::new(&CHECKS[1]),
            nulls: BTreeMap::new(),
            values: Values { tally: Tally::new(&CHECKS[3]), known: BTreeMap::new() },
            sorted: Sorted { tally: Tally::new(&CHECKS[4]), last: BTreeMap::new() },
            partitions: Tally::new(&CHECKS[5]),
            lateness: Lateness { tally: Tally::new(&CHECKS[6]), bound: lateness(context) },
            groups: Groups::new(context),
            properties: Properties::new(context),
        }
    }

    fn rows_of_any_table(&mut self, rows: &Rows<'_>) {
        self.rows.see(rows);
        let absent = self.nulls.entry(rows.table.name.clone());
        let absent = absent.or_insert_with(|| Tally::new(&CHECKS[2]));
        for (name, column) in rows.columns() {
            let Some(field) = rows.table.field(name) else { continue };
            if !field.nullable {
                nulls(absent, rows, field, column);
            }
            if !field.values.is_empty() {
                self.values.see(rows, field, column);
            }
        }
        if let Some(name) = rows.table.sorted_by.first() {
            self.sorted.see(rows, name);
        }
    }
}

impl Observer for Contents {
    fn wants(&self, _: &Table) -> Wants {
        Wants::All
    }

    fn see(&mut self, rows: &Rows<'_>) {
        self.rows_of_any_table(rows);
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.rows_of_any_table(&events.rows);
        partitions(&mut self.partitions, events);
        self.lateness.see(events);
        self.groups.see(events);
        self.properties.see(events);
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, seen: &Seen) -> Vec<Verdict> {
        let mut rows = Tally::new(&CHECKS[0]);
        for table in &context.data.manifest().tables {
            let sum: u64 = table.files.iter().map(|file| file.rows).sum();
            rows.look(sum == table.rows, || {
                let says = format!("its files have {sum} rows; the manifest states {}", table.rows);
                (table.name.clone(), says)
            });
            for (ordinal, file) in table.files.iter().enumerate() {
                if seen.broken.iter().any(|broken| broken.path == file.path) {
                    continue;
                }
                let found = self.rows.of(&table.name, ordinal);
                rows.look(found.rows == file.rows, || {
                    let (there, stated) = (found.rows, file.rows);
                    (file.path.clone(), format!("has {there} rows; the manifest states {stated}"))
                });
                times(&mut self.times, file, found);
            }
        }
        let mut nulls = Tally::new(&CHECKS[2]);
        // What a file of another shape lacks is said by another check.
        for (_, tally) in self.nulls.into_iter().filter(|(table, _)| seen.is_sound(table)) {
            nulls.add(tally);
        }
        vec![
            rows.verdict(),
            self.times.verdict(),
            nulls.verdict(),
            self.values.tally.verdict(),
            self.sorted.tally.verdict(),
            self.partitions.verdict(),
            self.lateness.tally.verdict(),
            self.groups.tally.verdict(),
            self.properties.tally.verdict(),
        ]
    }
}

/// What was seen of a file.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    rows: u64,
    /// Times of the first and last row, by what the table is sorted by.
    first: Option<i64>,
    last: Option<i64>,
}

#[derive(Default)]
struct Counts(BTreeMap<String, Vec<Count>>);

impl Counts {
    fn see(&mut self, rows: &Rows<'_>) {
        if !self.0.contains_key(&rows.table.name) {
            self.0.insert(rows.table.name.clone(), Vec::new());
        }
        let Some(counts) = self.0.get_mut(&rows.table.name) else { return };
        if counts.len() <= rows.file {
            counts.resize(rows.file + 1, Count::default());
        }
        let count = &mut counts[rows.file];
        count.rows += rows.len() as u64;
        if let Some(name) = rows.table.sorted_by.first() {
            count.first = count.first.or_else(|| rows.long(name, 0));
            count.last = rows.len().checked_sub(1).and_then(|row| rows.long(name, row));
        }
    }

    fn of(&self, table: &str, file: usize) -> Count {
        self.0.get(table).and_then(|counts| counts.get(file)).copied().unwrap_or_default()
    }
}

fn times(tally: &mut Tally, file: &manifest::File, found: Count) {
    let stated = |time: &Option<String>| time.as_deref().map(str::to_owned);
    let there = |time: Option<i64>| time.map(moment);
    let (stated, there) =
        ((stated(&file.min_time), stated(&file.max_time)), (there(found.first), there(found.last)));
    if stated == (None, None) {
        return;
    }
    tally.look(stated == there, || {
        let told = |(first, last): (Option<String>, Option<String>)| {
            let text = |time: Option<String>| time.unwrap_or_else(|| "none".to_owned());
            format!("{} to {}", text(first), text(last))
        };
        (file.path.clone(), format!("is {}; the manifest states {}", told(there), told(stated)))
    });
}

fn nulls(tally: &mut Tally, rows: &Rows<'_>, field: &Field, column: &Column) {
    tally.saw(rows.len());
    let Some(valid) = column.valid() else { return };
    for (row, _) in valid.iter().enumerate().filter(|(_, valid)| !**valid) {
        tally.wrong(|| (rows.place(row), format!("{} is absent", field.name)));
    }
}

struct Values {
    tally: Tally,
    /// By table and field: which strings of the batch's dictionary are known.
    known: BTreeMap<(String, String), Cached<bool>>,
}

impl Values {
    fn see(&mut self, rows: &Rows<'_>, field: &Field, column: &Column) {
        let known = self.known.entry((rows.table.name.clone(), field.name.clone())).or_default();
        known.learn(column, |word| field.values.iter().any(|value| value == word));
        self.tally.saw(rows.len());
        for row in 0..rows.len() {
            if known.get(column, row) == Some(false) {
                self.tally.wrong(|| {
                    let there = shown(column, row);
                    (rows.place(row), format!("{} is {there}, which it cannot be", field.name))
                });
            }
        }
    }
}

struct Sorted {
    tally: Tally,
    /// By table and range: the last row's.
    last: BTreeMap<(String, String), i64>,
}

impl Sorted {
    fn see(&mut self, rows: &Rows<'_>, name: &str) {
        let Some(column) = rows.column(name) else { return };
        let key = (rows.table.name.clone(), rows.range().to_owned());
        let mut last = self.last.get(&key).copied().unwrap_or(i64::MIN);
        self.tally.saw(rows.len());
        for row in 0..rows.len() {
            let Some(value) = column.long(row) else { continue };
            if value < last {
                self.tally.wrong(|| {
                    let says = format!("{name} is {}, after {}", moment(value), moment(last));
                    (rows.place(row), says)
                });
            }
            last = value;
        }
        self.last.insert(key, last);
    }
}

fn partitions(tally: &mut Tally, events: &EventBatch<'_>) {
    const DAY: i64 = 86_400_000_000;
    let path = events.rows.path();
    let date = path.split('/').find_map(|part| part.strip_prefix("event_date="));
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let day = date
        .and_then(|date| date.parse::<jiff::civil::Date>().ok())
        .and_then(|date| epoch.until(date).ok())
        .map(|span| i64::from(span.get_days()));
    tally.saw(events.len());
    for (row, received) in events.received.iter().enumerate() {
        if Some(received.div_euclid(DAY)) != day {
            tally.wrong(|| {
                let says = format!("arrived at {}, but stands in {path}", moment(*received));
                (events.place(row), says)
            });
        }
    }
}

/// The bound that the data set's own scenario states.
fn lateness(context: &Context<'_>) -> Option<i64> {
    let scenario = &context.data.manifest().scenario;
    // Behind a privacy policy it is left out.
    if scenario.toml.is_empty() {
        return None;
    }
    let ask = crate::scenario::Ask::read("manifest", "manifest", &scenario.toml).ok()?;
    let hours = ask.resolve(crate::scenario::ask::START).ok()?.lateness;
    Some(i64::from(hours) * 3_600_000_000)
}

struct Lateness {
    tally: Tally,
    bound: Option<i64>,
}

impl Lateness {
    fn see(&mut self, events: &EventBatch<'_>) {
        let bound = self.bound.unwrap_or(i64::MAX);
        let sent = events.column("sent_at");
        self.tally.saw(events.len());
        for row in 0..events.len() {
            let (time, received) = (events.time[row], events.received[row]);
            let sent = sent.and_then(|sent| sent.long(row)).unwrap_or(time);
            let right = time <= sent && sent <= received && received.saturating_sub(time) <= bound;
            if !right {
                self.tally.wrong(|| {
                    let [time, sent, received] = [time, sent, received].map(moment);
                    let says =
                        format!("happened at {time}, was sent at {sent}, arrived at {received}");
                    (events.place(row), says)
                });
            }
        }
    }
}

/// Which columns an event type may fill.
struct Groups {
    tally: Tally,
    /// By column that some type leaves empty: its name, and by type whether it is filled.
    columns: Vec<(String, Vec<bool>)>,
}

impl Groups {
    fn new(context: &Context<'_>) -> Self {
        let events = context.schemas.tables.iter().find(|table| table.is_events());
        let fields = events.into_iter().flat_map(|table| &table.fields);
        let columns = fields.filter_map(|field| {
            let fills = |event: &EventType| event.fills(field);
            let by_type: Vec<bool> = context.schemas.events.iter().map(fills).collect();
            by_type.contains(&false).then(|| (field.name.clone(), by_type))
        });
        Self { tally: Tally::new(&CHECKS[7]), columns: columns.collect() }
    }

    fn see(&mut self, events: &EventBatch<'_>) {
        self.tally.saw(events.len());
        for (name, fills) in &self.columns {
            // What a type's properties are is another check's affair.
            let Some(column) = events.column(name).filter(|_| name != "properties") else {
                continue;
            };
            for row in 0..events.len() {
                let may = fills.get(events.kind[row] as usize).copied().unwrap_or(true);
                if !may && column.is_valid(row) {
                    self.tally.wrong(|| {
                        let there = shown(column, row);
                        (
                            events.place(row),
                            format!("{name} is {there}, which its type leaves empty"),
                        )
                    });
                }
            }
        }
    }
}

/// The members that the JSON column of an event type has.
struct Properties {
    tally: Tally,
    /// The members of an object with their types, as text: an object's shape.
    shapes: Words,
    /// By event type: the shape that it declares.
    declared: Vec<u32>,
    found: Cached<u32>,
}

/// The shape of an object without members, and of no object.
const EMPTY: &str = "";

impl Properties {
    fn new(context: &Context<'_>) -> Self {
        let mut shapes = Words::default();
        shapes.add(EMPTY);
        let declared = context.schemas.events.iter().map(|event| {
            let members = event.properties.iter().map(|of| (of.name.as_str(), class_of(of)));
            shapes.add(&shape(members))
        });
        let declared = declared.collect();
        Self { tally: Tally::new(&CHECKS[8]), shapes, declared, found: Cached::default() }
    }

    fn see(&mut self, events: &EventBatch<'_>) {
        let Some(column) = events.column("properties") else { return };
        let shapes = &mut self.shapes;
        self.found.learn(column, |text| shapes.add(&shape_of(text)));
        let empty = self.shapes.get(EMPTY);
        self.tally.saw(events.len());
        for (row, kind) in events.kind.iter().enumerate() {
            let Some(declared) = self.declared.get(*kind as usize).copied() else { continue };
            let found = self.found.get(column, row).unwrap_or(empty);
            if found != declared {
                let shapes = &self.shapes;
                self.tally.wrong(|| {
                    let [found, declared] = [found, declared].map(|key| match shapes.word(key) {
                        EMPTY => "nothing",
                        shape => shape,
                    });
                    (events.place(row), format!("has {found}; its type declares {declared}"))
                });
            }
        }
    }
}

fn class_of(property: &Property) -> &'static str {
    match property.ty {
        Type::Int32 | Type::Int64 => "integer",
        Type::Float64 | Type::Money => "number",
        Type::Bool => "flag",
        _ => "text",
    }
}

/// Members with the classes of their values, in the order of their names.
fn shape<'m>(members: impl Iterator<Item = (&'m str, &'m str)>) -> String {
    let mut members: Vec<String> =
        members.map(|(name, class)| format!("{name} ({class})")).collect();
    members.sort_unstable();
    members.join(", ")
}

fn shape_of(text: &str) -> String {
    use serde_json::Value;
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return "no object".to_owned();
    };
    let class = |value: &Value| match value {
        Value::String(_) => "text",
        Value::Bool(_) => "flag",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        _ => "something else",
    };
    shape(object.iter().map(|(name, value)| (name.as_str(), class(value))))
}
