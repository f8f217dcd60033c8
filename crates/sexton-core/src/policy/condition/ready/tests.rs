//! Made ready, a condition says what the evaluator says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::inventory::Inventory;
use crate::policy::condition::Surroundings;
use crate::resource::Resource;

struct Around(Option<bool>);

impl Surroundings for Around {
    fn unused(&self) -> Fact<bool> {
        self.0.into()
    }
    fn dependents(&self, kind: &str) -> Fact<u64> {
        if kind == "disk" { Fact::Known(1) } else { Fact::Unknown }
    }
}

/// Conditions whose leaves cover every shape that is made ready, and some that are not.
fn conditions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "true",
        "false",
        "unused",
        "tags.env == 'dev'",
        "tags.env != 'dev'",
        "tags.env in ['dev', 'test']",
        "has(tags.env)",
        "tags.env == null",
        "size(tags) > 1",
        "tags.exists(key, key == 'env')",
        "attrs.usage == 'none'",
        "has(attrs.usage)",
        "attrs.count > 2",
        "state == 'ok'",
        "state in ['ok', 'bad']",
        "region == 'r1' && kind == 'image'",
        "account + region == 'ar1'",
        "age > duration('48h')",
        "age <= duration('48h')",
        "duration('48h') < age",
        "age > duration('2000000h')",
        "created_at < timestamp('2026-11-19T00:00:00Z')",
        "timestamp('2026-11-19T00:00:00Z') <= created_at",
        "size_bytes >= 5",
        "5 > size_bytes",
        "size_bytes > 5.5",
        "name == 'web'",
        "'web' == name",
        "name != 'web'",
        "name.startsWith('we')",
        "name.endsWith('b')",
        "name.contains('e')",
        "name.matches('^w.b$')",
        "id.contains('1')",
        "id == 'i-1'",
        "dependents.disk == 1",
        "dependents.other == 1",
        "name == tags.env",
        "name",
        "tags.env",
        "age > 5",
        "size(name) == 3",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

fn fact<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = Fact<T>> {
    prop::option::weighted(0.8, prop::sample::select(values)).prop_map(Fact::from)
}

fn resources() -> impl Strategy<Value = Vec<Resource>> {
    let text = |values: &[&str]| fact(values.iter().map(|value| (*value).to_owned()).collect::<Vec<String>>());
    let tags = prop::collection::btree_map(
        prop::sample::select(vec!["env".to_owned(), "team".to_owned()]),
        prop::sample::select(vec!["dev".to_owned(), "test".to_owned(), "web".to_owned()]),
        0..3,
    );
    let attributes = prop::collection::btree_map(
        prop::sample::select(vec!["usage".to_owned(), "count".to_owned()]),
        prop::sample::select(vec![
            serde_json::json!("none"),
            serde_json::json!(3),
            serde_json::Value::Null,
            serde_json::json!(["x"]),
        ]),
        0..3,
    );
    let times = ["2026-11-18T23:59:59Z", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z", "1960-01-01T00:00:00.5Z"];
    let times: Vec<Timestamp> = times.iter().map(|time| time.parse().unwrap()).collect();
    let one = (
        prop::sample::select(vec!["r1", "r2"]),
        prop::sample::select(vec!["image", "disk"]),
        text(&["web", "w\nb", ""]),
        fact(times),
        text(&["ok", "bad", "odd"]),
        fact(vec![0, 5, 6, u64::MAX]),
        prop::option::weighted(0.8, tags),
        prop::option::weighted(0.8, attributes),
    );
    prop::collection::vec(one, 1..12).prop_map(|all| {
        let mut resources = Vec::new();
        for (region, kind, name, created_at, state, size_bytes, tags, attributes) in all {
            resources.push(Resource {
                address: format!("p:a:{region}:{kind}/i-{}", resources.len()).parse().unwrap(),
                name,
                created_at,
                state,
                size_bytes,
                tags: tags.into(),
                attributes: attributes.into(),
                links: Fact::Known(Vec::new()),
            });
        }
        resources
    })
}

#[test]
fn what_is_ready_says_what_the_evaluator_says() {
    let reached: BTreeMap<&str, u64> = BTreeMap::new();
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        proptest::test_runner::Config { cases: 3_000, failure_persistence: None, ..Default::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let counted = std::cell::RefCell::new(reached);
    let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    runner
        .run(&(conditions(), resources(), prop::option::of(any::<bool>())), |(text, resources, unused)| {
            let condition = Condition::compile(&text).unwrap();
            let inventory = Inventory::new(now, [], resources).unwrap();
            let around = Around(unused);
            for reading in [Reading::Collect, Reading::Protect] {
                let mut ready = Ready::new(&condition, reading, &inventory.table, now);
                for resource in inventory.resources().chain(inventory.resources()) {
                    let subject = Subject { resource, now, surroundings: &around };
                    let (here, word) = match condition.truth(subject, reading) {
                        Truth::True => (Tri::True, "true"),
                        Truth::False => (Tri::False, "false"),
                        Truth::Unknown(_) => (Tri::Unknown, "unknown"),
                    };
                    prop_assert_eq!(ready.truth(subject), here, "{} of {:?}", text, resource);
                    *counted.borrow_mut().entry(word).or_default() += 1;
                }
            }
            Ok(())
        })
        .unwrap();

    let reached = counted.into_inner();
    for (word, count) in &reached {
        assert!(*count > 5_000, "{word} is reached {count} times");
    }
    assert_eq!(reached.len(), 3);
}

#[test]
fn keys_of_groups_are_equal_where_their_texts_are() {
    let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    let resources: Vec<Resource> = ["dev", "test", "dev"]
        .iter()
        .enumerate()
        .map(|(number, env)| {
            let mut resource = Resource::unknown(format!("p:a:r:image/i-{number}").parse().unwrap());
            resource.tags =
                Fact::Known([("env".to_owned(), (*env).to_owned()), ("n".to_owned(), number.to_string())].into());
            resource
        })
        .chain([Resource::unknown("p:a:r:image/i-9".parse().unwrap())])
        .collect();
    let inventory = Inventory::new(now, [], resources).unwrap();
    let keys = |text: Option<&str>| -> Vec<KeyNumber> {
        let condition = text.map(|text| Condition::compile(text).unwrap());
        let mut key = ReadyKey::new(condition.as_ref(), &inventory.table);
        let of = |resource| key.of(Subject { resource, now, surroundings: &Around(None) });
        inventory.resources().map(of).collect()
    };
    let key = KeyNumber::Key;
    assert_eq!(keys(None), [key(0), key(0), key(0), key(0)]);
    assert_eq!(keys(Some("tags.env")), [key(0), key(1), key(0), KeyNumber::Unknown]);
    assert_eq!(keys(Some("tags.none"))[..3], [KeyNumber::Null; 3]);
    assert_eq!(keys(Some("id + region"))[..3], [key(0), key(1), key(2)]);
    assert_eq!(keys(Some("name"))[0], KeyNumber::Unknown);
}
