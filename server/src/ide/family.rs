//! Uses of a member that belong together: those that reach one of some maps which have it.
//!
//! References, highlights and rename ask; `infer` tells what maps the owner of each use may be. A loop over two records reads the name of
//! either, and a method reads what each instance has, so these maps form a family: a program keeps its meaning only if the name is changed
//! in all of them. Invariants: from every use of a family the same family is found; a use of which nobody knows whose it is belongs to
//! none, and is told as one that may.

use super::infer::{Infer, Kind, Object, UnitRef, count};
use super::names::Found;
use super::narrow;
use crate::db::{self, File, LiveDb};
use minilive_mir::names::{NameUse, Place, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

/// A use of a member's name, and whose it may be.
#[derive(Debug)]
pub struct Candidate {
    found: Found,
    /// The maps that its owner may be.
    objects: Vec<Object>,
    /// Those of them and of the maps behind them that have the member.
    definers: Vec<Object>,
    /// Those that have it neither themselves nor behind them.
    lacking: Vec<Object>,
    /// Its owner may be something else, too, or get members out of sight.
    open: bool,
    /// All values of the type of something that its owner is have a member of that name.
    is_of_type: bool,
}

/// Which uses somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that belong together.
    Certain,
    /// Also all that may belong to them, for whoever edits: to find out what can be nothing else takes longer.
    Possible,
}

/// Uses that belong together, and the maps that have the member.
#[derive(Debug, Default)]
pub struct Family {
    /// The uses, in no particular order; certain if they cannot mean anything else.
    pub found: Vec<Found>,
    /// The maps.
    pub holders: Vec<Object>,
    /// Some of the uses may mean something else besides, such as a member of another kind of map.
    pub is_mixed: bool,
    /// Other maps have a member of the name, too.
    pub has_others: bool,
    /// A use that also reaches what all values of a type have.
    pub of_type: Option<Found>,
    /// Uses among them whose owners may be others, which have such a member as well.
    pub either: Vec<Found>,
}

/// Whether code makes all of these maps, so that their members have only the names that it gives them.
pub fn are_made(holders: &[Object]) -> bool {
    !holders.is_empty() && holders.iter().all(|it| it.made_in().is_some())
}

/// All uses of a member's name in a file.
pub fn candidates(
    infer: &mut Infer<'_>,
    db: &LiveDb,
    file: File,
    (name, wanted): (&str, Wanted),
    found: &mut Vec<Candidate>,
) {
    let mut known = Known { is_of_types: infer.is_of_types(name), ..Known::default() };
    for (unit, placed) in (0u32..).zip(db::units(db, file).iter()) {
        let names = db::unit_names(db, placed.unit);
        for of in names.uses.iter().filter(|it| it.name == name) {
            let range = of.range + placed.start;
            let place = Found { file, unit, range, access: of.access, certain: false, quoted: of.quoted };
            found.extend(candidate(infer, (UnitRef { file, unit }, of), place, wanted, &mut known));
        }
    }
}

/// What is the same for all uses of a name.
#[derive(Default)]
struct Known {
    /// The maps in which reading the name finds it, by the map that is read.
    definers: FxHashMap<Object, Vec<Object>>,
    /// The maps that have it for which methods of one run that has not, by that.
    announced: FxHashMap<Object, Vec<Object>>,
    /// All values of some type have a member of the name.
    is_of_types: bool,
}

/// A use as such.
fn candidate(
    infer: &mut Infer<'_>,
    (at, of): (UnitRef, &NameUse),
    found: Found,
    wanted: Wanted,
    known: &mut Known,
) -> Option<Candidate> {
    let Place::Member(symbol) = &of.place else { return None };
    let owner = narrow::value(infer, infer.db(), at, symbol, found.range.start());
    let mut owners: Vec<Object> = owner.objects().collect();
    if **symbol == Symbol::SelfValue {
        owners.extend(infer.handed_to(at));
    }
    let mut objects: Vec<Object> = Vec::new();
    for object in owners.iter().map(|it| it.maker()) {
        if !objects.contains(&object) {
            objects.push(object);
        }
    }
    let (mut definers, mut lacking) = (Vec::new(), Vec::new());
    for object in owners {
        let found = &*known.definers.entry(object).or_insert_with(|| infer.definers(object, &of.name));
        if found.is_empty() {
            lacking.push(object.maker());
        }
        for &definer in found {
            if !definers.contains(&definer) {
                definers.push(definer);
            }
        }
    }
    if **symbol == Symbol::SelfValue {
        for &map in &lacking {
            let announced = known.announced.entry(map).or_insert_with(|| {
                let heirs = infer.heirs(map);
                heirs.into_iter().filter(|it| infer.has(*it, &of.name)).collect()
            });
            let new: Vec<Object> = announced.iter().copied().filter(|it| !definers.contains(it)).collect();
            definers.extend(new);
        }
    }
    // What is only likely leaves no use out.
    let is_sure = |infer: &mut Infer<'_>| {
        let is_plain = !owner.open && !owner.kinds.contains(&Kind::AnyMap);
        let is_settled =
            |infer: &mut Infer<'_>| !objects.iter().any(|it| infer.is_keyed(*it)) && infer.is_settled(at, symbol);
        is_plain && (wanted == Wanted::Certain || is_settled(infer))
    };
    let open = !is_sure(infer);
    let of_type = |infer: &mut Infer<'_>, kind: &Kind| {
        let is_own = matches!(kind, Kind::Map(it) if !lacking.contains(&it.maker()));
        !is_own && infer.is_of_type(kind, &of.name)
    };
    let is_of_type = known.is_of_types && owner.kinds.iter().any(|kind| of_type(infer, kind));
    (open || !objects.is_empty()).then_some(Candidate { found, objects, definers, lacking, open, is_of_type })
}

/// The family of some maps among all uses of a name.
pub fn family(infer: &mut Infer<'_>, candidates: &[Candidate], holders: &[Object]) -> Family {
    let mut growing = Growing::of(candidates, holders);
    let mut next = 0;
    while let Some(&holder) = growing.holders.get(next) {
        next += 1;
        growing.follow(infer, holder);
    }
    let Growing { holders, inside, .. } = growing;
    let has_others = candidates.iter().zip(&inside).any(|(it, is_inside)| !is_inside && !it.definers.is_empty());
    let mut family = Family { holders, has_others, ..Family::default() };
    for (it, is_inside) in candidates.iter().zip(inside) {
        count();
        // Whoever may have another owner than those that are known may mean any of them.
        if is_inside || it.open {
            family.found.push(Found { certain: is_inside, ..it.found });
        }
        if is_inside && it.is_of_type && !it.found.access.writes() {
            family.of_type.get_or_insert(it.found);
        }
        if is_inside && it.open && has_others && !it.found.access.writes() {
            family.either.push(it.found);
        }
    }
    family
}

/// A family that grows from some maps on.
struct Growing<'c> {
    candidates: &'c [Candidate],
    /// The uses that reach the member of a map, by map.
    reaching: FxHashMap<Object, Vec<usize>>,
    /// The uses of which a map may be the owner, by map.
    owned: FxHashMap<Object, Vec<usize>>,
    /// The maps that have the member in front of others, by those; once somebody asked.
    heirs: Option<FxHashMap<Object, Vec<Object>>>,
    /// Which of the uses belong to it.
    inside: Vec<bool>,
    /// Its maps and all that stand behind one of them.
    behind: FxHashSet<Object>,
    holders: Vec<Object>,
    known: FxHashSet<Object>,
}

impl<'c> Growing<'c> {
    fn of(candidates: &'c [Candidate], holders: &[Object]) -> Growing<'c> {
        let mut growing = Growing {
            candidates,
            reaching: FxHashMap::default(),
            owned: FxHashMap::default(),
            heirs: None,
            inside: vec![false; candidates.len()],
            behind: FxHashSet::default(),
            holders: Vec::new(),
            known: FxHashSet::default(),
        };
        for (number, it) in candidates.iter().enumerate() {
            it.definers.iter().for_each(|of| growing.reaching.entry(*of).or_default().push(number));
            it.objects.iter().for_each(|of| growing.owned.entry(*of).or_default().push(number));
        }
        growing.add(holders);
        growing
    }

    fn add(&mut self, holders: &[Object]) {
        for &holder in holders {
            if self.known.insert(holder) {
                self.holders.push(holder);
            }
        }
    }

    /// Takes in the uses that reach a map of the family, and the maps that they reach besides.
    fn follow(&mut self, infer: &mut Infer<'_>, holder: Object) {
        let mut reached = self.reaching.remove(&holder).unwrap_or_default();
        for (behind, _) in infer.chain(holder) {
            if self.behind.insert(behind) {
                reached.extend(self.owned.remove(&behind).unwrap_or_default());
            }
        }
        for number in reached {
            count();
            if std::mem::replace(&mut self.inside[number], true) {
                continue;
            }
            let it = &self.candidates[number];
            self.add(&it.definers);
            // A map that has not got the member itself announces it for all that it stands behind.
            for of in &it.lacking {
                let announced = self.heirs(infer).get(of).cloned().unwrap_or_default();
                self.add(&announced);
            }
        }
    }

    fn heirs(&mut self, infer: &mut Infer<'_>) -> &FxHashMap<Object, Vec<Object>> {
        let candidates = self.candidates;
        self.heirs.get_or_insert_with(|| {
            let mut heirs: FxHashMap<Object, Vec<Object>> = FxHashMap::default();
            let mut all = FxHashSet::default();
            for &heir in candidates.iter().flat_map(|it| &it.definers) {
                if all.insert(heir) {
                    infer.chain(heir).into_iter().for_each(|(of, _)| {
                        count();
                        heirs.entry(of).or_default().push(heir);
                    });
                }
            }
            heirs
        })
    }
}

/// The uses that reach one of these maps, or one that stands in front of it.
pub fn reaching(infer: &mut Infer<'_>, candidates: &[Candidate], holders: &[Object]) -> Vec<Found> {
    let holders: FxHashSet<Object> = holders.iter().copied().collect();
    let mut known: FxHashMap<Object, bool> = FxHashMap::default();
    let mut reaches = |object: Object| {
        *known.entry(object).or_insert_with(|| infer.chain(object).iter().any(|(it, _)| holders.contains(it)))
    };
    candidates.iter().filter(|it| it.objects.iter().any(|&object| reaches(object))).map(|it| it.found).collect()
}
