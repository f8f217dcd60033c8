use super::*;
use crate::fact::Fact;
use crate::inventory::Inventory;
use crate::resource::Resource;

struct Nothing;

impl Surroundings for Nothing {
    fn unused(&self) -> Fact<bool> {
        Fact::Known(true)
    }
    fn dependents(&self, kind: &str) -> Fact<u64> {
        match kind {
            "instance" => Fact::Known(2),
            "share" => Fact::Unknown,
            _ => Fact::Known(0),
        }
    }
}

fn subject() -> Resource {
    Resource {
        address: "aliyun-ecs:123:cn-hangzhou:image/m-1".parse().unwrap(),
        name: Fact::Known("build-web".to_owned()),
        created_at: Fact::Known("2026-11-01T00:00:00Z".parse().unwrap()),
        state: Fact::Known("Available".to_owned()),
        size_bytes: Fact::Unknown,
        tags: Fact::Known([("env".to_owned(), "dev".to_owned())].into()),
        attributes: Fact::Known(
            serde_json::from_str(
                r#"{"usage":"none","public":false,"count":3,"locks":["a","b"],"lost":null,"deep":{"x":1,"lost":null},
                    "numbers":[1,2],"same_numbers":[1.0,2.0],"whole":{"x":1},"same":{"x":1.0},"wider":{"x":1,"y":1}}"#,
            )
            .unwrap(),
        ),
        links: Fact::Known(Vec::new()),
    }
}

/// What a condition gives of a resource, in either reading, and that every way to ask for it agrees.
fn check(text: &str, inventory: &Inventory, surroundings: &dyn Surroundings, reading: Reading) -> Truth {
    let condition = match Condition::compile(text) {
        Ok(condition) => condition,
        Err(errors) => panic!("{text}: {errors:?}"),
    };
    let resource = inventory.resources().next().unwrap();
    let now = inventory.taken_at();
    let subject = Subject { resource, now, surroundings };
    let truth = condition.truth(subject, reading);
    let ready = Ready::new(&condition, reading, &inventory.table, now).truth(subject);
    let same = matches!(
        (&truth, ready),
        (Truth::True, Tri::True) | (Truth::False, Tri::False) | (Truth::Unknown(_), Tri::Unknown)
    );
    assert!(same, "{text} is {truth:?} evaluated and {ready:?} made ready");
    truth
}

fn alone(resource: &Resource) -> Inventory {
    Inventory::new("2026-11-21T00:00:00Z".parse().unwrap(), [], vec![resource.clone()]).unwrap()
}

/// `T`, `F` or `?`, read for collecting and for protecting.
fn both(text: &str, inventory: &Inventory, surroundings: &dyn Surroundings) -> String {
    [Reading::Collect, Reading::Protect]
        .into_iter()
        .map(|reading| match check(text, inventory, surroundings, reading) {
            Truth::True => 'T',
            Truth::False => 'F',
            Truth::Unknown(_) => '?',
        })
        .collect()
}

#[test]
fn known_facts_decide() {
    let inventory = alone(&subject());
    for text in [
        "provider == 'aliyun-ecs' && account == '123' && region == 'cn-hangzhou'",
        "kind == 'image' && id == 'm-1' && name.startsWith('build-')",
        "age > duration('456h') && age < duration('481h')",
        "created_at < timestamp('2026-11-02T00:00:00Z')",
        "created_at + duration('24h') == timestamp('2026-11-02T00:00:00Z')",
        "state in ['Available', 'Deprecated']",
        "dependents.instance == 2 && dependents['launch-template'] == 0",
        "unused",
        "attrs.count + 1 == 4 && attrs.count * 2 > 5 && attrs.count % 2 == 1 && -attrs.count < 0",
        "attrs.count < 3.5 && attrs.count == 3.0",
        "'b' in attrs.locks && size(attrs.locks) == 2 && attrs.locks[0] == 'a'",
        "attrs.locks.exists(lock, lock == 'b')",
        "!attrs.locks.all(lock, lock == 'b')",
        "tags.exists(key, key.startsWith('en'))",
        "attrs.deep.x == 1 && has(attrs.deep.x) && !has(attrs.deep.y)",
        "name.matches('^b.*b$') && name.endsWith('web') && name.contains('d-w')",
        "name.size() == 9 && string(attrs.count) == '3' && int('7') == 7 && double(attrs.count) > 2.9",
        "name.lowerAscii() == 'build-web'",
        "unused ? state == 'Available' : false",
        // Lists and maps are equal as their parts are.
        "attrs.locks == attrs.locks && attrs.numbers == [1.0, 2] && attrs.numbers == attrs.same_numbers",
        "attrs.locks != attrs.numbers || attrs.usage == 'none'",
        "attrs.whole == attrs.whole && attrs.whole == attrs.same && attrs.whole != attrs.wider",
    ] {
        assert_eq!(both(text, &inventory, &Nothing), "TT", "{text}");
    }
}

#[test]
fn lists_and_maps_are_compared_by_what_is_known_of_their_parts() {
    let inventory = alone(&subject());
    for (text, expected) in [
        ("attrs.deep == attrs.deep", "??"),
        ("attrs.deep == attrs.whole", "FF"),
        ("attrs.locks == attrs.numbers", "??"),
        ("attrs.locks == attrs.deep", "??"),
        ("attrs.numbers == [1, 3]", "FF"),
        ("attrs.numbers == [1, '2']", "??"),
        ("attrs.numbers == [3, '2']", "FF"),
        ("attrs.numbers == [1]", "FF"),
    ] {
        assert_eq!(both(text, &inventory, &Nothing), expected, "{text}");
    }
}

/// The page that lists what every operator and function makes of what is not known.
const PAGE: &str = include_str!("../../../../../docs/policy.md");

/// A row of the page: what it is about, the condition, and what it gives.
struct Row {
    about: String,
    condition: String,
    expected: String,
}

/// The resource of the n-th block of the section, and the rows of the table below it.
fn table(block: usize) -> (Inventory, Vec<Row>) {
    let section = PAGE.split("## Every operator and function\n").nth(1).unwrap();
    let mut blocks = section.split("```json\n").skip(1);
    let (json, below) = blocks.nth(block).unwrap().split_once("```\n").unwrap();
    let rows = below.lines().filter(|line| line.starts_with("| `")).map(|line| {
        // A pipe within a cell is escaped.
        let line = line.replace("\\|", "\u{1}");
        let cells: Vec<String> =
            line.split('|').map(|cell| cell.trim().trim_matches('`').replace('\u{1}', "|")).collect();
        let letter = |cell: &str| match cell {
            "true" => 'T',
            "false" => 'F',
            "unknown" => '?',
            other => panic!("{other:?} is no outcome: {line}"),
        };
        let expected = [letter(&cells[3]), letter(&cells[4])].into_iter().collect();
        Row { about: cells[1].clone(), condition: cells[2].clone(), expected }
    });
    (crate::inventory::read(json.as_bytes()).unwrap(), rows.collect())
}

#[test]
fn every_operator_says_what_unknown_does() {
    let (inventory, rows) = table(0);
    assert!(rows.len() > 100, "the table is read as it is written: {} rows", rows.len());
    for row in &rows {
        assert_eq!(both(&row.condition, &inventory, &Nothing), row.expected, "{}", row.condition);
    }
}

#[test]
fn of_a_resource_of_which_nothing_is_known_only_the_address_is() {
    struct Unlisted;
    impl Surroundings for Unlisted {
        fn unused(&self) -> Fact<bool> {
            Fact::Unknown
        }
        fn dependents(&self, _: &str) -> Fact<u64> {
            Fact::Unknown
        }
    }
    let (inventory, rows) = table(1);
    for row in &rows {
        assert_eq!(both(&row.condition, &inventory, &Unlisted), row.expected, "{}", row.condition);
    }
    let listed: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.about.as_str()).collect();
    let variables = Variable::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, variables, "every variable has a row");
}

/// The operators that the compiler takes, as its source names them, and as one writes them.
fn operators() -> Vec<&'static str> {
    let source = include_str!("compile.rs");
    let names = source.split("operators::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    });
    names
        .filter_map(|name| {
            Some(match name {
                "LOGICAL_AND" => "&&",
                "LOGICAL_OR" => "||",
                "LOGICAL_NOT" => "!",
                "EQUALS" => "==",
                "NOT_EQUALS" => "!=",
                "LESS" => "<",
                "LESS_EQUALS" => "<=",
                "GREATER" => ">",
                "GREATER_EQUALS" => ">=",
                "IN" => "in",
                "ADD" => "+",
                "SUBSTRACT" | "NEGATE" => "-",
                "MULTIPLY" => "*",
                "DIVIDE" => "/",
                "MODULO" => "%",
                "CONDITIONAL" => "? :",
                "INDEX" => "[ ]",
                // What the macros are made of.
                "NOT_STRICTLY_FALSE" | "" => return None,
                other => panic!("operator {other} has no rows in docs/policy.md"),
            })
        })
        .collect()
}

#[test]
fn every_operator_and_function_has_rows_that_unknown_reaches() {
    let (_, rows) = table(0);
    let allowed = operators().into_iter().chain(compile::FUNCTIONS).chain([".", "[a, b]"]);
    let allowed: std::collections::BTreeSet<&str> = allowed.collect();
    let listed: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.about.as_str()).collect();
    assert_eq!(listed, allowed);
    for name in &allowed {
        let its: Vec<&Row> = rows.iter().filter(|row| row.about == *name).collect();
        let sign = match *name {
            "? :" => "?",
            "[ ]" | "[a, b]" => "[",
            name => name,
        };
        for row in &its {
            assert!(row.condition.contains(sign), "{} is no example of {name}", row.condition);
        }
        for (operand, words) in [
            ("an unknown fact", ["state", "size_bytes", ".lost"]),
            ("an absent tag", ["tags.team", "tags['team']", "tags.team"]),
        ] {
            // Arithmetic refuses an absent tag as it refuses every text.
            let refused = ["*", "/", "%"].contains(name) && operand == "an absent tag";
            let reached = its.iter().any(|row| words.iter().any(|word| row.condition.contains(word)));
            assert!(reached || refused, "{name} is not asked of {operand}");
        }
        // Every way of being compiled is reached, and every part of the compiled form is in the table.
    }
    let compiled: String =
        rows.iter().map(|row| format!("{:?}", Condition::compile(&row.condition).unwrap().expression)).collect();
    let source = include_str!("expression.rs");
    for (name, least) in [("Expression", 25), ("Comparison", 4), ("Arithmetic", 5), ("TextTest", 3), ("Variable", 14)] {
        let body = source.split(&format!("enum {name} {{")).nth(1).unwrap().split("\n}").next().unwrap();
        let variants: Vec<&str> = body
            .lines()
            .filter_map(|line| line.strip_prefix("    ")?.split(['(', ',']).next())
            .filter(|variant| variant.starts_with(|c: char| c.is_ascii_uppercase()))
            .collect();
        assert!(variants.len() >= least, "{name} is read as it is written: {variants:?}");
        for variant in variants.into_iter().filter(|_| name != "Variable") {
            assert!(compiled.contains(variant), "no row of docs/policy.md reaches {name}::{variant}");
        }
    }
}

#[test]
fn faults_are_said_with_their_place() {
    for (text, start, length, problem) in [
        ("nmae == 'x'", 0, 4, "unknown variable `nmae`: did you mean `name`?"),
        ("true && agee > duration('1h')", 8, 4, "unknown variable `agee`: did you mean `age`?"),
        ("frobnicate == 1", 0, 10, "unknown variable `frobnicate`: the variables are provider,"),
        ("age > duration('1 year')", 15, 8, "\"1 year\" is not a length of time"),
        ("created_at > timestamp('today')", 23, 7, "\"today\" is not a time"),
        ("name.matches('(')", 13, 3, "not a regular expression"),
        ("dependents[name] == 1", 10, 1, "the kind of dependents has to be a literal text"),
        ("name ==", 7, 1, "Syntax error"),
        ("attrs.x.exists_one(l, l == 1)", 18, 1, "this macro is not allowed"),
        ("size(attrs.x.filter(l, l == 1)) > 0", 19, 1, "this macro is not allowed"),
        ("attrs.x.map(l, l + 1) == [2]", 11, 1, "this macro is not allowed"),
        ("{'a': 1}.a == 1", 0, 1, "this form is not allowed"),
        ("name == b'x'", 8, 4, "bytes are not allowed"),
        ("name == 'é生' && agee == ''", 19, 4, "unknown variable `agee`: did you mean `age`?"),
        ("name == 'é生' && timestamp('生') == created_at", 29, 5, "\"生\" is not a time"),
        ("name == 'é生' =", 16, 1, "Syntax error"),
    ] {
        let errors = Condition::compile(text).unwrap_err();
        let error = &errors[0];
        assert!(error.problem.starts_with(problem), "{text}: {:?}", error.problem);
        assert_eq!((error.start, error.length), (start, length), "{text}");
    }
    let two = Condition::compile("nmae == 'x' || stat == 'y'").unwrap_err();
    assert_eq!(two.len(), 2, "{two:?}");
    assert!(Condition::compile("name.startWith('x')").unwrap_err()[0].problem.contains("did you mean `startsWith`"));
}

#[test]
fn what_a_condition_reads_is_known() {
    let reads = |text: &str| Condition::compile(text).unwrap().reads().clone();
    let named = reads("attrs.usage == 'x' && has(attrs.locked) && dependents['share'] == 0 && attrs['y-z'] == 1");
    assert_eq!(named.attributes, ["locked", "usage", "y-z"].map(str::to_owned).into());
    assert!(!named.any_attribute);
    assert_eq!(named.dependents, ["share".to_owned()].into());
    assert!(reads("attrs.exists(key, key == 'x')").any_attribute);
    assert!(reads("attrs[name] == 1").any_attribute);
}

#[test]
fn a_group_key_is_a_key_null_or_unknown() {
    let inventory = alone(&subject());
    let resource = inventory.resources().next().unwrap();
    let key = |text: &str| {
        let now = "2026-11-21T00:00:00Z".parse().unwrap();
        let subject = Subject { resource, now, surroundings: &Nothing };
        Condition::compile(text).unwrap().group_key(subject)
    };
    assert_eq!(key("tags.env"), GroupKey::Key("dev".to_owned()));
    assert_eq!(key("tags.team"), GroupKey::Null);
    assert_eq!(key("attrs.none"), GroupKey::Unknown);
    assert_eq!(key("attrs.lost"), GroupKey::Unknown);
    assert_eq!(key("attrs.count"), GroupKey::Key("3".to_owned()));
}
