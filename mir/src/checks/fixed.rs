//! Comparisons that always come out the same by what stands in them: of constants, of a variable with itself, and with two constants that
//! leave it no value.
//!
//! Part of `checks`. Invariants: constants are told in conditions alone, and only if they never hold; what is about a variable is
//! told only of one that stands there by itself and is read again with nothing in between, so it has the same value, unless it is a
//! function: who knows its values decides that.

use super::{ABOUT_VARIABLE, Finding, name_of};
use crate::fold::{fold, unparen};
use crate::ir::Const;
use minilive_syntax::ast::{AstNode, BinaryExpr, CompareExpr, Expr};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};

/// Looks at a comparison.
pub(super) fn comparison(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let Some(chain) = CompareExpr::cast(node.clone()) else { return };
    let (operators, operands): (Vec<_>, Vec<_>) = (chain.operators().collect(), chain.operands().collect());
    let range = node.text_range();
    if let (&[operator], [left, right]) = (&*operators, &*operands) {
        let told = match (fold(left), fold(right)) {
            (Some(a), Some(b)) => constants(operator, &a, &b).and_then(|holds| of_constants(node, holds)),
            _ => of_itself(operator, left, right),
        };
        found.extend(told.map(|(code, message)| Finding { range, code, message }));
    } else if let Some(bounds) = bounds(&chain) {
        let is_never = |at: usize| bounds[..at].iter().any(|it| excludes(it, &bounds[at]));
        if (1..bounds.len()).any(is_never) {
            found.push(Finding { range, code: ABOUT_VARIABLE, message: never_both(&bounds[0].name) });
        }
    }
}

/// Looks at `x < 1 and x > 2` and `x != 1 or x != 2`.
pub(super) fn conjunction(node: &SyntaxNode, found: &mut Vec<Finding>) {
    let Some(chain) = BinaryExpr::cast(node.clone()) else { return };
    let is_all = |kind| chain.operators().all(|it| it == kind);
    let is_or = is_all(SyntaxKind::OrKw);
    if !is_or && !is_all(SyntaxKind::AndKw) {
        return;
    }
    let contradicts: Contradicts = if is_or { leaves_none_out } else { excludes };
    let mut known: Vec<Bound> = Vec::new();
    for operand in chain.operands() {
        let range = operand.range();
        let own = match unparen(operand) {
            Expr::Compare(it) => bounds(&it).unwrap_or_default(),
            _ => Vec::new(),
        };
        let own = own.into_iter().map(|it| Bound { range, ..it }).collect::<Vec<_>>();
        // What stands in between may call something that gives the variable another value.
        if known.first().map(|it| &it.name) != own.first().map(|it| &it.name) {
            known.clear();
        }
        if let Some(other) = known.iter().find(|it| own.iter().any(|own| contradicts(it, own))) {
            let (name, range) = (&other.name, TextRange::new(other.range.start(), range.end()));
            let message = if is_or {
                format!("this is always true: `{name}` cannot be equal to both, so it differs from one of them")
            } else {
                never_both(name)
            };
            found.push(Finding { range, code: ABOUT_VARIABLE, message });
            return;
        }
        known.extend(own);
    }
}

fn never_both(name: &str) -> String {
    format!("this is never true: no value of `{name}` is both")
}

/// What is said of constants that stand in a condition and never hold. What always holds may be a loop that somebody means, or shows how things
/// are ordered.
fn of_constants(node: &SyntaxNode, holds: bool) -> Option<(&'static str, String)> {
    let is_part = |it: &SyntaxNode| match it.kind() {
        SyntaxKind::ParenExpr | SyntaxKind::UnaryExpr => true,
        SyntaxKind::BinaryExpr => BinaryExpr::cast(it.clone())
            .is_some_and(|it| it.operators().all(|it| matches!(it, SyntaxKind::AndKw | SyntaxKind::OrKw))),
        _ => false,
    };
    let around = node.ancestors().skip(1).find(|it| !is_part(it))?;
    let is_condition = matches!(around.kind(), SyntaxKind::IfBranch | SyntaxKind::WhileStmt);
    (is_condition && !holds).then(|| ("fixed-comparison", "this is never true: both sides are constants".to_owned()))
}

/// `x == x`: any value is equal to itself (LANGUAGE 3.3), and none comes before itself.
fn of_itself(operator: SyntaxKind, left: &Expr, right: &Expr) -> Option<(&'static str, String)> {
    name_of(left).filter(|it| Some(it) == name_of(right).as_ref())?;
    let message = match operator {
        SyntaxKind::EqEq => "this is always true: a value is equal to itself, even NaN",
        SyntaxKind::NotEq => "this is never true: a value is equal to itself, even NaN",
        SyntaxKind::Less | SyntaxKind::Greater => "this is never true: no value comes before itself",
        _ => return None,
    };
    Some((ABOUT_VARIABLE, message.to_owned()))
}

/// How two constants of one type compare; what their types say is told elsewhere.
fn constants(operator: SyntaxKind, a: &Const, b: &Const) -> Option<bool> {
    let order = match (a, b) {
        (Const::Number(a), Const::Number(b)) => a.partial_cmp(b)?,
        (Const::Str(a), Const::Str(b)) => a.cmp(b),
        _ => return None,
    };
    Some(match operator {
        SyntaxKind::EqEq => order.is_eq(),
        SyntaxKind::NotEq => order.is_ne(),
        SyntaxKind::Less => order.is_lt(),
        SyntaxKind::LessEq => order.is_le(),
        SyntaxKind::Greater => order.is_gt(),
        SyntaxKind::GreaterEq => order.is_ge(),
        _ => return None,
    })
}

/// Whether two bounds of one variable decide what holds of it.
type Contradicts = fn(&Bound, &Bound) -> bool;

/// A variable beside a constant, as if the variable stood left.
struct Bound {
    name: String,
    operator: SyntaxKind,
    constant: Const,
    range: TextRange,
}

impl Bound {
    fn of(left: &Expr, operator: SyntaxKind, right: &Expr) -> Option<Bound> {
        let range = TextRange::new(left.range().start(), right.range().end());
        let turned = match operator {
            SyntaxKind::Less => SyntaxKind::Greater,
            SyntaxKind::LessEq => SyntaxKind::GreaterEq,
            SyntaxKind::Greater => SyntaxKind::Less,
            SyntaxKind::GreaterEq => SyntaxKind::LessEq,
            other => other,
        };
        match (name_of(left), name_of(right)) {
            (Some(name), None) => Some(Bound { name, operator, constant: fold(right)?, range }),
            (None, Some(name)) => Some(Bound { name, operator: turned, constant: fold(left)?, range }),
            _ => None,
        }
    }

    /// The numbers that it leaves: from where, to where, and whether each end is left out.
    fn numbers(&self) -> Option<((f64, bool), (f64, bool))> {
        let Const::Number(number) = self.constant else { return None };
        let (least, most) = ((f64::NEG_INFINITY, false), (f64::INFINITY, false));
        match self.operator {
            SyntaxKind::EqEq => Some(((number, false), (number, false))),
            SyntaxKind::Less => Some((least, (number, true))),
            SyntaxKind::LessEq => Some((least, (number, false))),
            SyntaxKind::Greater => Some(((number, true), most)),
            SyntaxKind::GreaterEq => Some(((number, false), most)),
            _ => None,
        }
    }
}

/// The bounds of a comparison that compares one variable with constants and nothing else.
fn bounds(chain: &CompareExpr) -> Option<Vec<Bound>> {
    let operands: Vec<_> = chain.operands().collect();
    let pairs = operands.windows(2).zip(chain.operators());
    let bounds: Vec<_> =
        pairs.map(|(pair, operator)| Bound::of(&pair[0], operator, &pair[1])).collect::<Option<_>>()?;
    let is_same = bounds.iter().all(|it| it.name == bounds[0].name);
    (is_same && !bounds.is_empty()).then_some(bounds)
}

/// Whether no value is within both.
fn excludes(a: &Bound, b: &Bound) -> bool {
    let is_same = constants(SyntaxKind::EqEq, &a.constant, &b.constant);
    match (a.operator, b.operator) {
        (SyntaxKind::EqEq, SyntaxKind::EqEq) => differ(&a.constant, &b.constant),
        (SyntaxKind::EqEq, SyntaxKind::NotEq) | (SyntaxKind::NotEq, SyntaxKind::EqEq) => is_same == Some(true),
        _ => a.numbers().zip(b.numbers()).is_some_and(|((a_from, a_to), (b_from, b_to))| {
            let is_empty = |from: (f64, bool), to: (f64, bool)| from.0 > to.0 || from.0 == to.0 && (from.1 || to.1);
            is_empty(a_from, b_to) || is_empty(b_from, a_to)
        }),
    }
}

/// Whether every value differs from one of them.
fn leaves_none_out(a: &Bound, b: &Bound) -> bool {
    (a.operator, b.operator) == (SyntaxKind::NotEq, SyntaxKind::NotEq) && differ(&a.constant, &b.constant)
}

/// Whether no value is equal to both: those of different types never are.
fn differ(a: &Const, b: &Const) -> bool {
    match (a, b) {
        (Const::Number(_), Const::Str(_)) | (Const::Str(_), Const::Number(_)) => true,
        _ => constants(SyntaxKind::NotEq, a, b) == Some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;

    /// The texts that are told, with a `?` where that depends on the variable.
    #[track_caller]
    fn found(text: &str, expected: &[&str]) {
        let found = check(&minilive_syntax::parse(text).green);
        let told = found.iter().filter(|it| it.code.starts_with("fixed")).map(|it| {
            let mark = if it.code == super::ABOUT_VARIABLE { "?" } else { "" };
            format!("{}{mark}", &text[it.range])
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn constants_in_conditions_are_told() {
        found("if 1 > 2 then x = 1\n", &["1 > 2"]);
        found(
            "if a and not (\"a\" == \"b\") then\n  x = 2\nelse if 2 * 3 != 6 then\nend if\n",
            &["\"a\" == \"b\"", "2 * 3 != 6"],
        );
        found("while 1 > 2\nend while\n", &["1 > 2"]);
        found("while 1 == 1\nend while\nwhile 1\nend while\nwhile true\nend while\nif 0 then x = 1\n", &[]);
        found("if \"a\" < \"b\" then x = 1\n", &[]);
        // That somebody wants to see, and what is no constant.
        found("print 1 < 2\nx = 1 == 2\nif f(1 == 2) then x = 1\nif MAX > 2 then x = 1\nif a[1 < 2] then x = 1\n", &[]);
        found("if 1 == \"1\" then x = 1\n", &[]);
    }

    #[test]
    fn a_value_is_equal_to_itself() {
        found("x = y == y\nif y != y then x = y > y\n", &["y == y?", "y != y?", "y > y?"]);
        found("x = y <= y\nif a.y == a.y or y == z or f(y) == f(y) then x = 1\nx = y == y == y\n", &[]);
    }

    #[test]
    fn bounds_that_leave_nothing_are_told() {
        found("if x < 2 and x > 5 then y = 1\n", &["x < 2 and x > 5?"]);
        found("y = a and 5 < x and (x <= 5) and b\n", &["5 < x and (x <= 5)?"]);
        found(
            "y = x == 1 and x == 2\ny = x == \"a\" and x == 1\ny = x == 1 and x != 1\n",
            &["x == 1 and x == 2?", "x == \"a\" and x == 1?", "x == 1 and x != 1?"],
        );
        found("y = 5 < x < 2\ny = x != \"a\" or x != \"b\"\n", &["5 < x < 2?", "x != \"a\" or x != \"b\"?"]);
        found("y = x > 2 and x < 5\ny = x <= 2 and x >= 2\ny = x != 1 and x != 2\ny = 2 < x < 5\n", &[]);
        found("y = x < 2 or x > 5\ny = x == 1 or x == 2\ny = x < 2 and z > 5\ny = x < \"2\" and x > \"5\"\n", &[]);
        found("y = x < 2 and f(1) and x > 5\ny = x.a < 2 and x.a > 5\ny = x < a and x > 5\n", &[]);
        found("y = x != 1 or x != 1\ny = x != 1 or x == 2\n", &[]);
    }
}
