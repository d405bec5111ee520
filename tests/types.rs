//! Whether the types that the editor takes for certain are those that programs have when they run.
//!
//! Programs of every kind are run with their values recorded; each recorded type must be in the set that was inferred. Invariant: what
//! this finds is a wrong type, never a missing one: a set that names too much passes.

use crate::modes::{Mode, Variant, run_with};
use minilive::db::{self, LiveDb};
use minilive::document::Content;
use minilive_jit::feedback::Kinds;
use minilive_mir::types::TypeSet;

/// Steps of one run: many types are seen soon.
const FUEL: u64 = 3_000_000;

/// What was seen and is in no set, in words; and how many values were compared.
pub fn unsound(text: &str) -> (Vec<String>, usize) {
    let ran = run_with(text, "x.ms", Mode::Interpreter, Variant::Recording, FUEL);
    let Some(outcome) = ran.outcome else { return (Vec::new(), 0) };
    let db = LiveDb::default();
    let Content { text, parse, .. } = Content::new(text);
    let file = db.add_file("file:///w/x.ms".into(), text, parse);
    let around = db::surroundings(&db, file);
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (placed, its) in db::units(&db, file).iter().zip(&around.units) {
        let (code, types) =
            (&db::function_mir(&db, placed.unit).unit, db::unit_types(&db, placed.unit, its, &around.members));
        let key = placed.unit.key;
        for point in outcome.recording.points.iter().filter(|it| it.key == key) {
            let Some(record) = code.records.iter().find(|it| it.inst == point.inst) else { continue };
            // What is stored or returned was made by the instruction before, as far as that is in the same block.
            let made = |at: &u32| code.insts[*at as usize].dst() == Some(record.value);
            let block = code.blocks.iter().find(|block| (block.first..block.end).contains(&point.inst.0));
            let first = block.map_or(point.inst.0, |block| block.first);
            let Some(at) = (first..=point.inst.0).rev().find(made) else { continue };
            let (inst, set) = (&code.insts[at as usize], types.results[at as usize]);
            compared += 1;
            if !holds(Kinds(point.kinds), set) {
                let (name, text) = (&placed.name, &point.first);
                wrong.push(format!("{name} {:?} {inst:?}: {text} ({:08b}) is not in {set:?}", point.inst, point.kinds));
            }
        }
    }
    (wrong, compared)
}

/// Whether a set names all kinds that were seen.
fn holds(seen: Kinds, set: TypeSet) -> bool {
    let pairs = [
        (Kinds::NUMBER, TypeSet::NUMBER),
        (Kinds::STRING, TypeSet::STRING),
        (Kinds::LIST, TypeSet::LIST),
        (Kinds::MAP, TypeSet::MAP),
        (Kinds::FUNCTION, TypeSet::FUNCTION),
        (Kinds::OTHER, TypeSet::NULL | TypeSet::ERROR),
    ];
    pairs.iter().all(|(kinds, types)| !seen.meets(*kinds) || set.may_be(*types))
}
