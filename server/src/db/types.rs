//! Types in the database: what is certain about the names of a file, and from that the types of each unit.
//!
//! [`surroundings`] goes over the facts of a file to a fixpoint, after an edit over what depends on the edited units; each unit then is typed
//! with those surroundings that it reads. Invariants: a set names every type that a value can have, so code that the text does not show (open scopes, modules) makes it anything; an edit that
//! changes no facts types the edited unit alone.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

mod flow;
mod summary;

use super::names::{FileFacts, file_facts};
use super::units::{UnitText, function_mir, last_types};
use super::wanted::while_wanted;
use super::{Db, File};
use crate::guide::{arguments, types as guide};
use flow::Flow;
use minilive_mir::ir::{ChildId, Unit, UnitKind};
use minilive_mir::names::ANY_KEY;
use minilive_mir::types::TypeSet;
use minilive_mir::typing::{Free, Given, Outside, UnitTypes, infer};
use minilive_runtime::intrinsics::IntrinsicId;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Weak};
use summary::{Different, Summary};

/// What stands around one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// What the names are that it reads, in alphabetical order, and whether the name is a global that is followed through the statements of
    /// the file: then, what it is where the unit begins.
    free: Vec<(SmolStr, Free, bool)>,
    /// What its nested functions give.
    children: Vec<TypeSet>,
}

impl Around {
    /// What a name is that the unit reads, and whether it is followed.
    fn read(&self, name: &str) -> Option<(Free, bool)> {
        let at = self.free.binary_search_by(|(it, ..)| it.as_str().cmp(name)).ok()?;
        Some((self.free[at].1, self.free[at].2))
    }
}

/// Members that a file gives to things, in alphabetical order: each of them may be given to all values of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenMembers(Option<Vec<SmolStr>>);

/// What stands around the units of a file.
#[derive(Debug)]
pub struct Surroundings {
    /// By unit, in their order.
    pub units: Vec<Arc<Around>>,
    /// The members that the file gives; none if others may give more.
    pub members: Arc<GivenMembers>,
    /// The surroundings that these were made from, and the units around which something else stands now, in their order.
    from: Option<(Weak<Surroundings>, Vec<u32>)>,
}

/// Wherever they came from.
impl PartialEq for Surroundings {
    fn eq(&self, other: &Surroundings) -> bool {
        self.units == other.units && self.members == other.members
    }
}

impl Eq for Surroundings {}

impl Surroundings {
    /// Of a row of units those around which something else stands than before, where they stood that far off.
    pub(super) fn others(
        &self,
        before: &Surroundings,
        units: Range<usize>,
        back: impl Fn(usize) -> usize,
    ) -> Vec<usize> {
        match &self.from {
            Some((from, others)) if std::ptr::eq(from.as_ptr(), before) => {
                let at = |unit: usize| others.partition_point(|&it| (it as usize) < unit);
                others[at(units.start)..at(units.end)].iter().map(|&it| it as usize).collect()
            }
            _ => units.filter(|&it| !Arc::ptr_eq(&before.units[back(it)], &self.units[it])).collect(),
        }
    }

    /// Whether all code that takes part in the program stands in the file.
    pub fn is_closed(&self) -> bool {
        self.members.0.is_some()
    }

    /// Whether code may give members of that name to things.
    pub fn is_given(&self, name: &str) -> bool {
        self.members.is_given(name)
    }
}

impl GivenMembers {
    fn is_given(&self, name: &str) -> bool {
        self.0.as_deref().is_none_or(|names| names.binary_search_by(|it| it.as_str().cmp(name)).is_ok())
    }
}

/// Types of a unit, and what they were found with.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    code: Arc<Unit>,
    around: Arc<Around>,
    members: Arc<GivenMembers>,
    types: Arc<UnitTypes>,
}

impl Typed {
    fn is_of(&self, code: &Arc<Unit>, around: &Arc<Around>, members: &Arc<GivenMembers>) -> bool {
        Arc::ptr_eq(&self.code, code) && self.around == *around && self.members == *members
    }
}

/// The surroundings of a file as they were found last, and what they were found with.
#[derive(Debug)]
pub struct KeptTypes {
    facts: Arc<FileFacts>,
    summary: Summary,
    around: Arc<Surroundings>,
}

/// The surroundings of all units of a file.
#[salsa::tracked(no_eq, returns(ref), lru = 64)]
pub fn surroundings(db: &dyn Db, file: File) -> Arc<Surroundings> {
    let facts = file_facts(db, file);
    let kept = &file.kept(db).types;
    let before = kept.take();
    let members = before.as_ref().map(|before| before.around.members.clone());
    let now = before.and_then(|before| before.updated(db, &facts)).unwrap_or_else(|| {
        db.makes("all_types", None);
        KeptTypes::of(db, facts, members)
    });
    let around = now.around.clone();
    if file.kept(db).is_open() {
        kept.put(now);
    }
    around
}

impl KeptTypes {
    fn of(db: &dyn Db, facts: Arc<FileFacts>, known: Option<Arc<GivenMembers>>) -> KeptTypes {
        let mut summary = Summary::of(db, &facts);
        let mut units = Vec::with_capacity(facts.units.len());
        let mut flow = Flow::new(&facts, &mut summary);
        for unit in while_wanted(db, 0..facts.units.len() as u32) {
            units.push(Arc::new(flow.around(&units, unit)));
        }
        let members = given_members(&facts, &summary, known);
        KeptTypes { facts, summary, around: Arc::new(Surroundings { units, members, from: None }) }
    }

    /// With what the facts say now; none if it is no less work to begin anew.
    fn updated(mut self, db: &dyn Db, facts: &Arc<FileFacts>) -> Option<KeptTypes> {
        let edit = facts.since(&self.facts)?;
        let Different { globals, units: mut different } = self.summary.update(db, (&self.facts, facts), &edit)?;
        different.extend(globals.iter().flat_map(|name| facts.readers(name)));
        different.extend(flow::followers(&self.facts, facts, &edit));
        let new = Arc::new(Around { free: Vec::new(), children: Vec::new() });
        let mut units = edit.carried(self.around.units.clone(), facts.units.len(), || new.clone());
        let changed: BTreeSet<u32> = edit.changed.iter().map(|(_, unit)| *unit).collect();
        let mut due: BTreeSet<u32> = different.into_iter().collect();
        let (mut others, mut told) = (Vec::new(), flow::Told::default());
        let mut flow = Flow::new(facts, &mut self.summary);
        // What a statement stores is what those behind it begin with, so this goes from the first to the last.
        while let Some(unit) = due.pop_first() {
            db.makes("around", None);
            let now = flow.around(&units, unit);
            let is_other = *units[unit as usize] != now;
            if is_other {
                units[unit as usize] = Arc::new(now);
                others.push(unit);
            }
            let assigned = &facts.unit(unit).facts.assigned;
            if is_other || changed.contains(&unit) || assigned.iter().any(|(name, _)| globals.contains(name)) {
                due.extend(flow::behind(facts, unit, &mut told));
            }
        }
        // What a new one has may be what none has.
        others.extend(edit.changed.iter().filter(|(was, _)| was.is_none()).map(|&(_, unit)| unit));
        others.sort_unstable();
        others.dedup();
        let from = Some((Arc::downgrade(&self.around), others));
        let mut members = self.around.members.clone();
        if !facts.has_members_of(&self.facts) {
            members = given_members(facts, &self.summary, Some(members));
        }
        Some(KeptTypes { facts: facts.clone(), around: Arc::new(Surroundings { units, members, from }), ..self })
    }
}

/// The members that a file gives: as the object they were, if they are what they were, since every unit compares them.
fn given_members(facts: &FileFacts, summary: &Summary, known: Option<Arc<GivenMembers>>) -> Arc<GivenMembers> {
    let now = GivenMembers(summary.is_closed().then(|| {
        let mut names: Vec<_> = facts.member_names().cloned().collect();
        names.sort_unstable();
        names
    }));
    known.filter(|known| **known == now).unwrap_or_else(|| Arc::new(now))
}

/// The types of a unit. The unit keeps them for as long as its code and what stands around say the same, so that an edit types the
/// edited unit alone.
pub fn unit_types(db: &dyn Db, unit: &UnitText, around: &Arc<Around>, members: &Arc<GivenMembers>) -> Arc<UnitTypes> {
    let code = &function_mir(db, unit).unit;
    let mut last = last_types(unit);
    if let Some(known) = &mut *last
        && known.is_of(code, around, members)
    {
        // From now on a glance tells that they are equal.
        (known.around, known.members) = (around.clone(), members.clone());
        return known.types.clone();
    }
    db.unwind_if_revision_cancelled();
    db.makes("unit_types", Some(unit.key));
    let outside = View { around, members: Some(members) };
    let types = Arc::new(infer(code, &outside));
    *last = Some(Typed { code: code.clone(), around: around.clone(), members: members.clone(), types: types.clone() });
    types
}

/// The types of a unit of which nothing around is known.
pub fn unit_types_alone(code: &Unit) -> UnitTypes {
    debug_assert!(matches!(code.kind, UnitKind::Function | UnitKind::Statement));
    infer(code, &View { around: &Around { free: Vec::new(), children: Vec::new() }, members: None })
}

/// Surroundings as inference asks for them.
struct View<'a> {
    around: &'a Around,
    members: Option<&'a GivenMembers>,
}

impl View<'_> {
    /// Whether all values of a type may have members of names that do not stand in the text.
    fn is_any_given(&self) -> bool {
        self.is_given(ANY_KEY)
    }

    fn is_given(&self, name: &str) -> bool {
        self.members.is_none_or(|members| members.is_given(name))
    }
}

impl Outside for View<'_> {
    fn free(&self, name: &str) -> Free {
        self.around.read(name).map_or(Free::ANY, |(free, _)| free)
    }

    fn is_followed(&self, name: &str) -> bool {
        self.around.read(name).is_some_and(|(_, is_followed)| is_followed)
    }

    fn child(&self, child: ChildId) -> TypeSet {
        self.around.children.get(child.0 as usize).copied().unwrap_or(TypeSet::ANY)
    }

    fn call(&self, intrinsic: u32, args: &[TypeSet]) -> Given {
        guide::given(IntrinsicId(intrinsic), args)
    }

    fn refuses(&self, intrinsic: u32, args: &[TypeSet]) -> Option<usize> {
        arguments::broken(IntrinsicId(intrinsic), args).map(|rule| rule.argument)
    }

    fn refuses_word(&self, intrinsic: u32, args: &[TypeSet], argument: usize) -> bool {
        arguments::refuses_word(IntrinsicId(intrinsic), args, argument)
    }

    fn method(&self, of: TypeSet, name: &str) -> Option<u32> {
        if self.is_given(name) || self.is_any_given() { None } else { guide::method_of(of, name).map(|id| id.0) }
    }

    fn member(&self, of: TypeSet, name: &str, args: &[TypeSet]) -> Given {
        if self.is_given(name) || self.is_any_given() { Given::ANY } else { guide::member(of, name, args) }
    }

    fn lacks(&self, of: TypeSet, name: &str) -> bool {
        !self.is_given(name) && !self.is_any_given() && guide::lacks(of, name)
    }
}
