//! Which registers are written on every path to a place: a forward analysis over the blocks of a unit.
//!
//! The verifier hands it a unit whose other invariants hold. Invariant: sets only shrink, so the iteration ends.

use crate::bits::Bits;
use crate::ir::{BlockId, Inst, InstId, Reg, Unit};

/// All reads of registers that some path reaches without a write. Unreachable blocks read nothing.
pub(super) fn unwritten_reads(unit: &Unit) -> Vec<(BlockId, InstId, Reg)> {
    let entries = entry_sets(unit);
    let mut found = Vec::new();
    for (id, (block, entry)) in (0..).map(BlockId).zip(unit.blocks.iter().zip(entries)) {
        let Some(mut written) = entry else { continue };
        for at in block.first..block.end {
            let inst = &unit.insts[at as usize];
            if !matches!(inst, Inst::LoadLocal { .. }) {
                inst.for_each_read(|reg| {
                    if !written.contains(reg.0) {
                        found.push((id, InstId(at), reg));
                    }
                });
            }
            inst.sure_writes().into_iter().flatten().for_each(|reg| written.insert(reg.0));
        }
    }
    found
}

/// Per block the registers written at its entry; `None` where no path leads.
fn entry_sets(unit: &Unit) -> Vec<Option<Bits>> {
    let mut entries: Vec<Option<Bits>> = vec![None; unit.blocks.len()];
    let mut at_entry = Bits::empty(unit.n_regs);
    if unit.env.is_none() {
        (0u32..).zip(&unit.params).for_each(|(reg, _)| at_entry.insert(reg));
    }
    entries[0] = Some(at_entry);
    let mut work = vec![0usize];
    while let Some(from) = work.pop() {
        let block = &unit.blocks[from];
        let mut written = entries[from].clone().expect("only reached blocks are on the list");
        for inst in &unit.insts[block.first as usize..block.end as usize] {
            inst.sure_writes().into_iter().flatten().for_each(|reg| written.insert(reg.0));
        }
        let end = &unit.insts[block.end as usize - 1];
        for (way, to) in end.targets().enumerate() {
            let mut arriving = written.clone();
            if let Some((_, reg)) = end.write_on_way().filter(|&(only, _)| only == way) {
                arriving.insert(reg.0);
            }
            let to = to.0 as usize;
            let changed = match &mut entries[to] {
                Some(entry) => entry.intersect(&arriving),
                entry @ None => {
                    *entry = Some(arriving);
                    true
                }
            };
            if changed {
                work.push(to);
            }
        }
    }
    entries
}
