//! Least and greatest values and counts of nulls, of pages (the column index) and of the chunk.

use std::cmp::Ordering;

use parquet::basic::{BoundaryOrder, Type as Physical};
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::Result;
use parquet::file::metadata::ColumnIndexBuilder;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};

/// Bytes that a bound keeps of a string.
const LONGEST: usize = 64;

/// A value that may be a bound.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
    /// Of BOOLEAN.
    Flag(bool),
    /// Of INT32.
    Int(i32),
    /// Of INT64.
    Long(i64),
    /// Of DOUBLE; never NaN.
    Double(f64),
    /// Of BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY, ordered as unsigned bytes.
    Bytes(Vec<u8>),
}

impl Bound {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Long(a), Self::Long(b)) => a.cmp(b),
            (Self::Double(a), Self::Double(b)) => a.total_cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }

    /// As the column index holds it.
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Flag(flag) => vec![u8::from(*flag)],
            Self::Int(int) => int.to_le_bytes().to_vec(),
            Self::Long(long) => long.to_le_bytes().to_vec(),
            Self::Double(double) => double.to_le_bytes().to_vec(),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }

    /// A bound below or equal that is short enough.
    fn floor(&self) -> Self {
        match self {
            Self::Bytes(bytes) if bytes.len() > LONGEST => Self::Bytes(prefix(bytes).to_vec()),
            _ => self.clone(),
        }
    }

    /// A bound above or equal, short enough if there is one.
    fn ceiling(&self) -> Self {
        match self {
            Self::Bytes(bytes) if bytes.len() > LONGEST => {
                Self::Bytes(successor(prefix(bytes)).unwrap_or_else(|| bytes.clone()))
            }
            _ => self.clone(),
        }
    }
}

/// The longest start that is short enough and cuts no character.
fn prefix(bytes: &[u8]) -> &[u8] {
    let end = (0..=LONGEST).rev().find(|&end| bytes[end] & 0xc0 != 0x80).unwrap_or(LONGEST);
    &bytes[..end]
}

/// A string above every string that starts with `start`: its last character that has a next one is replaced by that, and what
/// follows is dropped. Byte order is character order in UTF-8.
fn successor(start: &[u8]) -> Option<Vec<u8>> {
    let mut text = std::str::from_utf8(start).ok()?.to_owned();
    while let Some(last) = text.pop() {
        let mut above = (last..=char::MAX).skip(1);
        // A longer character may make the bound longer than the limit by a few bytes, which harms nothing.
        if let Some(next) = above.next() {
            text.push(next);
            return Some(text.into_bytes());
        }
    }
    None
}

/// What a page holds.
#[derive(Debug, Default)]
pub(super) struct PageStats {
    /// Least and greatest value; none when every row is null or NaN.
    pub(super) bounds: Option<[Bound; 2]>,
    /// Rows without a value.
    pub(super) nulls: usize,
    /// Values that are no number.
    pub(super) nans: usize,
}

/// Statistics under way.
pub(super) struct Stats {
    physical: Physical,
    index: ColumnIndexBuilder,
    bounds: Option<[Bound; 2]>,
    nulls: usize,
    last: Option<[Bound; 2]>,
    ascending: bool,
    descending: bool,
    begun: bool,
}

impl Stats {
    pub(super) fn new(physical: Physical) -> Self {
        Self {
            physical,
            index: ColumnIndexBuilder::new(physical),
            bounds: None,
            nulls: 0,
            last: None,
            ascending: true,
            descending: true,
            begun: false,
        }
    }

    /// Whether no page has been added yet.
    pub(super) fn is_new(&self) -> bool {
        !self.begun
    }

    /// Adds a page of `rows` rows.
    pub(super) fn add(&mut self, rows: usize, page: PageStats) {
        self.begun = true;
        self.nulls += page.nulls;
        let nulls = page.nulls as i64;
        let nans = (self.physical == Physical::DOUBLE).then_some(page.nans as i64);
        let Some([least, greatest]) = page.bounds else {
            // Values without bounds (nothing but NaN) are more than the index can say.
            if page.nulls < rows {
                self.index.to_invalid();
            }
            self.index.append(true, Vec::new(), Vec::new(), nulls, nans);
            return;
        };
        let short = [least.floor(), greatest.ceiling()];
        self.index.append(false, short[0].bytes(), short[1].bytes(), nulls, nans);
        if let Some(last) = &self.last {
            let orders = [last[0].order(&short[0]), last[1].order(&short[1])];
            self.ascending &= !orders.contains(&Ordering::Greater);
            self.descending &= !orders.contains(&Ordering::Less);
        }
        self.last = Some(short);
        self.bounds = Some(match self.bounds.take() {
            None => [least, greatest],
            Some([low, high]) => [
                if least.order(&low).is_lt() { least } else { low },
                if greatest.order(&high).is_gt() { greatest } else { high },
            ],
        });
    }

    /// The chunk's statistics, and the column index unless it could not tell the truth.
    pub(super) fn finish(mut self) -> Result<(Statistics, Option<ColumnIndexMetaData>)> {
        self.index.set_boundary_order(match (self.ascending, self.descending) {
            (true, _) => BoundaryOrder::ASCENDING,
            (false, true) => BoundaryOrder::DESCENDING,
            (false, false) => BoundaryOrder::UNORDERED,
        });
        let index = if self.index.valid() { Some(self.index.build()?) } else { None };
        Ok((chunk(self.physical, self.bounds, self.nulls as u64), index))
    }
}

/// The statistics of a chunk; the bounds of strings cut short are marked as inexact.
fn chunk(physical: Physical, bounds: Option<[Bound; 2]>, nulls: u64) -> Statistics {
    macro_rules! of {
        ($variant:ident, $value:ident, $convert:expr) => {{
            let exact = bounds.as_ref().map(|[least, greatest]| {
                [least.floor() == *least, greatest.ceiling() == *greatest]
            });
            let [exact_least, exact_greatest] = exact.unwrap_or_default();
            let [least, greatest] =
                match bounds.map(|[least, greatest]| [least.floor(), greatest.ceiling()]) {
                    Some([Bound::$value(least), Bound::$value(greatest)]) => {
                        [Some($convert(least)), Some($convert(greatest))]
                    }
                    _ => [None, None],
                };
            let statistics = ValueStatistics::new(least, greatest, None, Some(nulls), false);
            Statistics::$variant(
                statistics.with_min_is_exact(exact_least).with_max_is_exact(exact_greatest),
            )
        }};
    }
    match physical {
        Physical::BOOLEAN => of!(Boolean, Flag, |flag| flag),
        Physical::INT32 => of!(Int32, Int, |int| int),
        Physical::INT64 => of!(Int64, Long, |long| long),
        Physical::DOUBLE => of!(Double, Double, |double| double),
        Physical::FIXED_LEN_BYTE_ARRAY => {
            of!(FixedLenByteArray, Bytes, |bytes| FixedLenByteArray::from(ByteArray::from(bytes)))
        }
        _ => of!(ByteArray, Bytes, ByteArray::from),
    }
}

/// Least and greatest of some numbers.
pub(super) fn extremes<T: Copy + Ord>(values: &[T]) -> Option<[T; 2]> {
    let first = *values.first()?;
    let [mut least, mut greatest] = [first; 2];
    for &value in values {
        least = least.min(value);
        greatest = greatest.max(value);
    }
    Some([least, greatest])
}

/// Bounds of doubles, and how many are NaN. Zeros widen to -0 and +0, for readers that tell them apart.
pub(super) fn doubles(values: &[f64]) -> (Option<[Bound; 2]>, usize) {
    let [mut least, mut greatest] = [f64::INFINITY, f64::NEG_INFINITY];
    let mut nans = 0;
    for &value in values {
        least = if value < least { value } else { least };
        greatest = if value > greatest { value } else { greatest };
        nans += usize::from(value.is_nan());
    }
    if nans == values.len() {
        return (None, nans);
    }
    let least = if least == 0.0 { -0.0 } else { least };
    let greatest = if greatest == 0.0 { 0.0 } else { greatest };
    (Some([Bound::Double(least), Bound::Double(greatest)]), nans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_skip_what_is_no_number() {
        assert_eq!(doubles(&[f64::NAN, f64::NAN]), (None, 2));
        let infinite = [f64::INFINITY; 2].map(Bound::Double);
        assert_eq!(doubles(&[f64::INFINITY, f64::NAN]), (Some(infinite), 1));
    }

    proptest! {
        /// For all strings, the cut bounds still bound, and stay strings.
        #[test]
        fn cut_bounds_are_bounds(text in "[a\u{7f}é\u{7ff}\u{d7ff}\u{ffff}\u{10ffff}]{0,80}") {
            let bound = Bound::Bytes(text.into_bytes());
            let (floor, ceiling) = (bound.floor(), bound.ceiling());
            prop_assert!(floor.order(&bound).is_le() && ceiling.order(&bound).is_ge());
            prop_assert!(floor.bytes().len() <= LONGEST);
            prop_assert!(String::from_utf8(floor.bytes()).is_ok() && String::from_utf8(ceiling.bytes()).is_ok());
        }
    }
}
