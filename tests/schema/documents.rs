//! Every example of a format in the documents is one.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use sexton_core::policy::Policy;
use sexton_core::{plan, schema};
use sexton_engine::event::{self, RunEvent};

use super::{against, validator};

/// The fenced blocks of a language in all documents, each with where it begins.
fn blocks(language: &str) -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests stand in the workspace").to_owned();
    let mut pages = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("docs")).expect("there are documents") {
        pages.push(entry.expect("a folder is readable").path());
    }
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    let mut found = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).expect("a document is readable");
        let fence = format!("```{language}\n");
        let mut from = 0;
        while let Some(place) = text[from..].find(&fence) {
            let start = from + place + fence.len();
            let end = start + text[start..].find("```").expect("a block ends");
            let line = text[..start].lines().count();
            found.push((format!("{}:{line}", page.display()), text[start..end].to_owned()));
            from = end + 3;
        }
    }
    found
}

#[test]
fn every_policy_of_the_documents_is_one() {
    let schema = validator(&schema::policy());
    let mut shown = 0;
    for (place, block) in blocks("toml") {
        // The other TOML is configuration, rulebooks, a crate's manifest, what files do not tell.
        let of_policies = ["[[collect]]", "[[protect]]", "[[assume_none]]", "[limits"];
        if !of_policies.iter().any(|table| block.contains(table)) {
            continue;
        }
        shown += 1;
        let value: Value = toml::from_str(&block).expect(&place);
        assert_eq!(against(&schema, &value), [""; 0], "{place}");
        assert!(Policy::parse(&block).is_ok(), "{place}");
    }
    assert!(shown >= 3, "{shown} policies are shown");
}

#[test]
fn every_inventory_plan_and_event_of_the_documents_is_one() {
    let (line, document, event) =
        (validator(&schema::inventory()), validator(&schema::plan()), validator(&event::schema()));
    let (mut inventories, mut plans, mut events) = (0, 0, 0);
    for (place, block) in blocks("json") {
        let lines = || block.lines().map(|line| serde_json::from_str::<Value>(line).expect(&place));
        if block.contains("\"sexton.plan\"") {
            plans += 1;
            let value = serde_json::from_str(&block).expect(&place);
            assert_eq!(against(&document, &value), [""; 0], "{place}");
            plan::Plan::read(block.as_bytes()).expect(&place);
        } else if block.contains("\"sexton.inventory\"") {
            inventories += 1;
            for value in lines() {
                assert_eq!(against(&line, &value), [""; 0], "{place}: {value}");
            }
        } else if block.contains("\"session\"") {
            events += 1;
            for (number, value) in lines().enumerate() {
                assert_eq!(against(&event, &value), [""; 0], "{place}: {value}");
                let read: RunEvent = serde_json::from_value(value.clone()).expect(&place);
                assert_eq!(serde_json::to_value(&read).expect("an event has JSON"), value, "{place}");
                assert_eq!(usize::try_from(read.seq), Ok(number + 1), "{place}");
            }
        } else {
            panic!("{place}: of what format is this?");
        }
    }
    assert!(inventories >= 3 && plans >= 1 && events >= 1, "{inventories} inventories, {plans} plans, {events} events");
}

#[test]
fn the_plan_of_the_documents_is_the_plan_of_their_inventory_by_their_policy() {
    let page = |language: &str, mark: &str| {
        let mut blocks = blocks(language).into_iter();
        blocks.find(|(place, block)| place.contains("formats.md") && block.contains(mark)).expect("it is shown").1
    };
    let inventory = sexton_core::inventory::read(page("json", "sexton.inventory").as_bytes()).expect("it is one");
    let policy = Policy::parse(&page("toml", "[[collect]]")).expect("it is one");
    let shown = page("json", "sexton.plan");
    let rulebooks = [sexton_aliyun::ecs_rulebook()];
    let plan = sexton_core::planner::plan(&inventory, &rulebooks, &policy, None).expect("it can be planned");
    let mut written = Vec::new();
    plan.write(&mut written).expect("memory takes every byte");
    let written = String::from_utf8(written).expect("JSON is UTF-8");
    assert!(written == shown, "docs/formats.md has to show\n{written}");
}
