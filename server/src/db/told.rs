//! The units of a file that have something to tell: diagnostics, checks, findings of their types. Most have nothing.
//!
//! Diagnostics ask after each edit, and a look at each of thousands of units costs more than all that an edit changes. So the lists are kept:
//! a unit that is the object it was, in the surroundings that it had, tells what it told. Invariant: the lists hold what a look at every
//! unit would find.
#![allow(missing_docs, reason = "salsa's macros make methods without docs; what is written here has them")]

use super::kept::Last;
use super::types::{Surroundings, surroundings, unit_types};
use super::units::{FileUnits, PlacedUnit, file_units, unit_checks, unit_diagnostics};
use super::{Db, File};
use minilive_mir::typing::UnitTypes;
use std::sync::Arc;

/// Units by their indexes, with what they tell.
type Units<T> = Arc<[(u32, T)]>;

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
    told_by(db, file, &file.kept(db).diagnostics, |it| !unit_diagnostics(db, &it.unit).is_empty())
}

/// The units that have something odd in their tree.
#[salsa::tracked(no_eq, returns(clone), lru = 64)]
pub fn units_with_checks(db: &dyn Db, file: File) -> Units<()> {
    told_by(db, file, &file.kept(db).checks, |it| !unit_checks(db, &it.unit).is_empty())
}

/// The units that have something to tell, which depends on nothing but them.
fn told_by(db: &dyn Db, file: File, kept: &Last<KeptTold<()>>, has: impl Fn(&PlacedUnit) -> bool) -> Units<()> {
    let now = KeptTold::of(kept.get().as_deref(), file_units(db, file), |_, _| true, |it, _| has(it).then_some(()));
    let told = now.told.clone();
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
    let has_same_around =
        |was: usize, is: usize| before.is_some_and(|before| Arc::ptr_eq(&before.around.units[was], &around.units[is]));
    let told = KeptTold::of(before.map(|it| &it.told), file_units(db, file), has_same_around, |it, index| {
        let types = unit_types(db, &it.unit, &around.units[index], &around.members);
        (!types.findings.is_empty() || types.may_open_maps()).then_some(types)
    });
    let found = told.told.clone();
    if file.kept(db).is_open() {
        kept.set(Arc::new(KeptFound { around: around.clone(), told }));
    }
    found
}

impl<T: Clone> KeptTold<T> {
    /// What units tell now: those that are as they were, what they told before. `is_same` says that of two units which are one object,
    /// by their indexes before and now.
    fn of(
        before: Option<&KeptTold<T>>,
        now: &Arc<FileUnits>,
        is_same: impl Fn(usize, usize) -> bool,
        mut tell: impl FnMut(&PlacedUnit, usize) -> Option<T>,
    ) -> KeptTold<T> {
        let (old, old_told) = before.map_or((&[][..], &[][..]), |it| (&it.units.units, &it.told));
        let units = &now.units;
        let is_one = |(a, b): &(&PlacedUnit, &PlacedUnit)| Arc::ptr_eq(&a.unit, &b.unit);
        let start = old.iter().zip(units).take_while(is_one).count();
        let end = old[start..].iter().rev().zip(units[start..].iter().rev()).take_while(is_one).count();
        let (old_end, new_end) = (old.len() - end, units.len() - end);
        let was = |index: usize| match index {
            _ if index < start => Some(index),
            _ if index >= new_end => Some(index - new_end + old_end),
            _ => None,
        };
        let (mut told, mut known) = (Vec::new(), old_told.iter().peekable());
        for (index, unit) in units.iter().enumerate() {
            let found = match was(index).filter(|&was| is_same(was, index)) {
                Some(was) => {
                    while known.next_if(|(it, _)| (*it as usize) < was).is_some() {}
                    known.next_if(|(it, _)| *it as usize == was).map(|(_, it)| it.clone())
                }
                None => tell(unit, index),
            };
            told.extend(found.map(|it| (index as u32, it)));
        }
        KeptTold { units: now.clone(), told: told.into() }
    }
}
