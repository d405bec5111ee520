//! Global cells, lists, and slots of maps.

use super::HelperId;
use super::lower::{Lower, memory};
use super::symbols::Symbol;
use crate::feedback::{FeedbackCell, Target};
use crate::ssa::{Barrier, Inst, Op, Val};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use minilive_runtime::function::FUNCTION_OUTER;
use minilive_runtime::heap::flags;
use minilive_runtime::list::{LIST_CAPACITY, LIST_ELEMENTS, LIST_LEN, LIST_STORED};
use minilive_runtime::map::{MAP_CAPACITY, MAP_LEN, MAP_SHAPE, MAP_SLOTS, MAP_TABLE, TABLE_LIVE};
use minilive_runtime::realm::{
    HEAD_CELLS, HEAD_CHANGED_TYPES, HEAD_ELEMENT_KEYS_END, HEAD_GLOBALS_GUARDED, HEAD_MARKING, HEAD_REDEFINED,
};
use minilive_runtime::value::{PAYLOAD_MASK, TAG_FUNCTION, TAG_SHIFT};

/// The intrinsics behind operations on lists.
const LIST_PUSH: &str = "push";
const LIST_POP: &str = "pop";
const LIST_PULL: &str = "pull";

/// Offset of a heap object's flags.
const FLAGS: i32 = std::mem::offset_of!(minilive_runtime::heap::Header, flags) as i32;

impl Lower<'_, '_> {
    pub(super) fn cell(&mut self, inst: &Inst) {
        match inst.op {
            Op::LoadCell(cell) => {
                let cells = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_CELLS as i32);
                self.read(inst, cells, cell as i32 * 8);
            }
            Op::StoreCell(cell) => {
                let value = self.arg(inst, 0);
                let cells = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_CELLS as i32);
                self.b.ins().store(memory(), value, cells, cell as i32 * 8);
            }
            Op::GuardElements => {
                let end = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_ELEMENT_KEYS_END as i32);
                let exit = self.exit_of(inst);
                self.continue_if(end, exit);
            }
            Op::GuardStorable => {
                let object = self.arg(inst, 0);
                let guarded = self.flags(object, flags::GUARDED);
                let exit = self.exit_of(inst);
                self.leave_if(guarded, exit);
            }
            Op::GuardConstants => {
                let redefined = self.b.ins().load(types::I32, memory(), self.ctx, HEAD_REDEFINED as i32);
                let exit = self.exit_of(inst);
                self.leave_if(redefined, exit);
            }
            Op::GuardTypes(mask) => {
                let changed = self.b.ins().load(types::I8, memory(), self.ctx, HEAD_CHANGED_TYPES as i32);
                let changed = self.b.ins().band_imm_u(changed, i64::from(mask));
                let exit = self.exit_of(inst);
                self.leave_if(changed, exit);
            }
            _ => {
                let guarded = self.b.ins().load(types::I32, memory(), self.ctx, HEAD_GLOBALS_GUARDED as i32);
                let exit = self.exit_of(inst);
                self.leave_if(guarded, exit);
            }
        }
    }

    /// Leaves if a call site has called something else than one intrinsic. One that has called nothing reads as 0.
    pub(super) fn guard_only_intrinsic(&mut self, inst: &Inst, word: u32, id: u32) {
        let cell = self.symbol(Symbol::Feedback(word));
        let (mut other, mut any) = (None, None);
        for half in FeedbackCell::only_target(Target::Intrinsic(id)) {
            let found = self.b.ins().load(types::I32, memory(), cell, half.offset as i32);
            let found = self.b.ins().band_imm_u(found, i64::from(half.mask));
            let differs = self.b.ins().bxor_imm_u(found, i64::from(half.expected));
            other = Some(other.map_or(differs, |it| self.b.ins().bor(it, differs)));
            any = Some(any.map_or(found, |it| self.b.ins().bor(it, found)));
        }
        let (Some(other), Some(any)) = (other, any) else { return };
        let exit = self.exit_of(inst);
        let other = self.b.ins().icmp_imm_u(IntCC::NotEqual, other, 0);
        let any = self.b.ins().icmp_imm_u(IntCC::NotEqual, any, 0);
        let bad = self.b.ins().band(other, any);
        self.leave_if(bad, exit);
    }

    /// The address of a list or map that is known to be one.
    fn object(&mut self, inst: &Inst) -> ir::Value {
        let value = self.arg(inst, 0);
        self.b.ins().band_imm_u(value, PAYLOAD_MASK as i64)
    }

    fn list_len(&mut self, object: ir::Value) -> ir::Value {
        self.b.ins().uload32(memory(), object, LIST_LEN as i32)
    }

    pub(super) fn list(&mut self, inst: &Inst) {
        let object = self.object(inst);
        match inst.op {
            Op::ListLen => {
                let len = self.list_len(object);
                self.define(inst, len);
            }
            Op::GuardComputed => {
                let found = self.flags(object, flags::COMPUTED);
                let exit = self.exit_of(inst);
                self.continue_if(found, exit);
                // Without a step it is one value again and again: its step reads as absent, which the next guard refuses.
                let value = self.arg(inst, 0);
                self.define(inst, value);
            }
            Op::RangeBase | Op::RangeStep => {
                let offset = if inst.op == Op::RangeBase { 0 } else { 8 };
                let elements = self.b.ins().load(types::I64, memory(), object, LIST_ELEMENTS as i32);
                let value = self.b.ins().load(types::I64, memory(), elements, offset);
                self.define(inst, value);
            }
            Op::ListGet { computed } => self.list_get(inst, computed),
            _ => self.list_set(inst, object),
        }
    }

    /// Elements at guarded indexes, and what the guards need.
    pub(super) fn element(&mut self, inst: &Inst, next: Option<&Inst>) {
        let first = self.arg(inst, 0);
        match inst.op {
            Op::Object => {
                let known = self.objects.get(&inst.args[0]).copied();
                let object = known.unwrap_or_else(|| self.b.ins().band_imm_u(first, PAYLOAD_MASK as i64));
                self.define(inst, object);
            }
            Op::StoredLen { settles } => {
                let stored = self.b.ins().uload32(memory(), first, LIST_STORED as i32);
                // If there are none, it may be a rule whose elements can be stored. A guard right behind finds that out in its own time.
                let guards = next.is_some_and(|it| it.op == Op::GuardIndex && it.args.last().copied() == inst.result);
                self.unsettled = (settles && guards).then_some(first);
                let stored = if settles && !guards { self.settled(first, stored) } else { stored };
                self.define(inst, stored);
            }
            Op::GuardIndex => self.guard_index(inst),
            Op::LoadElement => {
                let (index, array) = (self.arg(inst, 1), self.arg(inst, 2));
                let address = self.address_in(array, index);
                self.assigned.extend(inst.result);
                self.read(inst, address, 0);
            }
            Op::StoreElement { barrier, fits } => self.store_element(inst, barrier, fits),
            _ => unreachable!("only called for elements"),
        }
    }

    /// The number of elements that stand in a list's array, which has been read; none may be too few.
    fn settled(&mut self, object: ir::Value, stored: ir::Value) -> ir::Value {
        let (none, next) = self.two_ways();
        self.b.ins().brif(stored, next, &[stored.into()], none, &[]);
        self.b.switch_to_block(none);
        let stored = self.call_keeping(HelperId::StoredLen, &[object]);
        self.meet(next, stored)
    }

    fn guard_index(&mut self, inst: &Inst) {
        let (index, len, exit) = (self.arg(inst, 0), self.arg(inst, 1), self.exit_of(inst));
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, len);
        let Some(object) = self.unsettled.take() else { return self.continue_if(inside, exit) };
        let (beyond, next) = self.two_ways();
        self.b.ins().brif(inside, next, &[len.into()], beyond, &[]);
        self.b.switch_to_block(beyond);
        let more = self.call_keeping(HelperId::StoredLen, &[object]);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, more);
        self.b.ins().brif(inside, next, &[more.into()], exit, &[]);
        self.b.switch_to_block(next);
        self.vals[inst.args[1].0 as usize] = Some(self.b.block_params(next)[0]);
    }

    /// Where arrays are, and whether stores take more than a store.
    pub(super) fn part_of_object(&mut self, inst: &Inst) {
        let object = self.arg(inst, 0);
        let part = match inst.op {
            Op::Elements => self.b.ins().load(types::I64, memory(), object, LIST_ELEMENTS as i32),
            Op::Slots => self.b.ins().load(types::I64, memory(), object, MAP_SLOTS as i32),
            _ => self.needs_barrier(object),
        };
        self.define(inst, part);
    }

    fn address_in(&mut self, array: ir::Value, index: ir::Value) -> ir::Value {
        let offset = self.b.ins().ishl_imm_u(index, 3);
        self.b.ins().iadd(array, offset)
    }

    fn element_address_of(&mut self, object: ir::Value, index: ir::Value) -> ir::Value {
        let elements = self.b.ins().load(types::I64, memory(), object, LIST_ELEMENTS as i32);
        self.address_in(elements, index)
    }

    fn store_element(&mut self, inst: &Inst, barrier: Barrier, fits: bool) {
        let (object, value) = (self.arg(inst, 0), self.arg(inst, 3));
        let (index, array) = (self.arg(inst, 1), self.arg(inst, 4));
        let needs = self.needed(barrier, inst.args.get(5).copied());
        let special = if fits { needs } else { self.or_first_other(needs, object, inst.args[3], None) };
        let Some(special) = special else {
            let address = self.address_in(array, index);
            self.b.ins().store(memory(), value, address, 0);
            return;
        };
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        self.leave_if(special, slow);
        let address = self.address_in(array, index);
        self.b.ins().store(memory(), value, address, 0);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(slow);
        let (list, index) = (self.arg(inst, 2), self.arg(inst, 1));
        self.store_slowly(HelperId::ListSet, [list, index, value], next);
    }

    /// Whether a store into a list or map takes more than a store: see [`Op::NeedsBarrier`].
    pub(super) fn needs_barrier(&mut self, object: ir::Value) -> ir::Value {
        let guarded = self.flags(object, flags::GUARDED);
        let marking = self.marking();
        self.b.ins().bor(guarded, marking)
    }

    fn marking(&mut self) -> ir::Value {
        self.b.ins().load(types::I8, memory(), self.ctx, HEAD_MARKING as i32)
    }

    /// What tells whether a store takes more than that, if anything does: `found` or what is read now, which is sooner than to keep it.
    fn needed(&mut self, barrier: Barrier, found: Option<Val>) -> Option<ir::Value> {
        match barrier {
            Barrier::Found => found.map(|it| self.val(it)),
            Barrier::Marking => Some(self.marking()),
            Barrier::None => None,
        }
    }

    /// Whether something is the case, or the value would be the first one of its list that is no number: the flag that says so must go.
    /// `found`: the flags of the list, if they were read.
    fn or_first_other(
        &mut self,
        special: Option<ir::Value>,
        list: ir::Value,
        value: Val,
        found: Option<ir::Value>,
    ) -> Option<ir::Value> {
        if self.is_number(value) {
            return special;
        }
        let found = found.unwrap_or_else(|| self.b.ins().load(types::I8, memory(), list, FLAGS));
        let all_numbers = self.b.ins().band_imm_u(found, i64::from(flags::ALL_NUMBERS));
        // What was guarded to be an object is no number.
        let first_other = if self.objects.contains_key(&value) {
            all_numbers
        } else {
            let (boxed, zero) = (self.val(value), self.b.ins().iconst(types::I8, 0));
            let number = self.is_below_tags(boxed);
            self.b.ins().select(number, zero, all_numbers)
        };
        Some(special.map_or(first_other, |special| self.b.ins().bor(special, first_other)))
    }

    /// Has a helper store in a list or map, at a place, a value, and goes on at `next`.
    fn store_slowly(&mut self, helper: HelperId, [container, place, value]: [ir::Value; 3], next: ir::Block) {
        self.store_budget();
        let site = self.site();
        let done = self.call_keeping(helper, &[site, container, place, value]);
        self.load_budget();
        self.go_on_unless_exc(done, next);
    }

    /// How many entries a map has, in slots or in a table.
    pub(super) fn map_len(&mut self, inst: &Inst) {
        let object = self.object(inst);
        let [table, slots, next] = [(); 3].map(|()| self.b.create_block());
        let len = self.b.append_block_param(next, types::I64);
        let in_table = self.flags(object, flags::DICT);
        self.b.ins().brif(in_table, table, &[], slots, &[]);
        self.b.switch_to_block(table);
        let entries = self.b.ins().load(types::I64, memory(), object, MAP_TABLE as i32);
        let live = self.b.ins().load(types::I64, memory(), entries, TABLE_LIVE as i32);
        self.b.ins().jump(next, &[live.into()]);
        self.b.switch_to_block(slots);
        let used = self.b.ins().uload32(memory(), object, MAP_LEN as i32);
        self.b.ins().jump(next, &[used.into()]);
        self.b.switch_to_block(next);
        self.define(inst, len);
    }

    pub(super) fn flags(&mut self, object: ir::Value, mask: u8) -> ir::Value {
        let found = self.b.ins().load(types::I8, memory(), object, FLAGS);
        self.b.ins().band_imm_u(found, i64::from(mask))
    }

    /// The map that a function captured.
    pub(super) fn captured_of(&mut self, function: ir::Value) -> ir::Value {
        let object = self.b.ins().band_imm_u(function, PAYLOAD_MASK as i64);
        self.b.ins().load(types::I64, memory(), object, FUNCTION_OUTER as i32)
    }

    /// The map that the running function captured. Compiled callers leave the function in its word, the way in from the
    /// interpreter leaves the map itself; loops find the map in the header of their window.
    pub(super) fn captured(&mut self, inst: &Inst) {
        if self.func.osr {
            let map = self.b.ins().load(types::I64, memory(), self.inputs[0], -8);
            return self.define(inst, map);
        }
        let (function, next) = (self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(next, types::I64);
        let word = self.symbol(Symbol::Callee);
        let left = self.b.ins().load(types::I64, memory(), word, 0);
        let tag = self.b.ins().ushr_imm_u(left, i64::from(TAG_SHIFT));
        let is_function = self.b.ins().icmp_imm_u(IntCC::Equal, tag, TAG_FUNCTION as i64);
        self.b.ins().brif(is_function, function, &[], next, &[left.into()]);
        self.b.switch_to_block(function);
        let map = self.captured_of(left);
        self.b.ins().jump(next, &[map.into()]);
        self.b.switch_to_block(next);
        self.define(inst, result);
    }

    /// The environment object of the activation that a loop is entered from.
    pub(super) fn environment(&mut self, inst: &Inst) {
        let env = self.b.ins().load(types::I64, memory(), self.inputs[0], -16);
        self.define(inst, env);
    }

    pub(super) fn load_slot(&mut self, inst: &Inst, slot: u8) {
        let slots = self.arg(inst, 1);
        self.read(inst, slots, i32::from(slot) * 8);
    }

    pub(super) fn store_slot(&mut self, inst: &Inst, slot: u8, barrier: Barrier) {
        let place = [2, 4].map(|i| self.arg(inst, i));
        let needs = self.needed(barrier, inst.args.get(5).copied());
        let Some(next) = self.store_in_place(place, needs, slot) else { return };
        let args = [3, 1, 2].map(|i| self.arg(inst, i));
        self.store_slowly(HelperId::StoreMember, args, next);
    }

    /// Adds a slot where the array has room; the shape tells how many there are.
    pub(super) fn add_slot(&mut self, inst: &Inst, slot: u8, shape: u32) {
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let [object, name, value, map] = [0, 1, 2, 3].map(|i| self.arg(inst, i));
        let guarded = self.flags(object, flags::GUARDED);
        self.leave_if(guarded, slow);
        let capacity = self.b.ins().load(types::I32, memory(), object, MAP_CAPACITY as i32);
        let room = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, capacity, i64::from(slot));
        self.continue_if(room, slow);
        let slots = self.b.ins().load(types::I64, memory(), object, MAP_SLOTS as i32);
        self.b.ins().store(memory(), value, slots, i32::from(slot) * 8);
        let len = self.b.ins().iconst(types::I32, i64::from(slot) + 1);
        self.b.ins().store(memory(), len, object, MAP_LEN as i32);
        let shape = self.b.ins().iconst(types::I32, i64::from(shape));
        self.b.ins().store(memory(), shape, object, MAP_SHAPE as i32);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(slow);
        self.store_slowly(HelperId::StoreMember, [map, name, value], next);
    }

    /// Assigns a variable of an environment object.
    pub(super) fn store_variable(&mut self, inst: &Inst, slot: u8) {
        let [value, slots, needs] = [1, 3, 4].map(|i| self.arg(inst, i));
        let Some(next) = self.store_in_place([value, slots], Some(needs), slot) else { return };
        self.store_budget();
        let (env, value, site) = (self.arg(inst, 2), self.arg(inst, 1), self.site());
        let slot = self.iconst(i64::from(slot));
        // It never fails.
        self.call_keeping(HelperId::StoreEnv, &[site, env, slot, value]);
        self.load_budget();
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// Stores a value into one of these slots and goes on in the block that is the result, or else, where more is needed, in the
    /// current one. Where nothing else can be needed there is no such block.
    fn store_in_place(
        &mut self,
        [value, slots]: [ir::Value; 2],
        needs: Option<ir::Value>,
        slot: u8,
    ) -> Option<ir::Block> {
        let ways = needs.map(|needs| {
            let (slow, next) = (self.b.create_block(), self.b.create_block());
            self.b.set_cold_block(slow);
            self.leave_if(needs, slow);
            (slow, next)
        });
        self.b.ins().store(memory(), value, slots, i32::from(slot) * 8);
        let (slow, next) = ways?;
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(slow);
        Some(next)
    }

    fn list_get(&mut self, inst: &Inst, computed: bool) {
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let result = self.b.append_block_param(next, types::I64);
        let [list, index, object, len] = [0, 1, 2, 3].map(|i| self.arg(inst, i));
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, len);
        self.continue_if(inside, slow);
        let address = self.element_address_of(object, index);
        let value = self.b.ins().load(types::I64, memory(), address, 0);
        self.b.ins().jump(next, &[value.into()]);
        self.b.switch_to_block(slow);
        if computed {
            self.computed_element(object, index, next);
        }
        let site = self.site();
        let value = self.call_keeping(HelperId::ListGet, &[site, list, index]);
        self.b.ins().jump(next, &[value.into()]);
        self.b.switch_to_block(next);
        self.assigned.extend(inst.result);
        self.define(inst, result);
    }

    /// Goes on at `next` with an element of a list that counts, if it does and has one; else in a fresh block.
    fn computed_element(&mut self, list: ir::Value, index: ir::Value, next: ir::Block) {
        let [counts, other] = [(); 2].map(|()| {
            let block = self.b.create_block();
            self.b.set_cold_block(block);
            block
        });
        let computed = self.flags(list, flags::COMPUTED);
        let len = self.list_len(list);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, len);
        let zero = self.b.ins().iconst(types::I8, 0);
        let counted = self.b.ins().select(inside, computed, zero);
        self.b.ins().brif(counted, counts, &[], other, &[]);
        self.b.switch_to_block(counts);
        let rule = self.b.ins().load(types::I64, memory(), list, LIST_ELEMENTS as i32);
        let [base, step] = [0, 8].map(|offset| self.b.ins().load(types::F64, memory(), rule, offset));
        let place = self.b.ins().fcvt_from_sint(types::F64, index);
        let way = self.b.ins().fmul(step, place);
        let sum = self.b.ins().fadd(base, way);
        // Without a step it is no number, and neither is what comes of it.
        let is_number = self.b.ins().fcmp(FloatCC::Ordered, sum, sum);
        let element = self.b.ins().bitcast(types::I64, MemFlagsData::new(), sum);
        self.b.ins().brif(is_number, next, &[element.into()], other, &[]);
        self.b.switch_to_block(other);
    }

    /// Sets the length of a list that is not computed.
    fn set_stored_len(&mut self, object: ir::Value, len: ir::Value) {
        self.b.ins().istore32(memory(), len, object, LIST_LEN as i32);
        self.b.ins().istore32(memory(), len, object, LIST_STORED as i32);
    }

    /// Appends where there is room and nothing else to be done; else the intrinsic does it.
    pub(super) fn list_push(&mut self, inst: &Inst) {
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let (object, value) = (self.object(inst), self.arg(inst, 1));
        let found = self.b.ins().load(types::I8, memory(), object, FLAGS);
        let special = self.b.ins().band_imm_u(found, i64::from(flags::GUARDED));
        let special = self.or_first_other(Some(special), object, inst.args[1], Some(found));
        special.into_iter().for_each(|special| self.leave_if(special, slow));
        // A computed list has no capacity.
        let len = self.list_len(object);
        let capacity = self.b.ins().uload32(memory(), object, LIST_CAPACITY as i32);
        let room = self.b.ins().icmp(IntCC::UnsignedLessThan, len, capacity);
        self.continue_if(room, slow);
        let place = self.element_address_of(object, len);
        self.b.ins().store(memory(), value, place, 0);
        let more = self.b.ins().iadd_imm_s(len, 1);
        self.set_stored_len(object, more);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(slow);
        let list = self.arg(inst, 0);
        let done = self.slow_intrinsic(LIST_PUSH, &[list, value]);
        self.go_on_unless_exc(done, next);
    }

    /// Takes the last element off.
    pub(super) fn list_pop(&mut self, inst: &Inst) {
        let (slow, next) = self.two_ways();
        let object = self.object(inst);
        let special = self.flags(object, flags::COMPUTED | flags::GUARDED);
        let left = self.one_less(object, special, slow);
        let place = self.element_address_of(object, left);
        let value = self.b.ins().load(types::I64, memory(), place, 0);
        self.set_stored_len(object, left);
        self.b.ins().jump(next, &[value.into()]);
        self.taken_slowly(inst, LIST_POP, (slow, next));
    }

    /// Takes the first element off: of a list that has lost one before, whose array begins with a gap that says how long it is.
    pub(super) fn list_pull(&mut self, inst: &Inst) {
        let (slow, next) = self.two_ways();
        let object = self.object(inst);
        // Those of computed lists have no gap.
        let found = self.flags(object, flags::SHIFTED | flags::GUARDED);
        let special = self.b.ins().bxor_imm_u(found, i64::from(flags::SHIFTED));
        let left = self.one_less(object, special, slow);
        let elements = self.b.ins().load(types::I64, memory(), object, LIST_ELEMENTS as i32);
        let value = self.b.ins().load(types::I64, memory(), elements, 0);
        let gap = self.b.ins().load(types::I64, memory(), elements, -8);
        let gap = self.b.ins().iadd_imm_s(gap, 1);
        self.b.ins().store(memory(), gap, elements, 0);
        let elements = self.b.ins().iadd_imm_s(elements, 8);
        self.b.ins().store(memory(), elements, object, LIST_ELEMENTS as i32);
        let capacity = self.b.ins().uload32(memory(), object, LIST_CAPACITY as i32);
        let capacity = self.b.ins().iadd_imm_s(capacity, -1);
        self.b.ins().istore32(memory(), capacity, object, LIST_CAPACITY as i32);
        self.set_stored_len(object, left);
        self.b.ins().jump(next, &[value.into()]);
        self.taken_slowly(inst, LIST_PULL, (slow, next));
    }

    /// The length of a list that is about to lose an element; goes to `slow` if it has none, if it is special, or if the collector
    /// marks, which must be handed the reference that goes.
    fn one_less(&mut self, object: ir::Value, special: ir::Value, slow: ir::Block) -> ir::Value {
        let marking = self.b.ins().load(types::I8, memory(), self.ctx, HEAD_MARKING as i32);
        let special = self.b.ins().bor(special, marking);
        self.leave_if(special, slow);
        let len = self.list_len(object);
        self.continue_if(len, slow);
        self.b.ins().iadd_imm_s(len, -1)
    }

    fn taken_slowly(&mut self, inst: &Inst, name: &str, (slow, next): (ir::Block, ir::Block)) {
        self.b.switch_to_block(slow);
        let list = self.arg(inst, 0);
        let taken = self.slow_intrinsic(name, &[list]);
        self.unwind_if_exc(taken);
        let result = self.meet(next, taken);
        self.define(inst, result);
    }

    /// An intrinsic in the place of what is not done in line.
    fn slow_intrinsic(&mut self, name: &str, args: &[ir::Value]) -> ir::Value {
        let id = minilive_runtime::intrinsics::find(name).expect("it is in the table");
        self.store_budget();
        let site = self.site();
        let number = self.iconst(i64::from(id.0));
        let (words, count) = self.store_words(args);
        let result = self.call_keeping(HelperId::Intrinsic, &[site, number, words, count]);
        self.load_budget();
        result
    }

    fn list_set(&mut self, inst: &Inst, object: ir::Value) {
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let [list, index, value] = [0, 1, 2].map(|i| self.arg(inst, i));
        let stored = self.b.ins().uload32(memory(), object, LIST_STORED as i32);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, stored);
        self.continue_if(inside, slow);
        let found = self.b.ins().load(types::I8, memory(), object, FLAGS);
        let special = self.b.ins().band_imm_u(found, i64::from(flags::GUARDED));
        let marking = self.b.ins().load(types::I8, memory(), self.ctx, HEAD_MARKING as i32);
        let special = self.b.ins().bor(special, marking);
        let special = self.or_first_other(Some(special), object, inst.args[2], Some(found));
        special.into_iter().for_each(|special| self.leave_if(special, slow));
        let address = self.element_address_of(object, index);
        self.b.ins().store(memory(), value, address, 0);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(slow);
        self.store_slowly(HelperId::ListSet, [list, index, value], next);
    }
}
