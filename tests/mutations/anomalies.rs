//! Every kind of anomaly that shows plainly: a data set broken in its way fails its invariant.

use std::collections::BTreeSet;
use std::fs;

use crate::set::{Row, Set, add_cents, delay, number, set, text};
use crate::{Mutation, consent};

/// Kinds that show only in the habits of many: no single row fails them. They are proven beside their code.
pub(crate) const STATISTICAL: [&str; 8] = [
    "anomalies.identity_split",
    "anomalies.identity_merge",
    "anomalies.pseudonym_unstable",
    "anomalies.traffic_burst",
    "anomalies.outage_gap",
    "anomalies.bot_sessions",
    "anomalies.referral_spam",
    "anomalies.drift",
];

const ELSEWHERE: &str = "01234567-89ab-4def-8123-456789abcdef";

pub(crate) static MUTATIONS: &[Mutation] = &[
    Mutation::new("anomalies.event_after_withdrawal", |set| {
        let ids = consent::ids_of_sessions(set);
        let known = |row: &Row| ids.contains_key(text(row, "session_id"));
        let pick = |row: &Row| {
            consent::denied(row) && known(row) && text(row, "event_name") == "page_viewed"
        };
        set.change_first("events", pick, |row| consent::as_if_granted(row, &ids));
    }),
    Mutation::new("anomalies.erasure_or_retention_miss", consent::survive),
    Mutation::new("anomalies.json_truncated", |set| {
        line(set, "users", |line| line[..line.len() / 2].to_vec());
    }),
    Mutation::new("anomalies.json_malformed", |set| {
        line(set, "users", |line| [&line[..line.len() - 1], b",}"].concat());
    }),
    Mutation::new("anomalies.json_malformed", |set| {
        line(set, "events", |line| replaced(line, b"\"properties\":{", b"\"properties\":{,"));
    }),
    Mutation::new("anomalies.json_bad_utf8", |set| {
        line(set, "users", |line| replaced(line, b"\"first_name\":\"", b"\"first_name\":\"\xff"));
    }),
    Mutation::new("anomalies.json_number", |set| {
        line(set, "devices", |line| {
            replaced(line, b"\"viewport_width\":", b"\"viewport_width\":NaN,\"x\":")
        });
    }),
    Mutation::new("anomalies.json_number", |set| {
        line(set, "devices", |line| {
            replaced(line, b"\"viewport_width\":", b"\"viewport_width\":1e400,\"x\":")
        });
    }),
    Mutation::new("anomalies.json_dup_key", |set| {
        line(set, "users", |line| replaced(line, b"{\"", b"{\"city\":\"K\",\""));
    }),
    Mutation::new("anomalies.json_control_text", |set| {
        line(set, "users", |line| {
            replaced(line, b"\"first_name\":\"", b"\"first_name\":\"\\u0000")
        });
    }),
    Mutation::new("anomalies.json_control_text", |set| {
        line(set, "users", |line| [b"\xef\xbb\xbf", line].concat());
    }),
    Mutation::new("anomalies.line_framing", |set| {
        line(set, "users", |line| [line, b"\r"].concat());
    }),
    Mutation::new("anomalies.line_framing", |set| {
        line(set, "users", |line| [line, b"\n"].concat());
    }),
    Mutation::new("anomalies.line_framing", |set| {
        line(set, "users", |line| [line, line].concat());
    }),
    Mutation::new("anomalies.oversize_record", |set| {
        of_user(set, |row| self::set(row, "first_name", "x".repeat(1_000)));
    }),
    Mutation::new("anomalies.file_damaged", |set| again(set, "files.readable")).of_parquet(),
    Mutation::new("anomalies.schema_drift", |set| again(set, "files.schema")),
    Mutation::new("anomalies.missing_value", |set| again(set, "files.nulls")),
    Mutation::new("anomalies.missing_value", |set| {
        let pick = |row: &Row| text(row, "event_name") == "product_viewed";
        set.change_first("events", pick, |row| drop(row.remove("product_brand")));
    }),
    Mutation::new("anomalies.implicit_missing", |set| {
        of_user(set, |row| self::set(row, "city", "N/A"));
    }),
    Mutation::new("anomalies.implicit_missing", |set| {
        of_user(set, |row| self::set(row, "created_at", "1970-01-01T00:00:00.000000Z"));
    }),
    Mutation::new("anomalies.mistype", |set| {
        of_user(set, |row| self::set(row, "email_opt_in", "yes"));
    }),
    Mutation::new("anomalies.enum_unknown", |set| again(set, "files.values")),
    Mutation::new("anomalies.format_invalid", |set| {
        of_user(set, |row| self::set(row, "phone", "0800 CALL ME"));
    }),
    Mutation::new("anomalies.format_invalid", |set| {
        of_event(set, "page_url", |row| self::set(row, "page_url", "shop.example"));
    }),
    Mutation::new("anomalies.out_of_range", |set| {
        of_event(set, "quantity", |row| self::set(row, "quantity", 0));
    }),
    Mutation::new("anomalies.numeric_outlier", |set| {
        of_event(set, "page_load_ms", |row| self::set(row, "page_load_ms", 9_000_000));
    }),
    Mutation::new("anomalies.wrong_unit", |set| {
        of_event(set, "price", |row| {
            let hundredfold = number(row, "price") * 100.0;
            self::set(row, "price", hundredfold.round());
        });
    }),
    Mutation::new("anomalies.currency_mismatch", |set| {
        of_event(set, "price", |row| {
            let other = if text(row, "currency") == "EUR" { "USD" } else { "EUR" };
            self::set(row, "currency", other);
        });
    }),
    Mutation::new("anomalies.rounding_drift", |set| {
        set.change_first("orders", |_| true, |row| add_cents(row, "total", 1));
    }),
    Mutation::new("anomalies.mojibake", |set| {
        of_user(set, |row| self::set(row, "city", "KÃ¶ln"));
    }),
    Mutation::new("anomalies.naughty_text", |set| {
        of_user(set, |row| self::set(row, "last_name", "Ri\u{202e}cci"));
    }),
    Mutation::new("anomalies.pii_in_free_text", |set| {
        of_event(set, "search_query", |row| {
            self::set(row, "search_query", "order of ann.tardy@example.com");
        });
    }),
    Mutation::new("anomalies.swapped_columns", |set| {
        of_event(set, "os", |row| {
            let (os, browser) = (row["os"].clone(), row["browser"].clone());
            self::set(row, "os", browser);
            self::set(row, "browser", os);
        });
    }),
    Mutation::new("anomalies.stuck_value", |set| {
        let sessions = set.rows("sessions");
        let most = |row: &&Row| number(row, "page_views") as u64;
        let id = text(sessions.iter().max_by_key(most).expect("a session"), "session_id");
        set.change("events", |row| {
            let hit = text(row, "session_id") == id && row.contains_key("page_load_ms");
            if hit {
                self::set(row, "page_load_ms", 777);
            }
            hit
        });
    }),
    Mutation::new("anomalies.dup_exact", |set| twice(set, "users", |_| {})),
    Mutation::new("anomalies.dup_exact", |set| {
        twice(set, "events", |row| delay(row, "received_at", 0));
    }),
    Mutation::new("anomalies.dup_mutated", |set| {
        twice(set, "events", |row| self::set(row, "city", "Atlantis"));
    }),
    Mutation::new("anomalies.id_collision", |set| {
        let other = set.rows("events").pop().expect("an event");
        twice(set, "events", |row| {
            let id = row["event_id"].clone();
            row.clone_from(&other);
            self::set(row, "event_id", id);
        });
    }),
    Mutation::new("anomalies.dup_reissued", |set| {
        twice(set, "events", |row| self::set(row, "event_id", ELSEWHERE));
    }),
    Mutation::new("anomalies.dup_reissued", |set| {
        twice(set, "orders", |row| self::set(row, "order_id", ELSEWHERE));
    }),
    Mutation::new("anomalies.record_dropped", |set| {
        let mut dropped = false;
        set.rewrite("events", |rows| {
            let middle = rows.iter().position(|row| number(row, "session_seq") as i64 == 2);
            match middle.filter(|_| !dropped) {
                Some(at) => {
                    dropped = true;
                    rows.remove(at);
                    1
                }
                None => 0,
            }
        });
    }),
    Mutation::new("anomalies.record_dropped", |set| {
        set.rewrite("order_items", |rows| {
            rows.remove(0);
            1
        });
    }),
    Mutation::new("anomalies.step_order", |set| again(set, "keys.purchase_after_cart")),
    Mutation::new("anomalies.step_missing", |set| again(set, "keys.payment_after_checkout")),
    Mutation::new("anomalies.session_overlap", |set| again(set, "keys.overlap")),
    Mutation::new("anomalies.session_boundary", |set| {
        let pick = |row: &Row| number(row, "session_seq") as i64 == 2;
        set.change_first("events", pick, |row| delay(row, "event_time", 2_400));
    }),
    Mutation::new("anomalies.event_outside_session", |set| again(set, "keys.inside")),
    Mutation::new("anomalies.order_state_invalid", |set| again(set, "keys.order_states")),
    Mutation::new("anomalies.impossible_travel", |set| {
        // Somebody's next session, within the hour, is on another continent.
        let mut sessions = set.rows("sessions");
        sessions.sort_by_key(|row| {
            (text(row, "device_id").to_owned(), text(row, "started_at").to_owned())
        });
        let soon = |pair: &&[Row]| {
            let mut ended = pair[0].clone();
            delay(&mut ended, "ended_at", 3_600);
            text(&pair[0], "device_id") == text(&pair[1], "device_id")
                && text(&pair[1], "started_at") < text(&ended, "ended_at")
        };
        let pair = sessions.windows(2).find(soon).expect("somebody who comes back within the hour");
        let id = text(&pair[1], "session_id").to_owned();
        let away =
            if text(&pair[1], "country") == "BR" { ("US", "Chicago") } else { ("BR", "Recife") };
        set.change_first(
            "sessions",
            |row| text(row, "session_id") == id,
            |row| {
                self::set(row, "country", away.0);
                self::set(row, "city", away.1);
            },
        );
    }),
    Mutation::new("anomalies.ua_device_mismatch", |set| again(set, "keys.device_context")),
    Mutation::new("anomalies.fk_orphan", |set| again(set, "keys.references")),
    Mutation::new("anomalies.fk_wrong_parent", |set| again(set, "keys.session_context")),
    Mutation::new("anomalies.parent_after_child", |set| again(set, "keys.first_day")),
    Mutation::new("anomalies.cardinality", |set| again(set, "keys.payments")),
    Mutation::new("anomalies.total_mismatch", |set| again(set, "keys.order_totals")),
    Mutation::new("anomalies.event_order_gap", |set| again(set, "keys.order_events")),
    Mutation::new("anomalies.source_divergence", |set| again(set, "keys.order_events")),
    Mutation::new("anomalies.late_arrival", |set| again(set, "files.lateness")),
    Mutation::new("anomalies.out_of_order", |set| again(set, "files.sorted")),
    Mutation::new("anomalies.clock_skew", |set| again(set, "files.lateness")),
    Mutation::new("anomalies.epoch_unit", |set| {
        of_event(set, "event_time", |row| {
            self::set(row, "event_time", "1970-01-21T11:22:33.000000Z");
        });
    }),
    Mutation::new("anomalies.tz_shift", |set| {
        of_event(set, "event_time", |row| delay(row, "event_time", -3_600));
    }),
    Mutation::new("anomalies.local_time_invalid", |set| {
        of_user(set, |row| self::set(row, "birth_date", "1990-02-29"));
    }),
    Mutation::new("anomalies.fraud_pattern", |set| {
        for nth in 0..3 {
            twice(set, "payments", |row| {
                for column in ["payment_id", "checkout_id", "idempotency_key"] {
                    self::set(row, column, format!("01234567-89ab-4def-8123-00000000000{nth}"));
                }
                self::set(row, "status", "declined");
                row.remove("order_id");
            });
        }
    }),
    Mutation::new("anomalies.fraud_pattern", |set| {
        let sessions = set.rows("sessions");
        let came_before = |order: &Row| {
            let own = |row: &&Row| text(row, "session_id") == text(order, "session_id");
            let buys = sessions.iter().find(own).expect("a session");
            sessions.iter().any(|row| {
                text(row, "user_id") == text(order, "user_id")
                    && text(row, "started_at") < text(buys, "started_at")
            })
        };
        let order = set.rows("orders").into_iter().find(came_before).expect("one who came before");
        twice(set, "devices", |row| {
            self::set(row, "device_id", ELSEWHERE);
            self::set(row, "user_id", text(&order, "user_id"));
        });
        let pick = |row: &Row| text(row, "session_id") == text(&order, "session_id");
        set.change_first("sessions", pick, |row| {
            let away = if text(row, "country") == "BR" { "US" } else { "BR" };
            self::set(row, "country", away);
            self::set(row, "device_id", ELSEWHERE);
        });
    }),
    Mutation::new("anomalies.fraud_pattern", |set| {
        let mut users = BTreeSet::new();
        let mut sessions = BTreeSet::new();
        set.change("orders", |row| {
            let is_one = users.len() < 4 && users.insert(text(row, "user_id").to_owned());
            if is_one {
                sessions.insert(text(row, "session_id").to_owned());
                self::set(row, "placed_at", "2026-01-06T00:00:00.000000Z");
                self::set(row, "coupon", "WELCOME10");
            }
            is_one
        });
        assert_eq!(users.len(), 4);
        set.change("sessions", |row| {
            let is_one = sessions.contains(text(row, "session_id"));
            if is_one {
                self::set(row, "ip", "198.18.0.1");
                self::set(row, "city", "Recife");
            }
            is_one
        });
    }),
];

/// Breaks the set as another list does for a check whose violations are the kind's.
fn again(set: &mut Set<'_>, check: &str) {
    let all = crate::files::MUTATIONS.iter().chain(crate::keys::MUTATIONS);
    let mutation = all.into_iter().find(|mutation| mutation.check == check);
    (mutation.expect("a mutation of that check").damage)(set);
}

/// Changes the first line of a table that changes at all, as bytes without their line feed.
fn line(set: &mut Set<'_>, table: &str, change: impl Fn(&[u8]) -> Vec<u8>) {
    let file = set.first_file(table);
    let bytes = fs::read(set.path(&file)).expect("bytes");
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let changed = lines.iter_mut().find_map(|line| {
        let new = change(line);
        (new != *line).then(|| *line = new)
    });
    changed.expect("a line that changes");
    fs::write(set.path(&file), lines.join(&b'\n')).expect("written");
    set.state(table, &file, None);
}

/// A line in which some bytes are replaced once; as it was where they are not there.
fn replaced(line: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    match line.windows(old.len()).position(|part| part == old) {
        Some(at) => [&line[..at], new, &line[at + old.len()..]].concat(),
        None => line.to_vec(),
    }
}

fn of_user(set: &mut Set<'_>, change: impl Fn(&mut Row)) {
    set.change_first("users", |_| true, change);
}

fn of_event(set: &mut Set<'_>, column: &str, change: impl Fn(&mut Row)) {
    set.change_first("events", |row| row.contains_key(column), change);
}

/// Writes the first row of a table once more, behind itself, with a change.
fn twice(set: &mut Set<'_>, table: &str, change: impl Fn(&mut Row)) {
    let mut done = false;
    set.rewrite(table, |rows| {
        if std::mem::replace(&mut done, true) {
            return 0;
        }
        let mut row = rows[0].clone();
        change(&mut row);
        rows.insert(1, row);
        1
    });
}
