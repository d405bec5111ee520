//! Members of maps: from literals, from assignments through any expression that is this map, and from the maps behind `__isa`.
//!
//! Part of `infer.rs`. Invariant: reading follows `__isa`, writing does not (LANGUAGE 6.3), so who *has* a member and who only
//! *finds* it are different questions here.

use super::{
    Binding, File, FileFacts, Infer, Key, Kind, Known, MOST_KINDS, MOST_PARENTS, Object, Sym, Symbol, UnitRef, binding,
};
use minilive_mir::names::{ANY_KEY, TYPE_MAPS};
use minilive_runtime::intrinsics::{self, IntrinsicId};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::sync::Arc;

/// A member of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: SmolStr,
    /// The map that has it.
    pub owner: Object,
    /// How many steps of `__isa` away that is.
    pub distance: u32,
    /// What is assigned to it first: in which unit, which symbol; none for intrinsics.
    pub value: Option<(UnitRef, Sym)>,
    /// The intrinsic that it is.
    pub intrinsic: Option<IntrinsicId>,
}

/// More maps than this are not looked for behind which one stands.
const MOST_HEIRS: usize = 64;

/// How far away members are that only those have for which a method runs: nearer than what all values of a type have.
const ANNOUNCED: u32 = 50;

impl Infer<'_> {
    /// `of.name`
    pub(super) fn member_of_value(&mut self, at: UnitRef, of: &Sym, name: &SmolStr, uncalled: bool) -> Known {
        let owner = self.value(at, of);
        let mut found = owner.rest();
        for kind in &owner.kinds {
            let mut member = self.member_if_any(kind, name);
            let is_announced = || member.as_ref().is_none_or(|it| it.kinds.iter().all(|it| *it == Kind::Null));
            // A method runs for the heirs of the map that it stands in, which may have what that only announces.
            if matches!(**of, Symbol::SelfValue) && is_announced() {
                let of_heirs = self.member_of_heirs(kind, name);
                if of_heirs != Known::default() {
                    member.get_or_insert_with(Known::open).join(of_heirs);
                }
            }
            match member {
                Some(member) => found.join(if uncalled { member } else { self.called(&member, Some(kind)) }),
                // Who reads what is not there ends the program, so that is nothing which it may give.
                None => found.open = true,
            }
        }
        found
    }

    /// What maps that are made with `new` of one have themselves under a name.
    fn member_of_heirs(&mut self, of: &Kind, name: &str) -> Known {
        let mut found = Known::default();
        let Kind::Map(object @ (Object::Literal(..) | Object::New(..))) = of else { return found };
        for heir in self.direct_heirs(*object) {
            if found.kinds.len() < MOST_KINDS {
                found.join(self.own_member(heir, name));
            }
        }
        found
    }

    /// The maps that the program makes with a map directly behind them.
    fn direct_heirs(&mut self, object: Object) -> Vec<Object> {
        let mut found = Vec::new();
        for &file in self.program().iter() {
            let facts = self.facts(file);
            for (unit, it) in (0u32..).zip(&facts.units) {
                let at = UnitRef { file, unit };
                for (number, base) in (0u32..).zip(&it.facts.news) {
                    if found.len() < MOST_HEIRS && self.is_behind(at, base, object) {
                        found.push(Object::New(at, number));
                    }
                }
                for (number, entries) in (0u32..).zip(&it.facts.maps) {
                    let bases = entries.iter().filter(|(name, _)| name == "__isa");
                    for (_, base) in bases {
                        if found.len() < MOST_HEIRS && self.value(at, base).objects().any(|it| it.maker() == object) {
                            found.push(Object::Literal(at, number));
                        }
                    }
                }
            }
            for (unit, of, base) in facts.members("__isa") {
                let at = UnitRef { file, unit };
                if self.value(at, base).objects().any(|it| it.maker() == object) {
                    let heirs = self.value(at, of).objects().map(Object::maker).collect::<Vec<_>>();
                    let room = MOST_HEIRS.saturating_sub(found.len());
                    let new = heirs.into_iter().filter(|it| *it != object && !found.contains(it)).take(room);
                    found.extend(new.collect::<Vec<_>>());
                }
            }
        }
        found
    }

    /// Whether a map stands behind what `new` makes of a base. A method with `new self` runs for all that have its map behind them.
    fn is_behind(&mut self, at: UnitRef, base: &Sym, object: Object) -> bool {
        let bases: Vec<Object> = self.value(at, base).objects().map(Object::maker).collect();
        if bases.contains(&object) || **base != Symbol::SelfValue || bases.is_empty() {
            return bases.contains(&object);
        }
        self.chain(object).iter().any(|(it, _)| bases.contains(it))
    }

    /// The maps that the program makes with a map somewhere behind them, which is how far methods of it are run.
    pub fn heirs(&mut self, object: Object) -> Vec<Object> {
        let mut found = vec![object.maker()];
        let mut next = 0;
        while let Some(&base) = found.get(next).filter(|_| found.len() < MOST_HEIRS) {
            next += 1;
            for heir in self.direct_heirs(base) {
                if !found.contains(&heir) {
                    found.push(heir);
                }
            }
        }
        found.remove(0);
        found
    }

    /// The members of `self`: those of the map that a method stands in, and what all those have for which it runs.
    pub fn members_of_self(&mut self, of: &Known) -> Vec<Member> {
        let mut found = self.members(of);
        let mut names: FxHashSet<SmolStr> = found.iter().map(|it| it.name.clone()).collect();
        for object in of.objects().collect::<Vec<_>>() {
            for heir in self.heirs(object) {
                let own = self.own_members(heir, ANNOUNCED);
                found.extend(own.into_iter().filter(|it| it.name != "__isa" && names.insert(it.name.clone())));
            }
        }
        found
    }

    /// What a member of a value is, uncalled.
    pub fn member(&mut self, of: &Kind, name: &str) -> Known {
        self.member_if_any(of, name).unwrap_or_else(Known::anything)
    }

    /// The same; none if nothing in the text gives such a value one of that name.
    pub fn member_if_any(&mut self, of: &Kind, name: &str) -> Option<Known> {
        if let Kind::Map(object) = of {
            if let (Object::Born(_, _, behind), "__isa") = (object, name) {
                return Some(Known::one(Kind::Map((*behind).into())));
            }
            for holder in self.definers(*object, name) {
                let found = self.own_member(holder, name);
                if found != Known::default() {
                    return Some(found);
                }
            }
        }
        let owner = type_map(of)?;
        let given = self.given_to_type(owner, name);
        if given != Known::default() {
            return Some(given);
        }
        match type_method(of, name) {
            Some(id) => Some(Known::one(Kind::Intrinsic(id))),
            // What maps have that nobody knows more of is anybody's guess.
            None => field(owner_of_fields(of), name).or_else(|| (*of == Kind::AnyMap).then(Known::anything)),
        }
    }

    /// What the program gives to all values of a type under a name.
    fn given_to_type(&mut self, owner: &'static str, name: &str) -> Known {
        let mut found = Known::default();
        for (unit, value) in self.own_values(Object::Host(owner), name) {
            found.join(self.value(unit, &value));
        }
        found
    }

    /// The type map in which a member of a value is found that the program gave to all values of its type, or that errors have.
    pub fn holder_of_type(&mut self, of: &Kind, name: &str) -> Option<Object> {
        let owner = type_map(of)?;
        let is_field = *of == Kind::Error && field("error", name).is_some();
        (is_field || !self.own_values(Object::Host(owner), name).is_empty()).then_some(Object::Host(owner))
    }

    /// Whether a map is that of a type to which the program gives a member of that name, which the language has not.
    pub fn is_given_to_type(&mut self, object: Object, name: &str) -> bool {
        let Object::Host(host) = object else { return false };
        let is_of_language = name == "__isa" || field(host, name).is_some() || host_member(host, name).is_some();
        TYPE_MAPS.contains(&host) && !is_of_language && !self.own_values(object, name).is_empty()
    }

    /// The names of the members that a map has itself.
    pub fn own_names(&mut self, object: Object) -> Vec<SmolStr> {
        self.own_members(object, 0).into_iter().map(|it| it.name).collect()
    }

    /// Whether all values of some type have a member of a name, by the language or by the program.
    pub fn is_of_types(&mut self, name: &str) -> bool {
        TYPE_MAPS.iter().any(|host| self.has(Object::Host(host), name))
    }

    /// Whether all values of the type of one have a member of a name.
    pub fn is_of_type(&mut self, kind: &Kind, name: &str) -> bool {
        type_map(kind).is_some_and(|host| self.has(Object::Host(host), name))
    }

    /// Whether code gives something to all values of a type, to which it belongs by the name of the type map.
    fn is_type_map(&mut self, at: UnitRef, owner: &Symbol, host: &str) -> bool {
        let Symbol::Name(name) = owner else { return false };
        TYPE_MAPS.contains(&host) && name == host && {
            let facts = self.facts(at.file);
            matches!(binding(&facts, at.unit, name), Binding::Intrinsic(_))
        }
    }

    /// What a map's own member is.
    fn own_member(&mut self, object: Object, name: &str) -> Known {
        match object {
            // The globals that a module names are those of the program.
            Object::Globals(file) if !self.facts(file).is_global(name) => {
                self.given_from_around(UnitRef { file, unit: 0 }, name)
            }
            Object::Globals(file) => self.global(file, name),
            Object::Module(file) => self.member_of_module(file, name),
            Object::Locals(unit) => self.variable_of(unit, name),
            Object::Host(host) => {
                let given = self.given_to_type(host, name);
                if given != Known::default() {
                    return given;
                }
                let field = field(host, name);
                let id = host_member(host, name);
                id.map_or_else(|| field.unwrap_or_default(), |id| Known::one(Kind::Intrinsic(id)))
            }
            Object::Entry(of) => self.member_of_entry(of, name),
            Object::Literal(..) | Object::New(..) | Object::Born(..) | Object::Sum(..) => {
                self.ask(Key::Own(object, name.into()))
            }
        }
    }

    /// The same of a map that code makes.
    pub(super) fn found_own_member(&mut self, object: Object, name: &str) -> Known {
        let mut found = Known::default();
        for (unit, value) in self.own_values(object, name) {
            if found.kinds.len() >= MOST_KINDS {
                found.open = true;
                break;
            }
            found.join(self.value(unit, &value));
        }
        self.with_elements_of_member(found, object, name)
    }

    /// What is assigned to a map's own member.
    pub(super) fn own_values(&mut self, object: Object, name: &str) -> Vec<(UnitRef, Sym)> {
        let (mut values, object) = (Vec::new(), object.maker());
        if let Object::Host(host) = object {
            let given = self.given_to_types(name);
            values.extend(given.iter().filter(|it| it.0 == host).map(|(_, at, value)| (*at, value.clone())));
        }
        let Some(file) = object.made_in() else { return values };
        let facts = self.facts(file);
        if let Object::Literal(made, number) = object
            && let Some(entries) = facts.unit(made.unit).facts.maps.get(number as usize)
        {
            let fitting = entries.iter().filter(|(it, _)| it == name);
            values.extend(fitting.map(|(_, value)| (made, value.clone())));
        }
        if let Object::New(made, number) = object
            && name == "__isa"
            && let Some(base) = facts.unit(made.unit).facts.news.get(number as usize)
        {
            values.push((made, base.clone()));
        }
        self.with_given(file, name, object, |given| values.extend_from_slice(given));
        values
    }

    /// What the program gives to type maps under a name: to which, where, what.
    fn given_to_types(&mut self, name: &str) -> Arc<[super::GivenToType]> {
        if let Some(known) = self.given_to_types.get(name) {
            return known.clone();
        }
        let mut found = Vec::new();
        for &file in self.program().iter() {
            for (unit, owner, value) in self.facts(file).members(name) {
                let at = UnitRef { file, unit };
                let host = TYPE_MAPS.iter().find(|host| self.is_type_map(at, owner, host));
                found.extend(host.map(|host| (*host, at, value.clone())));
            }
        }
        self.given_to_types.entry(name.into()).or_insert(found.into()).clone()
    }

    /// Whether a map that code makes is given a member of that name more often than so.
    pub(super) fn is_given_more(&mut self, object: Object, name: &str, most: usize) -> bool {
        let object = object.maker();
        object.made_in().is_some_and(|file| self.with_given(file, name, object, |given| given.len() > most))
    }

    /// Members of a name that files give to something that other files make, or to what their functions are given.
    pub(super) fn given_outside(&mut self, name: &str) -> Arc<[super::Given]> {
        if let Some(known) = self.given_outside.get(name) {
            return known.clone();
        }
        let mut found = Vec::new();
        for &file in self.program().iter() {
            let facts = self.facts(file);
            for (unit, owner, value) in facts.members(name) {
                if leads_out(&facts, unit, owner) || is_given(&facts, unit, owner) {
                    found.push((UnitRef { file, unit }, owner.clone(), value.clone()));
                }
            }
        }
        self.given_outside.entry(name.into()).or_insert(found.into()).clone()
    }

    /// What the other files of a program give to a module under a name, by `module.name`.
    pub(super) fn given_to_module(&mut self, module: File, name: &str) -> Vec<(UnitRef, Sym)> {
        let mut values = Vec::new();
        for (unit, owner, value) in self.given_outside(name).iter().filter(|(unit, ..)| unit.file != module) {
            let names = matches!(&**owner, Symbol::Name(_)) && leads_out(&self.facts(unit.file), unit.unit, owner);
            if names && self.value(*unit, owner).objects().any(|it| it == Object::Module(module)) {
                values.push((*unit, value.clone()));
            }
        }
        values
    }

    /// What a module's member is, uncalled.
    fn member_of_module(&mut self, module: File, name: &str) -> Known {
        if self.facts(module).is_module_variable(name) {
            return self.global(module, name);
        }
        let mut found = Known::default();
        for (unit, value) in self.given_to_module(module, name) {
            if found.kinds.len() < MOST_KINDS {
                found.join(self.value(unit, &value));
            }
        }
        found
    }

    /// Members that the other files of the program give to a module or to what a file makes.
    fn members_from_outside(&mut self, object: Object, made: File, found: &mut dyn FnMut(&SmolStr, (UnitRef, Sym))) {
        for &file in self.program().iter().filter(|&&file| file != made) {
            let facts = self.facts(file);
            for (unit, it) in (0u32..).zip(&facts.units) {
                let unit = UnitRef { file, unit };
                for (owner, name, value) in &it.facts.members {
                    if (leads_out(&facts, unit.unit, owner) || is_given(&facts, unit.unit, owner))
                        && self.value(unit, owner).objects().any(|it| it.maker() == object)
                    {
                        found(name, (unit, value.clone()));
                    }
                }
            }
        }
    }

    /// Whether a map has a member itself.
    pub fn has(&mut self, object: Object, name: &str) -> bool {
        match object {
            Object::Globals(file) => self.facts(file).is_global(name) || self.is_given_from_around(file, name),
            Object::Module(file) => {
                self.facts(file).is_module_variable(name) || !self.given_to_module(file, name).is_empty()
            }
            Object::Locals(unit) => self.facts(unit.file).has_variable(unit.unit, name),
            Object::Host(host) => {
                let is_field = field(host, name).is_some();
                is_field || host_member(host, name).is_some() || !self.own_values(object, name).is_empty()
            }
            Object::Entry(_) => matches!(name, "key" | "value"),
            Object::Literal(..) | Object::New(..) | Object::Born(..) | Object::Sum(..) => {
                self.is_given(object.maker(), name)
            }
        }
    }

    /// Whether a map that code makes is given a member of that name, where it is made or later.
    fn is_given(&mut self, object: Object, name: &str) -> bool {
        if let Object::Sum(file, ..) = object {
            return self.with_given(file, name, object, |given| !given.is_empty());
        }
        let (Object::Literal(made, number) | Object::New(made, number)) = object else { return false };
        let facts = self.facts(made.file);
        let says = &facts.unit(made.unit).facts;
        let is_made_with_it = match object {
            Object::Literal(..) => says.maps.get(number as usize).is_some_and(|it| it.iter().any(|(it, _)| it == name)),
            _ => name == "__isa" && says.news.get(number as usize).is_some(),
        };
        is_made_with_it || self.with_given(made.file, name, object, |given| !given.is_empty())
    }

    /// The maps directly behind `__isa`.
    pub fn parents(&mut self, object: Object) -> Vec<Object> {
        if let Object::Born(_, _, of) = object {
            return vec![of.into()];
        }
        let mut found = match object {
            Object::Sum(_, parts) => parts.iter().rev().collect(),
            _ => Vec::new(),
        };
        for (unit, value) in self.own_values(object, "__isa") {
            for parent in self.value(unit, &value).objects() {
                if parent != object && !found.contains(&parent) {
                    found.push(parent);
                }
            }
        }
        found
    }

    /// A map and all behind it, nearest first, with their distance.
    pub fn chain(&mut self, object: Object) -> Vec<(Object, u32)> {
        let mut chain = vec![(object.maker(), 0)];
        let mut next = 0;
        if let Object::Born(_, _, of) = object {
            // What is behind it is known, and what its maker tells of that is not about it.
            chain.push((of.into(), 1));
            next = 1;
        }
        while let Some(&(object, distance)) = chain.get(next).filter(|_| chain.len() < MOST_PARENTS) {
            next += 1;
            for parent in self.parents(object) {
                if !chain.iter().any(|(it, _)| *it == parent) {
                    chain.push((parent, distance + 1));
                }
            }
        }
        chain
    }

    /// The maps of a chain that have a member themselves, nearest first.
    pub fn definers(&mut self, object: Object, name: &str) -> Vec<Object> {
        let chain = self.chain(object);
        chain.into_iter().map(|(it, _)| it).filter(|&it| self.has(it, name)).collect()
    }

    /// The maps whose member a function is: what `self` is in it.
    pub fn self_objects(&mut self, function: UnitRef) -> Vec<Object> {
        let facts = self.facts(function.file);
        let Some(parent) = facts.parent(function.unit) else { return Vec::new() };
        let Some(number) = facts.children(parent).position(|it| it == function.unit) else {
            return Vec::new();
        };
        let around = UnitRef { unit: parent, ..function };
        let literal: Sym = Symbol::Function(number as u32).into();
        let mut found = Vec::new();
        let says = facts.unit(parent).facts.clone();
        for (map, entries) in (0u32..).zip(&says.maps) {
            if entries.iter().any(|(_, value)| *value == literal) {
                found.push(Object::Literal(around, map));
            }
        }
        for (owner, _, _) in says.members.iter().filter(|(_, _, value)| *value == literal) {
            found.extend(self.value(around, owner).objects());
        }
        if found.is_empty() {
            self.self_through_reference(function, &mut found);
        }
        if found.is_empty() && facts.enclosing_function(function.unit).is_some() {
            return self.self_objects(around);
        }
        found
    }

    /// `m.f = @f`, by the function's name.
    fn self_through_reference(&mut self, function: UnitRef, found: &mut Vec<Object>) {
        let facts = self.facts(function.file);
        let name = &facts.unit(function.unit).name;
        let reference: Sym = Symbol::Ref(Symbol::Name(name.clone()).into()).into();
        for (unit, it) in (0u32..).zip(&facts.units) {
            let unit = UnitRef { unit, ..function };
            let entries = (0u32..).zip(&it.facts.maps);
            let literals = entries.filter(|(_, entries)| entries.iter().any(|(_, value)| *value == reference));
            let literals: Vec<_> = literals.map(|(map, _)| Object::Literal(unit, map)).collect();
            let owners = it.facts.members.iter().filter(|(_, _, value)| *value == reference);
            let owners: Vec<_> = owners.map(|(owner, _, _)| owner.clone()).collect();
            if literals.is_empty() && owners.is_empty() {
                continue;
            }
            if self.uncalled(unit, &reference).kinds.contains(&Kind::Function(function)) {
                found.extend(literals);
                for owner in owners {
                    found.extend(self.value(unit, &owner).objects());
                }
            }
        }
    }

    pub(super) fn super_objects(&mut self, function: UnitRef) -> Vec<Object> {
        let mut found = Vec::new();
        for object in self.self_objects(function) {
            found.extend(self.parents(object));
        }
        found
    }

    /// The name of the variable or member to which a map is directly assigned where it is made.
    pub fn name_of(&mut self, object: Object) -> Option<SmolStr> {
        let (made, symbol): (UnitRef, Sym) = match object {
            Object::Literal(made, number) => (made, Symbol::Map(number).into()),
            Object::New(made, number) => (made, Symbol::New(number).into()),
            Object::Born(..) => return self.name_of(object.maker()),
            _ => return None,
        };
        let facts = self.facts(made.file);
        let says = &facts.unit(made.unit).facts;
        let mut variables = says.assigned.iter().chain(&says.globals).chain(&says.outer);
        let named = variables.find(|(_, value)| *value == symbol).map(|(name, _)| name.clone());
        named.or_else(|| says.members.iter().find(|(_, _, value)| *value == symbol).map(|(_, name, _)| name.clone()))
    }

    /// All members that reading finds in a value, nearest first, each name once.
    pub fn members(&mut self, of: &Known) -> Vec<Member> {
        let (mut found, mut seen) = (Vec::new(), FxHashSet::default());
        let mut add = |member: Member| {
            if seen.insert(member.name.clone()) {
                found.push(member);
            }
        };
        for object in of.objects() {
            for (holder, distance) in self.chain(object) {
                self.own_members(holder, distance).into_iter().for_each(&mut add);
            }
        }
        for kind in &of.kinds {
            let Some(owner) = type_map(kind) else { continue };
            self.given_members(owner, 90).into_iter().for_each(&mut add);
            if *kind == Kind::Error {
                self.own_members(Object::Host(owner), 0).into_iter().for_each(&mut add);
            }
            let methods = intrinsics::type_methods(owner);
            methods.iter().filter_map(|name| host_method(owner, name, 100)).for_each(&mut add);
        }
        found
    }

    /// What the program gives to all values of a type.
    fn given_members(&mut self, host: &'static str, distance: u32) -> Vec<Member> {
        let mut found = Vec::new();
        for &file in self.program().iter() {
            for (unit, it) in (0u32..).zip(&self.facts(file).units) {
                let unit = UnitRef { file, unit };
                for (owner, name, value) in &it.facts.members {
                    if name != ANY_KEY && self.is_type_map(unit, owner, host) {
                        let (value, owner) = (Some((unit, value.clone())), Object::Host(host));
                        found.push(Member { name: name.clone(), owner, distance, value, intrinsic: None });
                    }
                }
            }
        }
        found
    }

    fn own_members(&mut self, object: Object, distance: u32) -> Vec<Member> {
        let object = object.maker();
        let member =
            |name: &SmolStr, value| Member { name: name.clone(), owner: object, distance, value, intrinsic: None };
        let mut found = Vec::new();
        match object {
            Object::Globals(file) | Object::Module(file) => {
                let facts = self.facts(file);
                let is_module = matches!(object, Object::Module(_));
                for name in facts.global_names().filter(|name| !is_module || facts.is_module_variable(name)) {
                    let value = if is_module { facts.module_variable(name).next() } else { facts.globals(name).next() };
                    let value = value.map(|(unit, value)| (UnitRef { file, unit }, value.clone()));
                    found.push(member(name, value));
                }
                if is_module {
                    self.members_from_outside(object, file, &mut |name, value| found.push(member(name, Some(value))));
                }
            }
            Object::Locals(unit) => {
                let facts = self.facts(unit.file);
                let says = &facts.unit(unit.unit).facts;
                for name in &says.variables {
                    let value = says.assigned.iter().find(|(it, _)| it == name);
                    found.push(member(name, value.map(|(_, value)| (unit, value.clone()))));
                }
            }
            Object::Host(host) => {
                let own = IntrinsicId::all().filter(|id| id.def().member_of == Some(host));
                let own = own.map(|id| (SmolStr::new_static(id.def().name), id));
                found.extend(own.map(|(name, id)| Member { intrinsic: Some(id), ..member(&name, None) }));
                let fields = fields(host).iter().map(|it| SmolStr::new_static(it));
                found.extend(fields.map(|name| member(&name, None)));
                found.extend(self.given_members(host, distance));
                let methods = intrinsics::type_methods(host).iter();
                found.extend(methods.filter_map(|name| host_method(host, name, distance)));
            }
            Object::Entry(_) => {
                let names = ["key", "value"].map(SmolStr::new_static);
                found.extend(names.iter().map(|name| member(name, None)));
            }
            Object::Literal(made, number) => {
                let facts = self.facts(made.file);
                let entries = facts.unit(made.unit).facts.maps.get(number as usize).into_iter().flatten();
                found.extend(entries.map(|(name, value)| member(name, Some((made, value.clone())))));
                self.assigned_members(object, &mut |name, value| found.push(member(name, Some(value))));
            }
            Object::New(..) | Object::Born(..) | Object::Sum(..) => {
                self.assigned_members(object, &mut |name, value| found.push(member(name, Some(value))));
            }
        }
        // Hash maps have no order of their own.
        if matches!(object, Object::Globals(_) | Object::Module(_) | Object::Locals(_)) {
            found.sort_by(|a, b| a.name.cmp(&b.name));
        }
        found
    }

    /// Members that are assigned somewhere in the file that makes the map, in source order.
    fn assigned_members(&mut self, object: Object, found: &mut dyn FnMut(&SmolStr, (UnitRef, Sym))) {
        let Some(file) = object.made_in() else { return };
        let facts = self.facts(file);
        for (unit, it) in (0u32..).zip(&facts.units) {
            let unit = UnitRef { file, unit };
            for (owner, name, value) in &it.facts.members {
                if self.value(unit, owner).objects().any(|it| it.maker() == object) {
                    found(name, (unit, value.clone()));
                }
            }
        }
        self.members_from_outside(object, file, found);
    }
}

/// Whether a symbol leads out of its file: into a module, as it begins with the variable of an import or with one that holds something of a
/// module; or into the program that imports the file, as it begins with `globals` or a name that the file gives no value.
fn leads_out(facts: &FileFacts, unit: u32, symbol: &Symbol) -> bool {
    let root = match root(symbol) {
        Symbol::Globals | Symbol::Outer => return true,
        Symbol::Name(name) => name,
        _ => return false,
    };
    let is_module =
        |name: &SmolStr| values_of_name(facts, unit, name).iter().any(|it| matches!(***it, Symbol::Import(_)));
    is_module(root)
        || binding(facts, unit, root) == Binding::Unknown
        || values_of_name(facts, unit, root).iter().any(|it| it.root_name().is_some_and(is_module))
}

/// Whether a symbol may be what callers from other files give: it begins with a parameter, or with a variable that holds something of one.
fn is_given(facts: &FileFacts, unit: u32, symbol: &Symbol) -> bool {
    let Symbol::Name(root) = root(symbol) else { return false };
    let is_param = |name: &SmolStr| match binding(facts, unit, name) {
        Binding::Variable(owner) => facts.unit(owner).facts.params.iter().any(|(it, _)| it == name),
        _ => false,
    };
    is_param(root) || values_of_name(facts, unit, root).iter().any(|it| it.root_name().is_some_and(is_param))
}

/// What a chain begins with.
fn root(symbol: &Symbol) -> &Symbol {
    match symbol {
        Symbol::Member(of, _) | Symbol::Element(of) | Symbol::Slice(of) | Symbol::Call(of, _) | Symbol::Ref(of) => {
            root(of)
        }
        it => it,
    }
}

/// What is assigned to a bare name.
fn values_of_name<'f>(facts: &'f FileFacts, unit: u32, name: &str) -> Vec<&'f Sym> {
    match binding(facts, unit, name) {
        Binding::Variable(owner) => {
            let assigned = facts.unit(owner).facts.assigned.iter().filter(|(it, _)| it == name);
            assigned.map(|(_, value)| value).collect()
        }
        Binding::Global => facts.globals(name).map(|(_, value)| value).collect(),
        _ => Vec::new(),
    }
}

/// What error values have (LANGUAGE 7.2), and what is in the maps that the language makes.
fn fields(host: &str) -> &'static [&'static str] {
    match host {
        "error" => &["message", "inner", "stack"],
        "version" => &["miniscript", "buildDate", "platform", "host", "hostName", "hostInfo"],
        _ => &[],
    }
}

fn field(host: &str, name: &str) -> Option<Known> {
    fields(host).contains(&name).then(|| match name {
        "inner" => Known::anything(),
        "stack" => Known::one(Kind::List(vec![Kind::Text])),
        _ => Known::one(Kind::Text),
    })
}

/// By what name [`fields`] knows a value.
fn owner_of_fields(of: &Kind) -> &'static str {
    match of {
        Kind::Error => "error",
        Kind::Map(Object::Host(name)) => name,
        _ => "",
    }
}

/// The intrinsic that has the type map of a kind.
pub fn type_map(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Number => "number",
        Kind::Text => "string",
        Kind::List(_) => "list",
        Kind::Map(_) | Kind::AnyMap => "map",
        Kind::Function(_) | Kind::Intrinsic(_) => "funcRef",
        Kind::Error => "error",
        Kind::Null | Kind::Unknown => return None,
    })
}

/// A method that all values of a kind have.
fn type_method(kind: &Kind, name: &str) -> Option<IntrinsicId> {
    host_member(type_map(kind)?, name)
}

fn host_member(host: &str, name: &str) -> Option<IntrinsicId> {
    let own = intrinsics::find_member(host, name);
    own.or_else(|| intrinsics::find(name).filter(|_| intrinsics::type_methods(host).contains(&name)))
}

fn host_method(host: &'static str, name: &'static str, distance: u32) -> Option<Member> {
    let intrinsic = host_member(host, name);
    intrinsic.is_some().then(|| Member {
        name: SmolStr::new_static(name),
        owner: Object::Host(host),
        distance,
        value: None,
        intrinsic,
    })
}
