//! Heap allocations per million events of the two loops that see every event: the walk, and the columns.

use std::alloc::System;
use std::sync::atomic::AtomicBool;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use throng::assets::Assets;
use throng::engine::{self, Progress};
use throng::frame::{Column, Frame};
use throng::journey::Walker;
use throng::scenario::ask::START;
use throng::scenario::slices::Slices;
use throng::scenario::{Ask, Size, World};
use throng::tables::Context;
use throng::tables::events::EventFrame;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const USERS: u64 = 10_000;

/// Rows laid out at a time.
const PAGE: usize = 1 << 16;

struct Unwatched;

impl Progress for Unwatched {
    fn advance(&self, _events: u64) {}
}

/// Allocations while working.
fn count(work: impl FnOnce()) -> f64 {
    let region = Region::new(HEAP);
    work();
    let change = region.change();
    (change.allocations + change.reallocations) as f64
}

/// Simulates users into a journal that has held more, as one that is used again does; how often the heap was asked, and the events.
fn walk(world: &World, slices: Slices) -> (f64, u64) {
    let mut walker = Walker::new(world, slices);
    (0..USERS).for_each(|user| walker.user(user));
    walker.journal.clear();
    let asked = count(|| (0..USERS).for_each(|user| walker.user(user)));
    (asked, walker.journal.events())
}

/// Pulls every column of every slice, after a first time that gives the column its size.
fn columns(world: &World, slices: Slices) -> (f64, u64) {
    let never = AtomicBool::new(false);
    let journals = engine::simulate(world, slices, 0..USERS, &Unwatched, &never);
    let (journal, buckets) = engine::arrange(journals.expect("simulated"), slices);
    let context = Context { world, journal: &journal };
    let table = world.schemas.table("events").expect("it ships");
    let frame = |rows: &Vec<_>| EventFrame::new(context, table, rows);
    let frames: Vec<EventFrame<'_>> = buckets.iter().map(frame).collect();
    let mut column = Column::default();
    let mut pull = || {
        for field in 0..table.fields.len() {
            for frame in &frames {
                for first in (0..frame.rows()).step_by(PAGE) {
                    frame.fill(field, first..frame.rows().min(first + PAGE), &mut column);
                }
            }
        }
    };
    pull();
    let asked = count(pull);
    (asked, frames.iter().map(|frame| frame.rows() as u64).sum())
}

#[expect(clippy::print_stdout, reason = "figures are for people to read")]
fn main() {
    let ask = Ask { size: Some(Size::Users(USERS)), ..Ask::default() };
    let request = ask.resolve(START).expect("a sound request");
    let mut world = World::build(request, &Assets::embedded()).expect("a sound world");
    engine::calibrate(&mut world, 2, &AtomicBool::new(false)).expect("calibrated");
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    for (name, (asked, events)) in
        [("walk", walk(&world, slices)), ("columns", columns(&world, slices))]
    {
        let million = asked * 1e6 / events as f64;
        println!("{name}: {million:.0} allocations per million events ({events} events)");
    }
}
