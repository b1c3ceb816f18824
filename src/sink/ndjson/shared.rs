//! Neighbouring fields that all rows of a group share: written once a group, then copied as one piece.

use super::keyed::{BothWords, Keyed};
use super::lines::Lines;
use super::pieces::{Pieces, Place};
use crate::frame::NULL;

/// Bytes of pieces that are kept: more would not stay in a core's cache, where the pieces of those groups are that rows still come of.
const KEPT: usize = 2 << 20;

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
    /// The keys of a group.
    keys: Vec<u32>,
    /// By row of the block: where the piece of its group stands.
    places: Vec<Place>,
}

impl<'f> SharedWriter<'f> {
    /// A run without a field yet, of so many groups.
    pub(super) fn new(groups: usize, mut room: RunRoom) -> Self {
        room.pieces.clear();
        room.groups.clear();
        room.groups.resize(groups, NOWHERE);
        Self { members: Vec::new(), room }
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

    /// Writes a group's fields aside. Its keys are read before any is used, so that they are waited for together.
    fn render(&mut self, group: u32) -> Place {
        let Self { members, room: RunRoom { groups, pieces, keys, .. } } = self;
        keys.clear();
        keys.extend(members.iter().map(|(_, (_, keys))| keys[group as usize]));
        let place = pieces.add(|out| {
            for ((_, (field, _)), &key) in members.iter_mut().zip(&*keys) {
                if key != NULL {
                    field.append(key, out);
                }
            }
        });
        groups[group as usize] = place;
        place
    }

    /// Puts the pieces of the rows into their lines.
    pub(super) fn put(&self, lines: &mut Lines) {
        lines.put(None, &self.room.places, &self.room.pieces);
    }
}
