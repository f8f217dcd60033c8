//! The compiled form of a condition, and what it reads.
#![expect(clippy::wildcard_enum_match_arm, reason = "only two forms name what they read")]

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::value::Value;

/// A variable of the condition language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    Provider,
    Account,
    Region,
    Kind,
    Id,
    Name,
    State,
    Tags,
    Attributes,
    Age,
    CreatedAt,
    SizeBytes,
    Unused,
    Dependents,
}

impl Variable {
    pub(super) const ALL: [(&'static str, Variable); 14] = [
        ("provider", Variable::Provider),
        ("account", Variable::Account),
        ("region", Variable::Region),
        ("kind", Variable::Kind),
        ("id", Variable::Id),
        ("name", Variable::Name),
        ("state", Variable::State),
        ("tags", Variable::Tags),
        ("attrs", Variable::Attributes),
        ("age", Variable::Age),
        ("created_at", Variable::CreatedAt),
        ("size_bytes", Variable::SizeBytes),
        ("unused", Variable::Unused),
        ("dependents", Variable::Dependents),
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether two values in that order compare so.
    pub(super) fn admits(self, order: Ordering) -> bool {
        match self {
            Comparison::Less => order == Ordering::Less,
            Comparison::LessOrEqual => order != Ordering::Greater,
            Comparison::Greater => order == Ordering::Greater,
            Comparison::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A function of one text and one literal text.
#[derive(Debug, Clone)]
pub(super) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone)]
pub(super) enum Expression {
    Constant(Value<'static>),
    Variable(Variable),
    Local(String),
    List(Vec<Expression>),
    /// A field of a map; the key is known when compiling or not.
    Select(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    Has(Box<Expression>, String),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    Equal(Box<Expression>, Box<Expression>),
    NotEqual(Box<Expression>, Box<Expression>),
    Compare(Comparison, Box<Expression>, Box<Expression>),
    In(Box<Expression>, Box<Expression>),
    Arithmetic(Arithmetic, Box<Expression>, Box<Expression>),
    Text(TextTest, Box<Expression>, Box<Expression>),
    Matches(Box<Expression>, Box<regex::Regex>),
    Size(Box<Expression>),
    ToTimestamp(Box<Expression>),
    ToDuration(Box<Expression>),
    ToInt(Box<Expression>),
    ToDouble(Box<Expression>),
    ToText(Box<Expression>),
    LowerAscii(Box<Expression>),
    /// `@not_strictly_false`, which the macros use: an unknown goes on.
    NotStrictlyFalse(Box<Expression>),
    Comprehension(Box<Comprehension>),
}

#[derive(Debug, Clone)]
pub(super) struct Comprehension {
    pub(super) range: Expression,
    pub(super) item: String,
    pub(super) accumulator: String,
    pub(super) start: Expression,
    pub(super) go_on: Expression,
    pub(super) step: Expression,
    pub(super) result: Expression,
}

/// The facts beyond the address that a condition reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Attributes that are named.
    pub(crate) attributes: BTreeSet<String>,
    /// Whether it can read attributes that are not named in it.
    pub(crate) any_attribute: bool,
    /// The kinds whose dependents are counted.
    pub(crate) dependents: BTreeSet<String>,
}

impl Expression {
    /// Adds every variable that the expression names.
    pub(super) fn variables(&self, found: &mut Vec<Variable>) {
        match self {
            Expression::Variable(variable) => found.push(*variable),
            Expression::Constant(_) | Expression::Local(_) => {}
            _ => self.parts(&mut |part| part.variables(found)),
        }
    }

    /// Calls a function with each direct part.
    pub(super) fn parts<'e>(&'e self, each: &mut dyn FnMut(&'e Expression)) {
        match self {
            Expression::Constant(_) | Expression::Variable(_) | Expression::Local(_) => {}
            Expression::List(items) => items.iter().for_each(each),
            Expression::Select(a, _)
            | Expression::Has(a, _)
            | Expression::Not(a)
            | Expression::Negate(a)
            | Expression::Matches(a, _)
            | Expression::Size(a)
            | Expression::ToTimestamp(a)
            | Expression::ToDuration(a)
            | Expression::ToInt(a)
            | Expression::ToDouble(a)
            | Expression::ToText(a)
            | Expression::LowerAscii(a)
            | Expression::NotStrictlyFalse(a) => each(a),
            Expression::Index(a, b)
            | Expression::And(a, b)
            | Expression::Or(a, b)
            | Expression::Equal(a, b)
            | Expression::NotEqual(a, b)
            | Expression::Compare(_, a, b)
            | Expression::In(a, b)
            | Expression::Arithmetic(_, a, b)
            | Expression::Text(_, a, b) => {
                each(a);
                each(b);
            }
            Expression::Conditional(a, b, c) => {
                each(a);
                each(b);
                each(c);
            }
            Expression::Comprehension(inner) => {
                for part in [&inner.range, &inner.start, &inner.go_on, &inner.step, &inner.result] {
                    each(part);
                }
            }
        }
    }

    /// Adds what the expression reads.
    pub(super) fn collect_reads(&self, reads: &mut Reads) {
        match self {
            Expression::Select(base, key) | Expression::Has(base, key) => match **base {
                Expression::Variable(Variable::Attributes) => {
                    reads.attributes.insert(key.clone());
                }
                Expression::Variable(Variable::Dependents) => {
                    reads.dependents.insert(key.clone());
                }
                _ => base.collect_reads(reads),
            },
            Expression::Variable(Variable::Attributes) => reads.any_attribute = true,
            _ => self.parts(&mut |part| part.collect_reads(reads)),
        }
    }
}
