//! A change at work on arrays: on texts, numbers, times and flags, batch by batch.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, DictionaryArray, Float64Array, Int32Array,
    Int64Array, StringArray, StringBuilder, new_null_array,
};
use arrow::compute::{cast, nullif};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, TimeUnit};

use super::arrays::{is_text, made_type, plain_texts};
use super::change::{Change, Given, Made};
use super::time;
use super::why::{Why, broken};
use crate::privacy::policy::act::Act;

/// What becomes of a text that is JSON; none: nothing.
pub(super) type Inside<'i> = dyn FnMut(&str) -> Result<Option<String>, Why> + 'i;

/// A change at work on the batches of a column.
pub(super) struct Worker<'w> {
    pub(super) change: &'w mut Change,
    /// What becomes of JSON texts.
    pub(super) inside: Option<&'w mut Inside<'w>>,
    /// The dictionary of the last batch, and what it became.
    known: Option<(ArrayRef, StringArray)>,
    /// Rows of each key of it.
    counts: Vec<u64>,
}

impl<'w> Worker<'w> {
    pub(super) fn new(change: &'w mut Change, inside: Option<&'w mut Inside<'w>>) -> Self {
        Self { change, inside, known: None, counts: Vec::new() }
    }

    /// What becomes of an array; `days` are the shifts of its rows, where each has its own.
    pub(super) fn apply(
        &mut self,
        array: &ArrayRef,
        days: Option<&[Option<i64>]>,
    ) -> Result<ArrayRef, Why> {
        let by_row = days.is_some();
        match array.data_type() {
            DataType::Null => {
                Ok(new_null_array(&made_type(self.change, &DataType::Null), array.len()))
            }
            ty if !is_text(ty) && matches!(self.change.act, Act::Keep | Act::Rare) => {
                self.shared(array)
            }
            DataType::Dictionary(..) if !by_row => self.dictionary(array),
            DataType::Dictionary(..)
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::FixedSizeBinary(16) => self.texts(&plain_texts(array)?, days),
            DataType::Timestamp(unit, _) => self.moments(array, per_second(*unit), days),
            DataType::Date64 => self.moments(array, 1_000, days),
            DataType::Date32 => self.dates(array, days),
            ty if ty.is_integer() => self.ints(array, days),
            DataType::Float32 | DataType::Float64 => self.floats(array, days),
            ty => Err(Why::Broken(format!(
                "`{}` is of the type {ty}, which can only be kept or dropped",
                self.change.path
            ))),
        }
    }

    fn one(&mut self, text: &str, days: Option<i64>, out: &mut String) -> Result<Option<()>, Why> {
        if let (Some(inside), false) = (&mut self.inside, text.is_empty()) {
            let Some(made) = inside(text)? else { return Ok(None) };
            out.clear();
            out.push_str(&made);
            return Ok(Some(()));
        }
        let made = self.change.make(Given::Text(text), days, out).map_err(Why::from)?;
        Ok(match made {
            Made::Text => Some(()),
            Made::Same => {
                out.clear();
                out.push_str(text);
                Some(())
            }
            _ => None,
        })
    }

    /// Values that are no texts: those that enough people share stay as they are.
    fn shared(&mut self, array: &ArrayRef) -> Result<ArrayRef, Why> {
        let mut out = String::new();
        let gone: BooleanArray = if array.data_type().is_floating() {
            let doubles = cast(array, &DataType::Float64).map_err(broken)?;
            let doubles = doubles.as_primitive::<Float64Type>().iter();
            self.gone(doubles.map(|double| double.map(Given::Float)), &mut out)?
        } else if let Some(flags) = array.as_boolean_opt() {
            self.gone(flags.iter().map(|flag| flag.map(Given::Flag)), &mut out)?
        } else {
            let texts = plain_texts(array)?;
            self.gone(texts.iter().map(|text| text.map(Given::Text)), &mut out)?
        };
        nullif(array, &gone).map_err(broken)
    }

    /// By row whether nothing leaves of what is there.
    fn gone<'g>(
        &mut self,
        given: impl Iterator<Item = Option<Given<'g>>>,
        out: &mut String,
    ) -> Result<BooleanArray, Why> {
        let gone = given.map(|given| match given {
            Some(given) => {
                let made = self.change.make(given, None, out).map_err(Why::from)?;
                Ok(Some(made != Made::Same))
            }
            None => Ok(Some(false)),
        });
        gone.collect()
    }

    /// Each value of a dictionary once.
    fn dictionary(&mut self, array: &ArrayRef) -> Result<ArrayRef, Why> {
        let wide = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let array = if *array.data_type() == wide {
            Arc::clone(array)
        } else {
            cast(array, &wide).map_err(broken)?
        };
        let dictionary = array.as_dictionary::<Int32Type>();
        let same = self.known.as_ref().is_some_and(|(values, _)| {
            Arc::ptr_eq(values, dictionary.values())
                || values.to_data().ptr_eq(&dictionary.values().to_data())
        });
        if !same {
            let values = plain_texts(dictionary.values())?;
            self.counts.clear();
            self.counts.resize(values.len(), 0);
            for key in dictionary.keys().iter().flatten() {
                if let Some(count) = self.counts.get_mut(key as usize) {
                    *count += 1;
                }
            }
            let made = self.values(&values)?;
            self.known = Some((Arc::clone(dictionary.values()), made));
        }
        let Some((_, made)) = &self.known else { return Err(broken("no dictionary")) };
        let keys = dictionary.keys();
        let keys: Int32Array = if made.null_count() == 0 {
            keys.clone()
        } else {
            keys.iter().map(|key| key.filter(|key| made.is_valid(*key as usize))).collect()
        };
        let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(made.clone()));
        Ok(Arc::new(array.map_err(broken)?))
    }

    fn values(&mut self, values: &StringArray) -> Result<StringArray, Why> {
        let mut made = StringBuilder::with_capacity(values.len(), values.len() * 30);
        let mut out = String::new();
        for (place, value) in values.iter().enumerate() {
            // What no row holds any more is not looked at, and does not leave.
            let rows = self.counts.get(place).copied().unwrap_or(0);
            match value {
                Some(text) => match self.one(text, None, &mut out)? {
                    Some(()) => {
                        made.append_value(&out);
                        if self.change.tokens().is_some() && out != text {
                            self.change.watch.repeat(rows.max(1));
                        }
                    }
                    None => made.append_null(),
                },
                None => made.append_null(),
            }
        }
        Ok(made.finish())
    }

    fn texts(
        &mut self,
        texts: &StringArray,
        days: Option<&[Option<i64>]>,
    ) -> Result<ArrayRef, Why> {
        let mut made = StringBuilder::with_capacity(texts.len(), texts.len() * 30);
        let mut out = String::new();
        let all = self.change.days_of(None);
        for (row, text) in texts.iter().enumerate() {
            let Some(text) = text else {
                made.append_null();
                continue;
            };
            let days = days.map_or(all, |days| days[row]);
            match self.one(text, days, &mut out)? {
                Some(()) => made.append_value(&out),
                None => made.append_null(),
            }
        }
        Ok(Arc::new(made.finish()))
    }

    fn moments(
        &mut self,
        array: &ArrayRef,
        per_second: i64,
        days: Option<&[Option<i64>]>,
    ) -> Result<ArrayRef, Why> {
        let Act::Shift(shift) = self.change.act else { return self.shown(array) };
        let longs = cast(array, &DataType::Int64).map_err(broken)?;
        let all = self.change.days_of(None);
        let moved = |(row, time): (usize, Option<i64>)| {
            let days = days.map_or(all, |days| days[row]);
            Some(time::moved(time?, per_second, days?, shift.round))
        };
        let moved: Int64Array =
            longs.as_primitive::<Int64Type>().iter().enumerate().map(moved).collect();
        self.counted(array, &moved);
        cast(&moved, array.data_type()).map_err(broken)
    }

    fn dates(&mut self, array: &ArrayRef, days: Option<&[Option<i64>]>) -> Result<ArrayRef, Why> {
        if !matches!(self.change.act, Act::Shift(_)) {
            return self.shown(array);
        }
        let whole = cast(array, &DataType::Int32).map_err(broken)?;
        let all = self.change.days_of(None);
        let moved = |(row, day): (usize, Option<i32>)| {
            let days = days.map_or(all, |days| days[row]);
            day?.checked_add(i32::try_from(days?).ok()?)
        };
        let moved: Int32Array =
            whole.as_primitive::<Int32Type>().iter().enumerate().map(moved).collect();
        self.counted(array, &moved);
        cast(&moved, array.data_type()).map_err(broken)
    }

    fn counted(&mut self, before: &dyn Array, after: &dyn Array) {
        self.change.done.values += (before.len() - before.null_count()) as u64;
        self.change.done.suppressed += (after.null_count() - before.null_count()) as u64;
    }

    /// Times as text, for acts that make words of them.
    fn shown(&mut self, array: &ArrayRef) -> Result<ArrayRef, Why> {
        self.texts(&plain_texts(array)?, None)
    }

    /// Whole numbers: words where the act makes words, numbers where it leaves some.
    fn ints(&mut self, array: &ArrayRef, days: Option<&[Option<i64>]>) -> Result<ArrayRef, Why> {
        let out_type = made_type(self.change, array.data_type());
        if *array.data_type() == DataType::UInt64 && out_type == DataType::Utf8 {
            return self.texts(&plain_texts(array)?, days);
        }
        // What is too large for a time or a place is none.
        let longs = cast(array, &DataType::Int64).map_err(broken)?;
        let longs = longs.as_primitive::<Int64Type>();
        let given = longs.iter().map(|long| long.map(Given::Int));
        let all = self.change.days_of(None);
        let made =
            numbers(self.change, given, |row| days.map_or(all, |days| days[row]), &out_type)?;
        cast(&made, &out_type).map_err(broken)
    }

    fn floats(&mut self, array: &ArrayRef, days: Option<&[Option<i64>]>) -> Result<ArrayRef, Why> {
        let doubles = cast(array, &DataType::Float64).map_err(broken)?;
        let doubles = doubles.as_primitive::<Float64Type>();
        let given = doubles.iter().map(|double| double.map(Given::Float));
        let all = self.change.days_of(None);
        let out_type = made_type(self.change, array.data_type());
        let made =
            numbers(self.change, given, |row| days.map_or(all, |days| days[row]), &out_type)?;
        cast(&made, &out_type).map_err(broken)
    }
}

/// Changes numbers into a column of words or of numbers.
fn numbers<'g>(
    change: &mut Change,
    given: impl Iterator<Item = Option<Given<'g>>>,
    days: impl Fn(usize) -> Option<i64>,
    out_type: &DataType,
) -> Result<ArrayRef, Why> {
    let mut out = String::new();
    let words = matches!(out_type, DataType::Utf8 | DataType::Dictionary(..));
    let (mut texts, mut longs, mut doubles) = (StringBuilder::new(), Vec::new(), Vec::new());
    let floats = matches!(out_type, DataType::Float32 | DataType::Float64);
    for (row, given) in given.enumerate() {
        let made = match given {
            Some(given) => change.make(given, days(row), &mut out).map_err(Why::from)?,
            None => Made::Nothing,
        };
        let number = match (made, given) {
            (Made::Int(number), _) | (Made::Same, Some(Given::Int(number))) => Some(number as f64),
            (Made::Float(number), _) | (Made::Same, Some(Given::Float(number))) => Some(number),
            _ => None,
        };
        let whole = match (made, given) {
            (Made::Int(number), _) | (Made::Same, Some(Given::Int(number))) => Some(number),
            _ => number.map(|number| number as i64),
        };
        match () {
            () if words && made == Made::Text => texts.append_value(&out),
            // A number that stands for nothing passes as its digits.
            () if words => texts.append_option(whole.map(|number| number.to_string())),
            () if floats => doubles.push(number),
            () => longs.push(whole),
        }
    }
    Ok(match () {
        () if words => Arc::new(texts.finish()),
        () if floats => Arc::new(Float64Array::from(doubles)),
        () => Arc::new(Int64Array::from(longs)),
    })
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}
