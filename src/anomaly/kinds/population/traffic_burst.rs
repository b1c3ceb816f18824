//! `traffic_burst`: more visitors than there ever are.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::guests::{Guests, Hit, Visit};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Detectability, Kind, Param, ParamType, Scope};
use crate::anomaly::select;
use crate::event::journal::NONE;
use crate::seed::{Purpose, Stream};

/// The kind.
pub(in crate::anomaly::kinds) static TRAFFIC_BURST: Kind = Kind::new(
    "traffic_burst",
    Scope::Population,
    "Multiplies the traffic for a while; as `ddos` from few addresses and of one page.",
    "Traffic stays within its envelope.",
)
.critical()
.shows_in(Detectability::Statistics)
.needs(&["events", "sessions"])
.usually(1)
.takes(&[
    Param::new(
        "variant",
        ParamType::Choice(&["crowd", "ddos"]),
        "Whether people come, or machines.",
    ),
    Param::new("times", ParamType::Number(1.5..=100.0, 5.0), "How many times the usual traffic; of each range of users (`budget`) at most 100 000 visitors come, and the label tells how strong it is."),
    Param::new("hours", ParamType::Number(0.05..=48.0, 1.0), "How long it lasts."),
])
.acts(&TrafficBurst);

struct TrafficBurst;

/// Visitors of a range at most: each of their rows has a label.
const MOST: f64 = 100_000.0;
/// What the visitors of ranges beyond the first are drawn for.
const SHARE: Purpose = Purpose::named("anomaly burst in a range");
/// Addresses that an attack comes from.
const ADDRESSES: u32 = 8;

impl Act for TrafficBurst {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let world = ground.world();
        let (from, until) = ground.lasting(params.number("hours"), draw);
        let times = params.number("times");
        let is_attack = params.word("variant") == "ddos";
        // The usual traffic is that of the window as a whole. Each range brings its share of the visitors.
        let sessions = ground.count(Rowset::Sessions) as f64;
        let usual = sessions * (until - from) as f64 / (world.end - world.start) as f64;
        let wanted = (times - 1.0) * usual;
        let visitors = wanted.clamp(1.0, MOST) as u32;
        let uid = select::uid(ground, site);
        let mut guests = Guests::new(ground, uid, ground.range)?.until(until);
        let mut own;
        let draw = if ground.range == 0 {
            draw
        } else {
            own = world.seed.stream(SHARE, draw.next(), ground.range.into());
            &mut own
        };
        let products = world.models.catalogue.products.len() as u32;
        let mut came = 0;
        for _ in 0..visitors {
            // It swells and ebbs: the sum of two draws.
            let when = f64::midpoint(draw.unit(), draw.unit());
            let at = from + (when * (until - from) as f64) as i64;
            let hits =
                if is_attack { attack(&guests, draw) } else { people(&guests, products, draw) };
            let ip = is_attack.then(|| 0xC613_FF00 | draw.below(ADDRESSES));
            came += u32::from(guests.come(Visit { at, ip, source: None }, &hits, draw) > 0);
        }
        let incident = Incident::new().lasts(from, until);
        let incident = incident.of_parts(usual + f64::from(came), usual);
        Some(if came > 0 { incident.welcome(guests.finish()) } else { incident })
    }
}

/// The first page, again and again, faster than anybody can look.
fn attack(guests: &Guests<'_>, draw: &mut Stream) -> Vec<Hit> {
    let hit = |draw: &mut Stream| Hit {
        page: guests.home(),
        product: NONE,
        stay: 20_000 + i64::from(draw.below(80_000)),
    };
    (0..2 + draw.below(10)).map(|_| hit(draw)).collect()
}

/// A few pages at leisure.
fn people(guests: &Guests<'_>, products: u32, draw: &mut Stream) -> Vec<Hit> {
    let stay = |draw: &mut Stream| 2_000_000 + (40e6 * draw.unit() * draw.unit()) as i64;
    let mut hits = vec![Hit { page: guests.home(), product: NONE, stay: stay(draw) }];
    for _ in 0..draw.below(5) {
        let product = (f64::from(products) * draw.unit() * draw.unit()) as u32;
        if let Some(page) = guests.product_page(product.min(products.saturating_sub(1))) {
            hits.push(Hit { page, product, stay: stay(draw) });
        }
    }
    hits
}
