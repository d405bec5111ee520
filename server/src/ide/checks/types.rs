//! Warnings that types foretell, in words and with places.
//!
//! Part of `checks`. Invariant: what another file could make different is not told: where this file is imported, nothing around a unit
//! counts as known.

use super::{Behind, Check, Fix, Weight, change_to, foreign, is_imported, is_other_word, leaving, nearest, unsure};
use crate::db::{self, LiveDb, PlacedUnit};
use crate::document::DocumentView;
use crate::guide::arguments::{self, Effect};
use crate::guide::types::method_of;
use crate::modules::Places;
use crate::settings::Checks;
use minilive_mir::ir::{BinaryOp, Unit};
use minilive_mir::types::TypeSet;
use minilive_mir::typing::{TypeFinding, Wanted, Wrong};
use minilive_runtime::intrinsics::{self, IntrinsicId};
use minilive_syntax::ast::{AssignStmt, AstNode, CompareExpr, Expr, LiteralValue, MemberSuffix, ReturnStmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rowan::NodeOrToken;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Adds the warnings of a document.
pub fn add(
    db: &LiveDb,
    document: &DocumentView,
    known: (&Checks, &Behind<'_>),
    places: &Places,
    found: &mut Vec<Check>,
) {
    let file = document.file;
    let units = db::units(db, file);
    let (mut imported, mut said) = (None, Said::default());
    for (unit, types) in &*db::units_with_findings(db, file) {
        let placed = units.at(*unit);
        let code = &db::function_mir(db, placed.unit).unit;
        let alone = *imported.get_or_insert_with(|| is_imported(db, file));
        let types = if alone { db::unit_types_alone(code).into() } else { types.clone() };
        for finding in &types.findings {
            said.note(found);
            // Where a way ends with a call that may not come back, it does not reach the end.
            if finding.wrong == Wrong::NoReturn && !leaving::reaches_end(db, file, places, *unit, &placed) {
                continue;
            }
            let told = check(db, document, (&placed, code), finding).filter(|it| said.is_first(it));
            if let Some(told) = told.filter(|_| !is_hosts(finding, code, known)) {
                said.add_new(told, found);
            }
        }
    }
}

/// Where something is said already, by code: start, number among all that is said, end.
#[derive(Default)]
struct Said {
    by_code: FxHashMap<&'static str, BTreeMap<(TextSize, usize), TextSize>>,
    count: usize,
}

impl Said {
    /// Takes in what was said since the last time.
    fn note(&mut self, found: &[Check]) {
        for (number, it) in found.iter().enumerate().skip(self.count) {
            self.by_code.entry(it.code).or_default().insert((it.range.start(), number), it.range.end());
        }
        self.count = found.len();
    }

    /// What is said under a code of places that begin within one: number and end of each.
    fn within(&self, code: &str, range: TextRange) -> impl Iterator<Item = (usize, TextSize)> {
        let all = self.by_code.get(code).into_iter();
        let within = all.flat_map(move |it| it.range((range.start(), 0)..=(range.end(), usize::MAX)));
        within.map(|(&(_, number), &end)| (number, end))
    }

    /// Adds a warning. A call of what is no function is told by its name, too, and a member that nothing has by its own: of what it is
    /// missing says more.
    fn add_new(&self, check: Check, found: &mut Vec<Check>) {
        let is_member = check.code == "missing-member";
        let known = if is_member {
            self.within(check.code, check.range).filter(|(_, end)| *end <= check.range.end()).map(|it| it.0).min()
        } else {
            self.within(check.code, TextRange::empty(check.range.start())).map(|it| it.0).min()
        };
        match known.map(|number| &mut found[number]) {
            Some(said) if is_member && check.message.contains("; ") => {
                (said.message, said.fix) = (check.message, check.fix);
            }
            Some(said) if is_member => {
                let question = said.message.find("; ").map_or("", |at| &said.message[at..]);
                said.message = format!("{}{question}", check.message);
            }
            Some(_) => {}
            None => found.push(check),
        }
    }

    /// The target of `x.a += 1` is read before it is written; where that fails, nothing is written.
    fn is_first(&self, check: &Check) -> bool {
        // A member is told by its name alone if nothing has it.
        let mut reads = ["missing-member", "not-indexable"].into_iter().flat_map(|it| self.within(it, check.range));
        check.code != "not-assignable" || !reads.any(|(_, end)| end == check.range.end())
    }
}

/// A variable without a value may be one that the host gives.
fn is_hosts(finding: &TypeFinding, code: &Unit, (settings, behind): (&Checks, &Behind<'_>)) -> bool {
    let gives = |name: &str| settings.gives(name, |module| behind.imports(module));
    matches!(finding.wrong, Wrong::Unassigned { name } | Wrong::Unsure { name } if gives(code.name(name)))
}

fn check(
    db: &LiveDb,
    document: &DocumentView,
    (placed, unit): (&PlacedUnit<'_>, &Unit),
    finding: &TypeFinding,
) -> Option<Check> {
    let ranges = &db::unit_places(db, placed.unit).ranges;
    let range = *ranges.get(finding.inst.0 as usize)? + placed.start;
    let (code, mut message) = words(unit, &finding.wrong);
    let range = if matches!(finding.wrong, Wrong::NotAssignable { .. }) { target(db, document, range)? } else { range };
    let is_end = finding.wrong == Wrong::NoReturn;
    // Somebody wrote `return` or `return null`, and means it; who looks through something says null where nothing was found.
    if is_end && (!range.is_empty() || searches(placed)) {
        return None;
    }
    let range = if is_end { end_words(document, placed)? } else { range };
    let weight = if is_end || code == unsure::CODE { Weight::Advice } else { Weight::Warning };
    let mut fix = None;
    if let Wrong::NoMember { name, of } = &finding.wrong
        && let Some((says, write)) = meant(*of, name)
    {
        message = format!("{message}; {says}");
        let place = write.and_then(|write| Some((write, member(db, document, range, name)?)));
        fix = place.map(|(write, place)| change_to(&write, place));
    }
    if let Wrong::Decided { op, operands } = finding.wrong
        && op != BinaryOp::Isa
    {
        fix = other_literal(db, document, range, operands);
    }
    Some(Check { range, code, weight, message, fix })
}

/// A literal of the other operand's type, where one operand is the text of a number, or a number, and the other never is.
fn other_literal(db: &LiveDb, document: &DocumentView, range: TextRange, (a, b): (TypeSet, TypeSet)) -> Option<Fix> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let mut around = root.covering_element(range).ancestors().filter(|it| it.text_range() == range);
    let chain = around.find_map(CompareExpr::cast).filter(|it| it.operators().count() == 1)?;
    let operands: Vec<_> = chain.operands().collect();
    let [left, right] = &*operands else { return None };
    let written = |operand: &Expr, other: TypeSet| {
        let Expr::Literal(literal) = operand else { return None };
        let insert = match literal.value()? {
            LiteralValue::String(text) if other == TypeSet::NUMBER && is_number(&text) => text.to_string(),
            LiteralValue::Number(_) if other == TypeSet::STRING => format!("\"{}\"", literal.syntax().text()),
            _ => return None,
        };
        Some(Fix { title: format!("Write `{insert}`"), range: literal.range(), insert })
    };
    written(right, a).or_else(|| written(left, b))
}

/// Whether a text is a number as everybody writes it.
fn is_number(text: &str) -> bool {
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    text.split_once('.').map_or_else(|| digits(text), |(whole, part)| digits(whole) && digits(part))
}

/// What may be meant by a member that no value of these types has, and what to write instead.
fn meant(of: TypeSet, name: &str) -> Option<(String, Option<String>)> {
    if let Some(it) = foreign::of_member(Some(of), name) {
        return Some((it.says, it.write.map(str::to_owned)));
    }
    let methods = ["list", "string"].into_iter().flat_map(|it| intrinsics::type_methods(it).iter());
    let meant = nearest(name, methods.copied().filter(|it| method_of(of, it).is_some() && !is_other_word(name, it)))?;
    Some((format!("did you mean `{meant}`?"), Some(meant)))
}

/// Where the name of a member stands that is read.
fn member(db: &LiveDb, document: &DocumentView, range: TextRange, name: &str) -> Option<TextRange> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let around = match root.covering_element(range) {
        NodeOrToken::Node(node) => node,
        NodeOrToken::Token(token) => token.parent()?,
    };
    let names = around.descendants().filter_map(MemberSuffix::cast).filter_map(|it| it.name_token());
    let mut named = names.filter(|it| it.text() == name && range.contains_range(it.text_range()));
    let first = named.next()?;
    named.next().is_none().then(|| first.text_range())
}

/// What an assignment assigns to.
fn target(db: &LiveDb, document: &DocumentView, statement: TextRange) -> Option<TextRange> {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let assign = root.covering_element(statement).ancestors().find_map(AssignStmt::cast)?;
    Some(assign.target()?.range())
}

/// Whether a function gives a value in the middle of a loop.
fn searches(placed: &PlacedUnit<'_>) -> bool {
    let root = SyntaxNode::new_root(placed.unit.green.clone());
    let mut returns = root.descendants().filter_map(ReturnStmt::cast).filter(|it| it.value().is_some());
    returns.any(|it| {
        let around = it.syntax().ancestors().take_while(|it| it.kind() != SyntaxKind::FunctionExpr);
        let is_own = it.syntax().ancestors().filter(|it| it.kind() == SyntaxKind::FunctionExpr).count() == 1;
        is_own && around.into_iter().any(|it| matches!(it.kind(), SyntaxKind::ForStmt | SyntaxKind::WhileStmt))
    })
}

/// `end function` of a function.
fn end_words(document: &DocumentView, placed: &PlacedUnit<'_>) -> Option<TextRange> {
    let whole = placed.range();
    let at = document.text.get(std::ops::Range::<usize>::from(whole))?.rfind("end")?;
    Some(TextRange::new(whole.start() + TextSize::new(at as u32), whole.end()))
}

fn words(unit: &Unit, wrong: &Wrong) -> (&'static str, String) {
    match wrong {
        Wrong::NotAFunction { is } => {
            ("not-a-function", format!("this is {}, not a function, so it cannot be called", kinds(*is)))
        }
        Wrong::Unassigned { name } => {
            ("unassigned-variable", format!("`{}` has no value here: it gets one only further down", unit.name(*name)))
        }
        Wrong::Unsure { name } => (unsure::CODE, unsure::message(unit.name(*name))),
        Wrong::Decided { op, operands: (a, b) } => ("fixed-comparison", comparison(*op, kinds(*a), kinds(*b))),
        Wrong::NoResult { operands: (TypeSet::NONE, of) } => {
            ("no-result", format!("this gives null: {} has no negative", kinds(*of)))
        }
        Wrong::NoResult { operands: (a, b) } => {
            ("no-result", format!("this gives null: the operator does nothing for {} and {}", kinds(*a), kinds(*b)))
        }
        Wrong::Refused { intrinsic, argument, is, first } => {
            ("wrong-argument", refused(IntrinsicId(*intrinsic), *argument, *first, *is))
        }
        Wrong::NoMember { name, of } => ("missing-member", format!("{} has no member `{name}`", kinds(*of))),
        Wrong::NoElements { of, wanted } => ("not-indexable", no_elements(*of, *wanted)),
        Wrong::NotAssignable { of: TypeSet::STRING } => {
            ("not-assignable", "a string cannot be changed; make a new one and assign that".to_owned())
        }
        Wrong::NotAssignable { of } => {
            ("not-assignable", format!("{} has nothing that can be assigned to", kinds(*of)))
        }
        Wrong::NoReturn => {
            ("missing-return", "the function gives a value elsewhere; here it ends and gives null".to_owned())
        }
    }
}

fn no_elements(of: TypeSet, wanted: Wanted) -> String {
    let of = kinds(of);
    match wanted {
        Wanted::Element => format!("{of} has no elements"),
        Wanted::Part => format!("{of} has no parts: slices are of lists and strings"),
        Wanted::Each => format!("this loop never runs: {of} has no elements; to count, go over a `range`"),
    }
}

fn refused(id: IntrinsicId, argument: usize, first: TypeSet, is: TypeSet) -> String {
    let name = id.def().name;
    let Some(rule) = arguments::rule_of(id, argument, first) else {
        return format!("`{name}` does not take {}", kinds(is));
    };
    // Strings of digits pass for numbers, and null for what is left out; neither is what somebody would write instead.
    let number = rule.takes.may_be(TypeSet::NUMBER);
    // Who has a number needs no `val`.
    let number = number && name != "val";
    let takes = kinds(if number {
        TypeSet::NUMBER
    } else {
        if name == "val" { TypeSet::STRING } else { rule.takes.without(TypeSet::NULL) }
    });
    let parameter = id.def().params[argument].0;
    // Of strings it takes those that read as numbers, so this one does not.
    let is_word = is == TypeSet::STRING && rule.takes.may_be(TypeSet::STRING);
    let is = if is_word { "a string that reads as none".to_owned() } else { kinds(is) };
    let place = if argument == 0 { String::new() } else { format!(" as `{parameter}`") };
    let effect = match rule.effect {
        Effect::Error => "this gives an error",
        Effect::Null => "this gives null",
        Effect::Zero => "it counts as 0",
        Effect::Unwritten => "it is not written, and neither is the end of the line",
    };
    format!("`{name}` takes {takes}{place}, not {is}; {effect}")
}

fn comparison(op: BinaryOp, a: String, b: String) -> String {
    match op {
        BinaryOp::Eq => format!("this is never true: {a} is never equal to {b}"),
        BinaryOp::Ne => format!("this is always true: {a} is never equal to {b}"),
        BinaryOp::Isa => format!("this is never true: {a} is never {b}"),
        _ => format!("this is never true: there is no order between {a} and {b}"),
    }
}

/// The types of a set in words.
pub fn kinds(set: TypeSet) -> String {
    let all = [
        (TypeSet::NULL, "null"),
        (TypeSet::NUMBER, "a number"),
        (TypeSet::STRING, "a string"),
        (TypeSet::LIST, "a list"),
        (TypeSet::MAP, "a map"),
        (TypeSet::FUNCTION, "a function"),
        (TypeSet::ERROR, "an error"),
    ];
    let words: Vec<_> = all.iter().filter(|(it, _)| set.may_be(*it)).map(|(_, word)| *word).collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
    }
}
