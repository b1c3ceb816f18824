//! What a column's values keep to beyond their type: bounds of numbers, lengths and forms of text.

/// The bounds that a field declares; none where it declares none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bounds {
    /// The least that a number may be, in the unit of the field.
    pub min: Option<f64>,
    /// The most: no honest reading is above it.
    pub max: Option<f64>,
    /// The most bytes of a text or of a JSON object.
    pub max_length: Option<u32>,
    /// The longest run of the same value among the events of a session.
    pub max_run: Option<u32>,
    /// The form that a text has.
    pub format: Option<Format>,
    /// The event types, or groups of columns, whose events always have a value here though others lack it.
    pub required_by: Vec<String>,
    /// Every text is matched by this regular expression, as a whole.
    pub pattern: Option<String>,
    /// No moment or day comes before that of this field in the same row.
    pub not_before: Option<String>,
}

/// A form of text. Names as JSON Schema has them, where it has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `name@domain`, both of plain characters.
    Email,
    /// `https://host/path?query`, of the characters that RFC 3986 allows.
    Uri,
    /// A path from the root: what a URL has between host and query.
    Path,
    /// Four numbers up to 255.
    Ipv4,
    /// `+` and 8 to 15 digits (E.164).
    Phone,
    /// ISO 3166-1 alpha-2.
    Country,
    /// ISO 4217.
    Currency,
    /// BCP 47, language and region: `de-DE`.
    Locale,
}

/// Codes of ISO 4217 that are money somewhere.
const CURRENCIES: &str = "
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR
    IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
    SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF
    XPF YER ZAR ZMW ZWL";

impl Format {
    /// Every form, with its name in schema files.
    pub const NAMED: &[(&str, Format)] = &[
        ("email", Self::Email),
        ("uri", Self::Uri),
        ("path", Self::Path),
        ("ipv4", Self::Ipv4),
        ("phone", Self::Phone),
        ("country", Self::Country),
        ("currency", Self::Currency),
        ("locale", Self::Locale),
    ];

    /// Its name in schema files.
    pub fn name(self) -> &'static str {
        super::name_of(Self::NAMED, &self)
    }

    /// The name that JSON Schema has for it, or a pattern in its syntax.
    pub fn json_schema(self) -> (&'static str, &'static str) {
        match self {
            Self::Email => ("format", "email"),
            Self::Uri => ("format", "uri"),
            Self::Ipv4 => ("format", "ipv4"),
            Self::Path => ("pattern", r"^/[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*$"),
            Self::Phone => ("pattern", r"^\+[0-9]{8,15}$"),
            Self::Country => ("pattern", "^[A-Z]{2}$"),
            Self::Currency => ("pattern", "^[A-Z]{3}$"),
            Self::Locale => ("pattern", "^[a-z]{2}-[A-Z]{2}$"),
        }
    }

    /// Whether a text is of that form.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Email => is_email(text),
            Self::Uri => is_uri(text),
            Self::Path => text.starts_with('/') && text.bytes().all(is_of_uri),
            Self::Ipv4 => text.parse::<std::net::Ipv4Addr>().is_ok(),
            Self::Phone => text.strip_prefix('+').is_some_and(|digits| {
                (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            }),
            Self::Country => text.len() == 2 && all(text, u8::is_ascii_uppercase),
            Self::Currency => text.len() == 3 && CURRENCIES.split_whitespace().any(|it| it == text),
            Self::Locale => text.split_once('-').is_some_and(|(language, region)| {
                language.len() == 2
                    && all(language, u8::is_ascii_lowercase)
                    && region.len() == 2
                    && all(region, u8::is_ascii_uppercase)
            }),
        }
    }
}

fn all(text: &str, of: fn(&u8) -> bool) -> bool {
    text.as_bytes().iter().all(of)
}

fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-'".contains(&byte);
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    !name.is_empty()
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && name.bytes().all(plain)
        && domain.contains('.')
        && domain.split('.').all(label)
}

fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    matches!(scheme, "http" | "https" | "android-app")
        && host.contains('.')
        && !host.starts_with('.')
        && host.bytes().all(plain)
        && text.bytes().all(is_of_uri)
}

/// The characters of RFC 3986, and `%` for all others.
fn is_of_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all forms: what is of it is told from what is nearly of it.
    #[test]
    fn forms_are_told_apart() {
        type Case = (Format, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 8] = [
            (
                Format::Email,
                &["a.b+c@example.com"],
                &["a.b", "a@b", "@example.com", "a@@x.de", "a b@x.de", "a@x..de"],
            ),
            (
                Format::Uri,
                &["https://shop.example/p?a=b%20c"],
                &[
                    "shop.example/p",
                    "https:/shop.example",
                    "htp://x.y",
                    "https://shop .example/",
                    "https:///p",
                ],
            ),
            (Format::Path, &["/", "/p/x-1"], &["p/x", "", "/p x"]),
            (Format::Ipv4, &["198.18.0.1"], &["198.18.0", "198.18.0.256", "1.2.3.4.5"]),
            (Format::Phone, &["+493023125000"], &["493023125000", "+49 302", "+x"]),
            (Format::Country, &["DE"], &["de", "DEU", "D"]),
            (Format::Currency, &["EUR"], &["eur", "EURO", "XXX", "EU"]),
            (Format::Locale, &["de-DE"], &["de_DE", "de", "DE-de"]),
        ];
        for (format, right, wrong) in cases {
            assert!(right.iter().all(|text| format.holds(text)), "{format:?} {right:?}");
            assert!(wrong.iter().all(|text| !format.holds(text)), "{format:?} {wrong:?}");
        }
    }
}
