//! Values that stand in their rows, as they leave.

use crate::digits::uuid_text;
use crate::frame::{Column, Values};
use crate::privacy::policy::act::Act;
use crate::privacy::stage::change::{Change, Given, Made};
use crate::privacy::stage::time;
use crate::schema::Type;

/// Changes values, of a type that becomes another. None is lost that was there, but for those that too few share and those that are not
/// what they should be.
pub(super) fn values(change: &Change, (was, is): (Type, Type), out: &mut Column) {
    let days = change.days_of(None).unwrap_or(0);
    match (&change.act, &mut out.values) {
        (Act::Shift(shift), Values::Longs(times)) => {
            for time in times.iter_mut() {
                *time = time::moved(*time, 1_000_000, days, shift.round);
            }
        }
        (Act::Shift(_), Values::Ints(dates)) => {
            for date in dates.iter_mut() {
                *date = date.saturating_add(days as i32);
            }
        }
        (Act::Token(_), Values::Ids(ids)) if is == Type::Id => {
            if let Some(tokens) = change.tokens() {
                tokens.uuids(ids);
            }
        }
        (Act::Grid(_), Values::Doubles(numbers)) => {
            let (mut change, mut buffer) = (change.clone(), String::new());
            for number in numbers.iter_mut() {
                if let Ok(Made::Float(rounded)) =
                    change.make(Given::Float(*number), None, &mut buffer)
                {
                    *number = rounded;
                }
            }
        }
        _ if matches!(is, Type::Text | Type::Enum | Type::Json) => texts(change, was, out),
        _ => suppress(change, was, out),
    }
}

/// Rows that have a value.
fn there(out: &Column) -> Vec<usize> {
    (0..out.rows()).filter(|row| out.is_valid(*row)).collect()
}

/// Leaves the values that enough people share.
fn suppress(change: &Change, was: Type, out: &mut Column) {
    let (mut change, mut buffer) = (change.clone(), String::new());
    let (rows, there) = (out.rows(), there(out));
    let mut stays = Vec::with_capacity(there.len());
    for_each(&out.values, was, |given| {
        stays.push(change.make(given, None, &mut buffer) == Ok(Made::Same));
    });
    macro_rules! retain {
        ($values:expr) => {{
            let mut stays = stays.iter();
            $values.retain(|_| stays.next().is_some_and(|stays| *stays));
        }};
    }
    match &mut out.values {
        Values::Ids(values) => retain!(values),
        Values::Longs(values) => retain!(values),
        Values::Ints(values) => retain!(values),
        Values::Doubles(values) => retain!(values),
        Values::Flags(values) => retain!(values),
        Values::Keys(values) => retain!(values),
        // Texts become words and are not suppressed.
        Values::Texts { .. } => return,
    }
    let left = there.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(row, _)| *row);
    out.finish_at(rows, left);
}

/// Makes words of values.
fn texts(change: &Change, was: Type, out: &mut Column) {
    let (mut change, mut buffer) = (change.clone(), String::new());
    let (rows, there, days) = (out.rows(), there(out), change.days_of(None));
    let values = std::mem::replace(&mut out.values, Values::Keys(Vec::new()));
    let (ends, bytes) = out.texts();
    let (mut row, mut valid) = (there.into_iter(), Vec::new());
    for_each(&values, was, |given| {
        let row = row.next().unwrap_or_default();
        match (change.make(given, days, &mut buffer), given) {
            (Ok(Made::Text), _) => bytes.extend_from_slice(buffer.as_bytes()),
            (Ok(Made::Same), Given::Text(text)) => bytes.extend_from_slice(text.as_bytes()),
            _ => return,
        }
        ends.push(bytes.len() as u32);
        valid.push(row);
    });
    out.finish_at(rows, valid);
}

/// Shows each value.
pub(super) fn for_each(values: &Values, ty: Type, mut see: impl FnMut(Given<'_>)) {
    match values {
        Values::Ids(ids) => ids.iter().for_each(|id| see(Given::Text(&uuid_text(*id)))),
        Values::Ints(dates) if ty == Type::Date => {
            for day in dates {
                see(Given::Text(&date(*day)));
            }
        }
        Values::Ints(numbers) => {
            for number in numbers {
                see(Given::Int(i64::from(*number)));
            }
        }
        Values::Longs(numbers) => numbers.iter().for_each(|number| see(Given::Int(*number))),
        Values::Doubles(numbers) => numbers.iter().for_each(|number| see(Given::Float(*number))),
        Values::Flags(flags) => flags.iter().for_each(|flag| see(Given::Flag(*flag))),
        Values::Texts { ends, bytes } => {
            let starts = std::iter::once(0).chain(ends.iter().copied());
            // They are looked at together, which is cheaper than one by one.
            let all = std::str::from_utf8(bytes).unwrap_or_default();
            for (start, end) in starts.zip(ends) {
                let place = start as usize..*end as usize;
                match all.get(place.clone()) {
                    Some(text) => see(Given::Text(text)),
                    None => see(Given::Text(&String::from_utf8_lossy(&bytes[place]))),
                }
            }
        }
        Values::Keys(_) => {}
    }
}

/// A date as text.
fn date(day: i32) -> String {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let date = epoch.checked_add(jiff::Span::new().days(day));
    date.map(|date| date.to_string()).unwrap_or_default()
}
