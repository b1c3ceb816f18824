//! What encoding costs a row: a synthetic frame of 50 columns, like the events table, through every format and compression, and
//! through Arrow's own writer. `THRONG_BENCH_ROWS` sets the rows (default 262,144); criterion's throughput is in rows, so the time
//! of a row is the inverse of the rate shown.

use std::hint::black_box;
use std::io::{self, Write};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use throng::frame::{Column, Frame, Strings, Values};
use throng::schema::Type;
use throng::seed::{Purpose, Seed, Stream};
use throng::sink::held::{Held, HeldColumn, HeldKeys};
use throng::sink::{FORMATS, IdForm, Options, stock};

/// Counts what it is given and drops it.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn stream(name: &str) -> Stream {
    Seed(1).stream(Purpose::named(name), 0, 0)
}

/// Low numbers often, high ones seldom.
fn skewed(stream: &mut Stream, below: u32) -> u32 {
    let unit = stream.unit();
    ((unit * unit * unit * f64::from(below)) as u32).min(below - 1)
}

struct Shape {
    rows: usize,
    columns: Vec<HeldColumn>,
    /// The session of each row: about two thousand are open at a time.
    sessions: Vec<u32>,
}

impl Shape {
    fn new(rows: usize) -> Self {
        let mut stream = stream("sessions");
        let open = 2_000;
        let mut slots: Vec<u32> = (0..open).collect();
        let mut next = open;
        let sessions = (0..rows).map(|_| {
            let slot = stream.below(open) as usize;
            if stream.chance(1.0 / 12.0) {
                slots[slot] = next;
                next += 1;
            }
            slots[slot]
        });
        let sessions = sessions.collect();
        Self { rows, columns: Vec::new(), sessions }
    }

    fn valid(&self, name: &str, share: f64) -> Vec<bool> {
        let mut stream = stream(name);
        (0..self.rows).map(|_| share >= 1.0 || stream.chance(share)).collect()
    }

    fn push(&mut self, name: &str, ty: Type, valid: &[bool], values: Values, keys: HeldKeys) {
        self.columns.push(HeldColumn::new(name, ty, valid, values, keys));
    }

    /// An id of what a session belongs to: `per` sessions share one.
    fn ids(&mut self, name: &str, per: u32, share: f64) {
        let valid = self.valid(name, share);
        let purpose = Purpose::named(name);
        let count = self.sessions.iter().max().map_or(0, |last| last / per + 1);
        let ids = (0..count).map(|id| Seed(2).wide(purpose, u64::from(id), 0)).collect();
        let keys = self.sessions.iter().zip(&valid).filter(|(_, valid)| **valid);
        let keys = keys.map(|(session, _)| session / per).collect();
        self.push(name, Type::Id, &valid, Values::Keys(keys), HeldKeys::Ids(ids));
    }

    /// A string of `count`, of the session or of each event.
    fn texts(&mut self, name: &str, count: u32, length: usize, share: f64, of_session: bool) {
        let valid = self.valid(name, share);
        let texts: Strings = (0..count)
            .map(|i| {
                let tail = Seed(3).wide(Purpose::named(name), u64::from(i), 0);
                let tail =
                    format!("{tail:x}/product/{name}/index.html?view=small&sort=price&page=1");
                format!(
                    "{name}-{}",
                    &tail[..length.saturating_sub(name.len() + 1).clamp(3, tail.len())]
                )
            })
            .collect();
        let mut events = stream(name);
        let keys = self.sessions.iter().zip(&valid).map(|(&session, valid)| {
            let mut own = Seed(4).stream(Purpose::named(name), u64::from(session), 0);
            let key = skewed(if of_session { &mut own } else { &mut events }, count);
            (key, *valid)
        });
        let keys = keys.filter(|(_, valid)| *valid).map(|(key, _)| key).collect();
        self.push(
            name,
            Type::Text,
            &valid,
            Values::Keys(keys),
            HeldKeys::Texts(texts, Strings::new()),
        );
    }

    fn longs(&mut self, name: &str, ty: Type, share: f64, value: impl Fn(u32, &mut Stream) -> i64) {
        let valid = self.valid(name, share);
        let mut stream = stream(name);
        let values = (0..self.rows as u32).filter(|row| valid[*row as usize]);
        let values = values.map(|row| value(row, &mut stream));
        let values = match ty {
            Type::Int32 => Values::Ints(values.map(|value| value as i32).collect()),
            Type::Float64 => Values::Doubles(values.map(|value| value as f64 / 100.0).collect()),
            Type::Bool => Values::Flags(values.map(|value| value == 0).collect()),
            _ => Values::Longs(values.collect()),
        };
        self.push(name, ty, &valid, values, HeldKeys::None);
    }
}

/// Rows like those of the events table.
pub(crate) fn events(rows: usize) -> Held {
    const START: i64 = 1_767_571_200_000_000;
    let mut shape = Shape::new(rows);
    let arrival = |row: u32| START + i64::from(row) * 80_000;
    let mut stream = stream("event_id");
    let ids = (0..rows as u32).map(|row| {
        let random = u128::from(stream.next()) << 64 | u128::from(stream.next());
        let millis = (arrival(row) / 1_000) as u128;
        millis << 80 | 7 << 76 | (random & 0x0fff_3fff_ffff_ffff_ffff) | 2 << 62
    });
    let ids = Values::Ids(ids.collect());
    shape.push("event_id", Type::Id, &vec![true; rows], ids, HeldKeys::None);
    shape.texts("event_name", 24, 16, 1.0, false);
    for (name, late) in [("received_at", 0), ("event_time", 900_000), ("sent_at", 300_000)] {
        shape.longs(name, Type::Timestamp, 1.0, |row, stream| {
            let late = if late == 0 { 0 } else { i64::from(stream.below(late)) };
            arrival(row) - late - i64::from(stream.below(1_000))
        });
    }
    for (name, per, share) in [
        ("session_id", 1, 1.0),
        ("user_id", 4, 0.6),
        ("anonymous_id", 3, 1.0),
        ("device_id", 3, 1.0),
        ("journey_id", 2, 0.9),
    ] {
        shape.ids(name, per, share);
    }
    shape.longs("session_seq", Type::Int32, 1.0, |_, stream| i64::from(skewed(stream, 60)));
    for (name, count, length) in [
        ("device_class", 3, 12),
        ("device_model", 40, 20),
        ("os", 6, 10),
        ("os_version", 30, 14),
        ("browser", 9, 14),
        ("browser_version", 40, 20),
        ("user_agent", 300, 110),
        ("viewport", 20, 14),
        ("country", 12, 10),
        ("region", 90, 14),
        ("city", 400, 14),
        ("locale", 15, 10),
        ("ip", 20_000, 16),
        ("network", 5, 11),
        ("utm_source", 4, 14),
        ("persona_hint", 4, 14),
        ("consent", 4, 11),
    ] {
        shape.texts(name, count, length, 1.0, true);
    }
    for (name, count, length, share) in [
        ("page_type", 14, 13, 0.8),
        ("page_path", 4_000, 40, 0.8),
        ("page_url", 4_000, 70, 0.8),
        ("referrer", 3_000, 60, 0.3),
        ("product_id", 3_000, 14, 0.35),
        ("category", 30, 18, 0.35),
        ("brand", 120, 18, 0.35),
        ("search_query", 800, 24, 0.04),
        ("coupon", 20, 14, 0.01),
        ("currency", 4, 12, 0.35),
        ("payment_method", 6, 18, 0.02),
        ("error", 12, 18, 0.02),
        ("experiment", 8, 18, 0.5),
    ] {
        shape.texts(name, count, length, share, false);
    }
    for (name, share) in [("price", 0.35), ("value", 0.05), ("tax", 0.02), ("shipping", 0.02)] {
        shape.longs(name, Type::Money, share, |_, stream| i64::from(skewed(stream, 90_000)) * 10);
    }
    for (name, share, below) in [
        ("quantity", 0.1, 4),
        ("position", 0.2, 48),
        ("dwell_ms", 0.9, 60_000),
        ("load_ms", 0.7, 5_000),
    ] {
        shape.longs(name, Type::Int32, share, |_, stream| i64::from(skewed(stream, below)));
    }
    shape.longs("scroll", Type::Float64, 0.4, |_, stream| i64::from(stream.below(101)));
    shape.longs("returning", Type::Bool, 1.0, |_, stream| i64::from(stream.below(3)));
    let mut frame = shape;
    let valid = frame.valid("properties", 0.5);
    let objects: Strings =
        (0..900).map(|i| format!(r#"{{"gesture":"swipe","depth":{i}}}"#)).collect();
    let mut keys = Seed(5).stream(Purpose::named("properties"), 0, 0);
    let keys = valid.iter().filter(|valid| **valid).map(|_| skewed(&mut keys, 900)).collect();
    let meaning = HeldKeys::Texts(objects, Strings::new());
    frame.push("properties", Type::Json, &valid, Values::Keys(keys), meaning);
    Held::new("events", &["received_at"], frame.columns)
}

fn encode(criterion: &mut Criterion) {
    let rows = std::env::var("THRONG_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
    let frame = events(rows.unwrap_or(1 << 18));
    let mut group = criterion.benchmark_group("encode");
    group.sample_size(10).throughput(Throughput::Elements(frame.rows() as u64));
    group.bench_function("fill only", |bencher| {
        let mut column = Column::default();
        bencher.iter(|| {
            for field in 0..frame.table().fields.len() {
                for start in (0..frame.rows()).step_by(1 << 16) {
                    frame.fill(field, start..frame.rows().min(start + (1 << 16)), &mut column);
                    black_box(&column);
                }
            }
        });
    });
    for format in FORMATS {
        for &compression in format.compressions() {
            let options = Options { compression, ..Options::of(*format) };
            let mut size = Count(0);
            format.write(&frame, &options, &mut size).expect("a sound frame");
            let bytes = size.0 as f64 / frame.rows() as f64;
            let name = format!("{} {} ({bytes:.1} bytes a row)", format.name(), compression.name());
            group.bench_function(name, |bencher| {
                bencher.iter(|| format.write(&frame, &options, &mut Count(0)));
            });
        }
    }
    let options = Options::of(FORMATS[0]);
    let batch = stock::batch(&frame, IdForm::Text).expect("a sound frame");
    let mut size = Count(0);
    stock::write(frame.table(), &batch, &options, &mut size).expect("a sound frame");
    let bytes = size.0 as f64 / frame.rows() as f64;
    group.bench_function(format!("stock parquet zstd ({bytes:.1} bytes a row)"), |bencher| {
        bencher.iter_batched(
            || Count(0),
            |mut out| stock::write(frame.table(), &batch, &options, &mut out),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
