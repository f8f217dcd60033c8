//! The address in a plan that is most like one that is not there.

use super::Reasons;
use crate::address::Address;
use crate::plan::Plan;

/// So many addresses around the place where the wanted one would stand are compared in each list.
const COMPARED: usize = 512;

/// How many characters may differ, at most: one in three of the id, but never more than this.
const ALIKE: usize = 3;

impl<'p> Reasons<'p> {
    /// The closest address of the plan, if one is close enough to be meant.
    ///
    /// The same id in another place or of another kind first, then ids that are nearly the same. In a plan of very many
    /// resources only those near the place where the address would stand are looked at.
    pub(super) fn closest(&self, address: &Address) -> Option<&'p Address> {
        let wanted = format!("{}:{}", address.scope(), address.kind());
        let elsewhere = self
            .censuses
            .scopes()
            .filter_map(|(scope, kind)| {
                let place = format!("{scope}:{kind}");
                let found = self.places.address(&format!("{place}/{}", address.id()))?;
                Some((distance(&wanted, &place, usize::MAX)?, found))
            })
            .min();
        elsewhere.map(|(_, found)| found).or_else(|| self.neighbours(address))
    }

    fn neighbours(&self, address: &Address) -> Option<&'p Address> {
        let plan: &'p Plan = self.plan;
        let wanted = address.as_str();
        let alike = (address.id().chars().count() / 3).clamp(1, ALIKE);
        let mut best: Option<(usize, &'p Address)> = None;
        let mut compare = |candidate: &'p Address| {
            let most = best.map_or(alike, |(distance, _)| distance);
            if let Some(distance) = distance(wanted, candidate.as_str(), most) {
                let found = (distance, candidate);
                best = Some(best.map_or(found, |best| best.min(found)));
            }
        };
        self.places.near(wanted, COMPARED).for_each(&mut compare);
        for list in [&plan.held, &plan.blocked] {
            near(list, wanted, COMPARED, |held| &held.address).for_each(&mut compare);
        }
        near(&plan.kept, wanted, COMPARED, |kept| &kept.address).for_each(&mut compare);
        best.map(|(_, found)| found)
    }
}

/// The addresses around the place where a text would stand in a sorted list.
pub(super) fn near<'p, T>(
    list: &'p [T],
    wanted: &str,
    most: usize,
    address: fn(&T) -> &Address,
) -> impl Iterator<Item = &'p Address> {
    let place = list.partition_point(|row| address(row).as_str() < wanted);
    let (from, to) = (place.saturating_sub(most / 2), (place + most / 2).min(list.len()));
    list[from..to].iter().map(address)
}

/// Insertions, deletions and replacements between two texts; none where there are more than `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b) = without_what_is_alike(a, b);
    if a.len().abs_diff(b.len()) > most.saturating_mul(char::MAX.len_utf8()) {
        return None;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
        if row.iter().all(|cell| *cell > most) {
            return None;
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

/// What is left of two texts without what they begin and end with alike.
fn without_what_is_alike<'t>(mut a: &'t str, mut b: &'t str) -> (&'t str, &'t str) {
    let width = |(a, b): (char, char)| (a == b).then_some(a.len_utf8());
    let begin: usize = a.chars().zip(b.chars()).map_while(width).sum();
    (a, b) = (&a[begin..], &b[begin..]);
    let end: usize = a.chars().rev().zip(b.chars().rev()).map_while(width).sum();
    (&a[..a.len() - end], &b[..b.len() - end])
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn a_distance_counts_what_has_to_be_changed() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "ab", 1),
            ("abc", "xabc", 1),
            ("abab", "ab", 2),
            ("kitten", "sitting", 3),
            ("ü-1", "u-1", 1),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(a, b, usize::MAX), Some(expected), "{a} {b}");
            assert_eq!(distance(b, a, expected), Some(expected), "{b} {a}");
            if let Some(less) = usize::checked_sub(expected, 1) {
                assert_eq!(distance(a, b, less), None, "{a} {b}");
            }
        }
    }
}
