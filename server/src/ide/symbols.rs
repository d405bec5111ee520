//! Document symbols: functions and global variables, with what is known about their code.
//!
//! Reads the layout for functions and the tree for names. Invariant: a symbol's name range lies inside its range, and its
//! children inside its own.

use super::Live;
use super::tiers::{count, report, word};
use crate::db::{self, Layout, LayoutUnit, LiveDb};
use crate::document::DocumentView;
use minilive_mir::ir::UnitKind;
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, FunctionExpr, LiteralValue, MapEntry};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};
use rowan::NodeOrToken;
use rustc_hash::FxHashSet;

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    /// A function.
    Function,
    /// A function that is a member of a map.
    Method,
    /// A global variable.
    Variable,
}

/// One symbol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Its tier and count.
    pub detail: Option<String>,
    /// What it is.
    pub kind: SymbolKind,
    /// The text that defines it.
    pub range: TextRange,
    /// Its name in that text.
    pub name_range: TextRange,
    /// Symbols inside it.
    pub children: Vec<Symbol>,
}

/// The symbols of a document, as a tree.
pub fn symbols(db: &LiveDb, document: &DocumentView, live: &Live) -> Vec<Symbol> {
    let layout = db::file_layout(db, document.file);
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let mut seen = FxHashSet::default();
    let mut symbols = Vec::new();
    for (index, unit) in layout.units().enumerate().filter(|(_, unit)| unit.parent.is_none()) {
        if index.is_multiple_of(64) {
            db.poll();
        }
        if let Some((name, target, range)) = variable(&root, &unit)
            && seen.insert(name.clone())
        {
            let kind = SymbolKind::Variable;
            symbols.push(Symbol { name, detail: None, kind, range, name_range: target, children: Vec::new() });
        }
        symbols.extend(functions_in(&layout, index as u32, &root, live));
    }
    symbols
}

/// The functions directly inside a unit.
fn functions_in(layout: &Layout, parent: u32, root: &SyntaxNode, live: &Live) -> Vec<Symbol> {
    let first = parent as usize + 1;
    let inside = (first..).zip(layout.units_from(first));
    // Units come outer before inner, so what belongs to this one ends with the next unit beside or above it.
    let inside = inside.take_while(|(_, unit)| unit.parent.is_some_and(|outer| outer >= parent));
    let direct = inside.filter(|(_, unit)| unit.parent == Some(parent));
    direct.map(|(index, unit)| function(layout, index as u32, &unit, root, live)).collect()
}

fn function(layout: &Layout, index: u32, unit: &LayoutUnit<'_>, root: &SyntaxNode, live: &Live) -> Symbol {
    let node = match root.covering_element(unit.range) {
        NodeOrToken::Node(node) => Some(node),
        NodeOrToken::Token(token) => token.parent(),
    };
    let entry = node.as_ref().and_then(|node| node.ancestors().find_map(MapEntry::cast));
    let entry = entry.filter(|entry| entry.value().is_some_and(|value| value.range() == unit.range));
    let assign = node.as_ref().and_then(|node| node.ancestors().find_map(AssignStmt::cast));
    let assign = assign.filter(|assign| assign.value().is_some_and(|value| value.range() == unit.range));
    let target = assign.as_ref().and_then(|assign| assign.target()).or_else(|| entry.as_ref()?.key());
    let whole = assign.as_ref().map(|it| it.range()).or_else(|| Some(entry.as_ref()?.syntax().text_range()));
    let range = whole.unwrap_or(unit.range);
    let keyword = TextRange::at(unit.range.start(), "function".len().try_into().unwrap_or_default());
    let name_range = target.map_or(keyword, |target| target.range()).intersect(range).unwrap_or(range);
    let report = report(live, unit.key, unit.fingerprint);
    let key = entry.as_ref().and_then(|entry| entry.key()).map(|key| key_text(&key));
    let is_method = key.is_some() || unit.name.contains(['.', '[']);
    let name = match key {
        Some(key) => key,
        None if unit.name.starts_with('@') => node.and_then(|node| literal_text(&node)).unwrap_or_default(),
        None => unit.name.to_string(),
    };
    Symbol {
        name,
        detail: report.map(|report| format!("{} · ×{}", word(report.tier), count(report.calls))),
        kind: if is_method { SymbolKind::Method } else { SymbolKind::Function },
        range,
        name_range,
        children: functions_in(layout, index, root, live),
    }
}

/// The key of a map entry as a name.
fn key_text(key: &Expr) -> String {
    match key {
        Expr::Literal(literal) => match literal.value() {
            Some(LiteralValue::String(text)) if !text.trim().is_empty() => text,
            _ => key.syntax().text().to_string(),
        },
        other => format!("[{}]", other.syntax().text()),
    }
}

/// A function without a name, as it begins.
fn literal_text(node: &SyntaxNode) -> Option<String> {
    let function = node.ancestors().find_map(FunctionExpr::cast)?;
    let params: Vec<_> = function.params().map(|it| it.syntax().text().to_string().trim().to_owned()).collect();
    Some(format!("function({})", params.join(", ")))
}

/// The global variable that a top-level statement assigns, unless it is a function.
fn variable(root: &SyntaxNode, unit: &LayoutUnit<'_>) -> Option<(String, TextRange, TextRange)> {
    if unit.kind != UnitKind::Statement {
        return None;
    }
    let child = root.child_or_token_at_range(unit.range)?.into_node()?;
    let assign = AssignStmt::cast(child)?;
    let Expr::Name(target) = assign.target()? else {
        return None;
    };
    let is_plain = assign.operator() == Some(SyntaxKind::Eq) && !matches!(assign.value(), Some(Expr::Function(_)));
    is_plain.then(|| (target.syntax().text().to_string().trim().to_owned(), target.range(), assign.range()))
}
