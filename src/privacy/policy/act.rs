//! What can be done to a column: [`ACTS`], one line each, with its settings.

use crate::diag;
use crate::privacy::token::normal::{Kind, Normal};
use crate::privacy::token::{Encoding, LEAST_BITS, USUAL_BITS};
use crate::schema::Privacy;

use crate::privacy::token::Region;

/// What is done to a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// It leaves as it is.
    Keep,
    /// It does not leave.
    Drop,
    /// A token stands for each value.
    Token(Token),
    /// Times are moved.
    Shift(Shift),
    /// Addresses lose their hosts.
    Network {
        /// Bits that are left of an IPv4 address.
        v4: u8,
        /// Bits that are left of an IPv6 address.
        v6: u8,
    },
    /// The first characters are left.
    Prefix(usize),
    /// Family, major version and system are left of a user agent.
    Agent,
    /// Numbers, and years of dates, become bands of that width.
    Band(i64),
    /// Numbers are rounded down to a multiple.
    Grid(f64),
    /// Values that fewer than k people share are suppressed.
    Rare,
    /// Of an address on the web query and fragment are dropped, but for these parameters.
    Strip(Vec<String>),
    /// What looks like an address, a number or a card is taken out of a text.
    Redact,
    /// It is JSON, whose own paths have rules.
    Inside,
}

/// How tokens are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Whose identity it is; the same namespace joins across tables.
    pub namespace: String,
    /// The normal form.
    pub normal: Normal,
    /// How it is written.
    pub encoding: Encoding,
    /// How many bits.
    pub bits: u32,
}

/// How times are moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// By so many days at most, to either side; none: not at all.
    pub days: u32,
    /// Whether each subject has a shift of its own, or the data set one for all.
    pub per_subject: bool,
    /// Seconds to whose multiple a time is cut; 0: it is not.
    pub round: i64,
}

/// A kind of act.
pub struct Known {
    /// Its name in policies.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    read: fn(&diag::Table<'_>) -> Act,
}

const ROUNDS: &[(&str, i64)] = &[("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400)];
const PER: &[(&str, bool)] = &[("subject", true), ("data_set", false)];

/// Every kind of act.
pub static ACTS: &[Known] = &[
    Known { name: "keep", doc: "leaves as it is; needs a `reason`", read: |_| Act::Keep },
    Known { name: "drop", doc: "does not leave", read: |_| Act::Drop },
    Known {
        name: "token",
        doc: "a keyed token for each value: `namespace`, `kind`, `region`, `encoding`, `bits`",
        read: token,
    },
    Known { name: "shift", doc: "times moved by whole days: `days`, `per`, `round`", read: shift },
    Known { name: "network", doc: "addresses without their hosts: `v4`, `v6`", read: network },
    Known { name: "prefix", doc: "the first `chars` characters", read: prefix },
    Known {
        name: "agent",
        doc: "family, major version and system of a user agent",
        read: |_| Act::Agent,
    },
    Known {
        name: "band",
        doc: "bands of `width` numbers, or years of dates",
        read: |toml| Act::Band(toml.integer("width", 1..=1_000_000_000)),
    },
    Known {
        name: "grid",
        doc: "numbers rounded down to a multiple of `step`",
        read: |toml| Act::Grid(toml.number("step", 1e-9..=1e12)),
    },
    Known {
        name: "rare",
        doc: "values that fewer than k people share become OTHER",
        read: |_| Act::Rare,
    },
    Known { name: "strip", doc: "web addresses without query, but for `allow`", read: strip },
    Known {
        name: "redact",
        doc: "addresses, numbers and cards taken out of texts; the rest stays",
        read: |_| Act::Redact,
    },
    Known {
        name: "inside",
        doc: "JSON in a text: its paths have rules of their own",
        read: |_| Act::Inside,
    },
];

impl Act {
    /// Its name in policies.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Token(_) => "token",
            Self::Shift(_) => "shift",
            Self::Network { .. } => "network",
            Self::Prefix(_) => "prefix",
            Self::Agent => "agent",
            Self::Band(_) => "band",
            Self::Grid(_) => "grid",
            Self::Rare => "rare",
            Self::Strip(_) => "strip",
            Self::Redact => "redact",
            Self::Inside => "inside",
        }
    }
}

/// What is done to a class unless said otherwise.
fn usual(class: Privacy) -> &'static str {
    match class {
        Privacy::Public => "keep",
        Privacy::DirectIdentifier | Privacy::DeviceIdentifier | Privacy::Linkable => "token",
        Privacy::Ip => "network",
        Privacy::UserAgent => "agent",
        Privacy::Place | Privacy::Quasi => "rare",
        Privacy::Time => "shift",
        Privacy::FreeText | Privacy::Truth => "drop",
        Privacy::Url => "strip",
        Privacy::Nested => "inside",
    }
}

/// What a line does: what it says, or what is usual for the class.
pub(super) fn read(line: &diag::Table<'_>, class: Privacy) -> Act {
    let names = ACTS.iter().map(|act| act.name);
    let index = match line.opt_located("do") {
        Some(written) => written.one_of("act", names),
        None => names.clone().position(|name| name == usual(class)),
    };
    index.map_or(Act::Drop, |index| (ACTS[index].read)(line))
}

fn token(toml: &diag::Table<'_>) -> Act {
    let named = |key: &str, names: Vec<&str>| {
        toml.opt_located(key).and_then(|name| name.one_of(key, names.iter().copied()))
    };
    let kinds = Kind::NAMED.iter().map(|(name, _)| *name).collect();
    let kind = named("kind", kinds).map_or(Kind::Text, |index| Kind::NAMED[index].1);
    let encodings = Encoding::NAMED.iter().map(|(name, _)| *name).collect();
    let encoding = named("encoding", encodings).map_or(Encoding::Base32, |i| Encoding::NAMED[i].1);
    let region = named("region", Region::names().collect());
    let region = region.and_then(|index| Region::named(Region::names().nth(index)?));
    let most = encoding.most_bits();
    let bits = toml.opt_integer("bits", 8..=256).map_or(USUAL_BITS, |bits| bits as u32);
    let few = toml.opt_text("few_bits");
    if bits.min(most) < LEAST_BITS && few.is_none_or(|reason| reason.trim().is_empty()) {
        let help = format!("use {LEAST_BITS} or more, or say why not: `few_bits = \"…\"`");
        let key = if toml.has("bits") { "bits" } else { "encoding" };
        toml.problem(
            key,
            format!("a token of {} bits: two values may share it", bits.min(most)),
            help,
        );
    }
    if !bits.is_multiple_of(8) {
        toml.problem("bits", format!("{bits} bits are no whole bytes"), "use a multiple of 8");
    }
    Act::Token(Token {
        namespace: toml.text("namespace"),
        normal: Normal { kind, region },
        encoding,
        bits: bits.min(most),
    })
}

fn shift(toml: &diag::Table<'_>) -> Act {
    Act::Shift(Shift {
        days: toml.opt_integer("days", 0..=36_500).unwrap_or(182) as u32,
        per_subject: toml.opt_choice("per", PER).unwrap_or(true),
        round: toml.opt_choice("round", ROUNDS).unwrap_or(0),
    })
}

fn network(toml: &diag::Table<'_>) -> Act {
    let v4 = toml.opt_integer("v4", 0..=32).unwrap_or(24) as u8;
    Act::Network { v4, v6: toml.opt_integer("v6", 0..=128).unwrap_or(48) as u8 }
}

fn prefix(toml: &diag::Table<'_>) -> Act {
    Act::Prefix(toml.integer("chars", 1..=64) as usize)
}

fn strip(toml: &diag::Table<'_>) -> Act {
    Act::Strip(toml.texts("allow").into_iter().map(|name| name.value).collect())
}

/// What is done to a class, before it is known to which column.
pub(super) fn read_manner(line: &diag::Table<'_>, class: Privacy) -> Act {
    let written = line.opt_text("do");
    if written.as_deref().unwrap_or(usual(class)) != "token" {
        return read(line, class);
    }
    let encoding = line.opt_choice("encoding", Encoding::NAMED).unwrap_or(Encoding::Base32);
    let normal = Normal::of_kind(Kind::Text);
    Act::Token(Token { namespace: String::new(), normal, encoding, bits: USUAL_BITS })
}
