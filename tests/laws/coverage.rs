//! Cells of persona, device profile, source and journey kind: what can be is covered on request, what cannot be never is.

use std::collections::{BTreeMap, HashMap, HashSet};

use throng::answers;
use throng::engine;
use throng::event::journal::Journal;
use throng::model::DeviceClass;
use throng::population::{Cell, FIRST_COVERING};
use throng::scenario::cells::{Cells, Reason};
use throng::scenario::{Plan, World};

use crate::{DataSet, overlaid, plan, shipped, simulate, world, world_of};

/// How many journeys each cell has.
fn seen(world: &World, journals: &[Journal]) -> BTreeMap<Cell, u64> {
    let mut cells = BTreeMap::new();
    for journal in journals {
        for session in journal.sessions.iter().filter(|session| session.number == 1) {
            let journey = &journal.journeys[session.journey as usize];
            let cell = Cell {
                persona: world.people.user(session.user).persona,
                profile: session.profile.into(),
                source: session.source.into(),
                journey: journey.kind.into(),
            };
            assert_eq!(session.source, journey.source);
            *cells.entry(cell).or_default() += 1;
        }
    }
    cells
}

/// What those who cover do.
fn covering(world: &World, plan: &Plan) -> Vec<Journal> {
    let of = plan.ranges.iter().filter(|range| range.first >= FIRST_COVERING);
    of.flat_map(|range| simulate(world, plan.slices, range.first..range.end)).collect()
}

fn possible(world: &World) -> HashSet<Cell> {
    Cells::of(world).possible.iter().map(|cover| cover.cell).collect()
}

/// The shipped world, and worlds in which people take the last resorts that models of one's own may leave them.
fn worlds(request: &str) -> Vec<World> {
    let edit = |home: &str, from: &str, to: &str| {
        let text = shipped(home);
        assert!(text.contains(from), "{home} has {from}");
        text.replace(from, to)
    };
    let ours = |files: &[(&str, &str)], more: &str| {
        world_of(&format!("{request}{more}"), &overlaid(files))
    };
    // No e-mail links anywhere, a persona that walks one way only, and one that has nothing but an app or a tablet.
    let silent = edit("personas/sources/direct.toml", "message = \"email\"", "message = \"push\"");
    let one_way = edit(
        "personas/people/business_owner.toml",
        "[journeys]",
        "[journeys]\nmobile_conversion = 1.0\n[was]",
    );
    let one_way = one_way.split("[was]").next().unwrap_or_default().to_owned()
        + one_way
            .split("[was]")
            .nth(1)
            .and_then(|rest| rest.find("\n[").map(|at| &rest[at..]))
            .unwrap_or_default();
    let app = edit("personas/people/student_hustler.toml", "mobile_chrome = 0.44\n", "");
    let app = app.replace("mobile_safari = 0.29\n", "").replace("mobile_slow = 0.13\n", "");
    let app = app.replace("desktop = 0.56, tablet = 0.23 }", "desktop = 0.0, tablet = 0.23 }");
    vec![
        world(request),
        world(&format!(
            "{request}[personas]\nremote_dad = 1.0\n[sources]\ntiktok = 0\ndirect = 0\n"
        )),
        world(&format!("{request}[devices]\nmobile_chrome = 0\n[journeys]\ncross_device = 0\n")),
        ours(&[("sources/direct.toml", &silent)], ""),
        ours(&[("people/business_owner.toml", &one_way)], ""),
        ours(&[("people/student_hustler.toml", &app)], ""),
    ]
}

/// For all worlds and coverages K, those who cover have K journeys in every possible cell, and in no other.
#[test]
fn every_possible_cell_is_covered() {
    for (times, request) in [(1, "coverage = 1\n"), (3, "coverage = 3\nseed = 5\ndays = 1\n")] {
        for world in worlds(&format!("{request}users = 1\n")) {
            let plan = plan(&world);
            let journals = covering(&world, &plan);
            let seen = seen(&world, &journals);
            let wanted: BTreeMap<Cell, u64> =
                possible(&world).into_iter().map(|cell| (cell, times)).collect();
            assert!(wanted.len() > 20);
            assert_eq!(seen, wanted);
            let users: usize = journals.iter().map(|journal| journal.users.len()).sum();
            assert_eq!((users as u64, plan.users), (plan.covering, 1));
        }
    }
}

/// For all worlds, nobody's journey falls into a cell that is called impossible.
#[test]
fn no_journey_is_in_an_impossible_cell() {
    let mut journeys = 0;
    for world in worlds("users = 12000\ndays = 28\n") {
        let plan = plan(&world);
        let possible = possible(&world);
        for range in &plan.ranges {
            for (cell, count) in
                seen(&world, &simulate(&world, plan.slices, range.first..range.end))
            {
                journeys += count;
                assert!(possible.contains(&cell), "{cell:?} of {}", world.request.resolved_toml());
            }
        }
    }
    assert!(journeys > 100_000, "only {journeys}");
}

/// For the shipped world, every cell is judged, and the reasons are those that its models give.
#[test]
fn impossible_cells_have_reasons() {
    let world = world("users = 1\n");
    let cells = Cells::of(&world);
    let models = &world.models;
    let all = models.people.len() * models.devices.len() * models.sources.len();
    assert_eq!(cells.possible.len() + cells.impossible.len(), all * world.journeys.len());
    let counts = cells.reasons();
    assert_eq!(counts.values().sum::<usize>(), cells.impossible.len());
    assert!(counts.contains_key(&Reason::NoStart) && counts.contains_key(&Reason::NoLinkIntoApp));
    for (cell, reason) in &cells.impossible {
        let device = &models.devices[usize::from(cell.profile)];
        let kind = &world.journeys[usize::from(cell.journey)];
        match reason {
            Reason::NoStart => assert!(!kind.starts_on[device.class as usize]),
            Reason::NoLinkIntoApp => assert!(device.app && device.class == DeviceClass::Mobile),
            _ => {}
        }
    }
}

/// For all coverages, ordinary people do the same, and every file of theirs has the same bytes.
#[test]
fn coverage_moves_nobody_else() {
    let of = |coverage: &str| {
        let output = "[output]\nformat = \"ndjson\"\ncompression = \"none\"\n";
        let world = world(&format!("users = 300\ndays = 6\nbudget = \"2K\"\n{coverage}{output}"));
        let plan = plan(&world);
        let made = DataSet::make(&world, 2, None).digests();
        (plan.ranges.len(), made)
    };
    let (ranges, without) = of("");
    let (more, with) = of("coverage = 2\n");
    assert!(ranges >= 2 && more > ranges);
    for (path, digest) in without.iter().filter(|(path, _)| *path != answers::PATH) {
        assert_eq!(with.get(path), Some(digest), "{path}");
    }
    assert!(with.len() > without.len());
}

/// For all numbers of threads and shards, a covered data set has the same bytes.
#[test]
fn covered_bytes_follow_from_the_world() {
    let world = world("users = 40\ndays = 4\nbudget = \"2K\"\ncoverage = 1\n");
    assert!(plan(&world).ranges.len() >= 3);
    let whole = DataSet::make(&world, 1, None).digests();
    assert_eq!(DataSet::make(&world, 3, None).digests(), whole);
    let mut together = BTreeMap::new();
    for index in 0..3 {
        together.extend(DataSet::make(&world, 2, Some((index, 3))).digests());
    }
    let tables = |made: BTreeMap<String, String>| -> BTreeMap<String, String> {
        made.into_iter().filter(|(path, _)| !path.starts_with("truth/answers")).collect()
    };
    assert_eq!(tables(together), tables(whole));
}

/// For all who cover: they have one journey, by a device that is theirs and at hand, a second one where they go on with one, known
/// before where a message brings them; and they are the same alone and in a crowd.
#[test]
fn those_who_cover_are_people_like_others() {
    let world = world("users = 1\ncoverage = 2\nseed = 9\n");
    let covers: HashMap<Cell, _> =
        Cells::of(&world).possible.into_iter().map(|cover| (cover.cell, cover)).collect();
    let plan = plan(&world);
    let mut switched = 0;
    for journal in covering(&world, &plan) {
        assert_eq!(journal.journeys.len(), journal.users.len());
        for (row, journey) in journal.users.iter().zip(&journal.journeys) {
            assert_eq!(row.user, journey.user);
            assert!(row.created <= journey.started);
            let user = world.people.user(row.user);
            let of_persona = &world.models.people[usize::from(user.persona)];
            assert!(of_persona.share > 0.0);
            let cover = covers[&world.people.covered_by(row.user).expect("covers").cell];
            assert_eq!(user.persona, cover.cell.persona);
            let at_hand = user.devices.iter().filter(|held| held.since <= journey.started);
            let at_hand: Vec<u16> = at_hand.map(|held| held.profile).collect();
            assert!(at_hand.contains(&cover.cell.profile));
            assert!(!cover.second || at_hand.len() > 1, "{user:?}");
            if cover.channel.is_some() {
                assert!(user.registered_at.is_some_and(|at| at < world.start));
                assert!(user.opt_ins[usize::from(user.channel)]);
            }
            switched += usize::from(journey.devices.count_ones() > 1);
        }
    }
    assert!(switched > 5, "only {switched} journeys over devices");
    let last = plan.ranges.last().expect("somebody covers").end - 1;
    assert!(last >= FIRST_COVERING);
    let slices = plan.slices;
    let alone = simulate(&world, slices, last..last + 1);
    let crowd = simulate(&world, slices, last - 3..last + 1);
    let (alone, _) = engine::arrange(alone, slices);
    let (crowd, _) = engine::arrange(crowd, slices);
    assert_eq!(alone.users.last(), crowd.users.last());
    let times = |journal: &Journal| -> Vec<(i64, u32)> {
        let own = journal.sessions.iter().filter(|session| session.user == last);
        own.map(|session| (session.started, session.events)).collect()
    };
    assert_eq!(times(&alone), times(&crowd));
}
