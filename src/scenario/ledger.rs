//! The words of the ledger of consents, and of requests to be forgotten.

use std::collections::HashMap;

use crate::frame::Strings;
use crate::model::{City, Models};
use crate::population::consent::signals;

/// Lists of words, each word known by its place in its list: rows hold places, files hold words.
macro_rules! words {
    ($($(#[$doc:meta])* $list:ident { $($name:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        pub mod $list {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "counted, not used")]
            enum Place { $($name,)* }

            $(#[doc = concat!("`", $word, "`.")]
            pub const $name: u8 = Place::$name as u8;)*

            /// The words in their order.
            pub const NAMES: [&str; [$($word),*].len()] = [$($word),*];
        }
    )*};
}

words! {
    /// Whose a consent is.
    subject { USER = "user", DEVICE = "device", }
    /// What consent is for: what is done on a device first, in the order of [`signals::OF_PURPOSES`].
    purpose {
        ANALYTICS = "analytics",
        ADVERTISING = "advertising",
        PERSONALISATION = "personalisation",
        MARKETING = "marketing",
    }
    /// Where it counts: what messages come over first, in the order of their channels.
    channel { EMAIL = "email", SMS = "sms", PUSH = "push", WEB = "web", APP = "app", }
    /// Its states.
    state {
        GRANTED = "granted",
        DENIED = "denied",
        WITHDRAWN = "withdrawn",
        EXPIRED = "expired",
        SUPERSEDED = "superseded",
    }
    /// Where a change of it comes from.
    source {
        BANNER = "banner",
        SETTINGS = "settings",
        BROWSER_SIGNAL = "browser_signal",
        OPT_OUT_LINK = "opt_out_link",
        SIGN_UP_FORM = "sign_up_form",
        DOUBLE_OPT_IN = "double_opt_in",
        PUSH_PROMPT = "push_prompt",
        UNSUBSCRIBE_LINK = "unsubscribe_link",
        STOP_REPLY = "stop_reply",
        ERASURE_REQUEST = "erasure_request",
        SYSTEM = "system",
    }
    /// What it rests upon.
    basis { CONSENT = "consent", OPT_OUT = "opt_out", }
    /// What comes of a request to be forgotten.
    outcome { PENDING = "pending", COMPLETED = "completed", REFUSED = "refused", }
    /// How one is made.
    request { ACCOUNT_SETTINGS = "account_settings", EMAIL = "email", SUPPORT = "support", }
    /// Why one is refused.
    refusal { IDENTITY_NOT_PROVEN = "identity_not_proven", LEGAL_HOLD = "legal_hold", }
}

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
            subjects: subject::NAMES.iter().collect(),
            purposes: purpose::NAMES.iter().collect(),
            channels: channel::NAMES.iter().collect(),
            states: state::NAMES.iter().collect(),
            sources: source::NAMES.iter().collect(),
            legal_bases: basis::NAMES.iter().collect(),
            notices: models.consenting.notices.iter().map(|notice| &notice.version).collect(),
            erasure_outcomes: outcome::NAMES.iter().collect(),
            erasure_channels: request::NAMES.iter().collect(),
            refusals: refusal::NAMES.iter().collect(),
        }
    }
}
