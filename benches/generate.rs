//! What an event costs, stage by stage, on one thread: the quickstart scenario's event table, `THRONG_BENCH_EVENTS` events of it
//! (default one million). Criterion's throughput is in events. Before that, one round by hand prints nanoseconds an event and the two
//! ratios that judge the whole:
//!
//! - R1, the speed of the whole next to that of the encoder alone (a slow encoder flatters it);
//! - R2, the speed of the whole next to that of Arrow's own writer on the same rows, ready-made: above 1, we generate and write
//!   faster than that writer writes.

use std::hint::black_box;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use throng::assets::Assets;
use throng::engine::{self, Progress, Run};
use throng::event::journal::{Bucket, Journal, Offsets};
use throng::frame::{Column, Frame};
use throng::scenario::ask::START;
use throng::scenario::{Ask, Plan, Size, World};
use throng::schema::Table;
use throng::sink::stock;
use throng::tables::Context;
use throng::tables::events::EventFrame;

/// Rows laid out at a time.
const PAGE: usize = 1 << 16;

/// Rounds of which the ratios take the mean.
const ROUNDS: usize = 5;

/// Nanoseconds of CPU that the process has taken, user and system, all of its threads: what else the machine does moves them little.
/// None where there is no Linux to ask (proc(5); a hundredth of a second is the unit everywhere).
fn cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) * 1e7)
}

/// Nobody watches.
struct Unwatched;

impl Progress for Unwatched {
    fn advance(&self, _events: u64) {}
}

static GO_ON: AtomicBool = AtomicBool::new(false);

/// The buckets of each slice, as the engine arranges them.
type Slices = Vec<Vec<(Bucket, Offsets)>>;

/// What is generated.
struct Case {
    world: World,
    plan: Plan,
    events: u64,
}

impl Case {
    fn new(events: u64) -> Self {
        let assets = Assets::embedded();
        let file = assets.file("scenarios/quickstart.toml").expect("it ships");
        let asked = Ask::read(&file.stem, &file.name, &file.text).expect("a sound scenario");
        let ask = Ask {
            size: Some(Size::Events(events)),
            budget: Some(u64::MAX),
            tables: Some(vec!["events".into()]),
            ..Ask::default()
        };
        let request = ask.over(asked).resolve(START).expect("a sound request");
        let mut world = World::build(request, &assets).expect("a sound world");
        engine::calibrate(&mut world, 2, &GO_ON).expect("calibrated");
        let plan = engine::plan(&world, 1, &GO_ON).expect("a plan");
        let mut case = Self { world, plan, events };
        case.events = case.simulate().iter().map(Journal::events).sum();
        case
    }

    fn table(&self) -> &Table {
        self.world.schemas.table("events").expect("it ships")
    }

    fn simulate(&self) -> Vec<Journal> {
        let (world, plan) = (&self.world, &self.plan);
        let users = 0..plan.users;
        engine::simulate(world, plan.slices, users, &Unwatched, &GO_ON).expect("done")
    }

    fn arrange(&self) -> (Journal, Slices) {
        engine::arrange(self.simulate(), self.plan.slices)
    }

    /// The frames of all slices.
    fn frames<'c>(&'c self, journal: &'c Journal, slices: Slices) -> Vec<EventFrame<'c>> {
        let context = Context { world: &self.world, journal };
        let frame = |rows: Vec<_>| EventFrame::new(context, self.table(), &rows);
        slices.into_iter().map(frame).filter(|frame| frame.rows() > 0).collect()
    }

    /// Everything but encoding: from users to columns, a page at a time.
    fn generate(&self) {
        let (journal, slices) = self.arrange();
        let context = Context { world: &self.world, journal: &journal };
        for rows in slices {
            lay_out(&EventFrame::new(context, self.table(), &rows));
        }
    }

    /// The rows of ready frames as files that go nowhere.
    fn encode(&self, frames: &[EventFrame<'_>]) {
        let output = &self.world.output;
        for frame in frames {
            output.format.write(frame, &output.options, &mut io::sink()).expect("written");
        }
    }

    /// The same by Arrow's writer, from arrays that are there already.
    fn encode_stock(&self, batches: &[arrow::array::RecordBatch]) {
        for batch in batches {
            let options = &self.world.output.options;
            stock::write(self.table(), batch, options, &mut io::sink()).expect("written");
        }
    }

    fn batches(&self, frames: &[EventFrame<'_>]) -> Vec<arrow::array::RecordBatch> {
        let ids = self.world.output.options.ids;
        let batch = |frame: &EventFrame<'_>| stock::batch(frame, ids).expect("a sound frame");
        frames.iter().map(batch).collect()
    }

    /// The whole, onto a disk.
    fn whole(&self, dir: &Path) {
        let run = Run { threads: 1, shard: None };
        let written = engine::generate(&self.world, &self.plan, &run, dir, &Unwatched, &GO_ON);
        black_box(written.expect("written"));
    }

    /// Nanoseconds an event of some work, the mean of some rounds.
    fn time(&self, mut work: impl FnMut()) -> f64 {
        let (begun, clock) = (cpu(), Instant::now());
        (0..ROUNDS).for_each(|_| work());
        let spent = begun.zip(cpu()).map(|(begun, ended)| ended - begun);
        let spent = spent.unwrap_or_else(|| clock.elapsed().as_nanos() as f64);
        spent / (self.events * ROUNDS as u64) as f64
    }
}

/// Pulls every column, page by page, as a sink does.
fn lay_out(frame: &EventFrame<'_>) {
    let mut column = Column::default();
    for field in 0..frame.table().fields.len() {
        for first in (0..frame.rows()).step_by(PAGE) {
            frame.fill(field, first..frame.rows().min(first + PAGE), &mut column);
            black_box(&column);
        }
    }
}

/// Prints what an event costs and the two ratios, all of one run.
#[expect(clippy::print_stdout, reason = "figures are for people to read")]
fn ratios(case: &Case, dir: &Path) {
    let (journal, slices) = case.arrange();
    let frames = case.frames(&journal, slices);
    let batches = case.batches(&frames);
    let simulate = case.time(|| drop(black_box(case.simulate())));
    let generate = case.time(|| case.generate());
    let pulled = case.time(|| frames.iter().for_each(lay_out));
    let encode = case.time(|| case.encode(&frames)) - pulled;
    let stock = case.time(|| case.encode_stock(&batches));
    let whole = case.time(|| case.whole(dir));
    println!(
        "{} events of {} columns, ns an event on one thread:",
        case.events,
        case.table().fields.len()
    );
    println!("  simulate                     {simulate:7.1}");
    println!("  generate (all but encoding)  {generate:7.1}");
    println!("    of that, columns           {pulled:7.1}");
    println!("  encode only                  {encode:7.1}");
    println!("  encode only, Arrow's writer  {stock:7.1}");
    println!("  end to end, onto disk        {whole:7.1}");
    println!("  R1 = {:.2}   R2 = {:.2}", encode / whole, stock / whole);
}

fn stages(group: &mut BenchmarkGroup<'_, WallTime>, case: &Case, dir: &Path) {
    group.bench_function("simulate", |bencher| bencher.iter(|| case.simulate()));
    group.bench_function("arrange and meet sessions", |bencher| {
        let work = |journals| {
            let (journal, slices) = engine::arrange(journals, case.plan.slices);
            case.frames(&journal, slices).len()
        };
        bencher.iter_batched(|| case.simulate(), work, BatchSize::PerIteration);
    });
    group.bench_function("all but encoding", |bencher| bencher.iter(|| case.generate()));
    group.bench_function("end to end", |bencher| bencher.iter(|| case.whole(dir)));
}

fn main() {
    let events = std::env::var("THRONG_BENCH_EVENTS").ok().and_then(|events| events.parse().ok());
    let dir = tempfile::tempdir().expect("a folder");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    pool.install(|| {
        let case = Case::new(events.unwrap_or(1_000_000));
        ratios(&case, dir.path());
        let mut criterion = Criterion::default().configure_from_args();
        let mut group = criterion.benchmark_group("generate");
        group.sample_size(10).throughput(Throughput::Elements(case.events));
        stages(&mut group, &case, dir.path());
        group.finish();
        criterion.final_summary();
    });
}
