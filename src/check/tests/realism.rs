use super::*;
use crate::check::realism::summary;
use crate::realism::scorecard;

/// Large enough for every number, small enough for a test.
const CROWD: &str = "seed = 5\ndays = 30\nevents = \"300K\"\n";

fn section(sections: &[Section], family: &str) -> Vec<Verdict> {
    let section = sections.iter().find(|section| section.family == family);
    section.map_or_else(Vec::new, |section| section.verdicts.clone())
}

fn failing(verdicts: &[Verdict]) -> Vec<&str> {
    verdicts.iter().filter(|verdict| verdict.fails()).map(|verdict| verdict.check.id).collect()
}

fn judged(dir: &Path, world: &World, reference: Option<Reference<'_>>) -> Vec<Section> {
    let data = DataSet::open(dir).unwrap();
    let ask = Ask {
        only: vec!["realism".to_owned(), "reference".to_owned()],
        world: Ok(world),
        reference,
        twin: None,
    };
    check(&data, &world.schemas, &ask, &Meter::default(), &GO_ON).unwrap()
}

/// What throng makes passes every number; a set is no way from itself, and some from one of another kind.
#[test]
fn what_is_made_looks_real() {
    let (dir, world) = made(CROWD);
    let sections = judged(dir.path(), &world, None);
    let found = section(&sections, "realism");
    assert!(failing(&found).is_empty(), "{found:#?}");
    let measured = |id: &str| found.iter().any(|v| v.check.id == id && v.outcome == Outcome::Holds);
    for about in &scorecard::ABOUT {
        assert!(measured(about.id), "{} was not measured", about.id);
    }
    assert!(section(&sections, "reference").is_empty());

    let data = DataSet::open(dir.path()).unwrap();
    let watch = Watch { progress: &Meter::default(), cancel: &GO_ON };
    let same = summary(&data, &world.schemas, &watch).unwrap();
    // Sums of the same parts may differ in their last bit.
    let reference = Reference { summary: &same, most: Some(1e-12) };
    let found = section(&judged(dir.path(), &world, Some(reference)), "reference");
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|verdict| verdict.outcome == Outcome::Holds), "{found:#?}");

    let (other, world) = made_with(CROWD, &[("behaviour.toml", "base = -1.60", "base = -0.60")]);
    let reference = Reference { summary: &same, most: Some(0.02) };
    let found = section(&judged(other.path(), &world, Some(reference)), "reference");
    assert!(failing(&found).contains(&"reference.lengths"), "{found:#?}");
}

/// For models without a habit, the numbers that name it fail, and no others.
#[test]
fn models_without_a_habit_are_found() {
    let cases: [(&str, &str, &str, &[&str]); 3] = [
        ("catalogue.toml", "zipf = 0.58", "zipf = 1.2", &["realism.item_top"]),
        (
            "behaviour.toml",
            "[dwell]\nsession_sd = 0.55\nengagement = 0.12",
            "[dwell]\nsession_sd = 0.0\nengagement = 0.0",
            &["realism.gap_icc", "realism.gap_lag"],
        ),
        ("catalogue.toml", "repeat = 0.103", "repeat = 0.0", &["looks.no_repeats"]),
    ];
    for (file, old, new, wanted) in cases {
        let (dir, world) = made_with(CROWD, &[(file, old, new)]);
        let found = section(&judged(dir.path(), &world, None), "realism");
        assert_eq!(failing(&found), wanted, "{new}: {found:#?}");
    }
}
