//! Ways out: side exits, unwinding, the budget's slow path, the stack check.

use super::lower::{Lower, memory};
use super::{Counted, ExitFrame, ExitInfo, ExitObject, HelperId, LEAVE, Restored};
use crate::reason::ExitReason;
use crate::ssa::{Exit, Inst, Op, Rep, StateId, StateObject, StateVal, Val};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use minilive_mir::ir::{BlockId, InstId};
use minilive_runtime::realm::{HEAD_CELLS, HEAD_DEPTH, HEAD_MAX_DEPTH, HEAD_NATIVE_LIMIT};
use minilive_runtime::value::Value;
use std::sync::Arc;

/// A cold block that is written when the rest is done.
pub(super) enum Pending {
    /// Stores what the interpreter needs, in a state, and lets it go on. Each of these exits comes in its own block.
    State(Vec<(ir::Block, u32)>, StateId, Option<u32>),
    /// Returns what the interpreter gives, out of so many spliced calls.
    Tail(ir::Block, u32),
    /// Returns the mark of unwinding, out of so many spliced calls.
    Unwind(ir::Block, Option<u32>, u32),
}

impl Lower<'_, '_> {
    /// The number of an exit.
    fn exit_number(&mut self, exit: Exit) -> u32 {
        if let Some(&number) = self.exit_numbers.get(&exit) {
            return number;
        }
        let number = self.env.first_exit + self.exits.len() as u32;
        let at = self.func.body.chain(exit.at)[0];
        self.exits.push(ExitInfo {
            at,
            reason: exit.reason,
            frames: Arc::default(),
            objects: Arc::default(),
            counted: Arc::default(),
        });
        self.exit_states.push(exit.state);
        self.exit_numbers.insert(exit, number);
        number
    }

    /// The cold block of an exit, shared by all guards that leave the same way.
    pub(super) fn exit_block(&mut self, exit: Exit) -> ir::Block {
        if let Some(&block) = self.exit_blocks.get(&(exit, self.mode)) {
            return block;
        }
        let number = self.exit_number(exit);
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.exit_blocks.insert((exit, self.mode), block);
        let key = (exit.state, self.mode);
        let at = *self.states_left.entry(key).or_insert_with(|| {
            self.pending.push(Pending::State(Vec::new(), exit.state, self.mode));
            self.pending.len() - 1
        });
        let Pending::State(exits, ..) = &mut self.pending[at] else {
            unreachable!("no block is written before all exits are known")
        };
        exits.push((block, number));
        block
    }

    /// So many spliced calls, if their number is of any account on a way out: ways that differ in it alone are one way.
    fn counted_depth(&self, depth: u32) -> u32 {
        if self.env.count_depth { depth } else { 0 }
    }

    /// The cold block that hands over to the interpreter when all it needs is stored, out of so many spliced calls.
    fn tail_block(&mut self, depth: u32) -> ir::Block {
        let depth = self.counted_depth(depth);
        if let Some(&block) = self.tail_blocks.get(&depth) {
            return block;
        }
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.tail_blocks.insert(depth, block);
        self.pending.push(Pending::Tail(block, depth));
        block
    }

    /// The cold block that returns the mark of unwinding.
    pub(super) fn unwind_block(&mut self) -> ir::Block {
        let depth = self.counted_depth(self.func.body.depth_at(self.at));
        if let Some(&block) = self.unwind_blocks.get(&(self.mode, depth)) {
            return block;
        }
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.unwind_blocks.insert((self.mode, depth), block);
        self.pending.push(Pending::Unwind(block, self.mode, depth));
        block
    }

    /// Goes to the unwind block if a call's result that was not tested yet says so.
    pub(super) fn test_unwinding(&mut self, val: Val, boxed: ir::Value) {
        if self.untested == Some(val) {
            self.untested = None;
            self.unwind_if_exc(boxed);
        }
    }

    /// Goes to the unwind block if a value is its mark.
    pub(super) fn unwind_if_exc(&mut self, boxed: ir::Value) {
        let bad = self.b.ins().icmp_imm_s(IntCC::Equal, boxed, Value::EXC.bits() as i64);
        let unwind = self.unwind_block();
        self.leave_if(bad, unwind);
    }

    /// Goes on in a block that was made, unless a value is the mark of unwinding.
    pub(super) fn go_on_unless_exc(&mut self, boxed: ir::Value, next: ir::Block) {
        let bad = self.b.ins().icmp_imm_s(IntCC::Equal, boxed, Value::EXC.bits() as i64);
        let unwind = self.unwind_block();
        self.b.ins().brif(bad, unwind, &[], next, &[]);
        self.b.switch_to_block(next);
    }

    /// Where tests ask for it, an exit's guard fails at its first execution, or whenever its byte has counted down to zero.
    pub(super) fn force_failure(&mut self, exit: Exit) {
        let Some(flags) = self.env.fail_once else { return };
        let block = self.exit_block(exit);
        let number = self.exit_number(exit) - self.env.first_exit;
        let address = self.iconst((flags + number as usize) as i64);
        let left = self.b.ins().load(types::I8, memory(), address, 0);
        if self.env.fail_again {
            let fewer = self.b.ins().iadd_imm_s(left, -1);
            self.b.ins().store(memory(), fewer, address, 0);
        }
        self.continue_if(left, block);
    }

    /// Writes the cold blocks.
    pub(super) fn emit_pending(&mut self) {
        while let Some(pending) = self.pending.pop() {
            match pending {
                Pending::State(exits, state, mode) => self.leave_by(&exits, state, mode),
                Pending::Tail(block, depth) => {
                    self.b.switch_to_block(block);
                    let slot = self.words.expect("reserved at the start");
                    let words = self.b.ins().stack_addr(types::I64, slot, 0);
                    let number = self.b.ins().load(types::I64, memory(), words, 0);
                    let values = self.words_address();
                    // The interpreter counts the activations itself.
                    self.leave_function(depth);
                    let result = self.call_helper(HelperId::Deopt, 0, &[number, values]);
                    self.b.ins().return_(&[result]);
                }
                Pending::Unwind(block, mode, depth) => {
                    self.b.switch_to_block(block);
                    self.mode = mode;
                    self.flush_mode();
                    self.leave_function(depth);
                    let mark = self.iconst(Value::EXC.bits() as i64);
                    self.b.ins().return_(&[mark]);
                }
            }
        }
    }

    /// Writes the blocks of the exits that leave with a state: each says which it is, and one of them, or a block behind them all,
    /// stores the values.
    fn leave_by(&mut self, exits: &[(ir::Block, u32)], state: StateId, mode: Option<u32>) {
        self.mode = mode;
        let shared = (exits.len() > 1).then(|| self.b.create_block());
        for &(block, number) in exits {
            self.b.switch_to_block(block);
            let slot = self.words.expect("reserved at the start");
            let words = self.b.ins().stack_addr(types::I64, slot, 0);
            let number = self.iconst(i64::from(number));
            self.b.ins().store(memory(), number, words, 0);
            if let Some(shared) = shared {
                self.b.ins().jump(shared, &[]);
            }
        }
        if let Some(shared) = shared {
            self.b.set_cold_block(shared);
            self.b.switch_to_block(shared);
        }
        self.leave_with(state);
    }

    fn leave_with(&mut self, id: StateId) {
        self.words_base = None;
        self.words_left.clear();
        self.write_cells_of(id);
        self.store_budget();
        let state = &self.func.states[id.0 as usize];
        let mut frames = self.exit_frames(state.resume);
        // Objects are left in the first words.
        let mut words = state.objects.len() as u32;
        let objects = self.exit_objects(&state.objects, &mut words);
        for &(reg, val) in &state.regs {
            let (frame, own) = self.func.body.reg_origin(reg);
            if frame == 0 && self.lent.holds(own, &val) {
                continue;
            }
            let restored = self.restore(val, &mut words);
            let Some((_, found)) = frames.iter_mut().find(|it| it.0 == frame) else {
                unreachable!("a register is live in a frame that is not active");
            };
            if self.func.body.frames[frame].captured.as_ref().is_some_and(|it| it.reg == reg) {
                found.captured = Some(restored);
            } else if self.func.body.frames[frame].env.is_some_and(|it| it.reg == reg) {
                found.env = Some(restored);
            } else {
                found.regs.push((own, restored));
            }
        }
        let counted = self.store_counted(&mut words);
        let depth = self.func.body.depth_at(state.resume);
        let frames: Arc<[ExitFrame]> = frames.into_iter().map(|it| it.1).collect();
        for (exit, _) in self.exits.iter_mut().zip(&self.exit_states).filter(|it| *it.1 == id) {
            exit.frames = Arc::clone(&frames);
            exit.objects = Arc::clone(&objects);
            exit.counted = Arc::clone(&counted);
        }
        let tail = self.tail_block(depth);
        self.b.ins().jump(tail, &[]);
    }

    /// The activations at an exit, innermost first, with the numbers of their frames.
    fn exit_frames(&mut self, resume: InstId) -> Vec<(usize, ExitFrame)> {
        let body = &self.func.body;
        let chain = body.chain(resume);
        let (mut frame, mut resume) = body.origin(resume);
        let mut result = None;
        let mut frames = Vec::new();
        for i in 0..chain.len() {
            let site = self.sites.word_of(&chain[i..]);
            let code = body.frames[frame].code;
            frames.push((frame, ExitFrame { code, site, resume, result, captured: None, env: None, regs: Vec::new() }));
            let Some(call) = &body.frames[frame].caller else { break };
            result = Some(call.result);
            (frame, resume) = (call.frame, InstId(call.inst.0 + 1));
        }
        frames
    }

    /// How the maps are made that a state has instead of values, each before those that hold it.
    fn exit_objects(&mut self, objects: &[StateObject], words: &mut u32) -> Arc<[ExitObject]> {
        let mut made = Vec::new();
        for i in inner_first(objects) {
            let StateObject { shape, slots } = &objects[i];
            let slots = slots.iter().map(|&it| self.restore(it, words)).collect();
            made.push(ExitObject { word: i as u32, shape: *shape, slots });
        }
        made.into()
    }

    fn restore(&mut self, val: StateVal, words: &mut u32) -> Restored {
        let val = match val {
            StateVal::Val(val) => val,
            StateVal::Object(i) => return Restored::Word(i),
            StateVal::Range(..) => {
                let (first, mut ints) = (*words, 0);
                for (i, val) in val.vals().enumerate() {
                    ints |= u8::from(self.store_val(val, words)) << i;
                }
                return Restored::Range { first, ints };
            }
        };
        match self.defs.get(&val).copied() {
            Some(Op::Boxed(bits) | Op::F64(bits)) => Restored::Bits(bits),
            Some(Op::Int(n)) => Restored::Bits((n as f64).to_bits()),
            Some(Op::Bool(truth)) => Restored::Bits(Value::boolean(truth).bits()),
            _ => self.store_once(val, words),
        }
    }

    /// Stores a value as it is held; whether that is as an integer, which the interpreter will make a number of.
    fn store_val(&mut self, val: Val, words: &mut u32) -> bool {
        let value = self.val(val);
        let rep = self.func.rep(val);
        let value = if rep == Rep::Bool { self.b.ins().uextend(types::I64, value) } else { value };
        self.store_word(value, words);
        matches!(rep, Rep::Int | Rep::Bool)
    }

    /// The same, of a value that several registers may hold; where it stands, and whether as an integer.
    fn store_once(&mut self, val: Val, words: &mut u32) -> Restored {
        if let Some(&left) = self.words_left.get(&val) {
            return left;
        }
        let is_int = self.store_val(val, words);
        let left = if is_int { Restored::Int(*words - 1) } else { Restored::Word(*words - 1) };
        self.words_left.insert(val, left);
        left
    }

    /// Stores what the loop's registers have counted, for the interpreter to add it up.
    fn store_counted(&mut self, words: &mut u32) -> Arc<[Counted]> {
        let counters = self.registers().map(|it| it.counters).unwrap_or_default();
        let counted = counters.into_iter().map(|(block, counter)| {
            let rounds = self.b.use_var(counter);
            self.store_word(rounds, words);
            let (frame, block) = self.func.body.block_origin(block).expect("blocks behind calls are not counted");
            Counted { code: self.func.body.frames[frame].code, block, word: *words - 1 }
        });
        counted.collect()
    }

    fn store_word(&mut self, value: ir::Value, words: &mut u32) {
        let address = match self.words_base {
            Some(address) => address,
            None => self.words_address(),
        };
        self.words_base = Some(address);
        self.b.ins().store(memory(), value, address, *words as i32 * 8);
        *words += 1;
    }

    /// The address of the words.
    pub(super) fn words_address(&mut self) -> ir::Value {
        let slot = self.words.expect("reserved at the start");
        self.b.ins().stack_addr(types::I64, slot, 8)
    }

    /// Brings memory up to date with globals that are newer in registers.
    fn write_cells_of(&mut self, state: StateId) {
        let state = &self.func.states[state.0 as usize];
        if state.cells.is_empty() {
            return;
        }
        let cells = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_CELLS as i32);
        for &(cell, val) in &state.cells {
            let boxed = self.boxed(val);
            self.b.ins().store(memory(), boxed, cells, cell as i32 * 8);
        }
    }

    /// The slow path of the budget at a loop head: goes on at `next`, unwinds, or leaves the code.
    pub(super) fn refill(&mut self, inst: &Inst, head: BlockId, next: ir::Block) {
        self.store_budget();
        if let Some(exit) = inst.exit {
            self.write_cells_of(exit.state);
        }
        if !inst.args.is_empty() {
            // The collector looks at the native stack.
            let kept: Vec<ir::Value> = inst.args.iter().map(|&arg| self.val(arg)).collect();
            self.store_words(&kept);
        }
        let site = self.site();
        let left_by = inst.exit.filter(|_| self.func.outgrows && self.func.osr);
        let helper = if left_by.is_some() { HelperId::LongBudget } else { HelperId::Budget };
        let status = self.call_keeping(helper, &[site]);
        self.load_budget();
        let unwind = self.unwind_block();
        let Some(exit) = left_by else {
            self.b.ins().brif(status, unwind, &[], next, &[]);
            return;
        };
        let (other, leave) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(other);
        self.b.set_cold_block(leave);
        self.b.ins().brif(status, other, &[], next, &[]);
        self.b.switch_to_block(other);
        let is_replaced = self.b.ins().icmp_imm_u(IntCC::Equal, status, LEAVE as i64);
        self.b.ins().brif(is_replaced, leave, &[], unwind, &[]);
        self.b.switch_to_block(leave);
        // The exit is behind the loop head's own count.
        self.count(head);
        let exit = self.exit_block(Exit { reason: ExitReason::Outgrown, ..exit });
        self.b.ins().jump(exit, &[]);
    }

    /// The slow path of the budget at a call: goes on at `next`, or fails the call, of which nothing has happened yet.
    pub(super) fn refill_call(&mut self, next: ir::Block) {
        let site = self.site();
        let status = self.call_keeping(HelperId::CallBudget, &[site]);
        if !self.env.count_depth {
            let unwind = self.unwind_block();
            self.b.ins().brif(status, unwind, &[], next, &[]);
            return;
        }
        let failed = self.b.create_block();
        self.b.set_cold_block(failed);
        self.b.ins().brif(status, failed, &[], next, &[]);
        self.b.switch_to_block(failed);
        let mark = self.iconst(Value::EXC.bits() as i64);
        self.b.ins().return_(&[mark]);
    }

    /// At the begin of an activation: enough native stack for calls, and not too many of them.
    pub(super) fn check_depth(&mut self) {
        if self.func.calls {
            let pointer = self.b.ins().get_stack_pointer(types::I64);
            let limit = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_NATIVE_LIMIT as i32);
            let bad = self.b.ins().icmp(IntCC::UnsignedLessThan, pointer, limit);
            self.overflow_if(bad);
        }
        if self.env.count_depth {
            self.count_depth();
        }
    }

    /// Right before every return, out of so many spliced calls.
    pub(super) fn leave_function(&mut self, spliced: u32) {
        let ended = spliced + u32::from(!self.func.osr);
        if self.env.count_depth && ended > 0 {
            self.add_depth(-i64::from(ended));
        }
    }

    /// The end of a spliced call.
    pub(super) fn leave_inlined(&mut self) {
        if self.env.count_depth {
            self.add_depth(-1);
        }
    }

    fn add_depth(&mut self, calls: i64) {
        let depth = self.b.ins().load(types::I32, memory(), self.ctx, HEAD_DEPTH as i32);
        let depth = self.b.ins().iadd_imm_s(depth, calls);
        self.b.ins().store(memory(), depth, self.ctx, HEAD_DEPTH as i32);
    }

    /// The slow path of the budget at a spliced call: goes on at `next`, or unwinds as if the call had failed.
    pub(super) fn refill_inlined(&mut self, inst: &Inst, code: u32, next: ir::Block) {
        self.store_budget();
        if let Some(exit) = inst.exit {
            self.write_cells_of(exit.state);
        }
        let (site, code) = (self.site(), self.iconst(i64::from(code)));
        let status = self.call_keeping(HelperId::InlinedBudget, &[site, code]);
        self.load_budget();
        let unwind = self.unwind_block();
        self.b.ins().brif(status, unwind, &[], next, &[]);
    }

    /// One more nested call, whose code is part of the function.
    pub(super) fn count_inlined(&mut self) {
        if !self.env.count_depth {
            return;
        }
        let bad = self.is_too_deep();
        let (next, cold) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(cold);
        self.b.ins().brif(bad, cold, &[], next, &[]);
        self.b.switch_to_block(cold);
        let site = self.site();
        self.call_helper(HelperId::TooDeep, 0, &[site]);
        let unwind = self.unwind_block();
        self.b.ins().jump(unwind, &[]);
        self.b.switch_to_block(next);
        self.add_depth(1);
    }

    fn is_too_deep(&mut self) -> ir::Value {
        let depth = self.b.ins().load(types::I32, memory(), self.ctx, HEAD_DEPTH as i32);
        let most = self.b.ins().load(types::I32, memory(), self.ctx, HEAD_MAX_DEPTH as i32);
        self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, depth, most)
    }

    /// One more nested call, if there may be one.
    fn count_depth(&mut self) {
        let bad = self.is_too_deep();
        self.overflow_if(bad);
        self.add_depth(1);
    }

    fn overflow_if(&mut self, bad: ir::Value) {
        let (next, cold) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(cold);
        self.b.ins().brif(bad, cold, &[], next, &[]);
        self.b.switch_to_block(cold);
        let site = self.site();
        let mark = self.call_helper(HelperId::StackOverflow, 0, &[site]);
        self.b.ins().return_(&[mark]);
        self.b.switch_to_block(next);
    }
}

/// The places of a state's objects, such that each comes behind those that it holds.
fn inner_first(objects: &[StateObject]) -> Vec<usize> {
    fn add(objects: &[StateObject], i: usize, order: &mut Vec<usize>) {
        if order.contains(&i) {
            return;
        }
        for slot in &objects[i].slots {
            if let StateVal::Object(inner) = *slot {
                add(objects, inner as usize, order);
            }
        }
        order.push(i);
    }
    let mut order = Vec::new();
    (0..objects.len()).for_each(|i| add(objects, i, &mut order));
    order
}
