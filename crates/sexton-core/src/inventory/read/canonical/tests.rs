use super::*;
use crate::inventory::{Inventory, ResourceRef, read as read_inventory};
use crate::resource::Resource;

const HEADER: &str = r#"{"format":"sexton.inventory","version":1,"taken_at":"2026-11-21T00:00:00Z"}"#;
const LINE: &str = r#"{"resource":{"provider":"p","account":"a","region":"r","kind":"image","id":"m-1","name":"web","created_at":"2026-01-02T03:04:05Z","state":"Available","size_bytes":42,"tags":{"env":"dev","x":"},"},"attrs":{"usage":"none","deep":{"links":[1]},"n":null},"links":[{"relation":"created-from","kind":"snapshot","id":"s-1"},{"relation":"source","kind":"disk","id":"d-1"}]}}"#;

fn is_read_here(text: &str) -> bool {
    line(text, "", &Searchers::default()).is_some_and(|line| {
        let mut found = Vec::new();
        line.links.is_none_or(|text| links(text, &mut found).is_some())
    })
}

fn resources(line: &str) -> Result<Vec<Resource>, String> {
    let inventory: Inventory =
        read_inventory(format!("{HEADER}\n{line}\n").as_bytes()).map_err(|error| error.to_string())?;
    Ok(inventory.resources().map(ResourceRef::to_resource).collect())
}

/// The same line with a blank that changes nothing, so that the parser reads it.
fn blank(line: &str) -> String {
    line.replacen("{\"resource\":", "{ \"resource\":", 1)
}

#[test]
fn both_ways_of_reading_read_the_same() {
    let with = |from: &str, to: &str| {
        assert!(LINE.contains(from), "{from}");
        LINE.replacen(from, to, 1)
    };
    for text in [
        LINE.to_owned(),
        with("\"web\"", "null"),
        with("\"web\"", "\"dépôt 🗑 }},{\""),
        with("\"web\"", "\"\""),
        with("\"2026-01-02T03:04:05Z\"", "null"),
        with("\"2026-01-02T03:04:05Z\"", "\"2024-02-29T23:59:59Z\""),
        with("\"2026-01-02T03:04:05Z\"", "\"2000-02-29T00:00:00Z\""),
        with("\"2026-01-02T03:04:05Z\"", "\"1900-03-01T00:00:00Z\""),
        with("\"2026-01-02T03:04:05Z\"", "\"0001-01-01T00:00:00Z\""),
        with("\"2026-01-02T03:04:05Z\"", "\"9999-12-30T00:00:00Z\""),
        with("\"2026-01-02T03:04:05Z\"", "\"2026-01-02T03:04:05.25+02:00\""),
        with("\"Available\"", "null"),
        with(":42,", ":null,"),
        with(":42,", ":0,"),
        with(":42,", ":18446744073709551615,"),
        with(r#"{"env":"dev","x":"},"}"#, "null"),
        with(r#"{"env":"dev","x":"},"}"#, "{}"),
        with(r#"{"env":"dev","x":"},"}"#, r#"{"b":"1","a":"2","b":"3"}"#),
        with(r#"{"env":"dev","x":"},"}"#, r#"{"k\"},\"attrs\":":"v\n"}"#),
        with(r#"{"usage":"none","deep":{"links":[1]},"n":null}"#, "null"),
        with(r#"{"usage":"none","deep":{"links":[1]},"n":null}"#, "{}"),
        with(r#"{"relation":"created-from","kind":"snapshot","id":"s-1"},"#, ""),
        LINE.replace(r#"[{"relation":"created-from","kind":"snapshot","id":"s-1"},{"relation":"source","kind":"disk","id":"d-1"}]"#, "[]"),
        LINE.replace(r#"[{"relation":"created-from","kind":"snapshot","id":"s-1"},{"relation":"source","kind":"disk","id":"d-1"}]"#, "null"),
    ] {
        assert!(is_read_here(&text), "not read here: {text}");
        let here = resources(&text).unwrap();
        assert_eq!(here, resources(&blank(&text)).unwrap(), "{text}");
        assert_eq!(here.len(), 1);
    }
}

#[test]
fn what_is_not_exactly_so_is_left_to_the_parser() {
    let with = |from: &str, to: &str| {
        assert!(LINE.contains(from), "{from}");
        LINE.replacen(from, to, 1)
    };
    for text in [
        String::new(),
        LINE[..LINE.len() - 1].to_owned(),
        format!("{LINE} "),
        format!("{LINE}}}"),
        with("\"web\"", r#""w\u0065b""#),
        with("\"web\"", "\"w\tb\""),
        with("\"web\"", "7"),
        with(":42,", ":042,"),
        with(":42,", ":4.2,"),
        with(":42,", ":-1,"),
        with(":42,", ":18446744073709551616,"),
        with("\"2026-01-02T03:04:05Z\"", "\"2026-02-29T03:04:05Z\""),
        with("\"2026-01-02T03:04:05Z\"", "\"2026-01-02T24:04:05Z\""),
        with("\"2026-01-02T03:04:05Z\"", "\"soon\""),
        with("\"id\":\"m-1\",", "\"id\":\"m-1\",\"future\":1,"),
        with("\"kind\":\"snapshot\"", "\"account\":\"b\",\"kind\":\"snapshot\""),
        with("},{\"relation\"", "} ,{\"relation\""),
    ] {
        assert!(!is_read_here(&text), "read here: {text}");
    }
    // Refused by both, in the same words; the blank moves the column by one.
    for (text, problem) in [
        (with("\"web\"", "\"w\tb\""), "control character"),
        (with("\"dev\"", "\"d\tv\""), "control character"),
        (with("\"dev\"", "7"), "invalid type: integer `7`"),
        (with(r#""deep":{"links":[1]}"#, r#""deep":{"b":1},"links":[1],"x":{}"#), ""),
        (with(r#"{"env":"dev","x":"},"}"#, "[]"), "expected a map"),
        (with(r#"{"env":"dev","x":"},"}"#, r#"{"env":"dev"x}"#), "expected `,` or `}`"),
        (with("\"m-1\"", "\"\""), "id is empty"),
        (with("\"s-1\"", "\"\""), "id is empty"),
        (with("\"region\":\"r\"", "\"region\":\"r:s\""), "may not hold ':'"),
    ] {
        match (resources(&text), resources(&blank(&text))) {
            (Err(here), Err(there)) => {
                assert!(here.contains(problem), "{here}: {text}");
                let digits = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
                assert_eq!(digits(&here), digits(&there), "{text}");
            }
            (here, there) => assert_eq!(here, there, "{text}"),
        }
    }
}
