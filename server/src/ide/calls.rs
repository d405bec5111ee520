//! Call hierarchy: the functions that call a function, and those that it calls.
//!
//! Made of references: a use of a function that is not an assignment may call it, since reading a name calls it. Invariants: an item is a
//! function by its place, so that a client can send it back after edits elsewhere; what stands at the top level belongs to its file.

use super::family::Wanted;
use super::infer::{Infer, Kind, UnitRef};
use super::names::named_at;
use super::navigation::{all_uses, definitions, name_before};
use crate::db::{self, File, LiveDb};
use crate::document::DocumentView;
use crate::modules::{Places, base_name};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, Place, Sym, Symbol};
use minilive_syntax::{TextRange, TextSize};
use rustc_hash::FxHashMap;

/// A function, or the top level of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallItem {
    /// Its name.
    pub name: String,
    /// The file.
    pub file: File,
    /// All of it.
    pub range: TextRange,
    /// Where it is named.
    pub name_range: TextRange,
    /// It is no function but a file.
    pub is_file: bool,
}

/// A caller or callee, and where the calls stand (in the caller).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The other function.
    pub item: CallItem,
    /// The calls.
    pub ranges: Vec<TextRange>,
}

/// The functions that the name at an offset may be.
pub fn call_items(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<CallItem> {
    let mut infer = Infer::new(db, places);
    let functions = functions_at(&mut infer, db, document.file, offset);
    functions.into_iter().filter_map(|function| item(db, function)).collect()
}

fn functions_at(infer: &mut Infer<'_>, db: &LiveDb, file: File, offset: TextSize) -> Vec<UnitRef> {
    let Some(named) = named_at(infer, db, file, offset) else { return Vec::new() };
    functions(infer, UnitRef { file, unit: named.unit }, &named.of.place, &named.name)
}

fn functions(infer: &mut Infer<'_>, at: UnitRef, place: &Place, name: &str) -> Vec<UnitRef> {
    let symbol: Sym = match place {
        Place::Member(owner) => Symbol::Member(owner.clone(), name.into()).into(),
        _ => Symbol::Name(name.into()).into(),
    };
    let known = infer.uncalled(at, &symbol);
    let function = |kind: &Kind| match kind {
        Kind::Function(function) => Some(*function),
        _ => None,
    };
    known.kinds.iter().filter_map(function).collect()
}

/// A function with the place at which it gets its name.
fn item(db: &LiveDb, function: UnitRef) -> Option<CallItem> {
    let placed = db::units(db, function.file).get(function.unit as usize)?;
    let range = placed.range();
    let name_range = name_before(&function.file.text(db), placed.start)
        .unwrap_or(TextRange::at(placed.start, TextSize::of("function")));
    let whole = name_range.cover(range);
    Some(CallItem { name: placed.name.to_string(), file: function.file, range: whole, name_range, is_file: false })
}

/// The item of the code around a place.
fn item_around(db: &LiveDb, at: UnitRef) -> Option<CallItem> {
    let placed = db::units(db, at.file).get(at.unit as usize)?;
    if placed.unit.kind == UnitKind::Function {
        return item(db, at);
    }
    let range = TextRange::up_to(TextSize::of(&*at.file.text(db)));
    let name = base_name(at.file.path(db)).to_owned();
    Some(CallItem { name, file: at.file, range, name_range: TextRange::empty(TextSize::new(0)), is_file: true })
}

/// Who calls the function that is named at an offset.
pub fn incoming_calls(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<Call> {
    let mut infer = Infer::new(db, places);
    let Some(named) = named_at(&mut infer, db, document.file, offset) else { return Vec::new() };
    let definitions = definitions(&mut infer, db, document.file, &named);
    let wanted = functions(&mut infer, UnitRef { file: document.file, unit: named.unit }, &named.of.place, &named.name);
    let mut calls: Vec<Call> = Vec::new();
    for found in all_uses(&mut infer, db, document.file, &named, Wanted::Certain).found {
        let is_definition = definitions.iter().any(|it| it.file == found.file && it.range == found.range);
        if found.access != Access::Read || !found.certain || is_definition {
            continue;
        }
        // What has the same name may be another function, as behind `super`.
        let called = functions_at(&mut infer, db, found.file, found.range.start());
        if !called.is_empty() && !wanted.is_empty() && !called.iter().any(|it| wanted.contains(it)) {
            continue;
        }
        let Some(item) = item_around(db, UnitRef { file: found.file, unit: found.unit }) else { continue };
        add(&mut calls, item, found.range);
    }
    calls
}

fn add(calls: &mut Vec<Call>, item: CallItem, range: TextRange) {
    match calls.iter_mut().find(|it| it.item == item) {
        Some(call) => call.ranges.push(range),
        None => calls.push(Call { item, ranges: vec![range] }),
    }
}

/// What the function that is named at an offset calls.
pub fn outgoing_calls(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<Call> {
    let mut infer = Infer::new(db, places);
    let mut calls = Vec::new();
    for function in functions_at(&mut infer, db, document.file, offset) {
        let Some(placed) = db::units(db, function.file).get(function.unit as usize) else { continue };
        let names = db::unit_names(db, placed.unit);
        let mut known: FxHashMap<UnitRef, Option<CallItem>> = FxHashMap::default();
        for of in names.uses.iter().filter(|it| it.access == Access::Read) {
            for callee in functions(&mut infer, function, &of.place, &of.name) {
                let item = known.entry(callee).or_insert_with(|| item(db, callee)).clone();
                if let Some(item) = item {
                    add(&mut calls, item, of.range + placed.start);
                }
            }
        }
    }
    calls
}
