//! What is a name, an address, a length of time: by its pattern as by its constructor.

use serde_json::{Value, json};
use sexton_core::address::{Account, Address, GuardCode, Kind, Provider, Region, Relation};
use sexton_core::schema;
use sexton_core::time::{Span, Timestamp};

use super::validator;

/// The schema of one definition of a schema.
fn definition(whole: &Value, name: &str) -> Value {
    json!({"$schema": whole["$schema"], "$defs": whole["$defs"], "$ref": format!("#/$defs/{name}")})
}

#[track_caller]
fn check(whole: &Value, name: &str, texts: &[&str], parses: impl Fn(&str) -> bool) {
    let schema = validator(&definition(whole, name));
    let (mut good, mut bad) = (0, 0);
    for text in texts {
        assert_eq!(schema.is_valid(&json!(text)), parses(text), "{name} {text:?}");
        *(if parses(text) { &mut good } else { &mut bad }) += 1;
    }
    assert!(good > 0 && bad > 0, "{name}: {good} are one, {bad} are not");
    assert!(!schema.is_valid(&json!(1)) && !schema.is_valid(&Value::Null), "{name} is a text");
}

#[test]
fn names_and_addresses_have_the_form_that_is_read() {
    let (plan, inventory) = (schema::plan(), schema::inventory());
    let names = ["", "a", "a:b", ":", "a/b", "/", "a b", "a\nb", "生产", " "];
    check(&plan, "Provider", &names, |text| Provider::new(text).is_ok());
    check(&plan, "Account", &names, |text| Account::new(text).is_ok());
    check(&plan, "Region", &names, |text| Region::new(text).is_ok());
    check(&plan, "Kind", &names, |text| Kind::new(text).is_ok());
    check(&plan, "GuardCode", &names, |text| GuardCode::new(text).is_ok());
    check(&inventory, "Relation", &names, |text| Relation::new(text).is_ok());
    let addresses = [
        "p:a:r:k/i",
        "p:a:r:k/i/j:k",
        "p:a:r:k:l/i",
        "p:a:r:k/i\nj",
        "p:a:r:k/",
        "p:a:r:/i",
        "p:a::k/i",
        ":a:r:k/i",
        "p:a:r:k",
        "p:a:r/i",
        "",
    ];
    check(&plan, "Address", &addresses, |text| text.parse::<Address>().is_ok());
}

#[test]
fn times_and_spans_have_the_form_that_is_read() {
    let plan = schema::plan();
    let spans = [
        "0",
        "-0",
        "0s",
        "24h",
        "15m",
        "1h30m",
        "1.5h",
        ".5h",
        "1.h",
        "1ms",
        "1us",
        "1µs",
        "1ns",
        "1d",
        "-2h",
        "",
        "-",
        "h",
        "1",
        "1 h",
        "1y",
        "1w",
        "1H",
        ".h",
        "1.0000000001s",
        "1h-2m",
        "0x1h",
        "30 m",
        "١h",
    ];
    check(&plan, "Span", &spans, |text| text.parse::<Span>().is_ok());
    let times = [
        "2026-11-21T00:00:00Z",
        "2026-11-21T00:00:00.5Z",
        "2026-11-21T08:00:00+08:00",
        "2026-11-21",
        "yesterday",
        "",
        "2026-13-21T00:00:00Z",
        "2026-02-29T00:00:00Z",
    ];
    check(&plan, "Timestamp", &times, |text| text.parse::<Timestamp>().is_ok());
}
