use std::borrow::Cow;

use sexton_core::address::{Kind, Provider};

use super::*;
use crate::words;

words! {
    /// What is listed.
    Word: Kind { Box => "box", Everywhere => "everywhere" }
}

words! {
    /// How one refers to another.
    Holds: Relation { In => "in" }
}

impl KindWord for Word {
    fn provider() -> Provider {
        "shelf".parse().unwrap()
    }

    fn region(self, listed: &Region) -> Cow<'_, Region> {
        match self {
            Self::Box => Cow::Borrowed(listed),
            Self::Everywhere => Cow::Owned("global".parse().unwrap()),
        }
    }
}

fn place() -> Place {
    Place { account: "1".parse().unwrap(), region: "r".parse().unwrap() }
}

#[test]
fn an_address_is_in_the_region_of_its_kind() {
    let place = place();
    let address = place.address(Word::Box, "b").unwrap();
    assert_eq!(address.to_string(), "shelf:1:r:box/b");
    assert_eq!(place.address(Word::Everywhere, "b").unwrap().to_string(), "shelf:1:global:everywhere/b");
    assert_eq!(Place::of(&address), Ok(place.clone()));
    assert!(place.address(Word::Box, "").is_err());
}

#[test]
fn what_is_not_said_is_unknown_and_links_stand_once() {
    let place = place();
    let bare = Draft::new(&place, Word::Box, "b").unwrap().finish();
    assert!(bare.tags.is_unknown() && bare.name.is_unknown() && bare.size_bytes.is_unknown());
    assert_eq!((bare.attributes.clone(), bare.links), (Fact::Known(Attributes::new()), Fact::Known(Vec::new())));

    let tags = Tags::from_iter([("Name".to_owned(), "named".to_owned())]);
    let full = Draft::untagged(&place, Word::Box, "b")
        .unwrap()
        .tags(Fact::Known(tags))
        .name_by_tag("Name")
        .size(Some(1))
        .attributes(|field| (field != "c").then(|| AttributeValue::from(field)), [("a", "b"), ("missing", "c")])
        .link(Holds::In, Word::Everywhere, "x")
        .and_then(|draft| draft.link(Holds::In, Word::Everywhere, "x"))
        .unwrap()
        .finish();
    assert_eq!((full.name, full.size_bytes), (Fact::Known("named".to_owned()), Fact::Known(1)));
    assert_eq!(full.attributes.known().map(|known| known.len()), Some(1));
    assert_eq!(full.links.known().map(|links| links.len()), Some(1));
    let untagged = Draft::untagged(&place, Word::Box, "b").unwrap().links_unknown();
    let untagged = untagged.link(Holds::In, Word::Box, "x").unwrap().finish();
    assert_eq!((untagged.tags, untagged.links.is_unknown()), (Fact::Known(Tags::new()), true));
}
