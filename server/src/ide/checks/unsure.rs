//! Variables that have a value on some ways only: of functions those that types found, of the file those that its statements assign.
//!
//! Part of `checks`; only where a setting asks for them. Invariants: a read whose value is certain by the conditions around it is not told;
//! a global is told only if nothing but statements of the file gives it a value, and no other file takes part in it; of each global the
//! first such read is told, since a program that goes on behind that has the value.

use super::correlated;
use super::{Behind, Check, Weight, is_imported};
use crate::db::{self, LiveDb};
use crate::document::DocumentView;
use crate::modules::Places;
use crate::settings::Checks;
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{NameUse, Place};
use minilive_mir::scope::Scope;
use minilive_mir::source_map::LineStarts;
use minilive_runtime::intrinsics;
use minilive_syntax::ast::{AssignStmt, AstNode, BinaryExpr, FunctionExpr, NameExpr, SourceFile};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange};
use rowan::WalkEvent;
use rustc_hash::FxHashSet;

/// The code of what is told here.
pub(super) const CODE: &str = "possibly-unassigned";

/// Leaves out reads in functions that certainly find a value, and adds those of globals that may find none.
pub(super) fn add(
    db: &LiveDb,
    document: &DocumentView,
    (settings, places): (&Checks, &Places),
    found: &mut Vec<Check>,
) {
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    found.retain(|it| it.code != CODE || !is_sure(db, document, &root, it.range));
    globals(db, document, &root, (settings, places), found);
}

pub(super) fn message(name: &str) -> String {
    format!("`{name}` may have no value here: it gets one on some ways only")
}

fn is_sure(db: &LiveDb, document: &DocumentView, root: &SyntaxNode, range: TextRange) -> bool {
    let (facts, units) = (db::file_facts(db, document.file), db::units(db, document.file));
    let Some(read) = root.covering_element(range).ancestors().find_map(NameExpr::cast) else { return false };
    let Some(unit) = (0..units.len() as u32).rev().find(|&it| units.at(it).range().contains_range(range)) else {
        return false;
    };
    // Another function may change a flag that it can reach.
    let by_closure = |name: &str| {
        facts.children(unit).any(|child| {
            let says = &facts.unit(child).facts;
            says.open.outer || says.outer.iter().any(|(it, _)| it == name)
        })
    };
    correlated::has_value(&read, |flag| {
        facts.has_variable(unit, flag) && !facts.unit(unit).facts.open.locals && !by_closure(flag)
    })
}

fn globals(
    db: &LiveDb,
    document: &DocumentView,
    root: &SyntaxNode,
    (settings, places): (&Checks, &Places),
    found: &mut Vec<Check>,
) {
    let (file, facts) = (document.file, db::file_facts(db, document.file));
    let behind = Behind::new(db, file, places);
    let asks = facts.units.iter().any(|it| it.facts.read_through.contains("hasIndex"));
    // Behind an end in the middle of a statement more is certain than its ways show.
    let ends = facts.is_read("exit");
    if asks || ends || db::gets_globals_out_of_sight(&facts) || is_imported(db, file) || behind.may_give_more() {
        return;
    }
    let by_statements = |name: &str| {
        let mut values = facts.globals(name);
        facts.is_global(name) && values.all(|(unit, _)| facts.unit(unit).kind == UnitKind::Statement)
    };
    let by_file =
        |name: &str| by_statements(name) && !behind.gives_global(name) && !is_bound_otherwise(db, document, name);
    let Some(tree) = SourceFile::cast(root.clone()) else { return };
    let scope = Scope::of_module(&tree, &LineStarts::of_tree(&root.green()));
    let mut told: FxHashSet<String> = FxHashSet::default();
    for read in reads(root) {
        let Some(name) = read.name_token() else { continue };
        let range = name.text_range();
        let name = name.text();
        let may_lack = scope.variable(name).is_some() && !scope.read_at(range.start()).definite;
        if !may_lack
            || told.contains(name)
            || intrinsics::find(name).is_some()
            || settings.knows(name)
            || !by_file(name)
        {
            continue;
        }
        told.insert(name.to_owned());
        // What stands behind `and` or `or` mostly is kept from running by what is before.
        let is_guarded = read.syntax().ancestors().any(|it| is_right_of_logic(&it));
        let is_told = is_guarded || found.iter().any(|it| it.range == range);
        if !is_told && !correlated::has_value(&read, by_file) {
            found.push(Check { range, code: CODE, weight: Weight::Advice, message: message(name), fix: None });
        }
    }
}

/// Whether a global gets a value, or loses it, in a way that is no assignment: by an `import`, or through `globals`.
fn is_bound_otherwise(db: &LiveDb, document: &DocumentView, name: &str) -> bool {
    db::units(db, document.file).iter().any(|placed| {
        let uses = &db::unit_names(db, placed.unit).uses;
        let is_other = |it: &NameUse| {
            it.name == name && (it.quoted || matches!(it.place, Place::Globals | Place::Locals | Place::Outer))
        };
        uses.iter().any(is_other)
    })
}

/// The names that the file's own code reads, in source order.
fn reads(root: &SyntaxNode) -> Vec<NameExpr> {
    let (mut found, mut walk) = (Vec::new(), root.preorder());
    while let Some(event) = walk.next() {
        let WalkEvent::Enter(node) = event else { continue };
        if FunctionExpr::can_cast(node.kind()) {
            walk.skip_subtree();
        }
        let is_target = node.parent().is_some_and(|it| {
            let first = it.first_child().is_some_and(|it| it == node);
            it.kind() == SyntaxKind::AssignStmt && first && !is_update(&it)
        });
        found.extend(NameExpr::cast(node).filter(|_| !is_target));
    }
    found
}

/// Whether a node is an operand behind `and` or `or`.
fn is_right_of_logic(node: &SyntaxNode) -> bool {
    let chain = node.parent().and_then(BinaryExpr::cast);
    chain.is_some_and(|chain| {
        let is_logic = chain.operators().any(|it| matches!(it, SyntaxKind::AndKw | SyntaxKind::OrKw));
        is_logic && chain.operands().next().is_some_and(|it| it.syntax() != node)
    })
}

/// Whether an assignment reads its target first.
fn is_update(assign: &SyntaxNode) -> bool {
    let operator = AssignStmt::cast(assign.clone()).and_then(|it| it.operator());
    operator.is_some_and(|it| it != SyntaxKind::Eq)
}
