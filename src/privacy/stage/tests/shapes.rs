//! Every act on every type: it is refused before a byte is written, or done; and both formats say the same.

use arrow::array::{
    BooleanArray, Date32Array, DictionaryArray, FixedSizeBinaryArray, Float32Array, Float64Array,
    Int16Array, LargeStringArray, TimestampSecondArray, UInt64Array,
};
use arrow::datatypes::Int32Type;

use super::*;

const ACTS: &[&str] = &[
    "class = \"public\", do = \"keep\", reason = \"x\"",
    "class = \"public\", do = \"keep\", reason = \"x\", rare = true",
    "class = \"linkable\", do = \"token\", namespace = \"x\"",
    "class = \"time\", do = \"shift\", per = \"data_set\", round = \"hour\"",
    "class = \"time\", do = \"shift\"",
    "class = \"ip\", do = \"network\"",
    "class = \"place\", do = \"prefix\", chars = 2",
    "class = \"user_agent\", do = \"agent\"",
    "class = \"quasi\", do = \"band\", width = 10, rare = true",
    "class = \"quasi\", do = \"grid\", step = 10",
    "class = \"quasi\", do = \"rare\"",
    "class = \"url\", do = \"strip\"",
    "class = \"free_text\", do = \"redact\"",
    "class = \"nested\", do = \"inside\"",
    "class = \"free_text\", do = \"drop\"",
];

fn arrays() -> Vec<ArrayRef> {
    let texts = || vec![Some("{}"), Some(""), None, Some("{}")];
    let id: &[u8] = b"\x01\x99\xab\xcd\x12\x34\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xab";
    let ids = [Some(id), Some(id), None, Some(id)];
    let ids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids.into_iter(), 16);
    let seconds = vec![Some(1_767_607_200), Some(1_767_607_200), None, Some(0)];
    vec![
        Arc::new(StringArray::from(texts())),
        Arc::new(LargeStringArray::from(texts())),
        Arc::new(texts().into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(ids.expect("ids")),
        Arc::new(Int16Array::from(vec![Some(7), Some(7), None, Some(-7)])),
        Arc::new(Int64Array::from(seconds.clone())),
        Arc::new(UInt64Array::from(vec![Some(1_767_607_200), Some(u64::MAX), None, Some(0)])),
        Arc::new(Float32Array::from(vec![Some(0.1), Some(f32::NAN), None, Some(f32::INFINITY)])),
        Arc::new(Float64Array::from(vec![Some(1e308), Some(-0.5), None, Some(f64::NAN)])),
        Arc::new(BooleanArray::from(vec![Some(true), Some(true), None, Some(false)])),
        Arc::new(Date32Array::from(vec![Some(20_000), Some(20_000), None, Some(0)])),
        Arc::new(TimestampSecondArray::from(seconds.clone())),
        Arc::new(TimestampSecondArray::from(seconds).with_timezone("UTC")),
    ]
}

#[test]
fn every_act_on_every_type_is_refused_first_or_done() {
    let place = Place::new();
    let users: ArrayRef = Arc::new(StringArray::from(vec!["1", "2", "3", "4"]));
    let (mut done, mut refused) = (0, 0);
    for array in arrays() {
        let ty = array.data_type().clone();
        let input = written(&place, &[("user", Arc::clone(&users)), ("x", array)]);
        for act in ACTS {
            let columns = [USER, &line("x", act)].concat();
            match place.run(&policy(&columns), &input, None) {
                Ok(report) => {
                    assert_eq!(report.tables[0].rows, 4);
                    read_back(&place.path("out/visits/part-00000.parquet"));
                    done += 1;
                }
                Err(Error::Asked(problems)) => {
                    let told = problems.to_string();
                    let first =
                        told.contains("cannot be done to `x`") || told.contains("that is no JSON");
                    assert!(first, "{act} on {ty}: {told}");
                    refused += 1;
                }
                Err(error) => panic!("{act} on {ty}: {error}"),
            }
            let _ = fs::remove_dir_all(place.path("out"));
        }
    }
    assert!(done > 100 && refused > 60, "{done} done, {refused} refused");
}

/// For all values, the file's format does not decide what becomes of them.
#[test]
fn both_formats_say_the_same() {
    let place = Place::new();
    let columns = [
        USER,
        &line("near", "class = \"place\", do = \"grid\", step = 0.000000001"),
        &line("share", "class = \"quasi\""),
        &line("raw", "class = \"nested\""),
        &line("raw.n", "class = \"public\", do = \"keep\", reason = \"a count\""),
        &line("id", "class = \"linkable\", namespace = \"id\""),
    ]
    .concat();
    let near = [1e308, 0.5, 0.5];
    let share = [0.1_f32, 0.1, 0.7];
    let raw = ["", r#"{"n":1}"#, "{}"];
    let id = [u64::MAX, 7, 7];
    let rows: Vec<String> = (0..3)
        .map(|i| {
            let row = serde_json::json!({
                "user": i, "near": near[i], "share": share[i].to_string().parse::<f64>().expect("a number"),
                "raw": raw[i], "id": id[i],
            });
            row.to_string()
        })
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    place.run(&policy(&columns), &ndjson(&place, &rows), None).expect("done");
    let lines = place.lines("visits/part-00000.ndjson");

    let users: ArrayRef = Arc::new(StringArray::from(vec!["0", "1", "2"]));
    let input = written(
        &place,
        &[
            ("user", users),
            ("near", Arc::new(Float64Array::from(near.to_vec()))),
            ("share", Arc::new(Float32Array::from(share.to_vec()))),
            ("raw", Arc::new(StringArray::from(raw.to_vec()))),
            ("id", Arc::new(UInt64Array::from(id.to_vec()))),
        ],
    );
    place.run(&policy(&columns), &input, None).expect("done");
    let after = read_back(&place.path("out/visits/part-00000.parquet"));
    let column = |name: &str| Arc::clone(after.column_by_name(name).expect("there"));
    let (near, share) = (column("near"), column("share"));
    let (raw, id) = (column("raw"), column("id"));
    for (row, line) in lines.iter().enumerate() {
        let near = near.as_primitive::<arrow::datatypes::Float64Type>();
        let near = near.is_valid(row).then(|| near.value(row));
        assert_eq!(line["near"].as_f64(), near, "{line}");
        assert_eq!(line["share"].is_null(), share.is_null(row), "{line}");
        assert_eq!(line["raw"].as_str(), Some(raw.as_string::<i32>().value(row)), "{line}");
        assert_eq!(line["id"].as_str(), Some(id.as_string::<i32>().value(row)), "{line}");
    }
    assert!(near.is_null(0) && share.is_valid(0) && share.is_null(2));
}
