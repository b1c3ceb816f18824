//! Names of members and columns, some of which are somebody's: an object whose keys are e-mail addresses, a file that bears a name.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::policy::detect::{self, Look};

/// What is shown instead of a name that may be somebody's.
pub const HIDDEN: &str = "…";

/// Longer names are no names of columns.
const LONGEST: usize = 64;

/// So many digits in a row are a number of something that is somebody's.
const DIGITS: usize = 5;

/// Whether a name looks like a value: what it is the name of is then a person, and not a column.
pub fn is_value(name: &str) -> bool {
    // Most names are short words, which this look passes.
    let mut run = 0;
    let plain = name.bytes().all(|byte| {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        run < 3 && (byte.is_ascii_alphanumeric() || byte == b'_')
    });
    if plain && name.len() <= LONGEST {
        return false;
    }
    let digits = name.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= DIGITS);
    let looks = matches!(
        detect::look(name),
        Look::Email
            | Look::Phone
            | Look::Card
            | Look::Ip
            | Look::Uuid
            | Look::Url
            | Look::Time
            | Look::Json
    );
    digits || looks || name.contains('@') || name.len() > LONGEST
}

/// A path as it may be shown and kept: names that look like values are not in it.
pub fn shown(path: &str) -> Cow<'_, str> {
    // A name may have points of its own, as addresses do, and where it begins is not known then.
    if path.contains('@') {
        return Cow::Borrowed(HIDDEN);
    }
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let points = path.split('.').filter(|part| number(part)).count() > 2;
    let hidden = |part: &str| {
        let part = part.trim_end_matches("[]");
        is_value(part) || points && number(part)
    };
    if !path.split('.').any(hidden) {
        return Cow::Borrowed(path);
    }
    let mut shown = String::new();
    for (place, part) in path.split('.').enumerate() {
        let part = if hidden(part) { HIDDEN } else { part };
        if part == HIDDEN && shown.ends_with(HIDDEN) {
            continue;
        }
        if place > 0 {
            shown.push('.');
        }
        shown.push_str(part);
    }
    Cow::Owned(shown)
}

/// First names that columns are called by as well.
static WORDS: &[&str] = &[
    "america", "april", "art", "asia", "august", "autumn", "baby", "brown", "chance", "delta",
    "dock", "easter", "era", "ford", "general", "german", "golden", "green", "guy", "june",
    "junior", "king", "london", "mac", "major", "mark", "max", "may", "meta", "name", "paris",
    "pink", "price", "queen", "river", "royal", "sim", "stone", "summer", "sunny", "toy", "trace",
    "unique", "will",
];

/// The paths of objects whose members seem to be called by people: by first names, or by words with a capital where no other
/// name has one.
pub fn of_people<'p>(paths: impl Iterator<Item = &'p String>) -> BTreeSet<&'p str> {
    let mut members: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in paths {
        for (point, _) in path.match_indices('.') {
            let rest = &path[point + 1..];
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            members.entry(&path[..point]).or_default().insert(&rest[..end]);
        }
        let root = path.split(['.', '[']).next().unwrap_or_default();
        members.entry("").or_default().insert(root);
    }
    let is_capital = |name: &str| name.chars().next().is_some_and(char::is_uppercase);
    let first_name = |name: &str| {
        let first = name.split([' ', '-', '_']).next().unwrap_or_default();
        crate::model::names::is_first_name(first)
            && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(first))
    };
    let plain = members.get("").is_some_and(|roots| !roots.iter().any(|root| is_capital(root)));
    let of_people = |(above, names): &(&&'p str, &BTreeSet<&str>)| {
        let most = |is: &dyn Fn(&str) -> bool| {
            names.iter().filter(|name| is(name)).count() * 3 >= names.len() * 2
        };
        // One name may be anything.
        !above.is_empty() && names.len() > 1 && (most(&first_name) || plain && most(&is_capital))
    };
    members.iter().filter(of_people).map(|(above, _)| *above).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_values_are_hidden() {
        let cases = [
            ("user_id", "user_id"),
            ("items[].sku", "items[].sku"),
            ("First Name", "First Name"),
            ("utm_2026", "utm_2026"),
            ("by.ada.byron@example.co.uk.count", "…"),
            ("ada@example.com", "…"),
            ("by.198.18.0.7", "by.…"),
            ("by.0199abcd-0000-7000-8000-000000000001.n", "by.….n"),
            ("by.+49 30 1234567", "by.…"),
            ("by.user-204711[].n[]", "by.….n[]"),
        ];
        for (path, expected) in cases {
            assert_eq!(shown(path), expected, "{path}");
        }
    }
}
