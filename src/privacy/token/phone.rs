//! Telephone numbers in the form of E.164.

/// A country's code, and the digit that its own people dial before a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    code: &'static str,
    trunk: &'static str,
}

/// ISO 3166-1 alpha-2, calling code (ITU E.164), trunk prefix.
const REGIONS: &[(&str, &str, &str)] = &[
    ("AR", "54", "0"),
    ("AT", "43", "0"),
    ("AU", "61", "0"),
    ("BE", "32", "0"),
    ("BR", "55", "0"),
    ("CA", "1", "1"),
    ("CH", "41", "0"),
    ("CN", "86", "0"),
    ("CZ", "420", ""),
    ("DE", "49", "0"),
    ("DK", "45", ""),
    ("ES", "34", ""),
    ("FI", "358", "0"),
    ("FR", "33", "0"),
    ("GB", "44", "0"),
    ("GR", "30", ""),
    ("IE", "353", "0"),
    ("IN", "91", "0"),
    ("IT", "39", ""),
    ("JP", "81", "0"),
    ("MX", "52", ""),
    ("NL", "31", "0"),
    ("NO", "47", ""),
    ("NZ", "64", "0"),
    ("PL", "48", ""),
    ("PT", "351", ""),
    ("SE", "46", "0"),
    ("TR", "90", "0"),
    ("UA", "380", "0"),
    ("US", "1", "1"),
    ("ZA", "27", "0"),
];

impl Region {
    /// The names of all regions.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        REGIONS.iter().map(|(name, _, _)| *name)
    }

    /// The region of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = REGIONS.iter().find(|(known, _, _)| *known == name);
        found.map(|&(_, code, trunk)| Self { code, trunk })
    }

    /// The name of a region; of those that are alike, the first.
    pub fn name(self) -> &'static str {
        let is_it =
            |(_, code, trunk): &&(&str, &str, &str)| (*code, *trunk) == (self.code, self.trunk);
        REGIONS.iter().find(is_it).map_or("", |(name, _, _)| name)
    }
}

/// `+` and digits; none for what is no number, or one whose country is unknown.
pub(super) fn normal(value: &str, region: Option<Region>) -> Option<String> {
    let value = value.trim();
    let known = |c: char| c.is_ascii_digit() || " +-./()\u{a0}".contains(c);
    if !value.chars().all(known) {
        return None;
    }
    // (0) within an international number is what people at home dial.
    let plain = if value.starts_with('+') { value.replace("(0)", "") } else { value.to_owned() };
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let whole = match (plain.starts_with('+'), digits.strip_prefix("00"), region) {
        (true, _, _) => digits,
        (false, Some(rest), _) => rest.to_owned(),
        (false, None, Some(region)) => {
            let rest = digits.strip_prefix(region.trunk).unwrap_or(&digits);
            format!("{}{rest}", region.code)
        }
        (false, None, None) => return None,
    };
    (7..=15).contains(&whole.len()).then(|| format!("+{whole}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_form() {
        let german = Region::named("DE");
        for text in ["+49 (0)30 1234567", "0049 30 1234567", "030/123 45-67", "+49301234567"] {
            assert_eq!(normal(text, german).as_deref(), Some("+49301234567"), "{text}");
        }
        assert_eq!(normal("030 1234567", None), None);
        assert_eq!(normal("call me", german), None);
        assert_eq!(normal("(212) 555-0100", Region::named("US")).as_deref(), Some("+12125550100"));
    }
}
