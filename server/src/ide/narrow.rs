//! What the conditions around a place say of a value: inside of `if x isa Foo then`, `x` is one of those, and behind `if x == null then return`
//! it is not null. And what the assignments say that reach a place.
//!
//! Completion, signatures, hover and definitions ask it for what stands before a dot. Invariant: like all of inference this is a guide; a
//! condition says nothing once something is assigned to what it tests, between it and the place or anywhere in a loop that stands between.

pub(super) mod conditions;
mod reached;

use super::infer::{Infer, Kind, Known, Object, UnitRef, type_map};
use crate::db::LiveDb;
use conditions::Test;
use minilive_mir::names::{Sym, Symbol};
use minilive_syntax::TextSize;
use reached::Reached;

/// What a value is at an offset of the file.
pub fn value(infer: &mut Infer<'_>, db: &LiveDb, at: UnitRef, symbol: &Sym, offset: TextSize) -> Known {
    let known = taken(infer, db, at, symbol, offset).or_else(|| {
        let known = Reached::new(db).value(infer, at, symbol, offset)?;
        Some(infer.called_plainly(&known))
    });
    let known = known.unwrap_or_else(|| infer.value(at, symbol));
    // The nearest one has the last word.
    let tests = conditions::tests(db, at, symbol, offset);
    tests.into_iter().rev().fold(known, |known, test| tested(infer, at, known, test))
}

/// What is called at an offset, or stands before it: functions are left as they are.
pub fn uncalled(infer: &mut Infer<'_>, db: &LiveDb, at: UnitRef, symbol: &Sym, offset: TextSize) -> Known {
    if let Some(known) = Reached::new(db).value(infer, at, symbol, offset) {
        return known;
    }
    let Symbol::Member(owner, name) = &**symbol else { return infer.uncalled(at, symbol) };
    let is_of_place = matches!(**owner, Symbol::Name(_))
        && (taken(infer, db, at, owner, offset).is_some()
            || Reached::new(db).value(infer, at, owner, offset).is_some());
    if !is_of_place && conditions::tests(db, at, owner, offset).is_empty() {
        return infer.uncalled(at, symbol);
    }
    let owner = value(infer, db, at, owner, offset);
    let mut found = owner.rest();
    for kind in &owner.kinds {
        match infer.member_if_any(kind, name) {
            Some(member) => found.join(member),
            None => found.open = true,
        }
    }
    found
}

/// What the variable of a loop around an offset is, if conditions around that loop say what it goes through.
fn taken(infer: &mut Infer<'_>, db: &LiveDb, at: UnitRef, symbol: &Sym, offset: TextSize) -> Option<Known> {
    let Symbol::Name(name) = &**symbol else { return None };
    let (of, place) = conditions::iterated(db, at, name, offset)?;
    let is_told = !conditions::tests(db, at, &of, place).is_empty() || taken(infer, db, at, &of, place).is_some();
    is_told.then_some(())?;
    let of = value(infer, db, at, &of, place);
    // What a type alone says of its elements is nothing.
    Some(infer.elements(of, true)).filter(|it| !it.kinds.is_empty())
}

/// What is left of a value of which a test came out one way.
fn tested(infer: &mut Infer<'_>, at: UnitRef, mut known: Known, test: Test) -> Known {
    match test {
        Test::OneOf(classes) => {
            let mut classes_known = Known::default();
            classes.iter().for_each(|class| classes_known.join(infer.value(at, class)));
            return narrowed(infer, known, &classes_known);
        }
        Test::NoneOf(class) => {
            for class in infer.value(at, &class).objects().collect::<Vec<_>>() {
                known.kinds.retain(|kind| !is_one(infer, class, kind));
            }
        }
        Test::Null => return Known::new(vec![Kind::Null], false),
        Test::NotNull => known.kinds.retain(|kind| *kind != Kind::Null),
        Test::True => known.kinds.retain(|kind| !matches!(kind, Kind::Null | Kind::Error)),
        Test::False => {
            known.kinds.retain(|kind| !matches!(kind, Kind::Error | Kind::Function(_) | Kind::Intrinsic(_)));
        }
    }
    known
}

/// Whether a kind of value is one of a class.
fn is_one(infer: &mut Infer<'_>, of: Object, kind: &Kind) -> bool {
    match (of, kind) {
        (Object::Host(name), kind) => type_map(kind) == Some(name),
        (_, Kind::Map(it)) => infer.chain(*it).iter().any(|(behind, _)| *behind == of.maker()),
        _ => false,
    }
}

/// What is left of a value that is one of some classes; a class itself where nothing of what is known is one of it.
fn narrowed(infer: &mut Infer<'_>, known: Known, classes: &Known) -> Known {
    let mut kinds = Vec::new();
    for of in &classes.kinds {
        let Kind::Map(of) = *of else { return known };
        let mut fitting: Vec<_> = known.kinds.iter().filter(|kind| is_one(infer, of, kind)).cloned().collect();
        if fitting.is_empty() {
            fitting.push(match of {
                // Which function it is nobody knows.
                Object::Host("funcRef") => return Known::anything(),
                Object::Host(name) => Kind::of_type(name).unwrap_or(Kind::Map(of)),
                _ => Kind::Map(of),
            });
        }
        kinds.extend(fitting.into_iter().filter(|it| !kinds.contains(it)).collect::<Vec<_>>());
    }
    if kinds.is_empty() { known } else { Known::new(kinds, true) }
}
