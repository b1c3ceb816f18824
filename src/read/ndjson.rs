//! NDJSON read back: an object a line, members in whatever order, absent or null values alike.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use crate::frame::NULL;
use crate::read::column::{As, BadLine, Batch, Column, Data, Fault, Ill, Texts, Wanted, What};
use crate::read::hash::{NONE, Words};
use crate::read::ill;
use crate::read::json::{Scanner, Token, unescaped};
use crate::read::value::{self, Clock};
use crate::read::{Decode, FAULTS, Manner, ROWS};
use crate::schema::Type;

/// Bytes read at a time.
const BUFFER: usize = 256 << 10;
/// The longest line that is taken for one.
const LONGEST: usize = 64 << 20;

/// A file under way.
pub(super) struct Ndjson {
    lines: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    /// The lines read so far.
    number: u64,
    row: u64,
    manner: Manner,
    builders: Vec<Builder>,
    /// The names of the builders in their order, for members of objects within.
    nested: bool,
}

impl Ndjson {
    /// Opens a file; its ending tells how it is compressed.
    pub(super) fn open(path: &Path, wanted: &[Wanted], manner: Manner) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let is = |ending: &str| path.extension().is_some_and(|found| found == ending);
        let lines: Box<dyn BufRead + Send> = if is("gz") {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(BufReader::new(file))))
        } else if is("zst") {
            let plain =
                zstd::stream::read::Decoder::new(file).map_err(|error| error.to_string())?;
            Box::new(BufReader::with_capacity(BUFFER, plain))
        } else {
            Box::new(BufReader::with_capacity(BUFFER, file))
        };
        Ok(Self::over(lines, wanted, manner))
    }

    /// The same over lines from anywhere.
    pub(super) fn over(lines: Box<dyn BufRead + Send>, wanted: &[Wanted], manner: Manner) -> Self {
        let builders: Vec<Builder> = wanted.iter().map(Builder::new).collect();
        let nested = wanted.iter().any(|wanted| wanted.name.contains('.'));
        Self { lines, line: Vec::new(), number: 0, row: 0, manner, builders, nested }
    }

    /// Reads the next line that is not blank; whether there was one.
    fn line(&mut self, faults: &mut Faults) -> Result<bool, String> {
        loop {
            self.line.clear();
            let mut limited = std::io::Read::take(&mut self.lines, LONGEST as u64);
            let bytes = limited.read_until(b'\n', &mut self.line);
            let bytes = bytes.map_err(|error| format!("line {}: {error}", self.number + 1))?;
            if bytes == LONGEST {
                return Err(format!("line {} is longer than {LONGEST} bytes", self.number + 1));
            }
            if bytes == 0 {
                return Ok(false);
            }
            self.number += 1;
            faults.line = self.number;
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
            if self.manner.forgiving {
                faults.ill(0, Ill::Framing, false);
            }
        }
    }

    /// Lays a line's members into the columns; whether it could be read.
    fn row(&mut self, place: usize, faults: &mut Faults) -> Result<bool, String> {
        let Self { builders, line, manner, nested, .. } = self;
        let mut next = 0;
        faults.row = self.row;
        let begin = if manner.forgiving { ill::framing(line, faults) } else { 0 };
        let mut scan = || {
            if manner.forgiving && std::str::from_utf8(line).is_err() {
                return Err((0, Ill::Utf8));
            }
            let scanned = Scanner::new(&line[begin..]).members(|name, _, token| {
                match find(builders, &mut next, name) {
                    Some(builder) => builder.take(place, token, faults),
                    None if *nested => within(builders, name, place, token, faults),
                    None if manner.strict => {
                        faults.add(&String::from_utf8_lossy(name), What::Unknown);
                    }
                    None => {}
                }
            });
            scanned.map_err(|wrong| (wrong.0 as u64, ill::of(&line[begin..], wrong.0)))
        };
        match scan() {
            Ok(()) => match faults.broken.take() {
                None => return Ok(true),
                Some(what) => faults.ill(0, what, false),
            },
            Err((at, _)) if !manner.forgiving => {
                let number = self.number;
                return Err(format!("line {number} is no JSON object: column {}", at + 1));
            }
            Err((at, what)) => faults.ill(at, what, false),
        }
        faults.forget(self.row);
        self.builders.iter_mut().for_each(|builder| builder.undo(place));
        Ok(false)
    }
}

impl Decode for Ndjson {
    fn next(&mut self) -> Result<Option<Batch>, String> {
        let first = self.row;
        let mut faults = Faults { forgiving: self.manner.forgiving, ..Faults::default() };
        let mut rows = 0;
        while rows < ROWS && self.line(&mut faults)? {
            if !self.row(rows, &mut faults)? {
                continue;
            }
            rows += 1;
            self.row += 1;
            self.builders.iter_mut().for_each(|builder| builder.settle(rows));
        }
        if rows == 0 && faults.lines.is_empty() {
            return Ok(None);
        }
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        let Faults { first: faults, count: fault_count, lines, .. } = faults;
        Ok(Some(Batch { rows, first, columns, faults, fault_count, lines }))
    }
}

/// The builder of that name. Members mostly come in the order of the columns, so the search begins behind the last one found.
fn find<'b>(builders: &'b mut [Builder], next: &mut usize, name: &[u8]) -> Option<&'b mut Builder> {
    let count = builders.len();
    let of = |step: usize| (*next + step) % count;
    let place = (0..count).map(of).find(|place| builders[*place].name.as_bytes() == name)?;
    *next = place + 1;
    builders.get_mut(place)
}

/// Goes into an object for the columns whose names lead there.
fn within(builders: &mut [Builder], name: &[u8], place: usize, token: Token, faults: &mut Faults) {
    let Token::Object(text) = token else { return };
    // What is within an object that was scanned before is well formed, but for what only its own members could show.
    let _ = Scanner::new(text).members(|member, _, token| {
        let path = [name, b".", member].concat();
        match find(builders, &mut 0, &path) {
            Some(builder) => builder.take(place, token, faults),
            None => within(builders, &path, place, token, faults),
        }
    });
}

/// What is wrong with a batch.
#[derive(Default)]
pub(super) struct Faults {
    forgiving: bool,
    row: u64,
    line: u64,
    first: Vec<Fault>,
    count: u64,
    lines: Vec<BadLine>,
    /// What makes the whole line ill, found within one of its members.
    broken: Option<Ill>,
}

impl Faults {
    fn add(&mut self, column: &str, what: What) {
        self.count += 1;
        if self.first.len() < FAULTS {
            let (row, line) = (self.row, self.line);
            self.first.push(Fault { row, line, column: column.to_owned(), what });
        }
    }

    /// Notes that the line is ill; once for each way.
    pub(super) fn ill(&mut self, at: u64, ill: Ill, read: bool) {
        let number = self.line;
        if !self.lines.iter().rev().any(|known| known.number == number && known.ill == ill) {
            self.lines.push(BadLine { number, column: at + 1, ill, read });
        }
    }

    /// What was said of the members of a line that is no row.
    fn forget(&mut self, row: u64) {
        while self.first.last().is_some_and(|fault| fault.row == row && fault.line == self.line) {
            self.first.pop();
            self.count -= 1;
        }
    }

    /// Looks for what is ill in a member that was found to be odd.
    fn look(&mut self, found: Option<Ill>) {
        match found.filter(|_| self.forgiving) {
            Some(ill @ (Ill::Malformed | Ill::Truncated)) => self.broken = Some(ill),
            Some(ill) => self.ill(0, ill, true),
            None => {}
        }
    }
}

/// A column under construction.
struct Builder {
    name: String,
    form: As,
    data: Data,
    valid: Vec<bool>,
    words: Words,
    /// The words in which something is ill.
    ill: Vec<u32>,
    clock: Clock,
}

impl Builder {
    fn new(wanted: &Wanted) -> Self {
        Self {
            name: wanted.name.clone(),
            form: wanted.form,
            data: Column::absent(wanted.form, 0).data,
            valid: Vec::new(),
            words: Words::default(),
            ill: Vec::new(),
            clock: Clock::default(),
        }
    }

    /// Takes the value of the row at `place`.
    fn take(&mut self, place: usize, token: Token, faults: &mut Faults) {
        if token == Token::Null {
            return;
        }
        if self.valid.len() > place {
            faults.look(Some(Ill::Twice));
            faults.add(&self.name, What::Twice);
            return;
        }
        let found = match token {
            Token::Text(text, true) if faults.forgiving => ill::escaped(text),
            Token::Object(text) if faults.forgiving => self.nested(text),
            _ => None,
        };
        faults.look(found);
        if self.put(token).is_none() {
            faults.look(ill::number(token));
            faults.add(&self.name, What::Type);
            return;
        }
        match (&self.data, token) {
            // A double takes any number in, be it rounded or infinite.
            (Data::Doubles(_), token) => faults.look(ill::number(token)),
            // Decimals have no zero below zero.
            (Data::Longs(_), Token::Number([b'-', b'0', ..])) if faults.forgiving => {
                if matches!(&self.data, Data::Longs(longs) if longs.last() == Some(&0)) {
                    faults.add(&self.name, What::Type);
                }
            }
            _ => {}
        }
        self.valid.push(true);
        if let (Some(_), Data::Texts(texts)) = (found, &self.data) {
            self.ill.extend(texts.keys.last());
        }
    }

    /// Takes back what a line brought that is no row.
    fn undo(&mut self, place: usize) {
        if self.valid.len() > place {
            self.valid.pop();
            match &mut self.data {
                Data::Ids(ids) => drop(ids.pop()),
                Data::Longs(longs) => drop(longs.pop()),
                Data::Ints(ints) => drop(ints.pop()),
                Data::Doubles(doubles) => drop(doubles.pop()),
                Data::Flags(flags) => drop(flags.pop()),
                Data::Texts(texts) => drop(texts.keys.pop()),
            }
        }
    }

    /// What is ill within an object; those of the same text are looked at once a batch.
    fn nested(&self, text: &[u8]) -> Option<Ill> {
        let known = self.words.get(std::str::from_utf8(text).ok()?);
        if known != NONE && !self.ill.contains(&known) {
            return None;
        }
        ill::nested(text)
    }

    /// Adds a value, if it is one of the column's type.
    fn put(&mut self, token: Token) -> Option<()> {
        match &mut self.data {
            Data::Ids(ids) => ids.push(match (self.form, token) {
                (As::Key, Token::Text(text, _) | Token::Number(text)) => value::key(text),
                (_, Token::Text(text, false)) => value::uuid(text)?,
                _ => return None,
            }),
            Data::Longs(longs) => longs.push(match (self.form, token) {
                (As::Moment, Token::Number(text)) => value::epoch(number(text)?)?,
                (As::Moment | As::Typed(Type::Timestamp), Token::Text(text, false)) => {
                    self.clock.moment(text)?
                }
                (As::Typed(Type::Money), Token::Number(text)) => value::money(text)?,
                (As::Typed(Type::Int64), Token::Number(text)) => number(text)?,
                _ => return None,
            }),
            Data::Ints(ints) => ints.push(match (self.form, token) {
                (As::Typed(Type::Date), Token::Text(text, false)) => value::date(text)?,
                (As::Typed(Type::Int32), Token::Number(text)) => number(text)?,
                _ => return None,
            }),
            Data::Doubles(doubles) => match token {
                Token::Number(text) => doubles.push(number(text)?),
                _ => return None,
            },
            Data::Flags(flags) => match token {
                Token::Flag(flag) => flags.push(flag),
                _ => return None,
            },
            Data::Texts(texts) => {
                let key = match (self.form, token) {
                    (As::Typed(Type::Json), Token::Object(text)) => utf8(&mut self.words, text)?,
                    (As::Typed(Type::Json), _) => return None,
                    (_, Token::Text(text, false)) => utf8(&mut self.words, text)?,
                    (_, Token::Text(text, true)) => self.words.add(&unescaped(text)?),
                    (As::Text, Token::Number(text) | Token::Object(text) | Token::Array(text)) => {
                        utf8(&mut self.words, text)?
                    }
                    (As::Text, Token::Flag(flag)) => {
                        self.words.add(if flag { "true" } else { "false" })
                    }
                    _ => return None,
                };
                texts.keys.push(key);
            }
        }
        Some(())
    }

    /// Makes the column as long as the rows so far.
    fn settle(&mut self, rows: usize) {
        if self.valid.len() < rows {
            self.valid.push(false);
            match &mut self.data {
                Data::Ids(ids) => ids.push(0),
                Data::Longs(longs) => longs.push(0),
                Data::Ints(ints) => ints.push(0),
                Data::Doubles(doubles) => doubles.push(0.0),
                Data::Flags(flags) => flags.push(false),
                Data::Texts(texts) => texts.keys.push(NULL),
            }
        }
    }

    /// The column, and the builder empty again.
    fn finish(&mut self) -> Column {
        let empty = Column::absent(self.form, 0).data;
        let mut data = std::mem::replace(&mut self.data, empty);
        if let Data::Texts(Texts { strings, .. }) = &mut data {
            *strings = Arc::new(std::mem::take(&mut self.words).into_strings());
            self.ill.clear();
        }
        Column::new(data, Some(std::mem::take(&mut self.valid)))
    }
}

fn utf8(words: &mut Words, text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok().map(|text| words.add(text))
}

fn number<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
