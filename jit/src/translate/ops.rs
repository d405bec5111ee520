//! Numbers: conversions with their guards, arithmetic, comparisons.

use super::HelperId;
use super::lower::{Lower, memory};
use crate::ssa::{Bits, Cmp, Inst, Math, Op, Rep, Val};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use minilive_runtime::realm::HEAD_NUMBER_END;
use minilive_runtime::value::{NUMBER_END, Value};

/// Numbers or null: what is not above this.
const _: () = assert!(Value::NULL.bits() == NUMBER_END);

/// 1.5 * 2^52: adding it to a small double leaves the rounded integer in the low bits.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// 2^53
const LIMIT: i64 = 1 << 53;

impl Lower<'_, '_> {
    pub(super) fn numeric(&mut self, inst: &Inst) {
        let value = match inst.op {
            Op::ToF64 => self.converted(inst.args[0]),
            Op::ToInt => {
                let truth = self.arg(inst, 0);
                self.b.ins().uextend(types::I64, truth)
            }
            Op::GuardNum | Op::GuardNumOrNull => self.guard_num(inst),
            Op::GuardInt => self.guard_int(inst),
            Op::GuardTruth | Op::GuardTruthOrNull => self.guard_truth(inst),
            Op::UnlessNull => self.unless_null(inst),
            Op::F64ToInt => self.f64_to_int(inst),
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv => self.float(inst),
            Op::FRem => self.float_rem(inst),
            Op::FPow => self.call_math2(inst, HelperId::Pow),
            Op::FAtan2 => self.call_math2(inst, HelperId::Atan2),
            Op::FMath(math) => self.math(inst, math),
            Op::IAdd | Op::ISub | Op::IMul { .. } => self.int(inst),
            Op::IRem { .. } => self.int_rem(inst),
            Op::IShift(bits) => self.int_shift(inst, bits),
            Op::RangeCount => self.range_count(inst),
            Op::IDiv(by) => {
                let value = self.arg(inst, 0);
                self.b.ins().sdiv_imm_s(value, by)
            }
            Op::IFloorDiv(by) => {
                let value = self.arg(inst, 0);
                self.floor_quotient(value, by)
            }
            Op::IAbs => {
                let value = self.arg(inst, 0);
                self.b.ins().iabs(value)
            }
            Op::IBits(bits) => {
                let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
                match bits {
                    Bits::And => self.b.ins().band(a, b),
                    Bits::Or => self.b.ins().bor(a, b),
                    Bits::Xor => self.b.ins().bxor(a, b),
                }
            }
            Op::F64ToIndex => self.f64_to_index(inst),
            Op::FCmp(cmp) => self.float_compare(inst, cmp),
            Op::ICmp(cmp) => {
                let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
                self.b.ins().icmp(int_cc(cmp), a, b)
            }
            Op::SameBits => {
                let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
                self.b.ins().icmp(IntCC::Equal, a, b)
            }
            Op::Not => {
                let truth = self.arg(inst, 0);
                self.b.ins().bxor_imm_u(truth, 1)
            }
            Op::FTruth => {
                let value = self.arg(inst, 0);
                let zero = self.b.ins().f64const(0.0);
                self.b.ins().fcmp(FloatCC::NotEqual, value, zero)
            }
            Op::ITruth => {
                let value = self.arg(inst, 0);
                self.b.ins().icmp_imm_s(IntCC::NotEqual, value, 0)
            }
            Op::Select => {
                let (cond, a, b) = (self.arg(inst, 0), self.arg(inst, 1), self.arg(inst, 2));
                self.b.ins().select(cond, a, b)
            }
            other => unreachable!("{other:?} is no numeric operation"),
        };
        self.define(inst, value);
    }

    /// An integer or truth value as a double.
    pub(super) fn f64_of(&mut self, val: Val) -> ir::Value {
        let value = self.val(val);
        match self.func.rep(val) {
            Rep::Bool => {
                let int = self.b.ins().uextend(types::I64, value);
                self.b.ins().fcvt_from_sint(types::F64, int)
            }
            _ => self.b.ins().fcvt_from_sint(types::F64, value),
        }
    }

    /// The same; of an integer that is another one plus a constant, by adding to that one's double: moving integers to where doubles are
    /// computed is what processors can do least of at once. No integer here is too large to be a double exactly.
    fn converted(&mut self, val: Val) -> ir::Value {
        let known = self.late.get(&val).and_then(|&(from, constant)| Some((*self.doubles.get(&from)?, constant)));
        let double = match known {
            Some((double, constant)) => {
                let constant = self.b.ins().f64const(constant as f64);
                self.b.ins().fadd(double, constant)
            }
            None => self.f64_of(val),
        };
        self.doubles.insert(val, double);
        double
    }

    fn bits(&mut self, float: ir::Value) -> ir::Value {
        self.b.ins().bitcast(types::I64, MemFlagsData::new(), float)
    }

    fn float_of_bits(&mut self, bits: ir::Value) -> ir::Value {
        self.b.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    fn range_count(&mut self, inst: &Inst) -> ir::Value {
        let (width, step, exit) = (self.arg(inst, 0), self.arg(inst, 1), self.exit_of(inst));
        self.continue_if(step, exit);
        let steps = self.b.ins().sdiv(width, step);
        self.b.ins().iadd_imm_s(steps, 1)
    }

    /// A boxed value as a double. One test of the bits is all: a test of the double instead, after which real NaNs come back from a cold
    /// block, has the register allocator put moves where the ways meet. What was read right before is read once more as a double, which
    /// costs less than to move it from one kind of register to the other.
    fn guard_num(&mut self, inst: &Inst) -> ir::Value {
        let boxed = self.arg(inst, 0);
        let ok = match inst.op {
            Op::GuardNum => self.is_below_tags(boxed),
            _ => self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, boxed, Value::NULL.bits() as i64),
        };
        self.guarded_number(inst, ok);
        match self.just_read.take() {
            Some((val, address, offset)) if val == inst.args[0] => {
                self.b.ins().load(types::F64, memory(), address, offset)
            }
            _ => self.float_of_bits(boxed),
        }
    }

    /// Where loops ask of several values whether they are numbers, a register holds what they are compared with. As a constant it would
    /// be read from memory each time, since constants are never kept; what the head has may be anything to the compiler.
    pub(super) fn keep_number_end(&mut self) {
        const WORTH_A_REGISTER: usize = 2;
        let in_loops = self.func.blocks.iter().filter(|block| block.in_loop.is_some()).flat_map(|block| &block.insts);
        if in_loops.filter(|inst| inst.op == Op::GuardNum).take(WORTH_A_REGISTER).count() == WORTH_A_REGISTER {
            self.number_end = Some(self.b.ins().load(types::I64, memory(), self.ctx, HEAD_NUMBER_END as i32));
        }
    }

    /// Whether a boxed value is a number.
    pub(super) fn is_below_tags(&mut self, boxed: ir::Value) -> ir::Value {
        if let Some(end) = self.number_end {
            return self.b.ins().icmp(IntCC::UnsignedLessThan, boxed, end);
        }
        self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, boxed, NUMBER_END as i64)
    }

    /// Goes on if the operand is as it should be. Otherwise, if it is what a call gave, it may also be the mark of unwinding.
    fn guarded_number(&mut self, inst: &Inst, ok: ir::Value) {
        let exit = self.exit_of(inst);
        if self.untested != Some(inst.args[0]) {
            return self.continue_if(ok, exit);
        }
        let boxed = self.arg(inst, 0);
        let (next, cold) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(cold);
        self.b.ins().brif(ok, next, &[], cold, &[]);
        self.b.switch_to_block(cold);
        self.test_unwinding(inst.args[0], boxed);
        self.b.ins().jump(exit, &[]);
        self.b.switch_to_block(next);
    }

    /// A boxed value as a 32-bit integer: converted there and back; equal bits prove number, range, and no minus zero.
    fn guard_int(&mut self, inst: &Inst) -> ir::Value {
        let boxed = self.arg(inst, 0);
        let float = self.float_of_bits(boxed);
        let magic = self.b.ins().f64const(MAGIC);
        let shifted = self.b.ins().fadd(float, magic);
        let bits = self.bits(shifted);
        let small = self.b.ins().ireduce(types::I32, bits);
        let back = self.b.ins().fcvt_from_sint(types::F64, small);
        let back = self.bits(back);
        let ok = self.b.ins().icmp(IntCC::Equal, back, boxed);
        self.guarded_number(inst, ok);
        self.b.ins().sextend(types::I64, small)
    }

    /// The integer nearest to a double; of what is too large, or no number, an integer that is larger still.
    fn nearest_integer(&mut self, float: ir::Value) -> ir::Value {
        let magic = self.b.ins().f64const(MAGIC);
        let shifted = self.b.ins().fadd(float, magic);
        let bits = self.bits(shifted);
        let offset = self.iconst(MAGIC.to_bits() as i64);
        self.b.ins().isub(bits, offset)
    }

    /// The integer that a double holds if it is small, and whether converting back gives the same bits.
    fn integer_of(&mut self, float: ir::Value) -> (ir::Value, ir::Value) {
        let int = self.nearest_integer(float);
        let back = self.b.ins().fcvt_from_sint(types::F64, int);
        let (back, original) = (self.bits(back), self.bits(float));
        (int, self.b.ins().icmp(IntCC::Equal, back, original))
    }

    /// Whether a number is not 0. Told from the bits, without the sign: from those of 1 up to infinity, a whole number or not, all is true.
    fn guard_truth(&mut self, inst: &Inst) -> ir::Value {
        const ONE: u64 = 1f64.to_bits() << 1;
        const MOST: u64 = f64::INFINITY.to_bits() << 1;
        let boxed = self.arg(inst, 0);
        let bits = self.b.ins().ishl_imm_u(boxed, 1);
        let truth = self.b.ins().icmp_imm_s(IntCC::NotEqual, bits, 0);
        let above = self.b.ins().iadd_imm_s(bits, (ONE as i64).wrapping_neg());
        let whole = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, above, (MOST - ONE) as i64);
        let is_zero = self.b.ins().icmp_imm_s(IntCC::Equal, bits, 0);
        let mut ok = self.b.ins().bor(whole, is_zero);
        let mut truth = truth;
        if inst.op == Op::GuardTruthOrNull {
            let null = self.b.ins().icmp_imm_s(IntCC::Equal, boxed, Value::NULL.bits() as i64);
            ok = self.b.ins().bor(ok, null);
            truth = self.b.ins().band_not(truth, null);
        }
        self.guarded_number(inst, ok);
        truth
    }

    /// A number, boxed, or null if one of the operands that it was computed of is. What a processor makes of null's bits is never seen.
    fn unless_null(&mut self, inst: &Inst) -> ir::Value {
        let number = self.arg(inst, 0);
        let mut result = self.bits(number);
        for &operand in &inst.args[1..] {
            let float = self.val(operand);
            let bits = self.bits(float);
            let null = self.iconst(Value::NULL.bits() as i64);
            let is_null = self.b.ins().icmp(IntCC::Equal, bits, null);
            result = self.b.ins().select(is_null, null, result);
        }
        result
    }

    fn f64_to_int(&mut self, inst: &Inst) -> ir::Value {
        let float = self.arg(inst, 0);
        let (int, ok) = self.integer_of(float);
        let exit = self.exit_of(inst);
        self.continue_if(ok, exit);
        int
    }

    /// The whole part of a double that 32 bits hold, whatever its sign.
    fn f64_to_index(&mut self, inst: &Inst) -> ir::Value {
        let float = self.arg(inst, 0);
        let whole = self.b.ins().trunc(float);
        let index = self.nearest_integer(whole);
        let small = self.b.ins().ireduce(types::I32, index);
        let back = self.b.ins().sextend(types::I64, small);
        let ok = self.b.ins().icmp(IntCC::Equal, back, index);
        let exit = self.exit_of(inst);
        self.continue_if(ok, exit);
        index
    }

    fn float(&mut self, inst: &Inst) -> ir::Value {
        let b = self.arg(inst, 1);
        match inst.op {
            Op::FAdd | Op::FMul => {
                let a = self.arg(inst, 0);
                // A constant that stands second is taken from memory.
                let (a, b, second) =
                    if self.double(inst.args[0]).is_some() { (b, a, inst.args[0]) } else { (a, b, inst.args[1]) };
                match inst.op {
                    Op::FAdd => self.b.ins().fadd(a, b),
                    _ if self.double(second) == Some(2.0) => self.b.ins().fadd(a, a),
                    _ => self.b.ins().fmul(a, b),
                }
            }
            _ => {
                let a = self.in_register(inst.args[0]);
                if inst.op == Op::FSub { self.b.ins().fsub(a, b) } else { self.b.ins().fdiv(a, b) }
            }
        }
    }

    /// The double that a value is for sure.
    fn double(&self, val: Val) -> Option<f64> {
        match self.defs.get(&val) {
            Some(&Op::F64(bits)) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// A double that an instruction cannot take from memory: a constant is loaded as a vector, whose first lane it is, since Cranelift makes
    /// single ones from integers, which takes longer.
    fn in_register(&mut self, val: Val) -> ir::Value {
        match self.defs.get(&val) {
            Some(&Op::F64(bits)) if bits != 0 => {
                let lanes = [bits.to_le_bytes(), [0; 8]].concat();
                let constant = self.b.func.dfg.constants.insert(lanes.into());
                let vector = self.b.ins().vconst(types::F64X2, constant);
                self.b.ins().extractlane(vector, 0)
            }
            _ => self.val(val),
        }
    }

    /// `fmod`: both integral, dividend not negative, divisor not zero is a machine remainder; all else goes to libm.
    fn float_rem(&mut self, inst: &Inst) -> ir::Value {
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let (x, x_ok) = self.integer_of(a);
        let known = self
            .double(inst.args[1])
            .filter(|n| n.fract() == 0.0 && n.abs() >= 1.0 && n.abs() < 1e15)
            .map(|n| n as i64);
        let (y, y_ok) = match known {
            Some(n) => (self.iconst(n), None),
            None => {
                let (y, ok) = self.integer_of(b);
                let not_zero = self.b.ins().icmp_imm_s(IntCC::NotEqual, y, 0);
                (y, Some(self.b.ins().band(ok, not_zero)))
            }
        };
        let positive = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, x, 0);
        let mut ok = self.b.ins().band(x_ok, positive);
        if let Some(y_ok) = y_ok {
            ok = self.b.ins().band(ok, y_ok);
        }
        let (fast, slow, next) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let result = self.b.append_block_param(next, types::F64);
        self.b.ins().brif(ok, fast, &[], slow, &[]);
        self.b.switch_to_block(slow);
        let exact = self.call_floats(HelperId::Fmod, 0, &[a, b]);
        self.b.ins().jump(next, &[exact.into()]);
        self.b.switch_to_block(fast);
        let rest = match known {
            Some(n) if n.unsigned_abs().is_power_of_two() => {
                self.b.ins().band_imm_u(x, n.unsigned_abs().cast_signed() - 1)
            }
            _ => self.b.ins().srem(x, y),
        };
        let rest = self.b.ins().fcvt_from_sint(types::F64, rest);
        self.b.ins().jump(next, &[rest.into()]);
        self.b.switch_to_block(next);
        result
    }

    fn math(&mut self, inst: &Inst, math: Math) -> ir::Value {
        let value = self.arg(inst, 0);
        match math {
            Math::Abs => self.b.ins().fabs(value),
            Math::Floor => self.b.ins().floor(value),
            Math::Ceil => self.b.ins().ceil(value),
            Math::Sqrt => self.b.ins().sqrt(value),
            Math::Round => self.round(value),
            _ => self.call_floats(HelperId::Math, math as usize, &[value]),
        }
    }

    /// The nearest integer, halves away from zero: the whole part of what is half a unit further from zero. That half is the largest double below
    /// 0.5, with which what is just below a half stays below a whole, and a half itself is rounded to one.
    fn round(&mut self, value: ir::Value) -> ir::Value {
        const HALF: f64 = 0.499_999_999_999_999_94;
        let half = self.b.ins().f64const(HALF);
        let half = self.b.ins().fcopysign(half, value);
        let further = self.b.ins().fadd(value, half);
        self.b.ins().trunc(further)
    }

    fn call_math2(&mut self, inst: &Inst, id: HelperId) -> ir::Value {
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        self.call_floats(id, 0, &[a, b])
    }

    fn int(&mut self, inst: &Inst) -> ir::Value {
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let value = match inst.op {
            Op::IAdd => self.b.ins().iadd(a, b),
            Op::ISub => self.b.ins().isub(a, b),
            Op::IMul { wide: true, .. } => {
                let (value, overflow) = self.b.ins().smul_overflow(a, b);
                let exit = self.exit_of(inst);
                self.leave_if(overflow, exit);
                value
            }
            _ => self.b.ins().imul(a, b),
        };
        if inst.exit.is_none() {
            return value;
        }
        let exit = self.exit_of(inst);
        if let Op::IMul { zero: true, .. } = inst.op {
            let (next, cold) = (self.b.create_block(), self.b.create_block());
            self.b.set_cold_block(cold);
            self.b.ins().brif(value, next, &[], cold, &[]);
            self.b.switch_to_block(cold);
            let either = self.b.ins().bor(a, b);
            let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, either, 0);
            self.b.ins().brif(negative, exit, &[], next, &[]);
            self.b.switch_to_block(next);
        }
        // By a constant, it can leave its range at one end only.
        let bad = match self.rises(inst) {
            Some(true) => self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, value, LIMIT),
            Some(false) => self.b.ins().icmp_imm_s(IntCC::SignedLessThan, value, -LIMIT),
            None => {
                let moved = self.b.ins().iadd_imm_s(value, LIMIT);
                self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, moved, 2 * LIMIT)
            }
        };
        self.leave_if(bad, exit);
        value
    }

    /// Whether a sum or difference of an integer and a constant is no less than the integer, or no more.
    fn rises(&self, inst: &Inst) -> Option<bool> {
        let constant = |i: usize| match self.defs.get(&inst.args[i]) {
            Some(&Op::Int(n)) => Some(n),
            _ => None,
        };
        match inst.op {
            Op::IAdd => constant(1).or_else(|| constant(0)).map(|n| n >= 0),
            Op::ISub => constant(1).map(|n| n <= 0),
            _ => None,
        }
    }

    fn int_rem(&mut self, inst: &Inst) -> ir::Value {
        let Op::IRem { by_zero, negative, signless, small, fits } = inst.op else {
            unreachable!("called for remainders")
        };
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let constant = match self.defs.get(&inst.args[1]) {
            Some(Op::Int(n)) if *n > 0 => Some(*n),
            _ => None,
        };
        if by_zero {
            let exit = self.exit_of(inst);
            self.continue_if(b, exit);
        }
        let rest = match (constant, negative) {
            (Some(n), false) if (n as u64).is_power_of_two() => self.b.ins().band_imm_u(a, n - 1),
            (Some(n), false) if fits => self.rest_by_product(a, n),
            (Some(_), false) => self.b.ins().urem(a, b),
            _ if small => {
                let (x, y) = (self.b.ins().ireduce(types::I32, a), self.b.ins().ireduce(types::I32, b));
                let rest = self.b.ins().srem(x, y);
                self.b.ins().sextend(types::I64, rest)
            }
            _ => self.b.ins().srem(a, b),
        };
        if negative && !signless {
            // A zero rest of a negative dividend is minus zero.
            let exit = self.exit_of(inst);
            let (next, cold) = (self.b.create_block(), self.b.create_block());
            self.b.set_cold_block(cold);
            self.b.ins().brif(rest, next, &[], cold, &[]);
            self.b.switch_to_block(cold);
            let bad = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, a, 0);
            self.b.ins().brif(bad, exit, &[], next, &[]);
            self.b.switch_to_block(next);
        }
        rest
    }

    /// The rest of a division by a constant that is no power of two, without dividing: the quotient is the upper half of the product with
    /// ⌈2^64 / n⌉, exactly, as long as the dividend times n is below 2^64 (T. Granlund, P. L. Montgomery, “Division by Invariant Integers
    /// using Multiplication”, 1994).
    fn rest_by_product(&mut self, dividend: ir::Value, n: i64) -> ir::Value {
        let factor = self.iconst((u64::MAX / n.unsigned_abs() + 1) as i64);
        let quotient = self.b.ins().umulhi(dividend, factor);
        let whole = self.b.ins().imul_imm_s(quotient, n);
        self.b.ins().isub(dividend, whole)
    }

    fn int_shift(&mut self, inst: &Inst, bits: u8) -> ir::Value {
        let value = self.arg(inst, 0);
        if bits == 0 {
            return value;
        }
        let exit = self.exit_of(inst);
        let rest = self.b.ins().band_imm_u(value, (1 << bits) - 1);
        self.leave_if(rest, exit);
        self.b.ins().sshr_imm_u(value, i64::from(bits))
    }

    /// A whole quotient by a constant above 1: a product with its inverse, as in Granlund and Montgomery, "Division by invariant integers
    /// using multiplication" (1994). What is negative is divided as the number whose bits are the other ones.
    fn floor_quotient(&mut self, value: ir::Value, by: i64) -> ir::Value {
        let by = by as u64;
        if by.is_power_of_two() {
            return self.b.ins().sshr_imm_u(value, i64::from(by.trailing_zeros()));
        }
        let bits = by.next_power_of_two().trailing_zeros();
        let inverse = (1_u128 << (63 + bits)).div_ceil(u128::from(by)) as u64;
        let sign = self.b.ins().sshr_imm_u(value, 63);
        let value = self.b.ins().bxor(value, sign);
        let inverse = self.iconst(inverse as i64);
        let high = self.b.ins().umulhi(value, inverse);
        let whole = self.b.ins().ushr_imm_u(high, i64::from(bits - 1));
        self.b.ins().bxor(whole, sign)
    }

    /// Whether a double is known not to be NaN.
    fn is_ordered(&self, val: Val) -> bool {
        let Some(value) = self.vals[val.0 as usize] else { return false };
        let dfg = &self.b.func.dfg;
        let is_converted =
            dfg.value_def(value).inst().is_some_and(|inst| dfg.insts[inst].opcode() == ir::Opcode::FcvtFromSint);
        is_converted || self.double(val).is_some_and(|it| !it.is_nan())
    }

    fn float_compare(&mut self, inst: &Inst, cmp: Cmp) -> ir::Value {
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let cc = match cmp {
            Cmp::Eq if self.is_ordered(inst.args[0]) || self.is_ordered(inst.args[1]) => FloatCC::Equal,
            Cmp::Ne if self.is_ordered(inst.args[0]) || self.is_ordered(inst.args[1]) => FloatCC::NotEqual,
            Cmp::Eq | Cmp::Ne => {
                // NaNs are equal to each other.
                let equal = self.b.ins().fcmp(FloatCC::Equal, a, b);
                let (x, y) = (self.b.ins().fcmp(FloatCC::Unordered, a, a), self.b.ins().fcmp(FloatCC::Unordered, b, b));
                let both = self.b.ins().band(x, y);
                let either = self.b.ins().bor(equal, both);
                return if cmp == Cmp::Eq { either } else { self.b.ins().bxor_imm_u(either, 1) };
            }
            Cmp::Lt => FloatCC::LessThan,
            Cmp::Le => FloatCC::LessThanOrEqual,
            Cmp::Gt => FloatCC::GreaterThan,
            Cmp::Ge => FloatCC::GreaterThanOrEqual,
        };
        // The instruction takes the larger one from a register.
        match cmp {
            Cmp::Lt | Cmp::Le => {
                let b = self.in_register(inst.args[1]);
                self.b.ins().fcmp(cc, a, b)
            }
            Cmp::Gt | Cmp::Ge => {
                let a = self.in_register(inst.args[0]);
                self.b.ins().fcmp(cc, a, b)
            }
            _ => self.b.ins().fcmp(cc, a, b),
        }
    }
}

fn int_cc(cmp: Cmp) -> IntCC {
    match cmp {
        Cmp::Eq => IntCC::Equal,
        Cmp::Ne => IntCC::NotEqual,
        Cmp::Lt => IntCC::SignedLessThan,
        Cmp::Le => IntCC::SignedLessThanOrEqual,
        Cmp::Gt => IntCC::SignedGreaterThan,
        Cmp::Ge => IntCC::SignedGreaterThanOrEqual,
    }
}
