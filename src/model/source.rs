//! Reads where visits come from.

use std::collections::BTreeSet;

use crate::diag::Table;
use crate::model::read::{by_class, normalise, shares};
use crate::model::{Campaign, Source};

/// The keys of `utm`, in the order of [`Campaign::utm`].
const UTM: [&str; 5] = ["source", "medium", "campaign", "term", "content"];

/// Reads a source's file.
pub(super) fn read(name: &str, table: &Table<'_>) -> Source {
    let mut devices = by_class(table, "devices", &(0.0..=1.0));
    let sum: f64 = devices.iter().sum();
    if table.has("devices") && (sum - 1.0).abs() > 1e-3 {
        let message = format!("the shares of `devices` sum to {sum:.3}");
        table.problem("devices", message, "they must sum to 1");
    }
    normalise(&mut devices);
    let campaigns: Vec<Campaign> = table.tables("campaigns").iter().map(campaign).collect();
    let campaign_share = table.number("campaign_share", 0.0..=1.0);
    if campaign_share > 0.0 && campaigns.iter().all(|campaign| campaign.weight == 0.0) {
        let help = "add `[[campaigns]]` with a weight above 0, or set it to 0";
        table.problem("campaign_share", "no campaign can have these visits", help);
    }
    let mut keys = BTreeSet::new();
    for campaign in &campaigns {
        if !keys.insert(&campaign.key) {
            let message = format!("two campaigns have the key `{}`", campaign.key);
            table.problem_at_key("campaigns", message, "a key names one campaign of its source");
        }
    }
    Source {
        name: name.to_owned(),
        doc: table.text("doc"),
        share: table.opt_number("share", 0.0..=1.0).unwrap_or(0.0),
        engagement: table.number("engagement", -5.0..=5.0),
        conversion: table.number("conversion", -5.0..=5.0),
        devices,
        referrers: shares(table, "referrers"),
        click_id: table.opt_text("click_id").unwrap_or_default(),
        campaign_share,
        bursts: bursts(table),
        in_app: table.flag("in_app", false),
        campaigns,
    }
}

fn bursts(table: &Table<'_>) -> [f64; 3] {
    table.opt_table("bursts").map_or([0.0; 3], |inner| {
        [
            inner.number("per_day", 0.0..=100.0),
            inner.number("half_life_h", 0.01..=1000.0),
            inner.number("size", 0.0..=100.0),
        ]
    })
}

fn campaign(table: &Table<'_>) -> Campaign {
    let utm = table.table("utm");
    let tag = |key: &str| utm.as_ref().and_then(|utm| utm.opt_text(key)).unwrap_or_default();
    let landing = table.text("landing");
    if !landing.is_empty() && !landing.starts_with('/') && landing != "{product}" {
        let help = "it must be a path such as `/l/spring`, or `{product}`";
        table.problem("landing", format!("`{landing}` is no landing page"), help);
    }
    Campaign {
        key: table.text("key"),
        name: table.text("name"),
        weight: table.number("weight", 0.0..=1e6),
        first_day: table.opt_integer("first_day", -3650..=3650).unwrap_or(0) as i32,
        days: table.opt_integer("days", 0..=3650).unwrap_or(0) as i32,
        budget: table.number("budget", 0.0..=1e9),
        utm: UTM.map(tag),
        landing,
        message: table
            .opt_choice("message", &[("email", "email"), ("sms", "sms"), ("push", "push")])
            .map(str::to_owned),
    }
}
