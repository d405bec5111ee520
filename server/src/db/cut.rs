//! Cutting a file into statements and units, of which an edit leaves most as they were.
//!
//! `units` asks for each revision, with what the last one gave. [`Replaced`] finds the children of the tree that are other objects than
//! before, and cuts the statements among them; where statements behind would get another number among equal ones, or a broken past is in the
//! way, [`Collector`] goes through all. Invariant: both give the same units, and those of a text that is what it was are the same objects.

use super::Db;
use super::pieces::{Chunk, FileUnits, Piece, StatementPlace, UnitPlace};
use super::units::{Statement, UnitText};
use minilive_mir::ir::{UnitKey, UnitKind};
use minilive_mir::units::{StatementShape, is_statement, line_ends_between, statement_shape};
use minilive_syntax::TextSize;
use rowan::{GreenNode, GreenNodeData, GreenTokenData, NodeOrToken};
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// More statements than this are numbered together with all others.
const MOST_REPLACED: usize = 64;

type Child<'a> = NodeOrToken<&'a GreenNodeData, &'a GreenTokenData>;

/// The units of a tree.
pub(super) fn cut(db: &dyn Db, before: &FileUnits, root: &GreenNode) -> FileUnits {
    let replaced = Replaced::of(before, root).and_then(|it| it.cut(db));
    replaced.unwrap_or_else(|| {
        db.makes("every_statement", None);
        Collector::new(db, before, root).collect()
    })
}

/// Whether two pieces of trees are one object. Looks at neither.
pub(super) fn is_same(a: &GreenNodeData, b: &GreenNodeData) -> bool {
    std::ptr::eq(a, b)
}

fn is_same_child((a, b): &(Child<'_>, Child<'_>)) -> bool {
    match (a, b) {
        (NodeOrToken::Node(a), NodeOrToken::Node(b)) => is_same(a, b),
        (NodeOrToken::Token(a), NodeOrToken::Token(b)) => std::ptr::eq::<GreenTokenData>(*a, *b),
        _ => false,
    }
}

fn statements(file: &GreenNodeData) -> impl DoubleEndedIterator<Item = &GreenNodeData> {
    file.children().filter_map(NodeOrToken::into_node).filter(|node| is_statement(node))
}

/// The children at one end of a tree that are what they were.
#[derive(Default)]
struct Kept {
    children: usize,
    statements: usize,
    /// How many of these children are beyond the last of these statements.
    beyond: usize,
}

impl Kept {
    fn of<'a>(
        pairs: impl Iterator<Item = (Child<'a>, Child<'a>)>,
        mut statements: impl Iterator<Item = &'a StatementPlace>,
    ) -> Kept {
        let mut kept = Kept::default();
        let mut next = statements.next();
        for (now, _) in pairs.take_while(is_same_child) {
            kept.children += 1;
            kept.beyond += 1;
            if let (NodeOrToken::Node(node), Some(it)) = (now, next)
                && is_same(node, &it.green)
            {
                kept.statements += 1;
                kept.beyond = 0;
                next = statements.next();
            }
        }
        kept
    }
}

/// What an edit replaced among the statements of a file.
struct Replaced<'a> {
    before: &'a FileUnits,
    root: &'a GreenNode,
    /// How much is what it was at the start and at the end.
    first: Kept,
    last: Kept,
    old: Vec<&'a StatementPlace>,
}

impl<'a> Replaced<'a> {
    /// None if nothing is known of the tree before, or much is replaced.
    fn of(before: &'a FileUnits, root: &'a GreenNode) -> Option<Replaced<'a>> {
        let (old, now) = (before.root.as_ref()?.children(), root.children());
        let all: usize = before.pieces.iter().map(|it| it.statements.len()).sum();
        let places = || before.statement_places().map(|(_, it)| it);
        let first = Kept::of(now.clone().zip(old.clone()), places());
        let left = old.len().min(now.len()) - first.children;
        let last = Kept::of(now.rev().zip(old.rev()).take(left), places().rev().take(all - first.statements));
        let count = all - first.statements - last.statements;
        (count <= MOST_REPLACED).then(|| {
            let old = places().skip(first.statements).take(count).collect();
            Replaced { before, root, first, last, old }
        })
    }

    /// None if statements behind get other numbers.
    fn cut(&self, db: &dyn Db) -> Option<FileUnits> {
        let (mut start, mut line) = self.edge();
        let children = self.root.children();
        let (first, end) = (self.first.children - self.first.beyond, children.len() - self.last.children);
        let mut new = Vec::new();
        for child in children.skip(first).take(end - first) {
            match child {
                NodeOrToken::Node(node) if is_statement(node) => {
                    let shape = shape(db, node);
                    let ends = shape.line_ends();
                    new.push((node, shape, start, line));
                    line += ends;
                }
                between => line += line_ends_between(between),
            }
            start += child.text_len();
        }
        if new.len() > MOST_REPLACED || !self.keeps_numbers(&new) {
            return None;
        }
        for child in self.root.children().skip(end).take(self.last.beyond) {
            line += line_ends_between(child);
            start += child.text_len();
        }
        Some(self.put_together(db, new, (start, line)))
    }

    /// Where the first child stands that is not what it was, or the first behind the last statement before that.
    fn edge(&self) -> (TextSize, u32) {
        let last = self.first.statements.checked_sub(1).and_then(|at| self.before.statement_places().nth(at));
        last.map_or((TextSize::new(0), 1), |(piece, it)| {
            (piece.start_of(it.start) + it.len, piece.line_of(it.line) + it.line_ends)
        })
    }

    /// The statements that are what they were at the end.
    fn behind(&self) -> impl Iterator<Item = &StatementPlace> {
        self.before.statement_places().rev().take(self.last.statements).map(|(_, it)| it)
    }

    /// Whether no statement behind gets another number among equal ones, nor a function without a name another number among all.
    fn keeps_numbers(&self, new: &[(&GreenNodeData, Arc<StatementShape>, TextSize, u32)]) -> bool {
        let mut counts = FxHashMap::<u64, i32>::default();
        self.old.iter().for_each(|it| *counts.entry(it.content).or_default() -= 1);
        new.iter().for_each(|(_, shape, ..)| *counts.entry(shape.content()).or_default() += 1);
        counts.retain(|_, count| *count != 0);
        let functions: u32 = self.old.iter().map(|it| it.functions).sum();
        let is_more = functions != new.iter().map(|(_, shape, ..)| shape.function_count()).sum::<u32>();
        if counts.is_empty() && !is_more {
            return true;
        }
        let counts: Vec<u64> = counts.into_keys().collect();
        !self.behind().any(|it| counts.contains(&it.content) || is_more && it.has_nameless)
    }

    fn put_together(
        &self,
        db: &dyn Db,
        new: Vec<(&GreenNodeData, Arc<StatementShape>, TextSize, u32)>,
        (start, line): (TextSize, u32),
    ) -> FileUnits {
        let mut chunk = Chunk::default();
        for (node, shape, start, line) in new {
            let before = || self.before.statement_places().take(self.first.statements).map(|(_, it)| it);
            let all = || before().chain(&chunk.statements);
            let equal = all().filter(|it| it.content == shape.content()).count() as u32;
            // Only functions without a name have numbers.
            let functions = if shape.has_nameless() { all().map(|it| it.functions).sum() } else { 0 };
            let unit = |key, kind, green: GreenNode| {
                let replaced = self.old.iter().flat_map(|it| &it.statement.units).map(|it| &it.unit);
                let old = Old { unit: replaced.into_iter().find(|unit| unit.key == key), is_edit: true };
                unit(db, &old, key, kind, green)
            };
            let statement = Statement::new(node, shape, (equal, functions), unit);
            chunk.push(node.to_owned(), Arc::new(statement), start, line);
        }
        let mut pieces = self.at_start();
        pieces.extend(whole(chunk));
        pieces.extend(self.at_end(start, line));
        FileUnits::new(self.root.clone(), pieces)
    }

    fn at_start(&self) -> Vec<Piece> {
        let mut left = self.first.statements as u32;
        let mut pieces = Vec::with_capacity(self.before.pieces.len() + 2);
        for piece in &self.before.pieces {
            let Range { start, end } = piece.statements.clone();
            let count = left.min(end - start);
            left -= count;
            if count > 0 {
                pieces.push(piece.part(start..start + count));
            }
        }
        pieces
    }

    /// What is behind, of which the first statement starts at a place.
    fn at_end(&self, start: TextSize, line: u32) -> Vec<Piece> {
        let mut left = self.last.statements as u32;
        let mut parts = Vec::with_capacity(self.before.pieces.len());
        for piece in self.before.pieces.iter().rev() {
            let count = left.min(piece.statements.len() as u32);
            left -= count;
            if count > 0 {
                parts.push(piece.part(piece.statements.end - count..piece.statements.end));
            }
        }
        let Some(first) = parts.last() else { return parts };
        let was = &first.places()[0];
        let (was_start, was_line) = (first.start_of(was.start), first.line_of(was.line));
        let moved = parts.iter().rev().map(|part| {
            let it = &part.places()[0];
            let offset = part.start_of(it.start) - was_start;
            let lines = part.line_of(it.line) - was_line;
            Piece::new(part.chunk.clone(), part.statements.clone(), start + offset, line + lines)
        });
        moved.collect()
    }
}

/// A whole chunk where it was cut.
fn whole(chunk: Chunk) -> Option<Piece> {
    let statements = 0..chunk.statements.len() as u32;
    let (start, line) = chunk.statements.first().map(|it| (it.start, it.line))?;
    Some(Piece::new(Arc::new(chunk), statements, start, line))
}

fn shape(db: &dyn Db, node: &GreenNodeData) -> Arc<StatementShape> {
    db.unwind_if_revision_cancelled();
    db.makes("shape", None);
    Arc::new(statement_shape(node))
}

/// What there was before a unit.
pub(super) struct Old<'a> {
    /// The unit of the same key.
    pub(super) unit: Option<&'a Arc<UnitText>>,
    /// The file is open and had another text: somebody edits it.
    pub(super) is_edit: bool,
}

/// The unit as it was, if its text is what it was.
fn unit(db: &dyn Db, old: &Old<'_>, key: UnitKey, kind: UnitKind, green: GreenNode) -> Arc<UnitText> {
    match old.unit {
        Some(old) if is_same(&old.green, &green) || old.green == green => old.clone(),
        _ => {
            db.makes("cut", Some(key));
            Arc::new(UnitText::new(key, kind, green, old))
        }
    }
}

/// Puts the units of a file together from those it had and those of edited statements, all of which it looks at.
struct Collector<'a> {
    db: &'a dyn Db,
    root: &'a GreenNode,
    before: Vec<&'a StatementPlace>,
    /// The statements before that are not found again: from the first that is another object to the last.
    replaced: Range<usize>,
    /// All units before by key, once a statement has got another number among equal ones.
    by_key: OnceLock<FxHashMap<UnitKey, &'a UnitPlace>>,
    all_before: &'a FileUnits,
    now: Chunk,
    equal: FxHashMap<u64, u32>,
    functions: u32,
}

impl<'a> Collector<'a> {
    fn new(db: &'a dyn Db, all_before: &'a FileUnits, root: &'a GreenNode) -> Collector<'a> {
        let before: Vec<_> = all_before.statement_places().map(|(_, it)| it).collect();
        let both = |(now, old): &(&GreenNodeData, &&StatementPlace)| is_same(now, &old.green);
        let same_start = statements(root).zip(&before).take_while(both).count();
        let same_end = statements(root).rev().zip(before.iter().rev()).take_while(both).count();
        let end = before.len() - same_end;
        Collector {
            db,
            root,
            replaced: same_start.min(end)..end,
            before,
            by_key: OnceLock::new(),
            all_before,
            now: Chunk::default(),
            equal: FxHashMap::default(),
            functions: 0,
        }
    }

    fn collect(mut self) -> FileUnits {
        let (old, count) = (self.before.len(), statements(self.root).count());
        self.now.statements.reserve_exact(count);
        // So many statements at the start and at the end are the objects they were.
        let (first, last) = (self.replaced.start, old - self.replaced.end);
        let (mut start, mut line, mut number) = (TextSize::new(0), 1, 0);
        for child in self.root.children() {
            match child {
                NodeOrToken::Node(node) if is_statement(node) => {
                    let left = count - number;
                    let known = match number {
                        _ if number < first => Some(&self.before[number].statement),
                        _ if left <= last => Some(&self.before[old - left].statement),
                        _ => None,
                    };
                    line += self.statement(node, known, start, line);
                    number += 1;
                }
                between => line += line_ends_between(between),
            }
            start += child.text_len();
        }
        self.now.units.shrink_to_fit();
        FileUnits::new(self.root.clone(), whole(self.now).into_iter().collect())
    }

    /// Adds a statement; tells how many line ends it has.
    fn statement(&mut self, node: &GreenNodeData, known: Option<&Arc<Statement>>, start: TextSize, line: u32) -> u32 {
        let shape = known.map_or_else(|| shape(self.db, node), |known| known.shape.clone());
        let equal = self.equal.entry(shape.content()).or_default();
        let numbers = (*equal, self.functions);
        *equal += 1;
        self.functions += shape.function_count();
        let line_ends = shape.line_ends();
        let statement = match known {
            Some(known) if known.has_numbers(numbers) => known.clone(),
            _ => {
                let unit = |key, kind, green| {
                    let old = if known.is_some() { self.anywhere(key) } else { self.replaced(key) };
                    let is_edit = !self.before.is_empty();
                    unit(self.db, &Old { unit: old, is_edit }, key, kind, green)
                };
                Arc::new(Statement::new(node, shape, numbers, unit))
            }
        };
        self.now.push(node.to_owned(), statement, start, line);
        line_ends
    }

    fn replaced(&self, key: UnitKey) -> Option<&'a Arc<UnitText>> {
        let replaced = self.before[self.replaced.clone()].iter();
        replaced.flat_map(|it| &it.statement.units).map(|it| &it.unit).find(|unit| unit.key == key)
    }

    fn anywhere(&self, key: UnitKey) -> Option<&'a Arc<UnitText>> {
        let units = || self.all_before.pieces.iter().flat_map(Piece::unit_places);
        let all = || units().map(|it| (it.unit.key, it)).collect();
        self.by_key.get_or_init(all).get(&key).map(|it| &it.unit)
    }
}
