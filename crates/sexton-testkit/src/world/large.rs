//! Worlds of several accounts and regions and up to some hundred resources.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, Listing};
use sexton_core::resource::{AttributeValue, Attributes, Link, Resource};
use sexton_core::time::Span;

use super::pieces::{End, FORMS, Form, Part, parts};
use super::policy::large_policy;
use super::{KINDS, LINKS, LISTED, LOCKS, World, census_line, taken_at};
use crate::scale::{Chance, Dice};

const PLACES: [&str; 4] = ["p:a:r", "p:a:s", "p:b:r", "q:a:global"];

/// How much of a piece is out of the ordinary, of a thousand facts.
const ODDITIES: [u64; 4] = [0, 0, 15, 80];

#[derive(Debug, Clone)]
struct Piece {
    form: Form,
    size: usize,
    place: &'static str,
    oddity: u64,
    env: &'static str,
    seed: u64,
}

/// What is wrong with a listing.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Missing,
    Incomplete,
    Stale,
    UnknownTime,
    /// A second line of the same scope says that not all was seen.
    SecondOpinion,
    /// Nothing of the place is in the census.
    WholePlace,
}

fn piece() -> impl Strategy<Value = Piece> {
    (
        select(&FORMS[..]),
        prop_oneof![6 => 1..=6_usize, 4 => 4..=14_usize, 1 => 20..=70_usize],
        prop_oneof![5 => Just(PLACES[0]), 3 => select(&PLACES[..])],
        select(&ODDITIES[..]),
        prop_oneof![6 => Just("a"), 1 => Just("b"), 2 => Just("c")],
        any::<u64>(),
    )
        .prop_map(|(form, size, place, oddity, env, seed)| Piece { form, size, place, oddity, env, seed })
}

/// Worlds of `least` to `most` resources, for [`crate::rulebook::synthetics`].
pub fn large_worlds(least: usize, most: usize) -> impl Strategy<Value = World> {
    let pieces = prop_oneof![
        3 => prop::collection::vec(piece(), 1..=6),
        3 => prop::collection::vec(piece(), 6..=30),
        1 => prop::collection::vec(piece(), 30..=60),
    ];
    let joins = prop_oneof![
        2 => Just(Vec::new()),
        3 => prop::collection::vec(any::<[Index; 3]>(), 1..=12),
    ];
    let faults = prop_oneof![
        5 => Just(Vec::new()),
        3 => prop::collection::vec((select(&PLACES[..]), select(&LISTED[..]), fault()), 1..=3),
    ];
    let unlinked = prop_oneof![8 => Just(None), 1 => any::<Index>().prop_map(Some)];
    (pieces, joins, faults, unlinked, large_policy()).prop_map(move |(pieces, joins, faults, unlinked, policy)| {
        let mut resources = resources(&pieces, least, most);
        for join in &joins {
            add_link(&mut resources, join);
        }
        if let Some(unlinked) = unlinked {
            let place = unlinked.index(resources.len());
            resources[place].links = Fact::Unknown;
        }
        World { taken_at: taken_at(), census: census(&faults), resources, policy }
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::Missing),
        3 => Just(Fault::Incomplete),
        2 => Just(Fault::Stale),
        1 => Just(Fault::UnknownTime),
        2 => Just(Fault::SecondOpinion),
        1 => Just(Fault::WholePlace),
    ]
}

fn census(faults: &[(&'static str, &'static str, Fault)]) -> Vec<CensusLine> {
    let mut lines = Vec::new();
    for place in PLACES {
        for kind in KINDS.into_iter().chain([LOCKS]) {
            let fault = faults.iter().find_map(|(at, which, fault)| {
                let here = *at == place && (matches!(fault, Fault::WholePlace) || *which == kind);
                here.then_some(*fault)
            });
            let at = |hours| Fact::from(taken_at().checked_sub(Span::from_hours(hours)));
            let mut line = |listing, as_of| lines.push(census_line(place, kind, listing, as_of));
            match fault {
                None => line(Listing::Complete, at(0)),
                Some(Fault::Missing | Fault::WholePlace) => {}
                Some(Fault::Incomplete) => line(Listing::Incomplete, at(1)),
                Some(Fault::Stale) => line(Listing::Complete, at(25)),
                Some(Fault::UnknownTime) => line(Listing::Complete, Fact::Unknown),
                Some(Fault::SecondOpinion) => {
                    line(Listing::Complete, at(0));
                    line(Listing::Incomplete, at(2));
                }
            }
        }
    }
    lines
}

fn resources(pieces: &[Piece], least: usize, most: usize) -> Vec<Resource> {
    let mut resources: Vec<Resource> = Vec::new();
    let filler = Piece { form: Form::Loose, size: least, place: PLACES[0], oddity: 15, env: "a", seed: 1 };
    for piece in pieces.iter().chain([&filler]) {
        let room = most - resources.len();
        let missing = least.saturating_sub(resources.len());
        let is_filler = std::ptr::eq(piece, &filler);
        let size = if is_filler { missing } else { piece.size };
        let mut dice = Dice::of(piece.seed, 7, 0);
        let parts = if size == 0 { Vec::new() } else { parts(piece.form, size, &mut dice) };
        if parts.len() > room {
            continue;
        }
        let first = resources.len();
        for (number, part) in parts.iter().enumerate() {
            resources.push(resource(piece, &parts, number, part, first));
        }
    }
    resources
}

fn address(place: &str, kind: &str, id: impl std::fmt::Display) -> Address {
    format!("{place}:{kind}/{id}").parse().expect("a generated address is one")
}

fn resource(piece: &Piece, parts: &[Part], number: usize, part: &Part, first: usize) -> Resource {
    let mut dice = Dice::of(piece.seed, 8, number as u64);
    let mut odd = || dice.permille(piece.oddity) == Chance::Hit;
    let [state_is_odd, state_is_unknown, time_is_odd, untagged, tags_unknown, size_unknown, attributes_unknown, gone] =
        [(); 8].map(|()| odd());
    let mut links: Vec<Link> = part
        .links
        .iter()
        .map(|(relation, end)| {
            let target = match end {
                End::Own(other) if gone => {
                    address(piece.place, parts[*other].kind, format_args!("gone-{first}-{number}"))
                }
                End::Own(other) => address(piece.place, parts[*other].kind, first + other),
                End::Gone(kind) => address(piece.place, kind, format_args!("gone-{first}-{number}")),
            };
            Link { relation: relation.parse().expect("a literal relation"), target }
        })
        .collect();
    links.sort();
    links.dedup();
    let state = match (part.kind, state_is_odd) {
        ("snapshot", false) => "accomplished",
        ("snapshot", true) => ["progressing", "failed"][dice.choose(2)],
        ("image", false) => "Available",
        ("task", true) => "Finished",
        (_, true) => "odd",
        (_, false) => "Processing",
    };
    let days = i64::try_from(dice.below(60)).expect("few days");
    let created_at = match (time_is_odd, dice.choose(2)) {
        (true, 0) => Fact::Unknown,
        (true, _) => taken_at().checked_add(Span::from_hours(5)).into(),
        // On the hour, so that there are ties.
        (false, _) => taken_at().checked_sub(Span::from_hours(24 * days + 7)).into(),
    };
    let env = part.env.unwrap_or(if dice.below(10) == 0 { "b" } else { piece.env });
    let mut tags: sexton_core::resource::Tags = [("env".to_owned(), env.to_owned())].into();
    if untagged {
        tags.clear();
    }
    if odd_tag(&mut dice, piece.oddity) {
        tags.insert("keep".to_owned(), "yes".to_owned());
    }
    Resource {
        address: address(piece.place, part.kind, first + number),
        name: Fact::Known(format!("name-{}", first + number)),
        created_at,
        state: if state_is_unknown { Fact::Unknown } else { Fact::Known(state.to_owned()) },
        size_bytes: if size_unknown { Fact::Unknown } else { Fact::Known(dice.below(2) << 30) },
        tags: if tags_unknown { Fact::Unknown } else { Fact::Known(tags) },
        attributes: if attributes_unknown {
            Fact::Unknown
        } else {
            Fact::Known(attributes(piece, part.kind, &mut dice))
        },
        links: Fact::Known(links),
    }
}

fn odd_tag(dice: &mut Dice, oddity: u64) -> bool {
    dice.permille(oddity) == Chance::Hit
}

/// The attributes that guards read, such that most raise nothing.
fn attributes(piece: &Piece, kind: &str, dice: &mut Dice) -> Attributes {
    let mut attributes = Attributes::new();
    let mut set = |name: &str, usual: Option<AttributeValue>, odd: &[AttributeValue]| {
        let value = if dice.permille(piece.oddity) == Chance::Hit {
            // One more than there are: missing.
            odd.get(dice.choose(odd.len() + 1)).cloned()
        } else {
            usual
        };
        value.map(|value| attributes.insert(name.to_owned(), value));
    };
    let goes_with = matches!(piece.form, Form::Carriers | Form::Copies | Form::Embrace) || piece.seed.is_multiple_of(3);
    let (yes, no) = (AttributeValue::Bool(true), AttributeValue::Bool(false));
    match kind {
        "disk" => {
            set("with_instance", Some(goes_with.into()), &[yes.clone(), no.clone(), AttributeValue::Null]);
            set("delete_auto", Some(goes_with.into()), &[yes, no, AttributeValue::Null]);
            let system = (goes_with && piece.seed.is_multiple_of(2)).then(|| "system".into());
            set("disk_type", system, &["system".into(), "data".into(), AttributeValue::Null]);
        }
        "snapshot" => {
            let sort = if goes_with { "auto" } else { "user" };
            set("type", Some(sort.into()), &["auto".into(), "user".into(), AttributeValue::Null]);
            let times =
                ["2030-01-01T00:00:00Z".into(), "2020-01-01T00:00:00Z".into(), "soon".into(), AttributeValue::Null];
            set("locked_until", None, &times);
        }
        "image" => {
            set("usage", Some("none".into()), &["instance".into(), "none".into(), 7.into(), AttributeValue::Null]);
        }
        "instance" => {
            set("protection", Some(no.clone()), &[yes, no, AttributeValue::Null]);
            let locks = [vec!["security"].into(), vec!["financial"].into(), "security".into(), AttributeValue::Null];
            set("locks", Some(AttributeValue::Array(Vec::new())), &locks);
        }
        "share" => {
            let managers = ["somebody".into(), "".into(), no, vec!["x"].into(), AttributeValue::Null];
            set("managed_by", None, &managers);
        }
        _ => {}
    }
    attributes
}

/// Adds a link of some relation from one resource to any that it can lead to, wherever that is.
fn add_link(resources: &mut [Resource], [holder, relation, target]: &[Index; 3]) {
    let holder = holder.index(resources.len());
    let kind = resources[holder].address.kind().to_owned();
    let possible: Vec<_> = LINKS.iter().filter(|(from, _, _)| *from == kind).collect();
    if possible.is_empty() {
        return;
    }
    let (_, relation, wanted) = relation.get(&possible);
    let targets: Vec<Address> =
        resources.iter().filter(|one| one.address.kind() == *wanted).map(|one| one.address.clone()).collect();
    if targets.is_empty() {
        return;
    }
    let link = Link { relation: relation.parse().expect("a literal relation"), target: target.get(&targets).clone() };
    if let Fact::Known(links) = &mut resources[holder].links {
        links.push(link);
        links.sort();
        links.dedup();
    }
}
