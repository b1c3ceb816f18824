//! The records of a journal, one of each thing that happened.

/// Nothing stands here.
pub const NONE: u32 = u32::MAX;

/// No such moment.
pub const NEVER: i64 = i64::MAX;

/// One event: 48 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row {
    /// When it happened, µs since 1970.
    pub time: i64,
    /// When it arrived, µs since 1970.
    pub received: i64,
    /// In a bucket: the ordinal in the bucket's `sessions`.
    pub session: u32,
    /// Page key in the world's page dictionary, or [`NONE`].
    pub page: u32,
    /// Product ordinal, or [`NONE`].
    pub product: u32,
    /// Ordinal of the order, or of the search query; or [`NONE`]. The event's kind tells which.
    pub extra: u32,
    /// Dwell on the page, ms; 0 where it is no page.
    pub dwell_ms: u32,
    /// Load time of the page, ms; 0 where it is no page.
    pub load_ms: u16,
    /// Ordinal in its session, from 0.
    pub sequence: u16,
    /// Ordinal of its event type.
    pub kind: u8,
    /// Place in a list, from 1; 0 where there is none.
    pub position: u8,
    /// Pieces.
    pub quantity: u8,
    /// A behavioural detail that a property may tell: attempt, error, outcome.
    pub detail: [u8; 2],
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What its identifiers derive from.
    pub key: u64,
    /// User ordinal.
    pub user: u64,
    /// Ordinal of its journey.
    pub journey: u32,
    /// What the journey's identifiers derive from, as the journey has it: events ask for it session by session, and the journey lies
    /// far away in memory.
    pub journey_key: u64,
    /// Start, µs since 1970.
    pub started: i64,
    /// Last event, µs since 1970.
    pub ended: i64,
    /// From when on the user is known in it; [`NEVER`] if not.
    pub known_from: i64,
    /// Page key of its landing page.
    pub landing: u32,
    /// IPv4 address.
    pub ip: u32,
    /// Events.
    pub events: u32,
    /// Events that are views of pages.
    pub page_views: u32,
    /// Ordinal of the device among the user's.
    pub device: u8,
    /// nth session of its journey, from 1.
    pub number: u8,
    /// Ordinal of the device profile.
    pub profile: u8,
    /// Ordinal of the build within the profile.
    pub build: u8,
    /// Whether it runs inside a social app's web view.
    pub webview: bool,
    /// Ordinal of the source.
    pub source: u8,
    /// Ordinal of the campaign within the source; 255 for none.
    pub campaign: u8,
    /// Ordinal of the referrer within the source; 255 for none.
    pub referrer: u8,
    /// Ordinal of the network within the profile.
    pub network: u8,
    /// Ordinals of country, city and locale within the country.
    pub country: u8,
    /// See `country`.
    pub city: u8,
    /// See `country`.
    pub locale: u8,
    /// Ordinal of the currency, the journey's.
    pub currency: u8,
    /// Ordinal in `Consent::NAMES`.
    pub consent: u8,
    /// What may be stored, as bits: see [`signals`](crate::population::consent::signals).
    pub signals: u8,
    /// State of an earlier device: 0 restored, 1 not restored, 2 not applicable.
    pub restored: u8,
    /// Whether an order was placed in it.
    pub converted: bool,
}

/// A journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyRow {
    /// What its identifiers derive from.
    pub key: u64,
    /// User ordinal.
    pub user: u64,
    /// Whether the user was known by its end.
    pub known: bool,
    /// Ordinal of its kind.
    pub kind: u8,
    /// Start, µs since 1970.
    pub started: i64,
    /// Last event, µs since 1970.
    pub ended: i64,
    /// Sessions.
    pub sessions: u32,
    /// Bit i is set when the user's device i was used.
    pub devices: u8,
    /// Events.
    pub events: u32,
    /// Ordinal of the deepest stage reached.
    pub furthest: u8,
    /// Whether something was put into the cart, and whether checkout began.
    pub carted: bool,
    /// See `carted`.
    pub checked_out: bool,
    /// Ordinal of the first session's source.
    pub source: u8,
    /// Orders.
    pub orders: u32,
    /// Revenue in minor units.
    pub revenue: i64,
    /// Ordinal of the currency.
    pub currency: u8,
}

/// An order that was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What its identifiers derive from.
    pub key: u64,
    /// User ordinal.
    pub user: u64,
    /// Ordinal of the session that placed it.
    pub session: u32,
    /// What the identifier of its checkout derives from.
    pub checkout: u64,
    /// Placed, µs since 1970.
    pub placed: i64,
    /// Paid.
    pub paid: i64,
    /// Shipped, or [`NEVER`].
    pub shipped: i64,
    /// Delivered, or [`NEVER`].
    pub delivered: i64,
    /// Refunded, or [`NEVER`].
    pub refunded: i64,
    /// Lines.
    pub lines: u8,
    /// Sum of the lines, minor units.
    pub subtotal: i64,
    /// What the coupon took off.
    pub discount: i64,
    /// Shipping.
    pub shipping: i64,
    /// Tax contained in the total.
    pub tax: i64,
    /// subtotal - discount + shipping.
    pub total: i64,
    /// Ordinal of the currency.
    pub currency: u8,
    /// Ordinal of the coupon; 255 for none.
    pub coupon: u8,
    /// Ordinal of the payment method.
    pub method: u8,
    /// Whether it was bought with one touch.
    pub one_click: bool,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Ordinal of the order.
    pub order: u32,
    /// From 1.
    pub number: u8,
    /// Product ordinal.
    pub product: u32,
    /// Pieces.
    pub quantity: u8,
    /// Price of a piece, minor units.
    pub unit: i64,
}

/// An attempt to pay, or a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// What its identifiers derive from.
    pub key: u64,
    /// What the identifier of its checkout derives from.
    pub checkout: u64,
    /// Ordinal of the order; [`NONE`] when it came to none.
    pub order: u32,
    /// Ordinal of the session.
    pub session: u32,
    /// From 1.
    pub attempt: u8,
    /// Ordinal of the payment method.
    pub method: u8,
    /// 0 captured, 1 declined, 2 error, 3 refunded.
    pub status: u8,
    /// Ordinal of the error; 255 for none.
    pub error: u8,
    /// Minor units.
    pub amount: i64,
    /// Ordinal of the currency.
    pub currency: u8,
    /// When, µs since 1970.
    pub at: i64,
}

/// A change of a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRow {
    /// What its identifier derives from.
    pub key: u64,
    /// User ordinal.
    pub user: u64,
    /// Ordinal of the device among the user's that it stands on; none where it is the person's.
    pub device: Option<u8>,
    /// Ordinals in the vocabulary's lists.
    pub purpose: u8,
    /// See `purpose`.
    pub channel: u8,
    /// See `purpose`.
    pub state: u8,
    /// See `purpose`.
    pub source: u8,
    /// See `purpose`.
    pub basis: u8,
    /// Ordinal of the privacy notice.
    pub notice: u8,
    /// Which change it is of that consent, from 1.
    pub sequence: u16,
    /// Ordinals of country and city, by which the jurisdiction goes.
    pub country: u8,
    /// See `country`.
    pub city: u8,
    /// When it was made, µs since 1970.
    pub occurred: i64,
    /// From when on it holds.
    pub effective: i64,
    /// Until when it holds, or [`NEVER`].
    pub expires: i64,
}

/// A request to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRow {
    /// What its identifier derives from.
    pub key: u64,
    /// User ordinal.
    pub user: u64,
    /// When it was made, µs since 1970.
    pub requested: i64,
    /// By when it must be answered.
    pub due: i64,
    /// When it was answered, or [`NEVER`].
    pub completed: i64,
    /// Ordinals in the vocabulary's lists.
    pub outcome: u8,
    /// See `outcome`.
    pub channel: u8,
    /// Why it is refused; none where it is not.
    pub reason: Option<u8>,
    /// Ordinals of country and city, by which the jurisdiction goes.
    pub country: u8,
    /// See `country`.
    pub city: u8,
}

/// A user as the window saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// User ordinal.
    pub user: u64,
    /// First seen, µs since 1970.
    pub created: i64,
    /// Became known, or [`NEVER`].
    pub registered: i64,
}

/// A device as the window saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// User ordinal.
    pub user: u64,
    /// Ordinal among the user's devices.
    pub device: u8,
    /// Ordinals of profile and build.
    pub profile: u8,
    /// See `profile`.
    pub build: u8,
    /// First seen, µs since 1970.
    pub first_seen: i64,
    /// Last event in the window, or [`NEVER`] when there was none.
    pub last_seen: i64,
    /// When its anonymous id and the user were joined, or [`NEVER`].
    pub stitched: i64,
    /// How: ordinal in [`STITCHES`](crate::scenario::vocabulary::STITCHES).
    pub method: u8,
}
