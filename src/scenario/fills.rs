//! Which groups of optional columns an event type fills, as bits.

use crate::diag::{Problem, Problems};
use crate::schema::Schemas;

/// Page: URL, path, referrer, load, dwell.
pub const PAGE: u8 = 1;
/// Product, price, quantity.
pub const PRODUCT: u8 = 2;
/// Cart.
pub const CART: u8 = 4;
/// Order and its money.
pub const ORDER: u8 = 8;
/// Search query.
pub const SEARCH: u8 = 16;
/// Place in a list.
pub const LIST: u8 = 32;

const GROUPS: [(&str, u8); 6] = [
    ("page", PAGE),
    ("product", PRODUCT),
    ("cart", CART),
    ("order", ORDER),
    ("search", SEARCH),
    ("list", LIST),
];

/// By event type: its groups.
///
/// # Errors
/// Unknown groups, and an event type that fills both order and search.
pub fn resolve(schemas: &Schemas) -> Result<Vec<u8>, Problems> {
    let mut problems = Problems::new();
    let mut all = Vec::new();
    for event in &schemas.events {
        let mut bits = 0;
        for group in &event.fills {
            match GROUPS.iter().find(|(name, _)| name == group) {
                Some((_, bit)) => bits |= bit,
                None => problems.push(
                    Problem::new(format!("event {} fills an unknown group `{group}`", event.name))
                        .help(crate::diag::suggest(group, GROUPS.map(|(name, _)| name))),
                ),
            }
        }
        if bits & (ORDER | SEARCH) == ORDER | SEARCH {
            problems.push(
                Problem::new(format!("event {} fills both `order` and `search`", event.name))
                    .help("an event has one or the other"),
            );
        }
        all.push(bits);
    }
    problems.or(all)
}
