//! Behaviour models: personas, devices, sources, journeys, the catalogue, the countries. Written as TOML under `personas/`, read and
//! checked here, immutable afterwards. Everything refers to everything by ordinal.

pub mod behaviour;
mod catalogue;
mod commerce;
mod consent;
mod country;
mod device;
pub mod globe;
pub mod journey;
mod load;
pub(crate) mod names;
mod persona;
mod read;
mod rhythm;
pub mod site;
mod source;
pub mod target;
#[cfg(test)]
pub(crate) mod tests;

pub use behaviour::LONGEST_DWELL;
pub use consent::{Consenting, Forgetting, Marketing, Notice, Web};
pub use load::{Files, Models, TextFile};

/// What a device is held as; decides hours, gestures and conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceClass {
    /// A phone.
    Mobile,
    /// A computer.
    Desktop,
    /// A tablet.
    Tablet,
}

impl DeviceClass {
    /// All classes, by ordinal.
    pub const ALL: [DeviceClass; 3] = [Self::Mobile, Self::Desktop, Self::Tablet];
    /// Their names, by ordinal.
    pub const NAMES: [&'static str; 3] = ["mobile", "desktop", "tablet"];
}

/// A kind of person (`personas/people/<name>.toml`).
#[derive(Debug, Clone, PartialEq)]
pub struct Persona {
    /// File name without extension.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Who it is.
    pub doc: String,
    /// Weight in the population; scenarios may override; made to sum to 1 over all personas loaded.
    pub share: f64,
    /// Engagement, added to E (logit units).
    pub engagement: f64,
    /// Conversion, added to every micro-conversion (logit units).
    pub conversion: f64,
    /// Age in years: mean, standard deviation, least, greatest.
    pub age: [f64; 4],
    /// Income bands with their weights: (`"30k-50k"`, weight).
    pub income: Vec<(String, f64)>,
    /// Multiplies the device class's hourly profile, local hour 0-23.
    pub hours: [f64; 24],
    /// Multiplies the weekday profile, Monday first.
    pub weekdays: [f64; 7],
    /// Probability of owning a device of each class; at least one is always owned.
    pub owns: [f64; 3],
    /// Weight of each device profile (ordinal in [`Models::devices`]) among those of its class.
    pub devices: Vec<f64>,
    /// Log-odds tilt towards each device class when choosing one for a visit.
    pub device_tilt: [f64; 3],
    /// Weight of each source (ordinal in [`Models::sources`]).
    pub sources: Vec<f64>,
    /// Weight of each journey kind (ordinal in [`Models::journey_names`]).
    pub journeys: Vec<f64>,
    /// Weight of each country (ordinal in [`Models::countries`]).
    pub countries: Vec<f64>,
    /// 0 (blind to price) to 1 (lives by it): moves choice of products, coupon use, and conversion with price.
    pub price_sensitivity: f64,
    /// 0 to 1: patience multiplies dwell and softens the effect of slow pages.
    pub patience: f64,
    /// Mean visits a week of an average member while active.
    pub visits_per_week: f64,
    /// Share of members who are known customers from before the window.
    pub known: f64,
    /// Weight of each category (ordinal in [`Catalogue::categories`]).
    pub categories: Vec<f64>,
    /// Opt-in and preference weight for e-mail, SMS, push.
    pub channels: [f64; 3],
    /// Weight of each payment method (ordinal in [`Commerce::payments`]).
    pub payments: Vec<f64>,
    /// Probability of granting analytics consent when asked, before the country's banner design moves it.
    pub consent: f64,
}

/// A device profile (`personas/devices/<name>.toml`).
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceProfile {
    /// File name without extension.
    pub name: String,
    /// What it is.
    pub doc: String,
    /// Its class.
    pub class: DeviceClass,
    /// Weight among the profiles of its class where a persona says nothing.
    pub share: f64,
    /// Whether it is an app of the shop rather than a browser.
    pub app: bool,
    /// Whether links from a social app open in that app's own web view on this device.
    pub webview: bool,
    /// Engagement, added to E.
    pub engagement: f64,
    /// Conversion, added to every micro-conversion.
    pub conversion: f64,
    /// Added to the log of dwell.
    pub dwell: f64,
    /// Largest contentful paint: median in seconds, sigma of its log.
    pub load: (f64, f64),
    /// The share of landings that load in under 2 s which the profile states.
    pub fast_share: f64,
    /// The same of sessions from a source whose links open in its own app; none where that makes no difference.
    pub fast_share_in_app: Option<f64>,
    /// Weights of networks: names and weights (`wifi`, `5g`, `4g`, `3g`).
    pub networks: Vec<(String, f64)>,
    /// Round trip: median in ms, sigma of its log.
    pub latency: (f64, f64),
    /// Probability that a page shows a client error.
    pub error_rate: f64,
    /// Probability that a session is sent late because the device went offline.
    pub offline: f64,
    /// Gestures with weights: `tap`, `swipe`, `click`, `hover`, `scroll`, …
    pub gestures: Vec<(String, f64)>,
    /// The builds that exist: platform, versions, viewport and user agents that go together.
    pub builds: Vec<Build>,
}

/// One combination of platform, versions, screen and user agent that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    /// Weight among the profile's builds.
    pub weight: f64,
    /// Model of the device: `iPhone 15`, `Pixel 8`, `Mac`.
    pub model: String,
    /// Operating system: `iOS`, `Android`, `Windows`, `macOS`, `iPadOS`.
    pub os: String,
    /// Its version.
    pub os_version: String,
    /// Browser, or the app's name.
    pub browser: String,
    /// Its version.
    pub browser_version: String,
    /// Viewport in CSS pixels, width and height.
    pub viewport: (i32, i32),
    /// Device pixels a CSS pixel.
    pub pixel_ratio: f64,
    /// The user agent, whole.
    pub user_agent: String,
    /// The user agent inside a social app's web view, where the profile has one; else empty.
    pub webview_agent: String,
}

/// Where visits come from (`personas/sources/<name>.toml`).
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// File name without extension.
    pub name: String,
    /// What it is.
    pub doc: String,
    /// Its weight with a persona that does not name it.
    pub share: f64,
    /// Engagement, added to E.
    pub engagement: f64,
    /// Conversion, added to every micro-conversion.
    pub conversion: f64,
    /// P(device class | source).
    pub devices: [f64; 3],
    /// Referrers with weights; the empty string is no referrer.
    pub referrers: Vec<(String, f64)>,
    /// Name of the query parameter that carries the click id (`ttclid`, `gclid`); empty without one.
    pub click_id: String,
    /// Share of its visits that belong to a campaign.
    pub campaign_share: f64,
    /// Bursts: mean number a day, half-life in hours, size of a burst relative to the source's daily volume. Zeros without.
    pub bursts: [f64; 3],
    /// Whether a phone opens its links inside the source's own app.
    pub in_app: bool,
    /// Its campaigns.
    pub campaigns: Vec<Campaign>,
}

/// A campaign of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Key within the source's file; the campaign's id is `<source>-<key>`.
    pub key: String,
    /// Name as marketing writes it.
    pub name: String,
    /// Weight among the source's campaigns while it runs.
    pub weight: f64,
    /// First day, counted from the scenario's start (may be negative).
    pub first_day: i32,
    /// How many days it runs; 0 is for ever.
    pub days: i32,
    /// Daily budget in euros.
    pub budget: f64,
    /// utm_source, utm_medium, utm_campaign, utm_term, utm_content; an empty one is absent.
    pub utm: [String; 5],
    /// Landing page: a path, or `{product}` for that of a product of the catalogue.
    pub landing: String,
    /// The channel of the message whose link it is (`email`, `sms`, `push`); such a campaign has visits only through messages.
    pub message: Option<String>,
}

/// A country people live in (`personas/locales/<code>.toml`).
#[derive(Debug, Clone, PartialEq)]
pub struct Country {
    /// ISO 3166 code, upper case.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Weight where a persona says nothing.
    pub share: f64,
    /// BCP 47 locales with weights.
    pub locales: Vec<(String, f64)>,
    /// Which of the fake crate's locales makes its names: `en`, `de_de`, `fr_fr`, `it_it`, `nl_nl`, `pt_br`.
    pub names: String,
    /// Ordinal in [`Commerce::currencies`].
    pub currency: usize,
    /// Sales tax included in prices, as a share (0.19).
    pub tax: f64,
    /// Phone numbers reserved for examples: a pattern in which `#` is any digit.
    pub phones: Vec<String>,
    /// Street address with `{street}`, `{number}` in the country's order.
    pub address: String,
    /// Street names.
    pub streets: Vec<String>,
    /// Cities with their region, postcode pattern, IANA zone, weight.
    pub cities: Vec<City>,
    /// Consent banner: whether one is shown, and whether refusing is on its first layer.
    pub banner: (bool, bool),
    /// How many months an answer to it holds.
    pub answer_months: i64,
    /// Regions where nobody is asked, but may object to advertising.
    pub objecting: Vec<String>,
    /// Public holidays as month and day, on which visits are multiplied by `holiday`.
    pub holidays: Vec<(i8, i8)>,
    /// The multiplier on those days.
    pub holiday: f64,
}

/// A city.
#[derive(Debug, Clone, PartialEq)]
pub struct City {
    /// Its name.
    pub name: String,
    /// State, Land, region.
    pub region: String,
    /// Postcode in which `#` is any digit and `@` any letter.
    pub postcode: String,
    /// IANA time zone.
    pub zone: String,
    /// Weight within the country.
    pub weight: f64,
}

/// What is for sale (`personas/catalogue.toml`, made into products by its seed-free rules).
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// Category names (slugs are made of them).
    pub categories: Vec<String>,
    /// Products in order of popularity within the whole catalogue: the first is the most viewed.
    pub products: Vec<Product>,
    /// Exponent of the Zipf law of popularity.
    pub zipf: f64,
    /// Probability that a product view repeats an item seen before in the session.
    pub repeat: f64,
    /// Search queries with weights and the category each leads to.
    pub queries: Vec<(String, f64, usize)>,
    /// Coupons: code and share off.
    pub coupons: Vec<(String, f64)>,
    /// Documents to read (whitepapers): slugs.
    pub documents: Vec<String>,
}

/// An item.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Key: `SKU-10042`.
    pub sku: String,
    /// Name.
    pub name: String,
    /// Last part of its path.
    pub slug: String,
    /// Brand.
    pub brand: String,
    /// Ordinal of its category.
    pub category: usize,
    /// Price in cents (minor units), by currency ordinal; tax included.
    pub prices: Vec<i64>,
    /// First day for sale, counted from the scenario's start (may be negative).
    pub first_day: i32,
    /// Days for sale; 0 is for ever.
    pub days: i32,
}

/// How money changes hands (`personas/commerce.toml`).
#[derive(Debug, Clone, PartialEq)]
pub struct Commerce {
    /// ISO 4217 codes; the first is the one the catalogue is priced in.
    pub currencies: Vec<String>,
    /// Units of each currency for one of the first.
    pub rates: Vec<f64>,
    /// Payment methods: `card`, `paypal`, `apple_pay`, …
    pub payments: Vec<PaymentMethod>,
    /// Error codes of a failed payment with weights.
    pub errors: Vec<(String, f64)>,
    /// How many of them, from the first, are a bank's no; the others are something that broke.
    pub declines: usize,
    /// Shipping in minor units by currency ordinal, and the subtotal from which it is free.
    pub shipping: Vec<(i64, i64)>,
    /// Share of completed orders that are refunded later.
    pub refund_rate: f64,
}

/// A way to pay.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentMethod {
    /// Its name.
    pub name: String,
    /// Whether it completes in one touch from a product page.
    pub one_click: bool,
    /// The operating systems that offer it; empty is all.
    pub systems: Vec<String>,
    /// Probability that an attempt fails.
    pub failure: f64,
}

/// When people come (`personas/rhythm.toml`).
#[derive(Debug, Clone, PartialEq)]
pub struct Rhythm {
    /// Share of a day's session starts in each local hour, by device class; each sums to 1.
    pub hours: [[f64; 24]; 3],
    /// Factor of each weekday, Monday first; mean 1.
    pub weekdays: [f64; 7],
    /// Factor of each month, January first; mean 1.
    pub season: [f64; 12],
    /// Lag-1 correlation of the log of a day's volume.
    pub day_rho: f64,
    /// Standard deviation of the log of a day's volume.
    pub day_sigma: f64,
}
