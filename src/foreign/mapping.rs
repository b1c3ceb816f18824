//! `mapping.toml`: what the columns of a foreign stream are called, and what its values mean.

use crate::diag::{Document, Located, Place, Problem, Problems, Table, suggest};
use crate::model::DeviceClass;

/// Which column is what.
#[derive(Debug)]
pub struct Mapping {
    pub(super) user: Option<Located<String>>,
    pub(super) session: Option<Located<String>>,
    pub(super) time: Located<String>,
    pub(super) event: Option<Located<String>>,
    pub(super) item: Option<Located<String>>,
    pub(super) device: Option<Located<String>>,
    pub(super) zone: Option<Located<String>>,
    pub(super) load: Option<Located<String>>,
    /// The zone of rows that name none.
    pub(super) time_zone: String,
    /// Whether the zone was said at all: without, nothing is known of the clocks on the wall.
    pub(super) zone_is_known: bool,
    /// Whether session ids are told apart only within a user.
    pub(super) per_user: bool,
    pub(super) events: Events,
    /// Values of the device column, and the class each stands for.
    pub(super) devices: Vec<Device>,
}

/// A value of the device column.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) value: String,
    pub(super) class: u8,
    /// Where the mapping says so; the names of the classes need not be said.
    pub(super) place: Option<Place>,
}

/// Values of the event column by what they mean.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Steps of a visit; all events when empty.
    pub(super) views: Vec<Located<String>>,
    /// Looks at the item in the item column; the steps when empty.
    pub(super) items: Vec<Located<String>>,
    pub(super) orders: Vec<Located<String>>,
    pub(super) carts: Vec<Located<String>>,
    pub(super) checkouts: Vec<Located<String>>,
    pub(super) errors: Vec<Located<String>>,
}

impl Events {
    /// All values that are named, in the order of the lists.
    pub(super) fn all(&self) -> impl Iterator<Item = &Located<String>> {
        let Self { views, items, orders, carts, checkouts, errors } = self;
        [views, items, orders, carts, checkouts, errors].into_iter().flatten()
    }
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(name: &str, text: &str) -> Result<Self, Problems> {
        let document = Document::parse(name, text);
        if document.is_broken() {
            return Err(document.problems());
        }
        let mapping = Self::of(&document.root());
        let problems = document.problems();
        match mapping {
            Some(mapping) => problems.or(mapping),
            None if problems.is_empty() => Err(Problem::new(format!("{name} maps nothing")).into()),
            None => Err(problems),
        }
    }

    fn of(root: &Table<'_>) -> Option<Self> {
        let time_zone = root.opt_located("time_zone");
        if let Some(zone) = &time_zone {
            is_zone(zone);
        }
        let per_user = root.flag("sessions_per_user", false);
        let events = events(root.opt_table("events").as_ref());
        let devices = devices(root);
        let columns = root.table("columns")?;
        let of = |key: &str| columns.opt_located(key);
        let (user, session) = (of("user"), of("session"));
        if user.is_none() && session.is_none() {
            let help =
                "add `user`, and the sessions are cut at 30 minutes of silence, or `session`";
            columns.problem("user", "neither `user` nor `session` is mapped", help);
        }
        if per_user && (user.is_none() || session.is_none()) {
            let help = "map both `user` and `session`, or leave it out";
            root.problem("sessions_per_user", "sessions of a user need both columns", help);
        }
        let event = of("event");
        if event.is_none() && root.has("events") {
            let help = "add `event` to [columns], or leave [events] out: every row is then a step";
            root.problem("events", "[events] names values of a column that is not mapped", help);
        }
        let device = of("device");
        if device.is_none() && root.has("devices") {
            let help = "add `device` to [columns], or leave [devices] out";
            root.problem("devices", "[devices] names values of a column that is not mapped", help);
        }
        let (item, zone, load) = (of("item"), of("zone"), of("load_ms"));
        let zone_is_known = zone.is_some() || time_zone.is_some();
        Some(Self {
            user,
            session,
            time: columns.located("time")?,
            event,
            item,
            device,
            zone,
            load,
            time_zone: time_zone.map_or_else(|| "UTC".to_owned(), |zone| zone.value),
            zone_is_known,
            per_user,
            events,
            devices,
        })
    }

    /// All columns that are named.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Located<String>> {
        let optional = [
            &self.user,
            &self.session,
            &self.event,
            &self.item,
            &self.device,
            &self.zone,
            &self.load,
        ];
        std::iter::once(&self.time).chain(optional.into_iter().flatten())
    }

    /// The problems of columns that a file lacks, which has `there`.
    pub(super) fn lacking(&self, file: &str, there: &[String]) -> Problems {
        let mut problems = Problems::new();
        for column in self.columns().filter(|column| !there.contains(&column.value)) {
            problems.push(Problem {
                message: format!("{file} has no column `{}`", column.value),
                place: Some(column.place()),
                help: Some(suggest(&column.value, there.iter().map(String::as_str))),
            });
        }
        problems
    }
}

fn is_zone(zone: &Located<String>) {
    if jiff::tz::TimeZone::get(&zone.value).is_err() {
        let help = "a name of the IANA database, such as `Europe/Berlin` or `UTC`";
        zone.problem(format!("unknown time zone `{}`", zone.value), help);
    }
}

fn events(table: Option<&Table<'_>>) -> Events {
    let Some(table) = table else { return Events::default() };
    let of = |key: &str| table.texts(key);
    Events {
        views: of("views"),
        items: of("items"),
        orders: of("orders"),
        carts: of("carts"),
        checkouts: of("checkouts"),
        errors: of("errors"),
    }
}

fn devices(root: &Table<'_>) -> Vec<Device> {
    let mut list: Vec<Device> = Vec::new();
    if let Some(table) = root.opt_table("devices") {
        for key in table.keys() {
            let Some(written) = table.located(key) else { continue };
            if let Some(class) = written.one_of("device class", DeviceClass::NAMES) {
                let place = Some(written.place());
                list.push(Device { value: key.to_owned(), class: class as u8, place });
            }
        }
    }
    let own = DeviceClass::NAMES.into_iter().zip(0..);
    list.extend(own.map(|(name, class)| Device { value: name.to_owned(), class, place: None }));
    list
}
