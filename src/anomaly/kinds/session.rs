//! What holds within a session or an order.

mod event_outside_session;
mod order_state_invalid;
mod session_boundary;
mod session_overlap;
mod step_missing;
mod step_order;
pub(super) mod steps;

pub(super) use event_outside_session::EVENT_OUTSIDE_SESSION;
pub(super) use order_state_invalid::ORDER_STATE_INVALID;
pub(super) use session_boundary::SESSION_BOUNDARY;
pub(super) use session_overlap::SESSION_OVERLAP;
pub(super) use step_missing::STEP_MISSING;
pub(super) use step_order::STEP_ORDER;
