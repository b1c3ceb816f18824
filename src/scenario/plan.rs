//! The plan: a world cut into ranges of users and files. A value, made before anything runs, and the same for every run of the world.

use crate::population::FIRST_COVERING;
use crate::scenario::slices::Slices;
use crate::scenario::wishes::LABELS;
use crate::scenario::{Size, World};

/// Rows of a file of events, at most about.
const ROWS: u64 = 1_100_000;

/// Bytes of memory an event takes while its range is simulated and written, and what a run takes besides: measured on data sets of
/// 1M to 100M events.
const BYTES_PER_EVENT: u64 = 72;
const BYTES_BESIDES: u64 = 64 << 20;

/// What a sample of users does, by which the plan reckons.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pilot {
    /// Users simulated.
    pub users: u64,
    /// Visits that were to be expected of them.
    pub visits: f64,
    /// Users of the whole data set.
    pub whole_users: u64,
    /// Their events.
    pub events: u64,
    /// Their sessions.
    pub sessions: u64,
    /// Their orders.
    pub orders: u64,
    /// Their devices.
    pub devices: u64,
    /// Their changes of consents.
    pub consents: u64,
    /// Their requests to be forgotten.
    pub erasures: u64,
}

impl Pilot {
    /// Adds what one user does.
    pub fn add(&mut self, one: &Pilot) {
        self.users += one.users;
        self.visits += one.visits;
        self.events += one.events;
        self.sessions += one.sessions;
        self.orders += one.orders;
        self.devices += one.devices;
        self.consents += one.consents;
        self.erasures += one.erasures;
    }
}

/// A run of users simulated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserRange {
    /// Its number, from 0.
    pub number: u32,
    /// First user.
    pub first: u64,
    /// The user after the last.
    pub end: u64,
}

/// A file that a run writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its table.
    pub table: String,
    /// Its path in the data set.
    pub path: String,
    /// Rows, as reckoned.
    pub rows: u64,
    /// Its range.
    pub range: u32,
}

/// How a world is cut and what comes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Ordinary users.
    pub users: u64,
    /// Users who cover cells, beside them.
    pub covering: u64,
    /// Events of all, as reckoned.
    pub events: u64,
    /// Runs of users: of the ordinary ones, then of those who cover.
    pub ranges: Vec<UserRange>,
    /// Runs of arrival time.
    pub slices: Slices,
    /// Files; those in which nothing falls are not written.
    pub files: Vec<PlannedFile>,
    /// Size of the data set in bytes, as reckoned.
    pub bytes: u64,
    /// Peak of memory in bytes, as reckoned.
    pub memory: u64,
}

impl Plan {
    /// Cuts a world by what a pilot found, and one of those who cover.
    pub fn new(world: &World, pilot: &Pilot, cover: &Pilot) -> Self {
        let users = pilot.whole_users.max(1);
        let events = match world.request.size {
            Size::Events(events) if users > pilot.users => events,
            _ => (users as f64 * per_user(pilot)).round() as u64,
        };
        let budget = world.request.budget.max(1);
        let count = events.div_ceil(budget).clamp(1, users);
        let mut ranges = ranges(0, 0, users, count);
        let covering = cover.whole_users;
        let covering_events = (cover.whole_users as f64 * per_user(cover)).round() as u64;
        let covering_ranges = covering_events.div_ceil(budget).clamp(1, covering.max(1));
        if covering > 0 {
            ranges.extend(self::ranges(count as u32, FIRST_COVERING, covering, covering_ranges));
        }
        let a_day = events / count / u64::from(world.days);
        let per_day = [1, 2, 3, 4, 6, 8, 12].into_iter().find(|n| a_day / n <= ROWS).unwrap_or(24);
        let slices = Slices::new(world.start, world.days, world.lateness, per_day as usize);
        let (ordinary, others) = ranges.split_at(count as usize);
        let reckoning = Reckoning { world, pilot, users: users as f64 / pilot.users.max(1) as f64 };
        let mut files = reckoning.files(ordinary, &slices);
        let users_of_cover = covering as f64 / cover.users.max(1) as f64;
        let of_cover = Reckoning { world, pilot: cover, users: users_of_cover };
        files.extend(of_cover.files(others, &slices));
        let bytes = files.iter().map(|file| reckoning.bytes(file)).sum();
        let most = (events / count).max(covering_events / covering_ranges);
        let memory = BYTES_BESIDES + most * BYTES_PER_EVENT;
        let events = events + covering_events;
        Self { users, covering, events, ranges, slices, files, bytes, memory }
    }

    /// The ranges of shard `index` of `count`: those whose number is the index modulo the count.
    pub fn ranges_of(&self, shard: Option<(u32, u32)>) -> impl Iterator<Item = UserRange> {
        let (index, count) = shard.unwrap_or((0, 1));
        self.ranges.iter().copied().filter(move |range| range.number % count == index)
    }
}

fn per_user(pilot: &Pilot) -> f64 {
    pilot.events as f64 / pilot.users.max(1) as f64
}

/// Cuts `users` users from `first` on into `count` ranges with numbers from `number` on.
fn ranges(number: u32, first: u64, users: u64, count: u64) -> Vec<UserRange> {
    let range = |nth: u64| UserRange {
        number: number + nth as u32,
        first: first + users * nth / count,
        end: first + users * (nth + 1) / count,
    };
    (0..count).map(range).collect()
}

/// The path of a file of events.
pub fn events_path(
    world: &World,
    slices: &Slices,
    range: u32,
    slice: usize,
    extension: &str,
) -> String {
    let (day, part) = slices.day(slice);
    let date = crate::scenario::calendar::date(world.first_day() + day as i32);
    format!("events/event_date={date}/part-{range:05}-{part:02}.{extension}")
}

/// The path of a file of another table.
pub fn table_path(table: &str, range: u32, extension: &str) -> String {
    format!("{table}/part-{range:05}.{extension}")
}

/// Tables that belong to the world rather than to users; range 0 writes them.
pub const OF_THE_WORLD: [&str; 2] = ["products", "campaigns"];

struct Reckoning<'r> {
    world: &'r World,
    pilot: &'r Pilot,
    /// Users over those of the pilot.
    users: f64,
}

impl Reckoning<'_> {
    fn files(&self, ranges: &[UserRange], slices: &Slices) -> Vec<PlannedFile> {
        let world = self.world;
        let extension = world.output.extension();
        let mut files = Vec::new();
        for range in ranges {
            let part = 1.0 / ranges.len() as f64;
            for table in world.wanted_tables() {
                if table.is_events() {
                    let inside = world.days as usize * slices.per_day();
                    let rows = (self.rows("events") * part / inside as f64).round() as u64;
                    files.extend((0..inside).map(|slice| PlannedFile {
                        table: table.name.clone(),
                        path: events_path(world, slices, range.number, slice, extension),
                        rows,
                        range: range.number,
                    }));
                    continue;
                }
                let of_the_world = OF_THE_WORLD.contains(&table.name.as_str());
                if of_the_world && range.number > 0 {
                    continue;
                }
                let part = if of_the_world { 1.0 } else { part };
                files.push(PlannedFile {
                    table: table.name.clone(),
                    path: table_path(&table.name, range.number, extension),
                    rows: (self.rows(&table.name) * part).round() as u64,
                    range: range.number,
                });
            }
        }
        files
    }

    fn rows(&self, table: &str) -> f64 {
        let pilot = self.pilot;
        let of_users = match table {
            "events" => pilot.events as f64,
            "sessions" => pilot.sessions as f64,
            "journeys" => pilot.sessions as f64 * 0.78,
            "devices" | "truth/identity" => pilot.devices as f64,
            "orders" => pilot.orders as f64,
            "order_items" | "payments" => pilot.orders as f64 * 1.1,
            "consents" => pilot.consents as f64,
            "erasure_requests" => pilot.erasures as f64,
            "products" => return self.world.models.catalogue.products.len() as f64,
            // How many rows go wrong is known in the end.
            labels if LABELS.contains(&labels) => return 0.0,
            "campaigns" => return self.world.words.campaigns.len() as f64,
            _ => pilot.users as f64,
        };
        of_users * self.users
    }

    /// Bytes of a file: about what a row takes in its format, uncompressed NDJSON or zstd Parquet.
    fn bytes(&self, file: &PlannedFile) -> u64 {
        let (parquet, ndjson) = if file.table == "events" { (62, 1080) } else { (68, 620) };
        let row = if self.world.output.format.name() == "parquet" { parquet } else { ndjson };
        file.rows * row
    }
}
