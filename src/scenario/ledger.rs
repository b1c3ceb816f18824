//! The words of the ledger of consents, and of requests to be forgotten.

use std::collections::HashMap;

use crate::frame::Strings;
use crate::model::{City, Models};
use crate::population::consent::signals;

/// Whose a consent is, by ordinal.
pub const SUBJECTS: [&str; 2] = ["user", "device"];
/// What consent is for, by ordinal.
pub const PURPOSES: [&str; 4] = ["analytics", "advertising", "personalisation", "marketing"];
/// Where it counts, by ordinal: those of messages first, in the order of their channels.
pub const CHANNELS: [&str; 5] = ["email", "sms", "push", "web", "app"];
/// Its states, by ordinal.
pub const STATES: [&str; 5] = ["granted", "denied", "withdrawn", "expired", "superseded"];
/// Where a change of it comes from, by ordinal.
pub const SOURCES: [&str; 11] = [
    "banner",
    "settings",
    "browser_signal",
    "opt_out_link",
    "sign_up_form",
    "double_opt_in",
    "push_prompt",
    "unsubscribe_link",
    "stop_reply",
    "erasure_request",
    "system",
];
/// What it rests upon, by ordinal.
pub const LEGAL_BASES: [&str; 2] = ["consent", "opt_out"];
/// What comes of a request to be forgotten, by ordinal.
pub const ERASURE_OUTCOMES: [&str; 3] = ["pending", "completed", "refused"];
/// How one is made, by ordinal.
pub const ERASURE_CHANNELS: [&str; 3] = ["account_settings", "email", "support"];
/// Why one is refused, by ordinal.
pub const REFUSALS: [&str; 2] = ["identity_not_proven", "legal_hold"];

/// Consent Mode, by signals: `G1`, then whether ad_storage, analytics_storage, ad_user_data and ad_personalization are granted, as 1 or 0.
fn consent_mode(signals: u8) -> String {
    let bit = |of: u8| if signals & of == 0 { '0' } else { '1' };
    let ads = bit(signals::ADVERTISING);
    let (analytics, personal) = (bit(signals::ANALYTICS), bit(signals::PERSONALISATION));
    format!("G1{ads}{analytics}{ads}{personal}")
}

/// The strings of the ledger.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is the strings, or the keys, of what it is named after")]
pub struct LedgerWords {
    /// By signals: Consent Mode.
    pub modes: Strings,
    pub jurisdictions: Strings,
    /// By country and city.
    pub jurisdiction: Vec<Vec<u32>>,
    pub subjects: Strings,
    pub purposes: Strings,
    pub channels: Strings,
    pub states: Strings,
    pub sources: Strings,
    pub legal_bases: Strings,
    pub notices: Strings,
    pub erasure_outcomes: Strings,
    pub erasure_channels: Strings,
    pub refusals: Strings,
}

impl LedgerWords {
    /// Writes all of them.
    pub fn new(models: &Models) -> Self {
        let (mut names, mut keys) = (Strings::new(), HashMap::new());
        let jurisdiction = models.countries.iter().map(|country| {
            let name = |city: &City| {
                let objects = country.objecting.contains(&city.region);
                let region = if objects { format!("-{}", city.region) } else { String::new() };
                let name = format!("{}{region}", country.code);
                *keys.entry(name.clone()).or_insert_with(|| names.push(&name))
            };
            country.cities.iter().map(name).collect()
        });
        Self {
            jurisdiction: jurisdiction.collect(),
            jurisdictions: names,
            modes: (0..=signals::ALL).map(consent_mode).collect(),
            subjects: SUBJECTS.iter().collect(),
            purposes: PURPOSES.iter().collect(),
            channels: CHANNELS.iter().collect(),
            states: STATES.iter().collect(),
            sources: SOURCES.iter().collect(),
            legal_bases: LEGAL_BASES.iter().collect(),
            notices: models.consenting.notices.iter().map(|notice| &notice.version).collect(),
            erasure_outcomes: ERASURE_OUTCOMES.iter().collect(),
            erasure_channels: ERASURE_CHANNELS.iter().collect(),
            refusals: REFUSALS.iter().collect(),
        }
    }
}
