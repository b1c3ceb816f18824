//! Numbers in the unit of their field, whatever holds them.

use crate::anomaly::value::Value;
use crate::schema::{Field, Type};

/// A value as a number in the unit of its field: money in units, not hundredths.
pub(super) fn of(field: &Field, value: &Value) -> Option<f64> {
    match (field.ty, value) {
        (Type::Money, Value::Long(cents)) => Some(*cents as f64 / 100.0),
        (Type::Int64, Value::Long(long)) => Some(*long as f64),
        (Type::Int32, Value::Int(int)) => Some(f64::from(*int)),
        (Type::Float64, Value::Double(double)) => Some(*double),
        _ => None,
    }
}

/// A number as a value of a field; none where it holds no such number.
pub(super) fn to(field: &Field, number: f64) -> Option<Value> {
    match field.ty {
        Type::Money => Some(Value::Long((number * 100.0).round() as i64)),
        Type::Int64 => Some(Value::Long(number.round() as i64)),
        Type::Int32 => {
            let whole = number.round();
            let fits = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&whole);
            fits.then_some(Value::Int(whole as i32))
        }
        Type::Float64 => Some(Value::Double(number)),
        _ => None,
    }
}

/// Whether a number is within the bounds that its field declares.
pub(super) fn is_within(field: &Field, number: f64) -> bool {
    field.bounds.min.is_none_or(|min| number >= min)
        && field.bounds.max.is_none_or(|max| number <= max)
}
