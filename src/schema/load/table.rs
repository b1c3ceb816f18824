//! Reads a table's file.

use crate::assets::AssetFile;
use crate::diag::{self, Document, Located, suggest};
use crate::schema::{Bounds, FactSpec, Field, Format, Privacy, Table, Type};

/// A table as read, with what can only be checked once all are.
pub(super) struct Draft {
    pub(super) document: Document,
    pub(super) order: i64,
    pub(super) table: Table,
    /// References as written, with the ordinal of their field.
    references: Vec<(usize, Located<String>)>,
    /// Who requires fields that others lack, as written, with the ordinal of the field.
    required: Vec<(usize, Located<String>)>,
    /// Whether the file is no TOML, so that nothing of it is known.
    broken: bool,
}

/// Reads a table; its problems stay in the draft's document.
pub(super) fn read(file: &AssetFile, facts: &dyn Fn(&str) -> &'static [FactSpec]) -> Draft {
    let document = Document::parse(file.name.clone(), file.text.clone());
    let broken = document.is_broken();
    let table = Table {
        name: file.stem.clone(),
        doc: String::new(),
        row: String::new(),
        key: Vec::new(),
        unique: Vec::new(),
        sorted_by: Vec::new(),
        fields: Vec::new(),
    };
    let mut draft = Draft {
        document,
        order: i64::MAX,
        table,
        references: Vec::new(),
        required: Vec::new(),
        broken,
    };
    if !broken {
        let Draft { document, order, table, references, required, .. } = &mut draft;
        let root = document.root();
        *order = root.opt_integer("order", 0..=9999).unwrap_or(i64::MAX);
        table.doc = super::doc(&root, "doc");
        table.row = super::doc(&root, "row");
        read_fields(&root, facts(&table.name), table, references, required);
        table.key = named_fields(&root, "key", table);
        table.sorted_by = named_fields(&root, "sorted_by", table);
        table.unique =
            root.tables("unique").iter().map(|of| named_fields(of, "fields", table)).collect();
        check_key(&root, table);
    }
    draft
}

fn read_fields(
    root: &diag::Table<'_>,
    facts: &'static [FactSpec],
    table: &mut Table,
    references: &mut Vec<(usize, Located<String>)>,
    required: &mut Vec<(usize, Located<String>)>,
) {
    if facts.is_empty() {
        let message = format!("nothing can fill a table `{}`", table.name);
        root.problem_at_key(
            "doc",
            message,
            "the tables are those that ship; lay a file over one of them",
        );
    }
    let fields = root.tables("field");
    if fields.is_empty() {
        root.problem("field", "a table without fields", "add a [[field]]");
    }
    let mut later = Vec::new();
    for toml in fields {
        let field = read_field(&toml, facts);
        later.extend(toml.opt_located("not_before").map(|first| (table.fields.len(), first)));
        if table.field(&field.name).is_some() && !field.name.is_empty() {
            toml.problem(
                "name",
                format!("`{}` is there twice", field.name),
                "give it another name",
            );
        }
        if let Some(reference) = toml.opt_located("references") {
            references.push((table.fields.len(), reference));
        }
        required.extend(toml.texts("required_by").into_iter().map(|of| (table.fields.len(), of)));
        table.fields.push(field);
    }
    for (field, first) in later {
        check_order(table, &table.fields[field], &first);
    }
}

/// Whoever requires a field must be an event type or a group of columns.
pub(super) fn check_required(drafts: &mut [Draft], known: &[&str]) {
    for draft in drafts {
        for (field, name) in &draft.required {
            name.one_of("event type or group", known.iter().copied());
            draft.table.fields[*field].bounds.required_by.push(name.value.clone());
        }
    }
}

fn read_field(toml: &diag::Table<'_>, facts: &'static [FactSpec]) -> Field {
    let name = toml.located("name");
    name.iter().for_each(super::check_name);
    let ty = toml.choice("type", Type::NAMED);
    let nullable = toml.flag("nullable", false);
    let from = toml.located("from");
    if let (Some(from), false) = (&from, facts.is_empty()) {
        check_fact(toml, from, facts, ty, nullable);
    }
    let reference = toml.opt_text("references");
    let reference =
        reference.and_then(|written| split(&written).map(|(t, f)| (t.into(), f.into())));
    Field {
        name: name.map(|name| name.value).unwrap_or_default(),
        ty: ty.unwrap_or(Type::Text),
        unit: toml.opt_text("unit"),
        doc: super::doc(toml, "doc"),
        nullable,
        reference,
        privacy: toml.choice("privacy", Privacy::NAMED).unwrap_or(Privacy::DirectIdentifier),
        values: read_values(toml, ty),
        bounds: read_bounds(toml, ty),
        from: from.map(|from| from.value).unwrap_or_default(),
    }
}

/// The fact must exist and fit the field.
fn check_fact(
    toml: &diag::Table<'_>,
    from: &Located<String>,
    facts: &'static [FactSpec],
    ty: Option<Type>,
    nullable: bool,
) {
    let Some(index) = from.one_of("fact", facts.iter().map(|fact| fact.name)) else { return };
    let fact = facts[index];
    if ty.is_some_and(|ty| ty != fact.ty) {
        let message = format!("`{}` is of another type", fact.name);
        toml.problem("type", message, format!("write `type = \"{}\"`", fact.ty.name()));
    }
    if fact.nullable && !nullable {
        from.problem(format!("`{}` can be absent", fact.name), "add `nullable = true`");
    }
}

fn read_values(toml: &diag::Table<'_>, ty: Option<Type>) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for value in toml.texts("values") {
        if values.contains(&value.value) {
            value.problem(format!("`{}` is there twice", value.value), "once is enough");
        }
        values.push(value.value);
    }
    if !values.is_empty() && ty.is_some_and(|ty| ty != Type::Enum) {
        toml.problem("values", "only an enumeration has values", "write `type = \"enum\"`");
    }
    values
}

/// What the values keep to; each bound only where the type has room for it.
fn read_bounds(toml: &diag::Table<'_>, ty: Option<Type>) -> Bounds {
    let is_number = |ty| matches!(ty, Type::Money | Type::Int32 | Type::Int64 | Type::Float64);
    let is_text = |ty| matches!(ty, Type::Text | Type::Enum | Type::Json);
    for (keys, fits, help) in [
        (&["min", "max", "max_run"][..], is_number as fn(Type) -> bool, "only numbers have it"),
        (&["max_length", "format", "pattern"][..], is_text, "only text has it"),
    ] {
        for key in keys.iter().filter(|key| toml.has(key) && ty.is_some_and(|ty| !fits(ty))) {
            toml.problem_at_key(key, format!("`{key}` bounds nothing here"), help);
        }
    }
    let all = f64::MIN..=f64::MAX;
    let bounds = Bounds {
        min: toml.opt_number("min", all.clone()),
        max: toml.opt_number("max", all),
        max_length: toml.opt_integer("max_length", 1..=1 << 30).map(|most| most as u32),
        max_run: toml.opt_integer("max_run", 1..=1 << 30).map(|most| most as u32),
        format: toml.opt_choice("format", Format::NAMED),
        pattern: toml.opt_text("pattern"),
        not_before: toml.opt_text("not_before"),
        required_by: Vec::new(),
    };
    if let (Some(min), Some(max)) = (bounds.min, bounds.max)
        && min > max
    {
        toml.problem(
            "max",
            format!("{max} is below the least, {min}"),
            "the most is no less than the least",
        );
    }
    bounds
}

/// What a field does not come before must be a field of its type.
fn check_order(table: &Table, field: &Field, first: &Located<String>) {
    let known = table.fields.iter().map(|field| field.name.as_str());
    let Some(index) = first.one_of("field", known) else { return };
    if table.fields[index].ty != field.ty || !matches!(field.ty, Type::Timestamp | Type::Date) {
        let message = format!("`{}` and `{}` have no order", field.name, first.value);
        first.problem(message, "both must be timestamps, or dates");
    }
}

/// A list of names of the table's own fields.
fn named_fields(root: &diag::Table<'_>, key: &str, table: &Table) -> Vec<String> {
    let names = root.texts(key);
    for name in &names {
        name.one_of("field", table.fields.iter().map(|field| field.name.as_str()));
    }
    names.into_iter().map(|name| name.value).collect()
}

fn check_key(root: &diag::Table<'_>, table: &Table) {
    if table.key.is_empty() {
        root.problem("key", "a table without a key", "add `key = [\"…\"]`");
    }
    let absent = |name: &&String| table.field(name).is_some_and(|field| field.nullable);
    for name in table.key.iter().filter(absent) {
        root.problem("key", format!("`{name}` can be absent"), "a key is always there");
    }
}

/// Every reference must lead to the key of a table, and be of its type.
pub(super) fn check_references(drafts: &[Draft]) {
    for draft in drafts {
        for (field, reference) in &draft.references {
            check_reference(draft.table.fields[*field].ty, reference, drafts);
        }
    }
}

fn check_reference(ty: Type, reference: &Located<String>, drafts: &[Draft]) {
    let written = &reference.value;
    let Some((table, field)) = split(written) else {
        let message = format!("`{written}` is no reference");
        return reference.problem(message, "write table.field, such as `users.user_id`");
    };
    let Some(target) = drafts.iter().find(|draft| draft.table.name == table) else {
        let known = drafts.iter().map(|draft| draft.table.name.as_str());
        return reference.problem(format!("there is no table `{table}`"), suggest(table, known));
    };
    if target.broken {
        return;
    }
    let Some(found) = target.table.field(field) else {
        let known = target.table.fields.iter().map(|field| field.name.as_str());
        let message = format!("`{table}` has no field `{field}`");
        return reference.problem(message, suggest(field, known));
    };
    if target.table.key != [field] {
        let message = format!("`{written}` is not the key of `{table}`");
        reference.problem(message, format!("its key: {}", target.table.key.join(", ")));
    } else if found.ty != ty {
        let message = format!("`{written}` is of another type");
        reference.problem(message, format!("write `type = \"{}\"`", found.ty.name()));
    }
}

fn split(reference: &str) -> Option<(&str, &str)> {
    reference.rsplit_once('.').filter(|(table, field)| !table.is_empty() && !field.is_empty())
}
