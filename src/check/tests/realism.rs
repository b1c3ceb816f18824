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
    let (same, unsound) = summary(&data, &world.schemas, &watch).unwrap();
    assert_eq!(unsound, None);
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

/// A reference of which a part cannot be read, or was never written, is told, and what it tells from.
#[test]
fn half_a_reference_is_told() {
    const SMALL: &str = "seed = 5\ndays = 2\nusers = 40\n";
    let watch = Watch { progress: &Meter::default(), cancel: &GO_ON };
    let unsound = |dir: &Path, world: &World| {
        summary(&DataSet::open(dir).unwrap(), &world.schemas, &watch).unwrap().1
    };
    let (dir, world) = made(SMALL);
    let data = DataSet::open(dir.path()).unwrap();
    let file = &data.table("events").unwrap().files[0].path;
    let path = dir.path().join(file);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(unsound(dir.path(), &world), Some(format!("{file} cannot be read")));
    let (dir, world) = made(&format!("{SMALL}[output]\ntables = [\"events\", \"sessions\"]\n"));
    let lacks = unsound(dir.path(), &world).unwrap();
    assert_eq!(lacks, "the table devices was not written");
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
