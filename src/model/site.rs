//! `personas/site.toml`: the shop's pages, and the stages that journeys share.

use crate::diag::{Document, Located, Table};

/// What stands between braces in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Nothing: one path.
    None,
    /// A product of the catalogue.
    Product,
    /// A category.
    Category,
    /// A search query (after the `?`).
    Query,
    /// A document.
    Document,
    /// The landing page of the visit's campaign.
    Landing,
}

const SLOTS: [(&str, Slot); 5] = [
    ("product", Slot::Product),
    ("category", Slot::Category),
    ("query", Slot::Query),
    ("document", Slot::Document),
    ("landing", Slot::Landing),
];

/// A page: a path with at most one slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its name.
    pub name: String,
    /// Path before the slot.
    pub before: String,
    /// Path after the slot.
    pub after: String,
    /// The slot.
    pub slot: Slot,
}

/// What a visitor picks on entering a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picks {
    /// Nothing.
    Nothing,
    /// A product.
    Product,
    /// The product seen last, if any; else a product.
    Again,
    /// A category.
    Category,
    /// A search query.
    Query,
    /// A document.
    Document,
}

/// What a stage or a moment does beyond being seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Puts the current product into the cart.
    AddToCart,
    /// Takes a line out of the cart.
    RemoveFromCart,
    /// Applies a coupon to the cart.
    ApplyCoupon,
    /// Identifies the buyer.
    StartCheckout,
    /// Attempts to pay for the cart.
    Pay,
    /// Buys the current product with one touch.
    BuyNow,
}

/// Names of the effects.
pub const EFFECTS: [(&str, Effect); 6] = [
    ("add_to_cart", Effect::AddToCart),
    ("remove_from_cart", Effect::RemoveFromCart),
    ("apply_coupon", Effect::ApplyCoupon),
    ("start_checkout", Effect::StartCheckout),
    ("pay", Effect::Pay),
    ("buy_now", Effect::BuyNow),
];

const PICKS: [(&str, Picks); 5] = [
    ("product", Picks::Product),
    ("again", Picks::Again),
    ("category", Picks::Category),
    ("query", Picks::Query),
    ("document", Picks::Document),
];

/// Where a stage happens and what its view is: the part that journeys share.
#[derive(Debug, Clone, PartialEq)]
pub struct StageBase {
    /// Ordinal of its page.
    pub page: usize,
    /// Ordinal of the event type of its view.
    pub view: u8,
    /// Median dwell, seconds.
    pub dwell: f64,
    /// What is picked on entry.
    pub picks: Picks,
    /// Whether it can only be entered with something in the cart.
    pub needs_cart: bool,
    /// Whether visitors leave it less readily (cart, checkout).
    pub keeps: bool,
    /// What is added to the logit of leaving after it.
    pub leave: f64,
    /// What entering it does.
    pub does: Option<Effect>,
}

/// The site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Scheme and host, before every path.
    pub host: String,
    /// Its pages.
    pub pages: Vec<Page>,
    /// The shared stages by name.
    pub stages: Vec<(String, StageBase)>,
}

impl Site {
    /// Reads the file; event types are known by their names, in order. What is wrong stands in the document's problems.
    pub fn read(document: &Document, events: &[&str]) -> Self {
        let root = document.root();
        let host = root.text("host");
        if !host.starts_with("http") || host.ends_with('/') {
            root.problem("host", "a host is a scheme and a name", "such as https://shop.example");
        }
        let pages = match root.table("pages") {
            Some(table) => table.keys().into_iter().map(|name| Page::read(name, &table)).collect(),
            None => Vec::new(),
        };
        let mut site = Self { host, pages, stages: Vec::new() };
        for needed in ["home", "landing"] {
            if !site.pages.iter().any(|page| page.name == needed) {
                root.problem("pages", format!("no page `{needed}`"), "every site needs it");
            }
        }
        for (name, table) in root.named("stages") {
            if let Some(base) = StageBase::read(&table, &site, events) {
                site.stages.push((name.value, base));
            }
        }
        site
    }

    /// The ordinal of a page.
    pub fn page(&self, name: &str) -> Option<usize> {
        self.pages.iter().position(|page| page.name == name)
    }

    /// The ordinal of the page that a path, without its query, is one of. Landing pages have any path, so none is told to be one.
    pub fn page_of(&self, path: &str) -> Option<usize> {
        self.pages.iter().position(|page| page.has(path))
    }
}

impl Page {
    /// Whether a path, without its query, is one of the page's.
    fn has(&self, path: &str) -> bool {
        let without_query = |text: &str| text.find('?').map_or(text.len(), |at| at);
        let before = &self.before[..without_query(&self.before)];
        match self.slot {
            Slot::None => path == before,
            Slot::Landing => false,
            // What follows the question mark is no part of the path, and the slot stands there.
            _ if before.len() < self.before.len() => path == before,
            _ => {
                let after = &self.after[..without_query(&self.after)];
                let filling = path.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                filling.is_some_and(|filling| !filling.is_empty() && !filling.contains('/'))
            }
        }
    }

    fn read(name: &str, table: &Table<'_>) -> Self {
        let path = table.text(name);
        let nothing = |path: &str| Self {
            name: name.to_owned(),
            before: path.to_owned(),
            after: String::new(),
            slot: Slot::None,
        };
        let Some((before, rest)) = path.split_once('{') else {
            if !path.starts_with('/') {
                table.problem(name, format!("`{path}` is no path"), "a path begins with /");
            }
            return nothing(&path);
        };
        let (slot, after) = rest.split_once('}').unwrap_or((rest, ""));
        let Some((_, found)) = SLOTS.iter().find(|(known, _)| *known == slot) else {
            let known = SLOTS.iter().map(|(known, _)| *known);
            let help = crate::diag::suggest(slot, known);
            table.problem(name, format!("unknown slot `{{{slot}}}`"), help);
            return nothing(before);
        };
        Self {
            name: name.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            slot: *found,
        }
    }
}

/// The ordinal of an event type by name; an unknown one is a problem.
pub(super) fn kind(name: &Located<String>, events: &[&str]) -> Option<u8> {
    name.one_of("event", events.iter().copied()).map(|index| index as u8)
}

impl StageBase {
    /// What stands for a stage whose page is unknown; the problem has been told, so it is never walked.
    pub(super) const NOWHERE: Self = Self {
        page: 0,
        view: 0,
        dwell: 1.0,
        picks: Picks::Nothing,
        needs_cart: false,
        keeps: false,
        leave: 0.0,
        does: None,
    };

    /// Reads the shared part of a stage.
    pub(super) fn read(table: &Table<'_>, site: &Site, events: &[&str]) -> Option<Self> {
        let page = table
            .located("page")
            .and_then(|name| name.one_of("page", site.pages.iter().map(|page| page.name.as_str())));
        let view = table.located("view").and_then(|name| kind(&name, events));
        let base = Self {
            page: page.unwrap_or(0),
            view: view.unwrap_or(0),
            dwell: table.number("dwell", 0.1..=1800.0),
            picks: table.opt_choice("picks", &PICKS).unwrap_or(Picks::Nothing),
            needs_cart: table.opt_choice("needs", &[("cart", true)]).unwrap_or(false),
            keeps: table.flag("keeps", false),
            leave: table.opt_number("leave", -10.0..=10.0).unwrap_or(0.0),
            does: table.opt_choice("does", &EFFECTS),
        };
        (page.is_some() && view.is_some()).then_some(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_to_be_of_its_page() {
        let page = |name: &str, before: &str, slot, after: &str| Page {
            name: name.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            slot,
        };
        let pages = vec![
            page("home", "/", Slot::None, ""),
            page("landing", "", Slot::Landing, ""),
            page("product", "/p/", Slot::Product, ""),
            page("gallery", "/p/", Slot::Product, "/gallery"),
            page("search", "/search?q=", Slot::Query, ""),
        ];
        let site = Site { host: String::new(), pages, stages: Vec::new() };
        let told = |path| site.page_of(path).map(|page| site.pages[page].name.as_str());
        assert_eq!(told("/"), Some("home"));
        assert_eq!(told("/p/desk-lamp"), Some("product"));
        assert_eq!(told("/p/desk-lamp/gallery"), Some("gallery"));
        assert_eq!(told("/search"), Some("search"));
        for nowhere in ["/p/", "/p//gallery", "/l/spring", "/search/more", ""] {
            assert_eq!(told(nowhere), None, "{nowhere}");
        }
    }
}
