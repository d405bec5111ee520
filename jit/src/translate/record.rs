//! Values for the editor: numbers are added to their record point in place, all else goes through a helper.

use super::HelperId;
use super::lower::{Lower, memory};
use super::symbols::Symbol;
use crate::record::{POINT_COUNT, POINT_HIGH, POINT_LOW, POINT_NUMBERS, POINT_RING, ROOM};
use crate::ssa::{Inst, Rep};
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};

impl Lower<'_, '_> {
    /// Adds the operand to a record point.
    pub(super) fn record(&mut self, inst: &Inst, point: u32) {
        let (slow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let address = self.symbol(Symbol::RecordPoint(point));
        let val = inst.args[0];
        let boxed = (self.func.rep(val) == Rep::Boxed).then(|| self.val(val));
        if let Some(boxed) = boxed
            && !self.is_number(val)
        {
            let number = self.is_below_tags(boxed);
            self.continue_if(number, slow);
        }
        let in_place = self.b.ins().load(types::I8, memory(), address, POINT_NUMBERS as i32);
        self.continue_if(in_place, slow);
        let number = match boxed {
            Some(boxed) => self.b.ins().bitcast(types::F64, MemFlagsData::new(), boxed),
            None if self.func.rep(val) == Rep::F64 => self.val(val),
            None => self.f64_of(val),
        };
        self.add_number(address, number);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(slow);
        self.store_budget();
        let place = self.iconst(i64::from(self.env.code) << 32 | i64::from(point));
        let value = self.boxed(val);
        self.call_helper(HelperId::Record, 0, &[place, value]);
        self.load_budget();
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// What `Point::add_number` does.
    fn add_number(&mut self, address: ir::Value, number: ir::Value) {
        let count = self.b.ins().load(types::I64, memory(), address, POINT_COUNT as i32);
        let place = self.b.ins().band_imm_u(count, ROOM as i64 - 1);
        let offset = self.b.ins().ishl_imm_u(place, 3);
        let slot = self.b.ins().iadd(address, offset);
        self.b.ins().store(memory(), number, slot, POINT_RING as i32);
        let count = self.b.ins().iadd_imm_s(count, 1);
        self.b.ins().store(memory(), count, address, POINT_COUNT as i32);
        for (bound, cc) in [(POINT_LOW, FloatCC::LessThan), (POINT_HIGH, FloatCC::GreaterThan)] {
            let old = self.b.ins().load(types::F64, memory(), address, bound as i32);
            let beyond = self.b.ins().fcmp(cc, number, old);
            let new = self.b.ins().select(beyond, number, old);
            self.b.ins().store(memory(), new, address, bound as i32);
        }
    }
}
