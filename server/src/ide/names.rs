//! What the name under the cursor is, and where else the same thing stands.
//!
//! Reads the names of units and the facts of files; definition, references, highlights, rename, hover and semantic tokens are
//! made of it. Invariants: a use is *certain* only if no run of the program can make it mean something else, as far as the text
//! tells; uses that may mean the thing are listed apart, so that no edit touches them silently.

use super::infer::{Binding, Infer, Kind, Known, Object, UnitRef, binding, count, type_map};
use super::narrow;
use crate::db::{self, File, FileFacts, LiveDb, PlacedUnit};
use minilive_mir::ir::UnitKind;
use minilive_mir::names::{Access, NameUse, Place, Symbol};
use minilive_runtime::intrinsics::{self, IntrinsicId};
use minilive_syntax::{TextRange, TextSize};
use smol_str::SmolStr;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A variable or parameter of a function, by the function's index among the units of its file.
    Variable(u32),
    /// A global variable.
    Global,
    /// A member of one of these maps; none if nobody knows whose.
    Member(Vec<Object>),
    /// A built-in function.
    Intrinsic(IntrinsicId),
    /// A name that nothing in the file defines.
    Unknown,
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: SmolStr,
    /// Where it stands in the file.
    pub range: TextRange,
    /// The unit in which it stands.
    pub unit: u32,
    /// The use.
    pub of: NameUse,
    /// What it stands for.
    pub target: Target,
}

/// A place at which a thing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub file: File,
    /// The unit.
    pub unit: u32,
    /// The place in the file.
    pub range: TextRange,
    /// What is done with it.
    pub access: Access,
    /// It means nothing else.
    pub certain: bool,
    /// It stands in a string.
    pub quoted: bool,
}

impl Named {
    /// The module whose name this is in its `import`.
    pub fn imported(&self, infer: &mut Infer<'_>, file: File) -> Option<&SmolStr> {
        let is_import = match self.of.place {
            Place::Bare => true,
            Place::Globals => {
                infer.facts(file).globals(&self.name).any(|(_, value)| matches!(**value, Symbol::Import(_)))
            }
            _ => false,
        };
        (self.of.quoted && self.of.access == Access::Write && is_import).then_some(&self.name)
    }
}

/// The innermost unit whose text holds an offset, then those around it.
pub fn units_at(db: &LiveDb, file: File, offset: TextSize) -> impl Iterator<Item = u32> + '_ {
    let units = db::units(db, file);
    let behind = units.started(offset);
    let holds = |unit: &PlacedUnit<'_>| {
        count();
        unit.range().end() >= offset
    };
    let mut next = (0..behind as u32).rev().find(|&unit| holds(&units.at(unit)));
    std::iter::from_fn(move || {
        let unit = next?;
        next = units.at(unit).parent;
        Some(unit)
    })
}

/// The name at an offset, with what it stands for.
pub fn named_at(infer: &mut Infer<'_>, db: &LiveDb, file: File, offset: TextSize) -> Option<Named> {
    let units = db::units(db, file);
    let (unit, of) = units_at(db, file, offset).find_map(|unit| {
        let placed = units.at(unit);
        let names = db::unit_names(db, placed.unit);
        let relative = offset.checked_sub(placed.start)?;
        let from = names.uses.partition_point(|it| it.range.end() < relative);
        names.uses.get(from).filter(|it| it.range.contains_inclusive(relative)).map(|it| (unit, it.clone()))
    })?;
    let range = of.range + units.at(unit).start;
    let at = UnitRef { file, unit };
    let target = match &of.place {
        Place::Member(owner) => {
            let owner = narrow::value(infer, db, at, owner, range.start());
            member_target(infer, &owner, &of.name)
        }
        _ => scope_target(&infer.facts(file), unit, &of),
    };
    Some(Named { name: of.name.clone(), range, unit, of, target })
}

/// What a use of a unit stands for.
pub fn target(infer: &mut Infer<'_>, at: UnitRef, of: &NameUse) -> Target {
    let facts = infer.facts(at.file);
    if let Place::Member(owner) = &of.place {
        let owner = infer.value(at, owner);
        return member_target(infer, &owner, &of.name);
    }
    scope_target(&facts, at.unit, of)
}

fn member_target(infer: &mut Infer<'_>, owner: &Known, name: &str) -> Target {
    let objects: Vec<_> = owner.objects().collect();
    let mut holders: Vec<Object> = Vec::new();
    for object in &objects {
        for holder in infer.definers(*object, name) {
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
    }
    if holders.is_empty() {
        // What a map has not got itself, it announces for those that stand in front of it.
        for heir in objects.iter().flat_map(|it| infer.heirs(*it)).collect::<Vec<_>>() {
            if infer.has(heir, name) && !holders.contains(&heir) {
                holders.push(heir);
            }
        }
    }
    if holders.is_empty() || holders.iter().all(|it| it.is_of_language()) {
        // What no map has itself is looked for in the map of its type.
        let of_type = owner.kinds.iter().filter_map(|kind| infer.holder_of_type(kind, name)).next();
        let method = |infer: &mut Infer<'_>| {
            owner.kinds.iter().find_map(|kind| match infer.member(kind, name).kinds.first() {
                Some(Kind::Intrinsic(id)) => Some(*id),
                _ => None,
            })
        };
        if let Some(holder) = of_type {
            return Target::Member(vec![holder]);
        }
        if let Some(id) = method(infer) {
            return Target::Intrinsic(id);
        }
    }
    Target::Member(holders)
}

/// What a name means that is no member of a value.
pub fn scope_target(facts: &FileFacts, unit: u32, of: &NameUse) -> Target {
    let is_function = facts.unit(unit).kind == UnitKind::Function;
    if let Some(id) = map_method(facts, unit, of) {
        return Target::Intrinsic(id);
    }
    match &of.place {
        Place::Param => Target::Variable(unit),
        Place::Locals if is_function => Target::Variable(unit),
        Place::Outer => match facts.enclosing_function(unit) {
            Some(outer) => Target::Variable(outer),
            None => Target::Global,
        },
        Place::Locals | Place::Globals => Target::Global,
        Place::Bare | Place::Member(_) => match binding(facts, unit, &of.name) {
            Binding::Variable(owner) => Target::Variable(owner),
            Binding::Global => Target::Global,
            Binding::Intrinsic(id) => Target::Intrinsic(id),
            Binding::Unknown => Target::Unknown,
        },
    }
}

/// The method of maps that is named behind `locals`, `outer` or `globals`, if there is no variable of that name.
fn map_method(facts: &FileFacts, unit: u32, of: &NameUse) -> Option<IntrinsicId> {
    let is_function = facts.unit(unit).kind == UnitKind::Function;
    let owner = match of.place {
        Place::Locals if is_function => Some(unit),
        Place::Locals | Place::Globals => None,
        Place::Outer => facts.enclosing_function(unit),
        _ => return None,
    };
    let is_variable = owner.map_or_else(|| facts.is_global(&of.name), |owner| facts.has_variable(owner, &of.name));
    let is_method = !is_variable && intrinsics::type_methods("map").contains(&&*of.name);
    intrinsics::find(&of.name).filter(|_| is_method)
}

/// All places of a file at which a thing is named. `file` is where the target was found.
pub fn uses(infer: &mut Infer<'_>, db: &LiveDb, file: File, name: &str, target: &Target) -> Vec<Found> {
    let mut found = Vec::new();
    for unit in units_that_may_name(&infer.facts(file), target) {
        uses_in(infer, db, UnitRef { file, unit }, name, target, &mut found);
    }
    found.sort_by_key(|it| it.range.start());
    found
}

/// The units in which a thing can be named at all.
fn units_that_may_name(facts: &FileFacts, target: &Target) -> Vec<u32> {
    match target {
        Target::Variable(owner) => std::iter::once(*owner).chain(facts.children(*owner)).collect(),
        _ => (0..facts.units.len() as u32).collect(),
    }
}

fn uses_in(infer: &mut Infer<'_>, db: &LiveDb, at: UnitRef, name: &str, wanted: &Target, found: &mut Vec<Found>) {
    let placed = db::units(db, at.file).at(at.unit);
    let names = db::unit_names(db, placed.unit);
    for of in names.uses.iter().filter(|it| it.name == name) {
        if let Some(certain) = is_use_of(infer, at, of, wanted) {
            let range = of.range + placed.start;
            let (access, quoted) = (of.access, of.quoted);
            found.push(Found { file: at.file, unit: at.unit, range, access, certain, quoted });
        }
    }
}

/// Whether a use names the wanted thing; and if so, whether that is certain.
fn is_use_of(infer: &mut Infer<'_>, at: UnitRef, of: &NameUse, wanted: &Target) -> Option<bool> {
    let is_member = matches!(of.place, Place::Member(_));
    match wanted {
        Target::Member(holders) => member_use(infer, at, of, holders),
        Target::Variable(_) | Target::Global if !is_member => {
            let facts = infer.facts(at.file);
            let means = scope_target(&facts, at.unit, of);
            if means == *wanted {
                // A local that may not be assigned yet lets the variable further out be seen.
                let ambiguous = of.place == Place::Bare
                    && means == Target::Variable(at.unit)
                    && of.access != Access::Write
                    && !of.definite
                    && further_out(&facts, at.unit, &of.name) != Target::Unknown;
                return Some(!ambiguous);
            }
            let may_look_through = of.place == Place::Bare
                && means == Target::Variable(at.unit)
                && of.access != Access::Write
                && !of.definite
                && further_out(&facts, at.unit, &of.name) == *wanted;
            may_look_through.then_some(false)
        }
        Target::Global => {
            let Place::Member(owner) = &of.place else { return None };
            let owner = infer.value(at, owner);
            let names_it =
                owner.objects().any(|it| matches!(it, Object::Globals(file) | Object::Module(file) if file == at.file));
            names_it.then_some(true)
        }
        Target::Variable(_) => None,
        Target::Intrinsic(_) | Target::Unknown => {
            let means = target(infer, at, of);
            (means == *wanted).then_some(true)
        }
    }
}

/// What a name means when the unit's own variable is not there.
pub(super) fn further_out(facts: &FileFacts, unit: u32, name: &str) -> Target {
    match facts.enclosing_function(unit) {
        Some(outer) if facts.has_variable(outer, name) => Target::Variable(outer),
        _ if facts.is_global(name) => Target::Global,
        _ => Target::Unknown,
    }
}

/// Members are the same if the maps that have them are related.
fn member_use(infer: &mut Infer<'_>, at: UnitRef, of: &NameUse, holders: &[Object]) -> Option<bool> {
    let module = |it: &Object| matches!(it, Object::Module(file) | Object::Globals(file) if *file == at.file);
    let Place::Member(owner) = &of.place else {
        let facts = infer.facts(at.file);
        return (holders.iter().any(module) && scope_target(&facts, at.unit, of) == Target::Global).then_some(true);
    };
    let owner = infer.value(at, owner);
    let of_type = |kind: &Kind| type_map(kind).is_some_and(|name| holders.contains(&Object::Host(name)));
    if owner.objects().next().is_none() {
        if owner.kinds.iter().any(of_type) {
            // Values of another type may have a member of the same name.
            let others = owner.kinds.iter().filter(|it| !of_type(it));
            let is_shared = others.into_iter().any(|kind| infer.holder_of_type(kind, &of.name).is_some());
            return Some(!owner.open && !is_shared);
        }
        // A number or a string has no members of ours; of what is not known nobody knows.
        return owner.open.then_some(false);
    }
    let (mut known, mut lacks) = (false, false);
    for object in owner.objects().collect::<Vec<_>>() {
        let definers = infer.definers(object, &of.name);
        known |= !definers.is_empty();
        lacks |= definers.is_empty();
        if definers.iter().any(|it| holders.contains(it)) {
            return Some(!owner.open || definers.iter().all(|it| holders.contains(it)));
        }
        let ancestors = related(infer, holders, object);
        if ancestors {
            return Some(true);
        }
    }
    // A map that has a member itself does not look for it among those of all maps.
    if owner.kinds.iter().any(|kind| of_type(kind) && (lacks || !matches!(kind, Kind::Map(_)))) {
        return Some(!known && !owner.open);
    }
    (!known && owner.open && !holders.is_empty()).then_some(false)
}

/// Whether a map is behind one of the holders: a member that it has is overridden there.
fn related(infer: &mut Infer<'_>, holders: &[Object], object: Object) -> bool {
    holders.iter().any(|&holder| infer.chain(holder).iter().any(|(it, _)| *it == object))
}
