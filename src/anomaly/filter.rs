//! Which sites a kind is kept to: a window of time, a persona, a device profile, a source, an event type, a country.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::diag::{Problem, Scalar, suggest};
use crate::scenario::World;
use crate::scenario::wishes::Setting;

/// Ordinals and times that a site must have; empty: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// From, and until before.
    pub window: Option<(i64, i64)>,
    persona: Vec<usize>,
    device: Vec<usize>,
    source: Vec<usize>,
    event: Vec<usize>,
    country: Vec<usize>,
}

impl Filter {
    /// The settings that it takes.
    pub const NAMES: [&'static str; 6] =
        ["window", "persona", "device", "source", "event", "country"];

    /// Takes a setting.
    ///
    /// # Errors
    /// Names that there are not, and windows that are none.
    pub fn take(&mut self, world: &World, setting: &Setting) -> Result<(), Problem> {
        let words = match &setting.value {
            Scalar::Text(single) => vec![single.clone()],
            Scalar::Texts(words) if !words.is_empty() => words.clone(),
            other => {
                let message = format!("`{}` is {}", setting.name.text, other.kind());
                return Err(setting.problem(message, "it must be a string, or some in an array"));
            }
        };
        if setting.name.text == "window" {
            self.window = Some(window(world, setting, &words)?);
            return Ok(());
        }
        let models = &world.models;
        let (list, known): (&mut Vec<usize>, Vec<&str>) = match setting.name.text.as_str() {
            "persona" => (&mut self.persona, models.people.iter().map(|p| &*p.name).collect()),
            "device" => (&mut self.device, models.devices.iter().map(|d| &*d.name).collect()),
            "source" => (&mut self.source, models.sources.iter().map(|s| &*s.name).collect()),
            "country" => (&mut self.country, models.countries.iter().map(|c| &*c.code).collect()),
            _ => (&mut self.event, world.schemas.events.iter().map(|e| &*e.name).collect()),
        };
        for word in words {
            let found = known.iter().position(|name| *name == word).ok_or_else(|| {
                let message = format!("unknown {} `{word}`", setting.name.text);
                setting.problem(message, suggest(&word, known.iter().copied()))
            })?;
            list.push(found);
        }
        Ok(())
    }

    /// Whether everything passes.
    fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a site passes. Files take no filter, and what touches the window as a whole is put where it may be.
    pub fn passes(&self, ground: &Ground<'_>, site: Site) -> bool {
        let Site::Row(row) = site else { return true };
        self.is_open() || self.passes_row(ground, row)
    }

    /// Whether somebody passes, whenever: a person is there before the window, and it is the incident that must begin in it.
    pub fn passes_sometime(&self, ground: &Ground<'_>, site: Site) -> bool {
        let Site::Row(row) = site else { return true };
        self.is_open() || self.passes_always(ground, row)
    }

    /// Whether a moment lies in the window.
    pub fn has(&self, moment: i64) -> bool {
        self.window.is_none_or(|(from, until)| (from..until).contains(&moment))
    }

    fn passes_row(&self, ground: &Ground<'_>, row: RowRef) -> bool {
        let in_window =
            self.window.is_none() || ground.time(row).is_some_and(|time| self.has(time));
        in_window && self.passes_always(ground, row)
    }

    /// Whether a row passes but for its time.
    fn passes_always(&self, ground: &Ground<'_>, row: RowRef) -> bool {
        let within = |list: &[usize], of: usize| list.is_empty() || list.contains(&of);
        if !self.event.is_empty() {
            let event = (row.rowset == Rowset::Events).then(|| ground.event(row)).flatten();
            if !event.is_some_and(|event| self.event.contains(&event.row.kind.into())) {
                return false;
            }
        }
        let about_session = !(self.device.is_empty() && self.source.is_empty());
        if about_session {
            let Some(session) = ground.session_of(row).map(|session| ground.session(session))
            else {
                return false;
            };
            if !within(&self.device, session.profile.into())
                || !within(&self.source, session.source.into())
            {
                return false;
            }
        }
        let about_user = !(self.persona.is_empty() && self.country.is_empty());
        !about_user || {
            let user = ground.world().people.user(ground.user_of(row));
            within(&self.persona, user.persona.into()) && within(&self.country, user.country.into())
        }
    }
}

/// Reads the two ends of a window.
fn window(world: &World, setting: &Setting, words: &[String]) -> Result<(i64, i64), Problem> {
    let help = "write two moments such as [\"2026-01-06\", \"2026-01-07T12:00\"], UTC";
    let [from, until] = words else {
        return Err(setting.problem("a window has two ends", help));
    };
    let moment = |word: &String| {
        let civil = word.trim_end_matches('Z').parse::<DateTime>().or_else(|_| {
            word.parse::<jiff::civil::Date>()
                .map(|date| date.to_datetime(jiff::civil::Time::midnight()))
        });
        let zoned = civil.and_then(|civil| civil.to_zoned(TimeZone::UTC));
        zoned
            .map(|zoned| zoned.timestamp().as_microsecond())
            .map_err(|_| setting.problem(format!("`{word}` is no moment"), help))
    };
    let (from, until) = (moment(from)?, moment(until)?);
    if from >= until {
        return Err(setting.problem("the window ends before it begins", help));
    }
    if until <= world.start || from >= world.end {
        return Err(setting.problem(
            "the window lies outside the data set",
            format!("it begins on {} and has {} days", world.request.start, world.days),
        ));
    }
    Ok((from, until))
}
