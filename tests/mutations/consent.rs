//! Consent: what is stored, sent and kept against the ledger.

use crate::Mutation;
use crate::set::{Row, Set, add, set, text};

pub(crate) static MUTATIONS: &[Mutation] = &[
    Mutation::new("consent.states", |set| {
        set.change_first("consents", |_| true, |row| add(row, "sequence", 1));
    }),
    Mutation::new("consent.states", |set| {
        // Nobody withdraws what was refused from the first.
        let pick = |row: &Row| text(row, "state") == "denied" && is_of(row, "personalisation");
        set.change_first("consents", pick, |row| self::set(row, "state", "withdrawn"));
    })
    .also(&["consent.sources", "consent.expiry"]),
    Mutation::new("consent.states", |set| {
        let pick = |row: &Row| text(row, "subject") == "device";
        set.change_first("consents", pick, |row| self::set(row, "subject", "user"));
    }),
    Mutation::new("consent.stamp", |set| {
        set.change_first("events", all_granted, |row| self::set(row, "consent_mode", "G10100"));
    }),
    Mutation::new("consent.stamp", |set| {
        let ids = ids_of_sessions(set);
        let known = |row: &Row| ids.contains_key(text(row, "session_id"));
        let pick =
            |row: &Row| denied(row) && known(row) && text(row, "event_name") == "page_viewed";
        set.change_first("events", pick, |row| as_if_granted(row, &ids));
    }),
    Mutation::new("consent.stamp", |set| {
        // An event from before the grant: the ledger says that it was given later.
        let event = set.rows("events").into_iter().find(all_granted).expect("a granted one");
        let device = text(&event, "device_id").to_owned();
        let time = text(&event, "event_time").to_owned();
        set.change("consents", |row| {
            let hit = text(row, "device_id") == device
                && text(row, "state") == "granted"
                && text(row, "effective_at") <= time.as_str();
            if hit {
                self::set(row, "effective_at", time_after(&time));
            }
            hit
        });
    })
    .also(&["consent.session"]),
    Mutation::new("consent.stamp", |set| {
        // What has expired covers nothing any more.
        let session = set.rows("sessions").into_iter().find(all_granted).expect("a granted one");
        let device = text(&session, "device_id").to_owned();
        set.change("consents", |row| {
            let hit = text(row, "device_id") == device && text(row, "state") == "granted";
            if hit {
                let at = text(row, "effective_at").to_owned();
                self::set(row, "expires_at", at);
            }
            hit
        });
    })
    .also(&["consent.session", "consent.expiry"]),
    Mutation::new("consent.sources", |set| {
        let pick = |row: &Row| text(row, "source") == "banner";
        set.change_first("consents", pick, |row| self::set(row, "source", "settings"));
    }),
    Mutation::new("consent.sources", |set| {
        let pick = |row: &Row| text(row, "source") == "unsubscribe_link";
        set.change_first("consents", pick, |row| self::set(row, "source", "stop_reply"));
    }),
    Mutation::new("consent.sources", |set| {
        // Nobody can withdraw what rests on an opt-out.
        let pick = |row: &Row| is_of(row, "marketing") && text(row, "state") == "withdrawn";
        set.change_first("consents", pick, |row| self::set(row, "legal_basis", "opt_out"));
    }),
    Mutation::new("consent.expiry", |set| {
        // Expired while it held.
        let pick = |row: &Row| is_of(row, "marketing") && text(row, "state") == "withdrawn";
        set.change_first("consents", pick, |row| {
            self::set(row, "state", "expired");
            self::set(row, "source", "system");
        });
    }),
    Mutation::new("consent.expiry", |set| {
        let pick = |row: &Row| is_of(row, "marketing") && text(row, "state") == "granted";
        set.change_first("consents", pick, |row| drop(row.remove("expires_at")));
    }),
    Mutation::new("consent.expiry", |set| {
        let pick = |row: &Row| text(row, "state") == "withdrawn";
        set.change_first("consents", pick, |row| {
            let at = text(row, "effective_at").to_owned();
            self::set(row, "expires_at", time_after(&at));
        });
    }),
    Mutation::new("consent.expiry", |set| {
        // Taken back after it had run out by itself.
        let rows = set.rows("consents");
        let ends = |row: &&Row| is_of(row, "marketing") && text(row, "state") == "withdrawn";
        let end = rows.iter().find(ends).expect("an opt-in that was taken back").clone();
        let pick = |row: &Row| {
            ["user_id", "channel"].iter().all(|name| text(row, name) == text(&end, name))
                && text(row, "state") == "granted"
        };
        set.change_first("consents", pick, |row| {
            let at = time_after(text(row, "effective_at"));
            self::set(row, "expires_at", at);
        });
    }),
    Mutation::new("consent.session", |set| {
        set.change_first("sessions", all_granted, |row| self::set(row, "consent_mode", "G10100"));
    }),
    Mutation::new("consent.session", |set| {
        let pick = |row: &Row| text(row, "consent") == "not_asked";
        set.change_first("sessions", pick, |row| self::set(row, "consent", "denied"));
    })
    .also(&["consent.stamp"]),
    Mutation::new("consent.pings", |set| bear(set, "device_id", None)),
    Mutation::new("consent.pings", |set| bear(set, "anonymous_id", None)).also(&["keys.stitching"]),
    Mutation::new("consent.pings", |set| bear(set, "journey_id", None)),
    Mutation::new("consent.pings", |set| bear(set, "ip", None)),
    Mutation::new("consent.pings", |set| bear(set, "cart_id", Some("product_added"))),
    Mutation::new("consent.pings", |set| {
        let user = text(&set.rows("users")[0], "user_id").to_owned();
        set.change_first("events", denied, |row| self::set(row, "user_id", user.clone()));
    }),
    Mutation::new("consent.pings", |set| {
        let order = text(&set.rows("orders")[0], "order_id").to_owned();
        set.change_first("events", denied, |row| self::set(row, "order_id", order.clone()));
    })
    .also(&["files.groups"]),
    Mutation::new("consent.pings", |set| click(set, "page_url")),
    Mutation::new("consent.pings", |set| click(set, "page_referrer")),
    Mutation::new("consent.pings", |set| lack(set, "anonymous_id")),
    Mutation::new("consent.pings", |set| lack(set, "device_id")).also(&["keys.stitching"]),
    Mutation::new("consent.pings", |set| lack(set, "journey_id")),
    Mutation::new("consent.pings", |set| lack(set, "ip")),
    Mutation::new("consent.pings", |set| lack(set, "cart_id")),
    Mutation::new("consent.pings", |set| lack(set, "order_id")),
    Mutation::new("consent.messages", |set| {
        let (user, channel, at) = message(set);
        let pick = |row: &Row| text(row, "user_id") == user && text(row, "channel") == channel;
        set.change_first("consents", pick, |row| {
            self::set(row, "effective_at", time_after(&at));
        });
    }),
    Mutation::new("consent.opt_in", |set| {
        let pick = |row: &Row| row["sms_opt_in"] == false;
        set.change_first("users", pick, |row| self::set(row, "sms_opt_in", true));
    }),
    Mutation::new("consent.erasure", survive),
    Mutation::new("consent.erasure", acquire),
    Mutation::new("consent.requests", |set| {
        let pick = |row: &Row| text(row, "outcome") == "pending";
        set.change_first("erasure_requests", pick, |row| self::set(row, "outcome", "refused"));
    }),
    Mutation::new("consent.requests", |set| {
        // Nobody answers, though it is due.
        let pick = |row: &Row| text(row, "outcome") == "pending";
        set.change_first("erasure_requests", pick, |row| {
            let requested = text(row, "requested_at").to_owned();
            self::set(row, "due_at", requested);
        });
    }),
];

fn is_of(row: &Row, purpose: &str) -> bool {
    text(row, "purpose") == purpose
}

fn all_granted(row: &Row) -> bool {
    text(row, "consent") == "granted" && text(row, "consent_mode") == "G11111"
}

pub(crate) fn denied(row: &Row) -> bool {
    text(row, "consent") == "denied"
}

/// By session in which nobody was known: its row.
pub(crate) type Ids = std::collections::HashMap<String, Row>;

pub(crate) fn ids_of_sessions(set: &Set<'_>) -> Ids {
    let sessions = set.rows("sessions").into_iter().filter(|row| !row.contains_key("user_id"));
    sessions.map(|row| (text(&row, "session_id").to_owned(), row)).collect()
}

/// Records a ping, of nothing in a cart, as if consent had been given.
pub(crate) fn as_if_granted(row: &mut Row, ids: &Ids) {
    let session = &ids[text(row, "session_id")];
    set(row, "consent", "granted");
    set(row, "consent_mode", "G10100");
    for name in ["device_id", "anonymous_id", "journey_id", "ip"] {
        set(row, name, text(session, name));
    }
}

/// A ping that bears what its session tells, or its journey's cart where that has none.
fn bear(set: &mut Set<'_>, column: &str, of: Option<&str>) {
    let ids = ids_of_sessions(set);
    let carts: std::collections::HashSet<String> = set
        .rows("events")
        .iter()
        .filter_map(|row| Some(row.get("cart_id")?.as_str()?.to_owned()))
        .collect();
    let cart = carts.into_iter().min().expect("a cart");
    let pick = |row: &Row| {
        let fits = of.is_none_or(|name| text(row, "event_name") == name);
        denied(row) && fits && ids.contains_key(text(row, "session_id"))
    };
    set.change_first("events", pick, |row| {
        let own = ids[text(row, "session_id")].get(column).and_then(|value| value.as_str());
        let own = own.unwrap_or(&cart).to_owned();
        self::set(row, column, own);
    });
}

/// A ping with a click id in a URL.
fn click(set: &mut Set<'_>, column: &str) {
    let pick = |row: &Row| denied(row) && row.contains_key(column);
    set.change_first("events", pick, |row| {
        let url = text(row, column);
        let clicked = format!("{url}{}gclid=Cj0x", if url.contains('?') { '&' } else { '?' });
        self::set(row, column, clicked);
    });
}

/// An event with consent that lacks what it has by that.
fn lack(set: &mut Set<'_>, column: &str) {
    let completes = |row: &Row| text(row, "event_name") == "order_completed";
    let pick = |row: &Row| {
        all_granted(row) && row.contains_key(column) && (column != "order_id" || completes(row))
    };
    set.change_first("events", pick, |row| drop(row.remove(column)));
}

/// A moment soon after another one.
fn time_after(time: &str) -> String {
    let time: jiff::Timestamp = time.parse().expect("a moment");
    format!("{:.6}", time + jiff::SignedDuration::from_hours(13))
}

/// A person who came by a message, over which channel, and when; one whose opt-in never ended.
fn message(set: &Set<'_>) -> (String, String, String) {
    let devices = set.rows("devices");
    let consents = set.rows("consents");
    let sessions = set.rows("sessions");
    let found = sessions.iter().find_map(|row| {
        let channel = text(row, "utm_medium");
        if row["session_number"] != 1 || !["email", "sms", "push"].contains(&channel) {
            return None;
        }
        let holds = |of: &&Row| text(of, "device_id") == text(row, "device_id");
        let user = text(devices.iter().find(holds)?, "user_id");
        let own = |of: &&Row| text(of, "user_id") == user && text(of, "channel") == channel;
        let found = (user.to_owned(), channel.to_owned(), text(row, "started_at").to_owned());
        (consents.iter().filter(own).count() == 1).then_some(found)
    });
    found.expect("a message")
}

/// Somebody of whom there was nothing else brings a device after the erasure.
fn acquire(set: &mut Set<'_>) {
    let of_users = set.rows("consents");
    let of_users: Vec<&str> = of_users.iter().map(|row| text(row, "user_id")).collect();
    let of_devices = set.rows("sessions");
    let of_devices: Vec<&str> = of_devices.iter().map(|row| text(row, "device_id")).collect();
    let all = set.rows("devices");
    let is_idle = |user: &str| {
        let mut own = all.iter().filter(|row| text(row, "user_id") == user);
        own.all(|row| !of_devices.contains(&text(row, "device_id"))) && !of_users.contains(&user)
    };
    let idle = all.iter().find(|row| is_idle(text(row, "user_id"))).expect("an idle one");
    let [user, device] = ["user_id", "device_id"].map(|name| text(idle, name).to_owned());
    let pick = |row: &Row| text(row, "outcome") == "pending";
    let request = set.change_first("erasure_requests", pick, |row| {
        let requested = text(row, "requested_at").to_owned();
        self::set(row, "user_id", user.clone());
        self::set(row, "completed_at", requested);
        self::set(row, "outcome", "completed");
    });
    let later = time_after(text(&request, "requested_at"));
    let pick = |row: &Row| text(row, "device_id") == device;
    set.change_first("devices", pick, |row| self::set(row, "first_seen", later.clone()));
}

/// Somebody is still there after the erasure.
pub(crate) fn survive(set: &mut Set<'_>) {
    let last = set.rows("sessions").pop().expect("a session");
    let devices = set.rows("devices");
    let holds = |row: &&Row| text(row, "device_id") == text(&last, "device_id");
    let user = text(devices.iter().find(holds).expect("its device"), "user_id").to_owned();
    let started = text(&last, "started_at").to_owned();
    let pick = |row: &Row| text(row, "requested_at") < started.as_str();
    set.change_first("erasure_requests", pick, |row| {
        let requested = text(row, "requested_at").to_owned();
        self::set(row, "user_id", user.clone());
        self::set(row, "completed_at", requested);
        self::set(row, "outcome", "completed");
        row.remove("reason");
    });
}
