//! Neighbouring fields that all rows of a group share: written once a group, then copied as one piece.

use super::keyed::{BothWords, Keyed};
use super::lines::Lines;
use super::pieces::{Pieces, Place};
use crate::frame::NULL;

/// Bytes of pieces that are kept: more would not stay in a core's cache, where the pieces of those groups are that rows still come of.
const KEPT: usize = 2 << 20;

/// Groups whose keys are laid side by side together: so few that all of them stay in the cache nearest to a core.
const TOGETHER: usize = 128;

/// No place.
const NOWHERE: Place = (0, 0);

/// A field of the run, and by group its key.
type Member<'f> = (Keyed<'f>, &'f [u32]);

/// A run of such fields.
pub(super) struct SharedWriter<'f> {
    /// By ordinal of the field.
    members: Vec<(usize, Member<'f>)>,
    room: RunRoom,
}

/// What a run has made.
#[derive(Debug, Default)]
pub(super) struct RunRoom {
    /// By group: where its piece stands; of no length while there is none.
    groups: Vec<Place>,
    pieces: Pieces,
    /// By group: the keys of all fields, side by side.
    keys: Vec<u32>,
    /// By row of the block: where the piece of its group stands.
    places: Vec<Place>,
}

impl<'f> SharedWriter<'f> {
    /// A run without a field yet, of so many groups.
    pub(super) fn new(groups: usize, mut room: RunRoom) -> Self {
        room.pieces.clear();
        room.keys.clear();
        room.groups.clear();
        room.groups.resize(groups, NOWHERE);
        Self { members: Vec::new(), room }
    }

    /// Lays the keys of each group side by side, once all fields are there: groups are met in any order, and each is then waited
    /// for but once.
    pub(super) fn lay_out(&mut self) {
        let Self { members, room: RunRoom { groups, keys, .. } } = self;
        keys.resize(groups.len() * members.len(), NULL);
        for some in (0..groups.len()).step_by(TOGETHER) {
            let some = some..groups.len().min(some + TOGETHER);
            for (place, (_, (_, of_field))) in members.iter().enumerate() {
                let to = keys[some.start * members.len()..].iter_mut().skip(place);
                let to = to.step_by(members.len());
                to.zip(&of_field[some.clone()]).for_each(|(to, key)| *to = *key);
            }
        }
    }

    /// Adds the next field to the run.
    pub(super) fn push(&mut self, ordinal: usize, next: Member<'f>) {
        self.members.push((ordinal, next));
    }

    /// What can be of use for the next file: the run's, and by ordinal the fields'.
    pub(super) fn into_room(self) -> (RunRoom, impl Iterator<Item = (usize, BothWords)>) {
        let words = |(ordinal, (keyed, _)): (usize, Member<'f>)| (ordinal, keyed.into_words());
        (self.room, self.members.into_iter().map(words))
    }

    /// Takes the rows of a block, of these groups, and tells `lines` of them.
    ///
    /// Groups are met in the order of their first rows, and rows of a group stand near each other, so that the pieces which the rows
    /// of a block need lie close together, and hardly any is made again when all are thrown away.
    pub(super) fn load(&mut self, groups: &[u32], lines: &mut Lines) {
        if self.room.pieces.len() > KEPT {
            self.room.pieces.clear();
            self.room.groups.fill(NOWHERE);
        }
        self.room.places.clear();
        for &group in groups {
            let there = self.room.groups[group as usize];
            let place = if there == NOWHERE { self.render(group) } else { there };
            self.room.places.push(place);
        }
        lines.measure(None, &self.room.places);
    }

    /// Writes a group's fields aside.
    fn render(&mut self, group: u32) -> Place {
        let Self { members, room: RunRoom { groups, pieces, keys, .. } } = self;
        let first = group as usize * members.len();
        let keys = &keys[first..first + members.len()];
        let start = pieces.begin();
        for ((_, (field, _)), &key) in members.iter_mut().zip(keys) {
            if key != NULL {
                field.append(key, pieces);
            }
        }
        groups[group as usize] = pieces.since(start);
        groups[group as usize]
    }

    /// Puts the pieces of the rows into their lines.
    pub(super) fn put(&self, lines: &mut Lines) {
        lines.put(None, &self.room.places, &self.room.pieces);
    }
}
