//! A user in the large: name, e-mail, phone, address, birth date; for the users table alone.

use std::fmt::Write;

use crate::model::names::NAME_LOCALES;
use crate::population::{People, User};
use crate::seed::{Purpose, Stream};

const NAME: Purpose = Purpose::named("profile.name");
const EMAIL: Purpose = Purpose::named("profile.email");
const PLACE: Purpose = Purpose::named("profile.place");
const LIFE: Purpose = Purpose::named("profile.life");

const YEAR: f64 = 365.2425;

/// Domains that are reserved for examples (RFC 2606), so that no mail can reach anybody.
const DOMAINS: [&str; 8] = [
    "example.com",
    "example.org",
    "example.net",
    "mail.example",
    "inbox.example",
    "post.example",
    "mail.example.com",
    "home.example.net",
];

/// Letters of postcodes: those that look like a digit or each other are used nowhere.
const LETTERS: &[u8] = b"ABDEGHJLNPRSTWXZ";

/// What only the users table shows of a user. City and region are those of [`User::city`]; all parts fit each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address at a domain reserved for examples; no two users have the same.
    pub email: String,
    /// Phone number in international form, of a range reserved for fiction, or one that cannot be assigned.
    pub phone: String,
    /// Street and house number in the country's order.
    pub street: String,
    /// Postcode of the city.
    pub postcode: String,
    /// Days since 1970.
    pub birth_date: i32,
    /// Ordinal in the persona's income bands.
    pub income: u16,
}

/// Fills a profile in, whatever it held.
pub(super) fn fill(people: &People, id: u64, user: &User, out: &mut Profile) {
    let country = &people.countries[usize::from(user.country)];
    let mut stream = people.seed.stream(NAME, id, 0);
    let locale = NAME_LOCALES.iter().find(|locale| locale.name == country.names);
    let [first, last] = (locale.unwrap_or(&NAME_LOCALES[0]).draw)(&mut stream);
    // The lists of names have a blank or a tab behind some of them.
    set(&mut out.first_name, first.trim());
    set(&mut out.last_name, last.trim());

    let mut stream = people.seed.stream(LIFE, id, 0);
    let kind = &people.kinds[usize::from(user.persona)];
    out.birth_date = birth_date(people, kind.age, &mut stream);
    out.income = kind.income.draw(&mut stream) as u16;

    email(id, out, &mut people.seed.stream(EMAIL, id, 0));

    let mut stream = people.seed.stream(PLACE, id, 0);
    out.phone.clear();
    pattern(choose(&country.phones, &mut stream), &mut stream, &mut out.phone);
    out.postcode.clear();
    let city = country.cities.get(usize::from(user.city));
    pattern(city.map_or("", |city| &city.postcode), &mut stream, &mut out.postcode);
    street(&country.address, choose(&country.streets, &mut stream), &mut stream, &mut out.street);
}

fn set(text: &mut String, value: &str) {
    text.clear();
    text.push_str(value);
}

fn choose<'l>(list: &'l [String], stream: &mut Stream) -> &'l str {
    list.get(stream.below(list.len() as u32) as usize).map_or("", String::as_str)
}

/// The age at the window's start is normal within its bounds (drawn again outside them); the birthday is any day of the year.
fn birth_date(people: &People, [mean, sd, least, greatest]: [f64; 4], stream: &mut Stream) -> i32 {
    let fits = |age: &f64| (least..=greatest).contains(age);
    let drawn = (0..8).map(|_| mean + sd * people.normal.draw(stream)).find(fits);
    let age = drawn.unwrap_or(mean);
    people.start_day - (age * YEAR) as i32
}

/// Writes a pattern in which `#` is any digit and `@` any letter.
fn pattern(pattern: &str, stream: &mut Stream, out: &mut String) {
    for c in pattern.chars() {
        out.push(match c {
            '#' => char::from(b'0' + stream.below(10) as u8),
            '@' => char::from(LETTERS[stream.below(LETTERS.len() as u32) as usize]),
            other => other,
        });
    }
}

/// House numbers are small more often than large: two draws multiplied.
fn street(form: &str, street: &str, stream: &mut Stream, out: &mut String) {
    let number = 1 + (stream.unit() * stream.unit() * 180.0) as u32;
    out.clear();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        // Writing to a string cannot fail.
        let _ = match name {
            "street" => out.write_str(street),
            "number" => write!(out, "{number}"),
            _ => Ok(()),
        };
        rest = after;
    }
    out.push_str(rest);
}

/// An address out of the name, ended by the user's number in base 36 after a separator, which makes it unique.
fn email(id: u64, profile: &mut Profile, stream: &mut Stream) {
    let Profile { first_name, last_name, email, birth_date, .. } = profile;
    email.clear();
    let (separator, style) = (["_", "-", ".", "."][stream.below(4) as usize], stream.below(10));
    match style {
        0..=4 => {
            ascii(first_name, email);
            email.push_str(separator);
            ascii(last_name, email);
        }
        5 | 6 => {
            initial(first_name, email);
            ascii(last_name, email);
        }
        7 => {
            ascii(last_name, email);
            email.push_str(separator);
            ascii(first_name, email);
        }
        _ => {
            ascii(first_name, email);
            let year = 1970.0 + f64::from(*birth_date) / YEAR;
            let _ = write!(email, "{:02}", (year as i64).rem_euclid(100));
        }
    }
    email.push('.');
    base36(id, email);
    email.push('@');
    // The first domains are the popular ones.
    let at = (stream.unit() * stream.unit() * DOMAINS.len() as f64) as usize;
    email.push_str(DOMAINS[at.min(DOMAINS.len() - 1)]);
}

fn initial(name: &str, out: &mut String) {
    let start = out.len();
    ascii(name, out);
    if let Some(first) = out[start..].chars().next() {
        out.truncate(start + first.len_utf8());
    }
}

/// Lower-case letters of a name as they are spelt without accents; what has no such spelling is left out.
fn ascii(name: &str, out: &mut String) {
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'ä' | 'æ' => out.push_str("ae"),
            'ö' | 'ø' | 'œ' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'å' => out.push('a'),
            'è' | 'é' | 'ê' | 'ë' => out.push('e'),
            'ì' | 'í' | 'î' | 'ï' => out.push('i'),
            'ò' | 'ó' | 'ô' | 'õ' => out.push('o'),
            'ù' | 'ú' | 'û' => out.push('u'),
            'ç' => out.push('c'),
            'ñ' => out.push('n'),
            'ý' | 'ÿ' => out.push('y'),
            _ => {}
        }
    }
}

fn base36(mut number: u64, out: &mut String) {
    let mut digits = [0_u8; 13];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize];
        number /= 36;
        if number == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}
