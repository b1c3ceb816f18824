//! Rates: what is asked for is met, and seen in the events.

use std::collections::BTreeMap;

use throng::assets::Assets;
use throng::engine;
use throng::event::journal::{Journal, Row, Session};
use throng::model::target::Seen;
use throng::scenario::World;
use throng::scenario::slices::Slices;
use throng::scenario::targets::EXIT_CONVERTED;

use crate::{DataSet, GO_ON, calibrated, overlaid, shipped, simulate, world, world_of};

/// A target's successes and base occurrences, by user.
type Counts = BTreeMap<u64, (f64, f64)>;

/// The rows of each session in order, with its user and the kind of its journey.
fn sessions(journal: &Journal) -> Vec<(u64, usize, Vec<Row>)> {
    let head = |session: &Session| {
        let kind = journal.journeys[session.journey as usize].kind;
        (session.user, usize::from(kind), Vec::new())
    };
    let mut sessions: Vec<_> = journal.sessions.iter().map(head).collect();
    for bucket in &journal.slices {
        for row in bucket.rows() {
            sessions[bucket.session(row.session) as usize].2.push(row);
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
        for (i, (target, counts)) in world.targets.iter().zip(&mut all).enumerate() {
            let (Some(counts), Some(seen)) = (counts, target.observed) else { continue };
            let rows = match target.spot {
                Some(spot) if spot.journey != kind => continue,
                Some(_) => &rows[..end],
                None if i == EXIT_CONVERTED => &rows[end..],
                None => &rows[..],
            };
            let count = |seen: Seen| {
                let there =
                    |row: &Row| seen.page.is_none_or(|page| world.pages.page(row.page) == page);
                rows.iter().filter(|row| row.kind == seen.event && there(row)).count() as f64
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

/// The eleven stated rates, in the journeys that they were stated for, with how each is seen: base, page where one is needed, success.
const STATED: [(&str, f64, &str, &str); 11] = [
    ("exit.engaged", 0.28, "exit_offer_shown", "exit_offer_engaged"),
    ("exit.converted", 0.10, "exit_offer_engaged", "order_completed"),
    ("mobile_conversion.hook_engaged", 0.83, "hook_shown", "hook_engaged"),
    ("mobile_conversion.gallery_entered", 0.63, "hook_engaged", "gallery_entered"),
    ("mobile_conversion.gallery_completed", 0.43, "gallery_entered", "gallery_completed"),
    ("mobile_conversion.one_click", 0.17, "gallery_completed", "one_click_started"),
    ("desktop_research.comparison", 0.73, "page_viewed compare", "comparison_used"),
    ("desktop_research.calculator", 0.53, "page_viewed pricing", "calculator_used"),
    ("desktop_research.credential", 0.63, "credentials_viewed", "testimonial_engaged"),
    ("desktop_research.document_opened", 0.43, "page_viewed document", "document_opened"),
    ("desktop_research.document_completed", 0.28, "page_viewed document", "document_completed"),
];

/// Simulates users of a world, and finds every rate that they show often enough within its bound: half a percentage point or a tenth
/// of a rare one, or three standard errors for those stated; 3.75 for all the others, of which there are about fifteen. How many sessions and rates there were.
fn holds(world: &World, users: u64) -> (usize, usize) {
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let journals = simulate(world, slices, 0..users);
    let mut seen = 0;
    let mut off = Vec::new();
    for (target, counts) in world.targets.iter().zip(observe(world, &journals)) {
        let Some((rate, base, error)) = counts.as_ref().map(estimate) else { continue };
        if base < 1_000.0 {
            continue;
        }
        seen += 1;
        let errors = if STATED.iter().any(|stated| stated.0 == target.id) { 3.0 } else { 3.75 };
        let near = (0.1 * target.rate.min(1.0 - target.rate)).min(0.005);
        if (rate - target.rate).abs() > (errors * error).max(near) {
            off.push(format!("{}: {rate:.4} of {base}, not {}", target.id, target.rate));
        }
        let floored = target.floor.is_none_or(|floor| target.rate < floor || rate >= floor);
        if base > 5_000.0 && !floored {
            off.push(format!("{}: {rate:.4} is below its floor", target.id));
        }
    }
    assert!(off.is_empty(), "{off:#?}");
    (journals.iter().map(|journal| journal.sessions.len()).sum(), seen)
}

/// The eleven stated rates are those of the files, have a floor, and are seen in the events.
#[test]
fn every_stated_rate_is_seen_in_the_events() {
    let world = world("users = 1\n");
    let name = |seen: Seen| {
        let event = world.words.events.get(seen.event.into());
        seen.page
            .map_or(event.to_owned(), |page| format!("{event} {}", world.site.pages[page].name))
    };
    for (id, rate, base, success) in STATED {
        let target = world.targets.iter().find(|target| target.id == id).expect(id);
        let seen = target.observed.map(|seen| (name(seen.base), name(seen.success)));
        assert_eq!(seen, Some((base.to_owned(), success.to_owned())), "{id}");
        assert!(
            (target.rate - rate).abs() < 1e-12 && target.floor.is_some_and(|f| f < rate),
            "{id}"
        );
    }
}

/// For all seeds, every rate is met.
#[test]
fn a_fresh_seed_meets_every_rate() {
    let (sessions, rates) = holds(&calibrated("seed = 20260105\n"), 12_000);
    assert!(sessions > 50_000 && rates > 20, "{sessions} sessions, {rates} rates");
}

/// For all mixes, every rate is met: of one persona alone, and on desks alone.
#[test]
fn other_mixes_meet_every_rate() {
    holds(&calibrated("seed = 5\n[personas]\nstudent_hustler = 1\n"), 12_000);
    let of_hand = world("users = 1\n").models.devices.iter().fold(String::new(), |text, device| {
        let factor = u8::from(device.class == throng::model::DeviceClass::Desktop);
        format!("{text}{} = {factor}\n", device.name)
    });
    holds(&calibrated(&format!("seed = 6\n[devices]\n{of_hand}")), 12_000);
}

/// For all rates that a scenario asks for, however short its window and small its crowd, those are met.
#[test]
fn rates_of_a_scenario_of_a_day_are_met() {
    let goals = "[targets.mobile_conversion]\nhook_engaged = 0.9\none_click = 0.3\n[targets.exit]\nengaged = 0.5\n";
    let world = calibrated(&format!("seed = 8\ndays = 1\nusers = 50\n{goals}"));
    let rate = |id: &str| world.targets.iter().find(|target| target.id == id).map(|t| t.rate);
    assert_eq!(rate("mobile_conversion.hook_engaged"), Some(0.9));
    assert_eq!(rate("exit.engaged"), Some(0.5));
    holds(&world, 100_000);
}

/// For all seeds, sizes and threads, calibration finds the same, and leaves the seed as it was.
#[test]
fn calibration_hangs_on_neither_seed_nor_size_nor_threads() {
    let found = |scenario: &str, threads: usize| {
        let mut world = world(scenario);
        let seed = world.seed;
        let found = engine::calibrate(&mut world, threads, &GO_ON).expect("calibrated");
        assert_eq!((world.seed, &world.intercepts), (seed, &found.intercepts));
        (found, world.behaviour_digest)
    };
    let one = found("seed = 1\ndays = 3\nusers = 10\n", 1);
    let other = found("seed = 2\ndays = 3\nevents = \"3M\"\nbudget = \"2K\"\n", 3);
    assert!(one == other);
    assert_ne!(one.1, world("days = 4\n").behaviour_digest);
}

/// For all small sets whose outcomes are exact, the rates are right within a few thousandths; and the same with any threads, whole or
/// in shards.
#[test]
fn exact_outcomes_meet_the_rates_of_small_sets() {
    let scenario = "seed = 3\nexact = true\nusers = 1200\nbudget = \"4K\"\n\
                    [output]\nformat = \"ndjson\"\ncompression = \"none\"\n";
    let world = calibrated(scenario);
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let journals = simulate(&world, slices, 0..1200);
    let mut seen = 0;
    for (target, counts) in world.targets.iter().zip(observe(&world, &journals)) {
        let Some((rate, base, _)) = counts.as_ref().map(estimate) else { continue };
        if base < 400.0 {
            continue;
        }
        seen += 1;
        // About a success more or less, whatever the size.
        let bound = 0.001 + 3.0 / base;
        assert!((rate - target.rate).abs() < bound, "{}: {rate} of {base}", target.id);
    }
    assert!(seen >= 11, "{seen} rates");
    let whole = DataSet::make(&world, 2, None).digests();
    assert_eq!(whole, DataSet::make(&world, 1, None).digests());
    // The answers of shards stand in parts until they are joined.
    let is_table = |(path, _): &(String, String)| !path.starts_with("truth/answers");
    let parts = (0..3).flat_map(|i| DataSet::make(&world, 1, Some((i, 3))).digests());
    assert_eq!(
        whole.into_iter().filter(is_table).collect::<BTreeMap<_, _>>(),
        parts.filter(is_table).collect()
    );
}

/// What calibration says against a world.
fn refused(assets: &Assets, scenario: &str) -> String {
    let mut world = world_of(scenario, assets);
    match engine::calibrate(&mut world, 2, &GO_ON) {
        Err(engine::Error::Rates(problems)) => problems.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A journey's text with something put in place of something else, laid over what ships.
fn changed(journey: &str, from: &str, to: &str) -> Assets {
    let text = shipped(&format!("personas/journeys/{journey}.toml"));
    assert!(text.contains(from), "{journey} has {from}");
    overlaid(&[(&format!("journeys/{journey}.toml"), &text.replacen(from, to, 1))])
}

/// For all stages to which no way leads: their moments are a mistake where somebody follows the journey, and none where nobody does.
#[test]
fn a_stage_that_nobody_reaches_is_named() {
    let assets = changed("mobile_conversion", "then = \"gallery\"\n", "");
    let said = refused(&assets, "days = 2\n");
    let first = said.lines().next().unwrap_or_default();
    assert_eq!(
        first,
        "error: `gallery_swiped` cannot happen: nobody reaches stage `gallery` of mobile_conversion"
    );
    assert!(said.contains("target = 0.93"), "{said}");
    // Nobody follows it where nobody has a phone.
    let phones = "mobile_app = 0\nmobile_chrome = 0\nmobile_safari = 0\nmobile_slow = 0";
    let request = format!("days = 2\n[journeys]\nmobile_conversion = 0\n[devices]\n{phones}\n");
    let mut world = world_of(&request, &assets);
    engine::calibrate(&mut world, 2, &GO_ON).expect("nobody follows it");
}

/// For all stages that two moments leave at once: more than everybody cannot.
#[test]
fn contradicting_ways_out_are_named_with_the_most_that_can_be() {
    let moment = "[[stages.product.moments]]\nname = \"leave\"\ntarget = 0.7\nthen = \"list\"\n\
                  [[stages.product.moments]]\nname = \"stay\"\ntarget = 0.5\nthen = \"search\"\n\n\
                  [stages.support]";
    let said = refused(&changed("mobile_conversion", "[stages.support]", moment), "days = 2\n");
    let mut lines = said.lines();
    assert_eq!(
        lines.next(),
        Some(
            "error: `stay` on stage `product` of mobile_conversion cannot happen in 50.0 % of cases"
        )
    );
    // Three in ten, as far as the pilot can tell.
    let help = lines.next_back().map(str::trim).unwrap_or_default();
    let why =
        " of them are open to it: the others lack what it needs, or an earlier moment has led away";
    assert!(help.starts_with("help: at most 30.") && help.ends_with(why), "{help}");
}

/// For all scenarios without direct visits: there is none but through the link of a message, and whoever comes back keeps the last
/// source.
#[test]
fn no_direct_visits_means_none() {
    let world = world("seed = 9\ndays = 10\n[sources]\ndirect = 0\n");
    let direct = world.models.sources.iter().position(|source| source.name == "direct");
    let slices = Slices::new(world.start, world.days, world.lateness, 1);
    let sessions: Vec<_> = simulate(&world, slices, 0..3000)
        .into_iter()
        .flat_map(|journal| journal.sessions)
        .collect();
    assert!(sessions.iter().filter(|session| session.number > 1).count() > 500);
    let direct = |session: &&Session| Some(usize::from(session.source)) == direct;
    assert!(sessions.iter().filter(direct).all(|session| session.campaign != u8::MAX));
}
