//! Frames over frames: some cells changed, or only some rows.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::anomaly::value::Value;
use crate::frame::{Cell, Column, Dictionary, Frame, NULL, Strings};
use crate::schema::Table;

/// The first rows of a frame with other values in some cells. Columns and runs without such cells pass straight through.
pub struct Edited<'f> {
    base: &'f dyn Frame,
    shown: usize,
    /// By field: the cells changed, in order of rows.
    cells: Vec<Vec<(usize, Cell)>>,
    /// By field: its dictionary, where changed cells brought new words.
    words: BTreeMap<usize, Words>,
    /// The groups, where rows are no longer like the others of theirs.
    parted: Option<Parted>,
}

/// Groups with rows that left theirs because they have another value of what it shares: each is a group by itself.
struct Parted {
    /// By row; none: nothing is shared any more.
    groups: Option<Vec<u32>>,
    /// By field, of those that groups share: by group, its key.
    shared: Vec<Option<Vec<u32>>>,
}

/// One row in how many may leave its group. Each takes room in every column that groups share; where more do, there is little left to be
/// saved by what is shared.
const FEW: usize = 16;

/// What a dictionary grew by.
enum Words {
    Texts(Strings),
    Ids(Vec<u128>),
}

impl<'f> Edited<'f> {
    /// Those rows with those values, each with its row and field; of several for a cell the last counts.
    pub fn new(base: &'f dyn Frame, shown: usize, values: &[(u32, usize, Value)]) -> Self {
        let fields = base.table().fields.len();
        let mut by_field: Vec<BTreeMap<usize, &Value>> = vec![BTreeMap::new(); fields];
        for (row, field, value) in values {
            by_field[*field].insert(*row as usize, value);
        }
        let cells = vec![Vec::new(); fields];
        let mut made = Self { base, shown, cells, words: BTreeMap::new(), parted: None };
        for (field, values) in by_field.into_iter().enumerate() {
            if !values.is_empty() {
                made.cells[field] = made.key(field, values);
            }
        }
        made.parted = made.part();
        made
    }

    /// Parts rows from their groups where they have another value of what a group shares.
    fn part(&self) -> Option<Parted> {
        let base = self.base.groups()?;
        let fields = 0..self.cells.len();
        let shared: Vec<Option<&[u32]>> = fields.map(|field| self.base.shared(field)).collect();
        let changed = shared.iter().zip(&self.cells).filter(|(shared, _)| shared.is_some());
        let mut rows: Vec<usize> =
            changed.flat_map(|(_, cells)| cells.iter().map(|(row, _)| *row)).collect();
        rows.sort_unstable();
        rows.dedup();
        let known = shared.iter().flatten().map(|keys| keys.len()).next()?;
        if rows.is_empty() {
            return None;
        }
        if rows.len() > self.shown / FEW {
            return Some(Parted { groups: None, shared: vec![None; self.cells.len()] });
        }
        let mut groups = base[..self.shown].to_vec();
        for (own, row) in (known as u32..).zip(&rows) {
            groups[*row] = own;
        }
        let with_own = |(keys, cells): (Option<&[u32]>, &Vec<(usize, Cell)>)| {
            let keys = keys?;
            let mut all = Vec::with_capacity(keys.len() + rows.len());
            all.extend_from_slice(keys);
            all.extend(rows.iter().map(|row| keys[base[*row] as usize]));
            for (row, cell) in cells {
                let own = keys.len() + rows.binary_search(row).ok()?;
                all[own] = match cell {
                    Cell::Key(key) => *key,
                    Cell::Null => NULL,
                    // What is no key cannot be shared as one.
                    _ => return None,
                };
            }
            Some(all)
        };
        let shared = shared.into_iter().zip(&self.cells).map(with_own).collect();
        Some(Parted { groups: Some(groups), shared })
    }

    /// Makes values cells of a field, adding to its dictionary what is not in it.
    fn key(&mut self, field: usize, values: BTreeMap<usize, &Value>) -> Vec<(usize, Cell)> {
        let dictionary = self.base.dictionary(field);
        let mut growing = dictionary.map(|known| Growing::new(known, values.values()));
        let cells = values.into_iter().map(|(row, value)| {
            let cell = match (value, &mut growing) {
                (Value::Null, _) => Cell::Null,
                (Value::Id(id), Some(growing)) => growing.id(*id).map_or(Cell::Null, Cell::Key),
                (Value::Text(text), Some(growing)) => {
                    growing.text(text).map_or(Cell::Null, Cell::Key)
                }
                (Value::Id(id), None) => Cell::Id(*id),
                (Value::Text(text), None) => Cell::Text(text.clone()),
                (Value::Long(long), _) => Cell::Long(*long),
                (Value::Int(int), _) => Cell::Int(*int),
                (Value::Double(double), _) => Cell::Double(*double),
                (Value::Flag(flag), _) => Cell::Flag(*flag),
            };
            (row, cell)
        });
        let cells = cells.collect();
        if let Some(words) = growing.and_then(Growing::words) {
            self.words.insert(field, words);
        }
        cells
    }
}

/// A dictionary that takes new words.
struct Growing<'d> {
    known: Dictionary<'d>,
    texts: HashMap<String, u32>,
    ids: HashMap<u128, u32>,
    new_texts: Vec<String>,
    new_ids: Vec<u128>,
}

impl<'d> Growing<'d> {
    /// A dictionary that those values are to be found in.
    fn new<'v>(known: Dictionary<'d>, values: impl Iterator<Item = &'v &'v Value>) -> Self {
        let (mut texts, mut ids) = (HashMap::new(), HashMap::new());
        let mut sieve = Sieve::default();
        for value in values {
            match value {
                Value::Text(text) => {
                    sieve.add(Sieve::of_text(text));
                    texts.insert(text.clone(), NULL);
                }
                Value::Id(id) => {
                    sieve.add(*id as u32);
                    ids.insert(*id, NULL);
                }
                _ => {}
            }
        }
        let first = |at: &mut u32, key: u32| *at = key.min(*at);
        match known {
            Dictionary::Texts { base, own } if !texts.is_empty() => {
                for ((length, last), key) in base.tails().chain(own.tails()).zip(0..) {
                    if sieve.may_have(Sieve::of_tail(length, last))
                        && let Some(at) = texts.get_mut(known.text(key))
                    {
                        first(at, key);
                    }
                }
            }
            Dictionary::Ids(all) if !ids.is_empty() => {
                for (id, key) in all.iter().zip(0..) {
                    if sieve.may_have(*id as u32)
                        && let Some(at) = ids.get_mut(id)
                    {
                        first(at, key);
                    }
                }
            }
            _ => {}
        }
        Self { known, texts, ids, new_texts: Vec::new(), new_ids: Vec::new() }
    }

    /// The key of a text; none where the dictionary is one of ids.
    fn text(&mut self, text: &str) -> Option<u32> {
        let key = self.texts.get_mut(text)?;
        if *key == NULL {
            let Dictionary::Texts { .. } = self.known else { return None };
            *key = (self.known.len() + self.new_texts.len()) as u32;
            self.new_texts.push(text.to_owned());
        }
        Some(*key)
    }

    /// The key of an id; none where the dictionary is one of texts.
    fn id(&mut self, id: u128) -> Option<u32> {
        let key = self.ids.get_mut(&id)?;
        if *key == NULL {
            let Dictionary::Ids(_) = self.known else { return None };
            *key = (self.known.len() + self.new_ids.len()) as u32;
            self.new_ids.push(id);
        }
        Some(*key)
    }

    /// The dictionary's own part as it is now, if something is new.
    fn words(self) -> Option<Words> {
        match self.known {
            Dictionary::Texts { own, .. } if !self.new_texts.is_empty() => {
                Some(Words::Texts(own.and(&self.new_texts)))
            }
            Dictionary::Ids(known) if !self.new_ids.is_empty() => {
                Some(Words::Ids(known.iter().copied().chain(self.new_ids).collect()))
            }
            _ => None,
        }
    }
}

/// Tells most of what is not wanted from what may be: a dictionary has a hundred thousand words, of which a few are sought.
struct Sieve([u64; 64]);

impl Sieve {
    fn of_text(text: &str) -> u32 {
        Self::of_tail(text.len(), text.as_bytes().last().copied().unwrap_or_default())
    }

    /// The mark of a text of that length whose last byte is that.
    fn of_tail(length: usize, last: u8) -> u32 {
        (length as u32).wrapping_mul(73).wrapping_add(u32::from(last))
    }

    fn add(&mut self, mark: u32) {
        self.0[(mark / 64 % 64) as usize] |= 1 << (mark % 64);
    }

    fn may_have(&self, mark: u32) -> bool {
        self.0[(mark / 64 % 64) as usize] >> (mark % 64) & 1 == 1
    }
}

impl Default for Sieve {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Frame for Edited<'_> {
    fn table(&self) -> &Table {
        self.base.table()
    }

    fn rows(&self) -> usize {
        self.shown
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        let known = self.base.dictionary(field)?;
        Some(match (known, self.words.get(&field)) {
            (Dictionary::Texts { base, .. }, Some(Words::Texts(own))) => {
                Dictionary::Texts { base, own }
            }
            (_, Some(Words::Ids(ids))) => Dictionary::Ids(ids),
            (known, _) => known,
        })
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        self.base.fill(field, rows.clone(), out);
        let cells = &self.cells[field];
        let first = cells.partition_point(|(row, _)| *row < rows.start);
        let end = cells.partition_point(|(row, _)| *row < rows.end);
        if first < end {
            let here: Vec<(usize, Cell)> = cells[first..end]
                .iter()
                .map(|(row, cell)| (row - rows.start, cell.clone()))
                .collect();
            out.patch(&here);
        }
    }

    fn groups(&self) -> Option<&[u32]> {
        match &self.parted {
            Some(parted) => parted.groups.as_deref(),
            None => self.base.groups().map(|groups| &groups[..self.shown]),
        }
    }

    fn is_lasting(&self, field: usize) -> bool {
        self.base.is_lasting(field)
    }

    fn shared(&self, field: usize) -> Option<&[u32]> {
        match &self.parted {
            Some(parted) => parted.shared[field].as_deref(),
            None => self.base.shared(field),
        }
    }
}

/// Some rows of a frame, in whatever order.
pub struct Picked<'f> {
    frame: &'f dyn Frame,
    rows: &'f [u32],
}

impl<'f> Picked<'f> {
    /// Those rows.
    pub fn new(frame: &'f dyn Frame, rows: &'f [u32]) -> Self {
        Self { frame, rows }
    }
}

impl Frame for Picked<'_> {
    fn table(&self) -> &Table {
        self.frame.table()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        self.frame.dictionary(field)
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let mut one = Column::default();
        let mut cell = |row: u32| {
            self.frame.fill(field, row as usize..row as usize + 1, &mut one);
            one.cell(0)
        };
        let cells: Vec<Cell> = self.rows[rows].iter().map(|row| cell(*row)).collect();
        // The column takes on the variant that the frame gives it.
        self.frame.fill(field, 0..0, out);
        out.set_cells(cells.into_iter());
    }
}
