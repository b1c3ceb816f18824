//! Laws of the crowd.

use std::collections::BTreeSet;

use super::*;
use crate::model::tests::shipped;
use crate::model::{DeviceClass, Models};

/// 5 January 2026, and thirty days.
const START: i32 = 20_458;
const DAYS: u32 = 30;
const CROWD: u64 = 50_000;

fn crowd() -> (Models, People) {
    let models = shipped();
    let people = People::new(Seed(1), &models, START, DAYS);
    (models, people)
}

/// For all users k: made alone, k is what it is in a crowd.
#[test]
fn a_user_alone_is_the_same_as_in_a_crowd() {
    let (models, people) = crowd();
    let all: Vec<User> = (0..2_000).map(|id| people.user(id)).collect();
    let others = People::new(Seed(1), &models, START, DAYS);
    for id in [1_999, 7, 0, 1_234] {
        assert_eq!(others.user(id), all[id as usize]);
        let (mut here, mut there) = (Profile::default(), Profile::default());
        people.profile(id, &all[id as usize], &mut here);
        others.profile(id, &all[id as usize], &mut there);
        assert_eq!(here, there);
    }
    assert_ne!(People::new(Seed(2), &models, START, DAYS).user(7), all[7]);
}

#[test]
fn e_mails_are_unique_and_at_reserved_domains() {
    let (_, people) = crowd();
    let mut seen = BTreeSet::new();
    let mut profile = Profile::default();
    for id in 0..CROWD {
        people.profile(id, &people.user(id), &mut profile);
        let (local, domain) = profile.email.split_once('@').expect("an address");
        let reserved = ["example.com", "example.org", "example.net"];
        let under = |name: &&str| domain == *name || domain.ends_with(&format!(".{name}"));
        assert!(domain.ends_with(".example") || reserved.iter().any(under), "{domain}");
        assert!(local.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{local}");
        assert!(local.starts_with(|c: char| c.is_ascii_lowercase()), "{local}");
        assert!(seen.insert(profile.email.clone()), "{}", profile.email);
    }
}

/// Whether a text is made by a pattern in which `#` is a digit and `@` a letter.
fn matches(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(made, wanted)| match wanted {
            b'#' => made.is_ascii_digit(),
            b'@' => made.is_ascii_uppercase(),
            other => made == other,
        })
}

#[test]
fn phones_postcodes_and_streets_are_those_of_the_country() {
    let (models, people) = crowd();
    let mut profile = Profile::default();
    for id in 0..5_000 {
        let user = people.user(id);
        people.profile(id, &user, &mut profile);
        let country = &models.countries[usize::from(user.country)];
        let city = &country.cities[usize::from(user.city)];
        assert!(country.phones.iter().any(|pattern| matches(&profile.phone, pattern)));
        assert!(matches(&profile.postcode, &city.postcode), "{}", profile.postcode);
        assert!(country.streets.iter().any(|street| profile.street.contains(street.as_str())));
        assert!(
            profile.street.chars().any(|c| c.is_ascii_digit()) && !profile.street.contains('{')
        );
        assert_eq!(people.zones().names()[usize::from(user.zone)], city.zone);
        assert_eq!(usize::from(user.currency), country.currency);
        assert!(usize::from(user.locale) < country.locales.len());
    }
}

#[test]
fn ages_are_within_the_personas_bounds() {
    let (models, people) = crowd();
    let mut profile = Profile::default();
    for id in 0..20_000 {
        let user = people.user(id);
        people.profile(id, &user, &mut profile);
        let [_, _, least, greatest] = models.people[usize::from(user.persona)].age;
        let age = f64::from(START - profile.birth_date) / 365.2425;
        assert!(age >= least - 0.01 && age <= greatest + 0.01, "{age}");
    }
}

#[test]
fn shares_of_personas_and_countries_are_those_of_the_models() {
    let (models, people) = crowd();
    let mut personas = vec![0.0; models.people.len()];
    let mut countries = vec![0.0; models.countries.len()];
    for id in 0..CROWD {
        let user = people.user(id);
        personas[usize::from(user.persona)] += 1.0;
        countries[usize::from(user.country)] += 1.0;
    }
    let n = CROWD as f64;
    let within = |count: f64, share: f64| {
        let error = (share * (1.0 - share) / n).sqrt();
        assert!((count / n - share).abs() < 3.0 * error, "{} against {share}", count / n);
    };
    for (count, persona) in personas.iter().zip(&models.people) {
        within(*count, persona.share);
    }
    for (country, count) in countries.into_iter().enumerate() {
        let of = |persona: &crate::model::Persona| persona.share * persona.countries[country];
        within(count, models.people.iter().map(of).sum());
    }
}

#[test]
fn devices_are_those_that_the_persona_may_hold() {
    let (models, people) = crowd();
    let mut apps = 0;
    for id in 0..CROWD {
        let user = people.user(id);
        let persona = &models.people[usize::from(user.persona)];
        assert!(!user.devices.is_empty());
        assert_eq!(user.devices.get(0).expect("one at least").since, user.created_at);
        let mut before: Option<&Held> = None;
        for held in user.devices.iter() {
            let profile = &models.devices[usize::from(held.profile)];
            let build = &profile.builds[usize::from(held.build)];
            assert!(profile.class == held.class && profile.app == held.app && build.weight > 0.0);
            assert!(persona.owns[held.class as usize] > 0.0);
            assert!(held.since >= user.created_at && held.since < people.window().1);
            if held.app {
                let browser = before.expect("an app's phone has a browser before it");
                let beside = &models.devices[usize::from(browser.profile)].builds
                    [usize::from(browser.build)];
                assert_eq!((browser.class, &beside.os), (DeviceClass::Mobile, &build.os));
                assert_eq!(beside.model, build.model);
                apps += 1;
            }
            before = Some(held);
        }
        let offered = &models.commerce.payments[usize::from(user.payment)].systems;
        let runs = |held: &Held| {
            let build = &models.devices[usize::from(held.profile)].builds[usize::from(held.build)];
            offered.is_empty() || offered.contains(&build.os)
        };
        assert!(user.devices.iter().any(runs));
    }
    assert!((4_000..12_000).contains(&apps), "{apps}");
}

#[test]
fn known_customers_come_from_before_the_window_and_others_appear_within_it() {
    let (_, people) = crowd();
    let (start, end) = people.window();
    let mut known = 0;
    for id in 0..CROWD {
        let user = people.user(id);
        assert!(user.last_active >= user.created_at);
        if let Some(registered) = user.registered_at {
            known += 1;
            assert!(user.created_at <= registered && registered < start);
            assert!(user.last_active >= start);
        } else {
            assert!((start..end).contains(&user.created_at));
        }
    }
    assert!((CROWD / 4..CROWD / 2).contains(&known), "{known}");
}

#[test]
fn first_visits_follow_the_local_clock() {
    let (_, people) = crowd();
    let mut hours = [0_u32; 24];
    for user in (0..CROWD).map(|id| people.user(id)).filter(|user| user.registered_at.is_none()) {
        let (hour, ..) = people.zones().local_hour_weekday(usize::from(user.zone), user.created_at);
        hours[hour] += 1;
    }
    // Evenings are full and nights are not.
    assert!(hours[21] > 5 * hours[4] && hours[13] > 2 * hours[5], "{hours:?}");
}

#[test]
fn visit_rates_and_lifetimes_have_their_moments() {
    let (_, people) = crowd();
    let users: Vec<User> = (0..CROWD).map(|id| people.user(id)).collect();
    let mean = users.iter().map(|user| user.visits).sum::<f64>() / CROWD as f64;
    let square = users.iter().map(|user| user.visits * user.visits).sum::<f64>() / CROWD as f64;
    assert!((mean - 1.0).abs() < 0.03, "{mean}");
    assert!((square - 1.0 - 1.0 / 0.62).abs() < 0.12, "{square}");
    // Of the new, the share still there after four weeks is (b / (b + 4))^s.
    let fresh: Vec<&User> = users.iter().filter(|user| user.registered_at.is_none()).collect();
    let stayed = fresh.iter().filter(|user| user.last_active - user.created_at > 28 * DAY).count();
    let wanted = (12.70_f64 / 16.70).powf(0.533);
    assert!((stayed as f64 / fresh.len() as f64 - wanted).abs() < 0.01);
}

#[test]
fn ids_are_random_uuids_and_differ() {
    let (_, people) = crowd();
    let mut seen = BTreeSet::new();
    for id in 0..10_000 {
        for uuid in [people.user_id(id), people.device_id(id, 0), people.anonymous_id(id, 0)] {
            assert_eq!((uuid >> 76 & 0xf, uuid >> 62 & 0b11), (4, 0b10));
            assert!(seen.insert(uuid));
        }
    }
}

#[test]
fn banners_decide_who_is_asked() {
    let (models, people) = crowd();
    let mut asked = [0_u32; 2];
    for user in (0..CROWD).map(|id| people.user(id)) {
        let (shown, refuse) = models.countries[usize::from(user.country)].banner;
        assert_eq!(user.consent == Consent::NotAsked, !shown);
        if refuse {
            asked[usize::from(user.consent == Consent::Denied)] += 1;
        }
    }
    // With refusing on the first layer half to three fifths refuse.
    let refused = f64::from(asked[1]) / f64::from(asked[0] + asked[1]);
    assert!((0.48..0.62).contains(&refused), "{refused}");
}

/// For all opt-ins: given when the person was known, ended after that and before it lapses, and nothing is allowed before or behind; for
/// all requests to be forgotten: closed before carried out, by the day that is due.
#[test]
fn opt_ins_and_requests_keep_their_order() {
    let (models, people) = crowd();
    let (start, end) = people.window();
    let (mut opted, mut ended, mut asked, mut known) = (0_u32, 0_u32, 0_u32, 0_u32);
    for id in 0..CROWD {
        let user = people.user(id);
        let Some(registered) = user.registered_at else {
            assert_eq!(user.erasure, None);
            continue;
        };
        known += 1;
        for channel in 0..3 {
            let opt_in = people.opt_in(id, &user, channel, registered);
            assert_eq!(opt_in.is_some(), user.opt_ins[channel]);
            let Some(opt_in) = opt_in else { continue };
            opted += 1;
            assert!((registered..start).contains(&opt_in.granted) && opt_in.expires > start - 1);
            assert!(!opt_in.allows(opt_in.granted - 1) && opt_in.allows(opt_in.granted));
            let Some(over) = opt_in.ended else {
                assert!(opt_in.allows(end - 1));
                continue;
            };
            ended += 1;
            assert!(over.occurred >= opt_in.granted && over.effective >= over.occurred);
            assert!(over.effective <= opt_in.expires && !opt_in.allows(over.effective));
        }
        if let Some(erasure) = user.erasure {
            asked += 1;
            assert!((start..end).contains(&erasure.requested));
            assert!(erasure.refused || erasure.closed >= erasure.requested);
            assert!(erasure.refused || user.last_active <= erasure.closed);
            let done = erasure.completed;
            assert!(done == i64::MAX || (done >= erasure.requested && done <= erasure.due));
        }
    }
    let share = f64::from(asked) / f64::from(known);
    assert!((share - models.consenting.erasure.asked).abs() < 0.01, "{share}");
    // Some are taken back, some lapse, some end with the account.
    let share = f64::from(ended) / f64::from(opted);
    assert!((0.05..0.25).contains(&share), "{share}");
}
