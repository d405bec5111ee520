//! Document symbols: functions and global variables, maps with their members, with what is known about their code.
//!
//! Reads the layout for functions and the tree for names. Members are those of a map literal and those that the statements right behind
//! give it; what is assigned further on stands by itself, since a symbol is one piece of text. Invariant: a symbol's name range lies
//! inside its range, and its children inside its own.

use super::Live;
use super::tiers::{count, report, word};
use crate::db::{self, Layout, LayoutUnit, LiveDb};
use crate::document::DocumentView;
use minilive_mir::ir::UnitKind;
use minilive_syntax::ast::{AssignStmt, AstNode, Expr, FunctionExpr, LiteralValue, MapEntry, Suffix};
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
    /// A global variable with methods.
    Class,
    /// A member that is no function, of a class.
    Field,
    /// The same of any other map.
    Property,
}

/// One symbol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Parameters, tier and count.
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
    let imports = db::module_imports(db, document.file);
    let modules = imports.iter().filter_map(|it| it.name.rsplit('/').next().map(str::to_owned)).collect();
    let mut outline = Outline { modules, ..Outline::default() };
    let units = db.while_wanted(layout.units()).enumerate();
    for (index, unit) in units.filter(|(_, unit)| unit.parent.is_none()) {
        let functions = functions_in(&layout, index as u32, &root, live);
        outline.statement(assignment(&root, &unit), functions);
    }
    outline.symbols
}

/// The symbols so far.
#[derive(Default)]
struct Outline {
    symbols: Vec<Symbol>,
    seen: FxHashSet<String>,
    /// The names of imported modules.
    modules: FxHashSet<String>,
    /// Whether the statement before made the last symbol or gave it a member.
    goes_on: bool,
}

impl Outline {
    fn statement(&mut self, assign: Option<AssignStmt>, mut functions: Vec<Symbol>) {
        let target = assign.as_ref().and_then(AssignStmt::target);
        let (Some(assign), Some(target)) = (assign, target) else { return self.others(functions) };
        let range = assign.range();
        if let Expr::Name(name) = &target {
            let text = name.syntax().text().to_string().trim().to_owned();
            let is_new = !matches!(assign.value(), Some(Expr::Function(_))) && self.seen.insert(text.clone());
            if !is_new {
                return self.others(functions);
            }
            let mut children = assign.value().map_or_else(Vec::new, |it| entries(&it, &mut functions));
            children.append(&mut functions);
            children.sort_by_key(|it| it.range.start());
            let (name_range, kind) = (target.range(), SymbolKind::Variable);
            self.symbols.push(Symbol { name: text, detail: None, kind, range, name_range, children });
            self.goes_on = true;
            return self.classify();
        }
        let owner = self.symbols.last_mut().filter(|_| self.goes_on);
        let found = owner.and_then(|owner| {
            let member = member(&target, &owner.name)?;
            Some((owner, member))
        });
        let Some((owner, (name, name_range))) = found else { return self.elsewhere(&target, range, functions) };
        owner.range = owner.range.cover(range);
        let function = functions.iter().position(|it| it.range == range).map(|at| functions.remove(at));
        match function {
            Some(function) => owner.children.push(Symbol { name, name_range, ..function }),
            None if !owner.children.iter().any(|it| it.name == name) => {
                let children = assign.value().map_or_else(Vec::new, |it| entries(&it, &mut functions));
                let kind = SymbolKind::Property;
                owner.children.push(Symbol { name, detail: None, kind, range, name_range, children });
            }
            None => {}
        }
        owner.children.append(&mut functions);
        self.classify();
    }

    /// A member that is given to something which is not made right before: to the globals, or to a module.
    fn elsewhere(&mut self, target: &Expr, range: TextRange, functions: Vec<Symbol>) {
        let name = target.syntax().text().to_string().trim().to_owned();
        let is_function = functions.iter().any(|it| it.range == range);
        let owner = name.split_once('.').map(|it| it.0);
        let is_told = owner.is_some_and(|it| it == "globals" || self.modules.contains(it));
        if is_function || !is_told || !self.seen.insert(name.clone()) {
            return self.others(functions);
        }
        let (name_range, kind) = (target.range(), SymbolKind::Property);
        self.symbols.push(Symbol { name, detail: None, kind, range, name_range, children: functions });
        self.goes_on = false;
    }

    /// What belongs to no variable.
    fn others(&mut self, functions: Vec<Symbol>) {
        self.symbols.extend(functions);
        self.goes_on = false;
    }

    /// A map with methods is a class.
    fn classify(&mut self) {
        let Some(last) = self.symbols.last_mut() else { return };
        if last.children.iter().any(|it| it.kind == SymbolKind::Method) {
            last.kind = SymbolKind::Class;
            let fields = last.children.iter_mut().filter(|it| it.kind == SymbolKind::Property);
            fields.for_each(|it| it.kind = SymbolKind::Field);
        }
    }
}

/// The assignment that a statement of the file is.
fn assignment(root: &SyntaxNode, unit: &LayoutUnit<'_>) -> Option<AssignStmt> {
    let child = (unit.kind == UnitKind::Statement).then(|| root.child_or_token_at_range(unit.range))??;
    AssignStmt::cast(child.into_node()?).filter(|it| it.operator() == Some(SyntaxKind::Eq))
}

/// The member in `OWNER.member` or `OWNER["member"]`.
fn member(target: &Expr, owner: &str) -> Option<(String, TextRange)> {
    let Expr::Postfix(chain) = target else { return None };
    let Some(Expr::Name(base)) = chain.base() else { return None };
    let suffixes: Vec<_> = chain.suffixes().take(2).collect();
    if base.name_token()?.text() != owner {
        return None;
    }
    match &*suffixes {
        [Suffix::Member(member)] => {
            let token = member.name_token()?;
            Some((token.text().to_owned(), token.text_range()))
        }
        [Suffix::Index(index)] => match index.index()? {
            Expr::Literal(key) if matches!(key.value(), Some(LiteralValue::String(_))) => {
                let range = key.syntax().text_range();
                Some((key_text(&Expr::Literal(key)), range))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The entries of a map literal; functions among them are taken from those that were found.
fn entries(value: &Expr, functions: &mut Vec<Symbol>) -> Vec<Symbol> {
    let Expr::Map(map) = value else { return Vec::new() };
    let entry = |entry: MapEntry| {
        let (key, range) = (entry.key()?, entry.syntax().text_range());
        if let Some(at) = functions.iter().position(|it| it.range == range) {
            return Some(functions.remove(at));
        }
        let children = entry.value().map_or_else(Vec::new, |it| entries(&it, functions));
        let (name, name_range) = (key_text(&key), key.range());
        Some(Symbol { name, detail: None, kind: SymbolKind::Property, range, name_range, children })
    };
    map.entries().filter_map(entry).collect()
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
    let is_literal = key.is_none() && unit.name.starts_with('@');
    let name = match key {
        Some(key) => key,
        None if unit.name.starts_with('@') => node.as_ref().and_then(literal_text).unwrap_or_default(),
        None => unit.name.to_string(),
    };
    let params =
        node.as_ref().and_then(|node| node.ancestors().find_map(FunctionExpr::cast)).map(|it| params_text(&it));
    let ran = report.map(|report| format!("{} · ×{}", word(report.tier), count(report.calls)));
    let detail: Vec<_> = params.filter(|_| !is_literal).into_iter().chain(ran).collect();
    Symbol {
        name,
        detail: (!detail.is_empty()).then(|| detail.join(" · ")),
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
    Some(format!("function{}", params_text(&function)))
}

/// The parameters of a function in parentheses.
fn params_text(function: &FunctionExpr) -> String {
    let params: Vec<_> = function.params().map(|it| it.syntax().text().to_string().trim().to_owned()).collect();
    format!("({})", params.join(", "))
}
