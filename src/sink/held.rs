//! A frame that lies in memory, column by column: what tests and benches write.

use std::ops::Range;

use crate::frame::{Column, Dictionary, Frame, Strings, Values};
use crate::schema::{Bounds, Field, Privacy, Table, Type};

/// The keys' meaning of a held column.
#[derive(Debug, Clone, Default)]
pub enum HeldKeys {
    /// Its values are no keys.
    #[default]
    None,
    /// Strings in two parts, as in [`Dictionary::Texts`].
    Texts(Strings, Strings),
    /// UUIDs.
    Ids(Vec<u128>),
}

/// A column in memory.
#[derive(Debug, Clone)]
pub struct HeldColumn {
    /// Its field.
    pub field: Field,
    /// What its keys mean.
    pub keys: HeldKeys,
    /// The values of the valid rows.
    values: Values,
    /// For each row, and one past the last, how many valid rows stand before it.
    ranks: Vec<u32>,
}

impl HeldColumn {
    /// A column of that name and type: whether each row is valid, and the values of those that are.
    ///
    /// # Panics
    /// If a UUID, number or flag is not given for every valid row.
    pub fn new(name: &str, ty: Type, valid: &[bool], values: Values, keys: HeldKeys) -> Self {
        let mut ranks = vec![0];
        ranks.extend(valid.iter().scan(0, |rank, valid| {
            *rank += u32::from(*valid);
            Some(*rank)
        }));
        let held = match &values {
            Values::Keys(keys) => keys.len(),
            Values::Ids(ids) => ids.len(),
            Values::Longs(longs) => longs.len(),
            Values::Ints(ints) => ints.len(),
            Values::Doubles(doubles) => doubles.len(),
            Values::Flags(flags) => flags.len(),
            Values::Texts { ends, .. } => ends.len(),
        };
        assert_eq!(held, ranks[valid.len()] as usize, "a value a valid row");
        let field = Field {
            name: name.to_owned(),
            ty,
            unit: None,
            doc: String::new(),
            nullable: valid.contains(&false),
            reference: None,
            privacy: Privacy::Public,
            values: Vec::new(),
            bounds: Bounds::default(),
            from: String::new(),
        };
        Self { field, keys, values, ranks }
    }
}

/// A frame in memory.
#[derive(Debug, Clone)]
pub struct Held {
    table: Table,
    rows: usize,
    columns: Vec<HeldColumn>,
}

impl Held {
    /// A frame of those columns, which must be of one length.
    ///
    /// # Panics
    /// If they are not.
    pub fn new(name: &str, sorted_by: &[&str], columns: Vec<HeldColumn>) -> Self {
        let rows = columns.first().map_or(0, |column| column.ranks.len() - 1);
        assert!(
            columns.iter().all(|column| column.ranks.len() == rows + 1),
            "columns of one length"
        );
        let table = Table {
            name: name.to_owned(),
            doc: String::new(),
            row: String::new(),
            key: Vec::new(),
            unique: Vec::new(),
            sorted_by: sorted_by.iter().map(|&name| name.to_owned()).collect(),
            fields: columns.iter().map(|column| column.field.clone()).collect(),
        };
        Self { table, rows, columns }
    }

    /// A frame of one column and no row.
    pub fn empty() -> Self {
        let column =
            HeldColumn::new("n", Type::Int64, &[], Values::Longs(Vec::new()), HeldKeys::None);
        Self::new("empty", &["n"], vec![column])
    }
}

impl Frame for Held {
    fn table(&self) -> &Table {
        &self.table
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        match &self.columns[field].keys {
            HeldKeys::None => None,
            HeldKeys::Texts(base, own) => Some(Dictionary::Texts { base, own }),
            HeldKeys::Ids(ids) => Some(Dictionary::Ids(ids)),
        }
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        let HeldColumn { values, ranks, .. } = &self.columns[field];
        let held = ranks[rows.start] as usize..ranks[rows.end] as usize;
        let valid = held.len();
        match values {
            Values::Keys(keys) => out.keys().extend_from_slice(&keys[held]),
            Values::Ids(ids) => out.ids().extend_from_slice(&ids[held]),
            Values::Longs(longs) => out.longs().extend_from_slice(&longs[held]),
            Values::Ints(ints) => out.ints().extend_from_slice(&ints[held]),
            Values::Doubles(doubles) => out.doubles().extend_from_slice(&doubles[held]),
            Values::Flags(flags) => out.flags().extend_from_slice(&flags[held]),
            Values::Texts { ends, bytes } => {
                let start = held.start.checked_sub(1).map_or(0, |last| ends[last]);
                let (out_ends, out_bytes) = out.texts();
                out_ends.extend(ends[held].iter().map(|end| end - start));
                let end = out_ends.last().copied().unwrap_or(0);
                out_bytes.extend_from_slice(&bytes[start as usize..(start + end) as usize]);
            }
        }
        if valid == rows.len() {
            out.finish(valid);
        } else {
            let ranks = &ranks[rows.start..=rows.end];
            let valid_rows = ranks.windows(2).enumerate().filter(|(_, pair)| pair[0] < pair[1]);
            out.finish_at(rows.len(), valid_rows.map(|(row, _)| row));
        }
    }
}
