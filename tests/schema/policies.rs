//! What is a policy: by the schema as by the reader.

use std::collections::BTreeSet;

use serde_json::Value;
use sexton_core::policy::Policy;
use sexton_core::schema;

use super::{against, validator};

/// One table of a policy: its definition in the schema, and how it is written with given lines in it.
struct Table {
    definition: Option<&'static str>,
    lines: &'static [(&'static str, &'static str)],
    write: fn(&str) -> String,
}

/// Every table with one line for each of its keys.
const TABLES: [Table; 8] = [
    Table {
        definition: None,
        lines: &[("version", "1"), ("limits", "{}"), ("protect", "[]"), ("collect", "[]"), ("assume_none", "[]")],
        write: |lines| lines.to_owned(),
    },
    Table {
        definition: Some("Limits"),
        lines: &[
            ("max_steps", "1"),
            ("max_percent", "1"),
            ("max_drawn", "1"),
            ("max_forced", "1"),
            ("max_inventory_age", "\"1h\""),
            ("kind", "{}"),
        ],
        write: |lines| format!("version = 1\n[limits]\n{lines}"),
    },
    Table {
        definition: Some("KindLimits"),
        lines: &[("max_steps", "1")],
        write: |lines| format!("version = 1\n[limits.kind.disk]\n{lines}"),
    },
    Table {
        definition: Some("Protect"),
        lines: &[
            ("name", "\"n\""),
            ("provider", "\"p\""),
            ("account", "\"1\""),
            ("region", "\"r\""),
            ("kind", "\"k\""),
            ("when", "\"true\""),
        ],
        write: |lines| format!("version = 1\n[[protect]]\n{lines}"),
    },
    Table {
        definition: Some("Collect"),
        lines: &[
            ("name", "\"n\""),
            ("provider", "\"p\""),
            ("account", "\"1\""),
            ("region", "\"r\""),
            ("kind", "\"k\""),
            ("where", "\"true\""),
            ("when", "\"true\""),
            ("retain", "{ last = 1 }"),
            ("cascade", "[\"k\", { kind = \"k\", when = \"true\" }]"),
            ("orphans", "[]"),
            ("options", "{ x = 1 }"),
            ("force", "[\"Code\"]"),
            ("wait", "\"1h\""),
        ],
        write: |lines| format!("version = 1\n[[collect]]\n{lines}"),
    },
    Table {
        definition: Some("Retain"),
        lines: &[
            ("last", "1"),
            ("hourly", "1"),
            ("daily", "1"),
            ("weekly", "1"),
            ("monthly", "1"),
            ("yearly", "1"),
            ("within", "\"1h\""),
            ("per", "\"true\""),
            ("per_missing", "\"group\""),
        ],
        write: |lines| format!("version = 1\n[[collect]]\nname = \"n\"\nkind = \"k\"\n[collect.retain]\n{lines}"),
    },
    Table {
        definition: Some("DrawWhen"),
        lines: &[("kind", "\"k\""), ("when", "\"true\"")],
        write: |lines| {
            format!(
                "version = 1\n[[collect]]\nname = \"n\"\nkind = \"k\"\nwhen = \"true\"\n[[collect.cascade]]\n{lines}"
            )
        },
    },
    Table {
        definition: Some("AssumeNone"),
        lines: &[("kind", "\"k\""), ("account", "\"1\""), ("region", "\"r\""), ("reason", "\"none\"")],
        write: |lines| format!("version = 1\n[[assume_none]]\n{lines}"),
    },
];

const SAMPLES: [&str; 24] = [
    "0",
    "1",
    "7",
    "-1",
    "1.5",
    "true",
    "\"\"",
    "\"true\"",
    "\"group\"",
    "\"24h\"",
    "\"0s\"",
    "\"-1h\"",
    "\"1.5d\"",
    "\"a:b\"",
    "\"a/b\"",
    "[]",
    "[\"true\"]",
    "[1]",
    "[{}]",
    "{}",
    "{ x = 1 }",
    "{ x = { max_steps = 1 } }",
    "{ kind = \"k\" }",
    "{ last = 1 }",
];

/// The text of a table with one line in place of another, or left out.
fn written(table: &Table, key: &str, value: Option<&str>) -> String {
    let mut lines: String =
        table.lines.iter().filter(|(own, _)| *own != key).map(|(own, value)| format!("{own} = {value}\n")).collect();
    if let Some(value) = value {
        lines.push_str(&format!("{key} = {value}\n"));
    }
    (table.write)(&lines)
}

/// What only a compiler of conditions can say: the schema takes every text.
fn is_condition(key: &str, value: &str) -> bool {
    ["where", "when", "per"].contains(&key) && value.starts_with('"') && value != "\"true\""
}

#[test]
fn the_schema_admits_what_the_reader_reads() {
    let schema = validator(&schema::policy());
    let (mut good, mut bad) = (0, 0);
    let mut compare = |text: &str| {
        let value: Value = toml::from_str(text).expect("a sample is TOML");
        let read = Policy::parse(text).map(drop).map_err(|error| error.to_string());
        let errors = against(&schema, &value);
        assert_eq!(errors.is_empty(), read.is_ok(), "{text}\nschema: {errors:?}\nreader: {read:?}");
        *(if read.is_ok() { &mut good } else { &mut bad }) += 1;
    };
    for table in &TABLES {
        for (key, _) in table.lines.iter().chain(&[("nobody_knows", "")]) {
            compare(&written(table, key, None));
            for sample in SAMPLES.iter().filter(|sample| !is_condition(key, sample)) {
                compare(&written(table, key, Some(sample)));
            }
        }
    }
    // Which of several keys have to be there.
    let collect = "version = 1\n[[collect]]\nname = \"n\"\nkind = \"k\"\n";
    for more in ["", "where = \"true\"", "when = \"true\"", "retain = { last = 1 }", "cascade = [\"k\"]"] {
        compare(&format!("{collect}{more}"));
    }
    for (key, value) in TABLES[5].lines {
        compare(&format!("{collect}retain = {{ {key} = {value} }}"));
    }
    assert!(good > 100 && bad > 500, "{good} policies are read, {bad} are not");
}

#[test]
fn the_schema_has_the_keys_that_the_reader_knows_in_every_table() {
    let schema = schema::policy();
    let properties = |table: &Table| -> BTreeSet<String> {
        let object = table.definition.map_or(&schema, |name| &schema["$defs"][name]);
        assert_eq!(object["additionalProperties"], false, "{:?}", table.definition);
        object["properties"].as_object().expect("a table has keys").keys().cloned().collect()
    };
    let all: BTreeSet<String> = TABLES.iter().flat_map(properties).collect();
    for table in &TABLES {
        let known: BTreeSet<String> = all
            .iter()
            .filter(|key| {
                let fed = written(table, key, Some("1"));
                let faults = Policy::parse(&fed).err().map_or_else(Vec::new, |error| error.faults);
                !faults.iter().any(|fault| fault.problem.starts_with(&format!("unknown key `{key}`")))
            })
            .cloned()
            .collect();
        assert_eq!(properties(table), known, "{:?}", table.definition);
        let sampled: BTreeSet<String> = table.lines.iter().map(|(key, _)| (*key).to_owned()).collect();
        assert_eq!(sampled, known, "every key of {:?} is tried", table.definition);
    }
}

#[test]
fn unknown_keys_are_errors_in_policies_and_ignored_in_inventories() {
    let text = schema::inventory().to_string();
    assert!(!text.contains("\"additionalProperties\":false") && text.contains("\"additionalProperties\":true"));
}
