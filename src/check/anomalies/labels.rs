//! The labels of a data set: its incidents and what each of them did, as `truth/anomalies` and `truth/anomaly_members` tell.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use serde_json::Value;

use super::links::{self, Link, Links, Spot};
use crate::check::{Context, Error, Misfit, Seen};
use crate::digits::from_base64;
use crate::read::{Batch, Column};
use crate::schema::Table;

/// The table of incidents; a data set that has it is labelled.
pub(super) const INCIDENTS: &str = "truth/anomalies";
/// The table of their edits.
pub(super) const MEMBERS: &str = "truth/anomaly_members";

/// Lines that a parser may be off by.
const LINES: u64 = 1;

/// The kind whose lines take others along that end up in them.
const FRAMING: &str = "line_framing";

/// The kinds that touch files as such.
const DAMAGE: &str = "file_damaged";
const DRIFT: &str = "schema_drift";

/// An incident.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incident {
    pub(super) id: String,
    pub(super) kind: String,
    /// Which of several ways of its kind it is, where its label says so.
    pub(super) variant: Option<String>,
    /// Whether it shows in the rows: `data`, or in what is shipped beside them: `metadata`; or is a motif of several.
    pub(super) is_plain: bool,
    pub(super) is_decoy: bool,
    pub(super) window: Option<(i64, i64)>,
    /// How strong it is.
    pub(super) effect: Option<f64>,
    /// Of an outage: the column and the value that it is about; none: everybody.
    pub(super) dimension: Option<(String, String)>,
}

/// An edit.
#[derive(Debug, Clone)]
struct Member {
    incident: u32,
    table: String,
    /// The rows that it touched, as they were and as they are.
    own: Vec<Link>,
    /// What was said of them.
    links: Links,
    /// Whether it is one of those by which the incident is found.
    is_sought: bool,
    /// Whether its row is lost in another one's line, through no fault of its own.
    is_swallowed: bool,
}

impl Member {
    /// The one thing that it is near to, if it is only one.
    fn only_link(&self, found: &HashMap<Link, Links>) -> Option<Link> {
        let of_own = self.own.iter().filter_map(|own| found.get(own));
        let mut near = self.links.near.iter().chain(of_own.flat_map(|links| &links.near));
        let first = near.next()?;
        near.all(|other| other == first).then_some(*first)
    }
}

/// All labels, and how to find those that explain a place.
#[derive(Debug, Default)]
pub(in crate::check) struct Labels {
    pub(super) incidents: Vec<Incident>,
    members: Vec<Member>,
    files: HashMap<String, Vec<u32>>,
    lines: HashMap<(String, u64), Vec<u32>>,
    rows: HashMap<(String, u64), Vec<u32>>,
    own: HashMap<Link, Vec<u32>>,
    near: HashMap<Link, Vec<u32>>,
    far: HashMap<Link, Vec<u32>>,
    /// The incidents that show, by their numbers: whose kind has to be found in the data.
    shown: BTreeSet<u32>,
    /// By table: the damaged files whose rows it may miss.
    missed: HashMap<String, Vec<u32>>,
    /// How many edits there are.
    pub(super) edits: u64,
}

impl Labels {
    /// The labels of a data set; none when it has none.
    ///
    /// # Errors
    /// Cancelled, or no thread can be had.
    pub(in crate::check) fn read(context: &Context<'_>) -> Result<Option<Self>, Error> {
        let tables = [INCIDENTS, MEMBERS].map(|name| context.schemas.table(name));
        let ([Some(incidents), Some(members)], Some(_)) = (tables, context.data.table(INCIDENTS))
        else {
            return Ok(None);
        };
        let mut labels = Self::default();
        let mut known: HashMap<u128, u32> = HashMap::new();
        let names = [
            "anomaly_id",
            "kind",
            "detectability",
            "is_decoy",
            "window_start",
            "window_end",
            "params",
            "effect_size",
        ];
        context.data.scan(incidents, &names, |_, batch| {
            for row in 0..batch.rows {
                let id = batch.columns[0].id(row).unwrap_or_default();
                known.insert(id, labels.incidents.len() as u32);
                labels.incidents.push(incident(batch, row, id));
            }
            context.watch.on(0)
        })?;
        let names = [
            "anomaly_id",
            "table",
            "role",
            "op",
            "pk_clean",
            "pk_dirty",
            "column",
            "original",
            "injected",
            "file_dirty",
            "row_dirty",
            "line_no",
            "raw_original_b64",
            "file_clean",
        ];
        context.data.scan(members, &names, |_, batch| {
            for row in 0..batch.rows {
                let id = batch.columns[0].id(row).unwrap_or_default();
                if let Some(incident) = known.get(&id) {
                    labels.take(context, *incident, &Row { batch, row });
                }
            }
            context.watch.on(0)
        })?;
        labels.drifted(context)?;
        context.watch.check()?;
        Ok(Some(labels))
    }

    /// Whether there is an incident of a kind that is no decoy.
    pub(in crate::check) fn has(context: &Context<'_>, kind: &str) -> bool {
        let Some(table) = context.schemas.table(INCIDENTS) else { return false };
        let mut found = false;
        // A file that cannot be read is told of elsewhere, and has none.
        let _ = context.data.scan(table, &["kind", "is_decoy"], |_, batch| {
            let [kinds, decoys] = &batch.columns[..] else { return ControlFlow::Break(()) };
            let is_one =
                |row: usize| kinds.text(row) == Some(kind) && !decoys.flag(row).unwrap_or(false);
            found |= (0..batch.rows).any(is_one);
            if found || context.watch.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        found
    }

    /// Takes in the rows of files whose columns are labelled as other ones than declared: whatever is wrong with them is why.
    fn drifted(&mut self, context: &Context<'_>) -> Result<(), Error> {
        for written in &context.data.manifest().tables {
            let Some(table) = context.schemas.table(&written.name) else { continue };
            let of = |path: &String| self.of_file(path, DRIFT).next();
            let drifts: Vec<Option<u32>> =
                written.files.iter().map(|file| of(&file.path)).collect();
            if drifts.iter().all(Option::is_none) {
                continue;
            }
            let names: Vec<&str> = table.key.iter().map(String::as_str).collect();
            let mut own: BTreeMap<u32, Vec<Link>> = BTreeMap::new();
            context.data.scan(table, &names, |file, batch| {
                if let Some(incident) = drifts[file] {
                    let keys = (0..batch.rows).map(|row| links::of_row(table, &names, batch, row));
                    own.entry(incident).or_default().extend(keys);
                }
                context.watch.on(0)
            })?;
            self.members.extend(own.into_iter().map(|(incident, own)| Member {
                incident,
                table: table.name.clone(),
                own,
                links: Links::default(),
                is_sought: false,
                is_swallowed: false,
            }));
        }
        Ok(())
    }

    /// Takes an edit in.
    fn take(&mut self, context: &Context<'_>, incident: u32, row: &Row<'_>) {
        self.edits += 1;
        if let Some(file) = row.text(9) {
            push(&mut self.files, file.to_owned(), incident);
            if let Some(line) = row.column(11).long(row.row) {
                for line in line as u64 - LINES.min(line as u64)..=line as u64 + LINES {
                    push(&mut self.lines, (file.to_owned(), line), incident);
                }
            }
            if let Some(at) = row.column(10).long(row.row) {
                push(&mut self.rows, (file.to_owned(), at as u64), incident);
            }
        }
        if let Some(file) = row.text(13) {
            push(&mut self.files, file.to_owned(), incident);
        }
        let Some(table) = row.text(1).and_then(|name| context.schemas.table(name)) else { return };
        let mut member = Member {
            incident,
            table: table.name.clone(),
            own: Vec::new(),
            links: Links::default(),
            is_sought: matches!(row.text(2), Some("primary" | "counterpart")),
            is_swallowed: row.text(2) == Some("collateral")
                && self.incidents[incident as usize].kind == FRAMING,
        };
        for key in [4, 5].iter().filter_map(|at| row.text(*at)) {
            let values: Vec<&str> =
                if table.key.len() > 1 { key.split('/').collect() } else { vec![key] };
            member.own.push(links::of_key(table, values));
        }
        for told in [7, 8].iter().filter_map(|at| row.text(*at)) {
            let Ok(value) = serde_json::from_str::<Value>(told) else { continue };
            match (row.text(6), value) {
                (None, Value::Object(cells)) => whole(table, &cells, &mut member),
                (Some(column), value) => cell(table, column, &value, &mut member.links),
                _ => {}
            }
        }
        let raw = row.text(12).and_then(from_base64);
        if let Some(Ok(Value::Object(cells))) = raw.map(|raw| serde_json::from_slice(&raw)) {
            whole(table, &cells, &mut member);
        }
        self.members.push(member);
    }

    /// Excuses what the labels say of rows that cannot be read as declared: it is in nobody's way.
    pub(in crate::check) fn excuse(&self, seen: &mut Seen, context: &Context<'_>) {
        let of_rows = |misfit: &&mut Misfit| misfit.what.is_some() || self.drifts(&misfit.place);
        for misfit in seen.misfits.iter_mut().filter(of_rows) {
            misfit.is_labelled = self.names(&Spot::read(&misfit.place, context.schemas));
        }
        for line in &mut seen.lines {
            line.is_labelled = self.names(&Spot::read(&line.place, context.schemas));
        }
        let tables = context.data.manifest().tables.iter();
        let files =
            tables.flat_map(|table| table.files.iter().map(|file| (&table.name, &file.path)));
        for (table, path) in files.filter(|(_, path)| self.damages(path)) {
            seen.damaged.push((table.clone(), path.clone()));
        }
    }

    /// Whether the labels say that a file as a whole is damaged: nobody knows what is missing of it.
    fn damages(&self, path: &str) -> bool {
        self.of_file(path, DAMAGE).next().is_some()
    }

    /// Whether the labels say that the columns of a file are other ones than declared.
    fn drifts(&self, path: &str) -> bool {
        self.of_file(path, DRIFT).next().is_some()
    }

    /// The incidents of a kind that touch a file.
    fn of_file(&self, path: &str, kind: &'static str) -> impl Iterator<Item = u32> {
        let of = self.files.get(path).into_iter().flatten().copied();
        of.filter(move |incident| self.incidents[*incident as usize].kind == kind)
    }

    /// Whether a label names that very place.
    fn names(&self, spot: &Spot<'_>) -> bool {
        match spot {
            Spot::Row(_, link) => self.own.contains_key(link),
            Spot::Line(path, _) | Spot::RowOf(path, _)
                if self.drifts(path) || self.damages(path) =>
            {
                true
            }
            Spot::Line(path, line) => self.lines.contains_key(&((*path).to_owned(), *line)),
            Spot::RowOf(path, row) => self.rows.contains_key(&((*path).to_owned(), *row)),
            Spot::Named(name) => self.files.contains_key(*name),
        }
    }

    /// By table: the labelled rows.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (&str, Link)> {
        self.members
            .iter()
            .flat_map(|member| member.own.iter().map(|own| (member.table.as_str(), *own)))
    }

    /// By event that names nothing but its session, a ping: that session. Whatever that hangs together with is the event's as well.
    pub(super) fn only_sessions(&self, found: &HashMap<Link, Links>) -> Vec<Link> {
        let events = self.members.iter().filter(|member| member.table == "events");
        events.filter_map(|member| member.only_link(found)).collect()
    }

    /// Makes ready to explain, once it is known what the rows hang together with.
    pub(super) fn index(&mut self, context: &Context<'_>, found: &HashMap<Link, Links>) {
        for member in &mut self.members {
            let session = member.only_link(found).filter(|_| member.table == "events");
            for own in &member.own {
                push(&mut self.own, *own, member.incident);
                if let Some(links) = found.get(own) {
                    member.links.add(links);
                }
            }
            if let Some(links) = session.and_then(|session| found.get(&session)) {
                member.links.add(links);
            }
            let near = member.links.near.iter().chain(&member.own);
            near.for_each(|link| push(&mut self.near, *link, member.incident));
            member.links.far.iter().for_each(|link| push(&mut self.far, *link, member.incident));
        }
        self.missed = self.missing(context);
        self.shown = self.showing();
    }

    /// By table: the incidents of damaged files whose rows may be missed by its own: of its files, and of those of tables that refer to
    /// it or that it refers to. Nobody knows which rows were lost.
    fn missing(&self, context: &Context<'_>) -> HashMap<String, Vec<u32>> {
        let mut missing: HashMap<String, Vec<u32>> = HashMap::new();
        for of in &context.data.manifest().tables {
            let damages: Vec<u32> =
                of.files.iter().flat_map(|file| self.of_file(&file.path, DAMAGE)).collect();
            let near = context.schemas.tables.iter().filter(|table| {
                table.name == of.name
                    || refers(context, &table.name, &of.name)
                    || refers(context, &of.name, &table.name)
            });
            for table in near.filter(|_| !damages.is_empty()) {
                missing.entry(table.name.clone()).or_default().extend(&damages);
            }
        }
        missing
    }

    /// The damaged files whose rows may be missed by those of a table.
    pub(super) fn missed(&self, table: &str) -> &[u32] {
        self.missed.get(table).map_or(&[], Vec::as_slice)
    }

    /// The incidents that explain a place; each once.
    pub(super) fn explain(&self, spot: &Spot<'_>, found: &HashMap<Link, Links>) -> Vec<u32> {
        let mut all: Vec<u32> = Vec::new();
        let mut take = |list: Option<&Vec<u32>>| all.extend(list.into_iter().flatten());
        match spot {
            Spot::Row(_, own) => {
                take(self.near.get(own));
                take(self.far.get(own));
                if let Some(links) = found.get(own) {
                    links.near.iter().for_each(|link| take(self.near.get(link)));
                    links.far.iter().for_each(|link| take(self.own.get(link)));
                }
            }
            Spot::Line(path, _) | Spot::RowOf(path, _)
                if self.damages(path) || self.drifts(path) =>
            {
                take(self.files.get(*path));
            }
            Spot::Line(path, line) => take(self.lines.get(&((*path).to_owned(), *line))),
            Spot::RowOf(path, row) => take(self.rows.get(&((*path).to_owned(), *row))),
            Spot::Named(name) => take(self.files.get(*name)),
        }
        all.sort_unstable();
        all.dedup();
        // What is odd and right explains nothing that is wrong.
        all.retain(|incident| !self.incidents[*incident as usize].is_decoy);
        all
    }

    /// The incidents that cannot be found: those in files that nobody can read, and those of rows that are lost in other ones' lines or
    /// hang together with such.
    fn lost(&self) -> BTreeSet<u32> {
        let damaged = self.files.iter().filter(|(path, _)| self.damages(path));
        let mut lost: BTreeSet<u32> = damaged.flat_map(|(_, of)| of.iter().copied()).collect();
        let swallowed = self.members.iter().filter(|member| member.is_swallowed);
        let swallowed: BTreeSet<Link> = swallowed.flat_map(|of| of.own.iter().copied()).collect();
        let others = self.members.iter().filter(|member| !member.is_swallowed);
        let is_near = |of: &&Member| {
            let mut links = of.own.iter().chain(&of.links.near).chain(&of.links.far);
            links.any(|link| swallowed.contains(link))
        };
        let near = others.filter(is_near).map(|member| member.incident);
        let is_framing = |of: &u32| self.incidents[*of as usize].kind == FRAMING;
        lost.extend(near.filter(|of| !is_framing(of)));
        lost
    }

    /// The incidents that the invariant of their kind must find in the data.
    fn showing(&self) -> BTreeSet<u32> {
        let sought = self.members.iter().filter(|of| of.is_sought).map(|of| of.incident);
        let sought: BTreeSet<u32> = sought.chain(self.files.values().flatten().copied()).collect();
        let lost = self.lost();
        let shows = |at: &u32| {
            let incident = &self.incidents[*at as usize];
            incident.is_plain
                && !incident.is_decoy
                && (incident.kind == DAMAGE || !lost.contains(at))
        };
        sought.into_iter().filter(shows).collect()
    }

    /// The incidents of a kind that its invariant must find in the data, by their numbers.
    pub(super) fn sought(&self, kind: &str) -> impl Iterator<Item = (u32, &Incident)> {
        let all = self.shown.iter().map(|at| (*at, &self.incidents[*at as usize]));
        all.filter(move |(_, incident)| incident.kind == kind)
    }
}

/// Whether a table refers to another one.
fn refers(context: &Context<'_>, from: &str, to: &str) -> bool {
    let fields = context.schemas.table(from).into_iter().flat_map(|table| &table.fields);
    fields.filter_map(|field| field.reference.as_ref()).any(|(of, _)| of == to)
}

fn push<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Vec<u32>>, key: K, incident: u32) {
    let list = map.entry(key).or_default();
    if list.last() != Some(&incident) {
        list.push(incident);
    }
}

/// A row of a batch whose columns are known by their places.
struct Row<'b> {
    batch: &'b Batch,
    row: usize,
}

impl<'b> Row<'b> {
    fn column(&self, at: usize) -> &'b Column {
        &self.batch.columns[at]
    }

    fn text(&self, at: usize) -> Option<&'b str> {
        self.column(at).text(self.row)
    }
}

fn incident(batch: &Batch, row: usize, id: u128) -> Incident {
    let text = |at: usize| batch.columns[at].text(row).unwrap_or_default();
    let long = |at: usize| batch.columns[at].long(row);
    let params: Value = serde_json::from_str(text(6)).unwrap_or_default();
    let dimension = params["dimension"].as_str().and_then(|told| told.split_once('='));
    Incident {
        id: crate::check::pass::id(id),
        kind: text(1).to_owned(),
        variant: params["variant"].as_str().map(str::to_owned),
        is_plain: matches!(text(2), "data" | "metadata") || super::is_motif(text(1)),
        is_decoy: batch.columns[3].flag(row).unwrap_or(false),
        window: long(4).zip(long(5)),
        effect: batch.columns[7].double(row),
        dimension: dimension.map(|(column, value)| (column.to_owned(), value.to_owned())),
    }
}

/// Takes what a whole row says: its key and what it refers to.
fn whole(table: &Table, cells: &serde_json::Map<String, Value>, member: &mut Member) {
    let keys: Vec<String> =
        table.key.iter().filter_map(|name| cells.get(name)).map(written).collect();
    if keys.len() == table.key.len() {
        member.own.push(links::of_key(table, keys.iter().map(String::as_str)));
    }
    for (column, value) in cells {
        cell(table, column, value, &mut member.links);
    }
}

fn cell(table: &Table, column: &str, value: &Value, links: &mut Links) {
    if let Some((link, is_near)) = links::of_cell(table, column, &written(value)) {
        let list = if is_near { &mut links.near } else { &mut links.far };
        list.push(link);
    }
}

/// A value as a key has it.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// By table: the rows that places name, beside those that labels do.
pub(super) fn wanted<'p>(
    labels: &'p Labels,
    spots: impl Iterator<Item = Spot<'p>>,
) -> BTreeMap<&'p str, Vec<Link>> {
    let mut wanted: BTreeMap<&str, Vec<Link>> = BTreeMap::new();
    let spots = spots.filter_map(|spot| match spot {
        Spot::Row(table, link) => Some((table, link)),
        _ => None,
    });
    for (table, link) in labels.wanted().chain(spots) {
        wanted.entry(table).or_default().push(link);
    }
    wanted
}
