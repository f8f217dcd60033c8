//! Whether conditions can hold together of any resource at all.
//!
//! A *no* is proved. A *yes* may be wrong: what is not understood is taken to be possible.
#![expect(clippy::wildcard_enum_match_arm, reason = "what is not understood is taken to be possible")]

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::expression::{Comparison, Expression, Variable};
use super::possible::{Given, Reader, Sorts, Term, Tried};
use super::value::{Cause, Value, compare};
use super::{Condition, Reading};

#[cfg(test)]
mod tests;

/// More alternatives than a person writes; beyond, no contradiction is looked for.
const MOST_BRANCHES: usize = 64;

/// What a condition has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Definitely true.
    True,
    /// Definitely false.
    False,
}

impl Wanted {
    fn opposite(self) -> Self {
        match self {
            Wanted::True => Wanted::False,
            Wanted::False => Wanted::True,
        }
    }

    fn sorts(self) -> Sorts {
        match self {
            Wanted::True => Sorts::TRUE,
            Wanted::False => Sorts::FALSE,
        }
    }
}

/// One condition and what it has to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand<'a> {
    pub(crate) condition: &'a Condition,
    pub(crate) wanted: Wanted,
    pub(crate) reading: Reading,
}

/// Why conditions cannot hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contradiction {
    /// A part of them can only be unknown, for this cause.
    Unknown(Cause),
    /// They exclude each other, or one of them itself.
    Excluded,
}

impl Contradiction {
    /// The cause, where there is one.
    pub(crate) fn cause(self) -> Option<Cause> {
        match self {
            Contradiction::Unknown(cause) => Some(cause),
            Contradiction::Excluded => None,
        }
    }
}

/// A part of a demand that is not taken apart any further.
#[derive(Debug, Clone, Copy)]
struct Atom<'a> {
    expression: &'a Expression,
    wanted: Wanted,
    reading: Reading,
}

/// Looks for a contradiction between demands on one resource of which something is given.
pub(crate) fn contradiction(demands: &[Demand<'_>], given: &Given<'_>) -> Option<Contradiction> {
    let mut branches: Vec<Vec<Atom<'_>>> = vec![Vec::new()];
    for demand in demands {
        let atom = Atom { expression: &demand.condition.expression, wanted: demand.wanted, reading: demand.reading };
        let alternatives = alternatives(atom)?;
        let product = branches.iter().flat_map(|branch| {
            alternatives.iter().map(move |more| branch.iter().chain(more).copied().collect::<Vec<Atom<'_>>>())
        });
        branches = product.collect();
        if branches.len() > MOST_BRANCHES {
            return None;
        }
    }
    let mut first = None;
    for branch in &branches {
        let found = contradicts(branch, given)?;
        first.get_or_insert(found);
    }
    first
}

/// The ways in which an atom can be as wanted, each of them parts that all have to be; none if there are too many.
fn alternatives(atom: Atom<'_>) -> Option<Vec<Vec<Atom<'_>>>> {
    let part = |expression, wanted| Atom { expression, wanted, reading: atom.reading };
    let ways = match (atom.expression, atom.wanted) {
        (Expression::Not(a), wanted) => alternatives(part(a, wanted.opposite()))?,
        (Expression::And(a, b), Wanted::True) | (Expression::Or(a, b), Wanted::False) => {
            both(&alternatives(part(a, atom.wanted))?, &alternatives(part(b, atom.wanted))?)
        }
        (Expression::And(a, b), Wanted::False) | (Expression::Or(a, b), Wanted::True) => {
            let mut ways = alternatives(part(a, atom.wanted))?;
            ways.extend(alternatives(part(b, atom.wanted))?);
            ways
        }
        (Expression::Conditional(condition, a, b), wanted) => {
            let then = both(&alternatives(part(condition, Wanted::True))?, &alternatives(part(a, wanted))?);
            let mut ways = both(&alternatives(part(condition, Wanted::False))?, &alternatives(part(b, wanted))?);
            ways.extend(then);
            ways
        }
        (_, _) => vec![vec![atom]],
    };
    (ways.len() <= MOST_BRANCHES).then_some(ways)
}

fn both<'a>(a: &[Vec<Atom<'a>>], b: &[Vec<Atom<'a>>]) -> Vec<Vec<Atom<'a>>> {
    a.iter().flat_map(|a| b.iter().map(move |b| a.iter().chain(b).copied().collect())).collect()
}

/// What a lone atom can be, with a value tried in place of a term.
fn can_be(atom: Atom<'_>, given: &Given<'_>, tried: Option<(&Term, &Tried)>) -> Result<(), Contradiction> {
    let reader = Reader { given, reading: atom.reading, tried, clash: RefCell::new(None) };
    let sorts = reader.truth(atom.expression);
    if sorts.has(atom.wanted.sorts()) {
        return Ok(());
    }
    Err(match reader.clash.into_inner() {
        Some(cause) if sorts == Sorts::UNKNOWN => Contradiction::Unknown(cause),
        Some(_) | None => Contradiction::Excluded,
    })
}

/// Whether atoms that all have to be contradict each other.
fn contradicts(atoms: &[Atom<'_>], given: &Given<'_>) -> Option<Contradiction> {
    for atom in atoms {
        if let Err(contradiction) = can_be(*atom, given, None) {
            return Some(contradiction);
        }
    }
    let mut terms = BTreeSet::new();
    for atom in atoms {
        terms_of(atom.expression, &mut terms);
    }
    terms.iter().any(|term| impossible(term, atoms, given)).then_some(Contradiction::Excluded)
}

/// Whether no value of a term lets every atom be as wanted.
fn impossible(term: &Term, atoms: &[Atom<'_>], given: &Given<'_>) -> bool {
    let bounds = Bounds::of(term, atoms);
    if bounds.empty() {
        return true;
    }
    let fits = |value: &Tried| {
        bounds.admit(value) && atoms.iter().all(|atom| can_be(*atom, given, Some((term, value))).is_ok())
    };
    atoms.iter().filter_map(|atom| only(term, *atom)).any(|values| !values.iter().any(fits))
}

/// The paths through a resource's facts that an expression goes, longest first where one is part of another.
fn terms_of(expression: &Expression, terms: &mut BTreeSet<Term>) {
    if let Some(term) = Term::of(expression) {
        terms.insert(term);
    }
    match expression {
        Expression::Has(base, key) => {
            if let Some(term) = Term::of(base) {
                terms.insert(term.then(key));
            }
        }
        Expression::In(wanted, range) => {
            if let (Expression::Constant(Value::Text(key)), Some(term)) = (&**wanted, Term::of(range)) {
                terms.insert(term.then(key));
            }
        }
        _ => {}
    }
    expression.parts(&mut |part| terms_of(part, terms));
}

/// The only values of a term with which an atom can be as wanted, where these are few.
fn only(term: &Term, atom: Atom<'_>) -> Option<Vec<Tried>> {
    let is_term = |expression: &Expression| Term::of(expression).as_ref() == Some(term);
    let constant = |expression: &Expression| match expression {
        Expression::Constant(Value::Null) if term.variable() == Variable::Tags => Some(Tried::Missing),
        Expression::Constant(value) => Some(Tried::Value(value.clone())),
        _ => None,
    };
    let is = |base: &Expression, key: &str| Term::of(base).is_some_and(|base| base.then(key) == *term);
    match (atom.expression, atom.wanted) {
        (Expression::Equal(a, b), Wanted::True) | (Expression::NotEqual(a, b), Wanted::False) => {
            let other = if is_term(a) { b } else { Some(a).filter(|_| is_term(b))? };
            constant(other).map(|value| vec![value])
        }
        (Expression::In(wanted, range), Wanted::True) if is_term(wanted) => match &**range {
            Expression::List(items) => items.iter().map(constant).collect(),
            _ => None,
        },
        (Expression::In(wanted, range), Wanted::False) => match &**wanted {
            Expression::Constant(Value::Text(key)) if is(range, key) => Some(vec![Tried::Missing]),
            _ => None,
        },
        (Expression::Has(base, key), Wanted::False) if is(base, key) => Some(vec![Tried::Missing]),
        (expression, wanted) if is_term(expression) => Some(vec![Tried::Value(Value::Bool(wanted == Wanted::True))]),
        (_, _) => None,
    }
}

/// Between which values a term has to lie, by sort of value.
#[derive(Debug, Default)]
struct Bounds<'a> {
    lower: Option<Bound<'a>>,
    upper: Option<Bound<'a>>,
    several_sorts: bool,
}

#[derive(Debug, Clone)]
struct Bound<'a> {
    value: std::borrow::Cow<'a, Value<'static>>,
    itself: bool,
}

impl<'a> Bounds<'a> {
    fn of(term: &Term, atoms: &[Atom<'a>]) -> Self {
        let mut bounds = Bounds::default();
        if matches!(term.variable(), Variable::SizeBytes | Variable::Dependents) {
            bounds.above(Bound { value: std::borrow::Cow::Owned(Value::Int(0)), itself: true });
        }
        for atom in atoms {
            let Expression::Compare(comparison, a, b) = atom.expression else { continue };
            let (comparison, value) = match (&**a, &**b) {
                (a, Expression::Constant(value)) if Term::of(a).as_ref() == Some(term) => (*comparison, value),
                (Expression::Constant(value), b) if Term::of(b).as_ref() == Some(term) => (turned(*comparison), value),
                _ => continue,
            };
            let comparison = if atom.wanted == Wanted::True { comparison } else { negated(comparison) };
            let bound = |itself| Bound { value: std::borrow::Cow::Borrowed(value), itself };
            match comparison {
                Comparison::Less => bounds.below(bound(false)),
                Comparison::LessOrEqual => bounds.below(bound(true)),
                Comparison::Greater => bounds.above(bound(false)),
                Comparison::GreaterOrEqual => bounds.above(bound(true)),
            }
        }
        bounds
    }

    fn above(&mut self, bound: Bound<'a>) {
        self.lower = self.tighter(self.lower.clone(), bound, Ordering::Greater);
    }

    fn below(&mut self, bound: Bound<'a>) {
        self.upper = self.tighter(self.upper.clone(), bound, Ordering::Less);
    }

    fn tighter(&mut self, old: Option<Bound<'a>>, new: Bound<'a>, tighter: Ordering) -> Option<Bound<'a>> {
        let Some(old) = old else { return Some(new) };
        match compare(&new.value, &old.value) {
            Ok(Some(order)) if order == tighter => Some(new),
            Ok(Some(Ordering::Equal)) => Some(Bound { itself: old.itself && new.itself, ..old }),
            Ok(Some(_) | None) => Some(old),
            Err(_) => {
                self.several_sorts = true;
                Some(old)
            }
        }
    }

    /// Whether nothing lies between.
    fn empty(&self) -> bool {
        let (Some(lower), Some(upper)) = (&self.lower, &self.upper) else { return self.several_sorts };
        let between = match compare(&lower.value, &upper.value) {
            Ok(Some(Ordering::Less)) => true,
            Ok(Some(Ordering::Equal)) => lower.itself && upper.itself,
            Ok(Some(Ordering::Greater) | None) | Err(_) => false,
        };
        self.several_sorts || !between
    }

    /// Whether a value is not below what the term is at least by nature.
    fn admit(&self, tried: &Tried) -> bool {
        let (Tried::Value(value), Some(lower)) = (tried, &self.lower) else { return true };
        !matches!(compare(value, &lower.value), Ok(Some(Ordering::Less)))
    }
}

/// The comparison with its sides exchanged.
fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

fn negated(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}
