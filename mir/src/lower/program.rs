//! Whole files and the editor's expressions: units of a tree, all lowered, as a [`Program`].
//!
//! Used by the command line, by `import` and by tests; the database does the same step by step, with memory. Invariant: the
//! program's units are in the order of [`crate::units::units`], and so are the indices in `main`.

use super::{Lowered, expression_key, lower_unit};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fingerprint::fingerprint;
use crate::ir::UnitKind;
use crate::program::{Program, ProgramUnit, UnitInfo};
use crate::tables::index;
use crate::units::{FileMode, UnitSyntax, functions_of, units};
use minilive_syntax::ast::{AstNode, Expr, Stmt};
use minilive_syntax::{Parse, SyntaxNode, TextRange, TextSize};
use smol_str::SmolStr;
use std::sync::Arc;

/// Lowers a main program. `file_name` is what error messages name; empty for text without a file.
///
/// The diagnostics come in the order in which the reference would find them: the parser's first, then the rest by place. Places
/// are the file's.
pub fn lower_file(parse: &Parse, file_name: &str) -> (Program, Vec<Diagnostic>) {
    lower_in_mode(parse, file_name, FileMode::Program)
}

/// Lowers an imported file: its whole top level is one unit.
pub fn lower_module(parse: &Parse, file_name: &str) -> (Program, Vec<Diagnostic>) {
    lower_in_mode(parse, file_name, FileMode::Module(file_name))
}

fn lower_in_mode(parse: &Parse, file_name: &str, mode: FileMode<'_>) -> (Program, Vec<Diagnostic>) {
    let (program, found) = lower_units(&units(&parse.green, mode), file_name);
    // What the parser finds beyond the grammar is found by the reference while it generates code.
    let is_check = |code: &str| matches!(code, "break-outside-loop" | "continue-outside-loop");
    let (checks, mut diagnostics): (Vec<_>, Vec<_>) = parse
        .errors
        .iter()
        .filter(|it| !it.follows)
        .map(Diagnostic::from_syntax)
        .partition(|diagnostic| is_check(diagnostic.code));
    let mut later: Vec<_> = checks.into_iter().chain(found).collect();
    later.sort_by_key(|diagnostic| diagnostic.found_at);
    diagnostics.extend(later);
    (program, diagnostics)
}

/// Lowers a list of units to a program. Places in the diagnostics are the file's.
pub fn lower_units(units: &[UnitSyntax], file_name: &str) -> (Program, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut lowered = Vec::with_capacity(units.len());
    for unit in units {
        let done = lower_unit(&unit.green, unit.kind, unit.key);
        let moved = done.diagnostics.iter().cloned();
        diagnostics.extend(moved.map(|diagnostic| diagnostic.in_file(unit.start, unit.base_line)));
        lowered.push(program_unit(unit, done));
    }
    let is_main = |unit: &UnitSyntax| matches!(unit.kind, UnitKind::Statement | UnitKind::Module);
    let main = (0..index(units.len())).filter(|&at| is_main(&units[at as usize])).collect();
    let program = Program { file: SmolStr::new(file_name), units: lowered, main };
    (program, diagnostics)
}

/// A lowered unit with its names and lines.
pub fn program_unit(unit: &UnitSyntax, lowered: Lowered) -> ProgramUnit {
    ProgramUnit {
        key: unit.key,
        fingerprint: fingerprint(&lowered.unit),
        info: Arc::new(UnitInfo {
            name: unit.name.clone(),
            base_line: unit.base_line,
            lines: lowered.map.lines.into(),
        }),
        mir: Some(Arc::new(lowered.unit)),
    }
}

/// Lowers an expression that the editor evaluates in file scope: a watch or the call of an example.
///
/// The first unit is the expression's, of kind [`UnitKind::Expression`]; the others are function literals inside it. Lines count
/// from 1 within the text, places in the diagnostics are the text's. A call may leave out its parentheses, as in a statement.
pub fn lower_expression(text: &str) -> (Vec<ProgramUnit>, Vec<Diagnostic>) {
    // Within parentheses a minus is never the start of an argument list.
    const OPEN: &str = "(";
    let in_parens = minilive_syntax::parse(&format!("{OPEN}{text})"));
    if in_parens.errors.is_empty()
        && let Some(inner) = only_statement(&in_parens).and_then(|statement| inner_expression(&statement))
    {
        let start = inner.text_range().start() - TextSize::of(OPEN);
        return lower_root(text, &inner, start, Vec::new());
    }
    let parse = minilive_syntax::parse(text);
    let diagnostics: Vec<_> = parse.errors.iter().filter(|it| !it.follows).map(Diagnostic::from_syntax).collect();
    match only_statement(&parse) {
        Some(Stmt::Call(call)) => lower_root(text, call.syntax(), call.range().start(), diagnostics),
        Some(Stmt::Expr(statement)) => lower_root(text, statement.syntax(), statement.range().start(), diagnostics),
        _ if !diagnostics.is_empty() => (Vec::new(), diagnostics),
        _ => (Vec::new(), vec![not_an_expression(text)]),
    }
}

/// The statement of a text that has exactly one.
fn only_statement(parse: &Parse) -> Option<Stmt> {
    let mut statements = parse.root().statements();
    let first = statements.next()?;
    statements.next().is_none().then_some(first)
}

/// What stands in the parentheses that make up a whole statement.
fn inner_expression(statement: &Stmt) -> Option<SyntaxNode> {
    let Stmt::Expr(statement) = statement else { return None };
    let Expr::Paren(paren) = statement.expr()? else {
        return None;
    };
    Some(paren.inner()?.syntax().clone())
}

fn not_an_expression(text: &str) -> Diagnostic {
    Diagnostic {
        range: TextRange::up_to(TextSize::of(text)),
        code: "not-an-expression",
        severity: Severity::Error,
        message: "only an expression or a call can be evaluated here".to_owned(),
        reference: None,
        reference_line: 1,
        found_at: TextSize::new(0),
    }
}

/// Lowers an expression's tree and the functions inside it.
fn lower_root(
    text: &str,
    node: &SyntaxNode,
    start: TextSize,
    mut diagnostics: Vec<Diagnostic>,
) -> (Vec<ProgramUnit>, Vec<Diagnostic>) {
    let root = UnitSyntax {
        key: expression_key(text),
        kind: UnitKind::Expression,
        parent: None,
        green: node.green().into_owned(),
        start,
        base_line: 1 + line_ends_before(text, start),
        name: SmolStr::default(),
    };
    let units: Vec<UnitSyntax> = functions_of(root);
    let (program, found) = lower_units(&units, "");
    diagnostics.extend(found);
    (program.units, diagnostics)
}

fn line_ends_before(text: &str, end: TextSize) -> u32 {
    let before = &text[..usize::from(end)];
    crate::source_map::LineStarts::of([before]).line_of(end)
}
