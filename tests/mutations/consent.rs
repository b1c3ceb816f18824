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
    }),
    Mutation::new("consent.states", |set| {
        let pick = |row: &Row| text(row, "subject") == "device";
        set.change_first("consents", pick, |row| self::set(row, "subject", "user"));
    }),
    Mutation::new("consent.stamp", |set| {
        set.change_first("events", all_granted, |row| self::set(row, "consent_mode", "G10100"));
    }),
    Mutation::new("consent.stamp", |set| {
        let ids = ids_of_sessions(set);
        let pick = |row: &Row| denied(row) && ids.contains_key(text(row, "session_id"));
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
    .also(&["consent.session"]),
    Mutation::new("consent.session", |set| {
        set.change_first("sessions", all_granted, |row| self::set(row, "consent_mode", "G10100"));
    }),
    Mutation::new("consent.session", |set| {
        let pick = |row: &Row| text(row, "consent") == "not_asked";
        set.change_first("sessions", pick, |row| self::set(row, "consent", "denied"));
    })
    .also(&["consent.stamp"]),
    Mutation::new("consent.pings", |set| {
        let ids = ids_of_sessions(set);
        let pick = |row: &Row| denied(row) && ids.contains_key(text(row, "session_id"));
        set.change_first("events", pick, |row| {
            let (device, _) = ids[text(row, "session_id")].clone();
            self::set(row, "device_id", device);
        });
    }),
    Mutation::new("consent.pings", |set| {
        set.change_first("events", all_granted, |row| drop(row.remove("anonymous_id")));
    }),
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

/// By session in which nobody was known: its device and its anonymous id.
pub(crate) type Ids = std::collections::HashMap<String, (String, String)>;

pub(crate) fn ids_of_sessions(set: &Set<'_>) -> Ids {
    let ids = |row: &Row| {
        let [session, device, anonymous] =
            ["session_id", "device_id", "anonymous_id"].map(|name| text(row, name).to_owned());
        (session, (device, anonymous))
    };
    let sessions = set.rows("sessions").into_iter();
    sessions.filter(|row| !row.contains_key("user_id")).map(|row| ids(&row)).collect()
}

/// Records a ping as if consent had been given.
pub(crate) fn as_if_granted(row: &mut Row, ids: &Ids) {
    let (device, anonymous) = ids[text(row, "session_id")].clone();
    set(row, "consent", "granted");
    set(row, "consent_mode", "G10100");
    set(row, "device_id", device);
    set(row, "anonymous_id", anonymous);
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
