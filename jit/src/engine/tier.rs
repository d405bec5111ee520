//! Which tier a code object runs in, where its compiled entries are, and what happened to it so far.
//!
//! The policy and the compiler write it, the interpreter looks for entries at calls and loop heads, `stats` reads it.
//! Invariant: an entry that is not 0 is the address of live code made for exactly this code object.

use super::inlined::{Assumed, Inlined};
use super::policy::Place;
use crate::reason::{ExitReason, Invalidation, Refusal};
use minilive_mir::ir::{BlockId, InstId};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// A tier of execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Tier {
    /// The bytecode interpreter.
    #[default]
    Interpreter,
    /// Compiled with generic operations.
    Baseline,
    /// Compiled with speculation.
    Optimised,
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Tier::Interpreter => "interpreter",
            Tier::Baseline => "baseline",
            Tier::Optimised => "native",
        })
    }
}

/// No baseline code begins at this word.
pub const NOWHERE: u32 = u32::MAX;

/// How often one guard was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitCount {
    /// The instruction that was speculated on.
    pub inst: InstId,
    /// Why.
    pub reason: ExitReason,
    /// How often.
    pub count: u64,
}

/// Machine code that is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its first byte, which is its entry.
    pub address: usize,
    /// How many bytes there are.
    pub bytes: usize,
    /// From where it is entered.
    pub place: Place,
    /// Whether it lacks calls that would be worth a place in it if it ran long.
    pub outgrows: bool,
}

/// A place for which compiling was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedPlace {
    /// Which.
    pub place: Place,
    /// Why.
    pub refusal: Refusal,
    /// How often compiling was asked for.
    pub asked: u32,
}

/// The tier state of one code object. `history` changes it.
#[derive(Debug, Default)]
pub struct TierState {
    /// The highest tier that is installed.
    pub tier: Cell<Tier>,
    /// Address of its baseline code, 0 if none.
    pub baseline: Cell<usize>,
    /// Address of the entry for calls that baseline code makes, 0 if none.
    pub baseline_entry: Cell<usize>,
    /// By word of the bytecode: where its instruction begins in the baseline code.
    pub positions: RefCell<Box<[u32]>>,
    /// Bytes of the baseline code.
    pub baseline_bytes: Cell<usize>,
    /// How long making baseline code took altogether.
    pub baseline_time: Cell<Duration>,
    /// Address of the function as the optimiser compiled it, 0 if none.
    pub entry: Cell<usize>,
    /// Address of the trampoline through which the interpreter enters `entry`.
    pub trampoline: Cell<usize>,
    /// Address of the trampoline through which the interpreter enters loops.
    pub loop_trampoline: Cell<usize>,
    /// Per block: address of the loop entry `(ctx, window) -> u64`, 0 if none. Only loop heads ever have one.
    pub osr: Box<[Cell<usize>]>,
    /// Whether one of these was entered, or its heat used up, since code was marked as unused.
    pub was_entered: Cell<bool>,
    /// When it was last found to be used, in slices.
    pub used_at: Cell<u32>,
    /// What was left of its heat then: lower tiers count it down as they run.
    pub heat_then: Cell<i64>,
    /// Why it is not compiled, if somebody asked and it is not.
    pub refusal: Cell<Option<Refusal>>,
    /// Why it was dropped last.
    pub invalidation: Cell<Option<Invalidation>>,
    /// How often it was compiled.
    pub compiles: Cell<u32>,
    /// How long that took altogether.
    pub compile_time: Cell<Duration>,
    /// What is entered now.
    pub placed: RefCell<Vec<Placed>>,
    /// Places that stay in the interpreter.
    pub refused: RefCell<Vec<RefusedPlace>>,
    /// How often compiled code was dropped because its guards failed.
    pub drops: Cell<u32>,
    /// The weight of the slices that ended in its compiled code, as far as that may be outgrown.
    pub ran: Cell<u64>,
    /// Whether that is so much that calls in it are worth a place.
    pub outgrown: Cell<bool>,
    /// How often it was compiled for that, or is to be.
    pub regrown: Cell<u32>,
    /// Whether compiled code was dropped because something ran that had not run before.
    pub unforeseen: Cell<bool>,
    /// How often it had been compiled when its member sites were asked to look again.
    pub refreshed: Cell<Option<u32>>,
    /// The inner loop that was hot, the loop around it that is waited for, and how many heads were passed meanwhile.
    pub waits: Cell<Option<(BlockId, BlockId, u32)>>,
    /// Calls and rounds that went through code of a lower tier to the function's compiled loops, since they have no entry of their own.
    pub detours: Cell<u32>,
    /// How many there had been when it was compiled last.
    pub detours_before: Cell<u32>,
    /// How often something that was compiled, or was being compiled, stopped being right.
    pub version: Cell<u32>,
    /// Guards that failed too often, by the instruction they stand at: do not speculate there again.
    pub rejected: RefCell<FxHashSet<(InstId, ExitReason)>>,
    /// What was spliced into its compiled entries.
    pub inlined: RefCell<Vec<Inlined>>,
    /// The globals that its compiled entries rely on.
    pub assumed: RefCell<Vec<Assumed>>,
    /// When its dependencies were found to be as they must be: see [`CodeTable::unresolved`](super::table::CodeTable).
    pub ready: Cell<Option<u32>>,
    /// Whether a loop without an entry of its own has compiled loops inside, and how much had been compiled when that was found out.
    pub around: Cell<Option<(BlockId, u32, bool)>>,
    /// Exits by place and reason, since the code was loaded.
    pub exits: RefCell<Vec<ExitCount>>,
}

impl TierState {
    /// The state of code with so many blocks that was never compiled.
    pub fn new(n_blocks: usize) -> TierState {
        TierState { osr: (0..n_blocks).map(|_| Cell::new(0)).collect(), ..TierState::default() }
    }

    /// Address of the loop entry at a block, if there is one.
    pub fn osr_entry(&self, block: BlockId) -> Option<usize> {
        self.osr.get(block.0 as usize).map(Cell::get).filter(|&entry| entry != 0)
    }

    /// Counts an exit and tells how often this one was taken.
    pub fn count_exit(&self, inst: InstId, reason: ExitReason) -> u64 {
        let mut exits = self.exits.borrow_mut();
        if let Some(exit) = exits.iter_mut().find(|exit| exit.inst == inst && exit.reason == reason) {
            exit.count += 1;
            return exit.count;
        }
        exits.push(ExitCount { inst, reason, count: 1 });
        1
    }

    /// All entries: of the function, and of loops.
    fn entries(&self) -> impl Iterator<Item = &Cell<usize>> {
        std::iter::once(&self.entry).chain(self.osr.iter())
    }

    /// The addresses of all its code that may be entered, of all tiers.
    pub fn addresses(&self) -> impl Iterator<Item = usize> {
        self.entries().chain([&self.baseline]).map(Cell::get).filter(|&address| address != 0)
    }

    /// Whether the code at this address is still entered.
    pub fn is_linked(&self, address: usize) -> bool {
        self.entries().any(|entry| entry.get() == address)
    }

    /// Bytes of the machine code that is entered, of all tiers.
    pub fn bytes(&self) -> usize {
        self.placed.borrow().iter().map(|it| it.bytes).sum::<usize>() + self.baseline_bytes.get()
    }

    /// Address of the baseline code of the instruction at a word.
    #[inline]
    pub fn baseline_of(&self, start: usize, pc: u32) -> Option<usize> {
        let position = self.positions.borrow().get(pc as usize).copied();
        position.filter(|&it| it != NOWHERE).map(|it| start + it as usize)
    }

    /// Unlinks the baseline code; activations go on in the interpreter when they come to an instruction of it.
    pub fn unlink_baseline(&self) {
        self.baseline.set(0);
        self.baseline_entry.set(0);
        self.baseline_bytes.set(0);
        self.positions.take();
        if self.tier.get() == Tier::Baseline {
            self.tier.set(Tier::Interpreter);
        }
    }

    /// The tier it falls back to.
    fn without_optimised(&self) -> Tier {
        if self.baseline.get() == 0 { Tier::Interpreter } else { Tier::Baseline }
    }

    /// Unlinks one compiled entry; activations that are inside go on until they return.
    pub fn unlink(&self, address: usize, why: Invalidation) {
        self.outdate();
        self.entries().filter(|entry| entry.get() == address).for_each(|entry| entry.set(0));
        self.placed.borrow_mut().retain(|it| it.address != address);
        self.invalidation.set(Some(why));
        if self.entries().all(|entry| entry.get() == 0) {
            self.depend_on_nothing();
            self.tier.set(self.without_optimised());
        }
    }

    /// Notes what a new entry contains, and what it relies on.
    pub fn note_dependencies(&self, inlined: &[Inlined], assumed: &[Assumed]) {
        self.ready.set(None);
        fn add<T: PartialEq + Copy>(all: &RefCell<Vec<T>>, new: &[T]) {
            let mut all = all.borrow_mut();
            for it in new {
                if !all.contains(it) {
                    all.push(*it);
                }
            }
        }
        add(&self.inlined, inlined);
        add(&self.assumed, assumed);
    }

    /// Whether code can only be entered when what it depends on has been looked at.
    pub fn has_dependencies(&self) -> bool {
        !self.inlined.borrow().is_empty() || !self.assumed.borrow().is_empty()
    }

    fn depend_on_nothing(&self) {
        self.inlined.borrow_mut().clear();
        self.assumed.borrow_mut().clear();
    }

    /// What is being compiled now is not right any more.
    pub fn outdate(&self) {
        self.version.set(self.version.get().wrapping_add(1));
    }

    /// Unlinks all entries of the optimiser.
    pub fn unlink_all(&self, why: Invalidation) {
        self.outdate();
        self.depend_on_nothing();
        self.entries().for_each(|entry| entry.set(0));
        self.placed.borrow_mut().clear();
        self.tier.set(self.without_optimised());
        self.invalidation.set(Some(why));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_are_counted_by_place_and_reason() {
        let state = TierState::new(2);
        assert_eq!(state.count_exit(InstId(3), ExitReason::NotNumber), 1);
        assert_eq!(state.count_exit(InstId(3), ExitReason::NotNumber), 2);
        assert_eq!(state.count_exit(InstId(4), ExitReason::NotNumber), 1);
    }

    #[test]
    fn one_entry_is_dropped_without_the_others() {
        let state = TierState::new(2);
        state.osr[1].set(64);
        state.entry.set(128);
        state.placed.borrow_mut().push(Placed {
            address: 64,
            bytes: 32,
            place: Place::Loop(BlockId(1)),
            outgrows: false,
        });
        state.placed.borrow_mut().push(Placed { address: 128, bytes: 96, place: Place::Call, outgrows: false });
        assert_eq!(state.bytes(), 128);
        state.tier.set(Tier::Optimised);
        assert_eq!(state.osr_entry(BlockId(1)), Some(64));
        state.unlink(64, Invalidation::ManyExits);
        assert_eq!((state.osr_entry(BlockId(1)), state.is_linked(64)), (None, false));
        assert!(state.is_linked(128));
        assert_eq!((state.tier.get(), state.bytes()), (Tier::Optimised, 96));
        state.unlink_all(Invalidation::Replaced);
        assert_eq!(state.bytes(), 0);
        assert!(!state.is_linked(128));
        assert_eq!(state.tier.get(), Tier::Interpreter);
    }
}
