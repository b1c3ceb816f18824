//! Consent in worlds that are not the shipped one.

use super::*;

/// Everything that the family finds wrong, and how many of each check were looked at.
fn found(scenario: &str, changes: &[Change]) -> (Vec<Verdict>, BTreeMap<&'static str, u64>) {
    let (dir, world) = made_with(scenario, changes);
    let data = DataSet::open(dir.path()).unwrap();
    let only = vec!["consent".to_owned()];
    let ask = Ask { only, world: Ok(&world), reference: None, twin: None };
    let sections = check(&data, &world.schemas, &ask, &Meter::default(), &GO_ON).unwrap();
    let verdicts: Vec<Verdict> = sections.into_iter().flat_map(|one| one.verdicts).collect();
    let seen = verdicts.iter().map(|verdict| (verdict.check.id, verdict.seen)).collect();
    (verdicts.into_iter().filter(Verdict::fails).collect(), seen)
}

/// For all windows, also those in which opt-ins run out many times: those who are there to cover get messages while they may.
#[test]
fn who_covers_is_written_to_by_leave() {
    let scenario = "seed = 11\ndays = 150\nusers = 1\ncoverage = 1\nbudget = \"100K\"\n";
    let (wrong, seen) = found(scenario, &[("consent.toml", "months = 24", "months = 1")]);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen["consent.messages"] > 30, "{seen:?}");
}

/// For all who are forgotten, nothing is seen of them any more, not even a device that they never used.
#[test]
fn who_is_forgotten_brings_no_device() {
    let all = ("consent.toml", "asked = 0.05", "asked = 1.0");
    let (wrong, seen) = found("seed = 11\ndays = 120\nusers = 600\n", &[all]);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen["consent.requests"] > 100, "{seen:?}");
}

/// For all answers, also those that hold for a month of six: what expires does so when it was stated, and who comes shortly before is
/// asked anew.
#[test]
fn answers_expire_when_they_say() {
    let files = ["locales/br.toml", "locales/de.toml", "locales/gb.toml", "locales/nl.toml"];
    let months = files.map(|file| (file, "months = 12", "months = 1"));
    let (wrong, seen) = found("seed = 11\ndays = 180\nusers = 250\n", &months);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen["consent.expiry"] > 1_000, "{seen:?}");
}

/// For all checks that tell a ratio: of nothing it is none.
#[test]
fn rules_that_apply_to_nothing_are_skipped() {
    let none = [("consent.toml", "asked = 0.05", "asked = 0.0")];
    let (dir, world) = made_with("seed = 3\ndays = 1\nusers = 2\n", &none);
    let sections = checked(dir.path(), &world);
    let of = |id: &str| {
        let mut all = sections.iter().flat_map(|one| &one.verdicts);
        all.find(|verdict| verdict.check.id == id).unwrap().outcome.clone()
    };
    let nothing = Outcome::Skipped("there are no requests to be forgotten".to_owned());
    assert_eq!(of("consent.requests"), nothing);
    let nobody =
        Outcome::Skipped("there are no erasures and events of those who were erased".to_owned());
    assert_eq!(of("consent.erasure"), nobody);
    assert_eq!(of("anomalies.erasure_or_retention_miss"), nobody);
    assert!(matches!(of("consent.messages"), Outcome::Skipped(_)));
    assert_eq!(of("consent.pings"), Outcome::Holds);
}
