use super::*;

/// Large enough for every rate, small enough for a test.
const CROWD: &str = "seed = 5\ndays = 14\nevents = \"150K\"\n[output]\nformat = \"ndjson\"\ncompression = \"none\"\n\
                     tables = [\"users\", \"devices\", \"sessions\", \"journeys\", \"events\", \"payments\", \"truth/personas\"]\n";

/// What of the targets fails, by the models of that world.
fn failing(dir: &Path, world: &World) -> Vec<&'static str> {
    let data = DataSet::open(dir).unwrap();
    let ask =
        Ask { only: vec!["targets".to_owned()], world: Ok(world), reference: None, twin: None };
    let sections = check(&data, &world.schemas, &ask, &Meter::default(), &GO_ON).unwrap();
    let verdicts = sections.iter().flat_map(|section| &section.verdicts);
    let failing = verdicts.filter(|verdict| verdict.fails());
    failing.map(|verdict| verdict.check.id).collect()
}

/// What was made meets what was set.
#[test]
fn what_is_made_meets_its_targets() {
    let (dir, world) = made(CROWD);
    assert_eq!(failing(dir.path(), &world), [""; 0]);
}

/// For models that set something else, a crowd of theirs is found out by ours: by the check that names it, and no other.
#[test]
fn what_was_made_otherwise_is_found() {
    const RESEARCH: &str = "journeys/desktop_research.toml";
    const ACROSS: &str = "journeys/cross_device.toml";
    const PHONE: &str = "devices/mobile_chrome.toml";
    let cases: [(&str, &[Change]); 5] = [
        ("targets.set_points", &[(RESEARCH, "target = 0.53", "target = 0.60")]),
        ("targets.time_on_page", &[("site.toml", "dwell = 110", "dwell = 11")]),
        ("targets.switches", &[(ACROSS, "succeeds = 0.968", "succeeds = 0.80")]),
        ("targets.restored", &[(ACROSS, "restores = 0.988", "restores = 0.80")]),
        (
            "targets.landing_load",
            // A profile that promises what it cannot keep would not be read.
            &[(PHONE, "median = 1.47", "median = 1.80"), (PHONE, "share = 0.7\n", "share = 0.5\n")],
        ),
    ];
    let (_, ours) = made("users = 1\n");
    for (check, changes) in cases {
        let (dir, _) = made_with(CROWD, changes);
        assert_eq!(failing(dir.path(), &ours), [check], "{changes:?}");
    }
}

/// A rate that is set below its floor is met, and is below its floor.
#[test]
fn a_rate_below_its_floor_is_found() {
    let scenario = format!("{CROWD}[targets.desktop_research]\ncalculator = 0.40\n");
    let (dir, world) = made(&scenario);
    assert_eq!(failing(dir.path(), &world), ["targets.floors"]);
}

/// Replaces words in the lines of a table that hold some others; how many lines were changed.
fn change(dir: &Path, table: &str, at: &str, old: &str, new: &str) -> usize {
    let mut changed = 0;
    let data = DataSet::open(dir).unwrap();
    for file in &data.table(table).unwrap().files {
        let path = dir.join(&file.path);
        let text = std::fs::read_to_string(&path).unwrap();
        let line = |line: &str| {
            let hit = line.contains(at) && line.contains(old);
            changed += usize::from(hit);
            if hit { line.replace(old, new) } else { line.to_owned() }
        };
        let lines: Vec<String> = text.lines().map(line).collect();
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }
    changed
}

/// What no model can make is found in lines that were changed.
#[test]
fn what_was_changed_afterwards_is_found() {
    let cases = [
        (
            "targets.hook_time",
            "events",
            "\"hook_shown\"",
            "\"event_time\":\"2026",
            "\"event_time\":\"2036",
        ),
        ("targets.sync", "events", "\"state_restored\"", "\"sync_ms\":", "\"sync_ms\":9"),
        ("targets.checkout_errors", "payments", "\"apple_pay\"", "\"captured\"", "\"declined\""),
    ];
    let (dir, world) = made(CROWD);
    for (check, table, at, old, new) in cases {
        assert!(change(dir.path(), table, at, old, new) > 0, "{check}");
        assert_eq!(failing(dir.path(), &world), [check]);
        assert!(change(dir.path(), table, at, new, old) > 0, "{check}");
    }
    assert_eq!(failing(dir.path(), &world), [""; 0], "all is as it was");
}
