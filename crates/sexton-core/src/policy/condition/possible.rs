//! Which values a condition can have at all, whatever a resource is like: found without one.
//!
//! An answer says too much rather than too little. What it leaves out is impossible.
#![expect(clippy::wildcard_enum_match_arm, reason = "what is not understood can be anything")]

use std::cell::RefCell;

use super::expression::{Comparison, Comprehension, Expression, TextTest, Variable};
use super::value::{Cause, Value, compare, equal, holds};
use super::{Condition, Reading};

#[cfg(test)]
mod tests;

/// A set of sorts of values, `UNKNOWN` among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sorts(u16);

impl Sorts {
    pub(crate) const NONE: Sorts = Sorts(0);
    pub(crate) const UNKNOWN: Sorts = Sorts(1);
    pub(crate) const TRUE: Sorts = Sorts(1 << 1);
    pub(crate) const FALSE: Sorts = Sorts(1 << 2);
    pub(crate) const NULL: Sorts = Sorts(1 << 3);
    const ABSENT: Sorts = Sorts(1 << 4);
    const NUMBER: Sorts = Sorts(1 << 5);
    pub(crate) const TEXT: Sorts = Sorts(1 << 6);
    const TIME: Sorts = Sorts(1 << 7);
    const SPAN: Sorts = Sorts(1 << 8);
    const LIST: Sorts = Sorts(1 << 9);
    const MAP: Sorts = Sorts(1 << 10);
    const BOOL: Sorts = Sorts::TRUE.or(Sorts::FALSE);
    /// A known attribute's value.
    const JSON: Sorts = Sorts::BOOL.or(Sorts::NUMBER).or(Sorts::TEXT).or(Sorts::LIST).or(Sorts::MAP);
    const ANY: Sorts = Sorts((1 << 11) - 1);
    const EACH: [Sorts; 10] = [
        Sorts::TRUE,
        Sorts::FALSE,
        Sorts::NULL,
        Sorts::ABSENT,
        Sorts::NUMBER,
        Sorts::TEXT,
        Sorts::TIME,
        Sorts::SPAN,
        Sorts::LIST,
        Sorts::MAP,
    ];

    pub(crate) const fn or(self, other: Sorts) -> Sorts {
        Sorts(self.0 | other.0)
    }

    const fn without(self, other: Sorts) -> Sorts {
        Sorts(self.0 & !other.0)
    }

    pub(crate) const fn has(self, other: Sorts) -> bool {
        self.0 & other.0 != 0
    }

    fn each(self) -> impl Iterator<Item = Sorts> {
        Sorts::EACH.into_iter().filter(move |sort| self.has(*sort))
    }

    /// Adds `UNKNOWN` where the operand can be it.
    const fn unknown_of(self, operand: Sorts) -> Sorts {
        Sorts(self.0 | (operand.0 & Sorts::UNKNOWN.0))
    }

    fn of(value: &Value<'_>) -> Sorts {
        match value {
            Value::Null => Sorts::NULL,
            Value::AbsentTag(_) => Sorts::ABSENT,
            Value::Bool(true) => Sorts::TRUE,
            Value::Bool(false) => Sorts::FALSE,
            Value::Int(_) | Value::Double(_) => Sorts::NUMBER,
            Value::Text(_) => Sorts::TEXT,
            Value::Time(_) => Sorts::TIME,
            Value::Span(_) => Sorts::SPAN,
            Value::List(_) => Sorts::LIST,
            Value::Json(_) | Value::Tags(_) | Value::Attributes(_) | Value::Dependents => Sorts::LIST.or(Sorts::MAP),
        }
    }

    /// The name of a lone sort, as causes say it.
    fn name(self) -> Option<&'static str> {
        let known = self.without(Sorts::UNKNOWN);
        if known.without(Sorts::BOOL) == Sorts::NONE && known != Sorts::NONE {
            return Some("a truth value");
        }
        [
            (Sorts::NULL, "null"),
            (Sorts::NUMBER, "a number"),
            (Sorts::TEXT, "a text"),
            (Sorts::TEXT.or(Sorts::ABSENT), "a text"),
            (Sorts::TIME, "a time"),
            (Sorts::SPAN, "a duration"),
            (Sorts::LIST, "a list"),
            (Sorts::MAP, "a map"),
        ]
        .into_iter()
        .find(|(sorts, _)| *sorts == known)
        .map(|(_, name)| name)
    }
}

/// What a path through a resource's facts leads to, such as `tags.env`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    pub(super) variable: usize,
    pub(super) path: Vec<String>,
}

impl Term {
    pub(super) fn of(expression: &Expression) -> Option<Term> {
        match expression {
            Expression::Variable(variable) => {
                let place = Variable::ALL.iter().position(|(_, known)| known == variable)?;
                Some(Term { variable: place, path: Vec::new() })
            }
            Expression::Select(base, key) => Some(Term::of(base)?.then(key)),
            _ => None,
        }
    }

    pub(super) fn then(mut self, key: &str) -> Term {
        self.path.push(key.to_owned());
        self
    }

    pub(super) fn variable(&self) -> Variable {
        Variable::ALL[self.variable].1
    }
}

/// A value that is tried in place of a term.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tried {
    /// This one.
    Value(Value<'static>),
    /// The tag or attribute is not there.
    Missing,
}

/// What is known of every resource that a condition is asked of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Given<'a> {
    pub(crate) provider: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    /// The only kinds whose dependents can be more than none; none: nothing is known of that.
    pub(crate) counted: Option<&'a [&'a str]>,
}

/// What an expression can be.
#[derive(Debug, Clone)]
pub(super) struct Possible {
    pub(super) sorts: Sorts,
    /// The one value it has, if there is one.
    pub(super) exact: Option<Value<'static>>,
}

impl Possible {
    fn of(sorts: Sorts) -> Self {
        Self { sorts, exact: None }
    }

    fn exactly(value: Value<'static>) -> Self {
        Self { sorts: Sorts::of(&value), exact: Some(value) }
    }

    fn from(outcome: Result<bool, Cause>) -> Self {
        match outcome {
            Ok(value) => Self::exactly(Value::Bool(value)),
            Err(_) => Self::of(Sorts::UNKNOWN),
        }
    }
}

/// Reads expressions for what they can be.
#[derive(Debug)]
pub(super) struct Reader<'g> {
    pub(super) given: &'g Given<'g>,
    pub(super) reading: Reading,
    /// A value tried in place of a term.
    pub(super) tried: Option<(&'g Term, &'g Tried)>,
    /// The first place where two sorts of value meet that never go together.
    pub(super) clash: RefCell<Option<Cause>>,
}

impl Condition {
    /// What the condition can be of the resources of which something is given, and, where it can only be unknown, why.
    pub(crate) fn possible(&self, given: &Given<'_>, reading: Reading) -> (Sorts, Option<Cause>) {
        let reader = Reader { given, reading, tried: None, clash: RefCell::new(None) };
        let sorts = reader.truth(&self.expression);
        (sorts, reader.clash.into_inner())
    }

    /// What group keys the condition can give.
    pub(crate) fn keys(&self, given: &Given<'_>) -> Keys {
        let reader = Reader { given, reading: Reading::Protect, tried: None, clash: RefCell::new(None) };
        let possible = reader.read(&self.expression);
        if !possible.sorts.has(Sorts::TEXT.or(Sorts::BOOL).or(Sorts::NUMBER)) {
            Keys::Never
        } else if possible.exact.is_some() {
            Keys::One
        } else {
            Keys::Several
        }
    }
}

/// What group keys a condition can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// None: null or unknown of every resource.
    Never,
    /// The same of every resource.
    One,
    /// This of one, that of another.
    Several,
}

impl Reader<'_> {
    /// What the expression can be as a condition: what is no truth value is unknown.
    pub(super) fn truth(&self, expression: &Expression) -> Sorts {
        let found = self.read(expression).sorts;
        let other = found.without(Sorts::BOOL);
        if let (false, Some(name)) = (found.has(Sorts::BOOL), other.name()) {
            self.note(Some(&Cause::NotABool(name)));
        }
        if other == Sorts::NONE { found } else { found.without(other).or(Sorts::UNKNOWN) }
    }

    pub(super) fn read(&self, expression: &Expression) -> Possible {
        if let Some(term) = Term::of(expression)
            && let Some((tried, value)) = self.tried
            && *tried == term
        {
            return match (value, term.variable(), term.path.last()) {
                (Tried::Value(value), _, _) => Possible::exactly(value.clone()),
                (Tried::Missing, Variable::Tags, Some(key)) => Possible::exactly(Value::AbsentTag(key.clone().into())),
                (Tried::Missing, _, _) => Possible::of(Sorts::UNKNOWN),
            };
        }
        match expression {
            Expression::Constant(value) => Possible::exactly(value.clone()),
            Expression::Variable(variable) => self.variable(*variable),
            Expression::Local(_) => Possible::of(Sorts::ANY),
            Expression::List(items) => self.list(items),
            Expression::Select(base, key) => self.select(base, key),
            Expression::Index(base, key) => self.index(base, key),
            Expression::Has(base, key) => self.has(base, key),
            Expression::Not(a) => self.not(self.read(a)),
            Expression::Negate(a) => self.takes("-", self.read(a).sorts, Sorts::NUMBER.or(Sorts::SPAN), |sort| sort),
            Expression::And(a, b) => self.decided_by(Sorts::FALSE, a, b),
            Expression::Or(a, b) => self.decided_by(Sorts::TRUE, a, b),
            Expression::Conditional(condition, a, b) => self.conditional(condition, a, b),
            Expression::Equal(a, b) => self.equal(a, b),
            Expression::NotEqual(a, b) => self.not(self.equal(a, b)),
            Expression::Compare(comparison, a, b) => self.compare(*comparison, a, b),
            Expression::In(wanted, range) => self.held(wanted, range),
            Expression::Arithmetic(_, a, b) => self.arithmetic(a, b),
            Expression::Text(test, a, b) => self.text_test(test, a, b),
            Expression::Matches(a, pattern) => {
                let a = self.read(a);
                match &a.exact {
                    Some(Value::Text(text)) => Possible::exactly(Value::Bool(pattern.is_match(text))),
                    Some(_) | None => self.takes("matches", a.sorts, Sorts::TEXT, |_| Sorts::BOOL),
                }
            }
            Expression::Size(a) => {
                let sized = Sorts::TEXT.or(Sorts::LIST).or(Sorts::MAP);
                self.takes("size", self.read(a).sorts, sized, |_| Sorts::NUMBER)
            }
            Expression::ToTimestamp(a) => self.converts("timestamp", a, Sorts::TEXT.or(Sorts::TIME), Sorts::TIME),
            Expression::ToDuration(a) => self.converts("duration", a, Sorts::TEXT.or(Sorts::SPAN), Sorts::SPAN),
            Expression::ToInt(a) => {
                self.converts("int", a, Sorts::TEXT.or(Sorts::NUMBER).or(Sorts::TIME), Sorts::NUMBER)
            }
            Expression::ToDouble(a) => self.converts("double", a, Sorts::TEXT.or(Sorts::NUMBER), Sorts::NUMBER),
            Expression::ToText(a) => {
                let taken = Sorts::TEXT.or(Sorts::NUMBER).or(Sorts::BOOL).or(Sorts::TIME);
                self.converts("string", a, taken, Sorts::TEXT)
            }
            Expression::LowerAscii(a) => {
                let a = self.read(a);
                match &a.exact {
                    Some(Value::Text(text)) => Possible::exactly(Value::Text(text.to_ascii_lowercase().into())),
                    Some(_) | None => self.takes("lowerAscii", a.sorts, Sorts::TEXT, |sort| sort),
                }
            }
            Expression::NotStrictlyFalse(_) => Possible::of(Sorts::BOOL),
            Expression::Comprehension(inner) => self.comprehension(inner),
        }
    }

    fn variable(&self, variable: Variable) -> Possible {
        let part = |given: Option<&str>| match given {
            Some(text) => Possible::exactly(Value::Text(text.to_owned().into())),
            None => Possible::of(Sorts::TEXT),
        };
        let fact = |sorts: Sorts| Possible::of(sorts.or(Sorts::UNKNOWN));
        match variable {
            Variable::Provider => part(self.given.provider),
            Variable::Account => part(self.given.account),
            Variable::Region => part(self.given.region),
            Variable::Kind => part(self.given.kind),
            Variable::Id => part(None),
            Variable::Name | Variable::State => fact(Sorts::TEXT),
            Variable::Tags | Variable::Attributes => fact(Sorts::MAP),
            Variable::Age => fact(Sorts::SPAN),
            Variable::CreatedAt => fact(Sorts::TIME),
            Variable::SizeBytes => fact(Sorts::NUMBER),
            Variable::Unused => fact(Sorts::BOOL),
            Variable::Dependents => Possible::of(Sorts::MAP),
        }
    }

    fn list(&self, items: &[Expression]) -> Possible {
        let items: Vec<Possible> = items.iter().map(|item| self.read(item)).collect();
        if items.iter().any(|item| item.sorts == Sorts::UNKNOWN) {
            return Possible::of(Sorts::UNKNOWN);
        }
        if let Some(values) = items.iter().map(|item| item.exact.clone()).collect::<Option<Vec<_>>>() {
            return Possible::exactly(Value::List(values));
        }
        Possible::of(items.iter().fold(Sorts::LIST, |sorts, item| sorts.unknown_of(item.sorts)))
    }

    fn select(&self, base: &Expression, key: &str) -> Possible {
        match base {
            Expression::Variable(Variable::Tags) => Possible::of(Sorts::TEXT.or(Sorts::ABSENT).or(Sorts::UNKNOWN)),
            Expression::Variable(Variable::Dependents) => match self.given.counted {
                Some(counted) if !counted.contains(&key) => Possible::exactly(Value::Int(0)),
                Some(_) | None => Possible::of(Sorts::NUMBER.or(Sorts::UNKNOWN)),
            },
            _ => self.takes("a field", self.read(base).sorts, Sorts::MAP, |_| Sorts::JSON.or(Sorts::UNKNOWN)),
        }
    }

    fn index(&self, base: &Expression, key: &Expression) -> Possible {
        let (base, key) = (self.read(base).sorts, self.read(key).sorts);
        if !base.has(Sorts::MAP.or(Sorts::LIST)) || !key.has(Sorts::TEXT.or(Sorts::NUMBER)) {
            return Possible::of(Sorts::UNKNOWN);
        }
        Possible::of(Sorts::ANY)
    }

    fn has(&self, base: &Expression, key: &str) -> Possible {
        if let Some(term) = Term::of(base)
            && let Some((tried, value)) = self.tried
            && *tried == term.then(key)
        {
            return Possible::exactly(Value::Bool(*value != Tried::Missing));
        }
        self.takes("has", self.read(base).sorts, Sorts::MAP, |_| Sorts::BOOL.or(Sorts::UNKNOWN))
    }

    /// Swaps true and false; what is neither is unknown.
    fn not(&self, a: Possible) -> Possible {
        if let Some(Value::Bool(value)) = a.exact {
            return Possible::exactly(Value::Bool(!value));
        }
        let swapped = |sort: Sorts| if sort == Sorts::TRUE { Sorts::FALSE } else { Sorts::TRUE };
        self.takes("!", a.sorts, Sorts::BOOL, swapped)
    }

    fn decided_by(&self, decisive: Sorts, a: &Expression, b: &Expression) -> Possible {
        let (a, b) = (self.read(a).sorts, self.read(b).sorts);
        let other = if decisive == Sorts::TRUE { Sorts::FALSE } else { Sorts::TRUE };
        let doubtful = |sorts: Sorts| sorts.has(Sorts::ANY.without(Sorts::BOOL));
        let mut sorts = Sorts::NONE;
        if a.has(decisive) || b.has(decisive) {
            sorts = sorts.or(decisive);
        }
        if a.has(other) && b.has(other) {
            sorts = sorts.or(other);
        }
        // Unknown where one is and the other does not decide.
        let undecided = |sorts: Sorts| sorts.without(decisive) != Sorts::NONE;
        if doubtful(a) && undecided(b) || doubtful(b) && undecided(a) {
            sorts = sorts.or(Sorts::UNKNOWN);
        }
        Possible::of(sorts).settled()
    }

    fn conditional(&self, condition: &Expression, a: &Expression, b: &Expression) -> Possible {
        let condition = self.read(condition).sorts;
        let mut sorts = if condition.without(Sorts::BOOL) == Sorts::NONE { Sorts::NONE } else { Sorts::UNKNOWN };
        let mut exact = None;
        for (way, taken) in [(Sorts::TRUE, a), (Sorts::FALSE, b)] {
            if condition.has(way) {
                let read = self.read(taken);
                sorts = sorts.or(read.sorts);
                exact = read.exact;
            }
        }
        // The one way that is open gives its value.
        let one_way = condition == Sorts::TRUE || condition == Sorts::FALSE;
        Possible { sorts, exact: exact.filter(|_| one_way) }
    }

    fn equal(&self, a: &Expression, b: &Expression) -> Possible {
        let (a, b) = (self.read(a), self.read(b));
        if let (Some(a), Some(b)) = (&a.exact, &b.exact) {
            let outcome = equal(a, b, self.reading);
            self.note(outcome.as_ref().err());
            return Possible::from(outcome);
        }
        self.meet(a.sorts, b.sorts, |a, b| self.equal_sorts(a, b))
    }

    /// What comparing two sorts of value for equality can give.
    fn equal_sorts(&self, a: Sorts, b: Sorts) -> Sorts {
        let null_or_absent = |sort| sort == Sorts::NULL || sort == Sorts::ABSENT;
        let collections = Sorts::LIST.or(Sorts::MAP);
        if null_or_absent(a) && null_or_absent(b) && (a != b || a == Sorts::NULL) {
            Sorts::TRUE
        } else if a == Sorts::ABSENT || b == Sorts::ABSENT {
            match self.reading {
                Reading::Collect => Sorts::UNKNOWN,
                Reading::Protect => {
                    if a == b {
                        Sorts::TRUE
                    } else {
                        Sorts::FALSE
                    }
                }
            }
        } else if a == Sorts::NULL || b == Sorts::NULL {
            Sorts::FALSE
        } else if Sorts::BOOL.has(a) && Sorts::BOOL.has(b) {
            if a == b { Sorts::TRUE } else { Sorts::FALSE }
        } else if collections.has(a) && collections.has(b) {
            Sorts::BOOL.or(Sorts::UNKNOWN)
        } else if a == b {
            Sorts::BOOL
        } else {
            Sorts::UNKNOWN
        }
    }

    fn compare(&self, comparison: Comparison, a: &Expression, b: &Expression) -> Possible {
        let (a, b) = (self.read(a), self.read(b));
        if let (Some(a), Some(b)) = (&a.exact, &b.exact) {
            let outcome = compare(a, b);
            self.note(outcome.as_ref().err());
            return Possible::from(outcome.map(|order| order.is_some_and(|order| comparison.admits(order))));
        }
        let ordered = Sorts::NUMBER.or(Sorts::TEXT).or(Sorts::TIME).or(Sorts::SPAN);
        self.meet(a.sorts, b.sorts, |a, b| {
            let together = a == b && ordered.has(a) || Sorts::BOOL.has(a) && Sorts::BOOL.has(b);
            if together { Sorts::BOOL } else { Sorts::UNKNOWN }
        })
    }

    fn held(&self, wanted: &Expression, range: &Expression) -> Possible {
        if let Some((tried, value)) = self.tried
            && let (Expression::Constant(Value::Text(key)), Some(term)) = (wanted, Term::of(range))
            && *tried == term.then(key)
        {
            return Possible::exactly(Value::Bool(*value != Tried::Missing));
        }
        let (wanted, range) = (self.read(wanted), self.read(range));
        if let (Some(wanted), Some(Value::List(items))) = (&wanted.exact, &range.exact) {
            let outcome = holds(items, wanted, self.reading);
            self.note(outcome.as_ref().err());
            return Possible::from(outcome);
        }
        if let Some(Value::List(items)) = &range.exact {
            let mut sorts = Sorts::FALSE.unknown_of(wanted.sorts);
            for item in items {
                sorts = sorts.or(self.meet(wanted.sorts, Sorts::of(item), |a, b| self.equal_sorts(a, b)).sorts);
            }
            // One item that is surely equal, or surely unknown, would exclude a false; that much is not looked at.
            return Possible::of(if wanted.sorts == Sorts::UNKNOWN { Sorts::UNKNOWN } else { sorts });
        }
        let mut sorts = Sorts::UNKNOWN;
        if range.sorts.has(Sorts::LIST) || range.sorts.has(Sorts::MAP) && wanted.sorts.has(Sorts::TEXT) {
            sorts = sorts.or(Sorts::BOOL);
        }
        Possible::of(sorts)
    }

    fn arithmetic(&self, a: &Expression, b: &Expression) -> Possible {
        let (a, b) = (self.read(a).sorts, self.read(b).sorts);
        let summed = Sorts::TIME.or(Sorts::SPAN);
        self.meet(a, b, |a, b| {
            if summed.has(a) && summed.has(b) {
                summed.or(Sorts::UNKNOWN)
            } else if a == b && (a == Sorts::NUMBER || a == Sorts::TEXT) {
                a.or(Sorts::UNKNOWN)
            } else {
                Sorts::UNKNOWN
            }
        })
    }

    fn text_test(&self, test: &TextTest, a: &Expression, b: &Expression) -> Possible {
        let (a, b) = (self.read(a), self.read(b));
        if let (Some(Value::Text(a)), Some(Value::Text(b))) = (&a.exact, &b.exact) {
            return Possible::exactly(Value::Bool(match test {
                TextTest::StartsWith => a.starts_with(b.as_ref()),
                TextTest::EndsWith => a.ends_with(b.as_ref()),
                TextTest::Contains => a.contains(b.as_ref()),
            }));
        }
        let texts = |sort| if sort == Sorts::TEXT { Sorts::BOOL } else { Sorts::UNKNOWN };
        self.meet(a.sorts, b.sorts, |a, b| if a == b { texts(a) } else { Sorts::UNKNOWN })
    }

    fn converts(&self, function: &'static str, a: &Expression, taken: Sorts, into: Sorts) -> Possible {
        self.takes(function, self.read(a).sorts, taken, |_| into.or(Sorts::UNKNOWN))
    }

    fn comprehension(&self, inner: &Comprehension) -> Possible {
        if !self.read(&inner.range).sorts.has(Sorts::LIST.or(Sorts::MAP)) {
            return Possible::of(Sorts::UNKNOWN);
        }
        Possible::of(Sorts::ANY)
    }

    /// What a function gives that takes values of some sorts: of every other, unknown.
    fn takes(&self, function: &'static str, found: Sorts, taken: Sorts, gives: impl Fn(Sorts) -> Sorts) -> Possible {
        let mut sorts = Sorts::NONE.unknown_of(found);
        for sort in found.each() {
            sorts = sorts.or(if taken.has(sort) { gives(sort) } else { Sorts::UNKNOWN });
        }
        if sorts == Sorts::UNKNOWN
            && found != Sorts::UNKNOWN
            && let Some(name) = found.name()
        {
            self.note(Some(&Cause::Argument(function, name)));
        }
        Possible::of(sorts).settled()
    }

    /// What an operator gives of two operands, by what it gives of two sorts.
    fn meet(&self, a: Sorts, b: Sorts, gives: impl Fn(Sorts, Sorts) -> Sorts) -> Possible {
        let mut sorts = Sorts::NONE.unknown_of(a).unknown_of(b);
        for a in a.each() {
            for b in b.each() {
                sorts = sorts.or(gives(a, b));
            }
        }
        if sorts == Sorts::UNKNOWN
            && let (Some(a), Some(b)) = (a.name(), b.name())
            && a != b
        {
            self.note(Some(&Cause::Types(a, b)));
        }
        Possible::of(sorts).settled()
    }

    fn note(&self, clash: Option<&Cause>) {
        if let Some(cause) = clash {
            self.clash.borrow_mut().get_or_insert_with(|| cause.clone());
        }
    }
}

impl Possible {
    /// A lone truth value is a value.
    fn settled(mut self) -> Self {
        if self.sorts == Sorts::TRUE || self.sorts == Sorts::FALSE {
            self.exact = Some(Value::Bool(self.sorts == Sorts::TRUE));
        }
        self
    }
}
