//! What the values of expressions held in runs: members that no assignment in the text shows.
//!
//! Takes the recordings of a file; completion, signatures and hover offer and show what is found, called *seen*. Values are found by the
//! unit and the name they were assigned to, so that they stay useful while code is being typed. Invariants: nothing here is a fact, and
//! no warning reads it; work is bounded by the recordings and a small depth.

use super::infer::{Binding, Infer, Kind, UnitRef, binding};
use crate::db::{self, File, LiveDb};
use crate::recording::{Recorded, Value};
use minilive_jit::record::{Held, HeldMember};
use minilive_mir::ir::{RecordKind, Ty, UnitKey};
use minilive_mir::names::{Sym, Symbol};
use std::sync::Arc;

/// Expressions within expressions, and arguments of calls behind parameters, are followed so far.
const MOST_DEPTH: u32 = 8;
/// So many values of an expression are enough.
const MOST_VALUES: usize = 16;
/// So many members are named.
const MOST_NAMES: usize = 8;

/// Recordings of a file.
pub struct Seen<'a> {
    db: &'a LiveDb,
    file: File,
    recorded: Arc<Vec<Recorded>>,
}

/// Values that were seen, each once.
type Found<'s> = Vec<&'s Held>;

impl<'a> Seen<'a> {
    /// All that was recorded of a file.
    pub fn of(db: &'a LiveDb, file: File) -> Seen<'a> {
        Seen { db, file, recorded: file.recordings(db).list(db).clone() }
    }

    /// What an expression of a unit was seen to be, functions being called as reading a name calls them.
    pub fn values(&self, infer: &mut Infer<'_>, at: UnitRef, symbol: &Sym) -> Found<'_> {
        if self.recorded.is_empty() { Vec::new() } else { self.look(infer, at, symbol, 0) }
    }

    /// The functions of the program that a member was seen to be.
    pub fn functions(&self, infer: &mut Infer<'_>, at: UnitRef, symbol: &Sym) -> Vec<UnitRef> {
        let Symbol::Member(of, name) = &**symbol else { return Vec::new() };
        let owners = self.values(infer, at, of);
        let members = owners.iter().filter_map(|held| member(held, name));
        members.filter_map(|it| self.unit(it.value.function?)).collect()
    }

    /// The unit of a function that was seen, if it is still in the file.
    pub fn unit(&self, key: UnitKey) -> Option<UnitRef> {
        let unit = db::units(self.db, self.file).index_of(key)?;
        Some(UnitRef { file: self.file, unit: unit as u32 })
    }

    fn key(&self, at: UnitRef) -> Option<UnitKey> {
        let units = (at.file == self.file).then(|| db::units(self.db, self.file))?;
        units.get(at.unit as usize).map(|it| it.unit.key)
    }

    fn all(&self) -> impl Iterator<Item = &Value> {
        self.recorded.iter().flat_map(|it| &it.outcome.values)
    }

    fn look(&self, infer: &mut Infer<'_>, at: UnitRef, symbol: &Sym, depth: u32) -> Found<'_> {
        let mut found = Found::new();
        if depth > MOST_DEPTH {
            return found;
        }
        match &**symbol {
            Symbol::Name(name) => self.variable(infer, at, name, depth, &mut found),
            Symbol::Member(of, name) => {
                let owners = self.look(infer, at, of, depth + 1);
                let values = owners.iter().filter_map(|held| member(held, name)).map(|it| &it.value);
                values.for_each(|it| add(&mut found, it));
            }
            Symbol::Element(of) | Symbol::Iterated(of) => {
                let owners = self.look(infer, at, of, depth + 1);
                owners.iter().filter_map(|held| held.element.as_deref()).for_each(|it| add(&mut found, it));
            }
            Symbol::Ref(of) => return self.look(infer, at, of, depth + 1),
            Symbol::SelfValue => self.receivers(at, &mut found),
            _ => {}
        }
        if matches!(&**symbol, Symbol::Name(_) | Symbol::Member(..) | Symbol::Call(..)) {
            let callee = if let Symbol::Call(of, _) = &**symbol { of } else { symbol };
            for kind in infer.uncalled(at, callee).kinds {
                let key = if let Kind::Function(function) = kind { self.key(function) } else { None };
                key.into_iter().for_each(|key| self.results(key, &mut found));
            }
            if let Symbol::Call(of, _) = &**symbol {
                found.extend(self.look(infer, at, of, depth + 1));
            }
        }
        // A function that was seen is called, too.
        for held in std::mem::take(&mut found) {
            match (held.ty, held.function) {
                (Ty::Function, Some(key)) => self.results(key, &mut found),
                _ => add(&mut found, held),
            }
        }
        found
    }

    fn variable<'s>(&'s self, infer: &mut Infer<'_>, at: UnitRef, name: &str, depth: u32, found: &mut Found<'s>) {
        let facts = infer.facts(at.file);
        match binding(&facts, at.unit, name) {
            Binding::Variable(unit) => {
                let owner = UnitRef { unit, ..at };
                self.assigned(owner, name, found);
                if let Some(param) = facts.unit(unit).facts.params.iter().position(|(it, _)| it == name) {
                    self.arguments(infer, owner, param, depth, found);
                }
            }
            Binding::Global => {
                for (unit, _) in facts.globals(name) {
                    self.assigned(UnitRef { unit, ..at }, name, found);
                }
            }
            Binding::Intrinsic(_) | Binding::Unknown => {}
        }
    }

    fn assigned<'s>(&'s self, at: UnitRef, name: &str, found: &mut Found<'s>) {
        let Some(key) = self.key(at) else { return };
        let fitting = self.all().filter(|it| it.unit == key && it.name.as_deref() == Some(name));
        fitting.for_each(|it| add(found, &it.held));
    }

    fn results<'s>(&'s self, key: UnitKey, found: &mut Found<'s>) {
        let fitting = self.all().filter(|it| it.unit == key && it.kind == RecordKind::Return);
        fitting.for_each(|it| add(found, &it.held));
    }

    /// What calls in the file give for a parameter.
    fn arguments<'s>(&'s self, infer: &mut Infer<'_>, at: UnitRef, param: usize, depth: u32, found: &mut Found<'s>) {
        let facts = infer.facts(at.file);
        let name = facts.unit(at.unit).name.clone();
        for (caller, number) in facts.calls(name.rsplit('.').next().unwrap_or_default()) {
            let calls = facts.unit(caller).facts.clone();
            let Some((callee, args)) = calls.calls.get(number as usize) else { continue };
            let Some(arg) = args.get(param).filter(|_| found.len() < MOST_VALUES) else { continue };
            let caller = UnitRef { unit: caller, ..at };
            if infer.uncalled(caller, callee).kinds.contains(&Kind::Function(at)) {
                self.look(infer, caller, arg, depth + 1).into_iter().for_each(|it| add(found, it));
            }
        }
    }

    /// `self` in a function is a map that was seen to find the function.
    fn receivers<'s>(&'s self, at: UnitRef, found: &mut Found<'s>) {
        let Some(key) = self.key(at) else { return };
        let finds = |held: &Held| held.members.iter().any(|it| it.value.function == Some(key));
        self.all().map(|it| &it.held).filter(|held| finds(held)).for_each(|held| add(found, held));
    }
}

fn member<'h>(held: &'h Held, name: &str) -> Option<&'h HeldMember> {
    held.members.iter().find(|it| it.name == name)
}

fn add<'s>(found: &mut Found<'s>, held: &'s Held) {
    if found.len() < MOST_VALUES && !found.contains(&held) {
        found.push(held);
    }
}

/// The type of a seen value in one word; nothing for what is seldom of use.
pub fn word(ty: Ty) -> Option<&'static str> {
    Some(match ty {
        Ty::Any => return None,
        Ty::Null => "null",
        Ty::Number => "number",
        Ty::String => "string",
        Ty::List => "list",
        Ty::Map => "map",
        Ty::Function => "function",
    })
}

/// What was seen, as a paragraph; nothing if there is nothing to say.
pub fn text(found: &[&Held]) -> Option<String> {
    let mut words: Vec<&str> = Vec::new();
    for word in found.iter().filter_map(|held| word(held.ty)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for member in found.iter().flat_map(|held| &held.members) {
        if member.name != "__isa" && !names.contains(&&*member.name) {
            names.push(&member.name);
        }
    }
    let more = if names.len() > MOST_NAMES { ", …" } else { "" };
    names.truncate(MOST_NAMES);
    let with = if names.is_empty() { String::new() } else { format!(" with {}{more}", names.join(", ")) };
    (!words.is_empty()).then(|| format!("seen: {}{with}", words.join(" or ")))
}
