//! What expressions mean that begin with a name of the host, or with a module that it brings.
//!
//! Hover, completion, signatures and warnings ask; the profiles of the host know. Invariants: a name to which the program gives a value is the
//! program's own, and so is a module that is found as a file.

use super::infer::{Binding, Infer, Kind, Object, UnitRef, binding};
use super::names::Named;
use crate::db::{self, File, FileFacts, LiveDb};
use crate::host_profile::{Host, Told};
use crate::modules::Places;
use minilive_mir::names::{Place, Sym, Symbol};
use rustc_hash::FxHashSet;

/// Values in variables are followed so far.
const MOST_STEPS: u32 = 8;

/// The modules that a file imports, and those behind it: where one is, names are that the host's module gives.
pub struct Imported {
    names: FxHashSet<String>,
    /// More may be imported, under names that stand in no text.
    may_be_more: bool,
}

impl Imported {
    /// What is imported in a file and in the modules behind it that are found as files.
    pub fn behind(db: &LiveDb, file: File, places: &Places) -> Imported {
        let (mut names, mut may_be_more) = (FxHashSet::default(), false);
        let (mut files, mut seen) = (vec![file], FxHashSet::from_iter([file]));
        while let Some(file) = files.pop() {
            may_be_more |= db::may_import_out_of_sight(db, file);
            for import in &*db::module_imports(db, file) {
                if names.insert(import.name.clone())
                    && let Some(module) = db::likely_module(db, &places.lookup(&import.name))
                    && seen.insert(module)
                {
                    files.push(module);
                }
            }
        }
        Imported { names, may_be_more }
    }

    /// Whether a module of that name is among them, or may be.
    pub fn has(&self, module: &str) -> bool {
        self.may_be_more || self.names.contains(module)
    }
}

/// A look at the host from one file.
#[derive(Clone, Copy)]
pub struct Hosts<'h> {
    /// What its profiles say.
    pub host: &'h Host,
    /// Where modules are looked for first.
    pub db: &'h LiveDb,
    /// Where they may lie.
    pub places: &'h Places,
}

impl<'h> Hosts<'h> {
    /// What profiles say of an expression of a unit that names it. They know their own host better than the command line does, which has some
    /// of those names, too.
    pub fn named(&self, facts: &FileFacts, unit: u32, symbol: &Symbol) -> Option<Told<'h>> {
        match symbol {
            Symbol::Name(name) => {
                let it = self.host.name(name)?;
                matches!(binding(facts, unit, name), Binding::Unknown | Binding::Intrinsic(_)).then_some(it)
            }
            Symbol::Member(of, name) => self.host.member(&self.named(facts, unit, of)?, name),
            Symbol::Call(of, _) => self.host.given_by(self.named(facts, unit, of)?.it),
            _ => None,
        }
    }

    /// The same, and what variables hold that are given one value only.
    pub fn told(&self, facts: &FileFacts, unit: u32, symbol: &Symbol) -> Option<Told<'h>> {
        self.follow(facts, unit, symbol, MOST_STEPS)
    }

    /// What the host says a value is, where that is a type of the language.
    pub fn kind(&self, facts: &FileFacts, unit: u32, symbol: &Symbol) -> Option<Kind> {
        let told = self.told(facts, unit, symbol)?;
        // What a function gives is the value of its call.
        let is_called = told.it.params.is_some() && !matches!(symbol, Symbol::Call(..));
        Kind::of_type(told.it.gives.as_deref()?).filter(|_| !is_called)
    }

    fn follow(&self, facts: &FileFacts, unit: u32, symbol: &Symbol, steps: u32) -> Option<Told<'h>> {
        let steps = steps.checked_sub(1)?;
        match symbol {
            Symbol::Name(name) => {
                let mut values = match binding(facts, unit, name) {
                    Binding::Unknown | Binding::Intrinsic(_) => return self.host.name(name),
                    Binding::Variable(owner) => {
                        let assigned = facts.unit(owner).facts.assigned.iter().filter(|(it, _)| it == name);
                        assigned.map(|(_, value)| (owner, value)).collect::<Vec<_>>()
                    }
                    Binding::Global => facts.globals(name).collect(),
                };
                let (at, value) = values.pop()?;
                let is_only = values.iter().all(|it| *it == (at, value)) && !is_parameter(facts, unit, name);
                is_only.then(|| self.follow(facts, at, value, steps)).flatten()
            }
            Symbol::Member(of, name) => self.host.member(&self.follow(facts, unit, of, steps)?, name),
            Symbol::Call(of, _) => self.host.given_by(self.follow(facts, unit, of, steps)?.it),
            Symbol::New(number) => {
                let base = facts.unit(unit).facts.news.get(*number as usize)?;
                self.follow(facts, unit, base, steps)
            }
            Symbol::Import(name) => self.module(name),
            _ => None,
        }
    }

    /// A module that the host brings, unless a file of that name is there.
    pub fn module(&self, name: &str) -> Option<Told<'h>> {
        let module = self.host.module(name)?;
        db::likely_module(self.db, &self.places.lookup(name)).is_none().then_some(module)
    }

    /// What the host's modules that a file imports give to all values of a type, by the name of its type map.
    pub fn added(&self, file: File, of: &'static str) -> Vec<(&'h String, Told<'h>)> {
        let imports = db::module_imports(self.db, file);
        let modules = imports.iter().filter(|it| self.module(&it.name).is_some());
        modules.flat_map(|it| self.host.added(&it.name, of).collect::<Vec<_>>()).collect()
    }

    /// Whether a name is that of a member which the host has: of its own maps, and of what programs make of them.
    pub fn has_member(&self, infer: &mut Infer<'_>, file: File, named: &Named) -> bool {
        let Place::Member(owner) = &named.of.place else { return false };
        let of = self.told(&infer.facts(file), named.unit, owner);
        let behind = self.behind(infer, UnitRef { file, unit: named.unit }, owner);
        of.into_iter().chain(behind).any(|of| self.host.member(&of, &named.name).is_some())
    }

    /// What profiles say of the maps behind a value: what `new Sprite` makes has the members of `Sprite`.
    pub fn behind(&self, infer: &mut Infer<'_>, at: UnitRef, symbol: &Sym) -> Vec<Told<'h>> {
        if self.host.names.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let objects: Vec<_> = infer.value(at, symbol).objects().collect();
        for object in objects {
            for (it, _) in infer.chain(object) {
                let Object::New(made, number) = it else { continue };
                let facts = infer.facts(made.file);
                let base = facts.unit(made.unit).facts.news.get(number as usize);
                found.extend(base.and_then(|base| self.told(&facts, made.unit, base)));
            }
        }
        found
    }
}

fn is_parameter(facts: &FileFacts, unit: u32, name: &str) -> bool {
    let around = [Some(unit), facts.enclosing_function(unit)];
    let owner = around.into_iter().flatten().find(|&it| facts.has_variable(it, name));
    owner.is_some_and(|owner| facts.unit(owner).facts.params.iter().any(|(it, _)| it == name))
}
