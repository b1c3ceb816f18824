//! Neighbouring fields that all rows of a group share: written once a group, then copied as one piece.

use super::keyed::{self, BothWords, Keyed};
use super::lines::Lines;
use super::pieces::{Pieces, Place};
use crate::frame::NULL;

/// Bytes of pieces that are kept: more would not stay in a core's cache, where the pieces of those groups are that rows still come of.
const KEPT: usize = 2 << 20;

/// No place.
const NOWHERE: Place = (0, 0);
/// The place of a group that has none yet and will have one.
const SOON: Place = (0, 1);

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
    /// The groups that a block meets for the first time.
    met: Vec<u32>,
    /// By field, and by group that is met: where the field stands, among those of the keys or here.
    fields: Vec<Place>,
    made: Pieces,
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
        self.meet(groups);
        self.make_fields();
        self.join_fields();
        self.room.places.clear();
        self.room.places.extend(groups.iter().map(|&group| self.room.groups[group as usize]));
        lines.measure(None, &self.room.places);
    }

    /// Finds the groups that have no piece.
    fn meet(&mut self, groups: &[u32]) {
        let RunRoom { groups: places, met, .. } = &mut self.room;
        met.clear();
        for &group in groups {
            let place = &mut places[group as usize];
            if *place == NOWHERE {
                *place = SOON;
                met.push(group);
            }
        }
    }

    /// Makes the fields of the groups that are met, one field after the other: what they are made of lies far apart, and is then
    /// waited for together.
    fn make_fields(&mut self) {
        let Self { members, room: RunRoom { met, fields, made, .. } } = self;
        fields.clear();
        made.clear();
        for (_, (keyed, keys)) in members {
            fields.extend(met.iter().map(|&group| match keys[group as usize] {
                NULL => NOWHERE,
                key => keyed.place(key, made),
            }));
        }
    }

    /// Joins the fields of each group that is met.
    fn join_fields(&mut self) {
        let Self { members, room: RunRoom { groups, pieces, met, fields, made, .. } } = self;
        for (nth, &group) in met.iter().enumerate() {
            let start = pieces.begin();
            let places = fields[nth..].iter().step_by(met.len());
            for ((_, (keyed, _)), &place) in members.iter().zip(places) {
                let mut place = place;
                let from = keyed::pick(keyed.pieces(made), &mut place);
                pieces.push(from, place);
            }
            groups[group as usize] = pieces.since(start);
        }
    }

    /// Puts the pieces of the rows into their lines.
    pub(super) fn put(&self, lines: &mut Lines) {
        lines.put(None, &self.room.places, |_| &self.room.pieces);
    }
}
