//! What a thread keeps from file to file: room, since fresh memory costs more than much of what is done with it here, and strings of
//! the world as JSON, which are the same in every file of a table.

use std::cell::Cell;

use super::field::FieldRoom;
use super::keyed::BothWords;
use super::lines::Lines;
use super::shared::RunRoom;

thread_local! {
    static ROOM: Cell<Room> = Cell::default();
}

/// Room for the parts of lines.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The data set and the table that the words are of; nothing where words do not last.
    of: Option<(String, String)>,
    pub(super) lines: Lines,
    fields: Vec<FieldRoom>,
    words: Vec<BothWords>,
    runs: Vec<RunRoom>,
}

impl Room {
    /// Lets `write` use the thread's room for a file of a table of the data set of that version.
    pub(super) fn with<T>(version: &str, table: &str, write: impl FnOnce(&mut Self) -> T) -> T {
        let mut room = ROOM.take();
        let of = (!version.is_empty()).then(|| (version.to_owned(), table.to_owned()));
        if room.of != of {
            room.words.iter_mut().for_each(BothWords::forget);
            room.of = of;
        }
        let written = write(&mut room);
        ROOM.set(room);
        written
    }

    /// Whether words of the files before are of use.
    pub(super) fn lasts(&self) -> bool {
        self.of.is_some()
    }

    pub(super) fn take_field(&mut self, ordinal: usize) -> FieldRoom {
        self.fields.get_mut(ordinal).map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn take_words(&mut self, ordinal: usize) -> BothWords {
        self.words.get_mut(ordinal).map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn take_run(&mut self) -> RunRoom {
        self.runs.pop().unwrap_or_default()
    }

    pub(super) fn give_field(&mut self, ordinal: usize, room: FieldRoom) {
        put(&mut self.fields, ordinal, room);
    }

    pub(super) fn give_words(&mut self, ordinal: usize, words: BothWords) {
        put(&mut self.words, ordinal, words);
    }

    pub(super) fn give_run(&mut self, room: RunRoom) {
        self.runs.push(room);
    }
}

fn put<T: Default>(list: &mut Vec<T>, at: usize, item: T) {
    if list.len() <= at {
        list.resize_with(at + 1, T::default);
    }
    list[at] = item;
}
