//! Places for what a unit imports: `import "small"` assigns the variable `small` of the call that runs it.
//!
//! `table` gives each unit's MIR and makes its code of what comes back. Names that no assignment makes local are free in MIR, and an
//! environment that gets one more key is of another shape, which compiled code would leave for ever. So the names that a unit imports by
//! their text and reads get slots, which are unassigned until then. Invariant: reading an unassigned slot finds what the free name means,
//! so nothing changes but the way to it; slots that the unit had keep their numbers.

use minilive_mir::ir::{Const, EnvSlot, Inst, NameId, Unit};
use minilive_runtime::shape::MAX_SLOTS;
use std::sync::Arc;

/// The unit with places for what it imports; itself if there is nothing to place, or no environment to place it in.
pub fn with_places(unit: Arc<Unit>) -> Arc<Unit> {
    let Some(env) = &unit.env else { return unit };
    let names = imported(&unit);
    if names.is_empty() || env.len() + names.len() > MAX_SLOTS {
        return unit;
    }
    let mut placed = Unit::clone(&unit);
    let slots = placed.env.get_or_insert_default();
    let first = slots.len();
    slots.extend(&names);
    for inst in &mut placed.insts {
        if let &mut Inst::LoadFree { dst, name } = inst
            && let Some(at) = names.iter().position(|&it| it == name)
        {
            *inst = Inst::LoadEnv { dst, slot: EnvSlot((first + at) as u32), deferred: false };
        }
    }
    Arc::new(placed)
}

/// The free names of a unit that calls `import` which it has as texts, too.
fn imported(unit: &Unit) -> Vec<NameId> {
    let mut free: Vec<NameId> = unit.insts.iter().filter_map(free_name).collect();
    free.sort_unstable();
    free.dedup();
    if !free.iter().any(|&name| unit.name(name) == "import") {
        return Vec::new();
    }
    let is_text = |name: &NameId| {
        let name = unit.name(*name);
        unit.consts.iter().any(|it| matches!(it, Const::Str(text) if text == name))
    };
    free.retain(is_text);
    free
}

fn free_name(inst: &Inst) -> Option<NameId> {
    match inst {
        Inst::LoadFree { name, .. } => Some(*name),
        _ => None,
    }
}
