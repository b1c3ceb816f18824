//! `campaigns`: one row a campaign of a source.

use crate::frame::NULL;
use crate::model::{Campaign, Source};
use crate::tables::{Context, Get, Record};

/// A campaign by the ordinals of its source and its own in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CampaignRow {
    /// Ordinal of the source.
    pub source: usize,
    /// Ordinal within the source.
    pub campaign: usize,
}

impl Record for CampaignRow {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        (
            "campaign.id",
            Get::Key(|c, r| c.world.words.campaign[r.source][r.campaign], |w| &w.words.campaigns),
        ),
        ("campaign.source", Get::Key(|_, r| r.source as u32, |w| &w.words.sources)),
        (
            "campaign.name",
            Get::Text(|c, r, out| {
                out.extend_from_slice(campaign(c, *r).name.as_bytes());
                true
            }),
        ),
        ("campaign.utm_source", Get::Key(|c, r| utm(c, *r, 0), |w| &w.words.utm[0])),
        ("campaign.utm_medium", Get::Key(|c, r| utm(c, *r, 1), |w| &w.words.utm[1])),
        ("campaign.utm_campaign", Get::Key(|c, r| utm(c, *r, 2), |w| &w.words.utm[2])),
        ("campaign.utm_term", Get::Key(|c, r| utm(c, *r, 3), |w| &w.words.utm[3])),
        ("campaign.utm_content", Get::Key(|c, r| utm(c, *r, 4), |w| &w.words.utm[4])),
        (
            "campaign.click_id",
            Get::Key(|c, r| c.world.words.click_id[r.source], |w| &w.words.click_ids),
        ),
        (
            "campaign.landing_path",
            Get::Key(|c, r| c.world.pages.landing(r.source, Some(r.campaign)), |w| &w.pages.paths),
        ),
        (
            "campaign.starts_on",
            Get::Date(|c, r| Some(c.world.first_day() + campaign(c, *r).first_day)),
        ),
        ("campaign.ends_on", Get::Date(|c, r| last_day(c, *r))),
        (
            "campaign.daily_budget",
            Get::Money(|c, r| (campaign(c, *r).budget * 100.0).round() as i64),
        ),
        (
            "campaign.currency",
            Get::Key(
                |c, _| if c.world.words.currencies.is_empty() { NULL } else { 0 },
                |w| &w.words.currencies,
            ),
        ),
    ];
}

fn source<'c>(context: &Context<'c>, row: CampaignRow) -> &'c Source {
    &context.world.models.sources[row.source]
}

fn campaign<'c>(context: &Context<'c>, row: CampaignRow) -> &'c Campaign {
    &source(context, row).campaigns[row.campaign]
}

fn utm(context: &Context<'_>, row: CampaignRow, which: usize) -> u32 {
    context.world.words.utm_keys[row.source][row.campaign][which]
}

/// The last day on which it runs.
fn last_day(context: &Context<'_>, row: CampaignRow) -> Option<i32> {
    let campaign = campaign(context, row);
    (campaign.days > 0).then(|| context.world.first_day() + campaign.first_day + campaign.days - 1)
}
