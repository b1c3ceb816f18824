//! What becomes of single rows of a file: which leave it, come into it, or stand elsewhere in it.
//!
//! A frame of changed rows holds the rows that the file shows, in its order, and behind them those that it no longer does, so that
//! what they were can still be looked up.

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays where it is.
    Stays,
    /// It stays, sorted as if its time were that.
    Sorts(i64),
    /// It is not there any more.
    Leaves,
    /// Once more, or from another file: sorted as if its time were that.
    Comes(i64),
}

/// Where a row of interest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// In the clean file.
    pub clean: Option<u32>,
    /// In the file as changed.
    pub dirty: Option<u32>,
    /// In the frame.
    pub frame: u32,
}

/// Rows in their changed order.
#[derive(Debug, Clone, Default)]
pub struct Arrangement {
    /// For each row of the frame, which of the rows given it is.
    pub rows: Vec<u32>,
    /// How many of them the file shows.
    pub shown: usize,
    /// Where the rows of interest are, in the order given.
    pub places: Vec<Place>,
    /// Least and greatest time of the rows shown.
    pub time_range: Option<(i64, i64)>,
}

/// The rows of a clean file, in the order of their times.
pub struct Clean<T> {
    /// How many.
    pub count: usize,
    /// The time of the nth.
    pub time: T,
}

/// A row that comes to where its time is: among those of the same time, in this order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Comer {
    time: i64,
    row: u32,
    nth: usize,
}

/// Clean rows that stand side by side in the changed file too: the first, the one behind the last, and where the first is then.
struct Run {
    first: usize,
    end: usize,
    place: usize,
}

/// Arranges rows. `of_interest` are ordinals of clean rows with their fates; what comes into the file is of interest as well, and its
/// ordinal is that of the row that it is a copy of, or lies behind the clean ones.
///
/// Few rows change: those between are taken over run by run, and looked for by halves.
pub fn arrange(clean: &Clean<impl Fn(usize) -> i64>, of_interest: &[(u32, Fate)]) -> Arrangement {
    let mut places = vec![Place::default(); of_interest.len()];
    let mut leaves = Vec::new();
    let mut comers = Vec::new();
    for (nth, (row, fate)) in of_interest.iter().enumerate() {
        if let Fate::Sorts(time) | Fate::Comes(time) = fate {
            comers.push(Comer { time: *time, row: *row, nth });
        }
        if matches!(fate, Fate::Sorts(_) | Fate::Leaves) {
            leaves.push(*row as usize);
        }
        if !matches!(fate, Fate::Comes(_)) {
            places[nth].clean = Some(*row);
        }
    }
    leaves.sort_unstable();
    comers.sort_unstable();
    let mut merge = Merge {
        rows: Vec::with_capacity(clean.count + of_interest.len()),
        runs: Vec::with_capacity(leaves.len() + comers.len() + 1),
        leaves: leaves.into_iter().peekable(),
        next: 0,
    };
    for comer in &comers {
        merge.pass(until(clean, merge.next, comer.time));
        let place = merge.rows.len() as u32;
        merge.rows.push(comer.row);
        places[comer.nth].dirty = Some(place);
        places[comer.nth].frame = place;
    }
    merge.pass(clean.count);
    let Merge { mut rows, runs, .. } = merge;
    let shown = rows.len();
    for (place, (row, _)) in
        places.iter_mut().zip(of_interest).filter(|(_, of)| of.1 == Fate::Stays)
    {
        // Something else may have made it leave.
        place.dirty = stands(&runs, *row as usize);
        place.frame = place.dirty.unwrap_or_else(|| {
            rows.push(*row);
            rows.len() as u32 - 1
        });
    }
    for (place, (row, _)) in
        places.iter_mut().zip(of_interest).filter(|(_, of)| of.1 == Fate::Leaves)
    {
        place.frame = rows.len() as u32;
        rows.push(*row);
    }
    let of_clean = runs.first().zip(runs.last());
    let of_clean =
        of_clean.map(|(first, last)| [(clean.time)(first.first), (clean.time)(last.end - 1)]);
    let of_comers = comers.first().zip(comers.last()).map(|(first, last)| [first.time, last.time]);
    let times = || of_clean.iter().chain(&of_comers).flatten().copied();
    Arrangement { rows, shown, places, time_range: times().min().zip(times().max()) }
}

/// The first of the clean rows from `next` on whose time is later.
fn until(clean: &Clean<impl Fn(usize) -> i64>, next: usize, time: i64) -> usize {
    let (mut low, mut high) = (next, clean.count);
    while low < high {
        let middle = low.midpoint(high);
        if (clean.time)(middle) <= time { low = middle + 1 } else { high = middle }
    }
    low
}

/// Where a clean row stands in the changed file, if it does.
fn stands(runs: &[Run], row: usize) -> Option<u32> {
    let behind = runs.partition_point(|run| run.first <= row);
    let run = &runs[behind.checked_sub(1)?];
    (row < run.end).then(|| (run.place + row - run.first) as u32)
}

/// A changed file under construction.
struct Merge<L: Iterator<Item = usize>> {
    rows: Vec<u32>,
    runs: Vec<Run>,
    /// Clean rows that leave, in their order.
    leaves: std::iter::Peekable<L>,
    /// The next clean row.
    next: usize,
}

impl<L: Iterator<Item = usize>> Merge<L> {
    /// Takes over the clean rows before one, but for those that leave.
    fn pass(&mut self, until: usize) {
        while self.next < until {
            while self.leaves.next_if(|leaves| *leaves < self.next).is_some() {}
            let end = self.leaves.peek().map_or(until, |leaves| until.min(*leaves));
            if self.next < end {
                let place = self.rows.len();
                self.runs.push(Run { first: self.next, end, place });
                self.rows.extend(self.next as u32..end as u32);
                self.next = end;
            } else {
                self.next += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_leave_come_and_move() {
        let times = [10, 20, 30, 40];
        let fates = [
            (0, Fate::Stays),
            (1, Fate::Leaves),
            (2, Fate::Sorts(50)),
            (3, Fate::Stays),
            (3, Fate::Comes(15)),
            (4, Fate::Comes(25)),
        ];
        let made = arrange(&Clean { count: 4, time: |row| times[row] }, &fates);
        assert_eq!(made.rows, [0, 3, 4, 3, 2, 1]);
        assert_eq!((made.shown, made.time_range), (5, Some((10, 50))));
        let clean: Vec<Option<u32>> = made.places.iter().map(|place| place.clean).collect();
        assert_eq!(clean, [Some(0), Some(1), Some(2), Some(3), None, None]);
        let dirty: Vec<Option<u32>> = made.places.iter().map(|place| place.dirty).collect();
        assert_eq!(dirty, [Some(0), None, Some(4), Some(3), Some(1), Some(2)]);
        let frame: Vec<u32> = made.places.iter().map(|place| place.frame).collect();
        assert_eq!(frame, [0, 5, 4, 3, 1, 2]);
    }

    proptest! {
        /// For all times and fates, rows stand as if all of them had been sorted: those that come behind those of the same time.
        #[test]
        fn rows_stand_where_sorting_puts_them(
            mut times in prop::collection::vec(0_i64..20, 0..40),
            fates in prop::collection::vec((0_u32..40, 0..4, -1_i64..21), 0..20),
        ) {
            times.sort_unstable();
            let count = times.len();
            let known = fates.iter().filter(|(row, ..)| (*row as usize) < count);
            let fates: Vec<(u32, Fate)> = known
                .map(|(row, fate, time)| {
                    let fates = [Fate::Stays, Fate::Leaves, Fate::Sorts(*time), Fate::Comes(*time)];
                    (*row, fates[*fate as usize])
                })
                .collect();
            let made = arrange(&Clean { count, time: |row| times[row] }, &fates);
            let goes = |row: u32| {
                fates.iter().any(|of| of.0 == row && matches!(of.1, Fate::Leaves | Fate::Sorts(_)))
            };
            let stay = (0..count as u32).filter(|row| !goes(*row));
            let mut all: Vec<(i64, bool, u32)> =
                stay.map(|row| (times[row as usize], false, row)).collect();
            all.extend(fates.iter().filter_map(|(row, fate)| match fate {
                Fate::Sorts(time) | Fate::Comes(time) => Some((*time, true, *row)),
                _ => None,
            }));
            all.sort_unstable();
            let rows: Vec<u32> = all.iter().map(|(.., row)| *row).collect();
            prop_assert_eq!(&made.rows[..made.shown], &rows[..]);
            let ends = all.first().zip(all.last()).map(|(first, last)| (first.0, last.0));
            prop_assert_eq!(made.time_range, ends);
            for ((row, fate), place) in fates.iter().zip(&made.places) {
                prop_assert_eq!(made.rows[place.frame as usize], *row);
                prop_assert_eq!(place.clean.is_some(), !matches!(fate, Fate::Comes(_)));
                let stands = !matches!(fate, Fate::Leaves) && (*fate != Fate::Stays || !goes(*row));
                prop_assert_eq!(place.dirty.is_some(), stands);
                prop_assert!(place.dirty.is_none_or(|at| at == place.frame && (at as usize) < made.shown));
            }
        }
    }
}
