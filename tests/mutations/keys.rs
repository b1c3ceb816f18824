//! What tables say of each other, and what can be.

use serde_json::Value;

use crate::Mutation;
use crate::set::{Row, Set, add, add_cents, delay, number, set, text};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

pub(crate) static MUTATIONS: &[Mutation] = &[
    Mutation::new("keys.primary", |set| {
        let row = set.rows("truth/personas").remove(0);
        set.rewrite("truth/personas", |rows| {
            rows.push(row.clone());
            1
        });
    }),
    Mutation::new("keys.references", |set| {
        set.change_first("truth/personas", |_| true, |row| self::set(row, "user_id", NOBODY));
    }),
    Mutation::new("keys.references", |set| {
        let pick = |row: &Row| row.contains_key("campaign_id");
        set.change_first("events", pick, |row| self::set(row, "campaign_id", "of nobody"));
    })
    .also(&["keys.session_context"]),
    Mutation::new("keys.sequence", |set| {
        let session = longest_session(set);
        let last = text(&session, "ended_at").to_owned();
        let id = text(&session, "session_id").to_owned();
        let pick = |row: &Row| text(row, "session_id") == id && text(row, "event_time") == last;
        set.change_first("events", pick, |row| add(row, "session_seq", 1));
    }),
    Mutation::new("keys.inside", |set| {
        // The session ends with one of its events, but not with the last.
        let session = longest_session(set);
        let times = times_of(set, text(&session, "session_id"));
        end_session(set, &session, &times[times.len() - 2]);
    }),
    Mutation::new("keys.span", |set| {
        let session = longest_session(set);
        let mut later = session.clone();
        delay(&mut later, "ended_at", 1);
        end_session(set, &session, text(&later, "ended_at"));
    }),
    Mutation::new("keys.session_counts", |set| {
        let pick = |row: &Row| number(row, "page_views") > 2.0;
        set.change_first("sessions", pick, |row| add(row, "page_views", 1));
    }),
    Mutation::new("keys.session_counts", |set| {
        let pick = |row: &Row| number(row, "page_views") > 2.0;
        set.change_first("sessions", pick, |row| self::set(row, "is_bounce", true));
    }),
    Mutation::new("keys.session_counts", |set| {
        set.change_first("sessions", |_| true, |row| self::set(row, "events", -1));
    })
    .also(&["keys.journey_counts"]),
    Mutation::new("keys.session_context", |set| {
        let pick = |row: &Row| text(row, "ip") != "198.18.0.1";
        set.change_first("events", pick, |row| self::set(row, "ip", "198.18.0.1"));
    }),
    Mutation::new("keys.session_context", |set| {
        let other = |row: &Row| if text(row, "source") == "direct" { "google" } else { "direct" };
        set.change_first(
            "events",
            |_| true,
            |row| {
                let other = other(row);
                self::set(row, "source", other);
            },
        );
    }),
    Mutation::new("keys.device_context", |set| {
        set.change_first("events", |_| true, |row| self::set(row, "os_version", "0.0"));
    }),
    Mutation::new("keys.journey_counts", |set| {
        set.change_first("journeys", |_| true, |row| add(row, "devices", 1));
    }),
    Mutation::new("keys.session_numbers", |set| {
        set.change_first("sessions", |_| true, |row| add(row, "session_number", 1));
    }),
    Mutation::new("keys.overlap", |set| {
        // The session goes on until its device's next one has begun.
        let sessions = set.rows("sessions");
        let (session, next) = sessions
            .iter()
            .enumerate()
            .find_map(|(at, row)| {
                let same = |other: &&Row| text(other, "device_id") == text(row, "device_id");
                let next = sessions[at + 1..].iter().find(same)?;
                row.get("user_id").map(|_| (row.clone(), next.clone()))
            })
            .expect("a device with two sessions");
        end_session(set, &session, text(&next, "started_at"));
    })
    .also(&["keys.span"]),
    Mutation::new("keys.campaigns", |set| {
        let sessions = set.rows("sessions");
        let used = sessions.iter().map(|row| text(row, "campaign_id")).find(|id| !id.is_empty());
        let used = used.expect("a campaign").to_owned();
        let pick = |row: &Row| text(row, "campaign_id") == used;
        set.change_first("campaigns", pick, |row| self::set(row, "starts_on", "2031-01-01"));
    }),
    Mutation::new("keys.outcome", |set| {
        let pick = |row: &Row| text(row, "outcome") != "purchased";
        set.change_first("journeys", pick, |row| self::set(row, "outcome", "purchased"));
    }),
    Mutation::new("keys.first_day", |set| {
        let events = set.rows("events");
        let event = events.iter().find(|row| row.contains_key("device_id")).expect("one");
        let device = text(event, "device_id").to_owned();
        let pick = |row: &Row| text(row, "device_id") == device;
        set.change_first("devices", pick, |row| delay(row, "first_seen", 400 * 86_400 * 10));
    }),
    Mutation::new("keys.last_seen", |set| {
        let pick = |row: &Row| row.contains_key("last_seen");
        set.change_first("devices", pick, |row| delay(row, "last_seen", 1));
    }),
    Mutation::new("keys.last_seen", |set| {
        let pick = |row: &Row| row.contains_key("last_seen");
        set.change_first("devices", pick, |row| drop(row.remove("last_seen")));
    }),
    Mutation::new("keys.stitching", |set| {
        let pick = |row: &Row| row.contains_key("user_id");
        set.change_first("events", pick, |row| drop(row.remove("user_id")));
    }),
    Mutation::new("keys.stitching", |set| {
        let other = text(&set.rows("users")[0], "user_id").to_owned();
        let pick = |row: &Row| row.contains_key("user_id") && text(row, "user_id") != other;
        set.change_first("events", pick, |row| self::set(row, "user_id", other.clone()));
    }),
    Mutation::new("keys.known", |set| {
        let pick = |row: &Row| row.contains_key("user_id");
        set.change_first("journeys", pick, |row| drop(row.remove("user_id")));
    }),
    Mutation::new("keys.registered", |set| {
        let links = set.rows("truth/identity");
        let linked = links.iter().find(|row| row.contains_key("stitched_at")).expect("one linked");
        let pick = |row: &Row| text(row, "user_id") == text(linked, "user_id");
        set.change_first("users", pick, |row| drop(row.remove("registered_at")));
    }),
    Mutation::new("keys.order_totals", |set| {
        let order = set.change_first(
            "orders",
            |_| true,
            |row| {
                let total = row["total"].clone();
                self::set(row, "tax", total);
                add_cents(row, "tax", 1);
            },
        );
        let pick = |row: &Row| {
            text(row, "event_name") == "order_completed"
                && text(row, "order_id") == text(&order, "order_id")
        };
        set.change_first("events", pick, |row| {
            self::set(row, "tax", order["total"].clone());
            add_cents(row, "tax", 1);
        });
    }),
    Mutation::new("keys.order_lines", |set| {
        set.change_first("order_items", |_| true, |row| add(row, "quantity", 1));
    }),
    Mutation::new("keys.order_states", |set| {
        let pick = |row: &Row| text(row, "status") == "paid";
        set.change_first("orders", pick, |row| self::set(row, "status", "shipped"));
    }),
    Mutation::new("keys.order_states", |set| {
        let pick = |row: &Row| row.contains_key("shipped_at");
        set.change_first("orders", pick, |row| delay(row, "shipped_at", -400 * 86_400));
    }),
    Mutation::new("keys.order_events", |set| {
        let pick = |row: &Row| text(row, "event_name") == "order_completed";
        set.change_first("events", pick, |row| add_cents(row, "value", 1));
    }),
    Mutation::new("keys.revenue", |set| {
        let pick = |row: &Row| row.contains_key("revenue");
        set.change_first("journeys", pick, |row| add_cents(row, "revenue", 1));
    }),
    Mutation::new("keys.revenue", |set| {
        let pick = |row: &Row| row["is_converted"] == false;
        set.change_first("sessions", pick, |row| self::set(row, "is_converted", true));
    }),
    Mutation::new("keys.currency", |set| {
        let user = text(&set.rows("orders")[0], "user_id").to_owned();
        let pick = |row: &Row| text(row, "user_id") == user;
        set.change_first("users", pick, |row| self::set(row, "currency", "XTS"));
    }),
    Mutation::new("keys.payments", |set| {
        let pick = |row: &Row| text(row, "status") == "captured";
        set.change_first("payments", pick, |row| add_cents(row, "amount", 1));
    }),
    Mutation::new("keys.payments", |set| {
        let pick = |row: &Row| text(row, "status") == "captured";
        set.change_first("payments", pick, |row| self::set(row, "status", "declined"));
    }),
    Mutation::new("keys.attempts", |set| {
        let pick = |row: &Row| text(row, "status") != "refunded";
        set.change_first("payments", pick, |row| add(row, "attempt", 1));
    }),
    Mutation::new("keys.attempts", |set| {
        let payments = set.rows("payments");
        let tries: Vec<&Row> =
            payments.iter().filter(|row| text(row, "status") != "refunded").collect();
        let key = text(tries[0], "idempotency_key").to_owned();
        let pick = |row: &Row| text(row, "payment_id") == text(tries[1], "payment_id");
        set.change_first("payments", pick, |row| self::set(row, "idempotency_key", key.clone()));
    }),
    Mutation::new("keys.prices", |set| {
        let viewed = viewed_product(set);
        let pick = |row: &Row| text(row, "product_id") == viewed;
        set.change_first("products", pick, |row| self::set(row, "category", "something else"));
    }),
    Mutation::new("keys.prices", |set| {
        let pick = |row: &Row| row.contains_key("price");
        set.change_first("events", pick, |row| add_cents(row, "price", 1));
    }),
    Mutation::new("keys.for_sale", |set| {
        let viewed = viewed_product(set);
        let pick = |row: &Row| text(row, "product_id") == viewed;
        set.change_first("products", pick, |row| self::set(row, "available_from", "2031-01-01"));
    }),
    Mutation::new("keys.purchase_after_cart", |set| {
        // What was put into the cart was taken out instead.
        let journey = bought_from_cart(set);
        set.change("events", |row| {
            let hit = text(row, "journey_id") == journey
                && ["product_added", "state_restored"].contains(&text(row, "event_name"));
            if hit && text(row, "event_name") == "product_added" {
                self::set(row, "event_name", "product_removed");
                row["properties"].as_object_mut().expect("an object").remove("button");
            }
            hit
        });
    })
    .also(&["keys.ordered_from_cart"]),
    Mutation::new("keys.payment_after_checkout", |set| {
        let events = set.rows("events");
        let like = events.iter().find(|row| text(row, "event_name") == "payment_info_entered");
        let properties: Value = like.expect("one entered")["properties"].clone();
        let count = |session: &str, kinds: &[&str]| {
            let own = events.iter().filter(|row| text(row, "session_id") == session);
            own.filter(|row| kinds.contains(&text(row, "event_name"))).count()
        };
        let others = ["one_click_started", "exit_offer_engaged"];
        let paid = events
            .iter()
            .filter(|row| text(row, "event_name") == "order_completed")
            .map(|row| text(row, "session_id"))
            .find(|session| {
                count(session, &["checkout_started"]) == 1 && count(session, &others) == 0
            })
            .expect("an order of one checkout");
        let pick = |row: &Row| {
            text(row, "session_id") == paid && text(row, "event_name") == "checkout_started"
        };
        set.change_first("events", pick, |row| {
            self::set(row, "event_name", "payment_info_entered");
            self::set(row, "properties", properties.clone());
        });
    }),
    Mutation::new("keys.ordered_from_cart", |set| {
        let items = set.rows("order_items");
        let other = |row: &Row| {
            let mut of = items.iter().map(|item| text(item, "product_id"));
            of.rfind(|id| *id != text(row, "product_id")).expect("another").to_owned()
        };
        set.change_first(
            "order_items",
            |_| true,
            |row| {
                let other = other(row);
                self::set(row, "product_id", other);
            },
        );
    }),
    Mutation::new("keys.gesture", |set| {
        let pick = |row: &Row| text(row, "device_class") == "desktop" && has_gesture(row);
        set.change_first("events", pick, |row| row["properties"]["gesture"] = "swipe".into());
    }),
    Mutation::new("keys.browser", |set| {
        let pick = |row: &Row| text(row, "os") == "Android" && text(row, "browser") == "Chrome";
        set.change_first("events", pick, |row| self::set(row, "browser", "Safari"));
    })
    .also(&["keys.device_context"]),
    Mutation::new("keys.web_view", |set| {
        let pick = |row: &Row| text(row, "device_class") == "desktop";
        set.change_first("events", pick, |row| {
            self::set(row, "user_agent", "x BytedanceWebview/1");
        });
    })
    .also(&["keys.device_context"]),
    Mutation::new("keys.address", |set| {
        let session = text(&set.rows("sessions")[0], "session_id").to_owned();
        for table in ["sessions", "events"] {
            set.change(table, |row| {
                let hit = text(row, "session_id") == session;
                if hit {
                    self::set(row, "ip", "8.8.8.8");
                }
                hit
            });
        }
    }),
    Mutation::new("keys.event_time", |set| {
        set.change_first(
            "events",
            |_| true,
            |row| {
                let id = text(row, "event_id").replacen("-7", "-4", 1);
                self::set(row, "event_id", id);
            },
        );
    }),
    Mutation::new("keys.email", |set| {
        set.change_first("users", |_| true, |row| self::set(row, "email", "someone@mail.test"));
    }),
    Mutation::new("keys.email", |set| {
        let mail = text(&set.rows("users")[0], "email").to_owned();
        let pick = |row: &Row| text(row, "email") != mail;
        set.change_first("users", pick, |row| self::set(row, "email", mail.clone()));
    }),
];

fn has_gesture(row: &Row) -> bool {
    row.get("properties").is_some_and(|properties| properties.get("gesture").is_some())
}

/// The session with the most events, of somebody known all along.
fn longest_session(set: &Set<'_>) -> Row {
    let links = set.rows("truth/identity");
    let known_before = |row: &Row| {
        links.iter().any(|link| {
            text(link, "anonymous_id") == text(row, "anonymous_id")
                && link.contains_key("stitched_at")
                && text(link, "stitched_at") < text(row, "started_at")
        })
    };
    let mut sessions = set.rows("sessions");
    sessions.retain(known_before);
    let most = |row: &Row| number(row, "events") as u64;
    sessions.into_iter().max_by_key(most).expect("a session")
}

/// The times of a session's events, in order.
fn times_of(set: &Set<'_>, session: &str) -> Vec<String> {
    let events = set.rows("events");
    let own = events.iter().filter(|row| text(row, "session_id") == session);
    let mut times: Vec<String> = own.map(|row| text(row, "event_time").to_owned()).collect();
    times.sort();
    times.dedup();
    times
}

/// Ends a session at another time, and its journey with it where it is the last to end.
fn end_session(set: &mut Set<'_>, session: &Row, end: &str) {
    let id = text(session, "session_id");
    set.change_first(
        "sessions",
        |row| text(row, "session_id") == id,
        |row| {
            self::set(row, "ended_at", end);
        },
    );
    let journey = text(session, "journey_id");
    let sessions = set.rows("sessions");
    let own = sessions.iter().filter(|row| text(row, "journey_id") == journey);
    let last = own.map(|row| text(row, "ended_at")).max().expect("a session").to_owned();
    set.change_first(
        "journeys",
        |row| text(row, "journey_id") == journey,
        |row| {
            self::set(row, "ended_at", last.clone());
        },
    );
}

/// A product that somebody viewed.
fn viewed_product(set: &Set<'_>) -> String {
    let events = set.rows("events");
    let viewed = events.iter().find(|row| text(row, "event_name") == "product_viewed");
    text(viewed.expect("a view"), "product_id").to_owned()
}

/// A journey with one order, from the cart and not with one touch, whose cart was never restored.
fn bought_from_cart(set: &Set<'_>) -> String {
    let events = set.rows("events");
    let other = |journey: &str| {
        events.iter().any(|row| {
            text(row, "journey_id") == journey
                && ["one_click_started", "state_restored"].contains(&text(row, "event_name"))
        })
    };
    let orders = set.rows("orders");
    let journeys = orders.iter().map(|row| text(row, "journey_id"));
    let found = journeys.into_iter().find(|journey| !other(journey));
    found.expect("an order from the cart").to_owned()
}
