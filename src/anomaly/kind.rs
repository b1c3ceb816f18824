//! What a kind of anomaly is, as data: the reference page, the command line and the checks of a scenario derive from it.

use std::ops::RangeInclusive;

use crate::anomaly::act::Act;

/// Names an enumeration's members, as labels and pages write them.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl $name {
            /// Every member, with its name.
            pub const NAMED: &[(&'static str, Self)] = &[$(($text, Self::$variant),)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

named! {
    /// What kind of thing an anomaly breaks: the families of the catalogue.
    Scope {
        /// Lines that are no JSON, or not the JSON that is meant.
        Syntax = "syntax",
        /// Whole files.
        File = "file",
        /// Single values.
        Field = "field",
        /// Whole rows: too many, too few.
        Record = "record",
        /// What holds within a session or an order.
        Session = "session",
        /// Who is who.
        Identity = "identity",
        /// Where references lead.
        Reference = "reference",
        /// What two tables say of the same.
        System = "system",
        /// When things happened and arrived.
        Time = "time",
        /// Who comes, and how many.
        Population = "population",
        /// Experiments.
        Experiment = "experiment",
        /// Consent and personal data.
        Privacy = "privacy",
        /// The audit log.
        Audit = "audit",
        /// What people do on purpose.
        Fraud = "fraud",
    }
}

named! {
    /// Whether a pipeline has to find it.
    Severity {
        /// It has to.
        Critical = "critical",
        /// It is worth a word.
        Minor = "minor",
    }
}

named! {
    /// What gives it away.
    Detectability {
        /// Single rows of the data.
        Data = "data",
        /// Statistics over many rows.
        Statistics = "statistics",
        /// What is shipped beside the data.
        Metadata = "metadata",
        /// Nothing but the clean twin.
        Twin = "twin",
    }
}

named! {
    /// Which formats can carry it.
    Formats {
        /// All of them.
        All = "all",
        /// NDJSON, whose lines can be broken one by one.
        Ndjson = "ndjson",
        /// All of them, by the file.
        File = "file",
    }
}

named! {
    /// What a finding must hit to count.
    Rule {
        /// Any touched row.
        AnyMember = "any_member",
        /// Either copy.
        AnyCopy = "any_copy",
        /// Every touched row.
        All = "all",
        /// The window.
        Window = "window",
        /// The user, device, session or order.
        Entity = "entity",
        /// The file.
        File = "file",
    }
}

named! {
    /// Where on the data's way it goes in, in that order.
    Stage {
        /// What people do.
        Behaviour = "behaviour",
        /// Rows and keys.
        Entities = "entities",
        /// Values.
        Fields = "fields",
        /// While identities are replaced.
        Pseudonymise = "pseudonymise",
        /// Personal data where none belongs.
        Leaks = "leaks",
        /// The audit log's chain.
        AuditChain = "audit_chain",
        /// What is done to it afterwards.
        AuditTampering = "audit_tampering",
        /// When rows arrive.
        Arrival = "arrival",
        /// How rows are written.
        Serialise = "serialise",
        /// The bytes of lines and files.
        Bytes = "bytes",
    }
}

named! {
    /// What incidents are picked from, and what a `rate` counts.
    Unit {
        /// Rows.
        Row = "row",
        /// Sessions.
        Session = "session",
        /// Users.
        User = "user",
        /// Orders.
        Order = "order",
        /// Files.
        File = "file",
        /// The window as a whole: bursts, outages, bot farms.
        Window = "window",
    }
}

pub(crate) use named;

/// What a parameter may be, and is when nobody says.
#[derive(Debug, Clone)]
pub enum ParamType {
    /// A number within bounds.
    Number(RangeInclusive<f64>, f64),
    /// A whole number within bounds.
    Integer(RangeInclusive<i64>, i64),
    /// One of a few words; the first is the default.
    Choice(&'static [&'static str]),
    /// Some of a few words; all of them when nobody says.
    Some(&'static [&'static str]),
    /// Columns, as `table.column`: those named here when nobody says.
    Columns(&'static [&'static str]),
    /// True or false.
    Flag(bool),
}

/// A parameter of a kind.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name in a scenario.
    pub name: &'static str,
    /// What it may be.
    pub ty: ParamType,
    /// What it means, with its unit.
    pub doc: &'static str,
}

impl Param {
    /// A parameter.
    pub const fn new(name: &'static str, ty: ParamType, doc: &'static str) -> Self {
        Self { name, ty, doc }
    }
}

/// A kind of anomaly.
pub struct Kind {
    /// Its name.
    pub id: &'static str,
    /// Goes up when it injects something else.
    pub version: i32,
    /// What it breaks.
    pub scope: Scope,
    /// What is done, in a few words.
    pub does: &'static str,
    /// What holds of clean data and no longer does.
    pub breaks: &'static str,
    /// Which formats can carry it.
    pub formats: Formats,
    /// Whether a pipeline has to find it.
    pub severity: Severity,
    /// What gives it away.
    pub detectability: Detectability,
    /// Where it goes in.
    pub stage: Stage,
    /// What a finding must hit.
    pub rule: Rule,
    /// How far beside the window a finding may lie.
    pub tolerance_ms: i64,
    /// What incidents are picked from.
    pub unit: Unit,
    /// Tables that must be written for it.
    pub tables: &'static [&'static str],
    /// Its own parameters.
    pub params: &'static [Param],
    /// How often it occurs in the preset `default`, in incidents a unit; 0 for never.
    pub drizzle: f64,
    /// How many the presets `critical` and `everything` ask for.
    pub usual: u64,
    /// How it is done.
    pub act: Option<&'static dyn Act>,
    /// Why it cannot be asked for yet.
    pub planned: &'static str,
}

/// A recall of 95 % is shown with 95 % confidence by 59 incidents of which none is missed.
pub const USUAL: u64 = 60;

/// Why a kind that nobody has built yet cannot be asked for.
const UNBUILT: &str = "it is not built yet";

impl Kind {
    /// A minor kind that shows in the data, in any format, picked from rows of the events, and not built yet; the methods below say
    /// what is different.
    pub const fn new(
        id: &'static str,
        scope: Scope,
        does: &'static str,
        breaks: &'static str,
    ) -> Self {
        let (formats, stage, rule, unit) = match scope {
            Scope::Syntax => (Formats::Ndjson, Stage::Bytes, Rule::AnyMember, Unit::Row),
            Scope::File => (Formats::File, Stage::Bytes, Rule::File, Unit::File),
            Scope::Field => (Formats::All, Stage::Fields, Rule::AnyMember, Unit::Row),
            Scope::Record | Scope::Reference | Scope::System => {
                (Formats::All, Stage::Entities, Rule::AnyMember, Unit::Row)
            }
            Scope::Time => (Formats::All, Stage::Arrival, Rule::AnyMember, Unit::Row),
            Scope::Session => (Formats::All, Stage::Behaviour, Rule::AnyMember, Unit::Session),
            Scope::Identity => (Formats::All, Stage::Entities, Rule::Entity, Unit::User),
            Scope::Population => (Formats::All, Stage::Behaviour, Rule::Window, Unit::Window),
            Scope::Experiment | Scope::Fraud => {
                (Formats::All, Stage::Behaviour, Rule::Entity, Unit::User)
            }
            Scope::Privacy => (Formats::All, Stage::Leaks, Rule::AnyMember, Unit::Row),
            Scope::Audit => (Formats::All, Stage::AuditTampering, Rule::AnyMember, Unit::Row),
        };
        Self {
            id,
            version: 1,
            scope,
            does,
            breaks,
            formats,
            severity: Severity::Minor,
            detectability: Detectability::Data,
            stage,
            rule,
            tolerance_ms: 0,
            unit,
            tables: &["events"],
            params: &[],
            drizzle: 0.0,
            usual: USUAL,
            act: None,
            planned: UNBUILT,
        }
    }

    /// A pipeline has to find it.
    #[must_use]
    pub const fn critical(self) -> Self {
        Self { severity: Severity::Critical, ..self }
    }

    /// What else than the data gives it away.
    #[must_use]
    pub const fn shows_in(self, detectability: Detectability) -> Self {
        Self { detectability, ..self }
    }

    /// Which formats can carry it.
    #[must_use]
    pub const fn carried_by(self, formats: Formats) -> Self {
        Self { formats, ..self }
    }

    /// Where it goes in.
    #[must_use]
    pub const fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    /// What a finding must hit.
    #[must_use]
    pub const fn found_by(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }

    /// How far beside the window a finding may lie.
    #[must_use]
    pub const fn within_ms(self, tolerance_ms: i64) -> Self {
        Self { tolerance_ms, ..self }
    }

    /// What incidents are picked from.
    #[must_use]
    pub const fn of(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    /// Tables that must be written for it.
    #[must_use]
    pub const fn needs(self, tables: &'static [&'static str]) -> Self {
        Self { tables, ..self }
    }

    /// Its parameters.
    #[must_use]
    pub const fn takes(self, params: &'static [Param]) -> Self {
        Self { params, ..self }
    }

    /// How often it occurs in the preset `default`.
    #[must_use]
    pub const fn drizzles(self, rate: f64) -> Self {
        Self { drizzle: rate, ..self }
    }

    /// How many the presets ask for, where that is not the usual number.
    #[must_use]
    pub const fn usually(self, k: u64) -> Self {
        Self { usual: k, ..self }
    }

    /// How it is done.
    #[must_use]
    pub const fn acts(self, act: &'static dyn Act) -> Self {
        Self { act: Some(act), planned: "", ..self }
    }

    /// Why it cannot be asked for yet.
    #[must_use]
    pub const fn planned(self, why: &'static str) -> Self {
        Self { planned: why, ..self }
    }

    /// The parameter of that name.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|param| param.name == name)
    }
}
