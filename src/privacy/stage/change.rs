//! A rule at work: a value goes in, what may leave comes out, and what was done is counted.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::acts::{agent, band, grid, network, strip};
use super::time;
use super::watch::Watch;
use crate::privacy::key::{Key, Realm, Role};
use crate::privacy::names;
use crate::privacy::policy::act::{Act, Shift};
use crate::privacy::policy::{Policy, Rule, detect};
use crate::privacy::token::{Keyed, Tokens, bears_mark};
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
    /// Values that stand for nothing, in lower case.
    sentinels: Arc<[String]>,
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
    /// Whether anybody will ask for those two.
    is_watched: bool,
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
            sentinels: policy.sentinels.iter().map(|one| one.to_lowercase()).collect(),
            common: None,
            digits: String::new(),
            done: Done::default(),
            watch: Watch::default(),
            canaries: Vec::new(),
            is_watched: true,
        }
    }

    /// The same rule where nobody asks which tokens were made.
    #[must_use]
    pub fn unwatched(self) -> Self {
        Self { is_watched: false, ..self }
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
        let value = tokens.write(text, out);
        if self.is_watched {
            if text.len() >= SHORTEST && self.canaries.len() < CANARIES {
                self.canaries.push(text.to_owned());
            }
            self.watch.see(value, out);
        }
        Ok(Made::Text)
    }
}

fn is_sentinel(sentinels: &[String], text: &str) -> bool {
    let text = text.trim();
    // The longest that is usual is a UUID of noughts; hardly any value is worth a look.
    if text.len() > 36 || (text.len() == 36 && !text.starts_with("00000000")) {
        return false;
    }
    if text.is_empty() || text.is_ascii() {
        return text.is_empty() || sentinels.iter().any(|one| one.eq_ignore_ascii_case(text));
    }
    sentinels.contains(&text.to_lowercase())
}

/// Shifts by subject.
#[derive(Debug, Clone)]
struct Shifts {
    shift: Shift,
    keyed: Keyed,
}

impl Shifts {
    fn new(shift: Shift, key: &Key, realm: &Realm) -> Self {
        Self { shift, keyed: Keyed::new(&key.derive(Role::DateShift, realm, "")) }
    }

    /// From one to so many days, to either side.
    fn days_of(&self, subject: Option<&str>) -> Option<i64> {
        let most = u64::from(self.shift.days);
        if most == 0 {
            return Some(0);
        }
        let name = if self.shift.per_subject { subject? } else { "" };
        let place = self.keyed.number(name.trim().as_bytes()) % (2 * most);
        let days = place as i64 - most as i64;
        Some(if days >= 0 { days + 1 } else { days })
    }
}
