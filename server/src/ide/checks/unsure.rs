//! Variables that have a value on some ways only: of functions those that types found, of the file those that its statements assign.
//!
//! Part of `checks`; where no setting asks for them, those of one form alone, see [`form`]. Invariants: a read whose value is certain by the
//! conditions around it is not told; a global is told only if nothing but statements of the file gives it a value, and no other file takes
//! part in it; of each global the first such read is told, since a program that goes on behind that has the value.

mod form;

use super::correlated;
use super::{Behind, Check, Weight, is_imported};
use crate::db::{self, FileFacts, LiveDb};
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
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The code of what is told here.
pub(super) const CODE: &str = "possibly-unassigned";

/// So many statements behind an `if` are asked whether they read what it assigns.
const MOST_READERS: usize = 8;

/// So many globals are told of a file.
const MOST_MISSED: usize = 50;

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

/// The same of what is told without a setting.
pub(super) fn add_certain(
    db: &LiveDb,
    document: &DocumentView,
    (settings, places): (&Checks, &Places),
    found: &mut Vec<Check>,
) {
    let facts = db::file_facts(db, document.file);
    // Behind an end in the middle of a statement more is certain than its ways show.
    if facts.is_read("exit") {
        return found.retain(|it| it.code != CODE);
    }
    let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
    found.retain(|it| it.code != CODE || is_missed_inside(db, document, (&root, &facts), it.range));
    missed_globals(db, document, (&root, &facts), (settings, places), found);
}

/// Whether a read in a function finds no value behind an `if` that alone gives it one.
fn is_missed_inside(
    db: &LiveDb,
    document: &DocumentView,
    (root, facts): (&SyntaxNode, &FileFacts),
    range: TextRange,
) -> bool {
    let Some(read) = root.covering_element(range).ancestors().find_map(NameExpr::cast) else { return false };
    let Some(name) = read.name_token() else { return false };
    let function = read.syntax().ancestors().find(|it| FunctionExpr::can_cast(it.kind()));
    let (Some(function), Some(missed)) = (function, form::missed_by(&read)) else { return false };
    let mut all = correlated::assignments(&function, name.text()).into_iter();
    all.all(|it| missed.range().contains_range(it.range))
        && !is_through(facts, name.text())
        && !is_sure(db, document, root, range)
}

/// Whether code may give or take the name a value by the map of the variables.
fn is_through(facts: &FileFacts, name: &str) -> bool {
    facts.is_read_through(name) || facts.is_read_through("remove")
}

/// Globals that one statement of the file, an `if`, gives a value on some ways, and that one behind it reads.
fn missed_globals(
    db: &LiveDb,
    document: &DocumentView,
    (root, facts): (&SyntaxNode, &FileFacts),
    (settings, places): (&Checks, &Places),
    found: &mut Vec<Check>,
) {
    let behind = Behind::new(db, document.file, places);
    let may_be_other = |name: &str| {
        is_through(facts, name)
            || settings.knows(name)
            || behind.gives_global(name)
            || is_bound_otherwise(db, document, name)
    };
    let reads = given_once(facts)
        .filter_map(|(unit, name)| Some((name, missed_global(db, document, (root, facts), (unit, name))?)));
    let mut reads = reads.filter(|(name, _)| !may_be_other(name)).take(MOST_MISSED).peekable();
    if reads.peek().is_none() || !is_in_sight(db, document, facts, &behind) {
        return;
    }
    for (name, range) in reads {
        if !found.iter().any(|it| it.range == range) {
            found.push(Check { range, code: CODE, weight: Weight::Advice, message: message(name), fix: None });
        }
    }
}

/// The globals to which one statement alone gives values, and not whatever happens.
fn given_once(facts: &FileFacts) -> impl Iterator<Item = (u32, &SmolStr)> {
    facts.decisions().flat_map(move |unit| {
        let names: BTreeSet<_> = facts.unit(unit).facts.assigned.iter().map(|(name, _)| name).collect();
        let is_once = move |name: &&SmolStr| {
            intrinsics::find(name).is_none() && facts.globals(name).all(|(giver, _)| giver == unit)
        };
        names.into_iter().filter(is_once).map(move |name| (unit, name))
    })
}

/// The first read behind a statement that finds no value of a global to which that alone gives some.
fn missed_global(
    db: &LiveDb,
    document: &DocumentView,
    (root, facts): (&SyntaxNode, &FileFacts),
    (unit, name): (u32, &str),
) -> Option<TextRange> {
    let units = db::units(db, document.file);
    let is_behind = |it: &u32| *it > unit && facts.unit(*it).kind == UnitKind::Statement;
    let mut readers = facts.readers(name).filter(is_behind).take(MOST_READERS);
    readers.find_map(|it| missed_read(root, units.at(it).range(), name))
}

/// The first read of a name in a statement that finds no value behind an `if`.
fn missed_read(root: &SyntaxNode, statement: TextRange, name: &str) -> Option<TextRange> {
    let node = root.covering_element(statement).into_node()?;
    let is_it = |it: &NameExpr| {
        it.name_token().is_some_and(|it| it.text() == name) && statement.contains_range(it.syntax().text_range())
    };
    let read = reads(&node).into_iter().filter(is_it).find(|it| form::missed_by(it).is_some())?;
    Some(read.syntax().text_range())
}

/// Whether nobody but the text of the file gives globals values.
fn is_in_sight(db: &LiveDb, document: &DocumentView, facts: &FileFacts, behind: &Behind<'_>) -> bool {
    !facts.is_read_through("hasIndex")
        && !db::gets_globals_out_of_sight(facts)
        && !is_imported(db, document.file)
        && !behind.may_give_more()
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
    // Behind an end in the middle of a statement more is certain than its ways show.
    if facts.is_read("exit") || !is_in_sight(db, document, &facts, &behind) {
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
