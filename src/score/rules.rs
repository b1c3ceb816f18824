//! Which kinds a rule claims to find: as its findings say, or as a file maps it.

use std::collections::BTreeMap;

use crate::diag::{Document, Problems};

/// `rules.toml`: under `[rules]`, a rule's kind, or its kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    kinds: BTreeMap<String, Vec<String>>,
}

impl Rules {
    /// Reads a map from rules to kinds, all of which must be known.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(name: &str, text: &str, known: &[String]) -> Result<Self, Problems> {
        let document = Document::parse(name, text);
        let mut rules = Self::default();
        if document.is_broken() {
            return Err(document.problems());
        }
        {
            let root = document.root();
            let table = root.table("rules");
            for rule in table.iter().flat_map(crate::diag::Table::keys) {
                let kinds = table.as_ref().map_or_else(Vec::new, |table| table.one_or_more(rule));
                let names = known.iter().map(String::as_str);
                for kind in &kinds {
                    kind.one_of("kind", names.clone());
                }
                let kinds = kinds.into_iter().map(|kind| kind.value).collect();
                rules.kinds.insert(rule.to_owned(), kinds);
            }
        }
        document.problems().or(rules)
    }

    /// The kinds of a rule, if it is mapped.
    pub fn of(&self, rule: &str) -> Option<&[String]> {
        self.kinds.get(rule).map(Vec::as_slice)
    }

    /// The rules that are mapped.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_a_kind_or_several() {
        let known = ["dup_exact", "dup_mutated", "fk_orphan"].map(str::to_owned);
        let text =
            "[rules]\nunique = [\"dup_exact\", \"dup_mutated\"]\n\"no parent\" = \"fk_orphan\"\n";
        let rules = Rules::read("rules.toml", text, &known).expect("sound");
        assert_eq!(rules.of("unique").map(<[String]>::len), Some(2));
        assert_eq!(rules.of("no parent"), Some(&known[2..]));
        assert_eq!(rules.of("other"), None);
        let wrong = Rules::read("rules.toml", "[rules]\na = \"dup_exat\"\n[x]\n", &known);
        insta::assert_snapshot!(wrong.expect_err("wrong").to_string(), @r#"
        error: unknown kind `dup_exat`
         --> rules.toml:2:5
          |
        2 | a = "dup_exat"
          |     ^^^^^^^^^^
          help: did you mean `dup_exact`?

        error: unknown key `x`
         --> rules.toml:3:2
          |
        3 | [x]
          |  ^
          help: nothing can stand here
        "#);
    }
}
