//! From a name to where it is defined, where it is used, and its other uses in sight.
//!
//! Made of [`super::names`]; `lsp` turns places into locations. Invariant: what is listed as a reference means the same thing;
//! only where nobody knows whose member a name is, all members of that name are listed.

use super::Live;
use super::family::{self, Candidate, Family, Wanted};
use super::heirs::{all_heirs, classes};
use super::hosts::Hosts;
use super::importers::Importers;
use super::infer::{Infer, Object, UnitRef};
use super::keywords::words_at;
use super::names::{Found, Named, Target, named_at, units_at, uses};
use super::shared::{self, Names};
use super::wholes;
use crate::db::{self, File, LiveDb};
use crate::document::DocumentView;
use crate::modules::Places;
use minilive_mir::names::{Access, Place, Sym, Symbol};
use minilive_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Location {
    /// The file.
    pub file: File,
    /// The place.
    pub range: TextRange,
}

/// A use of what is under the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    /// The place.
    pub range: TextRange,
    /// What is done there.
    pub kind: HighlightKind,
}

/// What is done at a highlighted place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HighlightKind {
    /// A name is read.
    Read,
    /// It gets a value.
    Write,
    /// A word of the language stands there.
    Word,
}

/// Where the name at an offset is defined.
pub fn definition(db: &LiveDb, document: &DocumentView, live: &Live, offset: TextSize) -> Vec<Location> {
    let mut infer = Infer::with_importers(db, &live.places);
    let Some(named) = named_at(&mut infer, db, document.file, offset) else {
        return receiver_at(&mut infer, db, document.file, offset);
    };
    if let Some(file) = named.imported(&mut infer, document.file).and_then(|name| infer.module(name)) {
        return vec![Location { file, range: TextRange::empty(TextSize::new(0)) }];
    }
    // What the host has is defined nowhere in the program.
    let hosts = Hosts { host: &live.checks.host, db, places: &live.places };
    if hosts.has_member(&mut infer, document.file, &named) {
        return definitions_known(&mut infer, db, document.file, &named);
    }
    definitions(&mut infer, db, document.file, &named)
}

/// Where the maps are made that the name at an offset may be: for a `new`, the map behind it.
pub fn type_definition(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<Location> {
    let mut infer = Infer::with_importers(db, places);
    let Some((_, objects)) = objects_at(&mut infer, db, document, offset) else {
        return receiver_at(&mut infer, db, document.file, offset);
    };
    let mut found = Vec::new();
    for object in objects {
        let parents = if matches!(object, Object::New(..) | Object::Born(..) | Object::Sum(..)) {
            infer.parents(object)
        } else {
            Vec::new()
        };
        let of = if parents.is_empty() { vec![object] } else { parents };
        for location in of.into_iter().filter_map(|it| made_at(db, it)) {
            if !found.contains(&location) {
                found.push(location);
            }
        }
    }
    found
}

/// Where maps are made whose `__isa` leads to what the name at an offset is; for a member, where such maps have it themselves.
pub fn implementation(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<Location> {
    let mut infer = Infer::new(db, places);
    let Some(named) = named_at(&mut infer, db, document.file, offset) else { return Vec::new() };
    // What a module gives is a variable: a class, not a method that somebody overrides.
    let is_method = |holders: &[Object]| !holders.iter().any(|it| matches!(it, Object::Module(_) | Object::Globals(_)));
    let (holders, member) = match &named.target {
        Target::Member(holders) if is_method(holders) => (holders.clone(), Some(named.name.clone())),
        _ => match objects_at(&mut infer, db, document, offset) {
            Some((_, objects)) => (objects, None),
            None => return Vec::new(),
        },
    };
    let mut descend = all_heirs(&mut infer, db, document.file);
    descend.retain(|heir| infer.chain(*heir).iter().any(|(it, distance)| *distance > 0 && holders.contains(it)));
    let mut found = Vec::new();
    match &member {
        Some(name) => {
            for heir in descend {
                found.extend(own_definition(&mut infer, db, heir, name).filter(|it| !found.contains(it)));
            }
        }
        None => {
            for heir in classes(&mut infer, db, descend) {
                found.extend(made_at(db, heir).filter(|it| !found.contains(it)));
            }
        }
    }
    found
}

/// What the value of a name may be, as far as it is maps.
pub fn objects_at(
    infer: &mut Infer<'_>,
    db: &LiveDb,
    document: &DocumentView,
    offset: TextSize,
) -> Option<(Named, Vec<Object>)> {
    let named = named_at(infer, db, document.file, offset)?;
    let name: Sym = match &named.of.place {
        Place::Member(owner) => Symbol::Member(owner.clone(), named.name.clone()).into(),
        _ => Symbol::Name(named.name.clone()).into(),
    };
    let known = infer.value(UnitRef { file: document.file, unit: named.unit }, &name);
    let objects = known.objects().collect();
    Some((named, objects))
}

/// Where the maps are made that `self` or `super` at an offset may be.
fn receiver_at(infer: &mut Infer<'_>, db: &LiveDb, file: File, offset: TextSize) -> Vec<Location> {
    let mut found: Vec<Location> = Vec::new();
    for location in objects_of_receiver(infer, db, file, offset).into_iter().filter_map(|it| made_at(db, it)) {
        if !found.contains(&location) {
            found.push(location);
        }
    }
    found
}

/// The maps that `self` or `super` at an offset may be.
pub fn objects_of_receiver(infer: &mut Infer<'_>, db: &LiveDb, file: File, offset: TextSize) -> Vec<Object> {
    let root = SyntaxNode::new_root(file.parse(db).green.clone());
    let word = |kind| root.token_at_offset(offset).find(|token| token.kind() == kind);
    let symbol = match (word(SyntaxKind::SelfKw), word(SyntaxKind::SuperKw)) {
        (Some(_), _) => Symbol::SelfValue,
        (_, Some(_)) => Symbol::Super,
        _ => return Vec::new(),
    };
    let Some(unit) = units_at(db, file, offset).next() else { return Vec::new() };
    infer.value(UnitRef { file, unit }, &symbol.into()).objects().collect()
}

/// Where a map itself is given a member: in its literal or by the first plain assignment to it, in the file that makes it or in another.
fn own_definition(infer: &mut Infer<'_>, db: &LiveDb, of: Object, name: &str) -> Option<Location> {
    let of = of.maker();
    let made = of.made_in()?;
    let mut found = None;
    let others = infer.program();
    let others = others.iter().copied().filter(|&it| it != made && it.text(db).contains(name));
    for file in std::iter::once(made).chain(others) {
        match definition_in(infer, db, file, (of, name)) {
            Some((location, Access::Write)) => return Some(location),
            other => found = found.or(other),
        }
    }
    found.map(|(location, _)| location)
}

/// The first place in a file that gives a map a member, a plain assignment before others.
fn definition_in(
    infer: &mut Infer<'_>,
    db: &LiveDb,
    file: File,
    (of, name): (Object, &str),
) -> Option<(Location, Access)> {
    let mut other = None;
    for (unit, placed) in (0u32..).zip(db::units(db, file).iter()).take(infer.facts(file).units.len()) {
        let names = db::unit_names(db, placed.unit);
        for it in names.uses.iter().filter(|it| it.name == name && it.access.writes()) {
            let Place::Member(owner) = &it.place else { continue };
            if infer.value(UnitRef { file, unit }, owner).objects().any(|it| it.maker() == of) {
                let location = (Location { file, range: it.range + placed.start }, it.access);
                if it.access == Access::Write {
                    return Some(location);
                }
                other.get_or_insert(location);
            }
        }
    }
    other
}

/// Where a map is made: its literal, its `new`, or the start of its file.
fn made_at(db: &LiveDb, object: Object) -> Option<Location> {
    if let Object::Module(file) = object {
        return Some(Location { file, range: TextRange::empty(TextSize::new(0)) });
    }
    let (file, range) = made_text(db, object)?;
    Some(Location { file, range: name_before(&file.text(db), range.start()).unwrap_or(range) })
}

/// The code that makes a map: its literal or its `new`.
pub fn made_text(db: &LiveDb, object: Object) -> Option<(File, TextRange)> {
    let (at, number, kind) = match object {
        Object::Literal(at, number) => (at, number, SyntaxKind::MapExpr),
        Object::New(at, number) | Object::Born(at, number, _) => (at, number, SyntaxKind::UnaryExpr),
        _ => return None,
    };
    let placed = db::units(db, at.file).get(at.unit as usize)?;
    let root = SyntaxNode::new_root(placed.unit.green.clone());
    Some((at.file, minilive_mir::names::range_of_made(&root, kind, number)? + placed.start))
}

/// The last word of what the value at a place is assigned to.
pub fn name_before(text: &str, value: TextSize) -> Option<TextRange> {
    let before = text.get(..usize::from(value))?.trim_end();
    let before = before.strip_suffix('=')?.trim_end();
    let start = before
        .rfind(|c: char| !(c == '_' || c.is_alphanumeric()))
        .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    (start < before.len()).then(|| TextRange::new(TextSize::new(start as u32), TextSize::of(before)))
}

/// Where what a name stands for is defined, the nearest first.
pub fn definitions(infer: &mut Infer<'_>, db: &LiveDb, file: File, named: &Named) -> Vec<Location> {
    let location = |found: &Found| Location { file: found.file, range: found.range };
    let is_definition = |found: &&Found| found.access.writes();
    match &named.target {
        Target::Variable(_) | Target::Global => {
            let found = uses(infer, db, file, &named.name, &named.target);
            let plain = found.iter().filter(|it| it.access == Access::Write).find(|it| it.certain);
            if let Some(plain) = plain {
                return vec![location(plain)];
            }
            let elsewhere = match named.target {
                Target::Global => given_elsewhere(db, infer.places(), file, &named.name),
                _ => Vec::new(),
            };
            let update = || found.iter().find(is_definition).map(location).into_iter().collect();
            if elsewhere.is_empty() { update() } else { elsewhere }
        }
        Target::Member(holders) if holders.is_empty() => {
            let all = members_by_name(infer, db, file, &named.name);
            all.iter().filter(is_definition).map(location).collect()
        }
        Target::Member(holders) => {
            let mut found = Vec::new();
            for holder in nearest_holders(infer, UnitRef { file, unit: named.unit }, named, holders) {
                let (file, target) = match holder {
                    Object::Module(file) | Object::Globals(file) => (file, Target::Global),
                    Object::Literal(UnitRef { file: made, .. }, _)
                    | Object::New(UnitRef { file: made, .. }, _)
                    | Object::Born(UnitRef { file: made, .. }, ..)
                    | Object::Sum(made, ..) => {
                        // What it overrides is named alike, and is another definition.
                        if let Some(own) = own_definition(infer, db, holder, &named.name) {
                            found.push(own);
                            continue;
                        }
                        (made, Target::Member(vec![holder]))
                    }
                    Object::Locals(unit) => (unit.file, Target::Variable(unit.unit)),
                    Object::Host(_) => {
                        found.extend(given_to_type(infer, db, &named.name, holder));
                        continue;
                    }
                    Object::Entry(_) => continue,
                };
                let uses = uses(infer, db, file, &named.name, &target);
                found.extend(uses.iter().filter(|it| it.certain).find(is_definition).map(location));
                if let (Object::Module(module) | Object::Globals(module), true) = (holder, found.is_empty()) {
                    found.extend(given_elsewhere(db, infer.places(), module, &named.name));
                }
            }
            found.dedup();
            found
        }
        Target::Unknown => given_elsewhere(db, infer.places(), file, &named.name),
        Target::Intrinsic(_) => Vec::new(),
    }
}

/// Those of a member that maps of the program have themselves.
fn definitions_known(infer: &mut Infer<'_>, db: &LiveDb, file: File, named: &Named) -> Vec<Location> {
    let is_known = matches!(&named.target, Target::Member(holders) if !holders.is_empty());
    if is_known { definitions(infer, db, file, named) } else { Vec::new() }
}

/// Where files give a value to a variable that another one names: modules by `globals.name`, programs that import it, in each file once.
fn given_elsewhere(db: &LiveDb, places: &Places, file: File, name: &str) -> Vec<Location> {
    let importers = Importers::of(db, places);
    let mut found = names_of(db, &importers, file, (name, Wanted::Certain)).family(file).found;
    let has_plain = found.iter().any(|it| it.certain && it.access == Access::Write);
    found.retain(|it| it.certain && if has_plain { it.access == Access::Write } else { it.access.writes() });
    found.sort_by_key(|it| (it.file.path(db), it.range.start()));
    found.dedup_by_key(|it| it.file);
    found.iter().map(|it| Location { file: it.file, range: it.range }).collect()
}

/// The uses of a name in the workspace as a variable at the top of files.
pub fn names_of<'a>(
    db: &'a LiveDb,
    importers: &'a Importers<'a>,
    file: File,
    (name, wanted): (&str, Wanted),
) -> Names<'a> {
    let mut files = files_naming(db, file, name);
    files.insert(0, file);
    let (folders, world) = (shared::folders(importers, &files), importers.world(file));
    let mut infers: Vec<_> = folders.iter().map(|places| Infer::of_program(db, places, world.clone())).collect();
    Names::of(db, importers, &mut infers, &files, (name, wanted))
}

/// Where the files of a program give something to all values of a type.
fn given_to_type(infer: &mut Infer<'_>, db: &LiveDb, name: &str, holder: Object) -> Vec<Location> {
    let target = Target::Member(vec![holder]);
    let mut found = Vec::new();
    for &file in infer.program().iter() {
        let uses = uses(infer, db, file, name, &target);
        let written = uses.iter().filter(|it| it.certain && it.access.writes());
        found.extend(written.map(|it| Location { file: it.file, range: it.range }));
    }
    found
}

/// Of the maps that have a member those at which looking it up ends: what they override is not what is meant.
fn nearest_holders(infer: &mut Infer<'_>, at: UnitRef, named: &Named, all: &[Object]) -> Vec<Object> {
    let Place::Member(owner) = &named.of.place else { return all.to_vec() };
    let mut nearest = Vec::new();
    for object in infer.value(at, owner).objects().collect::<Vec<_>>() {
        nearest.extend(infer.definers(object, &named.name).into_iter().next().filter(|it| !nearest.contains(it)));
    }
    if nearest.is_empty() { all.to_vec() } else { nearest }
}

/// Members of that name in a file, whoever has them.
fn members_by_name(infer: &mut Infer<'_>, db: &LiveDb, file: File, name: &str) -> Vec<Found> {
    let units = db::units(db, file);
    let mut found = Vec::new();
    for (unit, placed) in (0u32..).zip(units.iter()).take(infer.facts(file).units.len()) {
        let names = db::unit_names(db, placed.unit);
        let members = names.uses.iter().filter(|it| it.name == name && matches!(it.place, Place::Member(_)));
        found.extend(members.map(|it| Found {
            file,
            unit,
            range: it.range + placed.start,
            access: it.access,
            certain: false,
            quoted: it.quoted,
        }));
    }
    found.sort_by_key(|it| it.range.start());
    found
}

/// All places in the workspace at which what is under the cursor is named, those of its own file first.
pub fn references(
    db: &LiveDb,
    document: &DocumentView,
    places: &Places,
    offset: TextSize,
    with_definition: bool,
) -> Vec<Location> {
    let mut infer = Importers::of(db, places).infer(document.file);
    let Some(named) = named_at(&mut infer, db, document.file, offset) else { return Vec::new() };
    let mut found = if named.target == Target::Member(Vec::new()) {
        // Of what nobody knows all are listed that have the name; from those of which it is known whose they are only theirs are.
        members_by_name(&mut infer, db, document.file, &named.name)
    } else {
        joined_uses(&mut infer, db, document.file, &named)
    };
    if !with_definition {
        let definitions = definitions(&mut infer, db, document.file, &named);
        found.retain(|it| !definitions.contains(&Location { file: it.file, range: it.range }));
    }
    found.iter().map(|it| Location { file: it.file, range: it.range }).collect()
}

/// The certain uses of what a name stands for, with those of all else that one of them may mean as well: a use that reads a member of a map or
/// a variable of a module joins both, from whichever of them somebody asks.
fn joined_uses(infer: &mut Infer<'_>, db: &LiveDb, file: File, named: &Named) -> Vec<Found> {
    let (mut found, mut known): (Vec<Found>, FxHashSet<(File, TextRange)>) = Default::default();
    let (mut parts, mut next) = (parts_of(infer, file, &named.target), 0);
    while let Some((home, target)) = parts.get(next).cloned() {
        next += 1;
        let part = Named { target, ..named.clone() };
        let family = all_uses(infer, db, home, &part, Wanted::Certain);
        let mut more = parts_of(infer, home, &Target::Member(family.holders));
        for it in family.found.into_iter().filter(|it| it.certain) {
            if known.insert((it.file, it.range)) {
                if family.is_mixed
                    && let Some(of) = named_at(infer, db, it.file, it.range.start())
                {
                    more.extend(parts_of(infer, it.file, &of.target));
                }
                found.push(it);
            }
        }
        more.retain(|it| !parts.contains(it));
        more.dedup();
        parts.extend(more);
    }
    found.sort_by_key(|it| (it.file != file, it.file.path(db), it.range.start()));
    found
}

/// What a target consists of, each with the file that it is a target of: maps that code makes belong together, modules and the variables of
/// functions have uses of other kinds.
fn parts_of(infer: &mut Infer<'_>, file: File, target: &Target) -> Vec<(File, Target)> {
    let mut parts = Vec::new();
    match target {
        Target::Member(holders) => {
            let made: Vec<Object> = holders.iter().copied().filter(|it| it.made_in().is_some()).collect();
            if !made.is_empty() {
                parts.push((file, Target::Member(made)));
            }
            for holder in holders.iter().filter(|it| it.made_in().is_none()) {
                match *holder {
                    Object::Module(module) | Object::Globals(module) => parts.push((module, Target::Global)),
                    Object::Locals(of) => parts.extend(parts_of(infer, of.file, &Target::Variable(of.unit))),
                    other => parts.push((file, Target::Member(vec![other]))),
                }
            }
        }
        Target::Variable(unit) => {
            parts.push((file, target.clone()));
            // Whoever has the map of its variables names them as members of that.
            if infer.facts(file).unit(*unit).facts.open.locals {
                parts.push((file, Target::Member(vec![Object::Locals(UnitRef { file, unit: *unit })])));
            }
        }
        _ => parts.push((file, target.clone())),
    }
    parts
}

/// All uses of what a name stands for, in its own file and in the other files of the workspace; and the maps that have it, if it is a
/// member of some.
pub fn all_uses(infer: &mut Infer<'_>, db: &LiveDb, file: File, named: &Named, wanted: Wanted) -> Family {
    let only = |found| Family { found, ..Family::default() };
    if named.target == Target::Member(Vec::new()) {
        return only(members_by_name(infer, db, file, &named.name));
    }
    if let Target::Member(holders) = &named.target
        && family::are_made(holders)
    {
        return members_of_family(infer, db, file, (&named.name, holders), wanted);
    }
    if let Some(home) = shared::home(file, &named.target) {
        let importers = Importers::of(db, infer.places());
        let shared = names_of(db, &importers, home, (&named.name, wanted)).family(home);
        let mut found = shared.found;
        found.sort_by_key(|it| (it.file != file, it.file.path(db), it.range.start()));
        return Family { found, is_mixed: shared.mixed.is_some(), ..Family::default() };
    }
    let mut found = uses(infer, db, file, &named.name, &named.target);
    let Target::Member(_) = &named.target else { return only(found) };
    let naming = files_naming(db, file, &named.name);
    for &other in &naming {
        db.poll();
        found.extend(uses(infer, db, other, &named.name, &named.target));
    }
    for (places, files) in &other_folders(infer.places(), db, &naming) {
        let mut infer = Infer::new(db, places);
        for &file in files {
            db.poll();
            for it in uses(&mut infer, db, file, &named.name, &named.target) {
                match found.iter_mut().find(|known| known.file == file && known.range == it.range) {
                    Some(known) => known.certain |= it.certain,
                    None => found.push(it),
                }
            }
        }
    }
    Family { is_mixed: true, ..only(found) }
}

/// The files of the workspace but one that have a name in their text: a search there costs less than a look at their names.
fn files_naming(db: &LiveDb, file: File, name: &str) -> Vec<File> {
    let files = db.files();
    files.iter().copied().filter(|&other| other != file && other.text(db).contains(name)).collect()
}

/// The uses of a member of some maps and of those that belong to their family.
fn members_of_family(
    infer: &mut Infer<'_>,
    db: &LiveDb,
    file: File,
    (name, holders): (&str, &[Object]),
    wanted: Wanted,
) -> Family {
    let mut candidates = Vec::new();
    family::candidates(infer, db, file, (name, wanted), &mut candidates);
    let naming = files_naming(db, file, name);
    for &other in &naming {
        db.poll();
        family::candidates(infer, db, other, (name, wanted), &mut candidates);
    }
    for (places, files) in &other_folders(infer.places(), db, &naming) {
        let mut infer = Infer::new(db, places);
        for &other in files {
            db.poll();
            family::candidates(&mut infer, db, other, (name, wanted), &mut candidates);
        }
    }
    let mut family = family::family(infer, &candidates, holders);
    let may_meet = wanted == Wanted::Possible && family.has_others;
    let meetings = if may_meet { wholes::meetings(infer, db, name) } else { Vec::new() };
    loop {
        let more = wholes::joined(infer, &meetings, &family.holders);
        if more.is_empty() {
            break;
        }
        let holders: Vec<Object> = family.holders.iter().copied().chain(more).collect();
        family = family::family(infer, &candidates, &holders);
    }
    family.found.sort_by_key(|it| (it.file != file, it.file.path(db), it.range.start(), !it.certain));
    family.found.dedup_by_key(|it| (it.file, it.range));
    family
}

/// Imports look in the folder of the program that runs, so a file that lies in another folder than the asking one may find more as a
/// program of its own: the files by such folders.
fn other_folders(asking: &Places, db: &LiveDb, files: &[File]) -> Vec<(Arc<Places>, Vec<File>)> {
    let mut folders: Vec<(Arc<Places>, Vec<File>)> = Vec::new();
    for &file in files.iter().filter(|&&file| !db::module_imports(db, file).is_empty()) {
        let Some(script) = crate::modules::script_folder(file.path(db)) else { continue };
        if Some(&script) == asking.script.as_ref() {
            continue;
        }
        let own = Arc::new(Places { script: Some(script), ..asking.clone() });
        let places = db::places_in_programs(db, file, &own);
        match folders.iter_mut().find(|(it, _)| *it == places) {
            Some((_, files)) => files.push(file),
            None => folders.push((places, vec![file])),
        }
    }
    folders
}

/// The uses of what is under the cursor in its own file; of a word of the language, those of its construct.
pub fn highlights(db: &LiveDb, document: &DocumentView, places: &Places, offset: TextSize) -> Vec<Highlight> {
    let mut infer = Infer::new(db, places);
    let Some(mut named) = named_at(&mut infer, db, document.file, offset) else {
        let root = SyntaxNode::new_root(document.file.parse(db).green.clone());
        let word = |range| Highlight { range, kind: HighlightKind::Word };
        return words_at(&root, offset).into_iter().map(word).collect();
    };
    if matches!(named.target, Target::Member(_)) {
        // What a map has may be given to it by other files of its program.
        infer = Importers::of(db, places).infer(document.file);
        named.target = named_at(&mut infer, db, document.file, offset).map_or(named.target, |it| it.target);
    }
    let found = match &named.target {
        // What stands here in a name that the file gives no value is the program's, as behind `globals` is.
        Target::Global | Target::Unknown => {
            let mut found = uses(&mut infer, db, document.file, &named.name, &Target::Global);
            found.extend(uses(&mut infer, db, document.file, &named.name, &Target::Unknown));
            found.sort_by_key(|it| it.range.start());
            found
        }
        Target::Member(holders) if holders.is_empty() => members_by_name(&mut infer, db, document.file, &named.name),
        Target::Member(holders) if family::are_made(holders) => {
            let mut candidates: Vec<Candidate> = Vec::new();
            let name = (&*named.name, Wanted::Certain);
            family::candidates(&mut infer, db, document.file, name, &mut candidates);
            let mut found = family::family(&mut infer, &candidates, holders).found;
            found.retain(|it| it.certain);
            found.sort_by_key(|it| it.range.start());
            found
        }
        target => uses(&mut infer, db, document.file, &named.name, target),
    };
    let kind = |it: &Found| if it.access.writes() { HighlightKind::Write } else { HighlightKind::Read };
    found.iter().map(|it| Highlight { range: it.range, kind: kind(it) }).collect()
}

/// A link from an import to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The name of the module.
    pub range: TextRange,
    /// Its file.
    pub file: File,
}

/// The links of a document.
pub fn links(db: &LiveDb, document: &DocumentView, places: &Places) -> Vec<Link> {
    let infer = Infer::new(db, places);
    let one = TextSize::of('"');
    let imports = db::module_imports(db, document.file);
    let link = |it: &crate::modules::ConstantImport| {
        let range = TextRange::new(it.range.start() + one, it.range.end() - one);
        Some(Link { range, file: infer.module(&it.name)? })
    };
    imports.iter().filter_map(link).collect()
}

/// A symbol of some file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSymbol {
    /// The file.
    pub file: File,
    /// The symbol.
    pub symbol: db::FileSymbol,
}

/// More symbols than this help nobody.
const MOST_SYMBOLS: usize = 256;

/// Symbols of all files of the workspace whose names fit what was typed, the best first.
pub fn workspace_symbols(db: &LiveDb, query: &str) -> Vec<WorkspaceSymbol> {
    let mut found = Vec::new();
    for &file in &*db.files() {
        db.poll();
        for symbol in db.while_wanted(db::file_symbols(db, file).iter()) {
            if let Some(score) = score_of(symbol, query) {
                found.push((score, WorkspaceSymbol { file, symbol: symbol.clone() }));
            }
        }
    }
    found.sort_by(|(a, left), (b, right)| (a, &left.symbol.name).cmp(&(b, &right.symbol.name)));
    found.truncate(MOST_SYMBOLS);
    found.into_iter().map(|(_, symbol)| symbol).collect()
}

/// How well a symbol fits: with a dot in the query, what stands before it is about the map or the function that it is in.
fn score_of(symbol: &db::FileSymbol, query: &str) -> Option<(u32, usize)> {
    let Some((owner, name)) = query.rsplit_once('.') else { return score(&symbol.name, query) };
    let container = score(symbol.container.as_ref()?, owner)?;
    let own = score(&symbol.name, name)?;
    Some((container.0 + own.0, container.1 + own.1))
}

/// How well a name fits, smaller being better: the same, its start, a part of it, its letters in this order.
fn score(name: &str, query: &str) -> Option<(u32, usize)> {
    let (lower, query) = (name.to_lowercase(), query.to_lowercase());
    let class = if lower == query {
        0
    } else if lower.starts_with(&query) {
        1
    } else if lower.contains(&query) {
        2
    } else if has_letters(&lower, &query) {
        3
    } else {
        return None;
    };
    Some((class, name.len()))
}

fn has_letters(name: &str, wanted: &str) -> bool {
    let mut letters = name.chars();
    wanted.chars().all(|wanted| letters.any(|it| it == wanted))
}
