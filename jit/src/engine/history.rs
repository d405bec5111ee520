//! What happens to a code object's compiled code: its tier state changes, and whoever watches is told, in one step.
//!
//! The compiler, the exits and the table call these. Invariants: a tier state changes through these methods alone, so that events and
//! statistics cannot differ; a refusal is told once a place, however often it is asked for again.

use super::outcome::Location;
use super::policy::Place;
use super::tier::{Placed, RefusedPlace, Tier};
use super::unit::{CallFlags, Code};
use crate::events::{CodeEvent, EntryPoint, FailedGuard, Happened, TierEvent};
use crate::reason::{ExitReason, Invalidation, Refusal};
use minilive_mir::ir::InstId;
use std::time::Duration;

impl Code {
    /// It was compiled for a place, where better code may take the place of older.
    pub fn compiled(&self, placed: Placed, time: Duration) {
        let Placed { address, bytes, place, .. } = placed;
        let tier = &self.tier;
        tier.tier.set(Tier::Optimised);
        tier.refusal.set(None);
        tier.compiles.set(tier.compiles.get() + 1);
        tier.detours_before.set(tier.detours.get());
        tier.compile_time.set(tier.compile_time.get() + time);
        tier.refused.borrow_mut().retain(|it| it.place != place);
        let before = tier.placed.borrow().len();
        tier.placed.borrow_mut().retain(|it| it.place != place);
        if tier.placed.borrow().len() < before {
            let (entry, why) = (Some(self.entry_point(place)), Invalidation::Replaced);
            self.tell(|| Happened::Dropped { entry, why, guard: None });
        }
        tier.placed.borrow_mut().push(placed);
        self.tell(|| Happened::Compiled { entry: self.entry_point(place), time, address, bytes });
    }

    /// It got baseline code, which stands here.
    pub fn got_baseline(&self, time: Duration, address: usize, bytes: usize) {
        let tier = &self.tier;
        tier.baseline.set(address);
        tier.baseline_bytes.set(bytes);
        tier.baseline_time.set(tier.baseline_time.get() + time);
        tier.tier.set(tier.tier.get().max(Tier::Baseline));
        self.tell(|| Happened::Compiled { entry: EntryPoint::Anywhere, time, address, bytes });
    }

    /// It was not compiled for a place.
    pub fn refused(&self, place: Place, refusal: Refusal) {
        self.tier.refusal.set(Some(refusal));
        let mut refused = self.tier.refused.borrow_mut();
        let before = refused.iter_mut().find(|it| it.place == place);
        let known = before.as_ref().is_some_and(|it| it.refusal == refusal);
        match before {
            Some(it) => it.refusal = refusal,
            None => refused.push(RefusedPlace { place, refusal, asked: 1 }),
        }
        if !known {
            self.tell(|| Happened::Refused { entry: self.entry_point(place), refusal });
        }
    }

    /// Whether to try to compile it for a place. What was refused is tried again after it was asked for twice as often: it may have
    /// learned something, but mostly has not.
    pub fn is_worth_compiling(&self, place: Place) -> bool {
        match self.tier.refused.borrow_mut().iter_mut().find(|it| it.place == place) {
            Some(it) => {
                it.asked = it.asked.saturating_add(1);
                it.asked.is_power_of_two()
            }
            None => true,
        }
    }

    /// Machine code has memory again: what was refused for lack of it is asked for at the next occasion.
    pub fn has_room_again(&self) {
        let mut refused = self.tier.refused.borrow_mut();
        let before = refused.len();
        refused.retain(|it| it.refusal != Refusal::ArenaFull);
        if refused.len() < before {
            self.tier.refusal.set(refused.last().map(|it| it.refusal));
            self.counters.heat.set(0);
        }
    }

    /// A guard failed; the interpreter goes on at an instruction.
    pub fn left(&self, inst: InstId, reason: ExitReason) {
        let count = self.tier.count_exit(inst, reason);
        if count.ilog10() != (count - 1).checked_ilog10().unwrap_or(u32::MAX) {
            self.tell(|| Happened::Left(FailedGuard { reason, line: self.line(inst), count }));
        }
    }

    /// The compiled code at this address is not entered any more, since this guard failed so often.
    pub fn dropped(&self, address: usize, why: Invalidation, guard: FailedGuard) {
        let place = self.tier.placed.borrow().iter().find(|it| it.address == address).map(|it| it.place);
        self.tier.unlink(address, why);
        self.tell(|| Happened::Dropped { entry: place.map(|it| self.entry_point(it)), why, guard: Some(guard) });
    }

    /// No compiled code of it is entered any more.
    pub fn dropped_all(&self, why: Invalidation) {
        self.tier.unlink_all(why);
        self.set_call_flag(CallFlags::COMPILED | CallFlags::WAITING, false);
        self.tell(|| Happened::Dropped { entry: None, why, guard: None });
    }

    /// Nobody runs it, and its memory is needed: from now on it is what new code is, and has this heat.
    pub fn evicted(&self, heat: i64) {
        if self.tier.addresses().next().is_none() {
            return;
        }
        self.tier.unlink_baseline();
        self.dropped_all(Invalidation::Evicted);
        self.counters.heat.set(heat);
    }

    fn entry_point(&self, place: Place) -> EntryPoint {
        match place {
            Place::Call => EntryPoint::Calls,
            Place::Loop(block) => EntryPoint::Loop(self.line(InstId(self.unit.blocks[block.0 as usize].first))),
        }
    }

    fn tell(&self, what: impl FnOnce() -> Happened) {
        self.log.tell(|| {
            let info = self.info.borrow();
            let at = Location { file: self.file.borrow().to_string(), line: info.base_line };
            let name = info.name.to_string();
            CodeEvent::Tier(TierEvent { key: self.key, name, at, recording: self.recording, what: what() })
        });
    }
}
