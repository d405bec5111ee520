//! Places for what a unit imports, and who may import: `import "small"` assigns the variable `small` of the call that runs it.
//!
//! `table` gives each unit's MIR and makes its code of what comes back. Names that no assignment makes local are free in MIR, and an
//! environment that gets one more key is of another shape, which compiled code would leave for ever. So the names that a unit imports by
//! their text and reads get slots, which are unassigned until then. Invariant: reading an unassigned slot finds what the free name means,
//! so nothing changes but the way to it; slots that the unit had keep their numbers.

use minilive_mir::ir::{Const, EnvSlot, Inst, NameId, RegRange, Unit};
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

/// Whether a unit may hand `import` on as a value, so that a call of anything may be one of it: it reads it otherwise than to call it by its
/// name, or has all intrinsics.
pub fn may_be_called_unseen(unit: &Unit) -> bool {
    let is_called = |(at, inst): (usize, &Inst)| match inst {
        Inst::LoadFree { name, .. } if unit.name(*name) == "intrinsics" => false,
        Inst::LoadFree { dst, name } if unit.name(*name) == "import" => {
            let reads = |inst: &&Inst| {
                let mut found = false;
                inst.for_each_read(|reg| found |= reg == *dst);
                found
            };
            let reader = unit.insts[at + 1..].iter().find(reads);
            let by_name = |args: &RegRange| !args.iter().any(|reg| reg == *dst);
            matches!(reader, Some(Inst::Call { callee, args, .. }) if callee == dst && by_name(args))
        }
        _ => true,
    };
    !unit.insts.iter().enumerate().all(is_called)
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
