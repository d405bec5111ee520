//! Types in words: what is certain at an instruction, and what is likely of a name.
//!
//! Hover and inlay hints show them. Invariant: what is only likely is called so.

use super::describe::{known_text, object_text, unknown_text};
use super::infer::{Infer, Kind, Known, Object, UnitRef};
use super::narrow;
use crate::db::{self, File, LiveDb};
use crate::modules::Places;
use minilive_mir::names::{Sym, Symbol};
use minilive_mir::types::TypeSet;
use minilive_syntax::TextSize;

/// So many members of a map are named.
const MOST_MEMBERS: usize = 8;

/// Per instruction of a unit: what it certainly gives.
pub fn certain(db: &LiveDb, file: File, unit: usize) -> Vec<TypeSet> {
    let around = db::surroundings(db, file);
    let (Some(placed), Some(its)) = (db::units(db, file).get(unit), around.units.get(unit)) else { return Vec::new() };
    db::unit_types(db, placed.unit, its, &around.members).results.clone()
}

/// The types of a set in single words; nothing if it may be anything.
pub fn words(set: TypeSet) -> Option<String> {
    let all = [
        (TypeSet::NUMBER, "number"),
        (TypeSet::STRING, "string"),
        (TypeSet::LIST, "list"),
        (TypeSet::MAP, "map"),
        (TypeSet::FUNCTION, "function"),
        // That a text would be too large, or a parameter an error, is possible nearly everywhere, and hardly ever comes about.
        (TypeSet::ERROR.without(TypeSet::RARE_ERROR), "error"),
        (TypeSet::NULL, "null"),
    ];
    if set == TypeSet::NONE || set == TypeSet::ANY {
        return None;
    }
    let words: Vec<_> = all.iter().filter(|(it, _)| set.may_be(*it)).map(|(_, word)| *word).collect();
    // Of nearly anything nearly nothing is known, which is so of what an unknown operand makes, too.
    let rare = set.may_be(TypeSet::ERROR) && !words.contains(&"error");
    (1..=3).contains(&(words.len() + usize::from(rare && words.len() > 2))).then(|| words.join(" or "))
}

/// What is known of a name at an offset in a unit, as a paragraph.
pub fn text(
    db: &LiveDb,
    file: File,
    places: &Places,
    (unit, offset): (usize, TextSize),
    name: &str,
    certain: Option<TypeSet>,
) -> Option<String> {
    let mut infer = Infer::with_importers(db, places);
    let symbol: Sym = Symbol::Name(name.into()).into();
    let at = UnitRef { file, unit: unit as u32 };
    // What holds a function is shown as that, not as what calling it gives.
    let uncalled = infer.uncalled(at, &symbol);
    let is_function = |kind: &Kind| matches!(kind, Kind::Function(_) | Kind::Intrinsic(_));
    let holds_function = !uncalled.kinds.is_empty() && uncalled.kinds.iter().all(is_function);
    let known = match assigned_here(&mut infer, at, name, offset) {
        Some(value) if !holds_function => {
            let end = db::units(db, file).at(at.unit).range().end();
            let value = narrow::value(&mut infer, db, at, &value, end);
            infer.with_elements_of_variable(value, file, None, name)
        }
        _ if holds_function => uncalled,
        _ => narrow::value(&mut infer, db, at, &symbol, offset),
    };
    let likely = with_members(&mut infer, db, &known);
    let certain = certain.filter(|_| !is_stored_by_importers(db, file, name)).and_then(words);
    match (certain, likely) {
        // What is in a list or map may be stored there by another name, too, so that is no more than likely.
        (Some(certain), Some(likely)) if says_more(&certain, &likely) => {
            Some(format!("type: {certain}; likely {likely}"))
        }
        (Some(certain), _) => Some(format!("type: {certain}")),
        (None, Some(likely)) => Some(format!("likely: {likely}")),
        (None, None) => None,
    }
}

/// Whether a file that imports this one stores something under a name of it, or of something that may be it.
fn is_stored_by_importers(db: &LiveDb, file: File, name: &str) -> bool {
    db::all_importers(db, file).iter().any(|&it| db::outward(db, it).gives_member(name))
}

/// What a statement assigns to the name with which it begins and that ends at this offset.
fn assigned_here(infer: &mut Infer<'_>, at: UnitRef, name: &str, offset: TextSize) -> Option<Sym> {
    let start = db::units(infer.db(), at.file).get(at.unit as usize)?.start;
    let facts = infer.facts(at.file);
    let says = &facts.unit(at.unit).facts;
    let [(assigned, value)] = &*says.assigned else { return None };
    let is_here = says.is_assignment && assigned == name && start + TextSize::of(name) == offset;
    is_here.then(|| value.clone())
}

/// Whether what is likely tells of which kind a list or map is that something may be.
fn says_more(certain: &str, likely: &str) -> bool {
    let may_be = |word: &str| certain.split(" or ").any(|it| it == word);
    likely
        .split(" or ")
        .any(|it| may_be("list") && it.starts_with("list of ") || may_be("map") && it.starts_with("map "))
}

/// The type of a value in a few words, with what maps have that it may be; nothing if nothing is known.
pub fn with_members(infer: &mut Infer<'_>, db: &LiveDb, known: &Known) -> Option<String> {
    let text = known_text(infer, db, known)?;
    let members = members(infer, known);
    let map = known.objects().next().map(|it| object_text(infer, it)).filter(|_| !members.is_empty());
    // Maps go by one name then; whatever else it may be stands before or behind that.
    let text = match map {
        Some(map) => text.replacen(&map, &format!("{map}{members}"), 1),
        None => text,
    };
    Some(text + unknown_text(known))
}

/// The members that the maps have in common which something may be, if all of them go by one name.
pub fn members(infer: &mut Infer<'_>, known: &Known) -> String {
    let objects: Vec<_> = known.objects().collect();
    let is_made = |it: &Object| it.made_in().is_some();
    let Some(first) = objects.first().filter(|_| objects.iter().all(is_made)) else { return String::new() };
    let name = object_text(infer, *first);
    let mut names = names(infer, *first);
    for object in &objects[1..] {
        if object_text(infer, *object) != name {
            return String::new();
        }
        let others = self::names(infer, *object);
        names.retain(|it| others.contains(it));
    }
    if names.is_empty() {
        return String::new();
    }
    let more = if names.len() > MOST_MEMBERS { ", …" } else { "" };
    format!(" with {}{more}", names[..names.len().min(MOST_MEMBERS)].join(", "))
}

/// The members that a map has or finds behind `__isa`.
fn names(infer: &mut Infer<'_>, object: Object) -> Vec<String> {
    let found = infer.members(&Known::new(vec![Kind::Map(object)], false));
    let own = found.iter().filter(|it| it.intrinsic.is_none() && (it.distance > 0 || it.owner == object.maker()));
    own.map(|it| it.name.to_string()).filter(|name| name != "__isa").collect()
}
