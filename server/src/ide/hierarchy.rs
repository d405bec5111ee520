//! Type hierarchy: the map behind a map, and the maps that have it behind them, step by step.
//!
//! A map is behind another if that is made with `new` of it or has it as `__isa`; what `+` makes is nobody's type. Built on what goes to type
//! definitions and implementations. Invariant: an item is a map by the place that makes it, so that a client can send it back after edits
//! elsewhere.

use super::heirs::{all_heirs, classes};
use super::importers::Importers;
use super::infer::{Infer, Object, UnitRef};
use super::names::units_at;
use super::navigation::{made_text, name_before, objects_at, objects_of_receiver};
use crate::db::{File, LiveDb};
use crate::document::DocumentView;
use crate::modules::Places;
use minilive_syntax::{TextRange, TextSize};

/// An expression that makes a map and gives it no name is shown with so much of its text.
const LONGEST: usize = 40;

/// A map that code makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeItem {
    /// The name it is made under, or the code that makes it.
    pub name: String,
    /// The file.
    pub file: File,
    /// The name with the code that makes it.
    pub range: TextRange,
    /// The name, or that code.
    pub name_range: TextRange,
    /// It has the name of a class.
    pub is_class: bool,
}

/// The maps that the name, `self` or `super` at an offset may be.
pub fn type_items(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<TypeItem> {
    let mut infer = Infer::with_importers(db, places);
    let objects = match objects_at(&mut infer, db, document, offset) {
        Some((_, objects)) => objects,
        None => objects_of_receiver(&mut infer, db, document.file, offset),
    };
    items(db, objects)
}

/// The maps directly behind the one that is made at a place.
pub fn supertypes(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<TypeItem> {
    let mut infer = Importers::of(db, places).infer(document.file);
    let mut found = Vec::new();
    for object in made_there(&mut infer, db, document.file, offset) {
        found.extend(infer.parents(object));
    }
    items(db, found)
}

/// The maps that have the one which is made at a place directly behind them; mere instances only where there are no classes.
pub fn subtypes(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<TypeItem> {
    let mut infer = Importers::of(db, places).infer(document.file);
    let of: Vec<Object> = made_there(&mut infer, db, document.file, offset);
    let mut found = Vec::new();
    for heir in all_heirs(&mut infer, db, document.file) {
        if infer.parents(heir).iter().any(|it| of.contains(&it.maker())) {
            found.push(heir);
        }
    }
    let found = classes(&mut infer, db, found);
    items(db, found)
}

/// The maps whose item begins there: a name stands in the unit that makes the map.
fn made_there(infer: &mut Infer<'_>, db: &LiveDb, file: File, offset: TextSize) -> Vec<Object> {
    let Some(unit) = units_at(db, file, offset).next() else { return Vec::new() };
    let (at, facts) = (UnitRef { file, unit }, infer.facts(file));
    let says = &facts.unit(unit).facts;
    let literals = (0..says.maps.len() as u32).map(|number| Object::Literal(at, number));
    let all = literals.chain((0..says.news.len() as u32).map(|number| Object::New(at, number)));
    all.filter(|it| item(db, *it).is_some_and(|it| it.name_range.start() == offset)).collect()
}

fn items(db: &LiveDb, objects: Vec<Object>) -> Vec<TypeItem> {
    let mut found: Vec<TypeItem> = Vec::new();
    for item in objects.into_iter().filter_map(|it| item(db, it)) {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

fn item(db: &LiveDb, object: Object) -> Option<TypeItem> {
    let (file, range) = made_text(db, object)?;
    let text = file.text(db);
    let name = name_before(&text, range.start());
    let name_range = name.unwrap_or(range);
    let code = text[name_range].lines().next().unwrap_or_default();
    let shown: String = code.chars().take(LONGEST).collect();
    let is_cut = shown.len() < text[name_range].len();
    Some(TypeItem {
        is_class: name.is_some() && shown.starts_with(char::is_uppercase),
        name: if is_cut { format!("{shown}…") } else { shown },
        file,
        range: name_range.cover(range),
        name_range,
    })
}
