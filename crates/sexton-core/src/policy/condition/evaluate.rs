//! Evaluates a compiled condition on one resource. An error is an unknown; `&&` and `||` let a definite side decide.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other value is refused alike: an error, which reads as unknown"
)]

use std::borrow::Cow;

use super::expression::{Arithmetic, Comprehension, Expression, TextTest, Variable};
use super::value::{Cause, Value, compare, equal, holds};
use super::{Reading, Subject};
use crate::fact::Fact;
use crate::resource::{Attribute, AttributeValue};
use crate::time::{Span, Timestamp};

type Outcome<'a> = Result<Value<'a>, Cause>;

pub(super) fn evaluate<'a>(expression: &'a Expression, subject: Subject<'a>, reading: Reading) -> Outcome<'a> {
    Evaluation { subject, reading }.value(expression, None)
}

#[derive(Clone, Copy)]
struct Evaluation<'a> {
    subject: Subject<'a>,
    reading: Reading,
}

/// The variables of the macros around an expression, innermost first.
struct Locals<'a, 'l> {
    name: &'a str,
    value: Outcome<'a>,
    outer: Option<&'l Locals<'a, 'l>>,
}

type Scope<'a, 'l> = Option<&'l Locals<'a, 'l>>;

fn known<'a, T>(name: &str, fact: Fact<T>, value: impl FnOnce(T) -> Value<'a>) -> Outcome<'a> {
    match fact {
        Fact::Known(known) => Ok(value(known)),
        Fact::Unknown => Err(Cause::UnknownFact(name.to_owned())),
    }
}

fn text(value: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(value))
}

fn truth(outcome: Outcome<'_>) -> Result<bool, Cause> {
    match outcome? {
        Value::Bool(value) => Ok(value),
        other => Err(Cause::NotABool(other.type_name())),
    }
}

impl<'a> Evaluation<'a> {
    fn value(self, expression: &'a Expression, scope: Scope<'a, '_>) -> Outcome<'a> {
        let bool = |value: Result<bool, Cause>| value.map(Value::Bool);
        match expression {
            Expression::Constant(value) => Ok(value.clone()),
            Expression::Variable(variable) => self.variable(*variable),
            Expression::Local(name) => {
                let mut scope = scope;
                while let Some(local) = scope {
                    if local.name == name {
                        return local.value.clone();
                    }
                    scope = local.outer;
                }
                Err(Cause::NoSuchKey(name.clone()))
            }
            Expression::List(items) => {
                items.iter().map(|item| self.value(item, scope)).collect::<Result<Vec<_>, _>>().map(Value::List)
            }
            Expression::Select(base, key) => self.select(self.value(base, scope)?, key),
            Expression::Index(base, key) => {
                let base = self.value(base, scope)?;
                match self.value(key, scope)? {
                    Value::Text(key) => self.select(base, &key),
                    Value::Int(position) => {
                        let items = base.items().ok_or(Cause::Argument("an index", base.type_name()))?;
                        usize::try_from(position)
                            .ok()
                            .and_then(|position| items.into_iter().nth(position))
                            .ok_or_else(|| Cause::NoSuchKey(position.to_string()))
                    }
                    other => Err(Cause::Argument("an index", other.type_name())),
                }
            }
            Expression::Has(base, key) => bool(self.has(self.value(base, scope)?, key)),
            Expression::Not(a) => bool(truth(self.value(a, scope)).map(|value| !value)),
            Expression::Negate(a) => match self.value(a, scope)? {
                Value::Int(value) => value.checked_neg().map(Value::Int).ok_or(Cause::Range),
                Value::Double(value) => Ok(Value::Double(-value)),
                Value::Span(value) => Span::from_nanos(-value.as_nanos()).map(Value::Span).ok_or(Cause::Range),
                other => Err(Cause::Argument("-", other.type_name())),
            },
            Expression::And(a, b) => bool(self.decided_by(false, a, b, scope)),
            Expression::Or(a, b) => bool(self.decided_by(true, a, b, scope)),
            Expression::Conditional(condition, a, b) => {
                let chosen = if truth(self.value(condition, scope))? { a } else { b };
                self.value(chosen, scope)
            }
            Expression::Equal(a, b) => bool(equal(&self.value(a, scope)?, &self.value(b, scope)?, self.reading)),
            Expression::NotEqual(a, b) => {
                bool(equal(&self.value(a, scope)?, &self.value(b, scope)?, self.reading).map(|equal| !equal))
            }
            Expression::Compare(comparison, a, b) => {
                let order = compare(&self.value(a, scope)?, &self.value(b, scope)?)?;
                Ok(Value::Bool(order.is_some_and(|order| comparison.admits(order))))
            }
            Expression::In(wanted, range) => {
                let wanted = self.value(wanted, scope)?;
                let range = self.value(range, scope)?;
                match range.items() {
                    Some(items) => bool(holds(&items, &wanted, self.reading)),
                    None => match wanted {
                        Value::Text(key) => bool(self.has(range, &key)),
                        other => Err(Cause::Argument("in", other.type_name())),
                    },
                }
            }
            Expression::Arithmetic(operator, a, b) => {
                arithmetic(*operator, self.value(a, scope)?, self.value(b, scope)?)
            }
            Expression::Text(test, a, b) => match (self.value(a, scope)?, self.value(b, scope)?) {
                (Value::Text(a), Value::Text(b)) => Ok(Value::Bool(match test {
                    TextTest::StartsWith => a.starts_with(b.as_ref()),
                    TextTest::EndsWith => a.ends_with(b.as_ref()),
                    TextTest::Contains => a.contains(b.as_ref()),
                })),
                (Value::Text(_), other) | (other, _) => Err(argument("a test of a text", other)),
            },
            Expression::Matches(a, pattern) => match self.value(a, scope)? {
                Value::Text(text) => Ok(Value::Bool(pattern.is_match(&text))),
                other => Err(argument("matches", other)),
            },
            Expression::Size(a) => size(self.value(a, scope)?),
            Expression::ToTimestamp(a) => match self.value(a, scope)? {
                Value::Time(time) => Ok(Value::Time(time)),
                Value::Text(text) => text.parse::<Timestamp>().map(Value::Time).map_err(|_| Cause::Range),
                other => Err(argument("timestamp", other)),
            },
            Expression::ToDuration(a) => match self.value(a, scope)? {
                Value::Span(span) => Ok(Value::Span(span)),
                Value::Text(text) => text.parse::<Span>().map(Value::Span).map_err(|_| Cause::Range),
                other => Err(argument("duration", other)),
            },
            Expression::ToInt(a) => to_int(self.value(a, scope)?),
            Expression::ToDouble(a) => match self.value(a, scope)? {
                #[expect(clippy::cast_precision_loss, reason = "CEL's double() rounds to the nearest")]
                Value::Int(value) => Ok(Value::Double(value as f64)),
                Value::Double(value) => Ok(Value::Double(value)),
                Value::Text(text) => text.parse().map(Value::Double).map_err(|_| Cause::Range),
                other => Err(argument("double", other)),
            },
            Expression::ToText(a) => match self.value(a, scope)? {
                Value::Text(text) => Ok(Value::Text(text)),
                Value::Int(value) => Ok(Value::Text(Cow::Owned(value.to_string()))),
                Value::Bool(value) => Ok(Value::Text(Cow::Owned(value.to_string()))),
                Value::Time(time) => Ok(Value::Text(Cow::Owned(time.to_string()))),
                other => Err(argument("string", other)),
            },
            Expression::LowerAscii(a) => match self.value(a, scope)? {
                Value::Text(text) => Ok(Value::Text(Cow::Owned(text.to_ascii_lowercase()))),
                other => Err(argument("lowerAscii", other)),
            },
            Expression::NotStrictlyFalse(a) => Ok(Value::Bool(!matches!(self.value(a, scope), Ok(Value::Bool(false))))),
            Expression::Comprehension(inner) => self.comprehension(inner, scope),
        }
    }

    /// `&&` is decided by a false, `||` by a true, on either side; else by an unknown.
    fn decided_by(
        self,
        decisive: bool,
        a: &'a Expression,
        b: &'a Expression,
        scope: Scope<'a, '_>,
    ) -> Result<bool, Cause> {
        let a = truth(self.value(a, scope));
        if a == Ok(decisive) {
            return a;
        }
        let b = truth(self.value(b, scope));
        if b == Ok(decisive) {
            return b;
        }
        a?;
        b
    }

    fn variable(self, variable: Variable) -> Outcome<'a> {
        let Subject { resource, now, surroundings } = self.subject;
        match variable {
            Variable::Provider => Ok(text(resource.provider())),
            Variable::Account => Ok(text(resource.account())),
            Variable::Region => Ok(text(resource.region())),
            Variable::Kind => Ok(text(resource.kind())),
            Variable::Id => Ok(text(resource.id())),
            Variable::Name => known("name", resource.name(), text),
            Variable::State => known("state", resource.state(), text),
            Variable::Tags => known("tags", resource.tags(), Value::Tags),
            Variable::Attributes => known("attrs", resource.attributes(), Value::Attributes),
            Variable::Age => known("created_at", resource.created_at(), |created| Value::Span(now.since(created))),
            Variable::CreatedAt => known("created_at", resource.created_at(), Value::Time),
            Variable::SizeBytes => match resource.size_bytes() {
                Fact::Known(size) => i64::try_from(size).map(Value::Int).map_err(|_| Cause::Range),
                Fact::Unknown => Err(Cause::UnknownFact("size_bytes".to_owned())),
            },
            Variable::Unused => known("unused", surroundings.unused(), Value::Bool),
            Variable::Dependents => Ok(Value::Dependents),
        }
    }

    fn select(self, base: Value<'a>, key: &str) -> Outcome<'a> {
        match base {
            Value::Tags(tags) => Ok(match tags.get(key) {
                Some(value) => text(value),
                None => Value::AbsentTag(Cow::Owned(key.to_owned())),
            }),
            Value::Attributes(_) => match self.subject.resource.attribute(key) {
                Attribute::Known(value) => Ok(Value::from_json(value)),
                Attribute::Missing => Err(Cause::MissingAttribute(key.to_owned())),
                Attribute::Unknown => Err(Cause::UnknownFact(format!("attrs.{key}"))),
            },
            Value::Json(AttributeValue::Object(map)) => match map.get(key) {
                None => Err(Cause::NoSuchKey(key.to_owned())),
                Some(AttributeValue::Null) => Err(Cause::UnknownFact(key.to_owned())),
                Some(value) => Ok(Value::from_json(value)),
            },
            Value::Dependents => match self.subject.surroundings.dependents(key) {
                Fact::Known(count) => i64::try_from(count).map(Value::Int).map_err(|_| Cause::Range),
                Fact::Unknown => Err(Cause::UnknownFact(format!("dependents.{key}"))),
            },
            other => Err(argument("a field", other)),
        }
    }

    fn has(self, base: Value<'a>, key: &str) -> Result<bool, Cause> {
        match base {
            Value::Tags(tags) => Ok(tags.get(key).is_some()),
            Value::Attributes(_) => match self.subject.resource.attribute(key) {
                Attribute::Known(_) => Ok(true),
                Attribute::Missing => Ok(false),
                Attribute::Unknown => Err(Cause::UnknownFact(format!("attrs.{key}"))),
            },
            Value::Json(AttributeValue::Object(map)) => match map.get(key) {
                None => Ok(false),
                Some(AttributeValue::Null) => Err(Cause::UnknownFact(key.to_owned())),
                Some(_) => Ok(true),
            },
            other => Err(argument("has", other)),
        }
    }

    fn comprehension(self, inner: &'a Comprehension, scope: Scope<'a, '_>) -> Outcome<'a> {
        let range = self.value(&inner.range, scope)?;
        let items = range.range().ok_or(Cause::Argument("a macro", range.type_name()))?;
        let mut accumulated = self.value(&inner.start, scope);
        for item in items {
            let accumulator = Locals { name: &inner.accumulator, value: accumulated, outer: scope };
            if !truth(self.value(&inner.go_on, Some(&accumulator)))? {
                accumulated = accumulator.value;
                break;
            }
            let item = Locals { name: &inner.item, value: Ok(item), outer: Some(&accumulator) };
            accumulated = self.value(&inner.step, Some(&item));
        }
        let accumulator = Locals { name: &inner.accumulator, value: accumulated, outer: scope };
        self.value(&inner.result, Some(&accumulator))
    }
}

fn argument(function: &'static str, found: Value<'_>) -> Cause {
    match found {
        Value::AbsentTag(key) => Cause::AbsentTag(key.into_owned()),
        other => Cause::Argument(function, other.type_name()),
    }
}

fn size(value: Value<'_>) -> Outcome<'_> {
    let count = match &value {
        Value::Text(text) => text.chars().count(),
        Value::Tags(tags) => tags.len(),
        Value::Attributes(attributes) => attributes.len(),
        Value::Json(AttributeValue::Object(map)) => map.len(),
        other => match other.items() {
            Some(items) => items.len(),
            None => return Err(argument("size", value)),
        },
    };
    i64::try_from(count).map(Value::Int).map_err(|_| Cause::Range)
}

fn to_int(value: Value<'_>) -> Outcome<'_> {
    match value {
        Value::Int(value) => Ok(Value::Int(value)),
        Value::Double(value) if value.abs() < 9_007_199_254_740_992.0 => {
            #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
            let whole = value.trunc() as i64;
            Ok(Value::Int(whole))
        }
        Value::Double(_) => Err(Cause::Range),
        Value::Text(text) => text.parse().map(Value::Int).map_err(|_| Cause::Range),
        Value::Time(time) => Ok(Value::Int(time.as_second())),
        other => Err(argument("int", other)),
    }
}

fn arithmetic<'a>(operator: Arithmetic, a: Value<'a>, b: Value<'a>) -> Outcome<'a> {
    let range = |value: Option<Value<'a>>| value.ok_or(Cause::Range);
    match (operator, a, b) {
        (Arithmetic::Add, Value::Text(a), Value::Text(b)) => Ok(Value::Text(Cow::Owned(format!("{a}{b}")))),
        (Arithmetic::Add, Value::Time(time), Value::Span(span))
        | (Arithmetic::Add, Value::Span(span), Value::Time(time)) => range(time.checked_add(span).map(Value::Time)),
        (Arithmetic::Subtract, Value::Time(time), Value::Span(span)) => range(time.checked_sub(span).map(Value::Time)),
        (Arithmetic::Subtract, Value::Time(a), Value::Time(b)) => Ok(Value::Span(a.since(b))),
        (Arithmetic::Add, Value::Span(a), Value::Span(b)) => range(a.checked_add(b).map(Value::Span)),
        (Arithmetic::Subtract, Value::Span(a), Value::Span(b)) => {
            range(Span::from_nanos(a.as_nanos() - b.as_nanos()).map(Value::Span))
        }
        (operator, Value::Int(a), Value::Int(b)) => range(
            match operator {
                Arithmetic::Add => a.checked_add(b),
                Arithmetic::Subtract => a.checked_sub(b),
                Arithmetic::Multiply => a.checked_mul(b),
                Arithmetic::Divide => a.checked_div(b),
                Arithmetic::Modulo => a.checked_rem(b),
            }
            .map(Value::Int),
        ),
        (Arithmetic::Add, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a + b)),
        (Arithmetic::Subtract, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a - b)),
        (Arithmetic::Multiply, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a * b)),
        (Arithmetic::Divide, Value::Double(a), Value::Double(b)) => Ok(Value::Double(a / b)),
        (_, Value::AbsentTag(key), _) | (_, _, Value::AbsentTag(key)) => Err(Cause::AbsentTag(key.into_owned())),
        (_, a, b) => Err(Cause::Types(a.type_name(), b.type_name())),
    }
}
