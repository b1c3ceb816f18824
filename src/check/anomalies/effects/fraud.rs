//! What fraud did to the crowd, variant by variant.

use std::collections::BTreeSet;

use super::{Crowd, Effect};
use crate::check::anomalies::labels::Incident;

/// The effects of the variants that are labelled.
pub(super) fn effects(incidents: &[&Incident], dirty: &Crowd, clean: &Crowd) -> Vec<Effect> {
    let variants: BTreeSet<&str> =
        incidents.iter().map(|of| of.variant.as_deref().unwrap_or("card_testing")).collect();
    let effect = |variant: &str| match variant {
        "account_takeover" => takeovers(dirty, clean),
        "promotion_ring" => rings(dirty, clean),
        _ => cards(dirty, clean),
    };
    variants.into_iter().map(effect).collect()
}

fn cards(dirty: &Crowd, clean: &Crowd) -> Effect {
    let share = |of: &Crowd| of.payments.0 as f64 / of.payments.1.max(1) as f64;
    let more = dirty.most_failed as f64 - clean.most_failed as f64;
    let change = share(dirty) - share(clean);
    let effect = if change.abs() < 1e-12 { more } else { change };
    Effect::new("change of the share of payments that fail", effect, dirty.payments.1)
}

fn takeovers(dirty: &Crowd, clean: &Crowd) -> Effect {
    let is_elsewhere = |(id, visit): &(&u128, &super::Visit)| {
        clean.sessions.get(*id).is_some_and(|was| {
            was.country != visit.country
                && was.device != visit.device
                && !clean.holders.contains_key(&visit.device)
        })
    };
    let count = dirty.sessions.iter().filter(is_elsewhere).count();
    let name = "visits from another country and device than in the twin";
    Effect::new(name, count as f64, dirty.sessions.len() as u64)
}

fn rings(dirty: &Crowd, clean: &Crowd) -> Effect {
    let most = |of: &Crowd| of.redeemed.values().map(BTreeSet::len).max().unwrap_or(0) as f64;
    let name = "accounts of one coupon at one address, beyond the twin's";
    Effect::new(name, most(dirty) - most(clean), dirty.redeemed.len() as u64)
}
