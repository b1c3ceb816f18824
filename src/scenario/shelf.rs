//! Which product catches the eye: Zipf popularity within the categories that a persona likes, among what is on sale that day.

use crate::dist::Alias;
use crate::model::{Catalogue, Persona};
use crate::seed::Stream;

/// How often a product out of its stock window is drawn again before the category's stand-by is taken.
const TRIES: u32 = 8;

/// The catalogue as visitors reach into it.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// By persona: categories.
    tastes: Vec<Alias>,
    /// By category: the popularity of its products, and their ordinals.
    aisles: Vec<(Alias, Vec<u32>)>,
    /// By product: first day on sale and the day after the last, counted from the window's start.
    windows: Vec<(i32, i32)>,
    /// By category: a product that is always on sale, if there is one.
    standby: Vec<Option<u32>>,
    /// By price, cheapest first, within each category: for those who live by price.
    cheaper: Vec<u32>,
}

impl Shelf {
    /// Stocks the shelf.
    pub fn new(catalogue: &Catalogue, people: &[Persona]) -> Self {
        let popularity = |rank: usize| libm::pow(rank as f64 + 1.0, -catalogue.zipf);
        let mut aisles = Vec::new();
        let mut standby = Vec::new();
        let mut cheaper: Vec<u32> = (0..catalogue.products.len() as u32).collect();
        let windows: Vec<(i32, i32)> = catalogue
            .products
            .iter()
            .map(|product| {
                let end =
                    if product.days == 0 { i32::MAX } else { product.first_day + product.days };
                (product.first_day, end)
            })
            .collect();
        for category in 0..catalogue.categories.len() {
            let members: Vec<u32> = (0..catalogue.products.len() as u32)
                .filter(|&i| catalogue.products[i as usize].category == category)
                .collect();
            let weights: Vec<f64> = members.iter().map(|&i| popularity(i as usize)).collect();
            let price = |i: u32| catalogue.products[i as usize].prices.first().copied();
            for &member in &members {
                // The most popular product of the category that costs at most three quarters of it.
                let alternative = members.iter().copied().find(|&other| {
                    price(other).zip(price(member)).is_some_and(|(a, b)| a * 4 <= b * 3)
                });
                cheaper[member as usize] = alternative.unwrap_or(member);
            }
            let always =
                |i: &&u32| windows[**i as usize].0 <= 0 && windows[**i as usize].1 == i32::MAX;
            standby.push(members.iter().find(always).copied());
            aisles.push((Alias::new(&weights), members));
        }
        let tastes = people
            .iter()
            .map(|persona| {
                let stocked = |(i, weight): (usize, &f64)| {
                    if aisles[i].1.is_empty() { 0.0 } else { *weight }
                };
                let weights: Vec<f64> =
                    persona.categories.iter().enumerate().map(stocked).collect();
                Alias::new(&weights)
            })
            .collect();
        Self { tastes, aisles, windows, standby, cheaper }
    }

    /// A category that a persona looks at.
    #[inline]
    pub fn category(&self, persona: usize, stream: &mut Stream) -> u32 {
        self.tastes[persona].draw(stream) as u32
    }

    /// A product of a category on sale on that day of the window.
    #[inline]
    pub fn product(&self, category: u32, day: i32, stream: &mut Stream) -> u32 {
        let (popularity, members) = &self.aisles[category as usize];
        if members.is_empty() {
            return 0;
        }
        for _ in 0..TRIES {
            let product = members[popularity.draw(stream)];
            if self.on_sale(product, day) {
                return product;
            }
        }
        self.standby[category as usize].unwrap_or(members[0])
    }

    /// Whether a product is on sale on that day of the window.
    #[inline]
    pub fn on_sale(&self, product: u32, day: i32) -> bool {
        let (first, end) = self.windows[product as usize];
        first <= day && day < end
    }

    /// A popular product of the same category for clearly less money; the same one when there is none.
    #[inline]
    pub fn cheaper(&self, product: u32, day: i32) -> u32 {
        let other = self.cheaper[product as usize];
        if self.on_sale(other, day) { other } else { product }
    }
}
