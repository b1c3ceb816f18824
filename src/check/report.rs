//! What was found, for programs: one JSON document, or JUnit XML; and what there is to be found, as text.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::{FAMILIES, Outcome, Section, Severity, Verdict};
use crate::foreign::LeftOut;
use crate::read::DataSet;

/// The version of the JSON document's shape.
pub const SCHEMA_VERSION: u32 = 1;

/// All that was found of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What was checked.
    pub subject: Subject,
    /// How it came out.
    pub summary: Summary,
    /// The verdicts by family.
    pub families: Vec<Section>,
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Folder or file.
    pub path: String,
    /// The data set's version; none for a file from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_version: Option<String>,
    /// The scenario that it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The seed that it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Its events.
    pub events: u64,
    /// Rows of a file from elsewhere that could not be taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What of a mapping fits no row, and of the rows no mapping.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Subject {
    /// A data set.
    pub fn of(data: &DataSet) -> Self {
        let manifest = data.manifest();
        Self {
            path: data.dir().display().to_string(),
            dataset_version: Some(manifest.dataset_version.clone()),
            scenario: Some(manifest.scenario.name.clone()),
            seed: Some(manifest.seed),
            events: manifest.rows("events"),
            left_out: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// How many checks came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All.
    pub checks: usize,
    /// Those that hold.
    pub hold: usize,
    /// Those that fail and are errors.
    pub fail: usize,
    /// Those that fail and are warnings.
    pub warn: usize,
    /// Those that could not be made.
    pub skipped: usize,
    /// Those that fail only where labels say so.
    #[serde(skip_serializing_if = "is_none")]
    pub explained: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Summary {
    /// Counts verdicts.
    pub fn of<'v>(verdicts: impl IntoIterator<Item = &'v Verdict>) -> Self {
        let mut summary = Self::default();
        for verdict in verdicts {
            summary.checks += 1;
            *match (&verdict.outcome, verdict.check.severity) {
                (Outcome::Holds, _) => &mut summary.hold,
                (Outcome::Fails, Severity::Error) => &mut summary.fail,
                (Outcome::Fails, Severity::Warning) => &mut summary.warn,
                (Outcome::Skipped(_), _) => &mut summary.skipped,
                (Outcome::Explained(_), _) => &mut summary.explained,
            } += 1;
        }
        summary
    }

    /// Whether the whole fails; when `strict`, by warnings too.
    pub fn fails(&self, strict: bool) -> bool {
        self.fail > 0 || strict && self.warn > 0
    }
}

impl Report {
    /// What was found of a subject.
    pub fn new(subject: Subject, families: Vec<Section>) -> Self {
        let summary = Summary::of(families.iter().flat_map(|section| &section.verdicts));
        Self { schema_version: SCHEMA_VERSION, subject, summary, families }
    }

    /// JUnit XML: a family is a suite, a check a case. Warnings fail only when `strict`.
    pub fn junit(&self, strict: bool) -> String {
        let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        let counts = |summary: Summary| {
            let failures = summary.fail + if strict { summary.warn } else { 0 };
            let Summary { checks, skipped, .. } = summary;
            format!("tests=\"{checks}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"")
        };
        let _ = writeln!(out, "<testsuites name=\"throng check\" {}>", counts(self.summary));
        for section in &self.families {
            let of = counts(Summary::of(&section.verdicts));
            let _ = writeln!(out, "  <testsuite name=\"{}\" {of}>", xml(section.family));
            for verdict in &section.verdicts {
                case(&mut out, section.family, verdict, strict);
            }
            out.push_str("  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }
}

/// A check as a case of JUnit. Writing to a string cannot fail.
fn case(out: &mut String, family: &str, verdict: &Verdict, strict: bool) {
    let check = verdict.check;
    let head =
        format!("    <testcase classname=\"throng.{}\" name=\"{}\"", xml(family), xml(check.id));
    let of = check.ratio.map_or_else(String::new, |(things, breach)| format!(" {things} {breach}"));
    let message = format!("{} of {}{of}: {}", verdict.wrong, verdict.seen, check.holds);
    let mut told = String::new();
    for evidence in &verdict.evidence {
        let _ = writeln!(told, "{}: {}", evidence.place, evidence.says);
    }
    for measure in verdict.measures.iter().filter(|measure| !measure.holds()) {
        let _ = writeln!(told, "{measure}");
    }
    let _ = match &verdict.outcome {
        Outcome::Holds => writeln!(out, "{head}/>"),
        Outcome::Skipped(reason) => {
            writeln!(out, "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>", xml(reason))
        }
        Outcome::Explained(why) => writeln!(
            out,
            "{head}>\n      <system-out>{}, {}\n{}</system-out>\n    </testcase>",
            xml(&message),
            xml(why),
            xml(&told)
        ),
        Outcome::Fails if strict || check.severity == Severity::Error => writeln!(
            out,
            "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
            xml(&message),
            xml(&told)
        ),
        Outcome::Fails => writeln!(
            out,
            "{head}>\n      <system-out>warning: {}\n{}</system-out>\n    </testcase>",
            xml(&message),
            xml(&told)
        ),
    };
}

/// Text as XML has it; what XML cannot hold is left out.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// The reference page of all checks.
pub fn markdown() -> String {
    let mut out = "<!-- Derived from src/check: throng check --list --as markdown > docs/reference/checks.md -->\n\n\
        # Checks\n\n\
        What `throng check` finds out, by family. A check that needs a table is skipped when the data set was written without it.\n"
        .to_owned();
    for family in FAMILIES {
        let _ = writeln!(out, "\n## {}\n\n{}\n", family.name, family.doc);
        out.push_str("| check | what holds | why it matters | needs |\n|---|---|---|---|\n");
        for check in family.checks() {
            let mut needs: Vec<String> =
                check.tables.iter().map(|table| format!("`{table}`")).collect();
            needs.extend(check.needs_world.then(|| "the models".to_owned()));
            let odd = if check.severity == Severity::Warning { " (warning)" } else { "" };
            let (id, needs) = (check.id, needs.join(", "));
            let _ = writeln!(out, "| `{id}`{odd} | {} | {} | {needs} |", check.holds, check.why);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Check, Evidence, Measure};

    const CHECK: Check = Check::new("files.x", &[], "a < b", "w");
    const ODD: Check = Check::new("files.y", &[], "c", "w").warning();

    fn report() -> Report {
        let evidence =
            vec![Evidence { place: "events where \"x\"".to_owned(), says: "1 & 2".to_owned() }];
        let fails = |check| Verdict {
            outcome: Outcome::Fails,
            seen: 9,
            wrong: 1,
            evidence: evidence.clone(),
            ..Verdict::skipped(check, "")
        };
        let verdicts = vec![fails(&CHECK), fails(&ODD), Verdict::skipped(&CHECK, "no <table>")];
        let subject = Subject {
            path: "set".to_owned(),
            dataset_version: None,
            scenario: None,
            seed: None,
            events: 9,
            left_out: Vec::new(),
            warnings: Vec::new(),
        };
        Report::new(subject, vec![Section { family: "files", verdicts }])
    }

    #[test]
    fn junit_has_a_suite_a_family_and_a_case_a_check() {
        insta::assert_snapshot!(report().junit(false), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="throng check" tests="3" failures="1" errors="0" skipped="1">
          <testsuite name="files" tests="3" failures="1" errors="0" skipped="1">
            <testcase classname="throng.files" name="files.x">
              <failure message="1 of 9: a &lt; b">events where &quot;x&quot;: 1 &amp; 2
        </failure>
            </testcase>
            <testcase classname="throng.files" name="files.y">
              <system-out>warning: 1 of 9: c
        events where &quot;x&quot;: 1 &amp; 2
        </system-out>
            </testcase>
            <testcase classname="throng.files" name="files.x">
              <skipped message="no &lt;table&gt;"/>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    /// A number out of its bounds is told with them; one that lies in its bounds is not what fails.
    #[test]
    fn junit_tells_what_was_measured() {
        let mut report = report();
        let measures = vec![
            Measure::new("share of \"b\"", 0.5, 9).within(0.1, 0.25),
            Measure::new("share of c", 0.5, 9).within(0.1, None),
        ];
        let verdict = &mut report.families[0].verdicts[0];
        (verdict.evidence, verdict.measures) = (Vec::new(), measures);
        let junit = report.junit(false);
        let body = ">share of &quot;b&quot; 0.5000 (0.1000 to 0.2500)\n</failure>";
        assert!(junit.contains(body) && !junit.contains("share of c"), "{junit}");
    }

    #[test]
    fn warnings_fail_only_when_strict() {
        let report = report();
        assert!(report.summary.fails(false));
        let only = Summary { warn: 1, ..Summary::default() };
        assert!(!only.fails(false) && only.fails(true));
        assert!(report.junit(true).contains("failures=\"2\""));
    }

    #[test]
    fn json_keeps_its_shape() {
        let json = serde_json::to_value(report()).unwrap();
        let verdicts = &json["families"][0]["verdicts"];
        insta::assert_snapshot!(verdicts[0].to_string(), @r#"{"evidence":[{"place":"events where \"x\"","says":"1 & 2"}],"id":"files.x","outcome":"fails","seen":9,"severity":"error","what":"a < b","why":"w","wrong":1}"#);
        insta::assert_snapshot!(verdicts[2].to_string(), @r#"{"evidence":[],"id":"files.x","outcome":"skipped","reason":"no <table>","seen":0,"severity":"error","what":"a < b","why":"w","wrong":0}"#);
        insta::assert_snapshot!(json["summary"].to_string(), @r#"{"checks":3,"fail":1,"hold":0,"skipped":1,"warn":1}"#);
    }
}
