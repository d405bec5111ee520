//! Whether a value can be nothing but what is known of it.
//!
//! Part of `infer.rs`. What a variable holds is assigned to it in the text, but what a member or an element holds may come from code that
//! does not say whose it is: a parameter's member, a key that is worked out. Where a program has such code, what is read out of maps and
//! lists is a guess, and an edit must not leave out a place because of it. Invariant: what is said to be settled is so as far as the text of
//! the program goes; whoever does not know says no.

use super::{Binding, File, Infer, Kind, MOST_MODULES, Object, Sym, Symbol, UnitRef, binding};
use minilive_mir::ir::BinaryOp;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::sync::Arc;

/// Values within values are followed so far for one question.
const MOST_VALUES: usize = 200;

/// What was found out about the code of the program, when somebody asked first.
#[derive(Debug, Default)]
pub(super) struct Writes {
    /// Whether no code but a file's own, by its bare name, gives a global of the file a value.
    shut: FxHashMap<(File, SmolStr), bool>,
    /// Whether code of a file may give any global a value.
    opens: FxHashMap<File, bool>,
    /// Some code may put a map or a list into something of which nobody knows what it is.
    strays: Option<bool>,
    /// The maps that get keys which are worked out.
    keyed: Option<Arc<FxHashSet<Object>>>,
    /// Whether some code gives a member of that name to something of which nobody knows what it is.
    loose: FxHashMap<SmolStr, bool>,
    answers: FxHashMap<(UnitRef, Sym), bool>,
}

impl Infer<'_> {
    /// Whether an expression can be nothing but what is known of it.
    pub fn is_settled(&mut self, at: UnitRef, symbol: &Sym) -> bool {
        let at = self.wherever(at, symbol);
        let key = (at, symbol.clone());
        if let Some(&answer) = self.writes.answers.get(&key) {
            return answer;
        }
        let answer = !self.value(at, symbol).open && self.settled(at, symbol, &mut FxHashSet::default());
        self.writes.answers.insert(key, answer);
        answer
    }

    /// Whether a map gets keys that are worked out, so that nobody knows what members it has.
    pub fn is_keyed(&mut self, object: Object) -> bool {
        let keyed = self.keyed();
        match object.maker() {
            it @ Object::Sum(_, parts) => keyed.contains(&it) || parts.iter().any(|it| keyed.contains(&it)),
            it => keyed.contains(&it),
        }
    }

    fn settled(&mut self, at: UnitRef, symbol: &Sym, seen: &mut FxHashSet<(UnitRef, Sym)>) -> bool {
        if !seen.insert((at, symbol.clone())) {
            return true;
        }
        if seen.len() > MOST_VALUES {
            return false;
        }
        match &**symbol {
            Symbol::Unknown => false,
            Symbol::Null
            | Symbol::Number
            | Symbol::Text
            | Symbol::Map(_)
            | Symbol::New(_)
            | Symbol::Function(_)
            | Symbol::SelfValue
            | Symbol::Super
            | Symbol::Globals
            | Symbol::Outer
            | Symbol::Locals
            | Symbol::Unary(..)
            | Symbol::Import(_) => true,
            Symbol::List(items) => items.iter().all(|it| self.settled(at, it, seen)),
            Symbol::Name(name) => self.settled_name(at, name, seen) && self.settled_results(at, symbol, seen),
            Symbol::Member(of, name) => {
                self.settled(at, of, seen)
                    && self.settled_member(at, of, name, seen)
                    && self.settled_results(at, symbol, seen)
            }
            Symbol::Ref(of) => match &**of {
                Symbol::Name(name) => self.settled_name(at, name, seen),
                Symbol::Member(owner, name) => {
                    self.settled(at, owner, seen) && self.settled_member(at, owner, name, seen)
                }
                _ => self.settled(at, of, seen),
            },
            Symbol::Element(of) | Symbol::Iterated(of) => {
                !self.has_strays() && self.settled(at, of, seen) && self.settled_elements(at, of, seen)
            }
            Symbol::Slice(of) => self.settled(at, of, seen),
            Symbol::Binary(BinaryOp::Add | BinaryOp::Or, a, b) => {
                self.settled(at, a, seen) && self.settled(at, b, seen)
            }
            Symbol::Binary(..) => true,
            Symbol::Call(of, _) => self.settled_results(at, of, seen),
        }
    }

    /// A bare name, uncalled.
    fn settled_name(&mut self, at: UnitRef, name: &SmolStr, seen: &mut FxHashSet<(UnitRef, Sym)>) -> bool {
        let facts = self.facts(at.file);
        match binding(&facts, at.unit, name) {
            Binding::Variable(owner) => {
                let unit = facts.unit(owner);
                let open = unit.facts.open.locals || unit.facts.params.iter().any(|(it, _)| it == name);
                let children: Vec<_> = facts.children(owner).collect();
                if open || children.iter().any(|&it| facts.unit(it).facts.open.outer) {
                    return false;
                }
                let own = unit.facts.assigned.iter().map(|it| (owner, it));
                let outer = children.iter().flat_map(|&it| facts.unit(it).facts.outer.iter().map(move |of| (it, of)));
                let values: Vec<_> = own.chain(outer).filter(|(_, (it, _))| it == name).collect();
                values.into_iter().all(|(unit, (_, value))| self.settled(UnitRef { unit, ..at }, value, seen))
            }
            Binding::Global => self.settled_global(at.file, name, seen),
            Binding::Intrinsic(_) => true,
            Binding::Unknown => false,
        }
    }

    fn settled_global(&mut self, file: File, name: &SmolStr, seen: &mut FxHashSet<(UnitRef, Sym)>) -> bool {
        let facts = self.facts(file);
        // So many values are not followed, so the first of them need not be.
        if facts.globals(name).nth(MOST_VALUES).is_some() || !self.is_shut(file, name) {
            return false;
        }
        let values: Vec<_> = facts.globals(name).collect();
        values.into_iter().all(|(unit, value)| self.settled(UnitRef { file, unit }, value, seen))
    }

    /// Whether no code but a file's own, by its bare name, gives a global of the file a value.
    fn is_shut(&mut self, file: File, name: &SmolStr) -> bool {
        let key = (file, name.clone());
        if let Some(&known) = self.writes.shut.get(&key) {
            return known;
        }
        let is_shut = self.find_shut(file, name);
        self.writes.shut.insert(key, is_shut);
        is_shut
    }

    fn find_shut(&mut self, file: File, name: &SmolStr) -> bool {
        for &other in self.program().iter() {
            let facts = self.facts(other);
            if *self.writes.opens.entry(other).or_insert_with(|| facts.opens_globals()) {
                return false;
            }
            if other != file && facts.given_to_program(name).next().is_some() {
                return false;
            }
            // `module.name = …`
            for (unit, owner, _) in facts.members(name) {
                let mut objects = self.value(UnitRef { file: other, unit }, owner).objects().collect::<Vec<_>>();
                objects.retain(|it| matches!(it, Object::Module(_) | Object::Globals(_)));
                if objects.contains(&Object::Module(file)) || objects.contains(&Object::Globals(file)) {
                    return false;
                }
            }
        }
        true
    }

    fn settled_member(&mut self, at: UnitRef, of: &Sym, name: &SmolStr, seen: &mut FxHashSet<(UnitRef, Sym)>) -> bool {
        if self.has_strays() || self.is_loose(name) {
            return false;
        }
        for object in self.value(at, of).objects().collect::<Vec<_>>() {
            for holder in self.definers(object, name) {
                let is_so = match holder {
                    Object::Module(file) | Object::Globals(file) => self.settled_global(file, name, seen),
                    Object::Locals(_) => false,
                    _ if self.is_keyed(holder) || self.is_given_more(holder, name, MOST_VALUES) => false,
                    _ => {
                        let values = self.own_values(holder, name);
                        values.into_iter().all(|(unit, value)| self.settled(unit, &value, seen))
                    }
                };
                if !is_so {
                    return false;
                }
            }
        }
        true
    }

    /// What becomes an element of something, by the name of that.
    fn settled_elements(&mut self, at: UnitRef, of: &Sym, seen: &mut FxHashSet<(UnitRef, Sym)>) -> bool {
        let (Symbol::Name(name) | Symbol::Member(_, name)) = &**of else { return true };
        for &file in self.program().iter() {
            for (unit, owner, value) in self.stores(file, name) {
                let unit = UnitRef { file, unit };
                let is_other = matches!((&**of, &*owner), (Symbol::Name(_), Symbol::Name(_)) if file != at.file);
                if !is_other && !self.settled(unit, &value, seen) {
                    return false;
                }
            }
        }
        true
    }

    /// What functions give that something may be: reading calls them.
    fn settled_results(&mut self, at: UnitRef, of: &Sym, seen: &mut FxHashSet<(UnitRef, Sym)>) -> bool {
        let called = self.uncalled(at, of);
        !called.open
            && called.kinds.iter().all(|kind| {
                let Kind::Function(function) = kind else { return true };
                let facts = self.facts(function.file);
                let returns = &facts.unit(function.unit).facts.returns;
                returns.iter().all(|value| self.settled(*function, value, seen))
            })
    }

    /// Whether code gives a member of that name to something of which nobody knows what it is.
    fn is_loose(&mut self, name: &SmolStr) -> bool {
        if let Some(&known) = self.writes.loose.get(name) {
            return known;
        }
        let mut found = false;
        for &file in self.program().iter() {
            let facts = self.facts(file);
            for (unit, owner, value) in facts.members(name) {
                let at = UnitRef { file, unit };
                found = found || self.is_of_anything(at, owner) && self.may_hold(at, value);
            }
        }
        self.writes.loose.insert(name.clone(), found);
        found
    }

    /// Whether some code may put a map or a list into something of which nobody knows what it is.
    fn has_strays(&mut self) -> bool {
        if let Some(known) = self.writes.strays {
            return known;
        }
        // While this is found out nobody may rely on it.
        self.writes.strays = Some(true);
        let program = self.program();
        let mut found = program.len() >= MOST_MODULES;
        for &file in program.iter() {
            for (unit, owner, value) in self.all_stores(file) {
                let at = UnitRef { file, unit };
                found = found || self.is_of_anything(at, &owner) && self.may_hold(at, &value);
            }
        }
        self.writes.strays = Some(found);
        found
    }

    fn is_of_anything(&mut self, at: UnitRef, owner: &Sym) -> bool {
        let owner = self.value(at, owner);
        owner.open || owner.kinds.contains(&Kind::AnyMap)
    }

    /// Whether a value may be, or hold, a map.
    fn may_hold(&mut self, at: UnitRef, value: &Sym) -> bool {
        match &**value {
            Symbol::Null | Symbol::Number | Symbol::Text | Symbol::Function(_) | Symbol::Unary(..) => false,
            Symbol::Binary(BinaryOp::Add, a, b) => self.may_hold(at, a) && self.may_hold(at, b),
            Symbol::Binary(BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div, a, _) => self.may_hold(at, a),
            Symbol::Binary(op, ..) if *op != BinaryOp::Or => false,
            _ => {
                let known = self.value(at, value);
                let holds = |kind: &Kind| matches!(kind, Kind::Map(_) | Kind::AnyMap | Kind::List(_));
                known.open || known.kinds.iter().any(holds)
            }
        }
    }

    fn keyed(&mut self) -> Arc<FxHashSet<Object>> {
        if let Some(known) = &self.writes.keyed {
            return known.clone();
        }
        self.writes.keyed = Some(Arc::default());
        let mut keyed = FxHashSet::default();
        for &file in self.program().iter() {
            let facts = self.facts(file);
            for (unit, it) in (0u32..).zip(&facts.units) {
                for (owner, _) in &it.facts.elements {
                    let objects = self.value(UnitRef { file, unit }, owner);
                    keyed.extend(objects.objects().map(Object::maker));
                }
            }
        }
        let keyed = Arc::new(keyed);
        self.writes.keyed = Some(keyed.clone());
        keyed
    }
}
