//! The events of a slice of time, packed while they wait to be laid out: about 22 bytes each instead of the 48 of a [`Row`]. All events
//! of a range wait at once, and memory is dear: the system clears it, the host of a virtual machine has to find it first.

use super::records::{NONE, Row};

/// Events of one slice, in order of user, session and sequence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The sessions that they belong to, in order.
    sessions: Vec<Begin>,
    /// Row after row: its kind, its [`shape`], and what the shape says.
    bytes: Vec<u8>,
    rows: usize,
    /// The row that was added last.
    last: Row,
}

/// Where the rows of a session begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begin {
    /// Ordinal (in the journal) of the session.
    session: u32,
    /// Place of its first row in the bytes.
    at: u32,
}

/// What stands in a row's bytes, in this order. What does not is as in the row before it, or nothing, if it is a fact of one row only.
mod shape {
    /// The first row of its session: nothing is as before.
    pub(super) const FIRST: u8 = 1;
    /// Time and delay in eight bytes each and the sequence in two; else they take four each, the time since the row before, whose
    /// sequence it follows.
    pub(super) const WIDE: u8 = 1 << 1;
    /// In four bytes each.
    pub(super) const PAGE: u8 = 1 << 2;
    pub(super) const PRODUCT: u8 = 1 << 3;
    pub(super) const EXTRA: u8 = 1 << 4;
    /// Dwell in four bytes, load time in two.
    pub(super) const VIEW: u8 = 1 << 5;
    /// Position and quantity.
    pub(super) const LIST: u8 = 1 << 6;
    /// The two bytes of detail.
    pub(super) const DETAIL: u8 = 1 << 7;
}

/// Bytes that a row takes at most.
const MOST: usize = 2 + 18 + 3 * 4 + 6 + 2 + 2;

/// What the first row of a session follows.
const START: Row = Row {
    time: 0,
    received: 0,
    session: 0,
    page: NONE,
    product: NONE,
    extra: NONE,
    dwell_ms: 0,
    load_ms: 0,
    sequence: 0,
    kind: 0,
    position: 0,
    quantity: 0,
    detail: [0; 2],
};

impl Bucket {
    /// Adds a row of a session of the journal.
    #[inline]
    pub fn push(&mut self, session: u32, mut row: Row) {
        let is_first = self.sessions.last().is_none_or(|last| last.session != session);
        if is_first {
            self.sessions.push(Begin { session, at: self.bytes.len() as u32 });
            self.last = START;
        }
        row.session = self.sessions.len() as u32 - 1;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; MOST]);
        if let Some(bytes) = self.bytes.last_chunk_mut() {
            let length = pack(&row, &self.last, is_first, bytes);
            self.bytes.truncate(start + length);
        }
        self.rows += 1;
        self.last = row;
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Its rows; the session of each is its place among those of the bucket.
    pub fn rows(&self) -> Rows<'_> {
        Rows::new(&self.bytes, 0)
    }

    /// The rows of a session of the journal.
    pub fn rows_of(&self, session: u32) -> Rows<'_> {
        match self.sessions.binary_search_by_key(&session, |begin| begin.session) {
            Ok(place) => {
                let at = |place: usize| self.sessions.get(place).map(|begin| begin.at as usize);
                let end = at(place + 1).unwrap_or(self.bytes.len());
                Rows::new(&self.bytes[at(place).unwrap_or(end)..end], place as u32)
            }
            Err(_) => Rows::new(&[], 0),
        }
    }

    /// Ordinals (in the journal) of the sessions that its rows belong to.
    pub fn sessions(&self) -> impl ExactSizeIterator<Item = u32> + DoubleEndedIterator {
        self.sessions.iter().map(|begin| begin.session)
    }

    /// The ordinal in the journal of the session that rows know by that place.
    pub fn session(&self, place: u32) -> u32 {
        self.sessions[place as usize].session
    }

    /// Empties it, keeping what it holds of memory.
    pub fn clear(&mut self) {
        self.sessions.clear();
        self.bytes.clear();
        self.rows = 0;
        self.last = Row::default();
    }

    /// Gives back the memory that it holds beyond its rows.
    pub fn shrink(&mut self) {
        self.sessions.shrink_to_fit();
        self.bytes.shrink_to_fit();
    }

    /// How much its rows take, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How much rows may take before they need more memory, in bytes.
    pub fn room(&self) -> usize {
        self.bytes.capacity()
    }

    /// A copy in the memory of this bucket, as far as it is enough.
    #[must_use]
    pub fn filled(mut self, from: &Self) -> Self {
        self.clear();
        self.bytes.reserve_exact(from.bytes.len());
        self.bytes.extend_from_slice(&from.bytes);
        self.sessions.reserve_exact(from.sessions.len());
        self.sessions.extend_from_slice(&from.sessions);
        Self { rows: from.rows, last: from.last, ..self }
    }
}

/// Writes the bytes of a row behind another; how many they are.
#[inline]
fn pack(row: &Row, before: &Row, is_first: bool, bytes: &mut [u8; MOST]) -> usize {
    let (mut at, mut shape) = (2, 0);
    let mut put = |part: &[u8]| {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    };
    let (since, delay) = (row.time - before.time, row.received - row.time);
    let follows = !is_first && row.sequence == before.sequence.wrapping_add(1);
    if let (true, Ok(since), Ok(delay)) = (follows, u32::try_from(since), u32::try_from(delay)) {
        put(&since.to_le_bytes());
        put(&delay.to_le_bytes());
    } else {
        shape |= shape::WIDE | if is_first { shape::FIRST } else { 0 };
        put(&row.time.to_le_bytes());
        put(&delay.to_le_bytes());
        put(&row.sequence.to_le_bytes());
    }
    if row.page != before.page {
        shape |= shape::PAGE;
        put(&row.page.to_le_bytes());
    }
    if row.product != before.product {
        shape |= shape::PRODUCT;
        put(&row.product.to_le_bytes());
    }
    if row.extra != before.extra {
        shape |= shape::EXTRA;
        put(&row.extra.to_le_bytes());
    }
    if (row.dwell_ms, row.load_ms) != (0, 0) {
        shape |= shape::VIEW;
        put(&row.dwell_ms.to_le_bytes());
        put(&row.load_ms.to_le_bytes());
    }
    if (row.position, row.quantity) != (0, 0) {
        shape |= shape::LIST;
        put(&[row.position, row.quantity]);
    }
    if row.detail != [0; 2] {
        shape |= shape::DETAIL;
        put(&row.detail);
    }
    bytes[..2].copy_from_slice(&[row.kind, shape]);
    at
}

/// Rows of a bucket.
#[derive(Debug, Clone)]
pub struct Rows<'b> {
    bytes: &'b [u8],
    /// The row before, and the place of the session that comes next.
    row: Row,
    next: u32,
}

impl<'b> Rows<'b> {
    /// Those in some bytes that begin with a session of that place.
    fn new(bytes: &'b [u8], place: u32) -> Self {
        Self { bytes, row: START, next: place }
    }

    /// The next bytes.
    #[inline]
    fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.bytes.split_first_chunk() {
            Some((taken, rest)) => {
                self.bytes = rest;
                *taken
            }
            // Only whole rows are ever put in.
            None => [0; N],
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    #[inline]
    fn next(&mut self) -> Option<Row> {
        let ([kind, shape], rest) = self.bytes.split_first_chunk()?;
        let (kind, shape) = (*kind, *shape);
        self.bytes = rest;
        if shape & shape::FIRST != 0 {
            self.row = Row { session: self.next, ..START };
            self.next += 1;
        }
        let mut row = Row { kind, ..self.row };
        let delay = if shape & shape::WIDE == 0 {
            row.time += i64::from(u32::from_le_bytes(self.take()));
            row.sequence = row.sequence.wrapping_add(1);
            i64::from(u32::from_le_bytes(self.take()))
        } else {
            row.time = i64::from_le_bytes(self.take());
            let delay = i64::from_le_bytes(self.take());
            row.sequence = u16::from_le_bytes(self.take());
            delay
        };
        row.received = row.time + delay;
        if shape & shape::PAGE != 0 {
            row.page = u32::from_le_bytes(self.take());
        }
        if shape & shape::PRODUCT != 0 {
            row.product = u32::from_le_bytes(self.take());
        }
        if shape & shape::EXTRA != 0 {
            row.extra = u32::from_le_bytes(self.take());
        }
        (row.dwell_ms, row.load_ms) = (0, 0);
        if shape & shape::VIEW != 0 {
            row.dwell_ms = u32::from_le_bytes(self.take());
            row.load_ms = u16::from_le_bytes(self.take());
        }
        [row.position, row.quantity] = if shape & shape::LIST == 0 { [0; 2] } else { self.take() };
        row.detail = if shape & shape::DETAIL == 0 { [0; 2] } else { self.take() };
        self.row = row;
        Some(row)
    }
}
