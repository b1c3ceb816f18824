//! The events of a slice of time, packed while they wait to be laid out: about 20 bytes each instead of the 48 of a [`Row`]. All events
//! of a range wait at once, and memory is dear: the system clears it, the host of a virtual machine has to find it first.
//!
//! What a row has and what not is hard for a processor to guess. So, but for time and sequence, packing and unpacking have no branches
//! for it: everything is written, or read, and the place of the next thing moves on only if this one is there.

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
    at: usize,
}

/// What stands in a row's bytes behind kind and shape, in this order. What does not is as in the row before (page, product, extra),
/// or nothing.
mod shape {
    /// The first row of its session: it follows [`START`](super::START), and is wide.
    pub(super) const FIRST: u8 = 1;
    /// Time and delay of the arrival in eight bytes each, and the sequence in two. Without it: the time since the row before and the
    /// delay in four bytes each, and the next sequence.
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

/// Bytes of kind, shape, and what is of time and sequence.
const HEAD: usize = 2 + 4 + 4;
/// The same of a wide row.
const WIDE_HEAD: usize = 2 + 8 + 8 + 2;
/// Bytes that a row takes at most.
const MOST: usize = WIDE_HEAD + 3 * 4 + 6 + 2 + 2;

/// Copies take memory in multiples of so many bytes: then many are equally large, and one fits where another was.
const GRAIN: usize = 256;

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
            self.sessions.push(Begin { session, at: self.bytes.len() });
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
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        Rows::new(&self.bytes, 0)
    }

    /// The rows of a session of the journal.
    pub fn rows_of(&self, session: u32) -> impl Iterator<Item = Row> + use<'_> {
        match self.sessions.binary_search_by_key(&session, |begin| begin.session) {
            Ok(place) => {
                let at = |place: usize| self.sessions.get(place).map(|begin| begin.at);
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
    pub(crate) fn shrink(&mut self) {
        self.sessions.shrink_to_fit();
        self.bytes.shrink_to_fit();
    }

    /// How much its rows take, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How much rows may take before they need more memory, in bytes.
    pub(crate) fn room(&self) -> usize {
        self.bytes.capacity()
    }

    /// A copy in the memory of this bucket, if it is enough.
    #[must_use]
    pub(crate) fn filled(mut self, from: &Self) -> Self {
        self.clear();
        self.bytes.reserve_exact(from.bytes.len().next_multiple_of(GRAIN));
        self.bytes.extend_from_slice(&from.bytes);
        self.sessions.reserve_exact(from.sessions.len());
        self.sessions.extend_from_slice(&from.sessions);
        Self { rows: from.rows, last: from.last, ..self }
    }
}

/// Writes the bytes of a row behind another; how many they are.
#[inline]
fn pack(row: &Row, before: &Row, is_first: bool, bytes: &mut [u8; MOST]) -> usize {
    let since = row.time.wrapping_sub(before.time);
    let delay = row.received.wrapping_sub(row.time);
    let follows = !is_first && row.sequence == before.sequence.wrapping_add(1);
    let near = |span: i64| span as u64 >> 32 == 0;
    let (mut at, mut shape) = (HEAD, 0);
    if follows && near(since) && near(delay) {
        put(bytes, 2, (since as u32).to_le_bytes());
        put(bytes, 6, (delay as u32).to_le_bytes());
    } else {
        shape |= shape::WIDE | if is_first { shape::FIRST } else { 0 };
        put(bytes, 2, row.time.to_le_bytes());
        put(bytes, 10, delay.to_le_bytes());
        put(bytes, 18, row.sequence.to_le_bytes());
        at = WIDE_HEAD;
    }
    let mut add = |bit: u8, is_there: bool, size: usize| {
        let here = at;
        at += size * usize::from(is_there);
        shape |= bit * u8::from(is_there);
        here
    };
    let here = add(shape::PAGE, row.page != before.page, 4);
    put(bytes, here, row.page.to_le_bytes());
    let here = add(shape::PRODUCT, row.product != before.product, 4);
    put(bytes, here, row.product.to_le_bytes());
    let here = add(shape::EXTRA, row.extra != before.extra, 4);
    put(bytes, here, row.extra.to_le_bytes());
    let here = add(shape::VIEW, row.dwell_ms | u32::from(row.load_ms) != 0, 6);
    put(bytes, here, row.dwell_ms.to_le_bytes());
    put(bytes, here + 4, row.load_ms.to_le_bytes());
    let here = add(shape::LIST, row.position | row.quantity != 0, 2);
    put(bytes, here, [row.position, row.quantity]);
    let here = add(shape::DETAIL, row.detail != [0; 2], 2);
    put(bytes, here, row.detail);
    put(bytes, 0, [row.kind, shape]);
    at
}

/// Puts something at a place. What would not fit there, which no row has, is left out.
#[inline]
fn put<const N: usize>(bytes: &mut [u8; MOST], at: usize, part: [u8; N]) {
    if let Some(place) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *place = part;
    }
}

/// What is at a place; noughts where it would not fit, which no row has.
#[inline]
fn get<const N: usize>(bytes: &[u8; MOST], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or([0; N], |part| *part)
}

/// Makes a row of the one before and its own bytes; how many they are.
#[inline]
fn unpack(bytes: &[u8; MOST], row: &mut Row) -> usize {
    let [kind, shape] = get(bytes, 0);
    row.kind = kind;
    let mut at = if shape & shape::WIDE == 0 {
        row.time = row.time.wrapping_add(u32::from_le_bytes(get(bytes, 2)).into());
        row.received = row.time.wrapping_add(u32::from_le_bytes(get(bytes, 6)).into());
        row.sequence = row.sequence.wrapping_add(1);
        HEAD
    } else {
        row.time = i64::from_le_bytes(get(bytes, 2));
        row.received = row.time.wrapping_add(i64::from_le_bytes(get(bytes, 10)));
        row.sequence = u16::from_le_bytes(get(bytes, 18));
        WIDE_HEAD
    };
    let mut next = |bit: u8, size: usize| {
        let is_there = shape & bit != 0;
        let here = at;
        at += size * usize::from(is_there);
        (here, is_there)
    };
    let select = |is_there: bool, value: u32, before: u32| if is_there { value } else { before };
    let (here, is_there) = next(shape::PAGE, 4);
    row.page = select(is_there, u32::from_le_bytes(get(bytes, here)), row.page);
    let (here, is_there) = next(shape::PRODUCT, 4);
    row.product = select(is_there, u32::from_le_bytes(get(bytes, here)), row.product);
    let (here, is_there) = next(shape::EXTRA, 4);
    row.extra = select(is_there, u32::from_le_bytes(get(bytes, here)), row.extra);
    let (here, is_there) = next(shape::VIEW, 6);
    row.dwell_ms = select(is_there, u32::from_le_bytes(get(bytes, here)), 0);
    row.load_ms = u16::from_le_bytes(get(bytes, here + 4)) * u16::from(is_there);
    let (here, is_there) = next(shape::LIST, 2);
    let list = u16::from_le_bytes(get(bytes, here)) * u16::from(is_there);
    [row.position, row.quantity] = list.to_le_bytes();
    let (here, is_there) = next(shape::DETAIL, 2);
    row.detail = (u16::from_le_bytes(get(bytes, here)) * u16::from(is_there)).to_le_bytes();
    at
}

/// Rows of a bucket.
#[derive(Debug, Clone)]
struct Rows<'b> {
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
}

impl Iterator for Rows<'_> {
    type Item = Row;

    #[inline]
    fn next(&mut self) -> Option<Row> {
        let shape = *self.bytes.get(1)?;
        if shape & shape::FIRST != 0 {
            self.row = Row { session: self.next, ..START };
            self.next += 1;
        }
        let mut last = [0; MOST];
        let bytes = self.bytes.first_chunk().unwrap_or_else(|| {
            last[..self.bytes.len()].copy_from_slice(self.bytes);
            &last
        });
        let length = unpack(bytes, &mut self.row);
        self.bytes = self.bytes.get(length..).unwrap_or_default();
        Some(self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of which many are equal, and some the greatest.
    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![Just(NONE), Just(0), 0..3_u32, any::<u32>()]
    }

    /// Spans of time around those that four bytes hold.
    fn span() -> impl Strategy<Value = i64> {
        let edge = 1_i64 << 32;
        prop_oneof![0..5_000_000_i64, -2..2_i64, edge - 2..edge + 2, any::<i64>()]
    }

    /// A row, its time after the row before, and its sequence over that of the row before.
    fn step() -> impl Strategy<Value = (Row, i64, u16)> {
        let more = prop_oneof![4 => Just(1), 1 => any::<u16>()];
        let small = [0..2_u8, 0..2_u8, 0..2_u8, 0..2_u8];
        let row = ([number(), number(), number(), number()], 0..3_u16, any::<u8>(), small);
        (row, span(), span(), more).prop_map(
            |((numbers, load_ms, kind, small), since, delay, more)| {
                let [page, product, extra, dwell_ms] = numbers;
                let [position, quantity, ref detail @ ..] = small;
                let row = Row {
                    received: delay,
                    page,
                    product,
                    extra,
                    dwell_ms,
                    load_ms,
                    kind,
                    position,
                    quantity,
                    detail: *detail,
                    ..Row::default()
                };
                (row, since, more)
            },
        )
    }

    proptest! {
        /// For all rows of all sessions, what comes out is what was put in, all of them and those of each session, whatever the memory
        /// has held before.
        #[test]
        fn rows_come_out_as_they_were_put_in(
            sessions in prop::collection::vec(prop::collection::vec(step(), 1..6), 0..6),
            before in prop::collection::vec(step(), 0..6),
        ) {
            let mut used = Bucket::default();
            for (row, ..) in &before {
                used.push(9, *row);
            }
            let other = used.clone();
            used.clear();
            let (mut bucket, mut all) = (Bucket::default(), Vec::new());
            let mut last = Row { time: 1 << 50, sequence: u16::MAX - 2, ..Row::default() };
            for (place, steps) in sessions.iter().enumerate() {
                for &(row, since, more) in steps {
                    let time = last.time.wrapping_add(since);
                    let received = time.wrapping_add(row.received);
                    last = Row { time, received, sequence: last.sequence.wrapping_add(more), ..row };
                    bucket.push(100 + 2 * place as u32, last);
                    used.push(100 + 2 * place as u32, last);
                    all.push(Row { session: place as u32, ..last });
                }
            }
            prop_assert_eq!(bucket.len(), all.len());
            prop_assert_eq!(&bucket.rows().collect::<Vec<_>>(), &all);
            for (place, ordinal) in bucket.sessions().enumerate() {
                prop_assert_eq!(ordinal, bucket.session(place as u32));
                let of = |row: &&Row| row.session as usize == place;
                let rows: Vec<_> = bucket.rows_of(ordinal).collect();
                prop_assert_eq!(rows, all.iter().filter(of).copied().collect::<Vec<_>>());
                prop_assert!(bucket.rows_of(ordinal + 1).next().is_none());
            }
            prop_assert_eq!(&used, &bucket);
            prop_assert_eq!(&other.filled(&bucket), &bucket);
        }
    }
}
