//! Sessions under way: each has a seat, a small number that another session gets when it is through.
//!
//! What checks keep of a session while its events go by lies by seat, so that it takes room for the few thousand sessions under way
//! at a time, and not for the millions that a data set has. A session is through when as many events have come as its row states;
//! where no row states it, or more come in the same batch, it keeps its seat to the end. If more come later, the session is seated
//! again, and whoever follows it is told so: what was kept of it is gone, but for what its row states.

use crate::read::hash::NONE;

/// A session that got a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seated {
    /// The seat.
    pub seat: u32,
    /// The session's ordinal.
    pub session: u32,
    /// Whether it was through before. Then nobody knows any more what its events were; that they were as many as its row states is
    /// sure, and that they were as the row says is likely.
    pub again: bool,
}

/// A session that has all its events; its seat is free after the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Through {
    /// The seat.
    pub seat: u32,
    /// The session's ordinal.
    pub session: u32,
}

/// Who sits where.
#[derive(Debug, Default)]
pub(super) struct Seats {
    /// By session: its seat, [`NONE`] before its first event, or [`THROUGH`].
    of: Vec<u32>,
    /// By seat: events yet to come; [`NONE`] where nobody knows.
    left: Vec<u32>,
    free: Vec<u32>,
    /// By row of the batch: the session's seat, or [`NONE`].
    pub(super) rows: Vec<u32>,
    /// Who was seated for the batch, in order.
    pub(super) seated: Vec<Seated>,
    /// Who is through with the batch, in order.
    pub(super) through: Vec<Through>,
}

const THROUGH: u32 = NONE - 1;

impl Seats {
    /// Seats the sessions of a batch's rows. `stated` tells how many events a session has, 0 if nobody knows.
    pub(super) fn seat(&mut self, sessions: &[u32], stated: impl Fn(u32) -> u32) {
        for Through { seat, session } in self.through.drain(..) {
            self.of[session as usize] = THROUGH;
            self.free.push(seat);
        }
        self.seated.clear();
        self.rows.clear();
        for &session in sessions {
            let seat = if session == NONE { NONE } else { self.of(session, &stated) };
            self.rows.push(seat);
        }
        // Whoever went on after what should have been the last event stays.
        self.through.retain(|through| self.left[through.seat as usize] == 0);
    }

    /// The seat for a session's next event.
    fn of(&mut self, session: u32, stated: &impl Fn(u32) -> u32) -> u32 {
        let place = session as usize;
        if place >= self.of.len() {
            self.of.resize(place + 1, NONE);
        }
        let mut seat = self.of[place];
        if seat >= THROUGH {
            let again = seat == THROUGH;
            let events = if again { 0 } else { stated(session) };
            seat = self.take(if events == 0 { NONE } else { events });
            self.of[place] = seat;
            self.seated.push(Seated { seat, session, again });
        }
        let left = &mut self.left[seat as usize];
        match *left {
            NONE => {}
            0 => *left = NONE,
            1 => {
                *left = 0;
                self.through.push(Through { seat, session });
            }
            more => *left = more - 1,
        }
        seat
    }

    fn take(&mut self, left: u32) -> u32 {
        let seat = self.free.pop().unwrap_or(self.left.len() as u32);
        set(&mut self.left, seat, left);
        seat
    }
}

/// Puts what is kept of a session into its seat.
pub fn set<T: Clone + Default>(list: &mut Vec<T>, seat: u32, value: T) {
    let seat = seat as usize;
    if seat >= list.len() {
        list.resize(seat + 1, T::default());
    }
    list[seat] = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_used_again_after_the_batch_and_who_comes_again_is_told() {
        let mut seats = Seats::default();
        let stated = |session: u32| [2, 1, 3, 0][session as usize];
        seats.seat(&[0, 1, NONE, 0, 2], stated);
        assert_eq!(seats.rows, [0, 1, NONE, 0, 2]);
        assert_eq!(seats.seated.iter().map(|one| one.again).collect::<Vec<_>>(), [false; 3]);
        let through: Vec<u32> = seats.through.iter().map(|one| one.session).collect();
        assert_eq!(through, [1, 0]);
        // Within a batch no seat changes hands: the one that session 3 gets was left in the batch before.
        seats.seat(&[3, 3, 2, 1], stated);
        assert_eq!(seats.rows, [0, 0, 2, 1]);
        let again: Vec<(u32, bool)> =
            seats.seated.iter().map(|one| (one.session, one.again)).collect();
        assert_eq!(again, [(3, false), (1, true)]);
        assert_eq!(seats.through, []);
        seats.seat(&[2], stated);
        assert_eq!(seats.through, [Through { seat: 2, session: 2 }]);
    }

    #[test]
    fn a_session_that_goes_on_in_its_last_batch_keeps_its_seat() {
        let mut seats = Seats::default();
        seats.seat(&[0, 0, 1], |_| 1);
        assert_eq!(seats.rows, [0, 0, 1]);
        assert_eq!(seats.through, [Through { seat: 1, session: 1 }]);
        seats.seat(&[0, 1], |_| 1);
        assert_eq!(seats.rows, [0, 1]);
        assert_eq!(seats.seated, [Seated { seat: 1, session: 1, again: true }]);
        assert_eq!(seats.through, []);
    }
}
