use super::*;
use crate::time::Span;

const HEADER: &str = r#"{"format":"sexton.inventory","version":1,"taken_at":"2026-11-21T00:00:00Z"}"#;
const CENSUS: &str = r#"{"census":{"provider":"p","account":"a","region":"r","kind":"image","complete":true,"as_of":"2026-11-21T00:00:00Z"}}"#;
const IMAGE: &str = r#"{"resource":{"provider":"p","account":"a","region":"r","kind":"image","id":"m-1","name":"web","created_at":"2026-01-02T03:04:05Z","state":"Available","size_bytes":1,"tags":{"env":"dev"},"attrs":{"usage":"none"},"links":[{"relation":"created-from","kind":"snapshot","id":"s-1"},{"relation":"created-from","account":"b","kind":"snapshot","id":"s-2"}]}}"#;

fn read_text(text: &str) -> Result<Inventory, ReadError> {
    read(text.as_bytes())
}

#[test]
fn reads_what_it_writes() {
    let text = format!("{HEADER}\n{CENSUS}\n{IMAGE}\n");
    let inventory = read_text(&text).unwrap();
    let mut written = Vec::new();
    write(&inventory, &mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), text);
    assert_eq!(
        inventory.digest(),
        Inventory::new(
            inventory.taken_at(),
            inventory.census().lines(),
            inventory.resources().map(ResourceRef::to_resource).collect()
        )
        .unwrap()
        .digest()
    );
}

#[test]
fn missing_and_null_facts_are_unknown() {
    let bare =
        r#"{"resource":{"provider":"p","account":"a","region":"r","kind":"image","id":"m-1","tags":null,"future":1}}"#;
    let inventory = read_text(&format!("{HEADER}\n\n{bare}\n")).unwrap();
    let resource = inventory.resource(ResourceIndex::new(0)).to_resource();
    assert_eq!(resource, Resource::unknown("p:a:r:image/m-1".parse().unwrap()));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let torn = &IMAGE[..60];
    for (text, expected) in [
        (String::new(), "the inventory is empty"),
        ("{}".to_owned(), "line 1: not the header of an inventory"),
        (HEADER.replace(":1,", ":2,"), "line 1: inventory version 2 is not supported"),
        (format!("{HEADER}\n{torn}"), "line 2, column 60: EOF while parsing"),
        (format!("{HEADER}\n{CENSUS}\n[]"), "line 3, column 2: "),
        (format!("{HEADER}\n{{}}"), "line 2, column 1: expected an object with the key"),
        (format!("{HEADER}\n{IMAGE}\n{CENSUS}\n{IMAGE}"), "lines 2 and 4 both describe p:a:r:image/m-1"),
        (format!("{HEADER}\n{}", IMAGE.replace("m-1", "")), "line 2: id is empty"),
        (format!("{HEADER}\n{}", IMAGE.replace("03:04:05Z", "03:04")), "line 2, column"),
    ] {
        let error = read_text(&text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error:?} does not start with {expected:?}");
    }
}

#[test]
fn census_lines_of_one_scope_are_anded_and_age() {
    let incomplete = CENSUS.replace("true", "false");
    let older = CENSUS.replace("2026-11-21T", "2026-11-20T");
    let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    let complete = |text: String, max_age| {
        let inventory = read_text(&text).unwrap();
        let scope = CensusScope {
            provider: "p".parse().unwrap(),
            account: "a".parse().unwrap(),
            region: "r".parse().unwrap(),
            kind: "image".parse().unwrap(),
        };
        inventory.census().is_complete(&scope, now, Span::from_hours(max_age))
    };
    assert!(complete(format!("{HEADER}\n{CENSUS}"), 0));
    assert!(!complete(format!("{HEADER}\n{CENSUS}\n{incomplete}"), 99));
    assert!(!complete(format!("{HEADER}\n{incomplete}\n{CENSUS}"), 99));
    assert!(!complete(format!("{HEADER}\n{CENSUS}\n{older}"), 23));
    assert!(complete(format!("{HEADER}\n{older}\n{CENSUS}"), 24));
    assert!(!complete(HEADER.to_owned(), 99));
    assert!(!complete(format!("{HEADER}\n{}", CENSUS.replace(r#","as_of":"2026-11-21T00:00:00Z""#, "")), 99));
}
