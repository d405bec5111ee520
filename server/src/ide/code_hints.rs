//! Inlay hints of the code itself: types behind variables where they are first assigned, names of parameters before arguments.
//!
//! Both are off unless a setting asks for them. Reads types that are certain and functions that a callee is inferred to be. Invariant: a hint
//! says nothing that stands there anyway: no type of a literal, no name before a variable of that name.

use super::Live;
use super::describe::type_text;
use super::infer::{Infer, Kind, Object, UnitRef};
use super::names::units_at;
use super::types;
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use minilive_mir::ir::RecordKind;
use minilive_mir::names::{Symbol, symbol_before};
use minilive_syntax::ast::{AssignStmt, AstNode, CallStmt, CallSuffix, Expr, ForStmt};
use minilive_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};
use rowan::WalkEvent;
use rustc_hash::FxHashSet;

/// What a hint tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeHintKind {
    /// The type of the variable before it.
    Type,
    /// The parameter of the argument behind it.
    Parameter,
}

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodeHint {
    /// Where.
    pub offset: TextSize,
    /// What is shown.
    pub label: String,
    /// What it tells.
    pub kind: CodeHintKind,
}

/// The hints of a range.
pub fn code_hints(db: &LiveDb, document: &DocumentView, live: &Live, range: TextRange) -> Vec<CodeHint> {
    let show = live.show;
    if !show.types && !show.parameters {
        return Vec::new();
    }
    let mut look =
        Look { db, document, infer: Infer::new(db, &live.places), named: FxHashSet::default(), found: Vec::new() };
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    let mut walk = root.preorder();
    let mut wanted = db::Wanted::new(db);
    while let Some(event) = walk.next() {
        wanted.round();
        let WalkEvent::Enter(node) = event else { continue };
        if node.text_range().intersect(range).is_none() {
            walk.skip_subtree();
            continue;
        }
        if show.types {
            look.variable(&node);
        }
        if show.parameters {
            look.call(&node);
        }
    }
    look.found.retain(|it| range.contains_inclusive(it.offset));
    look.found.sort_by_key(|it| it.offset);
    look.found
}

struct Look<'a> {
    db: &'a LiveDb,
    document: &'a DocumentView,
    infer: Infer<'a>,
    /// Variables that have their hint: only the first assignment gets one.
    named: FxHashSet<(u32, String)>,
    found: Vec<CodeHint>,
}

impl Look<'_> {
    fn variable(&mut self, node: &SyntaxNode) {
        let name = match (AssignStmt::cast(node.clone()), ForStmt::cast(node.clone())) {
            (Some(assign), _) => match (assign.target(), assign.value()) {
                (Some(Expr::Name(name)), Some(value)) if is_plain(&value) => return self.is_shown(name.name_token()),
                (Some(Expr::Name(name)), Some(_)) => name.name_token(),
                _ => None,
            },
            (_, Some(statement)) => statement.variable(),
            _ => None,
        };
        if let Some(name) = name {
            self.typed(&name);
        }
    }

    /// A variable whose first value shows its type needs no hint anywhere.
    fn is_shown(&mut self, name: Option<SyntaxToken>) {
        let Some(name) = name else { return };
        if let Some(unit) = units_at(self.db, self.document.file, name.text_range().start()).next() {
            self.named.insert((unit, name.text().to_owned()));
        }
    }

    /// The type that the first assignment gives.
    fn typed(&mut self, name: &SyntaxToken) {
        let file = self.document.file;
        let Some(unit) = units_at(self.db, file, name.text_range().start()).next() else { return };
        if !self.named.insert((unit, name.text().to_owned())) {
            return;
        }
        let Some(placed) = db::units(self.db, file).get(unit as usize) else { return };
        let Some(statement) =
            name.parent_ancestors().find(|it| AssignStmt::can_cast(it.kind()) || ForStmt::can_cast(it.kind()))
        else {
            return;
        };
        let Some(relative) = statement.text_range().checked_sub(placed.start) else { return };
        let (code, places) = (&db::function_mir(self.db, placed.unit).unit, db::unit_places(self.db, placed.unit));
        let results = types::certain(self.db, file, unit as usize);
        // The value that a recording would show of this statement.
        let record = code.records.iter().find(|it| {
            places.ranges.get(it.inst.0 as usize).is_some_and(|range| relative.contains_range(*range))
                && it.kind.is_variable()
        });
        let Some(record) = record else { return };
        let block = code.blocks.iter().find(|block| (block.first..block.end).contains(&record.inst.0));
        let Some(first) = block.map(|block| block.first) else { return };
        let is_made = |at: &u32| code.insts[*at as usize].dst() == Some(record.value);
        // The variable of a loop is made by the end of the block before.
        let made = (first..=record.inst.0).rev().find(is_made);
        let made = made.or_else(|| (0..first).rev().find(is_made).filter(|_| record.kind == RecordKind::ForVariable));
        let set = made.and_then(|at| results.get(at as usize).copied());
        if let Some(words) = set.and_then(types::words) {
            let class = if words == "map" { self.class(UnitRef { file, unit }, name) } else { None };
            let told = class.unwrap_or(words);
            // What the name of the variable or of what is made says already needs no hint.
            if told.eq_ignore_ascii_case(name.text()) || makes(&statement, &told) {
                return;
            }
            let label = format!(": {told}");
            self.found.push(CodeHint { offset: name.text_range().end(), label, kind: CodeHintKind::Type });
        }
    }

    /// The name of the class of a map, if it has one whatever the map is.
    fn class(&mut self, at: UnitRef, name: &SyntaxToken) -> Option<String> {
        let symbol = Symbol::Name(name.text().into()).into();
        // What is no more than likely is not told here.
        if !self.infer.is_settled(at, &symbol) {
            return None;
        }
        let known = self.infer.value(at, &symbol);
        let is_instance = |kind: &Kind| matches!(kind, Kind::Map(Object::New(..) | Object::Born(..)));
        let text = type_text(&mut self.infer, self.db, &known);
        let text = text.filter(|_| !known.open && known.kinds.iter().all(is_instance))?;
        let class = text.strip_prefix("map `")?.strip_suffix('`')?;
        (!class.contains('`')).then(|| class.to_owned())
    }

    fn call(&mut self, node: &SyntaxNode) {
        let (end, args): (_, Vec<Expr>) = if let Some(call) = CallSuffix::cast(node.clone()) {
            (node.text_range().start(), call.arg_list().into_iter().flat_map(|it| it.args()).collect())
        } else if let Some(call) = CallStmt::cast(node.clone()) {
            let Some(callee) = call.callee() else { return };
            (callee.range().end(), call.arg_list().into_iter().flat_map(|it| it.args()).collect())
        } else {
            return;
        };
        let names = self.parameters(end).unwrap_or_default();
        // With one parameter everybody knows which it is.
        if names.len() < 2 {
            return;
        }
        for (name, arg) in names.iter().zip(&args) {
            let text = arg.syntax().text().to_string();
            let is_told = !name.is_empty() && !text.eq_ignore_ascii_case(name);
            if is_told && !text.ends_with(&format!(".{name}")) {
                let label = format!("{name}:");
                self.found.push(CodeHint { offset: arg.range().start(), label, kind: CodeHintKind::Parameter });
            }
        }
    }

    /// The names of the parameters of what is called, if it is one function.
    fn parameters(&mut self, callee_end: TextSize) -> Option<Vec<String>> {
        let file = self.document.file;
        let unit = units_at(self.db, file, callee_end).next()?;
        let placed = db::units(self.db, file).get(unit as usize)?;
        let relative = callee_end.checked_sub(placed.start)?;
        let callee = symbol_before(&placed.unit.green, placed.unit.kind, relative)?;
        let as_method = matches!(*callee, Symbol::Member(..));
        match &*self.infer.uncalled(UnitRef { file, unit }, &callee).kinds {
            [Kind::Function(function)] => {
                let facts = self.infer.facts(function.file);
                Some(facts.unit(function.unit).facts.params.iter().map(|(name, _)| name.to_string()).collect())
            }
            [Kind::Intrinsic(id)] => {
                let def = id.def();
                let skipped = usize::from(as_method && def.takes_self);
                // That a string is wanted goes without saying.
                let name = |name: &str| if name == "s" { String::new() } else { name.to_owned() };
                Some(def.params.iter().skip(skipped).map(|(it, _)| name(it)).collect())
            }
            _ => None,
        }
    }
}

/// Whether an assignment shows that it makes one of a class: `new Class`, `new module.Class`.
fn makes(statement: &SyntaxNode, class: &str) -> bool {
    let value = AssignStmt::cast(statement.clone()).and_then(|it| it.value());
    let Some(Expr::Unary(made)) = value.filter(|it| matches!(it, Expr::Unary(_))) else { return false };
    let is_new = made.operator() == Some(SyntaxKind::NewKw);
    let of = made.operand().map(|it| it.syntax().text().to_string()).unwrap_or_default();
    is_new && of.rsplit('.').next() == Some(class)
}

/// What shows its type by itself.
fn is_plain(value: &Expr) -> bool {
    matches!(value, Expr::Literal(_) | Expr::List(_) | Expr::Map(_) | Expr::Function(_))
}
