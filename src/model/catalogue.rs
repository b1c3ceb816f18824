//! Reads the catalogue's rules and makes its products.
//!
//! Products do not depend on a scenario's seed: the same rules give the same shop in every data set. Each category has a stream of
//! its own by name, so a category that is added or changed leaves the products of the others as they were (their popularity shifts).

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::diag::Table;
use crate::dist::normal_quantile;
use crate::model::read::log_normal;
use crate::model::{Catalogue, Product};
use crate::seed::{Purpose, Seed, Stream};

const SEED: Seed = Seed(0x5107);
const PRODUCTS: Purpose = Purpose::named("catalogue");

/// How often a product name is drawn again until it is a new one.
const TRIES: usize = 200;

/// A product may arrive up to this many days after the start, or have been there up to [`OLDEST`] days.
const LATEST: u32 = 60;
const OLDEST: u32 = 900;

/// Reads `catalogue.toml`; prices are given in every currency, by its rate to the first.
pub(super) fn read(table: &Table<'_>, rates: &[f64]) -> Catalogue {
    let stock = table.table("stock");
    let share = |key: &str| stock.as_ref().map_or(0.0, |stock| stock.number(key, 0.0..=1.0));
    let (arriving, leaving) = (share("arriving"), share("leaving"));
    let rules: Vec<Category> = table.tables("categories").iter().map(category).collect();
    if rules.is_empty() {
        table.problem("categories", "the catalogue is empty", "add `[[categories]]`");
    }
    let maker = Maker { rates, arriving, leaving };
    let documents: Vec<String> =
        table.texts("documents").into_iter().map(|text| text.value).collect();
    if documents.is_empty() {
        table.problem("documents", "there is nothing to read", "documents = [\"buying-guide\"]");
    }
    if !rules.is_empty() && rules.iter().all(|rule| rule.queries.is_empty()) {
        let help = "add `queries = [\"…\"]` to one of them";
        table.problem("categories", "nobody can search: no category has queries", help);
    }
    Catalogue {
        categories: rules.iter().map(|rule| rule.name.clone()).collect(),
        products: maker.products(table, &rules),
        zipf: table.number("zipf", 0.0..=3.0),
        repeat: table.number("repeat", 0.0..=1.0),
        queries: queries(&rules),
        coupons: coupons(table),
        documents,
    }
}

fn coupons(table: &Table<'_>) -> Vec<(String, f64)> {
    let Some(inner) = table.opt_table("coupons") else { return Vec::new() };
    inner.keys().into_iter().map(|code| (code.to_owned(), inner.number(code, 0.0..=0.95))).collect()
}

/// The rules of a category's products.
struct Category {
    name: String,
    /// How much its products are looked at, next to those of others.
    appeal: f64,
    count: u32,
    brands: Vec<String>,
    series: Vec<String>,
    nouns: Vec<String>,
    variants: Vec<String>,
    price: (f64, f64),
    queries: Vec<String>,
}

fn category(table: &Table<'_>) -> Category {
    let texts = |key: &str| -> Vec<String> {
        table.texts(key).into_iter().map(|text| text.value).collect()
    };
    let needed = |key: &str| {
        let list = texts(key);
        if list.is_empty() {
            table.problem(key, format!("`{key}` holds nothing"), "product names are made of it");
        }
        list
    };
    Category {
        name: table.text("name"),
        appeal: table.number("appeal", 0.0..=1000.0),
        count: table.integer("count", 1..=1_000_000) as u32,
        brands: needed("brands"),
        series: needed("series"),
        nouns: needed("nouns"),
        variants: texts("variants"),
        price: log_normal(table, "price", 1e6),
        queries: texts("queries"),
    }
}

/// What people search: the first queries of a category more than the later ones, those of an appealing one more than those of others.
fn queries(rules: &[Category]) -> Vec<(String, f64, usize)> {
    let weight = |appeal: f64, rank: usize| appeal * libm::pow(rank as f64 + 1.0, -0.8);
    let of = |(category, rule): (usize, &Category)| {
        let list = rule.queries.iter().enumerate();
        list.map(|(rank, query)| (query.clone(), weight(rule.appeal, rank), category))
            .collect::<Vec<_>>()
    };
    rules.iter().enumerate().flat_map(of).collect()
}

struct Maker<'r> {
    rates: &'r [f64],
    arriving: f64,
    leaving: f64,
}

impl Maker<'_> {
    /// All products, the most popular first: a race of exponential clocks, each as fast as the category's appeal, mixes the
    /// categories in proportion.
    fn products(&self, table: &Table<'_>, rules: &[Category]) -> Vec<Product> {
        let mut slugs = BTreeSet::new();
        let mut ranked: Vec<(f64, Product)> = Vec::new();
        for (ordinal, rule) in rules.iter().enumerate() {
            let mut stream = SEED.stream(PRODUCTS.within(&rule.name), 0, 0);
            for _ in 0..rule.count {
                let Some((name, brand, slug)) = rule.name_one(&mut stream, &mut slugs) else {
                    let message = format!("`{}` has too few words for its count", rule.name);
                    table.problem("categories", message, "add brands, series, nouns or variants");
                    break;
                };
                let rank = -libm::log(1.0 - stream.unit()) / rule.appeal.max(1e-9);
                let product = self.product(rule, ordinal, (name, brand, slug), &mut stream);
                ranked.push((rank, product));
            }
        }
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.slug.cmp(&b.1.slug)));
        let mut products: Vec<Product> = ranked.into_iter().map(|(_, product)| product).collect();
        number(&mut products);
        products
    }

    fn product(
        &self,
        rule: &Category,
        category: usize,
        (name, brand, slug): (String, String, String),
        stream: &mut Stream,
    ) -> Product {
        let (median, sigma) = rule.price;
        let quantile = stream.unit().clamp(0.004, 0.996);
        let price = median * libm::exp(sigma * normal_quantile(quantile));
        let (first_day, days) = self.window(stream);
        Product {
            sku: String::new(),
            name,
            slug,
            brand,
            category,
            prices: self.rates.iter().map(|rate| ending(price * rate, stream)).collect(),
            first_day,
            days,
        }
    }

    /// From when and for how long a product is for sale: most always were and stay.
    fn window(&self, stream: &mut Stream) -> (i32, i32) {
        let first = if stream.chance(self.arriving) {
            stream.below(LATEST) as i32 + 1
        } else {
            -30 - stream.below(OLDEST - 30) as i32
        };
        let leaves = stream.chance(self.leaving);
        let last = 5 + stream.below(90) as i32;
        (first, if leaves && first < 0 { last - first } else { 0 })
    }
}

impl Category {
    fn name_one(
        &self,
        stream: &mut Stream,
        slugs: &mut BTreeSet<String>,
    ) -> Option<(String, String, String)> {
        for _ in 0..TRIES {
            let brand = pick(&self.brands, stream)?;
            let mut name = format!("{brand} {}", pick(&self.series, stream)?);
            if let Some(variant) = pick(&self.variants, stream).filter(|text| !text.is_empty()) {
                let _ = write!(name, " {variant}");
            }
            let _ = write!(name, " {}", pick(&self.nouns, stream)?);
            let slug = slug(&name);
            if slugs.insert(slug.clone()) {
                return Some((name, brand.clone(), slug));
            }
        }
        None
    }
}

fn pick<'l>(list: &'l [String], stream: &mut Stream) -> Option<&'l String> {
    list.get(stream.below(list.len() as u32) as usize)
}

/// A name as the last part of a path: lower case, everything that is no letter or digit a hyphen.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// Keys that tell nothing of popularity: numbered in the order of the slugs.
fn number(products: &mut [Product]) {
    let mut order: Vec<usize> = (0..products.len()).collect();
    order.sort_by(|&a, &b| products[a].slug.cmp(&products[b].slug));
    for (place, index) in order.into_iter().enumerate() {
        products[index].sku = format!("SKU-{}", 10_007 + place * 3);
    }
}

/// A price in minor units with an ending as shops like them: 24.90, 149.00, 1,299.00.
fn ending(price: f64, stream: &mut Stream) -> i64 {
    let whole = libm::floor(price).max(1.0) as i64;
    let draw = stream.below(100);
    match whole {
        ..20 => whole * 100 + [99, 90, 49, 95][(draw / 25) as usize],
        20..100 => {
            whole * 100
                + if draw < 55 {
                    90
                } else if draw < 85 {
                    99
                } else {
                    0
                }
        }
        100..400 => (whole / 5 * 5 + 4) * 100 + if draw < 60 { 0 } else { 90 },
        _ => (whole / 10 * 10 + 9) * 100,
    }
}
