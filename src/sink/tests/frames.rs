//! Frames of every shape.

use proptest::prelude::*;
use proptest::strategy::Union;

use crate::frame::{Strings, Values};
use crate::schema::Type;
use crate::sink::held::{Held, HeldColumn, HeldKeys};

/// A frame of up to a dozen columns and a few thousand rows.
pub(crate) fn arbitrary() -> impl Strategy<Value = Held> {
    (1_usize..3_000).prop_flat_map(|rows| {
        prop::collection::vec(column(rows), 1..12).prop_map(|mut columns| {
            for (ordinal, column) in columns.iter_mut().enumerate() {
                // One name is longer than what is copied at once.
                let tail = if ordinal == 3 { "long".repeat(20) } else { String::new() };
                column.field.name = format!("c{ordinal}{tail}");
            }
            Held::new("any", &["c0"], columns)
        })
    })
}

/// Which rows are valid: all, none, few, most, or runs.
fn validity(rows: usize) -> impl Strategy<Value = Vec<bool>> {
    prop_oneof![
        3 => Just(vec![true; rows]),
        1 => Just(vec![false; rows]),
        2 => (2..200_usize, any::<bool>()).prop_map(move |(every, inverse)| {
            (0..rows).map(|row| (row % every == 1) != inverse).collect()
        }),
        2 => (1..300_usize).prop_map(move |run| (0..rows).map(|row| row / run % 2 == 0).collect()),
        1 => prop::collection::vec(any::<bool>(), rows),
    ]
}

fn text() -> BoxedStrategy<String> {
    let texts = prop_oneof![
        4 => "[a-zA-Z0-9 /?&=_-]{0,20}",
        1 => "(\\PC|[\"\\\\\u{0}-\u{1f}]){0,90}",
    ];
    texts.boxed()
}

/// Values in the manner of real ones: noise, runs, or climbing.
fn shaped<T: Clone + std::fmt::Debug + 'static>(
    count: usize,
    value: impl Strategy<Value = T> + Clone + 'static,
) -> BoxedStrategy<Vec<T>> {
    let runs = prop::collection::vec((value.clone(), 1_usize..400), 1..40).prop_map(move |runs| {
        let runs = runs.into_iter().flat_map(|(value, count)| std::iter::repeat_n(value, count));
        let runs: Vec<T> = runs.collect();
        runs.iter().cycle().take(count).cloned().collect()
    });
    prop_oneof![prop::collection::vec(value, count), runs].boxed()
}

fn keyed(count: usize) -> BoxedStrategy<(Values, HeldKeys)> {
    let texts = (prop::collection::vec(text(), 0..40), prop::collection::vec(text(), 1..300));
    texts
        .prop_flat_map(move |(base, own)| {
            let keys = shaped(count, 0..(base.len() + own.len()) as u32);
            let parts = HeldKeys::Texts(base.iter().collect::<Strings>(), own.iter().collect());
            (keys.prop_map(Values::Keys), Just(parts))
        })
        .boxed()
}

fn column(rows: usize) -> impl Strategy<Value = HeldColumn> {
    validity(rows).prop_flat_map(|valid| {
        let count = valid.iter().filter(|&&valid| valid).count();
        let plain = |ty: Type, values: BoxedStrategy<Values>| {
            values.prop_map(move |values| (ty, values, HeldKeys::None)).boxed()
        };
        let longs =
            |range: std::ops::Range<i64>| shaped(count, range).prop_map(Values::Longs).boxed();
        let whole = shaped(count, any::<i64>()).prop_map(Values::Longs).boxed();
        let ints = shaped(count, any::<i32>()).prop_map(Values::Ints).boxed();
        let days = shaped(count, -700_000..2_900_000).prop_map(Values::Ints).boxed();
        let doubles = shaped(count, prop::num::f64::ANY).prop_map(Values::Doubles).boxed();
        let flags = shaped(count, any::<bool>()).prop_map(Values::Flags).boxed();
        let ids = shaped(count, any::<u128>()).prop_map(Values::Ids).boxed();
        let texts = shaped(count, text()).prop_map(|texts| {
            let bytes = texts.concat().into_bytes();
            let ends = texts.iter().scan(0, |end, text| {
                *end += text.len() as u32;
                Some(*end)
            });
            Values::Texts { ends: ends.collect(), bytes }
        });
        let id_keys = prop::collection::vec(any::<u128>(), 1..300).prop_flat_map(move |ids| {
            let keys = shaped(count, 0..ids.len() as u32).prop_map(Values::Keys);
            keys.prop_map(move |keys| (Type::Id, keys, HeldKeys::Ids(ids.clone())))
        });
        let json =
            prop::collection::vec(any::<(i32, bool)>(), 1..50).prop_flat_map(move |objects| {
                let texts = objects.iter().map(|(n, flag)| format!(r#"{{"n":{n},"flag":{flag}}}"#));
                let texts: Strings = texts.collect();
                let keys = shaped(count, 0..texts.len() as u32).prop_map(Values::Keys);
                keys.prop_map(move |keys| {
                    (Type::Json, keys, HeldKeys::Texts(texts.clone(), Strings::new()))
                })
            });
        let kinds = Union::new(vec![
            plain(Type::Id, ids),
            plain(Type::Text, texts.boxed()),
            plain(Type::Timestamp, longs(-60_000_000_000_000_000..250_000_000_000_000_000)),
            plain(Type::Money, longs(-999_999_999..999_999_999)),
            plain(Type::Int64, whole),
            plain(Type::Int32, ints),
            plain(Type::Date, days),
            plain(Type::Float64, doubles),
            plain(Type::Bool, flags),
            keyed(count).prop_map(|(values, keys)| (Type::Enum, values, keys)).boxed(),
            id_keys.boxed(),
            json.boxed(),
        ]);
        kinds.prop_map(move |(ty, values, keys)| HeldColumn::new("c", ty, &valid, values, keys))
    })
}
