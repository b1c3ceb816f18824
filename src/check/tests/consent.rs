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
    assert!(seen["consent.messages"] > 50, "{seen:?}");
}

/// For all who are forgotten, nothing is seen of them any more, not even a device that they never used.
#[test]
fn who_is_forgotten_brings_no_device() {
    let all = ("consent.toml", "asked = 0.05", "asked = 1.0");
    let (wrong, seen) = found("seed = 11\ndays = 120\nusers = 600\n", &[all]);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen["consent.requests"] > 100, "{seen:?}");
}
