//! `referral_spam`: visits that claim to come from sites which send nobody.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Rule, Scope, Unit};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static REFERRAL_SPAM: Kind = Kind::new(
    "referral_spam",
    Scope::Population,
    "Lets short visits claim that they come from a few sites which nobody knows.",
    "Referrers are known.",
)
.shows_in(Detectability::Statistics)
.of(Unit::Session)
.found_by(Rule::AnyMember)
.needs(&["events", "sessions"])
.takes(&[Param::new(
    "sites",
    ParamType::Integer(1..=8, 3),
    "How many sites there are, each as likely.",
)])
.acts(&ReferralSpam);

struct ReferralSpam;

/// Names under a domain that is kept for examples: they lead nowhere.
const SITES: [&str; 8] = [
    "https://free-traffic.example/",
    "https://top-rankings.example/",
    "https://share-buttons.example/",
    "https://visitors-for-you.example/",
    "https://seo-check.example/",
    "https://cheap-watches.example/",
    "https://cookie-consent-free.example/",
    "https://website-audit.example/",
];

/// Who looks at more is a visitor.
const VIEWS: u32 = 3;

impl Act for ReferralSpam {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row @ RowRef { ordinal: session, .. }) = site else { return None };
        (ground.session(session).page_views <= VIEWS).then_some(())?;
        let first = RowRef::event(session, 0);
        let is_told = |row, column| !ground.value(row, column).is_null();
        (is_told(row, "referrer") && is_told(first, "page_referrer")).then_some(())?;
        let sites = &SITES[..params.integer("sites") as usize];
        let from = sites[draw.below(sites.len() as u32) as usize];
        let claim = || Value::Text(from.to_owned());
        let incident = Incident::new().set(row, "referrer", claim());
        Some(incident.set(first, "page_referrer", claim()))
    }
}
