//! The budget word and the execution counters: in memory, but in registers inside innermost loops.
//!
//! In such a loop each is one addition a round; they go back to memory where the loop is left, at exits, and around calls that
//! look at the budget. Invariant: on every way between blocks of different modes stands the code that moves them.

use super::lower::{Lower, memory};
use super::symbols::Symbol;
use crate::ssa::{Block, Helper, Inst, Op};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use cranelift_frontend::Variable;
use minilive_mir::ir::BlockId;
use minilive_runtime::realm::HEAD_BUDGET;

/// More counters than this stay in memory: registers are few.
pub(super) const MAX_COUNTERS: usize = 5;

/// What one loop keeps in registers.
#[derive(Debug, Clone, Default)]
pub(super) struct LoopRegisters {
    pub(super) budget: Option<Variable>,
    pub(super) counters: Vec<(BlockId, Variable)>,
}

/// The registers of every loop that has some.
#[derive(Debug, Default)]
pub(super) struct Counting {
    loops: Vec<Option<LoopRegisters>>,
}

impl Lower<'_, '_> {
    /// Decides which loops keep what in registers.
    pub(super) fn prepare_counting(&mut self) {
        for i in 0..self.func.loops.len() {
            let registers = self.registers_for(i as u32);
            self.counting.loops.push(registers);
        }
    }

    fn registers_for(&mut self, i: u32) -> Option<LoopRegisters> {
        if !self.func.loops[i as usize].innermost {
            return None;
        }
        let mut registers = LoopRegisters::default();
        let mut calls = false;
        for block in self.func.blocks.iter().filter(|block| block.in_loop == Some(i)) {
            for inst in &block.insts {
                match inst.op {
                    Op::EnterLoop { block, .. } => {
                        registers.budget.get_or_insert_with(|| self.b.declare_var(types::I64));
                        self.keep_counter(&mut registers, block);
                    }
                    Op::Count(block) => self.keep_counter(&mut registers, block),
                    Op::EnterInlined { .. } => {
                        registers.budget.get_or_insert_with(|| self.b.declare_var(types::I64));
                    }
                    Op::CallSelf | Op::CallCode(_) => calls = true,
                    Op::Helper(helper) => {
                        calls |= helper.calls() || matches!(helper, Helper::Intrinsic(_) | Helper::ReadingIntrinsic(_))
                    }
                    _ => {}
                }
            }
        }
        (!calls).then_some(registers)
    }

    fn keep_counter(&mut self, registers: &mut LoopRegisters, block: BlockId) {
        if !self.env.counted {
            return;
        }
        if registers.counters.iter().all(|it| it.0 != block) && registers.counters.len() < MAX_COUNTERS {
            registers.counters.push((block, self.b.declare_var(types::I64)));
        }
    }

    /// The loop whose registers count in a block.
    pub(super) fn mode_of(&self, block: Block) -> Option<u32> {
        let i = self.func[block].in_loop?;
        self.counting.loops[i as usize].is_some().then_some(i)
    }

    pub(super) fn registers(&self) -> Option<LoopRegisters> {
        self.counting.loops[self.mode? as usize].clone()
    }

    /// Moves counters on the way to a block.
    pub(super) fn change_mode(&mut self, target: Block) {
        let mode = self.mode_of(target);
        if mode == self.mode {
            return;
        }
        self.flush_mode();
        self.mode = mode;
        let Some(registers) = self.registers() else { return };
        if let Some(budget) = registers.budget {
            let value = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_BUDGET as i32);
            self.b.def_var(budget, value);
        }
        for (_, counter) in registers.counters {
            let zero = self.iconst(0);
            self.b.def_var(counter, zero);
        }
    }

    /// Writes counters back to memory; they are dead in registers behind this.
    pub(super) fn flush_mode(&mut self) {
        let Some(registers) = self.registers() else { return };
        self.store_budget();
        for (block, counter) in registers.counters {
            let rounds = self.b.use_var(counter);
            self.add_to_counter(block, rounds);
        }
    }

    /// Writes the budget to memory for a call that looks at it.
    pub(super) fn store_budget(&mut self) {
        if let Some(budget) = self.registers().and_then(|it| it.budget) {
            let value = self.b.use_var(budget);
            self.b.ins().store(memory(), value, self.ctx, HEAD_BUDGET as i32);
        }
    }

    /// Reads the budget back behind such a call.
    pub(super) fn load_budget(&mut self) {
        if let Some(budget) = self.registers().and_then(|it| it.budget) {
            let value = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_BUDGET as i32);
            self.b.def_var(budget, value);
        }
    }

    fn add_to_counter(&mut self, block: BlockId, rounds: ir::Value) {
        let address = self.symbol(Symbol::Counter(block));
        let old = self.b.ins().load(types::I64, memory(), address, 0);
        let new = self.b.ins().iadd(old, rounds);
        self.b.ins().store(memory(), new, address, 0);
    }

    pub(super) fn count(&mut self, block: BlockId) {
        if !self.env.counted {
            return;
        }
        let counter = self.registers().and_then(|it| it.counters.into_iter().find(|it| it.0 == block));
        match counter {
            Some((_, counter)) => {
                let old = self.b.use_var(counter);
                let new = self.b.ins().iadd_imm_s(old, 1);
                self.b.def_var(counter, new);
            }
            None => {
                let one = self.iconst(1);
                self.add_to_counter(block, one);
            }
        }
    }

    /// Takes a weight off the budget; the result is what is left.
    fn take_off(&mut self, weight: u32) -> ir::Value {
        match self.registers().and_then(|it| it.budget) {
            Some(budget) => {
                let old = self.b.use_var(budget);
                let left = self.b.ins().iadd_imm_s(old, -i64::from(weight));
                self.b.def_var(budget, left);
                left
            }
            None => {
                let old = self.b.ins().load(types::I64, memory(), self.ctx, HEAD_BUDGET as i32);
                let left = self.b.ins().iadd_imm_s(old, -i64::from(weight));
                self.b.ins().store(memory(), left, self.ctx, HEAD_BUDGET as i32);
                left
            }
        }
    }

    /// Takes a weight off the budget. Goes on in a fresh block if something is left; the result is the cold block for the
    /// other case, and the block in which both go on.
    fn charge(&mut self, weight: u32) -> (ir::Block, ir::Block) {
        let left = self.take_off(weight);
        let ok = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, left, 0);
        let (next, cold) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(cold);
        self.b.ins().brif(ok, next, &[], cold, &[]);
        (cold, next)
    }

    /// The begin of an activation, in the order that every tier keeps: budget, depth, count.
    pub(super) fn enter(&mut self, (weight, checked): (u32, bool), block: BlockId) {
        if checked {
            let (cold, next) = self.charge(weight);
            self.b.switch_to_block(cold);
            self.refill_call(next);
            self.b.switch_to_block(next);
        } else {
            self.take_off(weight);
        }
        self.check_depth();
        self.count(block);
    }

    /// The begin of an activation whose code is part of the function: budget and depth; its block counts itself.
    pub(super) fn enter_inlined(&mut self, inst: &Inst, (weight, checked): (u32, bool), code: u32) {
        if checked {
            let (cold, next) = self.charge(weight);
            self.b.switch_to_block(cold);
            self.refill_inlined(inst, code, next);
            self.b.switch_to_block(next);
        } else {
            self.take_off(weight);
        }
        self.count_inlined();
    }

    /// A loop head: budget, count.
    pub(super) fn enter_loop(&mut self, inst: &Inst, weight: u32, block: BlockId) {
        let (cold, next) = self.charge(weight);
        self.b.switch_to_block(cold);
        self.refill(inst, block, next);
        self.b.switch_to_block(next);
        self.count(block);
        if let Some(exit) = inst.exit {
            self.force_failure(exit);
        }
    }
}
