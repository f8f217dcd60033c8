//! Shapes that resources and their links have, of any size. Large worlds are put together from them.

use crate::scale::Dice;

/// The shape of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nodes, each needing the one before.
    Needs,
    /// Nodes, each running on the one before.
    RunsOn,
    /// Disks and snapshots, each made from the one before; every snapshot would go with its disk.
    Copies,
    /// A snapshot, an image of it, and everything that hangs on images: over and over, one upon the other.
    Stack,
    /// A snapshot, several images of it, and one instance booted from all of them.
    Diamond,
    /// Many that hang on one.
    Fan,
    /// An instance with disks that go with it, and automatic snapshots that go with those.
    Carriers,
    /// Nodes that need each other in a ring.
    Ring,
    /// Disks and snapshots that would each hold the other by a rule's draws, and an instance and an image through which
    /// one comes to hold them.
    Embrace,
    /// Pairs of nodes: the first draws the second in, on which the next first runs. The first of all runs on nothing
    /// that is there.
    Alternating,
    /// Anything.
    Loose,
}

pub(super) const FORMS: [Form; 11] = [
    Form::Needs,
    Form::RunsOn,
    Form::Copies,
    Form::Stack,
    Form::Diamond,
    Form::Fan,
    Form::Carriers,
    Form::Ring,
    Form::Embrace,
    Form::Alternating,
    Form::Loose,
];

/// The far end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A resource of the piece, by its place.
    Own(usize),
    /// Something that is not there, of that kind.
    Gone(&'static str),
}

/// A resource of a piece.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) kind: &'static str,
    pub(super) links: Vec<(&'static str, End)>,
    /// The environment that it has whatever the rest of the piece has.
    pub(super) env: Option<&'static str>,
}

fn part(kind: &'static str, links: &[(&'static str, usize)]) -> Part {
    Part { kind, links: links.iter().map(|(relation, place)| (*relation, End::Own(*place))).collect(), env: None }
}

/// The resources of a piece of about that size, at least one.
pub(super) fn parts(form: Form, size: usize, dice: &mut Dice) -> Vec<Part> {
    let chain = |relation| {
        (0..size).map(move |place| {
            part("node", &place.checked_sub(1).map(|before| (relation, before)).into_iter().collect::<Vec<_>>())
        })
    };
    match form {
        Form::Needs => chain("needs").collect(),
        Form::RunsOn => chain("runs-on").collect(),
        Form::Copies => (0..size)
            .map(|place| match (place % 2, place.checked_sub(1)) {
                (0, None) => part("disk", &[]),
                (0, Some(before)) => part("disk", &[("created-from", before)]),
                (_, before) => part("snapshot", &[("source", before.unwrap_or(0))]),
            })
            .collect(),
        Form::Stack => (0..size).map(|place| stacked(place, dice)).collect(),
        Form::Diamond => {
            let images = size.saturating_sub(2).max(1);
            let mut parts = vec![part("snapshot", &[])];
            parts.extend((0..images).map(|_| part("image", &[("created-from", 0)])));
            let all: Vec<_> = (1..=images).map(|image| ("booted-from", image)).collect();
            parts.push(part("instance", &all));
            parts
        }
        Form::Fan => {
            let (one, many, relation) = [
                ("snapshot", "image", "created-from"),
                ("snapshot", "disk", "created-from"),
                ("image", "share", "grants"),
                ("instance", "disk", "attached-to"),
                ("node", "node", "needs"),
                ("node", "node", "mirrors"),
            ][dice.choose(6)];
            let mut parts = vec![part(one, &[])];
            parts.extend((1..size.max(2)).map(|_| part(many, &[(relation, 0)])));
            parts
        }
        Form::Carriers => {
            let mut parts = vec![part("instance", &[])];
            while parts.len() < size.max(3) {
                let disk = parts.len();
                parts.push(part("disk", &[("attached-to", 0)]));
                parts.push(part("snapshot", &[("source", disk)]));
            }
            parts
        }
        Form::Ring => {
            let relation = ["needs", "runs-on"][dice.choose(2)];
            (0..size).map(|place| part("node", &[(relation, (place + 1) % size)])).collect()
        }
        Form::Embrace => (0..size.next_multiple_of(4)).map(embraced).collect(),
        Form::Alternating => (0..size)
            .map(|place| match (place % 2, place.checked_sub(1)) {
                (0, None) => Part { links: vec![("runs-on", End::Gone("node"))], ..part("node", &[]) },
                (0, Some(before)) => Part { env: Some("a"), ..part("node", &[("runs-on", before)]) },
                (_, before) => Part { env: Some("c"), ..part("node", &[("needs", before.unwrap_or(0))]) },
            })
            .collect(),
        Form::Loose => {
            let kinds: Vec<&'static str> = (0..size).map(|_| super::KINDS[dice.choose(super::KINDS.len())]).collect();
            (0..size).map(|place| loose(&kinds, place, dice)).collect()
        }
    }
}

/// One level of a stack in seven parts, of which the first hangs on the one below.
fn stacked(place: usize, dice: &mut Dice) -> Part {
    let base = place - place % 7;
    match place % 7 {
        0 if base == 0 || dice.choose(3) == 0 => part("snapshot", &[]),
        // The disk of the level below.
        0 => part("snapshot", &[("source", base - 3)]),
        1 => part("image", &[("created-from", base)]),
        2 => part("share", &[("grants", base + 1)]),
        3 => part("instance", &[("booted-from", base + 1)]),
        4 => part("disk", &[("attached-to", base + 3), ("created-from", base)]),
        5 => part("task", &[("exports", base + 1)]),
        _ => part("template", &[("refers-to", base + dice.choose(2))]),
    }
}

/// One of four: an instance, its disk, the snapshot that the disk was made from and that would go with it, and an image
/// of that.
fn embraced(place: usize) -> Part {
    let base = place - place % 4;
    match place % 4 {
        0 => part("instance", &[]),
        1 => part("disk", &[("attached-to", base), ("created-from", base + 2)]),
        2 => part("snapshot", &[("source", base + 1)]),
        _ => part("image", &[("created-from", base + 2)]),
    }
}

fn loose(kinds: &[&'static str], place: usize, dice: &mut Dice) -> Part {
    let kind = kinds[place];
    let mut links = Vec::new();
    let possible: Vec<_> = super::LINKS.iter().filter(|(holder, _, _)| *holder == kind).collect();
    for _ in 0..dice.choose(3) {
        if possible.is_empty() {
            break;
        }
        let (_, relation, wanted) = possible[dice.choose(possible.len())];
        let targets: Vec<usize> = (0..kinds.len()).filter(|target| kinds[*target] == *wanted).collect();
        let end = if targets.is_empty() { End::Gone(wanted) } else { End::Own(targets[dice.choose(targets.len())]) };
        links.push((*relation, end));
    }
    Part { kind, links, env: None }
}
