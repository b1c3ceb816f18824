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

/// Arranges rows that stand in the order of their times. `of_interest` are ordinals of `times` with their fates; what comes into the
/// file is of interest as well, and its ordinal is that of the row that it is a copy of, or lies behind the clean ones.
pub fn arrange(times: &[i64], clean: usize, of_interest: &[(u32, Fate)]) -> Arrangement {
    /// Among rows of the same time, in this order.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct At(i64, u32, Option<u32>);
    let mut leaves = vec![false; clean];
    let mut marked = vec![false; clean];
    let mut comers = Vec::new();
    let mut places = vec![Place::default(); of_interest.len()];
    let mut hidden = Vec::new();
    for (nth, (row, fate)) in of_interest.iter().enumerate() {
        let at = *row as usize;
        match fate {
            Fate::Comes(time) => comers.push(At(*time, *row, Some(nth as u32))),
            Fate::Stays => marked[at] = true,
            Fate::Sorts(time) => {
                leaves[at] = true;
                marked[at] = true;
                comers.push(At(*time, *row, Some(nth as u32)));
            }
            Fate::Leaves => {
                leaves[at] = true;
                marked[at] = true;
                hidden.push(nth);
            }
        }
        if !matches!(fate, Fate::Comes(_)) {
            places[nth].clean = Some(*row);
        }
    }
    comers.sort();
    let mut out = Arrangement::default();
    out.rows.reserve(clean + comers.len());
    let mut stays: Vec<Option<u32>> = vec![None; if marked.contains(&true) { clean } else { 0 }];
    let mut comers = comers.into_iter().peekable();
    let note = |out: &mut Arrangement, row: u32, time: i64| {
        out.time_range = Some(
            out.time_range.map_or((time, time), |(least, most)| (least.min(time), most.max(time))),
        );
        out.rows.push(row);
        out.rows.len() as u32 - 1
    };
    for row in 0..=clean {
        let time = times.get(row).copied().filter(|_| row < clean);
        while let Some(At(at, source, nth)) = comers.next_if(|next| time.is_none_or(|t| next.0 < t))
        {
            let place = note(&mut out, source, at);
            if let Some(nth) = nth {
                places[nth as usize].dirty = Some(place);
                places[nth as usize].frame = place;
            }
        }
        let Some(time) = time else { break };
        if !leaves[row] {
            let place = note(&mut out, row as u32, time);
            if marked[row] {
                stays[row] = Some(place);
            }
        }
    }
    out.shown = out.rows.len();
    for (nth, (row, fate)) in of_interest.iter().enumerate() {
        if *fate == Fate::Stays {
            // Something else may have made it leave.
            places[nth].dirty = stays[*row as usize];
            places[nth].frame = stays[*row as usize].unwrap_or_else(|| {
                out.rows.push(*row);
                out.rows.len() as u32 - 1
            });
        }
    }
    for nth in hidden {
        places[nth].frame = out.rows.len() as u32;
        out.rows.push(of_interest[nth].0);
    }
    out.places = places;
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_leave_come_and_move() {
        let times = [10, 20, 30, 40, 25];
        let fates = [
            (0, Fate::Stays),
            (1, Fate::Leaves),
            (2, Fate::Sorts(50)),
            (3, Fate::Stays),
            (3, Fate::Comes(15)),
            (4, Fate::Comes(25)),
        ];
        let made = arrange(&times, 4, &fates);
        assert_eq!(made.rows, [0, 3, 4, 3, 2, 1]);
        assert_eq!((made.shown, made.time_range), (5, Some((10, 50))));
        let clean: Vec<Option<u32>> = made.places.iter().map(|place| place.clean).collect();
        assert_eq!(clean, [Some(0), Some(1), Some(2), Some(3), None, None]);
        let dirty: Vec<Option<u32>> = made.places.iter().map(|place| place.dirty).collect();
        assert_eq!(dirty, [Some(0), None, Some(4), Some(3), Some(1), Some(2)]);
        let frame: Vec<u32> = made.places.iter().map(|place| place.frame).collect();
        assert_eq!(frame, [0, 5, 4, 3, 1, 2]);
    }
}
