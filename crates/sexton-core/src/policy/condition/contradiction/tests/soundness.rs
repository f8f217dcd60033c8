//! What is called impossible never happens: generated conditions, asked of generated resources.

use proptest::prelude::*;

use super::super::*;
use crate::fact::Fact;
use crate::inventory::Inventory;
use crate::policy::condition::{Subject, Surroundings, Truth};
use crate::resource::{AttributeValue, Resource};

const NOW: &str = "2026-11-21T00:00:00Z";

#[derive(Debug, Clone)]
struct Around {
    unused: Fact<bool>,
    shares: Fact<u64>,
}

impl Surroundings for Around {
    fn unused(&self) -> Fact<bool> {
        self.unused
    }
    fn dependents(&self, kind: &str) -> Fact<u64> {
        if kind == "share" { self.shares } else { Fact::Known(0) }
    }
}

fn fact<T: std::fmt::Debug + Clone + 'static>(known: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Fact<T>> {
    prop_oneof![1 => Just(Fact::Unknown), 4 => known.prop_map(Fact::Known)].boxed()
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "ab"]).prop_map(str::to_owned)
}

fn attribute() -> impl Strategy<Value = AttributeValue> {
    let leaf = prop_oneof![
        Just(AttributeValue::Null),
        any::<bool>().prop_map(AttributeValue::from),
        (-1_i64..3).prop_map(AttributeValue::from),
        Just(AttributeValue::from(1.5)),
        word().prop_map(AttributeValue::from),
    ];
    prop_oneof![
        4 => leaf.clone(),
        1 => prop::collection::vec(leaf.clone(), 0..3).prop_map(AttributeValue::from),
        1 => leaf.prop_map(|value| serde_json::json!({ "a": value })),
    ]
}

fn world() -> impl Strategy<Value = (Resource, Around)> {
    let facts = (fact(word()), fact(-2_i64..3), fact(word()), fact(0_u64..3));
    let maps = (
        fact(prop::collection::btree_map(word(), word(), 0..3)),
        fact(prop::collection::btree_map(word(), attribute(), 0..3)),
    );
    (facts, maps, fact(any::<bool>()), fact(0_u64..3)).prop_map(|(facts, (tags, attributes), unused, shares)| {
        let (name, age, state, size_bytes) = facts;
        let now: crate::time::Timestamp = NOW.parse().unwrap();
        let created_at = age.map(|days| now.checked_sub(crate::time::Span::from_hours(days * 24)).unwrap());
        let address = "p:1:r:image/a".parse().unwrap();
        let links = Fact::Known(Vec::new());
        (Resource { address, name, created_at, state, size_bytes, tags, attributes, links }, Around { unused, shares })
    })
}

/// A path of which much can be said, and something to say of it.
fn related() -> impl Strategy<Value = String> {
    let texts = (
        prop::sample::select(vec!["tags.a", "attrs.a", "name"]),
        prop::sample::select(vec!["'a'", "'b'", "'ab'", "null"]),
    );
    let numbers = (
        prop::sample::select(vec!["attrs.a", "size_bytes", "dependents.share"]),
        prop::sample::select(vec!["0", "1", "1.5", "2"]),
    );
    let spans = (Just("age"), prop::sample::select(vec!["duration('0s')", "duration('24h')", "duration('48h')"]));
    let operator = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let sides = (prop_oneof![texts, numbers, spans], operator, any::<bool>());
    sides.prop_map(
        |((a, b), operator, turned)| {
            if turned { format!("{b} {operator} {a}") } else { format!("{a} {operator} {b}") }
        },
    )
}

/// An expression of any type.
fn value() -> impl Strategy<Value = String> {
    let values = "tags.a tags.b tags['ab'] attrs.a attrs.b attrs.a.a name state age created_at size_bytes unused \
        dependents.share dependents.disk kind id 'a' 'b' 0 1 1.5 -1 true null duration('24h') [] ['a','b'] tags \
        timestamp('2026-11-20T00:00:00Z') size(name) size(tags) name.lowerAscii() size_bytes+1 age+duration('24h') \
        created_at-duration('24h') string(size_bytes) int(name) attrs.a[0] attrs[name] !unused name+'a'";
    prop::sample::select(values.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

fn condition() -> BoxedStrategy<String> {
    let operator = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">=", "in"]);
    let plain = "has(tags.a) has(attrs.a) has(attrs.a.a) 'a'in(tags) tags.a.startsWith('a') tags.a.matches('^b') \
        name.contains('b') attrs.a.endsWith('b') tags.a.in(['a','b']) unused attrs.a";
    let plain = plain.split_whitespace().map(|text| text.replace(".in(", " in (").replace("'in(", "' in ("));
    let atom = prop_oneof![
        8 => related(),
        4 => prop::sample::select(plain.collect::<Vec<_>>()),
        3 => (value(), operator, value()).prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
        1 => value().prop_map(|a| format!("({a}).exists(x, x == 'a')")),
        1 => value().prop_map(|a| format!("({a}).all(x, x != 1)")),
        1 => (value(), value()).prop_map(|(a, b)| format!("({a}).startsWith({b})")),
    ];
    atom.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            4 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            2 => inner.clone().prop_map(|a| format!("!({a})")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
        ]
    })
    .boxed()
}

#[test]
fn what_is_called_impossible_never_happens() {
    let given = Given { kind: Some("image"), counted: Some(&["share"]), ..Given::default() };
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let (claims, truths) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let readings = prop::sample::select(vec![Reading::Collect, Reading::Protect]);
    let worlds = prop::collection::vec(world(), 10);
    runner
        .run(&((condition(), readings.clone()), (condition(), readings), worlds), |(first, second, worlds)| {
            let compiled: Vec<(Condition, Reading)> =
                [first, second].map(|(text, reading)| (Condition::compile(&text).unwrap(), reading)).into();
            let wanted = [Wanted::True, Wanted::False];
            let together: Vec<Demand<'_>> = compiled
                .iter()
                .zip(wanted)
                .map(|((condition, reading), wanted)| Demand { condition, wanted, reading: *reading })
                .collect();
            let alone = contradiction(&together[..1], &given).is_some();
            let both = contradiction(&together, &given).is_some();
            claims.set(claims.get() + u32::from(alone) + u32::from(both && !alone));
            for (resource, around) in &worlds {
                let inventory = Inventory::new(NOW.parse().unwrap(), [], vec![resource.clone()]).unwrap();
                let resource = inventory.resources().next().unwrap();
                let subject = Subject { resource, now: NOW.parse().unwrap(), surroundings: around };
                let mut as_wanted = [false; 2];
                for (((condition, reading), wanted), as_wanted) in compiled.iter().zip(wanted).zip(&mut as_wanted) {
                    let (sorts, _) = condition.possible(&given, *reading);
                    let truth = condition.truth(subject, *reading);
                    let sort = match truth {
                        Truth::True => Sorts::TRUE,
                        Truth::False => Sorts::FALSE,
                        Truth::Unknown(_) => Sorts::UNKNOWN,
                    };
                    prop_assert!(sorts.has(sort), "{} is {truth:?}", condition.text());
                    *as_wanted = sort == wanted.sorts();
                    truths.set(truths.get() + u32::from(*as_wanted));
                }
                prop_assert!(!(alone && as_wanted[0]), "{} is true", compiled[0].0.text());
                prop_assert!(!(both && as_wanted[0] && as_wanted[1]), "{:?}", compiled);
            }
            Ok(())
        })
        .unwrap();
    // The test is known to test something.
    assert!(claims.get() > 150 && truths.get() > 1500, "{} claims, {} as wanted", claims.get(), truths.get());
}
