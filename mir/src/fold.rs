//! Constant folding as the language defines it (LANGUAGE 5.9): operators on literals, from the leaves up.
//!
//! `lower` folds expressions, parameter defaults and docstrings, `scope` the conditions of endless loops. The operators stand here
//! a second time because this crate knows no runtime values; differential tests hold the two together.
//! Invariant: what has no constant value, or would be an error value, is not folded.

use crate::ir::Const;
use minilive_syntax::SyntaxKind;
use minilive_syntax::ast::{BinaryExpr, Block, CompareExpr, Expr, LiteralValue, Stmt, UnaryExpr};
use smol_str::SmolStr;

/// Longer strings are left to run time, where memory is counted.
const MAX_STRING: usize = 1 << 20;

/// The value of an expression made of number and string literals and foldable operators.
pub(crate) fn fold(expr: &Expr) -> Option<Const> {
    match expr {
        Expr::Literal(literal) => Some(match literal.value()? {
            LiteralValue::Number(value) => Const::Number(value),
            LiteralValue::String(text) => Const::Str(SmolStr::new(text)),
        }),
        Expr::Paren(paren) => fold(&paren.inner()?),
        Expr::Unary(unary) => fold_unary(unary),
        Expr::Binary(chain) => {
            let (value, used) = fold_prefix(chain)?;
            (used == chain.operands().count()).then_some(value)
        }
        Expr::Compare(chain) => fold_comparison(chain),
        _ => None,
    }
}

/// The number that an expression of literals gives.
pub fn number(expr: &Expr) -> Option<f64> {
    match fold(expr)? {
        Const::Number(number) => Some(number),
        _ => None,
    }
}

/// The value of what may stand as a default: foldable expressions, `true`, `false`, `null`, and lists and maps of such.
pub(crate) fn constant(expr: &Expr) -> Option<Const> {
    match expr {
        Expr::Name(name) => named_constant(name.name_token()?.text()),
        Expr::Paren(paren) => constant(&paren.inner()?),
        Expr::List(list) => Some(Const::List(list.elements().map(|it| constant(&it)).collect::<Option<_>>()?)),
        Expr::Map(map) => {
            let mut entries: Vec<(Const, Const)> = Vec::new();
            for entry in map.entries() {
                let key = constant(&entry.key()?)?;
                let value = constant(&entry.value()?)?;
                match entries.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, known)) => *known = value,
                    None => entries.push((key, value)),
                }
            }
            Some(Const::Map(entries))
        }
        _ => fold(expr),
    }
}

/// The value of the three names that always read as constants.
pub(crate) fn named_constant(name: &str) -> Option<Const> {
    match name {
        "true" => Some(Const::Number(1.0)),
        "false" => Some(Const::Number(0.0)),
        "null" => Some(Const::Null),
        _ => None,
    }
}

/// Whether a `while` with this condition never ends by itself (LANGUAGE 5.4, rule 7).
pub(crate) fn is_always_true(condition: &Expr) -> bool {
    match condition {
        Expr::Paren(paren) => paren.inner().is_some_and(|inner| is_always_true(&inner)),
        Expr::List(list) => list.elements().next().is_some(),
        Expr::Map(map) => map.entries().next().is_some(),
        _ => match constant(condition) {
            Some(Const::Number(value)) => value != 0.0,
            Some(Const::Str(text)) => !text.is_empty(),
            _ => false,
        },
    }
}

/// Folds the operands of a chain as far as they are constant from the left; the value and how many operands it covers, which
/// is at least two.
pub(crate) fn fold_prefix(chain: &BinaryExpr) -> Option<(Const, usize)> {
    let mut operands = chain.operands();
    let mut value = fold(&operands.next()?)?;
    let mut used = 1;
    for (op, operand) in chain.operators().zip(operands) {
        let Some(next) = fold(&operand).and_then(|operand| binary(op, &value, &operand)) else {
            break;
        };
        value = next;
        used += 1;
    }
    (used >= 2).then_some((value, used))
}

fn fold_unary(expr: &UnaryExpr) -> Option<Const> {
    let Const::Number(value) = fold(&expr.operand()?)? else {
        return None;
    };
    match expr.operator()? {
        // Of a literal the sign is simply turned, so that -0 is minus zero inside a folded expression.
        SyntaxKind::Minus => Some(Const::Number(-value)),
        SyntaxKind::NotKw => Some(Const::Number(1.0 - clamp(value))),
        _ => None,
    }
}

/// One comparison of two numbers; longer chains are not folded.
fn fold_comparison(chain: &CompareExpr) -> Option<Const> {
    let mut operands = chain.operands();
    let (a, b) = (operands.next()?, operands.next()?);
    if operands.next().is_some() {
        return None;
    }
    let (Const::Number(a), Const::Number(b)) = (fold(&a)?, fold(&b)?) else {
        return None;
    };
    let holds = match chain.operators().next()? {
        SyntaxKind::EqEq => a == b,
        SyntaxKind::NotEq => a != b,
        SyntaxKind::Less => a < b,
        SyntaxKind::LessEq => a <= b,
        SyntaxKind::Greater => a > b,
        SyntaxKind::GreaterEq => a >= b,
        _ => return None,
    };
    Some(Const::Number(f64::from(u8::from(holds))))
}

/// Two operands of a foldable operator.
fn binary(op: SyntaxKind, a: &Const, b: &Const) -> Option<Const> {
    match (a, b) {
        (Const::Number(a), Const::Number(b)) => numbers(op, *a, *b).map(Const::Number),
        (Const::Str(a), Const::Str(b)) => match op {
            SyntaxKind::Plus if a.len() + b.len() <= MAX_STRING => Some(Const::Str(SmolStr::new(format!("{a}{b}")))),
            SyntaxKind::Minus => Some(Const::Str(SmolStr::new(a.strip_suffix(b.as_str()).unwrap_or(a)))),
            _ => None,
        },
        (Const::Str(text), Const::Number(times)) if op == SyntaxKind::Star => repeat(text, *times),
        _ => None,
    }
}

fn numbers(op: SyntaxKind, a: f64, b: f64) -> Option<f64> {
    Some(match op {
        SyntaxKind::Plus => a + b,
        SyntaxKind::Minus => a - b,
        SyntaxKind::Star => a * b,
        SyntaxKind::Slash => a / b,
        SyntaxKind::Percent => a % b,
        SyntaxKind::Caret if b == 2.0 => a * a,
        SyntaxKind::Caret => a.powf(b),
        SyntaxKind::AndKw => clamp(a * b),
        SyntaxKind::OrKw => clamp(a + b - a * b),
        _ => return None,
    })
}

/// How true a number is: its magnitude, at most 1; not a number stays that.
fn clamp(value: f64) -> f64 {
    if value.is_nan() { value } else { value.abs().min(1.0) }
}

/// Whole copies and then a part of one.
fn repeat(text: &str, times: f64) -> Option<Const> {
    if !times.is_finite() {
        return None;
    }
    let times = times.max(0.0);
    if times * text.len() as f64 > MAX_STRING as f64 {
        return None;
    }
    let whole = times.floor();
    let part = (text.chars().count() as f64 * (times - whole)) as usize;
    let mut result = text.repeat(whole as usize);
    result.extend(text.chars().take(part));
    Some(Const::Str(SmolStr::new(result)))
}

/// The docstring of a function: its first statement, if that is a string after folding.
pub(crate) fn docstring(body: &Block) -> Option<SmolStr> {
    let first = body.statements().next()?;
    let Stmt::Expr(statement) = first else {
        return None;
    };
    match fold(&statement.expr()?)? {
        Const::Str(text) => Some(text),
        _ => None,
    }
}

/// The expression inside all parentheses.
pub(crate) fn unparen(mut expr: Expr) -> Expr {
    while let Expr::Paren(paren) = &expr {
        match paren.inner() {
            Some(inner) => expr = inner,
            None => break,
        }
    }
    expr
}
