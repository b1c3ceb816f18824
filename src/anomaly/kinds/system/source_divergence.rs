//! `source_divergence`: what the client states of an order is not what the shop's books state.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope, Unit};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static SOURCE_DIVERGENCE: Kind = Kind::new(
    "source_divergence",
    Scope::System,
    "Lets the event of a purchase state another amount than the order.",
    "Both state the same.",
)
.critical()
.of(Unit::Order)
.drizzles(5e-4)
.needs(&["events", "orders"])
.takes(&[Param::new(
    "how",
    ParamType::Some(&["net", "no_shipping", "no_discount", "rounded"]),
    "The client states the value without tax, without shipping, before the discount, or in whole units.",
)])
.acts(&SourceDivergence);

struct SourceDivergence;

impl Act for SourceDivergence {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(order) = site else { return None };
        let of = &ground.context.journal.orders[order.ordinal as usize];
        let purchase = ground.completion(order.ordinal)?;
        let stated = params.turns("how", draw).map(|how| match how {
            "net" => of.total - of.tax,
            "no_shipping" => of.total - of.shipping,
            "no_discount" => of.total + of.discount,
            _ => (of.total + 50) / 100 * 100,
        });
        let stated = stated.into_iter().find(|value| *value != of.total && *value > 0)?;
        let incident = Incident::new().set(purchase.at(), "value", Value::Long(stated));
        let by = (stated - of.total) as f64 / 100.0;
        Some(incident.touch(order, Role::Counterpart).effect(by))
    }
}
