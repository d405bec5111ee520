//! When tier 1 gets code: before the optimiser is asked, after a fiftieth of the work or less.
//!
//! `optimise` asks first here when something is hot. Invariant: a code object has baseline code as long as it has the optimiser's, so
//! whatever leaves that goes on in it; where memory is short, what nobody runs loses both (`room`).

use super::{Backend, Optimiser};
use crate::baseline::{Baseline, Placed};
use crate::code::InstallError;
use crate::dump::Dump;
use crate::engine::policy::{NEVER_HOT, Place};
use crate::engine::table::CodeTable;
use crate::engine::tier::{NOWHERE, Tier};
use crate::engine::unit::Code;
use crate::events::SharedPiece;
use crate::exits::{Installed, Shared};
use crate::reason::Refusal;
use minilive_mir::ir::InstId;
use std::time::Instant;

impl Optimiser {
    /// Gives code its baseline form, if it has none, and sets its heat for what comes then. Tells whether that is all for now.
    pub(super) fn stays_in_baseline(&mut self, code: &Code, place: Place) -> bool {
        let tier = self.config.tier;
        let all = tier.optimised(code.unit.insts.len());
        if let (Some(first), Ok(backend)) = (tier.baseline(), &mut self.backend)
            && !code.has_baseline()
        {
            match backend.provide_baseline(code) {
                Ok(true) => {
                    self.note_memory();
                    let rest = all.map(|all| i64::from(all.saturating_sub(first)));
                    code.counters.heat.set(rest.unwrap_or(NEVER_HOT));
                    return true;
                }
                Ok(false) => {}
                // As long as it waits for memory, it waits for this.
                Err(Refusal::ArenaFull) if self.room.puts_off() => {
                    code.counters.heat.set(0);
                    return true;
                }
                Err(refusal) => code.refused(place, refusal),
            }
        }
        if all.is_none() {
            code.counters.heat.set(NEVER_HOT);
        }
        all.is_none()
    }
}

/// Makes the compiler of a backend.
pub(super) fn compiler(shared: &Shared) -> Option<Baseline> {
    let mut native = shared.native();
    let native = &mut *native;
    let pieces = &mut native.pieces;
    Baseline::new(&mut native.arena, shared.callee_word(), |name, address, bytes| {
        pieces.push(SharedPiece { name: name.to_owned(), address, bytes });
    })
}

impl Backend {
    /// Makes baseline code; `false` where there is none for this processor.
    fn provide_baseline(&mut self, code: &Code) -> Result<bool, Refusal> {
        let started = Instant::now();
        let Some(baseline) = &self.baseline else { return Ok(false) };
        let mut native = self.shared.native();
        let placed = baseline.compile(&mut native.arena, code).map_err(|error| match error {
            InstallError::Full => Refusal::ArenaFull,
            InstallError::Relocation(_) => Refusal::CompilerFailed,
        })?;
        native.install(Installed::plain(code.id, placed.range));
        drop(native);
        let (address, bytes) = (placed.address, placed.bytes);
        if let Some(dumps) = &mut self.dumps {
            dumps.push(dump(code, &placed));
        }
        baseline.set_entry(code.id, placed.entry);
        code.tier.baseline_entry.set(placed.entry);
        code.tier.positions.replace(placed.positions);
        code.got_baseline(started.elapsed(), address, bytes);
        Ok(true)
    }
}

/// A run begins: numbers of code objects may mean others than before.
pub(super) fn start_run(baseline: &Baseline, codes: &CodeTable) {
    codes.iter().for_each(|code| baseline.set_entry(code.id, code.tier.baseline_entry.get()));
}

fn dump(code: &Code, placed: &Placed) -> Dump {
    // The slow paths behind the last instruction belong to none.
    let mut starts: Vec<(u32, u32)> =
        (0..).zip(&placed.positions).filter(|(_, at)| **at != NOWHERE).map(|(pc, at)| (*at, pc)).collect();
    starts.sort_unstable();
    let inst_at = |offset: u32| -> Option<InstId> {
        let after = starts.partition_point(|it| it.0 <= offset);
        let before = after.checked_sub(1)?;
        (offset < placed.slow_paths).then(|| code.bytecode.inst_at(starts[before].1))
    };
    let mut asm = crate::disassemble::lines_of(&placed.code, crate::disassemble::Tables::None, &inst_at);
    asm.iter_mut().for_each(|line| line.unit = line.inst.map(|_| code.key));
    Dump {
        key: code.key,
        tier: Tier::Baseline,
        loop_head: None,
        ssa: Vec::new(),
        stages: Vec::new(),
        clif: Vec::new(),
        asm,
        bytes: placed.bytes,
    }
}
