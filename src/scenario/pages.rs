//! Every page of the site as a key: paths and URLs are written once, for the world.

use std::fmt::Write;

use crate::frame::Strings;
use crate::model::site::{Site, Slot};
use crate::model::{Catalogue, Source};

/// The site's pages.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Paths by key.
    pub paths: Strings,
    /// URLs by key.
    pub urls: Strings,
    /// First key of each page of the site.
    first: Vec<u32>,
    /// First landing parameter of each source.
    first_campaign: Vec<u32>,
    slots: Vec<Slot>,
    home: usize,
    landing: usize,
}

impl Pages {
    /// Lays out all pages.
    pub fn new(site: &Site, catalogue: &Catalogue, sources: &[Source]) -> Self {
        let mut first_campaign = Vec::new();
        let mut landings = Vec::new();
        for source in sources {
            first_campaign.push(landings.len() as u32);
            landings.extend(source.campaigns.iter().map(|campaign| campaign.landing.as_str()));
        }
        let product_page = site.page("product").map(|page| &site.pages[page]);
        let landings: Vec<String> = landings
            .iter()
            .enumerate()
            .map(|(i, landing)| match product_page {
                // Campaigns for "a product" are for the most popular ones, each for its own.
                Some(page) if *landing == "{product}" && !catalogue.products.is_empty() => {
                    let product = &catalogue.products[i % catalogue.products.len()];
                    format!("{}{}{}", page.before, product.slug, page.after)
                }
                _ if landing.starts_with('/') => (*landing).to_owned(),
                _ => "/".to_owned(),
            })
            .collect();
        let mut pages = Self {
            paths: Strings::new(),
            urls: Strings::new(),
            first: Vec::new(),
            first_campaign,
            slots: site.pages.iter().map(|page| page.slot).collect(),
            home: site.page("home").unwrap_or(0),
            landing: site.page("landing").unwrap_or(0),
        };
        for page in &site.pages {
            pages.first.push(pages.paths.len() as u32);
            let mut fillings: Vec<String> = match page.slot {
                Slot::None => vec![String::new()],
                Slot::Product => catalogue.products.iter().map(|p| p.slug.clone()).collect(),
                Slot::Category => catalogue.categories.iter().map(|name| slug(name)).collect(),
                Slot::Query => catalogue.queries.iter().map(|(text, ..)| query(text)).collect(),
                Slot::Document => catalogue.documents.clone(),
                Slot::Landing => landings.clone(),
            };
            if fillings.is_empty() {
                // No page lacks a key, whatever the models lack.
                fillings.push(String::new());
            }
            for filling in fillings {
                let whole = format!("{}{filling}{}", page.before, page.after);
                pages.paths.push(whole.split('?').next().unwrap_or_default());
                pages.urls.push(&format!("{}{whole}", site.host));
            }
        }
        pages
    }

    /// The key of a page; `filling` is the ordinal of what fills its slot.
    #[inline]
    pub fn key(&self, page: usize, filling: u32) -> u32 {
        match self.slots[page] {
            Slot::None => self.first[page],
            _ => self.first[page] + filling,
        }
    }

    /// The page of a key.
    pub fn page(&self, key: u32) -> usize {
        self.first.partition_point(|first| *first <= key).saturating_sub(1)
    }

    /// What fills a page's slot.
    #[inline]
    pub fn slot(&self, page: usize) -> Slot {
        self.slots[page]
    }

    /// The key of a campaign's landing page; without a campaign, the home page.
    #[inline]
    pub fn landing(&self, source: usize, campaign: Option<usize>) -> u32 {
        match campaign {
            Some(campaign) => {
                self.first[self.landing] + self.first_campaign[source] + campaign as u32
            }
            None => self.first[self.home],
        }
    }
}

/// Lower-case ASCII words joined by hyphens.
pub fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// A query as a form sends it: letters and digits as they are, blanks as +, other bytes in hexadecimal.
fn query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte as char),
            b' ' => out.push('+'),
            // Writing to a string cannot fail.
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}
