//! `products`: one row an item of the catalogue.

use crate::model::Product;
use crate::scenario::World;
use crate::tables::{Context, Get, Record};

/// A product by its ordinal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductRow(pub u32);

impl Record for ProductRow {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("product.id", Get::Key(|_, p| p.0, |w| &w.words.products)),
        (
            "product.name",
            Get::Text(|c, p, out| {
                out.extend_from_slice(product(c, *p).name.as_bytes());
                true
            }),
        ),
        ("product.brand", Get::Key(|c, p| c.world.words.brand[p.0 as usize], |w| &w.words.brands)),
        (
            "product.category",
            Get::Key(|c, p| product(c, *p).category as u32, |w| &w.words.categories),
        ),
        ("product.path", Get::Key(|c, p| path(c.world, *p), |w| &w.pages.paths)),
        ("product.price", Get::Money(|c, p| product(c, *p).prices[0])),
        ("product.currency", Get::Key(|_, _| 0, |w| &w.words.currencies)),
        ("product.price_usd", Get::Money(|c, p| price(c, *p, "USD"))),
        ("product.price_gbp", Get::Money(|c, p| price(c, *p, "GBP"))),
        ("product.price_brl", Get::Money(|c, p| price(c, *p, "BRL"))),
        (
            "product.available_from",
            Get::Date(|c, p| Some(c.world.first_day() + product(c, *p).first_day)),
        ),
        ("product.available_until", Get::Date(|c, p| until(c, *p))),
    ];
}

fn product<'c>(context: &Context<'c>, row: ProductRow) -> &'c Product {
    &context.world.models.catalogue.products[row.0 as usize]
}

fn path(world: &World, row: ProductRow) -> u32 {
    world.site.page("product").map_or(0, |page| world.pages.key(page, row.0))
}

/// The price in a currency; in the catalogue's own where that one is not traded.
fn price(context: &Context<'_>, row: ProductRow, code: &str) -> i64 {
    let currencies = &context.world.models.commerce.currencies;
    let ordinal = currencies.iter().position(|currency| currency == code).unwrap_or(0);
    product(context, row).prices[ordinal]
}

/// The last day for sale.
fn until(context: &Context<'_>, row: ProductRow) -> Option<i32> {
    let product = product(context, row);
    (product.days > 0).then(|| context.world.first_day() + product.first_day + product.days - 1)
}
