//! A rule at work: a value goes in, what may leave comes out, and what was done is counted.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use hmac::Hmac;
use sha2::Sha256;

use super::time;
use crate::privacy::key::{Key, Realm, Role};
use crate::privacy::names;
use crate::privacy::policy::act::{Act, Shift};
use crate::privacy::policy::{Policy, Rule, detect};
use crate::privacy::token::{self, Tokens, bears_mark};
use crate::read::hash;
use crate::schema::Privacy;

/// What stands for a value that too few people share.
pub const OTHER: &str = "OTHER";

/// A value on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given<'v> {
    /// A string.
    Text(&'v str),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// True or false.
    Flag(bool),
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Made {
    /// It is as it was.
    Same,
    /// It is the text in the buffer.
    Text,
    /// It is a whole number.
    Int(i64),
    /// It is a number.
    Float(f64),
    /// There is nothing left of it.
    Nothing,
}

/// What was done to a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Values looked at: of a dictionary, each once.
    pub values: u64,
    /// Values that passed as "nothing".
    pub sentinels: u64,
    /// Values that are left out since too few share them, or since they are not what they should be.
    pub suppressed: u64,
    /// Pieces taken out of texts.
    pub redacted: u64,
}

/// A value is a token already, or cannot become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

/// A column's rule at work.
#[derive(Debug, Clone)]
pub struct Change {
    /// The column's path.
    pub path: String,
    /// What it can tell about a person.
    pub class: Privacy,
    /// What is done.
    pub act: Act,
    /// Whether values that too few share are suppressed.
    pub rare: bool,
    /// Whether it is what must not be learned of a person.
    pub sensitive: bool,
    tokens: Option<Tokens>,
    shifts: Option<Shifts>,
    sentinels: Arc<BTreeSet<String>>,
    /// The values that enough people share; as long as nobody has counted them, none may show.
    pub common: Option<Arc<BTreeSet<String>>>,
    /// A number as it is looked up there.
    digits: String,
    /// What was done.
    pub done: Done,
    /// The tokens that were made.
    pub watch: Watch,
    /// Some of the values that tokens stand for, by which the scan for leaks knows them again.
    pub canaries: Vec<String>,
}

/// Values of a column that are looked for in what is written.
const CANARIES: usize = 128;

/// Shorter values are found everywhere by chance.
pub const SHORTEST: usize = 8;

impl Change {
    /// A rule with its key.
    pub fn new(rule: &Rule, policy: &Policy, key: &Key, realm: &Realm) -> Self {
        let tokens = match &rule.act {
            Act::Token(of) => {
                Some(Tokens::new(key, realm, &of.namespace, of.normal, of.encoding, of.bits))
            }
            _ => None,
        };
        let shifts = match rule.act {
            Act::Shift(shift) => Some(Shifts::new(shift, key, realm)),
            _ => None,
        };
        Self {
            path: rule.path.clone(),
            class: rule.class,
            rare: rule.rare,
            sensitive: rule.sensitive,
            act: rule.act.clone(),
            tokens,
            shifts,
            sentinels: Arc::new(policy.sentinels.iter().map(|one| one.to_lowercase()).collect()),
            common: None,
            digits: String::new(),
            done: Done::default(),
            watch: Watch::default(),
            canaries: Vec::new(),
        }
    }

    /// Whether what it does to a value depends on whose the row is.
    pub fn is_per_subject(&self) -> bool {
        matches!(self.act, Act::Shift(shift) if shift.per_subject && shift.days > 0)
    }

    /// Its tokens, where it makes some.
    pub fn tokens(&self) -> Option<&Tokens> {
        self.tokens.as_ref()
    }

    /// By how many days times of a subject move, or those of the data set.
    pub fn days_of(&self, subject: Option<&str>) -> Option<i64> {
        self.shifts.as_ref().and_then(|shifts| shifts.days_of(subject))
    }

    /// What becomes of a value. `days` is the shift of the row's subject; none where it has no subject.
    ///
    /// # Errors
    /// It is a token already, or a fraction, of which no token is made.
    pub fn make(
        &mut self,
        given: Given<'_>,
        days: Option<i64>,
        out: &mut String,
    ) -> Result<Made, Refused> {
        self.done.values += 1;
        let made = self.coarsened(given, days, out)?;
        let rare = self.rare && self.is_rare(given, made, out);
        let made = if rare { self.suppressed(given, made, out) } else { made };
        self.done.suppressed += u64::from(rare || made == Made::Nothing && self.act != Act::Drop);
        Ok(made)
    }

    /// What becomes of a value before it is asked who shares it.
    ///
    /// # Errors
    /// Those of [`make`](Self::make).
    pub fn coarsened(
        &mut self,
        given: Given<'_>,
        days: Option<i64>,
        out: &mut String,
    ) -> Result<Made, Refused> {
        out.clear();
        self.act(given, days, out)
    }

    /// What a value that was made is counted by; none for what says nothing. `text` is what is in the buffer.
    pub fn word<'w>(
        given: Given<'w>,
        made: Made,
        text: &'w str,
        digits: &'w mut String,
    ) -> Option<&'w str> {
        digits.clear();
        let _ = match (made, given) {
            (Made::Nothing, _) => return None,
            (Made::Text, _) => return Some(text).filter(|text| !text.is_empty()),
            (Made::Same, Given::Text(same)) => return Some(same).filter(|same| !same.is_empty()),
            (Made::Int(number), _) | (Made::Same, Given::Int(number)) => write!(digits, "{number}"),
            (Made::Float(number), _) | (Made::Same, Given::Float(number)) => {
                write!(digits, "{number}")
            }
            (Made::Same, Given::Flag(flag)) => write!(digits, "{flag}"),
        };
        Some(digits)
    }

    fn is_rare(&mut self, given: Given<'_>, made: Made, text: &str) -> bool {
        let Some(word) = Self::word(given, made, text, &mut self.digits) else { return false };
        self.common.as_ref().is_none_or(|common| !common.contains(word))
    }

    /// What stands for a value that too few share: a word among texts, nothing among numbers.
    fn suppressed(&self, given: Given<'_>, made: Made, out: &mut String) -> Made {
        let is_text = made == Made::Text || matches!(given, Given::Text(_));
        if !is_text || matches!(self.act, Act::Network { .. }) {
            return Made::Nothing;
        }
        out.clear();
        out.push_str(OTHER);
        Made::Text
    }

    fn act(
        &mut self,
        given: Given<'_>,
        days: Option<i64>,
        out: &mut String,
    ) -> Result<Made, Refused> {
        // An empty text says nothing, whatever is done to it.
        if given == Given::Text("") {
            return Ok(if self.act == Act::Drop { Made::Nothing } else { Made::Same });
        }
        Ok(match (&self.act, given) {
            (Act::Keep | Act::Rare | Act::Inside, _) => Made::Same,
            (Act::Token(_), given) => return self.token(given, out),
            (Act::Shift(shift), given) => time::shifted(*shift, given, days, out),
            (Act::Network { v4, v6 }, Given::Text(text)) => network(text, *v4, *v6, out),
            (Act::Prefix(chars), Given::Text(text)) => {
                out.extend(text.trim().chars().take(*chars));
                Made::Text
            }
            (Act::Agent, Given::Text(text)) => {
                agent(text, out);
                Made::Text
            }
            (Act::Band(width), given) => band(given, *width, out),
            (Act::Grid(step), Given::Int(number)) => {
                grid(number as f64, *step).map_or(Made::Nothing, Made::Float)
            }
            (Act::Grid(step), Given::Float(number)) => {
                grid(number, *step).map_or(Made::Nothing, Made::Float)
            }
            (Act::Grid(step), Given::Text(text)) => {
                match text.trim().parse().ok().and_then(|number| grid(number, *step)) {
                    Some(number) => {
                        let _ = write!(out, "{number}");
                        Made::Text
                    }
                    None => Made::Nothing,
                }
            }
            (Act::Strip(allow), Given::Text(text)) => {
                strip(text, allow, out);
                Made::Text
            }
            (Act::Redact, Given::Text(text)) => {
                self.done.redacted += u64::from(detect::redact(text, out));
                Made::Text
            }
            // What the act knows nothing about must not pass.
            _ => Made::Nothing,
        })
    }

    fn token(&mut self, given: Given<'_>, out: &mut String) -> Result<Made, Refused> {
        let Some(tokens) = &self.tokens else { return Ok(Made::Nothing) };
        let number;
        let text = match given {
            Given::Text(text) => text,
            Given::Int(int) => {
                number = int.to_string();
                &number
            }
            Given::Float(_) | Given::Flag(_) => {
                let what = "holds fractions or flags, of which no token is made";
                return Err(Refused(format!("`{}` {what}", names::shown(&self.path))));
            }
        };
        if bears_mark(text) {
            return Err(Refused(format!("`{}` holds tokens already", names::shown(&self.path))));
        }
        if is_sentinel(&self.sentinels, text) {
            self.done.sentinels += 1;
            return Ok(Made::Same);
        }
        if text.len() >= SHORTEST && self.canaries.len() < CANARIES {
            self.canaries.push(text.to_owned());
        }
        let value = tokens.write(text, out);
        self.watch.see(value, out);
        Ok(Made::Text)
    }
}

fn is_sentinel(sentinels: &BTreeSet<String>, text: &str) -> bool {
    let text = text.trim();
    // The longest that is usual is a UUID of noughts; hardly any value is worth a look.
    if text.len() > 36 || (text.len() == 36 && !text.starts_with("00000000")) {
        return false;
    }
    text.is_empty() || sentinels.contains(&text.to_lowercase())
}

/// Shifts by subject.
#[derive(Debug, Clone)]
struct Shifts {
    shift: Shift,
    keyed: Hmac<Sha256>,
}

impl Shifts {
    fn new(shift: Shift, key: &Key, realm: &Realm) -> Self {
        Self { shift, keyed: token::keyed(&key.derive(Role::DateShift, realm, "")) }
    }

    /// From one to so many days, to either side.
    fn days_of(&self, subject: Option<&str>) -> Option<i64> {
        let most = u64::from(self.shift.days);
        if most == 0 {
            return Some(0);
        }
        let name = if self.shift.per_subject { subject? } else { "" };
        let place = token::number(&self.keyed, name.trim().as_bytes()) % (2 * most);
        let days = place as i64 - most as i64;
        Some(if days >= 0 { days + 1 } else { days })
    }
}

fn network(text: &str, v4: u8, v6: u8, out: &mut String) -> Made {
    let masked = match text.trim().parse() {
        Ok(IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(v4)).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        Ok(IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(v6)).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
        Err(_) => return Made::Nothing,
    };
    out.push_str(&masked.to_string());
    Made::Text
}

/// Families of browsers by the mark that tells them, the more special before those that they imitate.
const FAMILIES: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// Systems by the mark that tells them.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Family, major version and system of a user agent.
fn agent(text: &str, out: &mut String) {
    let family = FAMILIES.iter().find_map(|(mark, family)| {
        let at = text.find(mark)?;
        let version = text[at + mark.len()..].split(|c: char| !c.is_ascii_digit()).next();
        Some((*family, version.unwrap_or_default()))
    });
    let system = SYSTEMS.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name);
    let (family, version) = family.unwrap_or((OTHER, ""));
    out.push_str(family);
    if !version.is_empty() {
        out.push(' ');
        out.push_str(version);
    }
    out.push_str(", ");
    out.push_str(system.unwrap_or(OTHER));
}

fn band(given: Given<'_>, width: i64, out: &mut String) -> Made {
    let number = match given {
        Given::Int(number) => Some(number),
        Given::Float(number) if number.is_finite() => Some(number.floor() as i64),
        Given::Text(text) => time::year(text).or_else(|| text.trim().parse().ok()),
        Given::Float(_) | Given::Flag(_) => None,
    };
    let Some(number) = number else { return Made::Nothing };
    let low = number.div_euclid(width).saturating_mul(width);
    let _ = write!(out, "{low}-{}", low.saturating_add(width - 1));
    Made::Text
}

/// A number rounded down; none of what is no number, or is too large for it.
fn grid(number: f64, step: f64) -> Option<f64> {
    let rounded = (number / step).floor() * step;
    // A multiple of a hundredth is shown with its digits, and not with those of its error.
    let rounded = (rounded * 1e9).round() / 1e9;
    rounded.is_finite().then_some(rounded)
}

/// An address on the web without credentials, query and fragment, but for parameters that are allowed.
fn strip(text: &str, allow: &[String], out: &mut String) {
    let text = text.split('#').next().unwrap_or_default();
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    match address.split_once("//") {
        Some((scheme, rest)) => {
            let host_end = rest.find('/').unwrap_or(rest.len());
            let (host, path) = rest.split_at(host_end);
            let host = host.rsplit('@').next().unwrap_or(host);
            out.extend([scheme, "//", host, path]);
        }
        None => out.push_str(address),
    }
    let allowed = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        allow.iter().any(|known| known == name)
    };
    for (place, pair) in query.split('&').filter(allowed).enumerate() {
        out.push(if place == 0 { '?' } else { '&' });
        out.push_str(pair);
    }
}

/// Tokens that are watched at most; beyond them the counts are of those.
const WATCHED: usize = 1 << 20;

/// The tokens of a column: how many there are, whether two values share one, and how much of the column the commonest has.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// By hash of a token: what tells its value from others, and how often it was made.
    seen: HashMap<u64, (u64, u64), BuildHasherDefault<Plain>>,
    /// The last token.
    last: u64,
    /// Tokens made, each as often as it stands in a row.
    pub made: u64,
    /// Values that have a token of another value.
    pub collisions: u64,
}

impl Watch {
    /// Sees a token, and what tells its value from others.
    fn see(&mut self, value: u64, token: &str) {
        self.made += 1;
        let full = self.seen.len() >= WATCHED;
        let token = hash::of_bytes(token.as_bytes());
        self.last = token;
        match self.seen.get_mut(&token) {
            Some((known, count)) => {
                *count += 1;
                self.collisions += u64::from(*known != value);
            }
            None if !full => {
                self.seen.insert(token, (value, 1));
            }
            None => {}
        }
    }

    /// Says that the last token stands in so many rows, and not in one.
    pub fn repeat(&mut self, rows: u64) {
        self.made = (self.made + rows).saturating_sub(1);
        if let Some((_, count)) = self.seen.get_mut(&self.last) {
            *count = (*count + rows).saturating_sub(1);
        }
    }

    /// Different tokens, as far as they were watched.
    pub fn different(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Whether all were watched.
    pub fn is_whole(&self) -> bool {
        self.seen.len() < WATCHED
    }

    /// The share of the commonest token.
    pub fn commonest(&self) -> f64 {
        let most = self.seen.values().map(|(_, count)| *count).max().unwrap_or(0);
        most as f64 / self.made.max(1) as f64
    }
}

/// Takes what is a hash already as it is.
#[derive(Debug, Clone, Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash::of_bytes(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
