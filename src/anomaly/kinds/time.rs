//! When things happened and arrived.

mod clock_skew;
mod epoch_unit;
mod late_arrival;
mod local_time_invalid;
mod out_of_order;
mod tz_shift;

pub(super) use clock_skew::CLOCK_SKEW;
pub(super) use epoch_unit::EPOCH_UNIT;
pub(super) use late_arrival::LATE_ARRIVAL;
pub(super) use local_time_invalid::LOCAL_TIME_INVALID;
pub(super) use out_of_order::OUT_OF_ORDER;
pub(super) use tz_shift::TZ_SHIFT;
