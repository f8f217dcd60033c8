//! From CEL's syntax tree to the compiled form. What is not allowed is refused here, with its place.
#![expect(clippy::wildcard_enum_match_arm, reason = "every other form is refused alike, with its place")]

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::Parser;

use super::expression::{Arithmetic, Comparison, Comprehension, Expression, TextTest, Variable};
use super::value::Value;
use crate::policy::suggest::closest;
use crate::time::{Span, Timestamp};

/// One fault of a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ConditionError {
    /// What is wrong and what to do.
    pub problem: String,
    /// Where in the text it begins, in bytes.
    pub start: usize,
    /// How many bytes of the text it concerns; at least 1.
    pub length: usize,
}

pub(super) const FUNCTIONS: [&str; 14] = [
    "contains",
    "double",
    "duration",
    "endsWith",
    "exists",
    "all",
    "has",
    "int",
    "lowerAscii",
    "matches",
    "size",
    "startsWith",
    "string",
    "timestamp",
];

/// Deeper than any condition a person writes, and shallow enough for a stack.
const DEEPEST: u16 = 64;

/// More operators than any condition a person writes. The parser's tree of a chain is as deep as the chain is long.
const MOST_OPERATORS: usize = 500;

pub(super) fn compile(text: &str) -> Result<Expression, Vec<ConditionError>> {
    let operators = operators_in(text);
    if operators > MOST_OPERATORS {
        let problem = format!("a condition has at most {MOST_OPERATORS} operators, this one {operators}");
        return Err(vec![ConditionError { problem, start: 0, length: 1 }]);
    }
    let parser = Parser::new().enable_ident_escape_syntax(true).max_recursion_depth(DEEPEST);
    let (tree, source) = parser.parse_with_source_info(text).map_err(|errors| {
        errors
            .errors
            .iter()
            .map(|error| {
                let start = byte_at(text, error.pos.0, error.pos.1);
                ConditionError { problem: error.msg.clone(), start, length: 1 }
            })
            .collect::<Vec<_>>()
    })?;
    let mut compiler = Compiler { text, source: &source, locals: Vec::new(), depth: 0, errors: Vec::new() };
    let expression = compiler.expression(&tree);
    match expression {
        Some(expression) if compiler.errors.is_empty() => Ok(expression),
        Some(_) | None => Err(compiler.errors),
    }
}

/// How many operators, brackets and selections a text has outside its quotes: no tree of it is deeper.
fn operators_in(text: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    let mut operators = text.split_whitespace().filter(|word| *word == "in").count();
    for character in text.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if character == '\'' || character == '"' => quote = Some(character),
            None => operators += usize::from("+-*/%.<>=!&|?:([{".contains(character)),
        }
    }
    operators
}

/// The byte at a line and column, both counted from 1 in characters.
fn byte_at(text: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = &text[start..];
    start + rest.char_indices().nth(column).map_or(rest.len(), |(byte, _)| byte)
}

struct Compiler<'a> {
    text: &'a str,
    source: &'a SourceInfo,
    locals: Vec<String>,
    depth: u16,
    errors: Vec<ConditionError>,
}

impl Compiler<'_> {
    fn refuse<T>(&mut self, id: u64, problem: String) -> Option<T> {
        let (start, length) = match self.source.offset_for(id) {
            // In bytes, the last one included.
            Some((first, last)) => {
                let at = |byte: u32| {
                    let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
                    self.text.floor_char_boundary(byte)
                };
                (at(first), at(last.saturating_add(1)).saturating_sub(at(first)).max(1))
            }
            None => (0, self.text.len().max(1)),
        };
        self.errors.push(ConditionError { problem, start, length });
        None
    }

    fn boxed(&mut self, tree: &IdedExpr) -> Option<Box<Expression>> {
        self.expression(tree).map(Box::new)
    }

    fn expression(&mut self, tree: &IdedExpr) -> Option<Expression> {
        if self.depth == DEEPEST * 4 {
            return self.refuse(tree.id, "the condition is nested too deeply".to_owned());
        }
        self.depth += 1;
        let expression = self.shallow(tree);
        self.depth -= 1;
        expression
    }

    fn shallow(&mut self, tree: &IdedExpr) -> Option<Expression> {
        match &tree.expr {
            Expr::Literal(literal) => self.literal(tree.id, literal),
            Expr::Ident(name) => self.identifier(tree.id, name),
            Expr::Select(select) => {
                let base = self.boxed(&select.operand)?;
                if matches!(*base, Expression::Variable(Variable::Dependents)) && select.test {
                    return self.refuse(tree.id, "dependents has every kind: compare its count with 0".to_owned());
                }
                Some(if select.test {
                    Expression::Has(base, select.field.clone())
                } else {
                    Expression::Select(base, select.field.clone())
                })
            }
            Expr::List(list) if list.optional_indices.is_empty() => {
                let items: Vec<Option<Expression>> = list.elements.iter().map(|item| self.expression(item)).collect();
                Some(Expression::List(items.into_iter().collect::<Option<_>>()?))
            }
            Expr::Call(call) => self.call(tree.id, call),
            Expr::Comprehension(inner) if inner.iter_var2.is_none() => {
                // `exists` and `all` begin with a truth value; the macros that count or make lists with something else.
                if !matches!(inner.accu_init.expr, Expr::Literal(LiteralValue::Boolean(_))) {
                    let problem = "this macro is not allowed in a condition: there are `exists`, `all` and `has`";
                    return self.refuse(tree.id, problem.to_owned());
                }
                let range = self.expression(&inner.iter_range);
                let start = self.expression(&inner.accu_init);
                self.locals.push(inner.accu_var.clone());
                let go_on = self.expression(&inner.loop_cond);
                let result = self.expression(&inner.result);
                self.locals.push(inner.iter_var.clone());
                let step = self.expression(&inner.loop_step);
                self.locals.truncate(self.locals.len() - 2);
                Some(Expression::Comprehension(Box::new(Comprehension {
                    range: range?,
                    item: inner.iter_var.clone(),
                    accumulator: inner.accu_var.clone(),
                    start: start?,
                    go_on: go_on?,
                    step: step?,
                    result: result?,
                })))
            }
            Expr::Comprehension(_) | Expr::List(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.refuse(tree.id, "this form is not allowed in a condition".to_owned())
            }
        }
    }

    fn literal(&mut self, id: u64, literal: &LiteralValue) -> Option<Expression> {
        let value = match literal {
            LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
            LiteralValue::Int(value) => Value::Int(*value.inner()),
            LiteralValue::UInt(value) => match i64::try_from(*value.inner()) {
                Ok(value) => Value::Int(value),
                Err(_) => return self.refuse(id, "the number is too large".to_owned()),
            },
            LiteralValue::Double(value) => Value::Double(*value.inner()),
            LiteralValue::String(value) => Value::Text(value.inner().to_owned().into()),
            LiteralValue::Null => Value::Null,
            LiteralValue::Bytes(_) => return self.refuse(id, "bytes are not allowed in a condition".to_owned()),
        };
        Some(Expression::Constant(value))
    }

    fn identifier(&mut self, id: u64, name: &str) -> Option<Expression> {
        if self.locals.iter().any(|local| local == name) {
            return Some(Expression::Local(name.to_owned()));
        }
        if let Some((_, variable)) = Variable::ALL.iter().find(|(known, _)| *known == name) {
            return Some(Expression::Variable(*variable));
        }
        let names: Vec<&str> = Variable::ALL.iter().map(|(known, _)| *known).collect();
        let hint = match closest(name, names.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("the variables are {}", names.join(", ")),
        };
        self.refuse(id, format!("unknown variable `{name}`: {hint}"))
    }

    fn call(&mut self, id: u64, call: &CallExpr) -> Option<Expression> {
        let name = call.func_name.as_str();
        let args: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let method = call.target.is_some();
        match (name, args.as_slice(), method) {
            (operators::LOGICAL_AND, [a, b], false) => self.two(a, b, Expression::And),
            (operators::LOGICAL_OR, [a, b], false) => self.two(a, b, Expression::Or),
            (operators::EQUALS, [a, b], false) => self.two(a, b, Expression::Equal),
            (operators::NOT_EQUALS, [a, b], false) => self.two(a, b, Expression::NotEqual),
            (operators::IN, [a, b], false) => self.two(a, b, Expression::In),
            (operators::LESS, [a, b], false) => self.compare(Comparison::Less, a, b),
            (operators::LESS_EQUALS, [a, b], false) => self.compare(Comparison::LessOrEqual, a, b),
            (operators::GREATER, [a, b], false) => self.compare(Comparison::Greater, a, b),
            (operators::GREATER_EQUALS, [a, b], false) => self.compare(Comparison::GreaterOrEqual, a, b),
            (operators::ADD, [a, b], false) => self.arithmetic(Arithmetic::Add, a, b),
            (operators::SUBSTRACT, [a, b], false) => self.arithmetic(Arithmetic::Subtract, a, b),
            (operators::MULTIPLY, [a, b], false) => self.arithmetic(Arithmetic::Multiply, a, b),
            (operators::DIVIDE, [a, b], false) => self.arithmetic(Arithmetic::Divide, a, b),
            (operators::MODULO, [a, b], false) => self.arithmetic(Arithmetic::Modulo, a, b),
            (operators::LOGICAL_NOT, [a], false) => self.one(a, Expression::Not),
            (operators::NEGATE, [a], false) => self.one(a, Expression::Negate),
            (operators::NOT_STRICTLY_FALSE, [a], false) => self.one(a, Expression::NotStrictlyFalse),
            (operators::CONDITIONAL, [a, b, c], false) => {
                let (a, b, c) = (self.boxed(a), self.boxed(b), self.boxed(c));
                Some(Expression::Conditional(a?, b?, c?))
            }
            (operators::INDEX, [base, key], false) => {
                let (base, key) = (self.boxed(base), self.boxed(key));
                Some(match (base?, *key?) {
                    (base, Expression::Constant(Value::Text(key))) => Expression::Select(base, key.into_owned()),
                    (base, key) if matches!(*base, Expression::Variable(Variable::Dependents)) => {
                        let _: Expression = key;
                        return self.refuse(id, "the kind of dependents has to be a literal text".to_owned());
                    }
                    (base, key) => Expression::Index(base, Box::new(key)),
                })
            }
            ("startsWith", [a, b], true) => self.two(a, b, |a, b| Expression::Text(TextTest::StartsWith, a, b)),
            ("endsWith", [a, b], true) => self.two(a, b, |a, b| Expression::Text(TextTest::EndsWith, a, b)),
            ("contains", [a, b], true) => self.two(a, b, |a, b| Expression::Text(TextTest::Contains, a, b)),
            ("matches", [a, pattern], _) => {
                let a = self.boxed(a);
                let Some(Expression::Constant(Value::Text(text))) = self.expression(pattern) else {
                    return self.refuse(pattern.id, "the pattern of matches has to be a literal text".to_owned());
                };
                match regex::Regex::new(&text) {
                    Ok(regex) => Some(Expression::Matches(a?, Box::new(regex))),
                    Err(error) => self.refuse(pattern.id, format!("not a regular expression: {error}")),
                }
            }
            ("size", [a], _) => self.one(a, Expression::Size),
            ("lowerAscii", [a], true) => self.one(a, Expression::LowerAscii),
            ("int", [a], false) => self.one(a, Expression::ToInt),
            ("double", [a], false) => self.one(a, Expression::ToDouble),
            ("string", [a], false) => self.one(a, Expression::ToText),
            ("timestamp", [a], false) => match self.expression(a)? {
                Expression::Constant(Value::Text(text)) => match text.parse::<Timestamp>() {
                    Ok(time) => Some(Expression::Constant(Value::Time(time))),
                    Err(error) => self.refuse(a.id, error.to_string()),
                },
                other => Some(Expression::ToTimestamp(Box::new(other))),
            },
            ("duration", [a], false) => match self.expression(a)? {
                Expression::Constant(Value::Text(text)) => match text.parse::<Span>() {
                    Ok(span) => Some(Expression::Constant(Value::Span(span))),
                    Err(error) => self.refuse(a.id, error.to_string()),
                },
                other => Some(Expression::ToDuration(Box::new(other))),
            },
            _ => {
                let hint = match closest(name, FUNCTIONS.iter().copied()) {
                    Some(same) if same == name => format!("`{name}` takes other arguments"),
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("the functions are {}", FUNCTIONS.join(", ")),
                };
                self.refuse(id, format!("unknown function `{name}`: {hint}"))
            }
        }
    }

    fn one(&mut self, a: &IdedExpr, make: impl FnOnce(Box<Expression>) -> Expression) -> Option<Expression> {
        self.boxed(a).map(make)
    }

    fn two(
        &mut self,
        a: &IdedExpr,
        b: &IdedExpr,
        make: impl FnOnce(Box<Expression>, Box<Expression>) -> Expression,
    ) -> Option<Expression> {
        let (a, b) = (self.boxed(a), self.boxed(b));
        Some(make(a?, b?))
    }

    fn compare(&mut self, comparison: Comparison, a: &IdedExpr, b: &IdedExpr) -> Option<Expression> {
        self.two(a, b, |a, b| Expression::Compare(comparison, a, b))
    }

    fn arithmetic(&mut self, operator: Arithmetic, a: &IdedExpr, b: &IdedExpr) -> Option<Expression> {
        self.two(a, b, |a, b| Expression::Arithmetic(operator, a, b))
    }
}
