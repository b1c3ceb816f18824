//! Every enumerated string of a world, written once; rows carry keys.

use std::collections::HashMap;

use crate::frame::{NULL, Strings};
use crate::model::journey::Journey;
use crate::model::{Build, DeviceClass, Models};
use crate::population::Consent;
use crate::scenario::ledger::LedgerWords;
use crate::schema::Schemas;

/// Strings that are given the same key when they are the same.
#[derive(Debug, Default)]
struct Interner {
    keys: HashMap<String, u32>,
    strings: Strings,
}

impl Interner {
    /// The key of a string; that of an empty one is [`NULL`].
    fn key(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return NULL;
        }
        if let Some(key) = self.keys.get(text) {
            return *key;
        }
        let key = self.strings.push(text);
        self.keys.insert(text.to_owned(), key);
        key
    }
}

/// Keys of a build's strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildKeys {
    /// Device model.
    pub model: u32,
    /// Operating system.
    pub os: u32,
    /// Its version.
    pub os_version: u32,
    /// Browser.
    pub browser: u32,
    /// Its version.
    pub browser_version: u32,
    /// User agent.
    pub agent: u32,
    /// User agent inside a social app; that of the browser where there is none.
    pub webview_agent: u32,
    /// Browser inside a social app.
    pub webview_browser: u32,
}

/// The strings and, by the ordinals of the models, their keys.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is the strings, or the keys, of what it is named after")]
pub struct Vocabulary {
    pub events: Strings,
    pub profiles: Strings,
    pub classes: Strings,
    pub models: Strings,
    pub systems: Strings,
    pub system_versions: Strings,
    pub browsers: Strings,
    pub browser_versions: Strings,
    pub agents: Strings,
    /// By profile and build.
    pub builds: Vec<Vec<BuildKeys>>,
    pub networks: Strings,
    /// By profile and network.
    pub network: Vec<Vec<u32>>,
    pub countries: Strings,
    pub locales: Strings,
    /// By country and locale.
    pub locale: Vec<Vec<u32>>,
    pub regions: Strings,
    /// By country and city.
    pub region: Vec<Vec<u32>>,
    pub cities: Strings,
    /// By country and city.
    pub city: Vec<Vec<u32>>,
    pub zones: Strings,
    /// By country and city.
    pub zone: Vec<Vec<u32>>,
    pub sources: Strings,
    pub referrers: Strings,
    /// By source and referrer.
    pub referrer: Vec<Vec<u32>>,
    pub click_ids: Strings,
    /// By source.
    pub click_id: Vec<u32>,
    pub campaigns: Strings,
    /// By source and campaign.
    pub campaign: Vec<Vec<u32>>,
    pub utm: [Strings; 5],
    /// By source and campaign.
    pub utm_keys: Vec<Vec<[u32; 5]>>,
    pub consents: Strings,
    /// Of consents and of requests to be forgotten.
    pub ledger: LedgerWords,
    pub products: Strings,
    pub categories: Strings,
    pub brands: Strings,
    /// By product.
    pub brand: Vec<u32>,
    /// By product and currency, side by side: what a piece costs, in minor units.
    pub prices: Vec<i64>,
    pub coupons: Strings,
    pub methods: Strings,
    pub errors: Strings,
    pub currencies: Strings,
    pub queries: Strings,
    pub journeys: Strings,
    pub stages: Strings,
    /// By journey kind and stage.
    pub stage: Vec<Vec<u32>>,
    pub personas: Strings,
    pub channels: Strings,
    pub incomes: Strings,
    /// By persona and income band.
    pub income: Vec<Vec<u32>>,
    pub outcomes: Strings,
    pub order_states: Strings,
    pub payment_states: Strings,
    pub stitches: Strings,
}

/// How journeys end, by ordinal.
pub const OUTCOMES: [&str; 5] =
    ["purchased", "checkout_abandoned", "cart_abandoned", "engaged", "bounced"];
/// The states of an order, by ordinal.
pub const ORDER_STATES: [&str; 4] = ["paid", "shipped", "delivered", "refunded"];
/// How an anonymous visitor becomes known, by ordinal.
pub const STITCHES: [&str; 5] = ["sign_up", "sign_in", "purchase", "message_link", "before_window"];
/// What payments come to, by ordinal.
pub const PAYMENT_STATES: [&str; 4] = ["captured", "declined", "error", "refunded"];

impl Vocabulary {
    /// Writes all strings of the models and schemas.
    pub fn new(models: &Models, journeys: &[Journey], schemas: &Schemas) -> Self {
        let mut words: HashMap<&str, Interner> = HashMap::new();
        let mut key = |list: &'static str, text: &str| words.entry(list).or_default().key(text);
        let builds = models.devices.iter().map(|device| {
            let keys = |build: &Build| build_keys(build, &mut key);
            device.builds.iter().map(keys).collect()
        });
        let builds = builds.collect();
        let network = nested(&models.devices, |d| &d.networks, |(name, _)| key("networks", name));
        let locale = nested(&models.countries, |c| &c.locales, |(name, _)| key("locales", name));
        let region = nested(&models.countries, |c| &c.cities, |city| key("regions", &city.region));
        let city = nested(&models.countries, |c| &c.cities, |city| key("cities", &city.name));
        let zone = nested(&models.countries, |c| &c.cities, |city| key("zones", &city.zone));
        let referrer =
            nested(&models.sources, |s| &s.referrers, |(name, _)| key("referrers", name));
        let campaign = models.sources.iter().map(|source| {
            let id =
                |campaign: &crate::model::Campaign| format!("{}-{}", source.name, campaign.key);
            source.campaigns.iter().map(|c| key("campaigns", &id(c))).collect()
        });
        let campaign = campaign.collect();
        let utm_keys = nested(
            &models.sources,
            |s| &s.campaigns,
            |campaign| std::array::from_fn(|i| key(UTM[i], &campaign.utm[i])),
        );
        let click_id = models.sources.iter().map(|s| key("click ids", &s.click_id)).collect();
        let brand = models.catalogue.products.iter().map(|p| key("brands", &p.brand)).collect();
        let stage = nested(journeys, |j| &j.stages, |stage| key("stages", &stage.name));
        let income = nested(&models.people, |p| &p.income, |(band, _)| key("incomes", band));
        let mut take = |list: &str| words.remove(list).unwrap_or_default().strings;
        Self {
            events: schemas.events.iter().map(|event| &event.name).collect(),
            profiles: models.devices.iter().map(|device| &device.name).collect(),
            classes: DeviceClass::NAMES.iter().collect(),
            models: take("models"),
            systems: take("systems"),
            system_versions: take("system versions"),
            browsers: take("browsers"),
            browser_versions: take("browser versions"),
            agents: take("agents"),
            builds,
            networks: take("networks"),
            network,
            countries: models.countries.iter().map(|country| &country.code).collect(),
            locales: take("locales"),
            locale,
            regions: take("regions"),
            region,
            cities: take("cities"),
            city,
            zones: take("zones"),
            zone,
            sources: models.sources.iter().map(|source| &source.name).collect(),
            referrers: take("referrers"),
            referrer,
            click_ids: take("click ids"),
            click_id,
            campaigns: take("campaigns"),
            campaign,
            utm: UTM.map(&mut take),
            utm_keys,
            consents: Consent::NAMES.iter().collect(),
            ledger: LedgerWords::new(models),
            products: models.catalogue.products.iter().map(|product| &product.sku).collect(),
            categories: models.catalogue.categories.iter().collect(),
            brands: take("brands"),
            brand,
            prices: models.catalogue.products.iter().flat_map(|of| of.prices.clone()).collect(),
            coupons: models.catalogue.coupons.iter().map(|(code, _)| code).collect(),
            methods: models.commerce.payments.iter().map(|method| &method.name).collect(),
            errors: models.commerce.errors.iter().map(|(code, _)| code).collect(),
            currencies: models.commerce.currencies.iter().collect(),
            queries: models.catalogue.queries.iter().map(|(text, ..)| text).collect(),
            journeys: journeys.iter().map(|journey| &journey.name).collect(),
            stages: take("stages"),
            stage,
            personas: models.people.iter().map(|persona| &persona.name).collect(),
            channels: crate::scenario::tables::CHANNELS.iter().collect(),
            incomes: take("incomes"),
            income,
            outcomes: OUTCOMES.iter().collect(),
            order_states: ORDER_STATES.iter().collect(),
            payment_states: PAYMENT_STATES.iter().collect(),
            stitches: STITCHES.iter().collect(),
        }
    }
}

const UTM: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

fn nested<A, B, K>(
    outer: &[A],
    inner: impl Fn(&A) -> &Vec<B>,
    mut key: impl FnMut(&B) -> K,
) -> Vec<Vec<K>> {
    outer.iter().map(|item| inner(item).iter().map(&mut key).collect()).collect()
}

/// The browser that a social app's web view reports itself as.
const WEBVIEW_BROWSER: &str = "TikTok";

fn build_keys(build: &Build, key: &mut impl FnMut(&'static str, &str) -> u32) -> BuildKeys {
    let agent = key("agents", &build.user_agent);
    let browser = key("browsers", &build.browser);
    let inside = !build.webview_agent.is_empty();
    BuildKeys {
        model: key("models", &build.model),
        os: key("systems", &build.os),
        os_version: key("system versions", &build.os_version),
        browser,
        browser_version: key("browser versions", &build.browser_version),
        agent,
        webview_agent: if inside { key("agents", &build.webview_agent) } else { agent },
        webview_browser: if inside { key("browsers", WEBVIEW_BROWSER) } else { browser },
    }
}
