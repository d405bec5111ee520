//! Memory for machine code: what is not entered any more is given back, while a program runs, too, and what nobody runs makes way for
//! what is hot.
//!
//! `optimise` says when something was placed or could not be, the engine comes to [`Optimiser::look_for_room`] at calls, loop heads and
//! ends of slices. Invariants: a piece of code is freed only if no tier state links it and no word of the native stack, nor of the
//! interpreter's activations, points into it; before that, the tables through which code calls name nothing but what is linked and
//! stubs. So nobody can come to what is freed: an activation that is in a piece, or goes on in it when a call returns, has an address in it on
//! the native stack or in its frame, whatever tier called, and between reading an address from a table and going there nothing is freed.

use super::{Backend, Optimiser, baseline, drop_compiled};
use crate::engine::inlined;
use crate::engine::policy::Memory;
use crate::engine::table::CodeTable;
use crate::engine::unit::{CallFlags, Code};
use crate::events::{CodeEvent, FreedCode};
use crate::reason::Invalidation;
use minilive_runtime::realm::Realm;
use rustc_hash::FxHashSet;

/// It is looked for what can be freed when code has grown by such a part of all memory since the last look.
const PART_TO_LOOK: usize = 8;
/// A look that frees less than such a part was in vain.
const LEAST_PART: usize = 32;
/// Above this part of the memory, versions that were put aside go, and it is noted what is used.
const PART_TO_NOTE: usize = 2;
/// So many slices code must have gone unused before it makes way for other code: some hundredths of a second.
const SLICES_UNUSED: u32 = 16;
/// What makes way is the part of the memory that was not used for longest.
const PART_TO_EVICT: usize = 4;
/// At most so many slices pass before it is looked again for room that was not found.
const MOST_PAUSE: u32 = 1024;

/// When to look for room.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// Bytes that there are.
    most: usize,
    /// Bytes in use when something was placed last.
    used: usize,
    /// Bytes in use with which it is looked for what can be freed.
    look_at: usize,
    /// Something could not be placed since room was found last.
    is_lacking: bool,
    /// It was not refused, since a look comes first.
    has_put_off: bool,
    /// Slices of all runs.
    now: u32,
    /// How many there had been at the last look.
    then: u32,
    /// So many more must pass before the next one for what could not be placed.
    pause: u32,
}

impl Room {
    /// All memory is free.
    pub(super) fn new(most: usize) -> Room {
        Room { most, look_at: most / PART_TO_LOOK, ..Room::default() }
    }

    fn is_crowded(&self) -> bool {
        self.used > self.most / PART_TO_NOTE || self.is_lacking
    }

    fn may_look(&self) -> bool {
        self.now.wrapping_sub(self.then) >= self.pause
    }

    /// Something was placed.
    pub(super) fn note(&mut self, used: usize) {
        self.used = used;
    }

    /// Something could not be placed. Whether it is to be put off, since there may be room soon.
    pub(super) fn puts_off(&mut self) -> bool {
        self.is_lacking = true;
        self.has_put_off |= self.may_look();
        self.has_put_off
    }

    /// How it stands.
    pub(super) fn memory(&self) -> Memory {
        if self.has_put_off {
            return Memory::Full;
        }
        if self.used >= self.look_at { Memory::Short } else { Memory::Enough }
    }

    /// A slice of the budget has ended.
    pub(super) fn slice_ended(&mut self) -> Memory {
        self.now = self.now.wrapping_add(1);
        if self.is_lacking && self.may_look() { Memory::Short } else { self.memory() }
    }

    /// A look has freed so much. Whether that is worth asking again for what was refused.
    fn looked(&mut self, used: usize, freed: usize) -> bool {
        let found = freed >= self.most / LEAST_PART;
        (self.used, self.look_at) = (used, used + self.most / PART_TO_LOOK);
        self.then = self.now;
        // What finds no room has it looked for at once, unless that was in vain before.
        self.pause = match (found, self.is_lacking) {
            (true, _) => 0,
            (false, true) => (self.pause * 2).clamp(1, MOST_PAUSE),
            (false, false) => self.pause,
        };
        self.has_put_off = false;
        let again = found && self.is_lacking;
        self.is_lacking &= !found;
        again
    }

    /// A run begins: nothing was asked for yet.
    fn start_run(&mut self, used: usize) {
        let (now, then) = (self.now, self.now);
        *self = Room { used, look_at: used + self.most / PART_TO_LOOK, now, then, ..Room::new(self.most) };
    }
}

impl Optimiser {
    /// Frees what nobody can come to any more; where something could not be placed, also what was not run for a while. `returns` are the
    /// addresses at which baseline code goes on behind calls.
    pub(super) fn look_for_room(&mut self, codes: &CodeTable, realm: &Realm, returns: &mut dyn Iterator<Item = usize>) {
        let (Ok(backend), room) = (&self.backend, &mut self.room) else { return };
        let Some(running) = backend.running(realm, returns) else { return };
        let is_crowded = room.is_crowded();
        if is_crowded {
            codes.aside().for_each(|code| code.evicted(codes.heat));
            backend.note_use(codes, &running, room.now);
        }
        if room.is_lacking {
            evict_unused(codes, room.now, room.most / PART_TO_EVICT);
        }
        backend.unlink(codes, is_crowded);
        let freed = backend.free(codes, &running);
        let used = backend.shared.native().arena.used();
        if room.looked(used, freed) {
            codes.versions().for_each(Code::has_room_again);
        }
    }

    /// A run begins: nothing is on any stack. Frees what is not entered any more and what is in the way of new code, and lets calls between
    /// functions go through stubs until names are resolved.
    pub(super) fn start_run_of(&mut self, codes: &CodeTable, count_depth: bool) {
        let (Ok(backend), room) = (&mut self.backend, &mut self.room) else { return };
        let drop_all = count_depth != backend.count_depth;
        backend.count_depth = count_depth;
        backend.run += 1;
        room.note(backend.shared.native().arena.used());
        if room.is_crowded() {
            codes.aside().for_each(|code| code.evicted(codes.heat));
            codes.versions().for_each(Code::has_room_again);
        }
        for code in codes.versions() {
            if !inlined::is_current(codes, code) {
                drop_compiled(code, Invalidation::Edited);
            }
            if drop_all {
                drop_compiled(code, Invalidation::Replaced);
            }
        }
        backend.free(codes, &FxHashSet::default());
        room.start_run(backend.shared.native().arena.used());
        if let Some(baseline) = &backend.baseline {
            baseline::start_run(baseline, codes);
        }
        let native = backend.shared.native();
        for code in codes.versions() {
            if backend.shared.entry(code.id) != 0 {
                backend.shared.set_entry(code, native.stub_of(code));
            }
        }
    }
}

impl Backend {
    /// The pieces of code that activations are in or go on in; `None` if the stack cannot be looked at.
    fn running(&self, realm: &Realm, returns: &mut dyn Iterator<Item = usize>) -> Option<FxHashSet<usize>> {
        let native = self.shared.native();
        let mut words: FxHashSet<usize> = returns.collect();
        let is_known = realm.each_native_word(&mut |word| {
            if native.arena.may_point_into(word) {
                words.insert(word);
            }
        });
        is_known.then(|| native.pointed_at(words.into_iter()))
    }

    /// Notes what runs, and what was run since all was marked.
    fn note_use(&self, codes: &CodeTable, running: &FxHashSet<usize>, now: u32) {
        let running = self.shared.native().owners(running);
        for code in codes.iter().filter(|code| running.contains(&code.id) || self.was_used(code)) {
            code.tier.used_at.set(now);
        }
    }

    /// Whether code was run since it was marked.
    fn was_used(&self, code: &Code) -> bool {
        let (tier, entry) = (&code.tier, code.tier.entry.get());
        let is_called = || code.call_flags.get() & CallFlags::WAITING == 0 || self.shared.entry(code.id) == entry;
        tier.was_entered.get() || tier.heat_then.get() != code.counters.heat.get() || (entry != 0 && is_called())
    }

    /// Has the tables through which code calls name nothing but linked code and stubs. If all code is to be marked as unused, nothing but
    /// stubs: who calls it next has it linked again.
    fn unlink(&self, codes: &CodeTable, marks: bool) {
        let native = self.shared.native();
        for code in codes.iter() {
            let (linked, entry) = (self.shared.entry(code.id), code.tier.entry.get());
            if linked != 0 && (marks || linked != entry) {
                self.shared.set_entry(code, native.stub_of(code));
            }
            if let Some(baseline) = &self.baseline {
                baseline.set_entry(code.id, code.tier.baseline_entry.get());
            }
            if marks {
                code.tier.was_entered.set(false);
                code.tier.heat_then.set(code.counters.heat.get());
                code.set_call_flag(CallFlags::WAITING, entry != 0);
            }
        }
    }

    /// Frees what is neither linked nor runs, and tells of it; how many bytes that was.
    fn free(&self, codes: &CodeTable, running: &FxHashSet<usize>) -> usize {
        let linked: FxHashSet<usize> = codes.versions().flat_map(|code| code.tier.addresses()).collect();
        let mut native = self.shared.native();
        let pieces = native.free(|address| linked.contains(&address) || running.contains(&address));
        let used = native.arena.used();
        let kept = running.iter().filter(|address| !linked.contains(address)).count();
        drop(native);
        let bytes = pieces.iter().map(|it| it.1).sum();
        if bytes > 0 {
            codes.log.tell(|| CodeEvent::Freed(FreedCode { pieces, used, kept }));
        }
        bytes
    }
}

/// What was not run for longest loses its code, of all tiers, until so many bytes are free; not what was run a moment ago.
fn evict_unused(codes: &CodeTable, now: u32, bytes: usize) {
    let unused = |code: &&Code| now.wrapping_sub(code.tier.used_at.get());
    let has_code = |code: &&Code| code.tier.addresses().next().is_some();
    let mut oldest: Vec<&Code> = codes.iter().filter(|it| unused(it) >= SLICES_UNUSED && has_code(it)).collect();
    oldest.sort_by_key(|code| std::cmp::Reverse(unused(code)));
    let mut evicted = 0;
    for code in oldest {
        if evicted >= bytes {
            break;
        }
        evicted += code.tier.bytes();
        code.evicted(codes.heat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_for_room_when_code_has_grown_by_a_part() {
        let mut room = Room::new(8000);
        room.note(900);
        assert_eq!(room.memory(), Memory::Enough);
        room.note(1000);
        assert_eq!(room.memory(), Memory::Short);
        assert!(!room.looked(600, 400));
        room.note(1500);
        assert_eq!(room.memory(), Memory::Enough);
        room.note(1600);
        assert_eq!((room.memory(), room.slice_ended()), (Memory::Short, Memory::Short));
    }

    #[test]
    fn what_finds_no_room_is_put_off_once_and_then_looked_for_more_and_more_seldom() {
        let mut room = Room::new(8000);
        assert!(room.puts_off());
        assert_eq!(room.memory(), Memory::Full);
        assert!(!room.looked(7900, 10) && !room.puts_off());
        assert_eq!(room.memory(), Memory::Enough);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let slices = (1..).find(|_| room.slice_ended() == Memory::Short);
            pauses.extend(slices);
            assert!(!room.looked(7900, 10));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024]);
        assert!(!room.puts_off());
        assert!(room.looked(4000, 3900), "what was refused is asked for again");
        assert!(!room.looked(4000, 3900), "nothing is refused");
        assert_eq!(room.slice_ended(), Memory::Enough);
        assert!(!room.looked(4000, 0) && room.puts_off(), "looks that nobody waited for are no reason to wait");
    }
}
