//! `bot_sessions`: crawlers.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::guests::{Guests, Hit, Visit};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Rule, Scope};
use crate::anomaly::select;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static BOT_SESSIONS: Kind = Kind::new(
    "bot_sessions",
    Scope::Population,
    "Lets crawlers visit, each once, faster and wider than anybody.",
    "Cadence and breadth are within human bounds.",
)
.critical()
.shows_in(Detectability::Statistics)
.found_by(Rule::Entity)
.needs(&["events", "sessions"])
.takes(&[
    Param::new(
        "pages",
        ParamType::Integer(20..=2_000, 120),
        "Median number of products that one asks for.",
    ),
    Param::new(
        "gap_ms",
        ParamType::Integer(10..=10_000, 700),
        "Time between two of them, in ms, hardly varied.",
    ),
])
.acts(&BotSessions);

struct BotSessions;

/// Moments tried to come at, where for some time nothing is recorded.
const ATTEMPTS: usize = 64;

impl Act for BotSessions {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let world = ground.world();
        let uid = select::uid(ground, site);
        // Any range may have it: crawlers do not keep to the first people of the crowd. All know what comes to one.
        let owner = (uid % u64::from(ground.ranges.max(1))) as u32;
        let mut guests = Guests::new(ground, uid, owner)?;
        let products = world.models.catalogue.products.len() as u32;
        let wanted = params.integer("pages") as f64 * (0.5 + draw.unit());
        let gap = params.integer("gap_ms") * 1_000;
        let first = draw.below(products.max(1));
        // One product after the other, as the catalogue lists them: no two people browse like that.
        let hit = |nth: u32, draw: &mut Stream| {
            let product = (first + nth) % products.max(1);
            let stay = gap + (gap as f64 * 0.02 * (draw.unit() - 0.5)) as i64;
            Some(Hit { page: guests.product_page(product)?, product, stay })
        };
        let count = (wanted as u32).clamp(1, products.max(1));
        let hits: Vec<Hit> = (0..count).map(|nth| hit(nth, draw)).collect::<Option<_>>()?;
        let lasts: i64 = hits.iter().map(|hit| hit.stay).sum();
        // One that would not be done by then goes no further.
        let (start, end) = ground.span();
        let room = (end - start - lasts).max(1);
        let came = (0..ATTEMPTS).find_map(|_| {
            let at = start + (draw.unit() * room as f64) as i64;
            let visit = Visit { at, ip: None, source: None };
            Some(guests.come(visit, &hits, draw)).filter(|came| *came > 0)
        })?;
        let incident = Incident::new().effect(f64::from(came));
        Some(if owner == ground.range { incident.welcome(guests.finish()) } else { incident })
    }
}
