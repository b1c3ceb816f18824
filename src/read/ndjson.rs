//! NDJSON read back: an object a line, members in whatever order, absent or null values alike.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::read::build::{Builder, Faults};
use crate::read::column::{Batch, Ill, Wanted, What};
use crate::read::ill;
use crate::read::json::{Scanner, Token};
use crate::read::{Decode, Manner, ROWS};

/// Bytes read at a time.
const BUFFER: usize = 256 << 10;
/// The longest line that is taken for one.
const LONGEST: usize = 64 << 20;

/// The bytes of a file without its compression, which its ending tells.
pub(crate) fn unpacked(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    let file = BufReader::with_capacity(BUFFER, File::open(path)?);
    let ending = path.extension().and_then(OsStr::to_str);
    Ok(match ending {
        Some("gz") => Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file))),
        Some("zst") => {
            let plain = zstd::stream::read::Decoder::with_buffer(file)?;
            Box::new(BufReader::with_capacity(BUFFER, plain))
        }
        _ => Box::new(file),
    })
}

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
        let lines = unpacked(path).map_err(|error| error.to_string())?;
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
