//! The folder, the manifest, and rows by themselves.

use std::fs;

use crate::Mutation;
use crate::set::{Set, delay, set, text};

pub(crate) static MUTATIONS: &[Mutation] = &[
    Mutation::new("files.listed", |set| {
        fs::write(set.path("events/stray.ndjson"), "").expect("written");
    }),
    Mutation::new("files.listed", |set| {
        let file = set.first_file("truth/personas");
        fs::remove_file(set.path(&file)).expect("removed");
    }),
    Mutation::new("files.digest", |set| {
        let file = set.first_file("users");
        let path = set.path(&file);
        let lines = fs::read_to_string(&path).expect("text");
        fs::write(path, lines.replacen("\"first_name\":\"", "\"first_name\":\"Z", 1))
            .expect("written");
    }),
    Mutation::new("files.readable", |set| cut(set, "products")).of_parquet(),
    Mutation::new("files.readable", |set| {
        let file = set.first_file("sessions");
        let lines = fs::read_to_string(set.path(&file)).expect("text");
        fs::write(set.path(&file), lines + "{\"session_id\":").expect("written");
        set.state("sessions", &file, None);
    }),
    Mutation::new("files.schema", |set| {
        set.change_first("users", |_| true, |row| self::set(row, "nickname", "x"));
    }),
    Mutation::new("files.schema", |set| {
        set.change_first("users", |_| true, |row| self::set(row, "email_opt_in", "yes"));
    }),
    Mutation::new("files.schema", |set| {
        // A file of another table's columns under its name.
        let (from, to) = (set.first_file("orders"), set.first_file("truth/personas"));
        fs::copy(set.path(&from), set.path(&to)).expect("copied");
        let rows = set.entry(&from).rows;
        set.entry(&to).rows = rows;
        set.state("truth/personas", &to, None);
    })
    .of_parquet(),
    Mutation::new("files.rows", |set| {
        let file = set.first_file("truth/personas");
        set.entry(&file).rows += 1;
    }),
    Mutation::new("files.times", |set| {
        let file = set.first_file("orders");
        set.entry(&file).max_time = Some("2030-01-01T00:00:00.000000Z".to_owned());
    }),
    Mutation::new("files.nulls", |set| {
        set.change_first("users", |_| true, |row| drop(row.remove("first_name")));
    }),
    Mutation::new("files.values", |set| {
        set.change_first("users", |_| true, |row| self::set(row, "preferred_channel", "pigeon"));
    }),
    Mutation::new("files.sorted", |set| {
        let mut swapped = false;
        set.rewrite("journeys", |rows| {
            let middle = rows.len() / 2;
            if !std::mem::replace(&mut swapped, true) {
                rows.swap(middle, middle + 1);
                return 1;
            }
            0
        });
    }),
    Mutation::new("files.partitions", |set| {
        let file = set.first_file("events");
        let date = &file[file.find('=').expect("a date") + 1..][..10];
        let moved = file.replace(date, "2020-01-01");
        let folder = set.path(&moved).parent().expect("a folder").to_owned();
        fs::create_dir_all(folder).expect("made");
        fs::rename(set.path(&file), set.path(&moved)).expect("moved");
        set.entry(&file).path = moved;
    }),
    Mutation::new("files.lateness", |set| {
        set.change_first(
            "events",
            |row| row.contains_key("sent_at"),
            |row| {
                let time = text(row, "event_time").to_owned();
                self::set(row, "sent_at", time);
                delay(row, "sent_at", -1);
            },
        );
    }),
    Mutation::new("files.groups", |set| {
        let pick = |row: &crate::set::Row| text(row, "event_name") == "page_viewed";
        set.change_first("events", pick, |row| self::set(row, "position", 3));
    }),
    Mutation::new("files.properties", |set| {
        let pick = |row: &crate::set::Row| text(row, "event_name") == "page_viewed";
        set.change_first("events", pick, |row| {
            row["properties"].as_object_mut().expect("an object").remove("scroll");
        });
    }),
    Mutation::new("files.properties", |set| {
        let pick = |row: &crate::set::Row| text(row, "event_name") == "page_viewed";
        set.change_first("events", pick, |row| row["properties"]["scroll"] = "far".into());
    }),
];

/// Cuts the first file of a table short, and lets the manifest agree.
fn cut(set: &mut Set<'_>, table: &str) {
    let file = set.first_file(table);
    let bytes = fs::read(set.path(&file)).expect("bytes");
    fs::write(set.path(&file), &bytes[..bytes.len() / 2]).expect("written");
    set.state(table, &file, None);
}
