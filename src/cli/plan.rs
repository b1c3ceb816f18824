//! `throng plan`.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use throng::engine;
use throng::scenario::World;
use throng::scenario::output::ANSWERS;
use throng::scenario::plan::Plan;

use super::args::{Form, What};
use super::failure::Failure;
use super::style::{DIM, HEADING};
use super::table::Table;
use super::{human, interrupt, load};

/// Events that one thread makes and writes as Parquet in a second, as measured (docs/figures.md), rounded down.
const RATE: f64 = 0.9e6;

/// Tell what a run would write: rows, files, bytes, time, memory
///
/// Nothing is written. Rows and bytes are what is expected; a run comes within a few per cent of them.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  throng plan performance\n  throng plan --events 20M --days 90"
)]
pub(crate) struct Args {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    form: Form,
    /// Print it as one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let threads = load::threads();
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let world =
        load::world(&args.what, Some(&args.form), load::Pseudonyms::Maybe, threads, &cancel)?;
    let plan = engine::plan(&world, threads, &cancel)?;
    let forecast = Forecast::new(&world, &plan);
    let mut out = anstream::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &forecast).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        forecast.print(&mut out, &world)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Forecast<'a> {
    scenario: &'a str,
    seed: u64,
    users: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    covering_users: Option<u64>,
    events: u64,
    ranges: usize,
    files: usize,
    bytes: u64,
    memory_bytes: u64,
    threads: usize,
    seconds: f64,
    tables: Vec<Expected<'a>>,
    /// What stands beside the tables, a file each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<&'static str>,
}

/// What the answers take, about: they are counts by day, week and name, however many events there are.
const ANSWERS_BYTES: u64 = 100_000;

#[derive(Serialize)]
struct Expected<'a> {
    name: &'a str,
    rows: u64,
    files: usize,
}

impl<'a> Forecast<'a> {
    fn new(world: &'a World, plan: &'a Plan) -> Self {
        let threads = load::threads();
        let expected = |name: &'a str| {
            let files = || plan.files.iter().filter(|file| file.table == name);
            Expected { name, rows: files().map(|file| file.rows).sum(), files: files().count() }
        };
        let tables = world.schemas.tables.iter().map(|table| expected(&table.name));
        let documents: Vec<&'static str> =
            world.wants_answers().then_some(ANSWERS).into_iter().collect();
        Self {
            scenario: &world.request.scenario,
            seed: world.request.seed,
            users: plan.users,
            covering_users: (plan.covering > 0).then_some(plan.covering),
            events: plan.events,
            ranges: plan.ranges.len(),
            files: plan.files.len() + documents.len(),
            bytes: plan.bytes + ANSWERS_BYTES * documents.len() as u64,
            memory_bytes: plan.memory,
            threads,
            seconds: plan.events as f64 / (RATE * threads as f64),
            tables: tables.filter(|table| table.files > 0).collect(),
            documents,
        }
    }

    fn print(&self, out: &mut dyn Write, world: &World) -> io::Result<()> {
        let request = &world.request;
        writeln!(out, "{HEADING}{}{HEADING:#}  {}", self.scenario, request.doc)?;
        writeln!(
            out,
            "{DIM}{} from {}, seed {}, {}{DIM:#}\n",
            human::plural(u64::from(request.days), "day"),
            request.start,
            self.seed,
            request.format.text
        )?;
        let row = |name: &str, rows: u64, files: usize| {
            [name.to_owned(), human::count(rows), human::count(files as u64)]
        };
        let rows = self.tables.iter().map(|table| row(table.name, table.rows, table.files));
        // A document has no rows.
        let alone = |name: &&str| [(*name).to_owned(), String::new(), human::count(1)];
        let total = self.tables.iter().map(|table| table.rows).sum();
        let table = Table {
            head: ["table", "rows", "files"],
            rows: rows.chain(self.documents.iter().map(alone)).collect(),
            total: row("total", total, self.files),
        };
        table.print(out)?;
        let time = human::duration(Duration::from_secs_f64(self.seconds));
        writeln!(out, "\n  people  {}", human::plural(self.users, "user"))?;
        if let Some(covering) = self.covering_users {
            let times = human::plural(u64::from(request.coverage), "journey");
            let cells = human::plural(world.people.covers() as u64, "cell");
            let users = human::plural(covering, "user");
            writeln!(out, "  cover   {users} more, for {times} at least in each of {cells}")?;
        }
        writeln!(out, "  disk    about {}", human::bytes(self.bytes))?;
        writeln!(out, "  memory  about {}", human::bytes(self.memory_bytes))?;
        let rate = human::rate(RATE);
        let threads = human::plural(self.threads as u64, "thread");
        writeln!(out, "  time    about {time}, at {rate} events a second and {threads}")?;
        writeln!(out, "  parts   {}, which is the most that --shard can cut", self.ranges)
    }
}
