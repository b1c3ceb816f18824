//! Days and nights.

use crate::{plan, simulate, world};

/// For all zones, and in a window in which clocks change, people sleep at night: the quietest local hour lies between 1 and 5, and
/// from 2 to 5 there are less than half as many visits an hour as from 18 to 22.
#[test]
fn nights_are_quiet_where_people_live() {
    let world = world("seed = 5\nstart = 2026-03-02\ndays = 42\nusers = 6000\n");
    let plan = plan(&world);
    let journals = simulate(&world, plan.slices, 0..plan.users);
    // Before and after the clocks change in Europe and North America, and by side of the Atlantic.
    let mut hours = [[0_u32; 24]; 4];
    for session in journals.iter().flat_map(|journal| &journal.sessions) {
        let zone = usize::from(world.people.user(session.user).zone);
        let (hour, ..) = world.people.zones().local_hour_weekday(zone, session.started);
        let late = world.day_of(session.started) >= 27;
        let west = world.people.zones().names()[zone].starts_with("America");
        hours[usize::from(late) * 2 + usize::from(west)][hour] += 1;
    }
    for profile in hours {
        let quietest = (0..24).min_by_key(|hour| profile[*hour]).unwrap_or(0);
        assert!((1..=5).contains(&quietest), "{profile:?}");
        let mean = |hours: std::ops::Range<usize>| {
            f64::from(profile[hours.clone()].iter().sum::<u32>()) / hours.len() as f64
        };
        assert!(mean(2..5) < 0.5 * mean(18..22), "{profile:?}");
    }
}
