//! What the elements of lists and of maps with computed keys are: what `push` and `insert` add, and what is assigned to an element.
//!
//! Part of `infer.rs`. Invariant: a list is known by the variable or member that holds it where something is added, so what is added under
//! another name is not seen; like all of inference this is a guide, never a proof.

use super::{Binding, File, FileFacts, Infer, Kind, Known, MOST_KINDS, Made, Object, Sym, Symbol, UnitRef, binding};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// One value that becomes an element: in which unit, of what, which.
type Store = (u32, Sym, Sym);

/// All values that become elements in a file, by the last name of what they become elements of.
#[derive(Debug, Default)]
pub struct Stores {
    all: Vec<Store>,
    by_name: FxHashMap<SmolStr, Vec<u32>>,
}

impl Stores {
    fn of(facts: &FileFacts) -> Stores {
        let mut stores = Stores::default();
        for (method, argument) in [("push", 0), ("insert", 1)] {
            for (unit, call) in facts.calls(method) {
                let Some((callee, args)) = facts.unit(unit).facts.calls.get(call as usize) else { continue };
                let (owner, value) = match &**callee {
                    Symbol::Member(owner, _) => (Some(owner), args.get(argument)),
                    _ => (args.first(), args.get(argument + 1)),
                };
                if let (Some(owner), Some(value)) = (owner, value) {
                    stores.add(unit, owner, value);
                }
            }
        }
        for (unit, it) in (0u32..).zip(&facts.units) {
            it.facts.elements.iter().for_each(|(owner, value)| stores.add(unit, owner, value));
        }
        stores
    }

    fn add(&mut self, unit: u32, owner: &Sym, value: &Sym) {
        if let Symbol::Name(name) | Symbol::Member(_, name) = &**owner {
            self.by_name.entry(name.clone()).or_default().push(self.all.len() as u32);
        }
        self.all.push((unit, owner.clone(), value.clone()));
    }
}

impl Infer<'_> {
    pub(super) fn stores(&mut self, file: File, name: &str) -> Vec<Store> {
        let stores = self.stores_of(file);
        let numbers = stores.by_name.get(name).into_iter().flatten();
        numbers.map(|&number| stores.all[number as usize].clone()).collect()
    }

    /// All values that become elements in a file.
    pub(super) fn all_stores(&mut self, file: File) -> Vec<Store> {
        self.stores_of(file).all.clone()
    }

    fn stores_of(&mut self, file: File) -> Arc<Stores> {
        match self.stores.get(&file) {
            Some(stores) => stores.clone(),
            None => {
                let stores = Arc::new(Stores::of(&self.facts(file)));
                self.stores.insert(file, stores.clone());
                stores
            }
        }
    }

    /// What a variable is, with what becomes an element of it; `of` is the function that has it, none for a global.
    pub fn with_elements_of_variable(&mut self, found: Known, file: File, of: Option<u32>, name: &str) -> Known {
        let wanted = of.map_or(Binding::Global, Binding::Variable);
        self.with_elements(found, file, name, |infer, unit, owner| {
            matches!(**owner, Symbol::Name(_)) && binding(&infer.facts(file), unit, name) == wanted
        })
    }

    /// What a map's own member is, with what becomes an element of it.
    pub(super) fn with_elements_of_member(&mut self, found: Known, object: Object, name: &str) -> Known {
        let (Object::Literal(made, _) | Object::New(made, _)) = object else { return found };
        self.with_elements(found, made.file, name, |infer, unit, owner| {
            let Symbol::Member(of, _) = &**owner else { return false };
            let holders: Vec<_> = infer.value(UnitRef { unit, ..made }, of).objects().collect();
            holders.into_iter().any(|it| infer.definers(it, name).first() == Some(&object))
        })
    }

    fn with_elements(
        &mut self,
        mut found: Known,
        file: File,
        name: &str,
        is_it: impl Fn(&mut Self, u32, &Sym) -> bool,
    ) -> Known {
        let Some(at) = found.kinds.iter().position(|kind| matches!(kind, Kind::List(_))) else { return found };
        let mut elements = Known::default();
        for (unit, owner, value) in self.stores(file, name) {
            if elements.kinds.len() < MOST_KINDS && is_it(self, unit, &owner) {
                elements.join(self.value(UnitRef { file, unit }, &value));
            }
        }
        if let Kind::List(kinds) = &mut found.kinds[at] {
            if !kinds.is_empty() {
                elements.join(Known::any_of(std::mem::take(kinds)));
            }
            *kinds = flat(elements.into_elements());
        }
        found
    }

    /// What the values of a map are that code makes, by name and under computed keys.
    pub(super) fn values_of_map(&mut self, object: Object) -> Known {
        let mut found = self.stored_in(object);
        if let Some((keys, values)) = self.own_entries(&Kind::Map(object)) {
            found.vague |= values.is_empty() && !keys.is_empty();
            if !values.is_empty() {
                found.join(Known::any_of(values));
            }
        }
        found.or_anything()
    }

    /// What maps that something may be hold under computed keys.
    pub(super) fn stored_in_any(&mut self, at: UnitRef, owner: &Sym) -> Known {
        let mut found = Known::open();
        let objects: Vec<_> = self.value(at, owner).objects().collect();
        objects.into_iter().for_each(|object| found.join(self.stored_in(object)));
        found.or_anything()
    }

    /// What a map that code makes holds under computed keys; there may be more.
    pub(super) fn stored_in(&mut self, object: Object) -> Known {
        let (mut found, object) = (Known::open(), object.maker());
        if let Object::Sum(_, parts) = object {
            parts.iter().for_each(|it| found.join(self.stored_in(it)));
            return found;
        }
        let (Object::Literal(made, _) | Object::New(made, _)) = object else { return found };
        let Some(name) = self.name_of(object) else { return found };
        for (unit, owner, value) in self.stores(made.file, &name) {
            let at = UnitRef { unit, ..made };
            if found.kinds.len() < MOST_KINDS && self.value(at, &owner).objects().any(|it| it.maker() == object) {
                found.join(self.value(at, &value));
            }
        }
        found
    }

    /// What a `for` over a map gives.
    pub(super) fn entry_of(kind: &Kind) -> Kind {
        let made = if let Kind::Map(object) = kind { object.made() } else { None };
        Kind::Map(Object::Entry(made))
    }

    /// A member of such an entry.
    pub(super) fn member_of_entry(&mut self, of: Option<Made>, name: &str) -> Known {
        match (name, of) {
            ("key", Some(_)) => Known { open: true, ..Known::one(Kind::Text) },
            ("value", Some(made)) => self.values_of_map(made.into()),
            ("key" | "value", None) => Known::anything(),
            _ => Known::default(),
        }
    }
}

/// Lists of lists of lists are lists.
pub(super) fn flat(kinds: Vec<Kind>) -> Vec<Kind> {
    let deep = |inner: &[Kind]| {
        inner.iter().any(|it| matches!(it, Kind::List(inner) if inner.iter().any(|it| matches!(it, Kind::List(_)))))
    };
    let flat = kinds.into_iter().map(|kind| match kind {
        Kind::List(inner) if deep(&inner) => Kind::List(Vec::new()),
        kind => kind,
    });
    flat.collect()
}
