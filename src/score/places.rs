//! Where things are in a data set, as findings name places: keys, lines, bytes, files, windows.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::manifest::Manifest;
use crate::read::hash::{self, Ids, NONE};

/// What a finding points at, as a number: equal places are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target(pub(super) u128);

impl Target {
    fn of(tag: u8, first: u64, rest: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(rest.len() + 9);
        bytes.push(tag);
        bytes.extend(first.to_le_bytes());
        bytes.extend(rest);
        Self(hash::wide(&bytes))
    }

    /// A row by its key.
    pub(super) fn key(table: u32, key: &str) -> Self {
        Self::of(b'k', u64::from(table), plain(key).as_bytes())
    }

    /// A line of a file, from 1.
    pub(super) fn line(file: u32, line: u64) -> Self {
        Self::of(b'l', u64::from(file), &line.to_le_bytes())
    }

    /// A byte of a file.
    pub(super) fn byte(file: u32, byte: u64) -> Self {
        Self::of(b'b', u64::from(file), &byte.to_le_bytes())
    }

    /// A file.
    pub(super) fn file(file: u32) -> Self {
        Self::of(b'f', u64::from(file), &[])
    }

    /// A window of time, and of what.
    pub(super) fn window(start: i64, end: i64, dimension: Option<&str>) -> Self {
        let rest = [&end.to_le_bytes(), dimension.unwrap_or_default().as_bytes()].concat();
        Self::of(b'w', start as u64, &rest)
    }

    /// The target together with something that is said of it.
    pub(super) fn with(self, word: u64) -> u128 {
        let low = hash::fold(self.0 as u64, word);
        self.0 ^ (u128::from(low) << 64 | u128::from(low.rotate_left(17)))
    }
}

/// A key as throng writes it: UUIDs in lower case.
fn plain(key: &str) -> std::borrow::Cow<'_, str> {
    if key.len() >= 36 && key.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let part = |part: &str| {
            let is_uuid = part.len() == 36 && part.matches('-').count() == 4;
            if is_uuid { part.to_ascii_lowercase() } else { part.to_owned() }
        };
        return key.split('/').map(part).collect::<Vec<_>>().join("/").into();
    }
    key.into()
}

/// Where a member of an incident is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'m> {
    pub(super) table: &'m str,
    pub(super) clean: Option<&'m str>,
    pub(super) dirty: Option<&'m str>,
    pub(super) file: Option<&'m str>,
    /// From 1.
    pub(super) line: Option<u64>,
    /// Start and length of its line, in the uncompressed file.
    pub(super) bytes: Option<(u64, u64)>,
    /// Whether its line is broken, so that readers may count otherwise.
    pub(super) is_broken: bool,
    /// The table and key of what shows that it is gone.
    pub(super) owner: Option<(&'m str, &'m str)>,
    /// Whether it is the whole file that is wrong.
    pub(super) whole_file: bool,
}

impl Spot<'_> {
    /// In words.
    pub(super) fn told(&self) -> String {
        match (self.dirty.or(self.clean), self.file, self.line) {
            (_, Some(file), _) if self.whole_file => file.to_owned(),
            (Some(key), ..) => format!("{} {key}", self.table),
            (None, Some(file), Some(line)) => format!("{file}:{line}"),
            (None, ..) => self.table.to_owned(),
        }
    }
}

/// Bytes of a file, and the member that owns them.
type Extent = (u64, u64, u32);

/// What stands where.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The tables that hold data, in the order of the manifest, with their rows.
    tables: Vec<(String, u64)>,
    files: HashMap<String, u32>,
    targets: Ids,
    /// By target: its members, and whether it is a row that is there to be flagged.
    members: Vec<(Vec<u32>, bool)>,
    /// By file: broken bytes in their order.
    extents: HashMap<u32, Vec<Extent>>,
    /// The last name of a file that was looked up: findings mostly come file by file.
    last: RefCell<(String, Option<u32>)>,
}

impl Places {
    /// The tables and files of a data set, and nothing in them yet.
    pub(super) fn of(manifest: &Manifest) -> Self {
        let data = manifest.tables.iter().filter(|table| !table.name.starts_with("truth/"));
        let files = data.clone().flat_map(|table| &table.files);
        Self {
            tables: data.map(|table| (table.name.clone(), table.rows)).collect(),
            files: files.zip(0..).map(|(file, ordinal)| (file.path.clone(), ordinal)).collect(),
            ..Self::default()
        }
    }

    /// Rows that hold data.
    pub(super) fn row_count(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }

    /// The names of the tables that hold data.
    pub(super) fn table_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.tables.iter().map(|(name, _)| name.as_str())
    }

    /// The ordinal of a table.
    pub(super) fn table(&self, name: &str) -> Option<u32> {
        self.table_names().position(|known| known == name).map(|at| at as u32)
    }

    /// The table whose rows are entities of a type: `user` or `users` for users.
    pub(super) fn entities(&self, ty: &str) -> Option<u32> {
        let is = |name: &str| name == ty || name.strip_suffix('s') == Some(ty);
        self.table_names().position(is).map(|at| at as u32)
    }

    /// The ordinal of a file, by its path in the data set or one that leads there from elsewhere.
    pub(super) fn file(&self, path: &str) -> Option<u32> {
        if self.last.borrow().0 == path {
            return self.last.borrow().1;
        }
        let ends = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
        let found = std::iter::once(path).chain(ends).find_map(|end| self.files.get(end).copied());
        *self.last.borrow_mut() = (path.to_owned(), found);
        found
    }

    /// Notes where a member is.
    pub(super) fn add(&mut self, spot: &Spot, member: u32) {
        let file = spot.file.and_then(|path| self.file(path));
        if let (true, Some(file)) = (spot.whole_file, file) {
            return self.put(Target::file(file), member, false);
        }
        if let Some(table) = self.table(spot.table) {
            let dirty = spot.dirty.map(|key| Target::key(table, key));
            let clean = spot.clean.map(|key| Target::key(table, key));
            if let Some(target) = dirty {
                self.put(target, member, true);
            }
            if let Some(target) = clean.filter(|clean| dirty != Some(*clean)) {
                self.put(target, member, false);
            }
        }
        if let Some((table, key)) = spot.owner
            && let Some(table) = self.table(table)
        {
            self.put(Target::key(table, key), member, true);
        }
        if let (Some(file), Some(line)) = (file, spot.line) {
            self.put(Target::line(file, line), member, spot.dirty.is_none());
            if let Some((start, length)) = spot.bytes {
                let extents = self.extents.entry(file).or_default();
                extents.push((start, start + length.max(1), member));
            }
            if spot.is_broken {
                // Where a line is broken, readers disagree on which it is.
                self.put(Target::line(file, line + 1), member, false);
                if line > 1 {
                    self.put(Target::line(file, line - 1), member, false);
                }
            }
        }
    }

    fn put(&mut self, target: Target, member: u32, is_row: bool) {
        let (at, is_new) = self.targets.add(target.0);
        if is_new {
            self.members.push((Vec::new(), false));
        }
        let (members, row) = &mut self.members[at as usize];
        *row |= is_row;
        if !members.contains(&member) {
            members.push(member);
        }
    }

    /// Makes what was added fit to be found.
    pub(super) fn settle(&mut self) {
        // Each file by itself: the order of files does not matter.
        #[expect(clippy::iter_over_hash_type, reason = "each is sorted by itself")]
        for extents in self.extents.values_mut() {
            extents.sort_unstable();
        }
    }

    /// Members at a target.
    pub(super) fn at(&self, target: Target) -> &[u32] {
        match self.targets.get(target.0) {
            NONE => &[],
            at => &self.members[at as usize].0,
        }
    }

    /// The members whose broken bytes hold a byte.
    pub(super) fn at_byte(&self, file: u32, byte: u64) -> Vec<u32> {
        let Some(extents) = self.extents.get(&file) else { return Vec::new() };
        let before = extents.partition_point(|(start, ..)| *start <= byte);
        // Lines do not overlap, but two incidents may be on one line.
        let near = &extents[before.saturating_sub(4)..before];
        near.iter().filter(|(_, end, _)| byte < *end).map(|(.., member)| *member).collect()
    }

    /// The members of every row that is there to be flagged.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.members.iter().filter(|(_, is_row)| *is_row).map(|(members, _)| members.as_slice())
    }
}
