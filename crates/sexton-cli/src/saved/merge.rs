//! One resource that several files tell of.

use std::collections::BTreeMap;

use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::{Resource, Tags};

/// What sort of file tells of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// An answer of the provider: what it does not tell is not there.
    Listing,
    /// A state: it tells a part, as of when it was last written.
    State,
}

/// Whether a resource was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    New,
    Known,
}

/// Two files that tell different things of one resource.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is in {first} and in {second}, and they do not agree on its {fact}")]
pub(super) struct Disagreement {
    address: String,
    first: String,
    second: String,
    fact: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Merged(BTreeMap<String, Held>);

#[derive(Debug)]
struct Held {
    resource: Resource,
    file: String,
    word: Word,
}

impl Merged {
    /// Adds a resource. What a listing tells stands; what states tell is added up.
    pub(super) fn add(&mut self, resource: Resource, file: &str, word: Word) -> Result<News, Disagreement> {
        let address = resource.address.to_string();
        let Some(held) = self.0.get_mut(&address) else {
            self.0.insert(address, Held { resource, file: file.to_owned(), word });
            return Ok(News::New);
        };
        if let Some(fact) = differs(&held.resource, held.word, &resource, word) {
            let (first, second) = (held.file.clone(), file.to_owned());
            return Err(Disagreement { address, first, second, fact });
        }
        match (held.word, word) {
            (Word::Listing, Word::Listing | Word::State) => {}
            (Word::State, Word::Listing) => *held = Held { resource, file: file.to_owned(), word },
            (Word::State, Word::State) => fill(&mut held.resource, resource),
        }
        Ok(News::Known)
    }

    pub(super) fn into_resources(self) -> Vec<Resource> {
        self.0.into_values().map(|held| held.resource).collect()
    }
}

/// The first fact on which two tellings of a resource do not agree.
fn differs(a: &Resource, a_word: Word, b: &Resource, b_word: Word) -> Option<&'static str> {
    let tags = match (a_word, b_word) {
        (Word::Listing, Word::Listing) | (Word::State, Word::State) => agree(&a.tags, &b.tags),
        (Word::Listing, Word::State) => holds(&a.tags, &b.tags),
        (Word::State, Word::Listing) => holds(&b.tags, &a.tags),
    };
    let whole = match (a_word, b_word) {
        (Word::Listing, Word::Listing) => a == b,
        (Word::Listing | Word::State, Word::Listing | Word::State) => true,
    };
    [
        ("name", agree(&a.name, &b.name)),
        ("creation time", agree(&a.created_at, &b.created_at)),
        ("state", agree(&a.state, &b.state)),
        ("size", agree(&a.size_bytes, &b.size_bytes)),
        ("tags", tags),
        ("attributes", agree(&a.attributes, &b.attributes)),
        ("links", agree(&sorted(a), &sorted(b))),
        ("facts", whole),
    ]
    .into_iter()
    .find_map(|(fact, agrees)| (!agrees).then_some(fact))
}

fn sorted(resource: &Resource) -> Fact<Vec<(String, Address)>> {
    resource.links.as_ref().map(|links| {
        let mut links: Vec<(String, Address)> =
            links.iter().map(|link| (link.relation.as_str().to_owned(), link.target.clone())).collect();
        links.sort();
        links
    })
}

fn agree<T: PartialEq>(a: &Fact<T>, b: &Fact<T>) -> bool {
    match (a, b) {
        (Fact::Known(a), Fact::Known(b)) => a == b,
        (Fact::Unknown, _) | (_, Fact::Unknown) => true,
    }
}

/// Whether the tags that a state names are those of a listing. States leave out those that providers set themselves.
fn holds(listing: &Fact<Tags>, state: &Fact<Tags>) -> bool {
    match (listing, state) {
        (Fact::Known(listing), Fact::Known(state)) => state.iter().all(|(key, value)| listing.get(key) == Some(value)),
        (Fact::Unknown, _) | (_, Fact::Unknown) => true,
    }
}

fn fill(held: &mut Resource, other: Resource) {
    fn known<T>(held: &mut Fact<T>, other: Fact<T>) {
        if matches!(held, Fact::Unknown) {
            *held = other;
        }
    }
    known(&mut held.name, other.name);
    known(&mut held.created_at, other.created_at);
    known(&mut held.state, other.state);
    known(&mut held.size_bytes, other.size_bytes);
    known(&mut held.tags, other.tags);
    known(&mut held.attributes, other.attributes);
    known(&mut held.links, other.links);
}
