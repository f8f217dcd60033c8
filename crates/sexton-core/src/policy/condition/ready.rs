//! A condition made ready for one inventory: what is asked of many resources is worked out once for all that are alike.
//!
//! The evaluator stays the reference. A part that reads only a resource's tags has one value for all resources of the
//! same tags, and so has one that reads only attributes, only the state or only the place: it is evaluated for the
//! first and remembered. Ages, sizes and names are compared in their columns. Whatever is left is evaluated each time.
#![expect(clippy::wildcard_enum_match_arm, reason = "only some forms have a shape of their own; the rest is evaluated")]

use super::expression::{Comparison, Expression, TextTest, Variable};
use super::value::Value;
use super::{Condition, GroupKey, Reading, Subject, Truth, evaluate};
use crate::fact::Fact;
use crate::inventory::Table;
use crate::time::Timestamp;

/// The value of a condition, without the cause of an unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tri {
    True,
    False,
    Unknown,
}

impl Tri {
    fn from_bool(value: bool) -> Self {
        if value { Tri::True } else { Tri::False }
    }

    fn not(self) -> Self {
        match self {
            Tri::True => Tri::False,
            Tri::False => Tri::True,
            Tri::Unknown => Tri::Unknown,
        }
    }
}

/// A condition, ready for one inventory.
#[derive(Debug)]
pub(crate) struct Ready<'c> {
    root: Node<'c>,
    reading: Reading,
}

/// What resources that are alike have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alike {
    Tags,
    Attributes,
    State,
    Place,
}

#[derive(Debug, Clone, Copy)]
enum TextColumn {
    Name,
    Id,
}

#[derive(Debug)]
enum Node<'c> {
    Constant(Tri),
    And(Vec<Node<'c>>),
    Or(Vec<Node<'c>>),
    Not(Box<Node<'c>>),
    /// Whether the resource was made before or after an instant, in which order `holds` says.
    CreatedAt {
        instant: Timestamp,
        comparison: Comparison,
    },
    SizeBytes {
        bytes: i64,
        comparison: Comparison,
    },
    Unused,
    Text {
        column: TextColumn,
        test: TextNode<'c>,
    },
    /// Evaluated once for all that are alike; the last is for those of which the fact is unknown.
    Memory {
        alike: Alike,
        expression: &'c Expression,
        known: Vec<Option<Tri>>,
        unknown: Option<Tri>,
    },
    Evaluated(&'c Expression),
}

#[derive(Debug)]
enum TextNode<'c> {
    Test(&'c TextTest, &'c str),
    Matches(&'c regex::Regex),
    Equals(&'c str),
}

/// What an expression reads, as far as it matters here.
fn alike(expression: &Expression) -> Option<Alike> {
    let mut variables = Vec::new();
    expression.variables(&mut variables);
    let all = |wanted: &[Variable]| variables.iter().all(|variable| wanted.contains(variable));
    if variables.is_empty() {
        None
    } else if all(&[Variable::Tags]) {
        Some(Alike::Tags)
    } else if all(&[Variable::Attributes]) {
        Some(Alike::Attributes)
    } else if all(&[Variable::State]) {
        Some(Alike::State)
    } else if all(&[Variable::Provider, Variable::Account, Variable::Region, Variable::Kind]) {
        Some(Alike::Place)
    } else {
        None
    }
}

fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

fn holds(comparison: Comparison, order: std::cmp::Ordering) -> bool {
    match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

impl<'c> Ready<'c> {
    pub(crate) fn new(condition: &'c Condition, reading: Reading, table: &Table, now: Timestamp) -> Self {
        Self { root: Node::new(&condition.expression, table, now), reading }
    }

    pub(crate) fn truth(&mut self, subject: Subject<'_>) -> Tri {
        self.root.truth(subject, self.reading)
    }
}

impl<'c> Node<'c> {
    fn new(expression: &'c Expression, table: &Table, now: Timestamp) -> Self {
        let make = |expression: &'c Expression| Node::new(expression, table, now);
        if let Some(alike) = alike(expression) {
            let size = match alike {
                Alike::Tags => table.tags.len(),
                Alike::Attributes => table.attributes.len(),
                Alike::State => table.symbols.len(),
                Alike::Place => table.places.len(),
            };
            return Node::Memory { alike, expression, known: vec![None; size], unknown: None };
        }
        match expression {
            Expression::Constant(Value::Bool(value)) => Node::Constant(Tri::from_bool(*value)),
            Expression::And(a, b) => Node::And(vec![make(a), make(b)]),
            Expression::Or(a, b) => Node::Or(vec![make(a), make(b)]),
            Expression::Not(a) => Node::Not(Box::new(make(a))),
            Expression::Variable(Variable::Unused) => Node::Unused,
            Expression::Compare(comparison, a, b) => compared(*comparison, a, b, now)
                .or_else(|| compared(turned(*comparison), b, a, now))
                .unwrap_or(Node::Evaluated(expression)),
            Expression::Text(test, a, b) => match (column(a), &**b) {
                (Some(column), Expression::Constant(Value::Text(text))) => {
                    Node::Text { column, test: TextNode::Test(test, text) }
                }
                _ => Node::Evaluated(expression),
            },
            Expression::Matches(a, regex) => match column(a) {
                Some(column) => Node::Text { column, test: TextNode::Matches(regex) },
                None => Node::Evaluated(expression),
            },
            Expression::Equal(a, b) => equals(a, b).or_else(|| equals(b, a)).unwrap_or(Node::Evaluated(expression)),
            Expression::NotEqual(a, b) => match equals(a, b).or_else(|| equals(b, a)) {
                Some(equal) => Node::Not(Box::new(equal)),
                None => Node::Evaluated(expression),
            },
            _ => Node::Evaluated(expression),
        }
    }

    fn truth(&mut self, subject: Subject<'_>, reading: Reading) -> Tri {
        match self {
            Node::Constant(value) => *value,
            Node::And(parts) => decided_by(Tri::False, parts, subject, reading),
            Node::Or(parts) => decided_by(Tri::True, parts, subject, reading),
            Node::Not(part) => part.truth(subject, reading).not(),
            Node::CreatedAt { instant, comparison } => match subject.resource.created_at() {
                Fact::Known(created) => Tri::from_bool(holds(*comparison, created.cmp(instant))),
                Fact::Unknown => Tri::Unknown,
            },
            Node::SizeBytes { bytes, comparison } => match subject.resource.size_bytes().map(i64::try_from) {
                Fact::Known(Ok(size)) => Tri::from_bool(holds(*comparison, size.cmp(bytes))),
                Fact::Known(Err(_)) | Fact::Unknown => Tri::Unknown,
            },
            Node::Unused => match subject.surroundings.unused() {
                Fact::Known(unused) => Tri::from_bool(unused),
                Fact::Unknown => Tri::Unknown,
            },
            Node::Text { column, test } => {
                let text = match column {
                    TextColumn::Name => match subject.resource.name() {
                        Fact::Known(name) => name,
                        Fact::Unknown => return Tri::Unknown,
                    },
                    TextColumn::Id => subject.resource.id(),
                };
                Tri::from_bool(match test {
                    TextNode::Test(TextTest::StartsWith, wanted) => text.starts_with(*wanted),
                    TextNode::Test(TextTest::EndsWith, wanted) => text.ends_with(*wanted),
                    TextNode::Test(TextTest::Contains, wanted) => text.contains(*wanted),
                    TextNode::Matches(regex) => regex.is_match(text),
                    TextNode::Equals(wanted) => text == *wanted,
                })
            }
            Node::Memory { alike, expression, known, unknown } => {
                let slot = match subject.resource.number_of(*alike) {
                    Some(number) => &mut known[number],
                    None => unknown,
                };
                *slot.get_or_insert_with(|| evaluated(expression, subject, reading))
            }
            Node::Evaluated(expression) => evaluated(expression, subject, reading),
        }
    }
}

impl crate::inventory::ResourceRef<'_> {
    fn number_of(self, alike: Alike) -> Option<usize> {
        match alike {
            Alike::Tags => self.tag_set(),
            Alike::Attributes => self.attribute_set(),
            Alike::State => self.state_number(),
            Alike::Place => Some(self.place_number()),
        }
    }
}

/// `&&` is decided by a false, `||` by a true, whichever part it is.
fn decided_by(decisive: Tri, parts: &mut [Node<'_>], subject: Subject<'_>, reading: Reading) -> Tri {
    let mut all = decisive.not();
    for part in parts {
        let value = part.truth(subject, reading);
        if value == decisive {
            return value;
        }
        if value == Tri::Unknown {
            all = Tri::Unknown;
        }
    }
    all
}

fn evaluated(expression: &Expression, subject: Subject<'_>, reading: Reading) -> Tri {
    match evaluate::evaluate(expression, subject, reading) {
        Ok(Value::Bool(value)) => Tri::from_bool(value),
        Ok(_) | Err(_) => Tri::Unknown,
    }
}

fn column(expression: &Expression) -> Option<TextColumn> {
    match expression {
        Expression::Variable(Variable::Name) => Some(TextColumn::Name),
        Expression::Variable(Variable::Id) => Some(TextColumn::Id),
        _ => None,
    }
}

fn equals<'c>(a: &Expression, b: &'c Expression) -> Option<Node<'c>> {
    match (column(a)?, b) {
        (column, Expression::Constant(Value::Text(text))) => Some(Node::Text { column, test: TextNode::Equals(text) }),
        _ => None,
    }
}

fn compared<'c>(comparison: Comparison, a: &Expression, b: &Expression, now: Timestamp) -> Option<Node<'c>> {
    match (a, b) {
        // The older, the earlier it was made.
        (Expression::Variable(Variable::Age), Expression::Constant(Value::Span(span))) => {
            now.checked_sub(*span).map(|instant| Node::CreatedAt { instant, comparison: turned(comparison) })
        }
        (Expression::Variable(Variable::CreatedAt), Expression::Constant(Value::Time(instant))) => {
            Some(Node::CreatedAt { instant: *instant, comparison })
        }
        (Expression::Variable(Variable::SizeBytes), Expression::Constant(Value::Int(bytes))) => {
            Some(Node::SizeBytes { bytes: *bytes, comparison })
        }
        _ => None,
    }
}

/// A group key, ready for one inventory: keys are numbers, equal where the keys are.
#[derive(Debug)]
pub(crate) struct ReadyKey<'c> {
    condition: Option<&'c Condition>,
    alike: Option<Alike>,
    known: Vec<Option<KeyNumber>>,
    unknown: Option<KeyNumber>,
    numbers: std::collections::BTreeMap<String, u32>,
}

/// A group key as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KeyNumber {
    Key(u32),
    Null,
    Unknown,
}

impl<'c> ReadyKey<'c> {
    /// Without a condition all are of one group.
    pub(crate) fn new(condition: Option<&'c Condition>, table: &Table) -> Self {
        let alike = condition.and_then(|condition| alike(&condition.expression));
        let size = match alike {
            Some(Alike::Tags) => table.tags.len(),
            Some(Alike::Attributes) => table.attributes.len(),
            Some(Alike::State) => table.symbols.len(),
            Some(Alike::Place) => table.places.len(),
            None => 0,
        };
        Self { condition, alike, known: vec![None; size], unknown: None, numbers: std::collections::BTreeMap::new() }
    }

    pub(crate) fn of(&mut self, subject: Subject<'_>) -> KeyNumber {
        let Some(condition) = self.condition else { return KeyNumber::Key(0) };
        let numbers = &mut self.numbers;
        let mut ask = || match condition.group_key(subject) {
            GroupKey::Null => KeyNumber::Null,
            GroupKey::Unknown => KeyNumber::Unknown,
            GroupKey::Key(key) => {
                let next = crate::inventory::number(numbers.len());
                KeyNumber::Key(*numbers.entry(key).or_insert(next))
            }
        };
        match self.alike {
            None => ask(),
            Some(alike) => {
                let slot = match subject.resource.number_of(alike) {
                    Some(number) => &mut self.known[number],
                    None => &mut self.unknown,
                };
                *slot.get_or_insert_with(ask)
            }
        }
    }
}

/// The full value, with the cause of an unknown.
pub(crate) fn cause(condition: &Condition, subject: Subject<'_>, reading: Reading) -> Option<super::Cause> {
    match condition.truth(subject, reading) {
        Truth::Unknown(cause) => Some(cause),
        Truth::True | Truth::False => None,
    }
}

#[cfg(test)]
mod tests;
