//! The kinds of expressions and variables.
//!
//! The questions of `infer.rs` come here when they have no answer yet. Invariant: nothing here keeps state; whatever asks another
//! question goes through [`Infer::value`] or [`Infer::uncalled`], which end cycles.

use super::{
    Binding, Gives, Infer, Key, Kind, Known, MOST_IMPORTERS, MOST_KINDS, MOST_STORES, Object, Parts, Sym, Symbol,
    UnitKind, UnitRef, binding, guide,
};
use minilive_mir::ir::BinaryOp;
use minilive_runtime::intrinsics::IntrinsicId;
use smol_str::SmolStr;
use std::sync::Arc;

/// What a statement stores in a global.
#[derive(Debug, Clone)]
pub struct Store {
    /// Which.
    pub unit: u32,
    /// What.
    pub value: Sym,
    /// A statement behind it gives the global something else if that is null.
    is_null_gone: bool,
}

impl Store {
    /// What is left of what it stores.
    pub fn left_of(&self, mut stored: Known) -> Known {
        stored.kinds.retain(|kind| !self.is_null_gone || *kind != Kind::Null);
        stored
    }
}

impl Infer<'_> {
    pub(super) fn find_out(&mut self, key: &Key) -> Known {
        match key {
            Key::Expression(at, symbol, uncalled) => self.expression(*at, symbol, *uncalled),
            Key::Global(file, name) => self.found_global(*file, name),
            Key::Own(object, name) => self.found_own_member(*object, name),
        }
    }

    fn expression(&mut self, at: UnitRef, symbol: &Sym, uncalled: bool) -> Known {
        match &**symbol {
            Symbol::Unknown | Symbol::Null | Symbol::Number | Symbol::Text => Known::anything(),
            Symbol::List(items) => self.list(at, items),
            Symbol::Map(number) => Known::one(Kind::Map(Object::Literal(at, *number))),
            Symbol::New(number) => Known::one(Kind::Map(Object::New(at, *number))),
            Symbol::Function(number) => self.nested(at, *number),
            Symbol::Name(name) => {
                let found = self.variable(at, name);
                if uncalled { found } else { self.called(&found, None) }
            }
            Symbol::Member(of, name) => self.member_of_value(at, of, name, uncalled),
            Symbol::Ref(of) => match (self.uncalled(at, of), &**of) {
                // Nothing has that key in the text, so it may be one of those that are worked out.
                (found, Symbol::Member(owner, _)) if found.kinds.is_empty() => self.stored_in_any(at, owner),
                (found, _) => found,
            },
            Symbol::Call(of, args) => self.call(at, of, args),
            Symbol::SelfValue => {
                let mut found = self.objects_known(at, Infer::self_objects);
                found.kinds.iter_mut().for_each(of_type_map);
                found
            }
            Symbol::Super => self.objects_known(at, Infer::super_objects),
            Symbol::Globals => Known::one(Kind::Map(Object::Globals(at.file))),
            Symbol::Outer => Known::one(Kind::Map(self.outer(at))),
            Symbol::Locals => Known::one(Kind::Map(self.locals(at))),
            Symbol::Element(of) | Symbol::Iterated(of) => self.element(at, of, matches!(**symbol, Symbol::Iterated(_))),
            Symbol::Slice(of) => {
                let mut of = self.value(at, of);
                of.kinds.retain(|kind| matches!(kind, Kind::Text | Kind::List(_)));
                of
            }
            Symbol::Binary(BinaryOp::Add, a, b) => self.sum(at, a, b),
            Symbol::Binary(BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div, a, _) => self.scaled(at, a),
            // An error on the left gives the right operand.
            Symbol::Binary(BinaryOp::Or, a, b) if self.value(at, a).kinds.contains(&Kind::Error) => self.value(at, b),
            // Errors come through.
            Symbol::Binary(BinaryOp::And | BinaryOp::Or, a, b) => {
                let mut found = Known::one(Kind::Number);
                if [a, b].into_iter().any(|it| self.value(at, it).kinds.contains(&Kind::Error)) {
                    found.add(Kind::Error);
                }
                found
            }
            Symbol::Binary(..) | Symbol::Unary(..) => Known::one(Kind::Number),
            Symbol::Import(name) => self.imported(name),
        }
    }

    fn list(&mut self, at: UnitRef, items: &[Sym]) -> Known {
        let mut elements = Known::default();
        for item in items {
            elements.join(self.value(at, item));
        }
        Known::one(Kind::List(super::elements::flat(elements.into_elements())))
    }

    /// The nested function of that number.
    fn nested(&mut self, at: UnitRef, number: u32) -> Known {
        let facts = self.facts(at.file);
        match facts.child(at.unit, number) {
            Some(unit) => Known::one(Kind::Function(UnitRef { unit, ..at })),
            None => Known::anything(),
        }
    }

    /// A bare name, uncalled.
    fn variable(&mut self, at: UnitRef, name: &SmolStr) -> Known {
        let facts = self.facts(at.file);
        match binding(&facts, at.unit, name) {
            Binding::Variable(unit) => self.variable_of(UnitRef { unit, ..at }, name),
            Binding::Global => match self.stored_before(at, name) {
                Some(found) => found,
                None => self.global(at.file, name),
            },
            Binding::Intrinsic(id) => Known::one(Kind::Intrinsic(id)),
            Binding::Unknown => self.given_from_around(at, name),
        }
    }

    /// What modules give the program under a name by `globals.name`, and what programs give a module that they import; others may give it
    /// something else.
    pub fn given_from_around(&mut self, at: UnitRef, name: &str) -> Known {
        let mut found = Known::open();
        for &file in self.program().iter().filter(|&&file| file != at.file) {
            let facts = self.facts(file);
            for (unit, value) in facts.given_to_program(name) {
                if found.kinds.len() < MOST_KINDS {
                    found.join(self.value(UnitRef { file, unit }, value));
                }
            }
        }
        for &file in self.importers(at.file).iter() {
            if found.kinds.len() < MOST_KINDS && self.facts(file).is_global(name) {
                found.join(self.global(file, name));
            }
        }
        // The globals of the program are those of the file that nobody imports.
        for &file in self.main_files().iter().filter(|&&file| file != at.file) {
            let facts = self.facts(file);
            for (unit, value) in facts.globals(name) {
                if found.kinds.len() < MOST_KINDS {
                    found.join(self.value(UnitRef { file, unit }, value));
                }
            }
        }
        found.or_anything()
    }

    /// Whether that is anything.
    pub(super) fn is_given_from_around(&mut self, at: super::File, name: &str) -> bool {
        let gives = |facts: &super::FileFacts| facts.given_to_program(name).next().is_some();
        self.program().iter().any(|&file| file != at && gives(&self.facts(file)))
            || self.importers(at).iter().any(|&file| self.facts(file).is_global(name))
            || self.main_files().iter().any(|&file| file != at && self.facts(file).is_global(name))
    }

    /// The files of the program that no other of them imports.
    fn main_files(&mut self) -> Arc<[super::File]> {
        if let Some(known) = &self.main_files {
            return known.clone();
        }
        let program = self.program();
        // Unless somebody says otherwise, the program is that of the file that was asked for first.
        let most = if self.is_given_program { program.len() } else { 1 };
        let mut found = program[..most.min(program.len())].to_vec();
        for &file in program.iter().filter(|_| most > 1) {
            for import in crate::db::module_imports(self.db(), file).iter() {
                let module = self.module(&import.name).filter(|it| *it != file);
                found.retain(|it| Some(*it) != module);
            }
        }
        self.main_files.insert(found.into()).clone()
    }

    /// What a global is, uncalled.
    pub fn global(&mut self, file: super::File, name: &str) -> Known {
        self.ask(Key::Global(file, name.into()))
    }

    fn found_global(&mut self, file: super::File, name: &str) -> Known {
        let facts = self.facts(file);
        let mut found = Known::default();
        for (unit, value) in facts.globals(name) {
            if found.kinds.len() >= MOST_KINDS {
                found.open = true;
                break;
            }
            found.join(self.value(UnitRef { file, unit }, value));
        }
        for (unit, value) in self.given_to_module(file, name) {
            found.join(self.value(unit, &value));
        }
        if self.main_files().contains(&file) {
            found = self.with_given_by_modules(found, file, name);
        }
        self.with_elements_of_variable(found, file, None, name)
    }

    /// What modules give a global of the program by `globals.name`.
    fn with_given_by_modules(&mut self, mut found: Known, program: super::File, name: &str) -> Known {
        for &file in self.program().iter().filter(|&&file| file != program) {
            let facts = self.facts(file);
            for (unit, value) in facts.given_to_program(name) {
                if found.kinds.len() < MOST_KINDS {
                    found.join(self.value(UnitRef { file, unit }, value));
                }
            }
        }
        found
    }

    /// What a global is to a statement, which sees what those before it have stored; none if others may store something, or nobody has.
    fn stored_before(&mut self, at: UnitRef, name: &SmolStr) -> Option<Known> {
        let mut stores = self.stores_before(at, name, 2)?;
        let facts = self.facts(at.file);
        // A loop or an `if` may read what it has assigned itself.
        let own = facts.globals(name).filter(|(unit, _)| *unit == at.unit && !facts.unit(*unit).facts.is_assignment);
        stores.extend(own.map(|(unit, value)| Store { unit, value: value.clone(), is_null_gone: false }));
        let mut found = Known::default();
        for store in stores {
            found.join(store.left_of(self.value(UnitRef { unit: store.unit, ..at }, &store.value)));
        }
        (found != Known::default()).then(|| self.with_elements_of_variable(found, at.file, None, name))
    }

    /// What the statements before one have stored in a global of which they see the last store, in the order of the text; none if others may
    /// store something, or at least so many do not.
    pub fn stores_before(&mut self, at: UnitRef, name: &str, least: usize) -> Option<Vec<Store>> {
        let facts = self.facts(at.file);
        let is_plain = |unit: u32| {
            let it = facts.unit(unit);
            it.kind == UnitKind::Statement && !it.facts.writes_through
        };
        let count = facts.globals(name).take(MOST_STORES + 1).count();
        let is_followed = (least..=MOST_STORES).contains(&count) && is_plain(at.unit);
        if !is_followed
            || !facts.globals(name).all(|(unit, _)| is_plain(unit))
            || self.is_given_by_others(at.file, name)
        {
            return None;
        }
        let (mut stores, mut filled) = (Vec::new(), None);
        for (unit, value) in facts.globals_before(name, at.unit) {
            stores.push(Store { unit, value: value.clone(), is_null_gone: filled.is_some_and(|it| it != unit) });
            if facts.unit(unit).facts.is_assignment {
                break;
            }
            if facts.unit(unit).facts.filled.iter().any(|it| it == name) {
                filled.get_or_insert(unit);
            }
        }
        stores.reverse();
        Some(stores)
    }

    /// Whether other files of the program give a file's global a value, or code of the file itself by a name that is worked out.
    pub(super) fn is_given_by_others(&mut self, file: super::File, name: &str) -> bool {
        let facts = self.facts(file);
        let is_open = *self.opens.entry(file).or_insert_with(|| crate::db::gets_globals_out_of_sight(&facts));
        is_open
            || !self.given_to_module(file, name).is_empty()
            || self.program().iter().any(|&it| it != file && self.facts(it).given_to_program(name).next().is_some())
    }

    /// A variable of a function: what it and its closures assign, and what callers give.
    pub fn variable_of(&mut self, at: UnitRef, name: &str) -> Known {
        let facts = self.facts(at.file);
        let unit = facts.unit(at.unit);
        let mut found = Known::default();
        for (_, value) in unit.facts.assigned.iter().filter(|(it, _)| it == name) {
            found.join(self.value(at, value));
        }
        for child in facts.children(at.unit) {
            for (_, value) in facts.unit(child).facts.outer.iter().filter(|(it, _)| it == name) {
                found.join(self.value(UnitRef { unit: child, ..at }, value));
            }
        }
        if let Some(param) = unit.facts.params.iter().rposition(|(it, _)| it == name) {
            found.join(self.parameter(at, param, usize::MAX));
        }
        self.held_by_variable(found, at, name)
    }

    /// What a variable of a function holds that is given such a value: with its class, and what becomes an element of it.
    pub fn held_by_variable(&mut self, found: Known, at: UnitRef, name: &str) -> Known {
        let found = self.of_given_class(found, at, name);
        self.with_elements_of_variable(found, at.file, Some(at.unit), name)
    }

    /// What others have made for a variable, with the map behind it that `name.__isa = Class` puts there: an instance of that, whatever class
    /// its maker has given it.
    fn of_given_class(&mut self, found: Known, at: UnitRef, name: &str) -> Known {
        let facts = self.facts(at.file);
        let is_it = |owner: &Symbol| matches!(owner, Symbol::Name(it) if it == name);
        let members = &facts.unit(at.unit).facts.members;
        let mut bases = members.iter().filter(|(owner, member, _)| member == "__isa" && is_it(owner));
        let (Some((.., base)), None) = (bases.next(), bases.next()) else { return found };
        let base = self.value(at, base);
        let [Kind::Map(base)] = &*base.kinds else { return found };
        let Some(behind) = base.made() else { return found };
        let mut result = found.rest();
        for kind in found.kinds {
            result.add(match kind {
                Kind::Map(Object::New(by, number) | Object::Born(by, number, _)) if by != at => {
                    Kind::Map(Object::Born(by, number, behind))
                }
                kind => kind,
            });
        }
        result
    }

    /// What calls give for a parameter, in its file and in others of the program, and its default; of many calls the first ones.
    pub fn parameter(&mut self, at: UnitRef, param: usize, most: usize) -> Known {
        let facts = self.facts(at.file);
        let unit = facts.unit(at.unit);
        let mut found = Known::open();
        if let Some((_, default)) = unit.facts.params.get(param).filter(|(_, default)| !is_nothing(default)) {
            found.join(self.value(at, default));
        }
        let name = unit.name.rsplit('.').next().unwrap_or_default();
        let indirect = self.indirect_calls(at.file);
        let mut calls: Vec<_> = facts.calls(name).chain(indirect.iter().copied()).map(|it| (at.file, it)).collect();
        let importers = self.importers(at.file);
        let others = self.program();
        let others = others.iter().chain(importers.iter().take(MOST_IMPORTERS)).filter(|&&file| file != at.file);
        for &file in others {
            calls.extend(self.facts(file).calls(name).map(|it| (file, it)));
        }
        for (file, (unit, number)) in calls.into_iter().take(most) {
            let facts = self.facts(file).unit(unit).facts.clone();
            let Some((callee, args)) = facts.calls.get(number as usize) else { continue };
            let Some(arg) = args.get(param) else { continue };
            let caller = UnitRef { file, unit };
            if self.uncalled(caller, callee).kinds.contains(&Kind::Function(at)) {
                found.join(self.value(caller, arg));
            }
        }
        found.or_anything()
    }

    /// Calls of what a variable holds that was taken from a list or a map: unit, number among its calls.
    fn indirect_calls(&mut self, file: super::File) -> Arc<[(u32, u32)]> {
        if let Some(known) = self.indirect.get(&file) {
            return known.clone();
        }
        let facts = self.facts(file);
        let is_taken = |value: &Symbol| match value {
            Symbol::Element(_) | Symbol::Iterated(_) => true,
            Symbol::Ref(of) => matches!(**of, Symbol::Element(_)),
            _ => false,
        };
        let mut found = Vec::new();
        for (unit, it) in (0u32..).zip(&facts.units) {
            for (name, _) in it.facts.assigned.iter().filter(|(_, value)| is_taken(value)) {
                let at_top = it.kind == UnitKind::Statement;
                let calls = facts.calls(name).filter(|&(caller, number)| {
                    let calls = &facts.unit(caller).facts.calls;
                    let callee = calls.get(number as usize).map(|(callee, _)| callee);
                    (at_top || caller == unit) && matches!(callee.map(|it| &**it), Some(Symbol::Name(_)))
                });
                found.extend(calls);
            }
        }
        found.sort_unstable();
        found.dedup();
        self.indirect.entry(file).or_insert(found.into()).clone()
    }

    /// What reading a variable or a map's plain member gives: functions are called without arguments.
    pub fn called_plainly(&mut self, found: &Known) -> Known {
        self.called(found, None)
    }

    /// What reading gives: functions are called without arguments.
    pub(super) fn called(&mut self, found: &Known, receiver: Option<&Kind>) -> Known {
        let mut result = found.rest();
        for kind in &found.kinds {
            match kind {
                Kind::Function(function) => result.join(self.result(*function, receiver)),
                Kind::Intrinsic(id) => result.join(self.given(*id, receiver)),
                kind => result.add(kind.clone()),
            }
        }
        result
    }

    fn call(&mut self, at: UnitRef, callee: &Sym, args: &[Sym]) -> Known {
        let receiver = match &**callee {
            Symbol::Name(_) => return self.call_of_name(at, callee, args),
            // A method behind `super` runs on the same map.
            Symbol::Member(of, _) if **of == Symbol::Super => {
                self.value(at, &Symbol::SelfValue.into()).kinds.into_iter().next()
            }
            Symbol::Member(of, _) => self.value(at, of).kinds.into_iter().next(),
            _ => None,
        };
        let callee = self.uncalled(at, callee);
        self.called(&callee, receiver.as_ref())
    }

    /// A built-in function that is called by its name works on its first argument.
    fn call_of_name(&mut self, at: UnitRef, callee: &Sym, args: &[Sym]) -> Known {
        let mut own = self.uncalled(at, callee);
        let is_built_in = |kind: &mut Kind| matches!(kind, Kind::Intrinsic(_));
        let kinds = own.kinds.extract_if(.., is_built_in).collect();
        let mut found = self.called(&own, None);
        let first = args.first().filter(|_| own.kinds.is_empty());
        let first = first.and_then(|arg| self.value(at, arg).kinds.into_iter().next());
        found.join(self.called(&Known::new(kinds, false), first.as_ref()));
        found
    }

    /// What a function returns as a method of something: where that is `self`, what it was called on.
    pub fn result(&mut self, function: UnitRef, receiver: Option<&Kind>) -> Known {
        let facts = self.facts(function.file);
        let returns = &facts.unit(function.unit).facts.returns;
        if returns.is_empty() {
            return Known::one(Kind::Null);
        }
        let mut result = Known::default();
        for value in returns {
            match receiver {
                Some(receiver @ Kind::Map(_)) if **value == Symbol::SelfValue => result.add(receiver.clone()),
                Some(Kind::Map(of)) => {
                    let found = self.value(function, value);
                    result.join(self.born(function, found, *of));
                }
                _ => result.join(self.value(function, value)),
            }
        }
        result
    }

    /// What a method gives that is called on a map: what it makes with `new self` has that map behind it.
    fn born(&mut self, method: UnitRef, mut found: Known, receiver: Object) -> Known {
        let Some(of) = receiver.made() else { return found };
        let facts = self.facts(method.file);
        let news = &facts.unit(method.unit).facts.news;
        for kind in &mut found.kinds {
            let Kind::Map(object @ Object::New(at, number)) = *kind else { continue };
            let is_self = at == method && news.get(number as usize).is_some_and(|it| **it == Symbol::SelfValue);
            if is_self && !self.parents(object).contains(&of.into()) {
                *kind = Kind::Map(Object::Born(at, number, of));
            }
        }
        found
    }

    /// What an intrinsic gives.
    fn given(&mut self, id: IntrinsicId, receiver: Option<&Kind>) -> Known {
        let element = || match receiver {
            Some(Kind::List(kinds)) => Known::any_of(kinds.clone()),
            Some(Kind::Text) => Known::one(Kind::Text),
            _ => Known::anything(),
        };
        match guide::gives(id) {
            Gives::Anything => Known::anything(),
            Gives::Nothing => Known::one(Kind::Null),
            Gives::Number => Known::one(Kind::Number),
            Gives::Text => Known::one(Kind::Text),
            Gives::List => Known::one(Kind::List(Vec::new())),
            Gives::Numbers => Known::one(Kind::List(vec![Kind::Number])),
            Gives::Texts => Known::one(Kind::List(vec![Kind::Text])),
            Gives::Elements => {
                let own = receiver.and_then(|kind| self.own_entries(kind));
                Known::one(Kind::List(own.map_or_else(|| element().into_elements(), |(_, values)| values)))
            }
            Gives::Indexes => Known::one(Kind::List(match receiver {
                Some(Kind::List(_) | Kind::Text) => vec![Kind::Number],
                Some(kind) => self.own_entries(kind).map(|(keys, _)| keys).unwrap_or_default(),
                None => Vec::new(),
            })),
            Gives::Index => match receiver {
                Some(Kind::List(_) | Kind::Text) => Known::new(vec![Kind::Number, Kind::Null], false),
                _ => Known::anything(),
            },
            Gives::Map => Known::one(Kind::AnyMap),
            Gives::Error => Known::one(Kind::Error),
            Gives::Same => receiver.map_or_else(Known::anything, |kind| Known::one(kind.clone())),
            Gives::Element => element(),
            Gives::Host(name) => Known::one(Kind::Map(Object::Host(name))),
        }
    }

    /// What the keys and the values of a map are that code makes, as far as both have names in the text.
    pub(super) fn own_entries(&mut self, of: &Kind) -> Option<(Vec<Kind>, Vec<Kind>)> {
        let Kind::Map(object @ (Object::Literal(..) | Object::New(..) | Object::Sum(..))) = of else { return None };
        let members = self.members(&Known::one(of.clone()));
        let is_own = |it: Object| match *object {
            Object::Sum(_, parts) => *object == it || parts.iter().any(|part| part == it),
            object => it == object,
        };
        let own: Vec<_> = members.into_iter().filter(|it| is_own(it.owner) && it.intrinsic.is_none()).collect();
        let (mut values, mut all) = (Known::default(), true);
        for member in &own {
            let found = self.member(of, &member.name);
            // A list of whatever is a list of nothing in particular.
            all &= !found.kinds.is_empty();
            values.join(found);
        }
        let keys = if own.is_empty() { Vec::new() } else { vec![Kind::Text] };
        Some((keys, if all { values.into_elements() } else { Vec::new() }))
    }

    fn element(&mut self, at: UnitRef, of: &Sym, iterated: bool) -> Known {
        let of = self.value(at, of);
        self.elements(of, iterated)
    }

    /// What the elements of a value are, one after the other or by a key.
    pub fn elements(&mut self, of: Known, iterated: bool) -> Known {
        let mut found = of.rest();
        for kind in of.kinds {
            match kind {
                Kind::List(kinds) => found.join(Known::any_of(kinds)),
                Kind::Text => found.add(Kind::Text),
                Kind::Map(Object::Sum(_, parts)) if iterated => {
                    parts.iter().for_each(|it| found.add(Infer::entry_of(&Kind::Map(it))));
                }
                Kind::Map(_) | Kind::AnyMap if iterated => found.add(Infer::entry_of(&kind)),
                Kind::Map(object) => {
                    found.join(self.values_of_map(object));
                    found.open = true;
                }
                _ => found.open = true,
            }
        }
        found
    }

    /// Text and lists stay what they are when something is taken from them or they are repeated.
    fn scaled(&mut self, at: UnitRef, a: &Sym) -> Known {
        let mut of = self.value(at, a);
        let kept = |kind: &Kind| matches!(kind, Kind::Text | Kind::List(_));
        let number = of.kinds.is_empty() || of.kinds.iter().any(|kind| !kept(kind));
        of.kinds.retain(kept);
        // What is not known is taken for a number, too.
        if number || of.vague {
            of.add(Kind::Number);
            of.vague = false;
        }
        of
    }

    /// A string makes a string of everything, lists and maps are joined, numbers added.
    fn sum(&mut self, at: UnitRef, a: &Sym, b: &Sym) -> Known {
        let (left, right) = (self.value(at, a), self.value(at, b));
        let is_text = |it: &Known| *it.kinds == [Kind::Text];
        if is_text(&left) || is_text(&right) {
            return Known::new(vec![Kind::Text], false);
        }
        let mut found = left.rest();
        // Of what else the sides may be there is another sum.
        if left.kinds.contains(&Kind::Text) || right.kinds.contains(&Kind::Text) {
            found.add(Kind::Text);
        }
        if let ([Kind::Map(a)], [Kind::Map(b)]) = (&*left.kinds, &*right.kinds)
            && let Some(parts) = Parts::of(*a, *b)
        {
            return Known {
                kinds: vec![Kind::Map(Object::Sum(at.file, parts))],
                open: left.open || right.open,
                vague: left.vague || right.vague,
            };
        }
        for kind in left.kinds {
            match kind {
                Kind::List(mut kinds) => {
                    let lists =
                        right.kinds.iter().filter_map(|it| if let Kind::List(of) = it { Some(of) } else { None });
                    for kind in lists.flatten() {
                        if !kinds.contains(kind) && kinds.len() < MOST_KINDS {
                            kinds.push(kind.clone());
                        }
                    }
                    // What nobody knows may be a list, too.
                    if right.vague && !kinds.contains(&Kind::Unknown) {
                        kinds.push(Kind::Unknown);
                    }
                    found.add(Kind::List(kinds));
                }
                Kind::Map(_) | Kind::AnyMap => {
                    found.add(kind);
                    // What the sum has is in one of the two.
                    let maps = right.kinds.iter().filter(|it| matches!(it, Kind::Map(_) | Kind::AnyMap));
                    maps.for_each(|it| found.add(it.clone()));
                    found.open |= right.open;
                }
                Kind::Number => found.add(kind),
                Kind::Text => {}
                _ => found.open = true,
            }
        }
        found
    }

    /// The map of a module: its variables, or what its top level returns.
    fn imported(&mut self, name: &str) -> Known {
        let Some(file) = self.module(name) else { return Known::anything() };
        let facts = self.facts(file);
        let mut found = Known::default();
        for (unit, it) in (0u32..).zip(&facts.units).filter(|(_, it)| it.kind == UnitKind::Statement) {
            for value in &it.facts.returns {
                found.join(self.value(UnitRef { file, unit }, value));
            }
        }
        if found == Known::default() { Known::one(Kind::Map(Object::Module(file))) } else { found }
    }

    fn objects_known(&mut self, at: UnitRef, find: fn(&mut Self, UnitRef) -> Vec<Object>) -> Known {
        let objects = find(self, at);
        Known::any_of(objects.into_iter().take(MOST_KINDS).map(Kind::Map).collect())
    }

    fn outer(&mut self, at: UnitRef) -> Object {
        match self.facts(at.file).enclosing_function(at.unit) {
            Some(unit) => Object::Locals(UnitRef { unit, ..at }),
            None => Object::Globals(at.file),
        }
    }

    fn locals(&mut self, at: UnitRef) -> Object {
        match self.facts(at.file).unit(at.unit).kind {
            UnitKind::Function => Object::Locals(at),
            _ => Object::Globals(at.file),
        }
    }
}

/// A default that says nothing of what callers give, or none at all.
fn is_nothing(default: &Symbol) -> bool {
    matches!(default, Symbol::Null | Symbol::Unknown)
}

/// In a method of a type map, `self` is a value of that type.
fn of_type_map(kind: &mut Kind) {
    if let Kind::Map(Object::Host(name)) = kind
        && let Some(of_type) = Kind::of_type(name)
    {
        *kind = of_type;
    }
}
