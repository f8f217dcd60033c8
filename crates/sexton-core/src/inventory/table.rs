//! A finished inventory's rows, sorted by address, and their links by row.

use std::num::NonZeroUsize;
use std::thread;

use super::draft::{Draft, DraftLink, DraftRow, Facts, LineNumber, NONE};
use super::intern::{Sets, Symbol, Symbols};
use super::texts::{Text, Texts};
use super::{ResourceIndex, number};
use crate::address::Address;
use crate::fact::Fact;
use crate::resource::AttributeValue;

/// The resources of one kind in one place: contiguous rows.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `provider:account:region:kind/`.
    prefix: Box<str>,
    /// Where the account, the region, the kind and the id begin.
    starts: [u32; 4],
    pub(crate) kind: Symbol,
    /// The place's rows begin here …
    pub(crate) start: u32,
    /// … and end before this.
    pub(crate) end: u32,
    /// What all ids of the place begin with, in bytes.
    common: u32,
}

/// Where a link leads: a row, or one of the dangling addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkTarget(u32);

/// Where a link leads, told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leads {
    To(ResourceIndex),
    Out(u32),
}

const DANGLING: u32 = 1 << 31;

impl LinkTarget {
    pub(crate) fn leads(self) -> Leads {
        if self.0 & DANGLING == 0 { Leads::To(ResourceIndex(self.0)) } else { Leads::Out(self.0 & !DANGLING) }
    }
}

/// One link of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowLink {
    pub(crate) relation: Symbol,
    pub(crate) target: LinkTarget,
}

/// The columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(super) texts: Texts,
    pub(crate) symbols: Symbols,
    pub(crate) values: Vec<AttributeValue>,
    pub(crate) tags: Sets<(Symbol, Symbol)>,
    pub(crate) attributes: Sets<(Symbol, u32)>,
    /// By row. Beside the other facts, for it is looked up at random.
    ids: Vec<Text>,
    pub(super) rows: Vec<Facts>,
    pub(crate) places: Vec<Place>,
    pub(super) place_of: Vec<u32>,
    /// Of each row, the first bytes of its id after what is common to its place, big-endian.
    keys: Vec<u64>,
    link_starts: Vec<u32>,
    links: Vec<RowLink>,
    unknown_links: Vec<ResourceIndex>,
    pub(crate) dangling: Vec<Address>,
    dangling_places: Vec<u32>,
}

/// Two lines of one address.
#[derive(Debug, Clone)]
pub(super) struct Repetition {
    pub(super) first: LineNumber,
    pub(super) second: LineNumber,
    pub(super) address: Address,
}

impl Place {
    fn new([provider, account, region, kind]: [&str; 4], kind_symbol: Symbol) -> Self {
        let prefix = format!("{provider}:{account}:{region}:{kind}/");
        let account_start = provider.len() + 1;
        let region_start = account_start + account.len() + 1;
        let kind_start = region_start + region.len() + 1;
        let starts = [account_start, region_start, kind_start, prefix.len()].map(number);
        Self { prefix: prefix.into(), starts, kind: kind_symbol, start: 0, end: 0, common: 0 }
    }

    fn part(&self, start: u32, end: u32) -> &str {
        &self.prefix[start as usize..end as usize - 1]
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn scope(&self) -> &str {
        self.part(0, self.starts[2])
    }

    pub(crate) fn provider(&self) -> &str {
        self.part(0, self.starts[0])
    }

    pub(crate) fn account(&self) -> &str {
        self.part(self.starts[0], self.starts[1])
    }

    pub(crate) fn region(&self) -> &str {
        self.part(self.starts[1], self.starts[2])
    }

    pub(crate) fn kind_text(&self) -> &str {
        self.part(self.starts[2], self.starts[3])
    }

    pub(crate) fn rows(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The eight bytes of an id after what is common, padded with zeros: ordered as the ids are, as far as they reach.
fn key(id: &str, common: u32) -> u64 {
    let mut bytes = [0_u8; 8];
    let rest = &id.as_bytes()[common as usize..];
    let length = rest.len().min(8);
    bytes[..length].copy_from_slice(&rest[..length]);
    u64::from_be_bytes(bytes)
}

/// Where the keys that are not below `wanted` begin. Ids are mostly random, so that a few guesses by proportion narrow
/// the range before it is halved.
fn first_not_below(keys: &[u64], wanted: u64) -> usize {
    let (mut low, mut high) = (0, keys.len());
    for _ in 0..4 {
        if high - low < 32 {
            break;
        }
        let (first, last) = (keys[low], keys[high - 1]);
        if wanted <= first {
            return low;
        }
        if wanted > last {
            return high;
        }
        // Below the range's length, for `wanted` is at most `last`.
        let offset = u128::from(wanted - first) * (high - 1 - low) as u128 / u128::from(last - first);
        let guess = low + usize::try_from(offset).expect("a part of a length is a length");
        let margin = (high - low).isqrt();
        let (left, right) = (guess.saturating_sub(margin).max(low), (guess + margin).min(high - 1));
        if keys[left] < wanted {
            low = left + 1;
        } else {
            high = left + 1;
            continue;
        }
        if keys[right] >= wanted {
            high = right + 1;
        } else {
            low = right + 1;
        }
    }
    low + keys[low..high].partition_point(|key| *key < wanted)
}

fn common_prefix(a: &str, b: &str, at_most: usize) -> usize {
    a.bytes().zip(b.bytes()).take(at_most).take_while(|(a, b)| a == b).count()
}

/// Cuts a slice of things that belong to consecutive ranges into about equal parts at the ranges' bounds.
fn cuts(bounds: &[u32], parts: usize) -> Vec<usize> {
    let total = bounds.last().copied().unwrap_or(0) as usize;
    let mut cuts = vec![0];
    for part in 1..parts {
        let wanted = total * part / parts;
        cuts.push(bounds.partition_point(|bound| (*bound as usize) < wanted));
    }
    cuts.push(bounds.len().saturating_sub(1));
    cuts.dedup();
    cuts
}

impl Table {
    /// Sorts a draft's rows and finds where its links lead.
    pub(super) fn new(draft: Draft, workers: NonZeroUsize) -> Result<Self, Repetition> {
        let Draft { texts, link_texts, symbols, values, tags, attributes, places: names, rows, links, .. } = draft;
        let mut places: Vec<Place> =
            names.iter().map(|name| Place::new(name.map(|symbol| symbols.text(symbol)), name[3])).collect();
        let mut ranked: Vec<u32> = (0..number(places.len())).collect();
        ranked.sort_by(|a, b| places[*a as usize].prefix.cmp(&places[*b as usize].prefix));
        let mut rank = vec![0_u32; places.len()];
        for (position, place) in ranked.iter().enumerate() {
            rank[*place as usize] = number(position);
        }
        places.sort_by(|a, b| a.prefix.cmp(&b.prefix));

        let mut bounds = vec![0_u32; places.len() + 1];
        for row in &rows {
            bounds[rank[row.place as usize] as usize + 1] += 1;
        }
        for place in 0..places.len() {
            bounds[place + 1] += bounds[place];
            places[place].start = bounds[place];
            places[place].end = bounds[place + 1];
        }
        let mut order = vec![0_u32; rows.len()];
        let mut next = bounds.clone();
        for (position, row) in rows.iter().enumerate() {
            let slot = &mut next[rank[row.place as usize] as usize];
            order[*slot as usize] = number(position);
            *slot += 1;
        }
        drop(next);

        let keys = sort_ids(&mut places, &bounds, &mut order, &rows, &texts, workers)?;
        let mut table = Self {
            texts,
            symbols,
            values,
            tags,
            attributes,
            ids: Vec::new(),
            rows: Vec::new(),
            place_of: Vec::with_capacity(order.len()),
            places,
            keys,
            link_starts: Vec::new(),
            links: Vec::new(),
            unknown_links: Vec::new(),
            dangling: Vec::new(),
            dangling_places: Vec::new(),
        };
        for (position, place) in table.places.iter().enumerate() {
            table.place_of.extend(place.rows().map(|_| number(position)));
        }
        table.gather(&order, &rows, workers);
        let spans: Vec<(u32, u32)> =
            order.iter().map(|row| (rows[*row as usize].first_link, rows[*row as usize].links)).collect();
        drop((order, rows));
        let loose = Loose { spans: &spans, links: &links, texts: &link_texts, rank: &rank };
        table.tie(&loose, workers);
        Ok(table)
    }

    /// Puts the rows in their order, and their ids and names beside each other: what is walked lies as it is walked.
    fn gather(&mut self, order: &[u32], rows: &[DraftRow], workers: NonZeroUsize) {
        let size = order.len().div_ceil(workers.get()).max(1);
        let texts = &self.texts;
        let parts: Vec<(Texts, Vec<(Text, Facts)>)> = thread::scope(|scope| {
            let tasks: Vec<_> = order
                .chunks(size)
                .map(|order| {
                    scope.spawn(move || {
                        let mut own = Texts::default();
                        let mut copy = |text: Text| {
                            if text == Text::NONE {
                                return text;
                            }
                            own.push(texts.get(text)).expect("it was kept before")
                        };
                        let facts = order
                            .iter()
                            .map(|row| {
                                let row = &rows[*row as usize];
                                (copy(row.id), Facts { name: copy(row.facts.name), ..row.facts })
                            })
                            .collect();
                        (own, facts)
                    })
                })
                .collect();
            tasks.into_iter().map(|task| task.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        self.texts = Texts::default();
        self.ids.reserve_exact(order.len());
        self.rows.reserve_exact(order.len());
        for (texts, facts) in parts {
            let moved = self.texts.append(texts);
            for (id, facts) in facts {
                self.ids.push(moved.of(id));
                self.rows.push(Facts { name: moved.of(facts.name), ..facts });
            }
        }
    }

    /// Finds where the links lead. They are looked up as they were read, one after the other in memory, and put in the
    /// rows' order then.
    fn tie(&mut self, loose: &Loose<'_>, workers: NonZeroUsize) {
        let size = loose.links.len().div_ceil(workers.get()).max(1);
        let this = &*self;
        let parts: Vec<(Vec<u32>, Vec<Missing<'_>>)> = thread::scope(|scope| {
            let tasks: Vec<_> = loose
                .links
                .chunks(size)
                .enumerate()
                .map(|(part, links)| scope.spawn(move || this.look_up(loose, links, part * size)))
                .collect();
            tasks.into_iter().map(|task| task.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        let mut targets = Vec::with_capacity(loose.links.len());
        let mut missing = Vec::new();
        for (found, part) in parts {
            targets.extend(found);
            missing.extend(part);
        }
        // What dangles is numbered by address, each address once.
        missing.sort_unstable();
        let mut last = None;
        for Missing { place, id, link } in missing {
            if last != Some((place, id)) {
                last = Some((place, id));
                self.dangling.push(Address::joined(self.places[place as usize].prefix(), id));
                self.dangling_places.push(place);
            }
            targets[link] = number(self.dangling.len() - 1) | DANGLING;
        }
        self.links.reserve_exact(targets.len());
        self.link_starts.reserve_exact(loose.spans.len() + 1);
        self.link_starts.push(0);
        let mut of_row: Vec<usize> = Vec::new();
        for (row, (first, count)) in loose.spans.iter().enumerate() {
            if *count == NONE {
                self.unknown_links.push(ResourceIndex::new(row));
            } else {
                of_row.clear();
                of_row.extend((*first as usize..).take(*count as usize));
                if of_row.len() > 1 {
                    let name = |link: &usize| loose.name(&self.symbols, &loose.links[*link]);
                    of_row.sort_by(|a, b| name(a).cmp(&name(b)));
                    of_row.dedup_by(|a, b| name(a) == name(b));
                }
                self.links.extend(
                    of_row.iter().map(|link| RowLink {
                        relation: loose.links[*link].relation,
                        target: LinkTarget(targets[*link]),
                    }),
                );
            }
            self.link_starts.push(number(self.links.len()));
        }
    }

    /// The rows of links, in their order, and which of them lead out.
    fn look_up<'d>(&self, loose: &Loose<'d>, links: &[DraftLink], first: usize) -> (Vec<u32>, Vec<Missing<'d>>) {
        let mut missing = Vec::new();
        let found = links
            .iter()
            .enumerate()
            .map(|(position, link)| {
                let (place, id) = (loose.rank[link.place as usize], loose.texts.get(link.id));
                self.find_in(place as usize, id).map_or_else(
                    || {
                        missing.push(Missing { place, id, link: first + position });
                        DANGLING
                    },
                    number,
                )
            })
            .collect();
        (found, missing)
    }

    pub(super) fn id(&self, row: usize) -> &str {
        self.texts.get(self.ids[row])
    }

    /// The row of an id in a place.
    fn find_in(&self, place: usize, id: &str) -> Option<usize> {
        let place = &self.places[place];
        let rows = place.rows();
        let first = rows.clone().next()?;
        let common = place.common as usize;
        if id.len() < common || id.as_bytes()[..common] != self.id(first).as_bytes()[..common] {
            return None;
        }
        let wanted = key(id, place.common);
        let keys = &self.keys[rows];
        let from = first_not_below(keys, wanted);
        if keys.get(from + 1) == Some(&wanted) {
            let (mut low, mut high) = (from, from + keys[from..].partition_point(|key| *key == wanted));
            while low < high {
                let middle = low.midpoint(high);
                match self.id(first + middle).cmp(id) {
                    std::cmp::Ordering::Less => low = middle + 1,
                    std::cmp::Ordering::Equal => return Some(first + middle),
                    std::cmp::Ordering::Greater => high = middle,
                }
            }
            return None;
        }
        let found = keys.get(from) == Some(&wanted) && self.id(first + from) == id;
        found.then_some(first + from)
    }

    pub(super) fn find(&self, address: &str) -> Option<usize> {
        let slash = {
            let mut colons = address.match_indices(':').map(|(at, _)| at);
            let kind = colons.nth(2)?;
            kind + address[kind..].find('/')?
        };
        let (prefix, id) = address.split_at(slash + 1);
        let place = self.places.binary_search_by(|place| (*place.prefix).cmp(prefix)).ok()?;
        self.find_in(place, id)
    }

    pub(crate) fn links_of(&self, row: usize) -> &[RowLink] {
        &self.links[self.link_starts[row] as usize..self.link_starts[row + 1] as usize]
    }

    /// The rows of unknown links, ascending.
    pub(crate) fn unknown_links(&self) -> &[ResourceIndex] {
        &self.unknown_links
    }

    pub(super) fn links_known(&self, row: usize) -> bool {
        self.unknown_links.is_empty() || self.unknown_links.binary_search(&ResourceIndex::new(row)).is_err()
    }

    pub(crate) fn state_of(&self, row: ResourceIndex) -> Fact<Symbol> {
        let state = self.rows[row.get()].state;
        if state == NONE { Fact::Unknown } else { Fact::Known(Symbol(state)) }
    }

    /// The number of an attribute's value; none where it is missing.
    pub(crate) fn attribute_of(&self, row: ResourceIndex, name: Option<Symbol>) -> Fact<Option<u32>> {
        let set = self.rows[row.get()].attributes;
        if set == NONE {
            return Fact::Unknown;
        }
        let pairs = self.attributes.get(set);
        Fact::Known(name.and_then(|name| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)))
    }

    /// The place of a row.
    pub(crate) fn place_of(&self, row: ResourceIndex) -> usize {
        self.place_of[row.get()] as usize
    }

    /// The place of a dangling address.
    pub(crate) fn dangling_place(&self, dangling: u32) -> usize {
        self.dangling_places[dangling as usize] as usize
    }

    pub(super) fn text(&self, text: Text) -> Option<&str> {
        (text != Text::NONE).then(|| self.texts.get(text))
    }
}

/// Links that are still by name.
struct Loose<'d> {
    /// By row: the first of its links and how many they are, `NONE` where they are unknown.
    spans: &'d [(u32, u32)],
    links: &'d [DraftLink],
    texts: &'d Texts,
    rank: &'d [u32],
}

impl Loose<'_> {
    /// What links are ordered by: relation, then target.
    fn name<'t>(&'t self, symbols: &'t Symbols, link: &DraftLink) -> (&'t str, u32, &'t str) {
        (symbols.text(link.relation), self.rank[link.place as usize], self.texts.get(link.id))
    }
}

/// A link that leads out of the inventory, ordered by address.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Missing<'d> {
    place: u32,
    id: &'d str,
    link: usize,
}

/// Sorts the rows of every place by id, and returns their keys.
fn sort_ids(
    places: &mut [Place],
    bounds: &[u32],
    order: &mut [u32],
    rows: &[DraftRow],
    texts: &Texts,
    workers: NonZeroUsize,
) -> Result<Vec<u64>, Repetition> {
    let mut keys = vec![0_u64; order.len()];
    let cuts = cuts(bounds, workers.get());
    let repeated = thread::scope(|scope| {
        let (mut places, mut order, mut keys) = (places, order, keys.as_mut_slice());
        let mut tasks = Vec::new();
        for cut in cuts.windows(2) {
            let (mine, rest) = places.split_at_mut(cut[1] - cut[0]);
            places = rest;
            let size = (bounds[cut[1]] - bounds[cut[0]]) as usize;
            let (my_order, rest) = order.split_at_mut(size);
            order = rest;
            let (my_keys, rest) = keys.split_at_mut(size);
            keys = rest;
            tasks.push(scope.spawn(move || sort_places(mine, my_order, my_keys, rows, texts)));
        }
        let results: Vec<Option<Repetition>> = tasks
            .into_iter()
            .map(|task| task.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        results.into_iter().flatten().min_by_key(|repetition| repetition.second)
    });
    match repeated {
        Some(repetition) => Err(repetition),
        None => Ok(keys),
    }
}

fn sort_places(
    places: &mut [Place],
    mut order: &mut [u32],
    mut keys: &mut [u64],
    rows: &[DraftRow],
    texts: &Texts,
) -> Option<Repetition> {
    let id = |row: u32| texts.get(rows[row as usize].id);
    let mut repeated: Option<Repetition> = None;
    let mut keyed: Vec<(u64, u32)> = Vec::new();
    for place in places {
        let size = (place.end - place.start) as usize;
        let (mine, rest) = std::mem::take(&mut order).split_at_mut(size);
        order = rest;
        let (my_keys, rest) = std::mem::take(&mut keys).split_at_mut(size);
        keys = rest;
        let Some((first, others)) = mine.split_first() else { continue };
        let first = id(*first);
        let common = others.iter().fold(first.len(), |common, row| common_prefix(first, id(*row), common));
        place.common = number(common);
        keyed.clear();
        keyed.extend(mine.iter().map(|row| (key(id(*row), place.common), *row)));
        keyed.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0)
                .then_with(|| id(a.1).cmp(id(b.1)))
                .then_with(|| rows[a.1 as usize].line.cmp(&rows[b.1 as usize].line))
        });
        for ((row, key), sorted) in mine.iter_mut().zip(my_keys.iter_mut()).zip(&keyed) {
            (*key, *row) = *sorted;
        }
        for pair in keyed.windows(2) {
            if pair[0].0 == pair[1].0 && id(pair[0].1) == id(pair[1].1) {
                let (first, second) = (rows[pair[0].1 as usize].line, rows[pair[1].1 as usize].line);
                if repeated.as_ref().is_none_or(|earlier| second < earlier.second) {
                    let address = format!("{}{}", place.prefix, id(pair[0].1));
                    let address = address.parse().expect("its parts were checked");
                    repeated = Some(Repetition { first, second, address });
                }
            }
        }
    }
    repeated
}

#[cfg(test)]
mod tests;
