//! Labels: the truth about incidents, as rows of its two tables.

use std::sync::Arc;

use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Op, OpName, Role};
use crate::anomaly::kind::Kind;
use crate::anomaly::select::Made;
use crate::anomaly::spec::Spec;
use crate::anomaly::spool::Told;
use crate::anomaly::value::Value;
use crate::digits::base64;
use crate::event::ids;
use crate::event::journal::NEVER;
use crate::schema::Type;
use crate::seed::mix;
use crate::tables::{Get, Record};

/// A row of `truth/anomalies`.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentRow {
    id: u128,
    kind: &'static str,
    version: i32,
    scope: &'static str,
    severity: &'static str,
    detectability: &'static str,
    stage: &'static str,
    parent: Option<u128>,
    window: Span,
    arrival: Span,
    effect: Option<f64>,
    rule: &'static str,
    tolerance_ms: i64,
    params: String,
    seed_path: String,
    is_decoy: bool,
    /// Whether it is told even without an edit.
    stands_alone: bool,
}

/// A row of `truth/anomaly_members`.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its incident.
    pub anomaly: u128,
    /// Its place in the order in which edits apply.
    pub seq: i64,
    /// What is done.
    pub op: OpName,
    /// What the row is in the incident.
    pub role: Role,
    /// The row's table.
    pub table: Arc<str>,
    /// What the row was at generation.
    pub uid: Uid,
    /// Its key in the clean data.
    pub pk_clean: Option<Key>,
    /// Its key in the dirty data.
    pub pk_dirty: Option<Key>,
    /// The column changed.
    pub column: Option<Arc<str>>,
    /// What stood there.
    pub original: Option<Told>,
    /// What stands there.
    pub injected: Option<Told>,
    /// The clean file.
    pub file_clean: Option<Arc<str>>,
    /// The row in it.
    pub row_clean: Option<u32>,
    /// The dirty file.
    pub file_dirty: Option<Arc<str>>,
    /// The row in it.
    pub row_dirty: Option<u32>,
    /// Its line or bytes, where there are some.
    pub bytes: Option<Box<Bytes>>,
}

/// The bytes that a label is about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bytes {
    /// The line.
    pub line_no: Option<i64>,
    /// Its first byte.
    pub start: Option<i64>,
    /// How many there are.
    pub length: Option<i64>,
    /// What they were.
    pub original: Option<Told>,
    /// What they are.
    pub injected: Option<Told>,
}

/// What a row was at generation; a label may be there for each row of many, and holds no text where there is none to be held.
#[derive(Debug, Clone, PartialEq)]
pub enum Uid {
    /// The row.
    Row(RowRef),
    /// What is no row of the journal, by its name.
    Name(Box<str>),
}

/// A row's key.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// An identifier.
    Id(u128),
    /// What it is otherwise.
    Text(Box<str>),
}

impl Key {
    /// As tables of labels have it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Id(id) => Value::Id(*id).plain(Type::Id),
            Self::Text(text) => text.to_string(),
        }
    }
}

impl IncidentRow {
    /// What is said of an incident.
    pub(super) fn new(spec: &Spec, ground: &Ground<'_>, made: &Made) -> Self {
        let of = &spec.asked[made.asked];
        let kind = of.kind;
        let incident = &made.incident;
        let name = match made.site {
            Site::Row(row) => format!("{}:{}", row.rowset.table(), ground.name(row)),
            Site::File(file) => ground.path(file),
            Site::Window(nth) => nth.to_string(),
        };
        let (times, arrivals) = times(ground, incident);
        let is_window = matches!(made.site, Site::Window(_));
        Self {
            id: id(spec, made),
            kind: kind.id,
            version: kind.version,
            scope: kind.scope.name(),
            severity: kind.severity.name(),
            detectability: kind.detectability.name(),
            stage: kind.stage.name(),
            parent: None,
            window: incident.window.or(times),
            // What touches the window as a whole is in other ranges too.
            arrival: if is_window { incident.window.or(arrivals) } else { arrivals },
            effect: incident.effect,
            rule: kind.rule.name(),
            tolerance_ms: kind.tolerance_ms,
            params: of.params.json(&incident.notes),
            seed_path: format!("{}/{}/{name}", spec.seed.0, kind.id),
            is_decoy: incident.is_decoy,
            stands_alone: is_window,
        }
    }

    /// What is said of the nth incident that another consists of.
    pub(super) fn child(
        &self,
        ground: &Ground<'_>,
        nth: usize,
        kind: &Kind,
        of: &Incident,
    ) -> Self {
        let (times, arrivals) = times(ground, of);
        Self {
            id: child_id(self.id, ground.range, nth),
            kind: kind.id,
            version: kind.version,
            scope: kind.scope.name(),
            severity: kind.severity.name(),
            detectability: kind.detectability.name(),
            stage: kind.stage.name(),
            parent: Some(self.id),
            window: of.window.or(times),
            arrival: arrivals,
            effect: of.effect,
            rule: kind.rule.name(),
            tolerance_ms: kind.tolerance_ms,
            params: self.params.clone(),
            seed_path: format!("{}/{}/{}.{nth}", self.seed_path, kind.id, ground.range),
            is_decoy: of.is_decoy,
            stands_alone: false,
        }
    }

    /// Whether it is told even without an edit.
    pub fn stands_alone(&self) -> bool {
        self.stands_alone
    }

    /// Its kind.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The incident's key.
    pub fn id(&self) -> u128 {
        self.id
    }
}

/// An incident's key: a UUID of version 4 that follows from seed, kind and site.
pub(super) fn id(spec: &Spec, made: &Made) -> u128 {
    ids::uuid_v4(spec.seed.wide(spec.asked[made.asked].ids, made.uid, 0))
}

/// The key of the nth incident in a range that another consists of.
pub(super) fn child_id(parent: u128, range: u32, nth: usize) -> u128 {
    let nth = mix(u64::from(range) << 40 | nth as u64);
    let (high, low) = ((parent >> 64) as u64, parent as u64);
    ids::uuid_v4(u128::from(mix(high ^ nth)) << 64 | u128::from(mix(low.wrapping_add(nth))))
}

/// From when until when, if at all.
pub(super) type Span = Option<(i64, i64)>;

/// From when until when an incident lasts.
pub(super) fn window(ground: &Ground<'_>, incident: &Incident) -> Span {
    incident.window.or_else(|| times(ground, incident).0)
}

/// From when until when the touched rows happened, and the events among them arrived.
fn times(ground: &Ground<'_>, incident: &Incident) -> (Span, Span) {
    let widen = |span: &mut Span, time: i64| {
        *span = Some(span.map_or((time, time), |(from, to)| (from.min(time), to.max(time))));
    };
    let (mut times, mut arrivals) = (None, None);
    for edit in incident.all_edits().filter(|edit| edit.role != Role::Context) {
        if edit.row.rowset == Rowset::Events {
            let Some(event) = ground.event(edit.row) else { continue };
            widen(&mut times, event.row.time);
            let received = match &edit.op {
                Op::Move(at, _) | Op::Duplicate(_, Some(at)) | Op::Insert(_, Some(at)) => *at,
                _ => event.row.received,
            };
            widen(&mut arrivals, received);
        } else if let Some(time) = ground.time(edit.row).filter(|time| *time != NEVER) {
            widen(&mut times, time);
        }
    }
    (times, arrivals)
}

impl Member {
    /// Takes over from another half of the same label what this one does not know.
    pub(super) fn complete(&mut self, other: &mut Self) {
        macro_rules! or {
            ($($field:ident)*) => { $(self.$field = self.$field.take().or(other.$field.take());)* };
        }
        or!(pk_clean pk_dirty column original injected file_clean row_clean file_dirty row_dirty);
        let Some(others) = other.bytes.take() else { return };
        let own = self.bytes.get_or_insert_default();
        own.line_no = own.line_no.or(others.line_no);
        own.start = own.start.or(others.start);
        own.length = own.length.or(others.length);
        own.original = own.original.take().or(others.original);
        own.injected = own.injected.take().or(others.injected);
    }

    /// Whether it says that something was done which makes no difference.
    pub(super) fn is_idle(&self) -> bool {
        match self.op {
            OpName::Update => self.column.is_some() && self.original == self.injected,
            OpName::Bytes => {
                self.bytes.as_ref().is_none_or(|bytes| bytes.original == bytes.injected)
            }
            OpName::Move => self.row_dirty.is_none() || self.original == self.injected,
            _ => false,
        }
    }
}

/// Writes a text, if there is one.
fn put(text: Option<&str>, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(text.unwrap_or_default().as_bytes());
    text.is_some()
}

/// Writes a key, if there is one.
fn put_key(key: Option<&Key>, out: &mut Vec<u8>) -> bool {
    put(key.map(Key::text).as_deref(), out)
}

/// Writes what was told, if there is something.
fn put_told(told: Option<&Told>, out: &mut Vec<u8>) -> bool {
    told.is_some_and(|told| {
        told.read(|text| out.extend_from_slice(text));
        true
    })
}

/// Bytes that are no text, if there are some.
fn put_bytes(told: Option<&Told>, out: &mut Vec<u8>) -> bool {
    put(told.map(|told| told.read(base64)).as_deref(), out)
}

impl Record for IncidentRow {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("anomaly.id", Get::Id(|_, i| i.id)),
        ("anomaly.kind", Get::Text(|_, i, out| put(Some(i.kind), out))),
        ("anomaly.kind_version", Get::Int(|_, i| i.version)),
        ("anomaly.scope", Get::Text(|_, i, out| put(Some(i.scope), out))),
        ("anomaly.severity", Get::Text(|_, i, out| put(Some(i.severity), out))),
        ("anomaly.detectability", Get::Text(|_, i, out| put(Some(i.detectability), out))),
        ("anomaly.stage", Get::Text(|_, i, out| put(Some(i.stage), out))),
        ("anomaly.parent_id", Get::MaybeId(|_, i| i.parent)),
        ("anomaly.window_start", Get::Time(|_, i| i.window.map_or(NEVER, |(from, _)| from))),
        ("anomaly.window_end", Get::Time(|_, i| i.window.map_or(NEVER, |(_, to)| to))),
        ("anomaly.arrival_start", Get::Time(|_, i| i.arrival.map_or(NEVER, |(from, _)| from))),
        ("anomaly.arrival_end", Get::Time(|_, i| i.arrival.map_or(NEVER, |(_, to)| to))),
        ("anomaly.effect_size", Get::MaybeDouble(|_, i| i.effect)),
        ("anomaly.match_rule", Get::Text(|_, i, out| put(Some(i.rule), out))),
        ("anomaly.tolerance_ms", Get::Long(|_, i| i.tolerance_ms)),
        ("anomaly.params", Get::Text(|_, i, out| put(Some(&i.params), out))),
        ("anomaly.seed_path", Get::Text(|_, i, out| put(Some(&i.seed_path), out))),
        ("anomaly.is_decoy", Get::Flag(|_, i| i.is_decoy)),
    ];
}

impl Record for Member {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("anomaly.id", Get::Id(|_, m| m.anomaly)),
        ("member.apply_seq", Get::Long(|_, m| m.seq)),
        ("member.op", Get::Text(|_, m, out| put(Some(m.op.name()), out))),
        ("member.role", Get::Text(|_, m, out| put(Some(m.role.name()), out))),
        ("member.table", Get::Text(|_, m, out| put(Some(&m.table), out))),
        (
            "member.row_uid",
            Get::Text(|c, m, out| match &m.uid {
                Uid::Row(row) => put(Some(&row.name(c.journal)), out),
                Uid::Name(name) => put(Some(name), out),
            }),
        ),
        ("member.pk_clean", Get::Text(|_, m, out| put_key(m.pk_clean.as_ref(), out))),
        ("member.pk_dirty", Get::Text(|_, m, out| put_key(m.pk_dirty.as_ref(), out))),
        ("member.column", Get::Text(|_, m, out| put(m.column.as_deref(), out))),
        ("member.original", Get::Text(|_, m, out| put_told(m.original.as_ref(), out))),
        ("member.injected", Get::Text(|_, m, out| put_told(m.injected.as_ref(), out))),
        ("member.file_clean", Get::Text(|_, m, out| put(m.file_clean.as_deref(), out))),
        ("member.row_clean", Get::MaybeLong(|_, m| m.row_clean.map(i64::from))),
        ("member.file_dirty", Get::Text(|_, m, out| put(m.file_dirty.as_deref(), out))),
        ("member.row_dirty", Get::MaybeLong(|_, m| m.row_dirty.map(i64::from))),
        ("member.line_no", Get::MaybeLong(|_, m| m.bytes.as_ref()?.line_no)),
        ("member.byte_start", Get::MaybeLong(|_, m| m.bytes.as_ref()?.start)),
        ("member.byte_len", Get::MaybeLong(|_, m| m.bytes.as_ref()?.length)),
        (
            "member.raw_original_b64",
            Get::Text(|_, m, out| {
                put_bytes(m.bytes.as_ref().and_then(|b| b.original.as_ref()), out)
            }),
        ),
        (
            "member.raw_injected_b64",
            Get::Text(|_, m, out| {
                put_bytes(m.bytes.as_ref().and_then(|b| b.injected.as_ref()), out)
            }),
        ),
    ];
}
