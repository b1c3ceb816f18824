//! Rates: what is asked for is met, and seen in the events.

use std::collections::BTreeMap;

use throng::engine;
use throng::event::journal::{Journal, Row};
use throng::model::target::Seen;
use throng::scenario::World;
use throng::scenario::slices::Slices;

use crate::{GO_ON, simulate, world};

/// A target's successes and base occurrences, by user.
type Counts = BTreeMap<u64, (f64, f64)>;

/// The rows of each session in order, with its user and the kind of its journey.
fn sessions(journal: &Journal) -> Vec<(u64, usize, Vec<Row>)> {
    let head = |session: &throng::event::journal::Session| {
        let kind = journal.journeys[session.journey as usize].kind;
        (session.user, usize::from(kind), Vec::new())
    };
    let mut sessions: Vec<_> = journal.sessions.iter().map(head).collect();
    for bucket in &journal.slices {
        for row in &bucket.rows {
            sessions[bucket.sessions[row.session as usize] as usize].2.push(*row);
        }
    }
    for (_, _, rows) in &mut sessions {
        rows.sort_by_key(|row| row.sequence);
    }
    sessions
}

/// By target: what the events show, or nothing where they leave it open.
fn observe(world: &World, journals: &[Journal]) -> Vec<Option<Counts>> {
    let engaged = world.kinds.exit_offer_engaged;
    let mut all: Vec<Option<Counts>> =
        world.targets.iter().map(|target| target.observed.map(|_| Counts::new())).collect();
    for (user, kind, rows) in journals.iter().flat_map(sessions) {
        let end = rows.iter().position(|row| row.kind == engaged).unwrap_or(rows.len());
        for (target, counts) in world.targets.iter().zip(&mut all) {
            let (Some(counts), Some(seen)) = (counts, target.observed) else { continue };
            if target.spot.is_some_and(|spot| spot.journey != kind) {
                continue;
            }
            let rows = if target.spot.is_some() { &rows[..end] } else { &rows[..] };
            let count = |seen: Seen| {
                let page =
                    |row: &Row| seen.page.is_none_or(|page| world.pages.page(row.page) == page);
                rows.iter().filter(|row| row.kind == seen.event && page(row)).count() as f64
            };
            let of_user = counts.entry(user).or_default();
            of_user.0 += count(seen.success);
            of_user.1 += count(seen.base);
        }
    }
    all
}

/// Rate, base occurrences, and the standard error of a ratio whose clusters are users.
fn estimate(counts: &Counts) -> (f64, f64, f64) {
    let (hits, base) = counts.values().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let rate = hits / base;
    let squares: f64 = counts.values().map(|(hits, n)| (hits - rate * n).powi(2)).sum();
    (rate, base, squares.sqrt() / base)
}

/// The world of a scenario with its rates met.
fn calibrated(scenario: &str) -> World {
    let mut world = world(scenario);
    engine::calibrate(&mut world, 2, &GO_ON).unwrap_or_else(|error| panic!("{error:?}"));
    world
}

/// What so many users do, as a table of targets that are away from their set-points, all of them with `all`.
fn table(world: &World, users: u64) -> (usize, Vec<String>) {
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let journals = simulate(world, slices, 0..users);
    let count = journals.iter().map(|journal| journal.sessions.len()).sum();
    let mut lines = Vec::new();
    for (target, counts) in world.targets.iter().zip(observe(world, &journals)) {
        let Some(counts) = counts else { continue };
        let (rate, base, error) = estimate(&counts);
        let bound = (3.0 * error).max(0.005);
        let off = rate - target.rate;
        let mark = if off.abs() > bound { "OFF" } else { "" };
        if base > 0.0 {
            lines.push(format!(
                "{mark:3} {:45} {:.4} {rate:.4} {off:+.4} z {:+.2} of {base}",
                target.id,
                target.rate,
                off / error
            ));
        }
    }
    (count, lines)
}

#[test]
fn look() {
    for seed in 101..104 {
        let begun = std::time::Instant::now();
        let world = calibrated(&format!("seed = {seed}\n"));
        eprintln!("calibrated in {:?}", begun.elapsed());
        let (count, lines) = table(&world, 24_000);
        eprintln!("{count} sessions\n{}", lines.join("\n"));
    }
}
