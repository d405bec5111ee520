//! The units of a file as pieces: what an edit left alone is the memory it was, at another place.
//!
//! `cut` makes them, every query that starts from [`units`](super::units) reads them. A chunk holds the statements that were cut at one
//! time, with places of that time; a piece is a row of a chunk's statements and where it stands now. So an edit in a file of
//! thousands of statements makes a small chunk and shortens two pieces. Invariants: pieces are in source order and not empty; each
//! statement has a unit of its own, and a unit's nested ones follow it in the same chunk; what a chunk holds never changes.

use super::layout::CodeEntry;
use super::units::{Statement, UnitText};
use minilive_mir::ir::UnitKey;
use minilive_syntax::{MiniScript, SyntaxKind, TextRange, TextSize};
use rowan::{GreenNode, Language};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A unit with its place in one revision.
#[derive(Debug, Clone, Copy)]
pub struct PlacedUnit<'a> {
    /// The unit.
    pub unit: &'a Arc<UnitText>,
    /// The unit around it, an index into the same list.
    pub parent: Option<u32>,
    /// Where it starts.
    pub start: TextSize,
    /// The line (1-based) on which it starts.
    pub base_line: u32,
    /// A function's name.
    pub name: &'a SmolStr,
    len: TextSize,
}

impl PlacedUnit<'_> {
    /// Its text in the file.
    pub fn range(&self) -> TextRange {
        TextRange::at(self.start, self.len)
    }
}

/// A unit at its place within something.
#[derive(Debug, Clone)]
pub(super) struct UnitPlace {
    pub unit: Arc<UnitText>,
    /// An index into the list that this stands in.
    pub parent: Option<u32>,
    pub start: TextSize,
    pub len: TextSize,
    pub base_line: u32,
    pub name: SmolStr,
}

/// A statement at its place, with what edits elsewhere ask of it: beside each other in memory, since they ask all statements.
#[derive(Clone)]
pub(super) struct StatementPlace {
    pub green: GreenNode,
    pub statement: Arc<Statement>,
    /// Of its shape: a hash of its tokens.
    pub content: u64,
    /// Of its shape: how many function literals it holds.
    pub functions: u32,
    pub has_nameless: bool,
    pub kind: SyntaxKind,
    pub start: TextSize,
    pub len: TextSize,
    pub line: u32,
    pub line_ends: u32,
    /// The first of its units.
    pub unit: u32,
}

/// Statements that were cut at one time.
#[derive(Default)]
pub(super) struct Chunk {
    pub statements: Vec<StatementPlace>,
    pub units: Vec<UnitPlace>,
    /// Code of the units, once a layout has been asked for.
    pub codes: OnceLock<Vec<CodeEntry>>,
    by_key: OnceLock<FxHashMap<UnitKey, u32>>,
}

/// A row of a chunk's statements. What is added to places of the chunk to get those of now may be negative, so it wraps.
#[derive(Clone)]
pub(super) struct Piece {
    pub chunk: Arc<Chunk>,
    pub statements: Range<u32>,
    pub units: Range<u32>,
    /// Where its first unit is among those of the file.
    first_unit: u32,
    start: u32,
    line: u32,
}

/// The units of a file in source order, outer before inner.
#[derive(Default, Clone)]
pub struct FileUnits {
    pub(super) pieces: Vec<Piece>,
    /// The tree they were cut from.
    pub(super) root: Option<GreenNode>,
    count: usize,
}

/// More pieces than this are put together to one.
const MOST_PIECES: usize = 24;

impl std::fmt::Debug for FileUnits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Chunk {
    /// Adds a statement behind the others.
    pub fn push(&mut self, green: GreenNode, statement: Arc<Statement>, start: TextSize, line: u32) {
        let first = self.units.len() as u32;
        self.units.extend(statement.units.iter().map(|it| UnitPlace {
            parent: it.parent.map(|parent| parent + first),
            start: it.start + start,
            base_line: it.base_line + line,
            ..it.clone()
        }));
        self.statements.push(StatementPlace {
            content: statement.shape.content(),
            functions: statement.shape.function_count(),
            has_nameless: statement.shape.has_nameless(),
            kind: MiniScript::kind_from_raw(green.kind()),
            start,
            len: green.text_len(),
            line,
            line_ends: statement.shape.line_ends(),
            unit: first,
            green,
            statement,
        });
    }

    fn units_of(&self, statements: &Range<u32>) -> Range<u32> {
        let first = |number: u32| self.statements.get(number as usize).map_or(self.units.len() as u32, |it| it.unit);
        first(statements.start)..first(statements.end)
    }
}

impl Piece {
    /// A row of a chunk's statements, whose first one starts at a place.
    pub fn new(chunk: Arc<Chunk>, statements: Range<u32>, start: TextSize, line: u32) -> Piece {
        let units = chunk.units_of(&statements);
        let first = &chunk.statements[statements.start as usize];
        let (start, line) = (u32::from(start).wrapping_sub(first.start.into()), line.wrapping_sub(first.line));
        Piece { statements, units, first_unit: 0, start, line, chunk }
    }

    /// Some of its statements, where they are.
    pub fn part(&self, statements: Range<u32>) -> Piece {
        let units = self.chunk.units_of(&statements);
        Piece { statements, units, ..self.clone() }
    }

    /// Its statements, with places of the chunk.
    pub fn places(&self) -> &[StatementPlace] {
        &self.chunk.statements[self.statements.start as usize..self.statements.end as usize]
    }

    /// Its units, with places of the chunk.
    pub fn unit_places(&self) -> &[UnitPlace] {
        &self.chunk.units[self.units.start as usize..self.units.end as usize]
    }

    /// What its units are; known where a layout is.
    pub fn codes(&self) -> &[CodeEntry] {
        let all = self.chunk.codes.get().expect("a layout has the code of its units");
        &all[self.units.start as usize..self.units.end as usize]
    }

    /// Where a place of the chunk is now.
    pub fn start_of(&self, at: TextSize) -> TextSize {
        u32::from(at).wrapping_add(self.start).into()
    }

    /// Where a line of the chunk is now.
    pub fn line_of(&self, line: u32) -> u32 {
        line.wrapping_add(self.line)
    }

    fn placed<'a>(&self, it: &'a UnitPlace) -> PlacedUnit<'a> {
        PlacedUnit {
            unit: &it.unit,
            parent: it.parent.map(|parent| parent.wrapping_sub(self.units.start).wrapping_add(self.first_unit)),
            start: self.start_of(it.start),
            base_line: self.line_of(it.base_line),
            name: &it.name,
            len: it.len,
        }
    }
}

impl FileUnits {
    /// The units of these pieces of a tree.
    pub(super) fn new(root: GreenNode, pieces: Vec<Piece>) -> FileUnits {
        let mut units = FileUnits { pieces: Vec::with_capacity(pieces.len()), root: Some(root), count: 0 };
        for mut piece in pieces.into_iter().filter(|piece| !piece.statements.is_empty()) {
            piece.first_unit = units.count as u32;
            units.count += piece.units.len();
            units.pieces.push(piece);
        }
        if units.is_scattered() { units.in_one() } else { units }
    }

    /// Whether there are many pieces, or much is kept of which little is there.
    fn is_scattered(&self) -> bool {
        let mut chunks: Vec<_> = self.pieces.iter().map(|it| (Arc::as_ptr(&it.chunk), it.chunk.units.len())).collect();
        chunks.sort_unstable();
        chunks.dedup();
        let kept: usize = chunks.iter().map(|(_, count)| count).sum();
        self.pieces.len() > MOST_PIECES || kept > 2 * self.count + 64
    }

    fn in_one(self) -> FileUnits {
        let mut chunk = Chunk::default();
        for (piece, it) in self.statement_places() {
            chunk.push(it.green.clone(), it.statement.clone(), piece.start_of(it.start), piece.line_of(it.line));
        }
        let count = chunk.units.len();
        let statements = 0..chunk.statements.len() as u32;
        let first = chunk.statements.first().map(|it| (it.start, it.line));
        let piece = first.map(|(start, line)| Piece::new(Arc::new(chunk), statements, start, line));
        FileUnits { pieces: piece.into_iter().collect(), root: self.root, count }
    }

    /// All statements, each with the piece it stands in.
    pub(super) fn statement_places(&self) -> impl DoubleEndedIterator<Item = (&Piece, &StatementPlace)> {
        self.pieces.iter().flat_map(|piece| piece.places().iter().map(move |it| (piece, it)))
    }

    /// The top-level statements with their places.
    pub(super) fn statements(&self) -> impl Iterator<Item = (&Arc<Statement>, TextRange)> {
        self.statement_places().map(|(piece, it)| (&it.statement, TextRange::at(piece.start_of(it.start), it.len)))
    }

    /// The kinds of the top-level statements with their places.
    pub fn statement_kinds(&self) -> impl Iterator<Item = (SyntaxKind, TextRange)> {
        self.statement_places().map(|(piece, it)| (it.kind, TextRange::at(piece.start_of(it.start), it.len)))
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The unit of an index.
    pub fn get(&self, index: usize) -> Option<PlacedUnit<'_>> {
        let (piece, at) = self.find(index)?;
        Some(piece.placed(&piece.chunk.units[at]))
    }

    /// The unit of an index that is known to be one.
    pub fn at(&self, index: u32) -> PlacedUnit<'_> {
        self.get(index as usize).expect("an index of a unit of this file")
    }

    /// The piece in which a unit stands, and the unit's index in the chunk.
    pub(super) fn find(&self, index: usize) -> Option<(&Piece, usize)> {
        let behind = self.pieces.partition_point(|it| it.first_unit as usize <= index);
        let piece = self.pieces.get(behind.checked_sub(1)?)?;
        let at = index - piece.first_unit as usize;
        (at < piece.units.len()).then(|| (piece, at + piece.units.start as usize))
    }

    /// The index of the unit with a key.
    pub fn index_of(&self, key: UnitKey) -> Option<usize> {
        self.pieces.iter().find_map(|piece| {
            let all = || (0u32..).zip(&piece.chunk.units).map(|(at, it)| (it.unit.key, at)).collect();
            let at = piece.chunk.by_key.get_or_init(all).get(&key).copied()?;
            piece.units.contains(&at).then(|| (at - piece.units.start + piece.first_unit) as usize)
        })
    }

    /// All units.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = PlacedUnit<'_>> {
        self.pieces.iter().flat_map(|piece| piece.unit_places().iter().map(|it| piece.placed(it)))
    }

    /// The units of a range of indexes.
    pub fn range(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = PlacedUnit<'_>> {
        self.pieces.iter().flat_map(move |piece| {
            let (first, count) = (piece.first_unit as usize, piece.units.len());
            let within = |at: usize| at.saturating_sub(first).min(count);
            piece.unit_places()[within(range.start)..within(range.end).max(within(range.start))]
                .iter()
                .map(|it| piece.placed(it))
        })
    }

    /// How many units start at a place or before.
    pub fn started(&self, at: TextSize) -> usize {
        let starts = |piece: &Piece| piece.unit_places().first().is_some_and(|it| piece.start_of(it.start) <= at);
        let behind = self.pieces.partition_point(starts);
        let Some(piece) = behind.checked_sub(1).map(|last| &self.pieces[last]) else { return 0 };
        piece.first_unit as usize + piece.unit_places().partition_point(|it| piece.start_of(it.start) <= at)
    }

    /// How many units at the start are the same ones as those of other units of the file.
    pub(super) fn same_start(&self, other: &FileUnits) -> usize {
        let (mut mine, mut theirs) = (self.rows(), other.rows());
        let (mut a, mut b) = (mine.next(), theirs.next());
        let mut count = 0;
        while let (Some(x), Some(y)) = (&mut a, &mut b) {
            let both = x.len().min(y.len());
            let same = if std::ptr::eq(x.as_ptr(), y.as_ptr()) {
                both
            } else {
                x.iter().zip(y.iter()).take_while(|(x, y)| is_one(x, y)).count()
            };
            count += same;
            if same < both {
                break;
            }
            (*x, *y) = (&x[both..], &y[both..]);
            a = if x.is_empty() { mine.next() } else { a };
            b = if y.is_empty() { theirs.next() } else { b };
        }
        count
    }

    /// The same at the end, of as many units as are left behind those at the start.
    pub(super) fn same_end(&self, other: &FileUnits, start: usize) -> usize {
        let (mut mine, mut theirs) = (self.rows().rev(), other.rows().rev());
        let (mut a, mut b) = (mine.next(), theirs.next());
        let mut count = 0;
        while let (Some(x), Some(y)) = (&mut a, &mut b) {
            let both = x.len().min(y.len());
            let same = if std::ptr::eq(x.as_ptr_range().end, y.as_ptr_range().end) {
                both
            } else {
                x.iter().rev().zip(y.iter().rev()).take_while(|(x, y)| is_one(x, y)).count()
            };
            count += same;
            if same < both {
                break;
            }
            (*x, *y) = (&x[..x.len() - both], &y[..y.len() - both]);
            a = if x.is_empty() { mine.next() } else { a };
            b = if y.is_empty() { theirs.next() } else { b };
        }
        count.min(self.count.min(other.count) - start)
    }

    fn rows(&self) -> impl DoubleEndedIterator<Item = &[UnitPlace]> {
        self.pieces.iter().map(Piece::unit_places)
    }
}

/// Whether two are the same unit, wherever they stand.
fn is_one(a: &UnitPlace, b: &UnitPlace) -> bool {
    Arc::ptr_eq(&a.unit, &b.unit) && a.name == b.name
}
