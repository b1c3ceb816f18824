//! The reference page of the kinds, derived from them.

use std::fmt::Write as _;

use crate::anomaly::KINDS;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};

/// The page of all kinds.
pub fn markdown() -> String {
    let mut out = "<!-- Derived from src/anomaly/kinds: throng anomalies list --as markdown > docs/reference/anomalies.md -->\n\n\
        # Anomalies\n\n\
        What can be made to go wrong, by family. Common to all: `k`, or `rate` and `unit`, or `per_hour`; `window`, `persona`, \
        `device`, `source`, `event`, `country`. Formats: `all`, `ndjson` (its lines), `file` (whole files). Found in: `data` single \
        rows, `statistics` over many, `metadata` shipped beside them, `twin` the clean twin alone.\n"
        .to_owned();
    for (name, scope) in Scope::NAMED {
        let of_scope = || KINDS.iter().filter(|kind| kind.scope == *scope);
        if of_scope().next().is_none() {
            continue;
        }
        let _ = write!(
            out,
            "\n## {name}\n\n| kind | does | what no longer holds | formats | severity | found in |\n|---|---|---|---|---|---|\n"
        );
        for kind in of_scope() {
            let (does, breaks) = (kind.does, kind.breaks);
            let told = if kind.act.is_some() { "" } else { " (planned)" };
            let (formats, severity) = (kind.formats.name(), kind.severity.name());
            let _ = writeln!(
                out,
                "| `{}`{told} | {does} | {breaks} | {formats} | {severity} | {} |",
                kind.id,
                kind.detectability.name()
            );
        }
        for kind in of_scope().filter(|kind| kind.act.is_some() && !kind.params.is_empty()) {
            let _ = writeln!(out, "\n`{}` takes:\n", kind.id);
            for param in kind.params {
                let _ = writeln!(out, "- `{}`: {} {}", param.name, param.doc, bounds(param));
            }
        }
    }
    out
}

/// What a parameter may be, in words.
pub fn bounds(param: &Param) -> String {
    let list = |names: &[&str]| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    match &param.ty {
        ParamType::Number(bounds, default) => {
            format!("A number from {} to {}; {default} if unset.", bounds.start(), bounds.end())
        }
        ParamType::Integer(bounds, default) => {
            let (low, high) = (bounds.start(), bounds.end());
            format!("A whole number from {low} to {high}; {default} if unset.")
        }
        ParamType::Choice(names) => {
            format!("One of {}; the first if unset.", list(names))
        }
        ParamType::Some(names) => format!("Some of {}; all if unset.", list(names)),
        ParamType::Columns(names) => format!("Columns; {} if unset.", list(names)),
        ParamType::Flag(default) => format!("true or false; {default} if unset."),
    }
}

/// All about one kind, as text.
pub fn page(kind: &Kind) -> String {
    let mut out = format!("{}\n\n{}\n", kind.id, kind.does);
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "  {name:<14}{text}");
    };
    line("breaks", kind.breaks);
    line("family", kind.scope.name());
    line("severity", kind.severity.name());
    line("found in", kind.detectability.name());
    line("formats", kind.formats.name());
    line("picked from", kind.unit.name());
    line("counts by", kind.rule.name());
    line("needs", &kind.tables.join(", "));
    if kind.act.is_none() {
        line("planned", kind.planned);
    }
    for param in kind.params {
        line(param.name, &format!("{} {}", param.doc, bounds(param)));
    }
    if kind.act.is_some() {
        let _ = write!(out, "\nIn a scenario:\n\n[anomalies.{}]\nk = {}\n", kind.id, kind.usual);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_reference_page_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/anomalies.md");
        let page = fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == markdown(),
            "docs/reference/anomalies.md is stale: throng anomalies list --as markdown > docs/reference/anomalies.md"
        );
    }

    /// For all kinds, the name is there once and everything is said.
    #[test]
    fn kinds_are_whole() {
        for (i, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[i + 1..].iter().all(|other| other.id != kind.id), "{}", kind.id);
            assert!(kind.does.ends_with('.') && kind.breaks.ends_with('.'), "{}", kind.id);
            assert!(kind.act.is_some() || !kind.planned.is_empty(), "{}", kind.id);
        }
    }
}
