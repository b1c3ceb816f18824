//! Reads how money changes hands.

use crate::diag::{Located, Table};
use crate::model::read::strs;
use crate::model::{Commerce, PaymentMethod};

/// Reads `commerce.toml`.
pub(super) fn read(table: &Table<'_>) -> Commerce {
    let (currencies, rates) = currencies(table);
    let payments = table.tables("payments").iter().map(payment).collect::<Vec<_>>();
    if !payments.iter().any(|method| method.systems.is_empty()) {
        let help = "leave `systems` out of at least one, so that everybody can pay";
        table.problem("payments", "no payment method is offered everywhere", help);
    }
    let (errors, declines) = errors(table);
    Commerce {
        shipping: shipping(table, &currencies),
        currencies,
        rates,
        payments,
        errors,
        declines,
        refund_rate: table.number("refund_rate", 0.0..=1.0),
    }
}

fn currencies(table: &Table<'_>) -> (Vec<String>, Vec<f64>) {
    let Some(inner) = table.table("currencies") else { return (Vec::new(), Vec::new()) };
    let mut list: (Vec<String>, Vec<f64>) = Default::default();
    for code in inner.keys() {
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let help = "it must be an ISO 4217 code such as EUR";
            inner.problem_at_key(code, format!("`{code}` is no currency code"), help);
        }
        list.0.push(code.to_owned());
        list.1.push(inner.number(code, 1e-6..=1e6));
    }
    if list.1.first().is_none_or(|rate| (rate - 1.0).abs() > 0.0) {
        let help = "the rate of the first is 1: the catalogue is priced in it";
        table.problem("currencies", "the first currency's rate is not 1", help);
    }
    list
}

/// Why attempts fail, with their shares: first where the bank says no, and how many those are.
fn errors(table: &Table<'_>) -> (Vec<(String, f64)>, usize) {
    let Some(inner) = table.table("errors") else { return (Vec::new(), 0) };
    let list = |key| inner.weights(key).into_iter().map(|(name, share)| (name.value, share));
    let mut errors: Vec<(String, f64)> = list("declined").collect();
    let declines = errors.len();
    errors.extend(list("broken"));
    let sum: f64 = errors.iter().map(|(_, share)| share).sum();
    if (sum - 1.0).abs() > 1e-3 {
        let message = format!("the shares of `errors` sum to {sum:.3}");
        table.problem("errors", message, "`declined` and `broken` together must sum to 1");
    }
    (errors, declines)
}

fn payment(table: &Table<'_>) -> PaymentMethod {
    let known = ["iOS", "iPadOS", "Android", "Windows", "macOS", "Linux", "ChromeOS"];
    let known_system = |system: Located<String>| {
        system.one_of("operating system", known).map(|_| system.value.clone())
    };
    PaymentMethod {
        name: table.text("name"),
        one_click: table.flag("one_click", false),
        systems: table.texts("systems").into_iter().filter_map(known_system).collect(),
        failure: table.number("failure", 0.0..=1.0),
    }
}

/// Shipping and the subtotal from which it is free, in minor units, for every currency.
fn shipping(table: &Table<'_>, currencies: &[String]) -> Vec<(i64, i64)> {
    let mut list = vec![(0, 0); currencies.len()];
    let mut told = vec![false; currencies.len()];
    for (currency, terms) in table.named("shipping") {
        let cents = |key: &str| libm::round(terms.number(key, 0.0..=1e9) * 100.0) as i64;
        let cost = (cents("cost"), cents("free_from"));
        if let Some(index) = currency.one_of("currency", strs(currencies)) {
            (list[index], told[index]) = (cost, true);
        }
    }
    for (currency, _) in currencies.iter().zip(told).filter(|(_, told)| !told) {
        let help = format!("add `{currency} = {{ cost = …, free_from = … }}`");
        table.problem("shipping", format!("no shipping cost in {currency}"), help);
    }
    list
}
