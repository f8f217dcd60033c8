//! The contract that a provider implements: without default methods, so that no wrapper can forget one.

use syn::{Item, TraitItem};

use super::{none, root};

const CONTRACT: &str = "crates/sexton-provider/src/contract.rs";

/// The traits of a source, and those methods of theirs that have a body.
fn defaults(text: &str) -> (usize, Vec<String>) {
    let items = syn::parse_file(text).expect("it is Rust").items;
    let traits: Vec<_> =
        items.into_iter().filter_map(|item| if let Item::Trait(item) = item { Some(item) } else { None }).collect();
    let with_body = traits.iter().flat_map(|item| {
        item.items.iter().filter_map(|method| {
            let TraitItem::Fn(method) = method else { return None };
            method.default.as_ref().map(|_| format!("{}::{}", item.ident, method.sig.ident))
        })
    });
    (traits.len(), with_body.collect())
}

#[test]
fn the_contract_has_no_default_methods() {
    let text = std::fs::read_to_string(root().join(CONTRACT)).expect("the contract is there");
    let (traits, broken) = defaults(&text);
    assert_eq!(traits, 2, "Provider and ListSink");
    none(&broken, "a method of the contract has a body, which a wrapper would take over unseen");
}

#[test]
fn a_default_method_is_found() {
    let text = "trait Provider { fn one(&self); async fn two(&self) -> u8 { 2 } }";
    assert_eq!(defaults(text), (1, vec!["Provider::two".to_owned()]));
}
