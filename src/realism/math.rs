//! Small pieces of arithmetic that several numbers share.

/// ln(2 pi).
pub(super) const LN_TAU: f64 = 1.837_877_066_409_345_5;

/// Half the sum of absolute differences of the shares: 0 for the same mix, 1 for mixes without a common member.
pub(super) fn total_variation(a: &[u64], b: &[u64]) -> f64 {
    let (na, nb) = (sum(a) as f64, sum(b) as f64);
    if na == 0.0 || nb == 0.0 {
        return f64::NAN;
    }
    let share = |counts: &[u64], i: usize, n: f64| counts.get(i).map_or(0.0, |&c| c as f64 / n);
    let gap = |i: usize| (share(a, i, na) - share(b, i, nb)).abs();
    (0..a.len().max(b.len())).map(gap).sum::<f64>() / 2.0
}

/// What [`total_variation`] comes to on average between two samples of the same even mix of `cells`: half the sum of the cells'
/// mean absolute differences, each a normal's, sqrt(2 / pi) standard deviations.
pub(super) fn chance_variation(cells: usize, na: u64, nb: u64) -> f64 {
    let cells = cells as f64;
    0.5 * (2.0 / std::f64::consts::PI * cells * (1.0 / na as f64 + 1.0 / nb as f64)).sqrt()
}

/// The sum of counts.
pub(super) fn sum(counts: &[u64]) -> u64 {
    counts.iter().sum()
}

/// The least value that a share `p` of a histogram of (value, count) in rising order does not exceed.
pub(super) fn quantile(histogram: &[(u32, u64)], p: f64) -> f64 {
    let total: u64 = histogram.iter().map(|(_, count)| count).sum();
    let wanted = (p * total as f64).ceil().max(1.0) as u64;
    let mut seen = 0;
    for &(value, count) in histogram {
        seen += count;
        if seen >= wanted {
            return f64::from(value);
        }
    }
    f64::NAN
}

/// Sums of a pair of variables, for their correlation.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pairs {
    pub(super) n: u64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Pairs {
    /// Adds a pair.
    #[inline]
    pub(super) fn add(&mut self, x: f64, y: f64) {
        self.n += 1;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    /// Pearson's correlation; not a number with fewer than three pairs or a variable that does not vary.
    pub(super) fn correlation(&self) -> f64 {
        let n = self.n as f64;
        if self.n < 3 {
            return f64::NAN;
        }
        let (sx, sy) = (self.xx - self.x * self.x / n, self.yy - self.y * self.y / n);
        // A spread that is nothing but rounding is none.
        if sx <= 1e-9 * self.xx.abs() || sy <= 1e-9 * self.yy.abs() {
            return f64::NAN;
        }
        ((self.xy - self.x * self.y / n) / (sx * sy).sqrt()).clamp(-1.0, 1.0)
    }
}

/// How a table of (successes, trials) spreads around its common rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dispersion {
    /// The common rate.
    pub(super) rate: f64,
    /// Pearson's chi-square over its degrees of freedom: about 1 when nothing but chance is at work.
    pub(super) index: f64,
    /// The chi-square as a standard normal (Wilson and Hilferty 1931).
    pub(super) z: f64,
    /// Degrees of freedom.
    pub(super) freedom: u64,
    /// Trials.
    pub(super) n: u64,
}

/// The dispersion of rates over cells with at least `least` expected successes and failures each; none with fewer than two such
/// cells.
pub(super) fn dispersion(cells: &[(u64, u64)], least: f64) -> Option<Dispersion> {
    let total = |cells: &[(u64, u64)]| {
        cells.iter().fold((0, 0), |(a, b), (hits, trials)| (a + hits, b + trials))
    };
    let (hits, trials) = total(cells);
    let rough = hits as f64 / (trials as f64).max(1.0);
    let enough = |cell: &&(u64, u64)| {
        let n = cell.1 as f64;
        n * rough >= least && n * (1.0 - rough) >= least
    };
    let cells: Vec<(u64, u64)> = cells.iter().filter(enough).copied().collect();
    let (hits, trials) = total(&cells);
    let rate = hits as f64 / (trials as f64).max(1.0);
    if cells.len() < 2 || rate <= 0.0 || rate >= 1.0 {
        return None;
    }
    let part = |&(hits, trials): &(u64, u64)| {
        let n = trials as f64;
        (hits as f64 - n * rate).powi(2) / (n * rate * (1.0 - rate))
    };
    let chi: f64 = cells.iter().map(part).sum();
    let freedom = cells.len() as u64 - 1;
    Some(Dispersion {
        rate,
        index: chi / freedom as f64,
        z: chi_square_z(chi, freedom as f64),
        freedom,
        n: trials,
    })
}

/// A chi-square as a standard normal (Wilson and Hilferty 1931).
pub(super) fn chi_square_z(chi: f64, freedom: f64) -> f64 {
    let spread = 2.0 / (9.0 * freedom);
    (libm::cbrt(chi / freedom) - (1.0 - spread)) / spread.sqrt()
}

/// Solves a small symmetric system by elimination with pivots; none when it has no single solution.
pub(super) fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let size = |row: &usize| a[*row][column].abs();
        let pivot = (column..N).max_by(|x, y| size(x).total_cmp(&size(y)))?;
        if a[pivot][column].abs() < 1e-12 {
            return None;
        }
        a.swap(column, pivot);
        b.swap(column, pivot);
        for row in 0..N {
            if row == column {
                continue;
            }
            let factor = a[row][column] / a[column][column];
            let pivot = a[column];
            for (value, above) in a[row].iter_mut().zip(pivot) {
                *value -= factor * above;
            }
            b[row] -= factor * b[column];
        }
    }
    Some(std::array::from_fn(|i| b[i] / a[i][i]))
}

/// Spearman's rank correlation of pairs whose first members all differ.
pub(super) fn rank_correlation<K: Ord>(pairs: &[(K, i64)]) -> f64 {
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_unstable_by(|&i, &j| pairs[i].0.cmp(&pairs[j].0));
    let mut rank = vec![0_u32; pairs.len()];
    for (place, &i) in order.iter().enumerate() {
        rank[i] = place as u32;
    }
    order.sort_unstable_by_key(|&i| (pairs[i].1, rank[i]));
    let mut sums = Pairs::default();
    for (place, &i) in order.iter().enumerate() {
        sums.add(f64::from(rank[i]), place as f64);
    }
    sums.correlation()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variation_is_nothing_for_the_same_mix_and_one_for_strangers() {
        assert!(total_variation(&[1, 2, 3], &[10, 20, 30]) < 1e-12);
        assert!((total_variation(&[1, 0], &[0, 5]) - 1.0).abs() < 1e-12);
        assert!((total_variation(&[1, 1], &[1, 0]) - 0.5).abs() < 1e-12);
        assert!(total_variation(&[], &[1]).is_nan());
    }

    #[test]
    fn quantiles_are_values_that_occur() {
        let histogram = [(1, 50), (2, 49), (9, 1)];
        let found = [0.5, 0.99, 1.0].map(|p| quantile(&histogram, p) as u32);
        assert_eq!(found, [1, 2, 9]);
    }

    #[test]
    fn a_line_correlates_and_a_constant_has_no_correlation() {
        let mut line = Pairs::default();
        let mut flat = Pairs::default();
        for i in 0..10 {
            line.add(f64::from(i), 3.0 - 2.0 * f64::from(i));
            flat.add(f64::from(i), 0.1);
        }
        assert!((line.correlation() + 1.0).abs() < 1e-12);
        assert!(flat.correlation().is_nan());
    }

    #[test]
    fn dispersion_is_nothing_for_equal_rates_and_large_for_unequal_ones() {
        let equal = dispersion(&[(10, 100), (20, 200), (30, 300)], 5.0).expect("cells");
        assert!(equal.index < 1e-9 && equal.z < -2.0);
        let unequal = dispersion(&[(10, 100), (90, 100)], 5.0).expect("cells");
        assert!((unequal.index - 128.0).abs() < 1e-9 && unequal.z > 8.0);
        assert!(dispersion(&[(0, 100), (0, 100)], 5.0).is_none());
    }

    #[test]
    fn a_system_is_solved() {
        let x = solve([[2.0, 1.0], [1.0, 3.0]], [5.0, 10.0]).expect("a solution");
        assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 3.0).abs() < 1e-12);
        assert!(solve([[1.0, 1.0], [1.0, 1.0]], [1.0, 2.0]).is_none());
    }

    #[test]
    fn ranks_that_rise_together_correlate() {
        let rising: Vec<(u64, i64)> = (0..50).map(|i| (i * i, i as i64)).collect();
        assert!((rank_correlation(&rising) - 1.0).abs() < 1e-12);
        let falling: Vec<(u64, i64)> = (0..50).map(|i| (i, -(i as i64))).collect();
        assert!((rank_correlation(&falling) + 1.0).abs() < 1e-12);
    }
}
