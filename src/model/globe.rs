//! How far countries are from each other.

/// Latitude and longitude in the middle of countries.
const MIDDLES: [(&str, f64, f64); 12] = [
    ("DE", 51.2, 10.4),
    ("FR", 46.6, 2.5),
    ("GB", 54.0, -2.5),
    ("IT", 42.8, 12.8),
    ("NL", 52.2, 5.5),
    ("US", 39.8, -98.6),
    ("BR", -10.8, -53.1),
    ("JP", 36.6, 138.0),
    ("AU", -25.0, 134.0),
    ("IN", 22.9, 79.6),
    ("ZA", -29.0, 25.1),
    ("CN", 36.6, 103.8),
];

/// Kilometres at least between two places in countries of these codes; none for a country that is not known here.
pub fn kilometres(from: &str, to: &str) -> Option<f64> {
    let middle = |code: &str| {
        MIDDLES.iter().find(|(known, ..)| *known == code).map(|(_, lat, long)| (*lat, *long))
    };
    // Half the way between the middles: countries are wide.
    Some(great_circle(middle(from)?, middle(to)?) / 2.0)
}

/// Kilometres between two points.
fn great_circle(from: (f64, f64), to: (f64, f64)) -> f64 {
    let [from_lat, from_long, to_lat, to_long] = [from.0, from.1, to.0, to.1].map(f64::to_radians);
    let squared_sine = |angle: f64| libm::pow(libm::sin(angle / 2.0), 2.0);
    let along = libm::cos(from_lat) * libm::cos(to_lat) * squared_sine(to_long - from_long);
    12_742.0 * libm::asin(libm::sqrt(squared_sine(to_lat - from_lat) + along).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_globe() {
        let berlin_to_new_york = great_circle((52.5, 13.4), (40.7, -74.0));
        assert!((6_350.0..6_420.0).contains(&berlin_to_new_york), "{berlin_to_new_york}");
        assert_eq!(kilometres("DE", "DE"), Some(0.0));
        assert_eq!(kilometres("DE", "XX"), None);
    }
}
