//! What events say of products against the catalogue.

use crate::check::entities::NEVER;
use crate::check::pass::{Seen, moment, money, shown};
use crate::check::{Check, Context, EventBatch, Interned, Observer, Rows, Tally, Verdict, Wants};
use crate::read::Column;
use crate::read::hash::{NONE, Words};
use crate::schema::Table;

const PRICES: Check = Check::new(
    "keys.prices",
    &["events", "products"],
    "Events show the catalogue's price in their currency, and its category and brand.",
    "What was shown and what is sold must be the same.",
);
const FOR_SALE: Check = Check::new(
    "keys.for_sale",
    &["events", "products"],
    "Products are viewed while they are for sale, give or take a day for time zones and a day for open pages.",
    "A product that cannot be had is not looked at.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[PRICES, FOR_SALE];

const DAY: i64 = 86_400_000_000;

/// Currencies that the catalogue has a column for; all others see `price`.
const CURRENCIES: [(&str, &str); 3] =
    [("USD", "price_usd"), ("GBP", "price_gbp"), ("BRL", "price_brl")];

/// A product of the catalogue.
#[derive(Clone, Copy)]
struct Product {
    /// List price, then those of [`CURRENCIES`].
    prices: [i64; 4],
    category: u32,
    brand: u32,
    from: i64,
    until: i64,
}

/// Compares events with the catalogue.
pub(super) struct Prices {
    listed: Tally,
    for_sale: Tally,
    products: Vec<Product>,
    words: Words,
    category: Interned,
    brand: Interned,
    currency: Interned,
    /// Keys of [`CURRENCIES`] in `words`.
    currencies: [u32; 3],
    viewed: u32,
}

impl Prices {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let none = Product { prices: [0; 4], category: NONE, brand: NONE, from: 0, until: NEVER };
        let products =
            context.entities.keys("products").map_or(0, crate::check::entities::Keys::len);
        let mut words = Words::default();
        let currencies = CURRENCIES.map(|(name, _)| words.add(name));
        Self {
            listed: Tally::new(&PRICES),
            for_sale: Tally::new(&FOR_SALE),
            products: vec![none; products],
            words,
            category: Interned::default(),
            brand: Interned::default(),
            currency: Interned::default(),
            currencies,
            viewed: super::kind(context, "product_viewed"),
        }
    }

    fn event(&mut self, events: &EventBatch<'_>, row: usize, product: &Product, of: &Columns<'_>) {
        let currency = of.currency.map_or(NONE, |column| self.currency.key(column, row));
        let place = self.currencies.iter().position(|known| *known == currency);
        let listed = product.prices[place.map_or(0, |place| place + 1)];
        let differs = |column: Option<&Column>, words: &Interned, known: u32| {
            column.is_some_and(|of| of.is_valid(row) && words.key(of, row) != known)
        };
        let price = of.price.and_then(|of| of.long(row));
        let wrong = if price.is_some_and(|price| price != listed) {
            Some("price")
        } else if differs(of.category, &self.category, product.category) {
            Some("product_category")
        } else if differs(of.brand, &self.brand, product.brand) {
            Some("product_brand")
        } else {
            None
        };
        self.listed.look(wrong.is_none(), || {
            let name = wrong.unwrap_or_default();
            let there = match (price, name, events.column(name)) {
                (Some(price), "price", _) => {
                    format!("{}, listed at {}", money(price), money(listed))
                }
                (_, _, column) => column.map_or_else(String::new, |column| shown(column, row)),
            };
            (events.place(row), format!("{name} is {there}, which is not the catalogue's"))
        });
        if events.kind[row] == self.viewed {
            let time = events.time[row];
            self.for_sale.look((product.from..=product.until).contains(&time), || {
                (events.place(row), format!("its product is not for sale at {}", moment(time)))
            });
        }
    }
}

/// The columns of a batch of events that speak of products.
struct Columns<'e> {
    price: Option<&'e Column>,
    currency: Option<&'e Column>,
    category: Option<&'e Column>,
    brand: Option<&'e Column>,
}

impl Observer for Prices {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "products" => Wants::Columns(&[
                "price",
                "price_usd",
                "price_gbp",
                "price_brl",
                "category",
                "brand",
                "available_from",
                "available_until",
            ]),
            "events" => Wants::Columns(&[
                "product_id",
                "price",
                "currency",
                "product_category",
                "product_brand",
            ]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        let (Some(category), Some(brand)) = (rows.column("category"), rows.column("brand")) else {
            return;
        };
        self.category.learn(category, &mut self.words);
        self.brand.learn(brand, &mut self.words);
        for row in 0..rows.len() {
            let product = rows.ordinal(row);
            let Some(product) = self.products.get_mut(product as usize) else { continue };
            let names = ["price", CURRENCIES[0].1, CURRENCIES[1].1, CURRENCIES[2].1];
            product.prices = names.map(|name| rows.long(name, row).unwrap_or(0));
            product.category = self.category.key(category, row);
            product.brand = self.brand.key(brand, row);
            product.from = rows.long("available_from", row).map_or(i64::MIN, |day| (day - 1) * DAY);
            product.until = rows.long("available_until", row).map_or(NEVER, |day| (day + 2) * DAY);
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let Some(key) = events.column("product_id") else { return };
        let of = Columns {
            price: events.column("price"),
            currency: events.column("currency"),
            category: events.column("product_category"),
            brand: events.column("product_brand"),
        };
        let pairs = [
            (&mut self.currency, of.currency),
            (&mut self.category, of.category),
            (&mut self.brand, of.brand),
        ];
        for (interned, column) in pairs {
            if let Some(column) = column {
                interned.find(column, &self.words);
            }
        }
        for row in (0..events.len()).filter(|row| key.is_valid(*row)) {
            let product = events.product(row);
            if let Some(product) = self.products.get(product as usize).copied() {
                self.event(events, row, &product, &of);
            }
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        vec![self.listed.verdict(), self.for_sale.verdict()]
    }
}
