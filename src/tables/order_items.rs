//! `order_items`: one row a line of an order.

use crate::event::ids::{self, Thing};
use crate::event::journal::{Line, Order};
use crate::tables::{Context, Get, Record};

impl Record for Line {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("order.id", Get::Id(|c, l| ids::of(Thing::Order, order(c, l).key))),
        ("item.line", Get::Int(|_, l| l.number.into())),
        ("item.product_id", Get::Key(|_, l| l.product, |w| &w.words.products)),
        ("item.quantity", Get::Int(|_, l| l.quantity.into())),
        ("item.unit_price", Get::Money(|_, l| l.unit)),
        ("item.line_total", Get::Money(|_, l| l.unit * i64::from(l.quantity))),
        ("order.currency", Get::Key(|c, l| order(c, l).currency.into(), |w| &w.words.currencies)),
    ];
}

fn order<'c>(context: &Context<'c>, line: &Line) -> &'c Order {
    &context.journal.orders[line.order as usize]
}
