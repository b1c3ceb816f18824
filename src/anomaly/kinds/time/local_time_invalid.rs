//! `local_time_invalid`: a moment that no clock shows.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::columns;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Formats, Kind, Param, ParamType, Scope, Stage};
use crate::population::Zones;
use crate::schema::Type;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static LOCAL_TIME_INVALID: Kind = Kind::new(
    "local_time_invalid",
    Scope::Time,
    "Writes a time that no clock shows: in the gap of summer time, :60, 29 February, 24 o'clock.",
    "Times exist.",
)
.carried_by(Formats::Ndjson)
.at(Stage::Bytes)
.drizzles(1e-5)
.takes(&[
    Param::new(
        "columns",
        ParamType::Columns(&["events.event_time", "events.sent_at"]),
        "Which columns of moments.",
    ),
    Param::new(
        "how",
        ParamType::Some(&["gap", "second_60", "leap_day", "hour_24"]),
        "Local time, without a zone, in the hour that summer time skips; a 61st second; 29 or 30 February; ten past midnight as 24:10.",
    ),
])
.acts(&LocalTimeInvalid);

struct LocalTimeInvalid;

const DAY: i64 = 86_400_000_000;

impl Act for LocalTimeInvalid {
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        columns::rowsets(params.words("columns"))
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let table = ground.table(row.rowset)?;
        let is_moment =
            |name: &&str| table.field(name).is_some_and(|field| field.ty == Type::Timestamp);
        let names = columns::of(params.words("columns"), row.rowset).filter(is_moment);
        let (column, value) = columns::pick(ground, row, names, draw, |_| true)?;
        let people = &ground.world().people;
        let (zones, zone) = (people.zones(), usize::from(people.user(ground.user_of(row)).zone));
        let has_gap = gap(zones, zone, value.number()?.div_euclid(DAY)).is_some();
        let mut turns = params.turns("how", draw);
        let how = turns.find(|how| *how != "gap" || has_gap)?.to_owned();
        let zone = zones.names()[zone].clone();
        let key = format!("\"{column}\":\"");
        let mangle = move |line: &[u8]| {
            let text = String::from_utf8_lossy(line);
            let moment = text.find(&key).map(|at| at + key.len());
            let whole = moment.and_then(|from| Some((from, from + text[from..].find('"')?)));
            let Some((from, to)) = whole else { return line.to_vec() };
            let moment = &text[from..to];
            // Behind a policy the line shows another year, and nothing may tell which one it was.
            let gap = if how == "gap" { gap_shown(&zone, moment) } else { None };
            if how == "gap" && gap.is_none() {
                return line.to_vec();
            }
            let wrong = wrong(moment, &how, gap.as_deref());
            [&text[..from], &wrong, &text[to..]].concat().into_bytes()
        };
        Some(Incident::new().mangle(row, mangle))
    }
}

/// A moment as it is written, made one that there is not.
fn wrong(moment: &str, how: &str, gap: Option<&str>) -> String {
    let (date, time) = moment.split_once('T').unwrap_or((moment, ""));
    let rest = |from: usize| time.get(from..).unwrap_or_default();
    match (how, gap) {
        ("gap", Some(hour)) => format!("{hour}:{}", rest(3).trim_end_matches('Z')),
        ("second_60", _) => format!("{date}T{}60{}", time.get(..6).unwrap_or_default(), rest(8)),
        ("hour_24", _) => format!("{date}T24:10{}", rest(5)),
        _ => {
            let year = date.get(..4).unwrap_or_default();
            let is_leap = year.parse::<i16>().is_ok_and(|year| {
                jiff::civil::Date::new(year, 1, 1).is_ok_and(jiff::civil::Date::in_leap_year)
            });
            format!("{year}-02-{}T{time}", if is_leap { 30 } else { 29 })
        }
    }
}

/// The day and hour, in the year around a day, that clocks of a zone skip.
fn gap(zones: &Zones, zone: usize, today: i64) -> Option<String> {
    let mut hours = (today - 183..today + 183).flat_map(|day| (0..3).map(move |hour| (day, hour)));
    let (day, hour) = hours.find(|(day, hour)| {
        // What no clock shows does not come back from UTC.
        let local = day * DAY + (2 * hour + 1) * DAY / 48;
        let utc = zones.utc(zone, local);
        utc + zones.offset(zone, utc) != local
    })?;
    Some(format!("{}T{hour:02}", crate::sink::date(day as i32)?))
}

/// The same around a moment as it is written.
fn gap_shown(zone: &str, moment: &str) -> Option<String> {
    let date: jiff::civil::Date = moment.get(..10)?.parse().ok()?;
    let day = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second() / 86_400;
    gap(&Zones::new(vec![zone.to_owned()], i32::try_from(day).ok()?, 1), 0, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_that_there_are_become_some_that_there_are_not() {
        let moment = "2026-01-05T10:11:12.345678Z";
        let all = [
            ("gap", "2026-03-29T02:11:12.345678"),
            ("second_60", "2026-01-05T10:11:60.345678Z"),
            ("hour_24", "2026-01-05T24:10:12.345678Z"),
            ("leap_day", "2026-02-29T10:11:12.345678Z"),
        ];
        for (how, expected) in all {
            let there = wrong(moment, how, Some("2026-03-29T02"));
            assert_eq!(there, expected);
            // The library takes a 61st second for a leap second.
            assert_eq!(there.parse::<jiff::Timestamp>().is_ok(), how == "second_60", "{there}");
        }
        assert_eq!(wrong("2024-01-05T10:11:12Z", "leap_day", None), "2024-02-30T10:11:12Z");
    }

    /// For all years that a line shows, the gap is one of that year's, whatever the year was before a policy moved it.
    #[test]
    fn gaps_are_those_of_the_year_that_is_shown() {
        let gap = |zone, moment| gap_shown(zone, moment);
        let shown = "2031-01-05T10:11:12.345678Z";
        assert_eq!(gap("Europe/Berlin", shown).as_deref(), Some("2031-03-30T02"));
        assert_eq!(gap("America/New_York", "2019-05-05").as_deref(), Some("2019-03-10T02"));
        assert_eq!(gap("UTC", shown), None);
        assert_eq!(gap("Europe/Berlin", "other"), None);
    }
}
