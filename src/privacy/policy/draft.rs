//! A first policy for files that nobody has classified yet. Every line is a guess, and says so by being unreviewed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::classes::namespace;
use super::detect::{self, Look};
use super::is_below;
use crate::privacy::names::{self, HIDDEN};
use crate::schema::{Privacy, Schemas};

/// Values of a column that are looked at.
pub const SAMPLES: usize = 200;

/// Fewer different values than this, and shorter ones than this many characters, are a set of words.
const WORDS: (usize, usize) = (24, 40);

/// A few values of a column.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The values, as text.
    pub values: Vec<String>,
    /// Whether they are moments or dates by their type.
    pub times: bool,
    /// Whether they are numbers or flags by their type.
    pub numbers: bool,
    /// Whether they are flags by their type.
    pub flags: bool,
}

impl Sample {
    /// Whether they say yes or no, whatever they are called.
    fn are_flags(&self) -> bool {
        let yes_or_no = |value: &String| {
            let value = value.trim();
            FLAGS.iter().any(|known| known.eq_ignore_ascii_case(value))
        };
        // Numbers may be 0 and 1 and count something.
        self.flags || !self.numbers && !self.values.is_empty() && self.values.iter().all(yes_or_no)
    }

    /// Whether they are measured: numbers, not all of them whole.
    fn are_measured(&self) -> bool {
        let is_part = |value: &String| value.contains('.') && value.parse::<f64>().is_ok();
        self.numbers && self.values.iter().any(is_part)
    }
}

/// Words that say yes or no.
const FLAGS: [&str; 8] = ["true", "false", "yes", "no", "y", "n", "t", "f"];

/// Drafts a policy: the columns of each table by their path.
pub fn draft(tables: &BTreeMap<String, BTreeMap<String, Sample>>, schemas: &Schemas) -> String {
    let mut out = String::from(
        "# A draft: every line is a guess. Look at each, and write `reviewed = true` where it is right.\n\
         version = 1\ndefault = \"deny\"\nscope = \"per_dataset\"\nk = 5\n",
    );
    for (name, columns) in tables {
        let (columns, hidden) = without_values(columns);
        let known = schemas.table(name);
        let class = |path: &str, sample: &Sample| {
            let field = known.and_then(|table| table.field(path));
            field.map_or_else(|| guess(path, sample), |field| field.privacy)
        };
        let lines: Vec<(&String, Privacy, &Sample)> =
            columns.iter().map(|(path, sample)| (*path, class(path, sample), *sample)).collect();
        let _ = write!(out, "\n[tables.{}]\n", key(name));
        if let Some(subject) = subject(&lines) {
            let _ = writeln!(out, "subject = [{}]", text(subject));
        }
        let _ = write!(out, "\n[tables.{}.columns]\n", key(name));
        for path in &hidden {
            let path = key(path);
            let _ = writeln!(
                out,
                "# Names in it look like values of people.\n{path} = {{ class = \"free_text\", do = \"drop\", reviewed = false }}"
            );
        }
        let per_subject = subject(&lines).is_some();
        for (path, class, sample) in lines {
            let settings = settings(path, class, sample, per_subject);
            let class = class.name();
            let _ = writeln!(
                out,
                "{} = {{ class = \"{class}\", {settings}, reviewed = false }}",
                key(path)
            );
        }
    }
    out
}

/// The columns without those in which names of members look like values, and where those stand: all of that is dropped as one.
fn without_values(
    columns: &BTreeMap<String, Sample>,
) -> (BTreeMap<&String, &Sample>, BTreeSet<&str>) {
    let hidden = |path: &'_ String| path.contains(HIDDEN);
    let above = columns.keys().filter(|path| hidden(path)).map(|path| {
        let above = path.split(HIDDEN).next().unwrap_or_default();
        above.trim_end_matches('.')
    });
    let above = above.filter(|above| !above.is_empty());
    let above: BTreeSet<&str> = above.chain(names::of_people(columns.keys())).collect();
    let inside = |path: &str| above.iter().any(|above| path == *above || is_below(path, above));
    let stays = |(path, _): &(&String, &Sample)| !hidden(path) && !inside(path);
    (columns.iter().filter(stays).collect(), above)
}

/// The column that most likely says whose a row is.
fn subject<'l>(lines: &[(&'l String, Privacy, &Sample)]) -> Option<&'l str> {
    let of = |wanted: Privacy, part: &str| {
        let is = |line: &&(&String, Privacy, &Sample)| line.1 == wanted && line.0.contains(part);
        lines.iter().find(is).map(|(path, _, _)| path.as_str())
    };
    of(Privacy::DirectIdentifier, "user_id")
        .or_else(|| of(Privacy::DirectIdentifier, "_id"))
        .or_else(|| of(Privacy::DeviceIdentifier, ""))
        .or_else(|| of(Privacy::DirectIdentifier, ""))
}

/// The class that name and values tell of; what tells nothing is a text that somebody may have typed.
fn guess(path: &str, sample: &Sample) -> Privacy {
    let mut looks: Vec<Look> = sample.values.iter().map(|value| detect::look(value)).collect();
    looks.sort_by_key(|look| *look as u8);
    // One address among many texts is enough to make all of them suspect.
    let some = |look: Look| looks.contains(&look);
    let most = looks.get(looks.len() / 2).copied().unwrap_or(Look::Other);
    let by_value = match most {
        _ if some(Look::Email) || some(Look::Card) => Some(Privacy::DirectIdentifier),
        Look::Ip => Some(Privacy::Ip),
        Look::Agent => Some(Privacy::UserAgent),
        Look::Url => Some(Privacy::Url),
        Look::Json => Some(Privacy::Nested),
        Look::Time => Some(Privacy::Time),
        Look::Phone if !sample.numbers => Some(Privacy::DirectIdentifier),
        _ => None,
    };
    let by_name = detect::by_name(path);
    let is_birth = by_name == Some(Privacy::Quasi) && detect::is_birth(path);
    // What the values are beats what the column is called: a flag or a measure is nobody's address.
    let told = match by_name {
        Some(Privacy::Quasi) if is_birth && (sample.times || most == Look::Time) => by_name,
        _ if sample.are_flags() => Some(Privacy::Public),
        _ if sample.times => Some(Privacy::Time),
        Some(Privacy::Place) => None,
        _ if sample.are_measured() => Some(Privacy::Public),
        Some(Privacy::FreeText | Privacy::Url | Privacy::UserAgent) if sample.numbers => {
            Some(Privacy::Public)
        }
        _ => None,
    };
    let by_type = match () {
        () if sample.times => Some(Privacy::Time),
        () if sample.numbers => Some(Privacy::Public),
        () if most == Look::Uuid => Some(Privacy::Linkable),
        () if are_words(sample) => Some(Privacy::Public),
        () => None,
    };
    told.or(by_value).or(by_name).or(by_type).unwrap_or(Privacy::FreeText)
}

/// Whether the values are out of a small set.
fn are_words(sample: &Sample) -> bool {
    let different: BTreeSet<&String> = sample.values.iter().collect();
    let (most, longest) = WORDS;
    sample.values.len() >= 2 * different.len()
        && different.len() <= most
        && different.iter().all(|value| value.chars().count() <= longest)
}

/// What is done to a class, with the settings that it needs.
fn settings(path: &str, class: Privacy, sample: &Sample, per_subject: bool) -> String {
    let looks = |wanted: Look| sample.values.iter().any(|value| detect::look(value) == wanted);
    match class {
        Privacy::DirectIdentifier | Privacy::DeviceIdentifier | Privacy::Linkable => {
            let (kind, encoding) = match () {
                () if looks(Look::Email) => ("email", "email"),
                () if looks(Look::Uuid) => ("uuid", "uuid"),
                () if looks(Look::Phone) && path.contains("phone") => ("phone", "base32"),
                () => ("text", "base32"),
            };
            let namespace = text(namespace(path));
            format!(
                "do = \"token\", namespace = {namespace}, kind = \"{kind}\", encoding = \"{encoding}\""
            )
        }
        Privacy::Time if per_subject => "do = \"shift\", days = 182".to_owned(),
        Privacy::Time => "do = \"shift\", days = 182, per = \"data_set\"".to_owned(),
        Privacy::Public if sample.are_flags() => {
            "do = \"keep\", reason = \"yes or no, as it seems\"".to_owned()
        }
        Privacy::Public if sample.numbers => {
            "do = \"keep\", reason = \"a measure, as it seems\"".to_owned()
        }
        Privacy::Public => "do = \"keep\", reason = \"one of a few words, as it seems\"".to_owned(),
        Privacy::Ip => "do = \"network\"".to_owned(),
        Privacy::UserAgent => "do = \"agent\"".to_owned(),
        Privacy::Quasi if sample.times || detect::is_birth(path) && looks(Look::Time) => {
            "do = \"band\", width = 10".to_owned()
        }
        Privacy::Place | Privacy::Quasi => "do = \"rare\"".to_owned(),
        Privacy::Url => "do = \"strip\"".to_owned(),
        Privacy::Nested => "do = \"inside\"".to_owned(),
        Privacy::FreeText | Privacy::Truth => "do = \"drop\"".to_owned(),
    }
}

/// A name as a key of TOML.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) {
        return name.to_owned();
    }
    text(name)
}

/// A text as a basic string of TOML 1.0: quotes, backslashes and control characters are escaped, and nothing else.
fn text(value: &str) -> String {
    let mut out = String::from('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // A string takes everything.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Assets;
    use crate::privacy::policy::Policy;
    use crate::schema::facts;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// For all names that tables can have and all names of columns, a draft is a policy of those.
        #[test]
        fn a_draft_can_be_read(table in "[^/\\\\\\x00\n]{0,11}[^/\\\\\\x00\n.]", columns in prop::collection::btree_set(".{1,12}|(a|b)_ids\\[\\]", 1..5)) {
            let schemas = Schemas::load(&Assets::embedded(), &facts::of).unwrap();
            let sample = || Sample { values: vec!["ada@example.com".to_owned()], ..Sample::default() };
            let of_table = columns.iter().map(|column| (column.clone(), sample())).collect();
            let written = draft(&BTreeMap::from([(table.clone(), of_table)]), &schemas);
            let policy = Policy::read("policy.toml", &written, &schemas);
            let policy = policy.unwrap_or_else(|problems| panic!("{problems}\n{written}"));
            let read = policy.table(&[&table]).unwrap();
            let paths: BTreeSet<String> = read.rules.iter().map(|rule| rule.path.clone()).collect();
            prop_assert!(columns.is_subset(&paths), "{:?} of {}", paths, written);
        }
    }

    /// What values are beats what a column is called.
    #[test]
    fn values_beat_names() {
        let of = |values: &[&str]| Sample {
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            ..Sample::default()
        };
        let numbers = |values: &[&str]| Sample { numbers: true, ..of(values) };
        let flags = || Sample { numbers: true, flags: true, ..Sample::default() };
        let times = || Sample { times: true, ..Sample::default() };
        let cases = [
            ("email_opt_in", flags(), Privacy::Public),
            ("email_opt_in", of(&["yes", "no", "Yes"]), Privacy::Public),
            ("is_phone_verified", flags(), Privacy::Public),
            ("phone_verified", of(&["pending", "done", "done", "pending"]), Privacy::Public),
            ("has_mobile", numbers(&["1", "0", "1"]), Privacy::Public),
            ("email_count", numbers(&["3", "12"]), Privacy::Public),
            ("email_verified_at", of(&["2026-01-05T10:00:00Z"]), Privacy::Time),
            ("email_sent_at", times(), Privacy::Time),
            ("device_pixel_ratio", numbers(&["1", "2.5"]), Privacy::Public),
            ("message_length", numbers(&["120"]), Privacy::Public),
            ("latitude", numbers(&["52.52"]), Privacy::Place),
            ("birth_date", times(), Privacy::Quasi),
            ("birth_date", of(&["1980-05-04"]), Privacy::Quasi),
            // What is in them is what they are called.
            ("email", of(&["none", "unknown"]), Privacy::DirectIdentifier),
            ("customer", numbers(&["204711"]), Privacy::DirectIdentifier),
            ("email_consent", of(&["ada@example.com"]), Privacy::DirectIdentifier),
            ("has_email", of(&["a text", "of somebody", "or other"]), Privacy::FreeText),
        ];
        for (path, sample, expected) in cases {
            assert_eq!(guess(path, &sample), expected, "{path}: {sample:?}");
        }
    }

    /// An object whose members are people is dropped as one, whatever they are called.
    #[test]
    fn names_of_people_are_no_columns() {
        let draft_of = |paths: &[&str]| {
            let sample = || Sample { numbers: true, ..Sample::default() };
            let columns = paths.iter().map(|path| ((*path).to_owned(), sample())).collect();
            let schemas = Schemas::load(&Assets::embedded(), &facts::of).unwrap();
            draft(&BTreeMap::from([("t".to_owned(), columns)]), &schemas)
        };
        for paths in [
            ["id", "by.Anna", "by.Bob"],
            ["id", "by.anna", "by.peter"],
            ["id", "by.Zyx Qwertz.n", "by.Hjk Lmnop.n"],
        ] {
            let drafted = draft_of(&paths);
            assert!(drafted.contains("by = { class = \"free_text\", do = \"drop\""), "{drafted}");
            assert!(!drafted.contains("nna") && !drafted.contains("Zyx"), "{drafted}");
        }
        // One way of writing all names is a way of writing names of columns.
        for paths in
            [["Id", "By.First", "By.Last"], ["id", "by.may", "by.june"], ["id", "by.web", "by.app"]]
        {
            let drafted = draft_of(&paths);
            assert!(!drafted.contains("drop"), "{drafted}");
        }
    }

    #[test]
    fn quotes_umlauts_and_control_characters_are_written() {
        assert_eq!(key("gr\u{f6}\u{df}e"), "\"gr\u{f6}\u{df}e\"");
        assert_eq!(key("a\"b\\c\td"), "\"a\\\"b\\\\c\\u0009d\"");
        assert_eq!(key("user_id"), "user_id");
    }
}
