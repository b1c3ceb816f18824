//! Reads countries.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::diag::{Located, Table};
use crate::model::names::NAME_LOCALES;
use crate::model::read::{Names, shares, strs};
use crate::model::{City, Country};

/// How long an answer holds where nothing is said.
const ANSWER_MONTHS: i64 = 12;

/// Reads a country's file; its name is the country's code.
pub(super) fn read(name: &str, table: &Table<'_>, names: &Names) -> Country {
    if name.len() != 2 || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
        let help = "the file is named after the ISO 3166 code: `de.toml`";
        table.problem("name", format!("`{name}` is no country code"), help);
    }
    let made_of = table.located("names").filter(|locale| {
        locale.one_of("locale of names", NAME_LOCALES.iter().map(|locale| locale.name)).is_some()
    });
    let currency = table
        .located("currency")
        .and_then(|currency| currency.one_of("currency", strs(&names.currencies)));
    let banner = table.table("banner");
    let flag = |key| banner.as_ref().is_some_and(|banner| banner.flag(key, false));
    let cities = cities(table);
    let months = banner.as_ref().and_then(|banner| banner.opt_integer("months", 1..=120));
    let objecting = banner.as_ref().map_or_else(Vec::new, |banner| objecting(banner, &cities));
    if let Some(banner) = banner.as_ref().filter(|_| flag("shown") && !objecting.is_empty()) {
        let message = "people are asked by a banner, and cannot object to what they were not asked";
        let help = "leave `objecting` out, or set `shown = false`: there nothing is asked, and some regions may object";
        banner.problem("objecting", message, help);
    }
    let holidays = table.table("holidays");
    Country {
        code: name.to_ascii_uppercase(),
        name: table.text("name"),
        share: table.number("share", 0.0..=1.0),
        locales: shares(table, "locales"),
        names: made_of.map_or_else(|| NAME_LOCALES[0].name.to_owned(), |locale| locale.value),
        currency: currency.unwrap_or(0),
        tax: table.number("tax", 0.0..=1.0),
        phones: patterns(table, "phones", "+1-202-555-01##"),
        address: address(table),
        streets: patterns(table, "streets", "High Street"),
        cities,
        banner: (flag("shown"), flag("refuse")),
        answer_months: months.unwrap_or(ANSWER_MONTHS),
        objecting,
        holidays: holidays.as_ref().map_or_else(Vec::new, |inner| days(&inner.texts("days"))),
        holiday: holidays.map_or(1.0, |inner| inner.number("visits", 0.0..=100.0)),
    }
}

/// The regions where people may object; each must be one of a city's.
fn objecting(banner: &Table<'_>, cities: &[City]) -> Vec<String> {
    let regions = cities.iter().map(|city| city.region.as_str());
    let known =
        |region: &Located<String>| region.one_of("region of a city", regions.clone()).is_some();
    banner.texts("objecting").into_iter().filter(known).map(|region| region.value).collect()
}

fn patterns(table: &Table<'_>, key: &str, example: &str) -> Vec<String> {
    let list: Vec<String> = table.texts(key).into_iter().map(|text| text.value).collect();
    if list.is_empty() {
        let help = format!("add at least one, such as \"{example}\"");
        table.problem(key, format!("`{key}` holds nothing"), help);
    }
    list
}

fn address(table: &Table<'_>) -> String {
    let address = table.text("address");
    if table.has("address") && !(address.contains("{street}") && address.contains("{number}")) {
        let help = "it must contain `{street}` and `{number}`";
        table.problem("address", "the address has not both its parts", help);
    }
    address
}

fn cities(table: &Table<'_>) -> Vec<City> {
    let cities: Vec<City> = table.tables("cities").iter().map(city).collect();
    if cities.iter().all(|city| city.weight == 0.0) {
        table.problem("cities", "the country has no city", "add `[[cities]]`");
    }
    cities
}

fn city(table: &Table<'_>) -> City {
    let zone = table.text("zone");
    if table.has("zone") && TimeZone::get(&zone).is_err() {
        let help = "it must be a name of the IANA time zone database, such as Europe/Berlin";
        table.problem("zone", format!("unknown time zone `{zone}`"), help);
    }
    City {
        name: table.text("name"),
        region: table.text("region"),
        postcode: table.text("postcode"),
        zone,
        weight: table.number("weight", 0.0..=1e6),
    }
}

/// Month and day of each holiday; a leap year's day is one.
fn days(written: &[Located<String>]) -> Vec<(i8, i8)> {
    let parse = |text: &str| {
        let (month, day) = text.split_once('-')?;
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        Date::new(2000, month, day).ok().map(|_| (month, day))
    };
    let day = |text: &Located<String>| {
        let day = parse(&text.value);
        if day.is_none() {
            text.problem(
                format!("`{}` is no day of a year", text.value),
                "month and day: \"12-25\"",
            );
        }
        day
    };
    written.iter().filter_map(day).collect()
}
