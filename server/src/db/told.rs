//! The units of a file that have something to tell: diagnostics, checks, findings of their types. Most have nothing.
//!
//! Diagnostics ask after each edit, and a look at each of thousands of units costs more than all that an edit changes. So the lists are kept:
//! a unit that is the object it was, in the surroundings that it had, tells what it told. Invariant: the lists hold what a look at every
//! unit would find.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::kept::Last;
use super::pieces::{FileUnits, PlacedUnit};
use super::types::{Surroundings, surroundings, unit_types};
use super::units::{file_units, unit_checks, unit_diagnostics};
use super::{Db, File};
use minilive_mir::typing::UnitTypes;
use std::ops::Range;
use std::sync::Arc;

/// Of a row of units, by their indexes now, those of which something beside them is not what it was; with the way back to their indexes before.
pub(super) type Others<'a> = dyn Fn(Range<usize>, &dyn Fn(usize) -> usize) -> Vec<usize> + 'a;

/// Units by their indexes, with what they tell.
pub type Units<T> = Arc<[(u32, T)]>;

/// What was told last, and by which units.
#[derive(Debug)]
pub struct KeptTold<T> {
    units: Arc<FileUnits>,
    told: Units<T>,
}

/// The same where it depends on what is around the units.
#[derive(Debug)]
pub struct KeptFound {
    around: Arc<Surroundings>,
    told: KeptTold<Arc<UnitTypes>>,
}

/// The units that have diagnostics. A query, since errors of the text are asked for several times.
#[salsa::tracked(no_eq, returns(clone), lru = 64)]
pub fn units_with_diagnostics(db: &dyn Db, file: File) -> Units<()> {
    told_by(db, file, &file.kept(db).diagnostics, |it| !unit_diagnostics(db, it.unit).is_empty())
}

/// The units that have something odd in their tree.
#[salsa::tracked(no_eq, returns(clone), lru = 64)]
pub fn units_with_checks(db: &dyn Db, file: File) -> Units<()> {
    told_by(db, file, &file.kept(db).checks, |it| !unit_checks(db, it.unit).is_empty())
}

/// The units that have something to tell, which depends on nothing but them.
fn told_by(db: &dyn Db, file: File, kept: &Last<KeptTold<()>>, has: impl Fn(PlacedUnit<'_>) -> bool) -> Units<()> {
    let now = KeptTold::of(kept.get().as_deref(), file_units(db, file), None, |it, _| has(it).then_some(()));
    let told = now.told();
    if file.kept(db).is_open() {
        kept.set(Arc::new(now));
    }
    told
}

/// The units whose types foretell something, and those that give maps members of unknown names, with their types.
#[salsa::tracked(no_eq, returns(clone), lru = 64)]
pub fn units_with_findings(db: &dyn Db, file: File) -> Units<Arc<UnitTypes>> {
    let (around, kept) = (surroundings(db, file), &file.kept(db).found);
    let before = kept.get();
    let before = before.as_deref().filter(|it| Arc::ptr_eq(&it.around.members, &around.members));
    // The object that they were says that they are around all units what they were.
    let differing = before.filter(|it| !Arc::ptr_eq(&it.around, around));
    let others = differing
        .map(|before| |units: Range<usize>, back: &dyn Fn(usize) -> usize| around.others(&before.around, units, back));
    let others = others.as_ref().map(|it| it as &Others<'_>);
    let told = KeptTold::of(before.map(|it| &it.told), file_units(db, file), others, |it, index| {
        let types = unit_types(db, it.unit, &around.units[index], &around.members);
        (!types.findings.is_empty() || types.may_open_maps()).then_some(types)
    });
    let found = told.told();
    if file.kept(db).is_open() {
        kept.set(Arc::new(KeptFound { around: around.clone(), told }));
    }
    found
}

impl<T: Clone> KeptTold<T> {
    /// The units that told something, and what.
    pub(super) fn told(&self) -> Units<T> {
        self.told.clone()
    }

    /// What units tell now: those that are as they were, what they told before. Where it does not depend on them alone, `others` says for
    /// which that are one object what it depends on is not what it was.
    pub(super) fn of(
        before: Option<&KeptTold<T>>,
        now: &Arc<FileUnits>,
        others: Option<&Others<'_>>,
        mut tell: impl FnMut(PlacedUnit<'_>, usize) -> Option<T>,
    ) -> KeptTold<T> {
        let start = before.map_or(0, |it| it.units.same_start(now));
        let end = before.map_or(0, |it| it.units.same_end(now, start));
        let old_end = before.map_or(0, |it| it.units.len() - end);
        let new_end = now.len() - end;
        let mut told = Vec::new();
        let mut known = before.map_or(&[][..], |it| &it.told).iter().peekable();
        // Units that are one object, by their indexes now; `back` leads to those before.
        let mut again = |told: &mut Vec<(u32, T)>, units: Range<usize>, back: &dyn Fn(usize) -> usize| {
            let others = others.map_or_else(Vec::new, |others| others(units.clone(), back));
            let (first, shift) = (back(units.start), units.start as i64 - back(units.start) as i64);
            while known.next_if(|(it, _)| (*it as usize) < first).is_some() {}
            let last = first + units.len();
            let stay = std::iter::from_fn(|| known.next_if(|(it, _)| (*it as usize) < last));
            let stay = stay.map(|(it, says)| ((i64::from(*it) + shift) as u32, says.clone()));
            told.extend(stay.filter(|(it, _)| others.binary_search(&(*it as usize)).is_err()));
            others
        };
        let mut others = again(&mut told, 0..start, &|it| it);
        others.extend(start..new_end);
        others.extend(again(&mut told, new_end..now.len(), &|it| it - new_end + old_end));
        let count = told.len();
        told.extend(others.into_iter().filter_map(|it| Some((it as u32, tell(now.at(it as u32), it)?))));
        if told.len() > count {
            told.sort_by_key(|(it, _)| *it);
        }
        KeptTold { units: now.clone(), told: told.into() }
    }
}
