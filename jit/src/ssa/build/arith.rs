//! Operators: numbers inline, everything else through one helper per operator.
//!
//! Integers stay integers while their range is provable or was seen to be small (LANGUAGE 11, trap 8): a check guards against
//! leaving ±2^53, against minus zero, and against fractions.

use super::{Builder, Compared, Slot, Step};
use crate::feedback::{Arith, Kinds};
use crate::reason::ExitReason;
use crate::ssa::types::{CONVERTED_MAX, Ty, clamp, fits};
use crate::ssa::{Cmp, Helper, Op, Rep, Val};
use minilive_mir::ir::{BinaryOp, Reg, UnaryOp};
use minilive_runtime::realm::TypeMap;
use minilive_runtime::value::TAG_STRING;

/// The comparison that an operator makes.
pub(super) fn compare_of(op: BinaryOp) -> Option<Cmp> {
    Some(match op {
        BinaryOp::Eq => Cmp::Eq,
        BinaryOp::Ne => Cmp::Ne,
        BinaryOp::Lt => Cmp::Lt,
        BinaryOp::Le => Cmp::Le,
        BinaryOp::Gt => Cmp::Gt,
        BinaryOp::Ge => Cmp::Ge,
        _ => return None,
    })
}

impl Builder<'_> {
    pub(crate) fn binary(&mut self, op: BinaryOp, dst: Reg, a: Reg, b: Reg) -> Step<()> {
        if let (BinaryOp::Isa, Ty::TypeMap(kind)) = (op, self.reg(b).ty) {
            let holds = self.is_of_type(self.reg(a), kind, self.reg(b));
            self.set(dst, holds);
            return Ok(());
        }
        let seen = self.input.seen.arith(self.at);
        if !self.reg(a).ty.is_number() || !self.reg(b).ty.is_number() {
            self.speculate_numbers(op, dst, (a, b), seen)?;
        }
        let (x, y) = (self.reg(a), self.reg(b));
        if let Some(slot) = self.compare_with_null(op, x, y) {
            self.set(dst, slot);
            return Ok(());
        }
        if let Some(cmp) = compare_of(op)
            && self.are_strings(op, (a, b), seen)?
        {
            let (x, y) = (self.reg(a), self.reg(b));
            let holds = self.truth_slot(Op::StrCmp(cmp), &[x.val, y.val]);
            self.set(dst, holds);
            return Ok(());
        }
        if let Some(slot) = self.text_or_null(op, (a, b), seen)? {
            self.set(dst, slot);
            return Ok(());
        }
        if self.may_be_null(op, (x, y), seen) {
            return self.with_null(op, dst, (a, b), seen);
        }
        let slot = if x.ty.is_number() && y.ty.is_number() { self.numeric(op, dst, (x, y), seen.result) } else { None };
        let Some(slot) = slot else {
            return self.generic_binary(op, dst, x, y, seen);
        };
        self.set(dst, slot);
        if let Some(cmp) = compare_of(op)
            && dst != a
            && dst != b
        {
            self.compared = Some(Compared { result: dst, cmp, a, b, numbers: [None; 4] });
        }
        Ok(())
    }

    /// Guards two operands to be strings if they were; false if they are not known to be.
    fn are_strings(&mut self, op: BinaryOp, (a, b): (Reg, Reg), seen: Arith) -> Step<bool> {
        let both = seen.a.union(seen.b);
        let kinds = if self.is_swapped(op) { (both, both) } else { (seen.a, seen.b) };
        let is_one = |reg: Reg, kinds: Kinds| match self.reg(reg).ty {
            Ty::Str => true,
            Ty::Any | Ty::Plain => kinds == Kinds::STRING && self.may(ExitReason::NotString),
            _ => false,
        };
        if !is_one(a, kinds.0) || !is_one(b, kinds.1) {
            return Ok(false);
        }
        self.narrow_reg(a, Ty::Str)?;
        self.narrow_reg(b, Ty::Str)?;
        Ok(true)
    }

    /// `==` and `!=` of a text and what was a text or null: in place of null, which no text is equal to, the text is compared with itself.
    fn text_or_null(&mut self, op: BinaryOp, (a, b): (Reg, Reg), seen: Arith) -> Step<Option<Slot>> {
        let (text, other, kinds) = match (self.reg(a).ty, self.reg(b).ty) {
            (Ty::Any | Ty::Plain, Ty::Str) => (self.reg(b).val, self.reg(a).val, seen.a),
            (Ty::Str, Ty::Any | Ty::Plain) => (self.reg(a).val, self.reg(b).val, seen.b),
            _ => return Ok(None),
        };
        let seen_null = kinds.meets(Kinds::STRING) && kinds.within(Kinds::STRING.union(Kinds::OTHER));
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) || !seen_null || !self.may(ExitReason::NotStringOrNull) {
            return Ok(None);
        }
        let null = self.null().val;
        let is_null = self.op(Op::SameBits, &[other, null], Rep::Bool);
        let compared = self.op(Op::Select, &[is_null, text, other], Rep::Boxed);
        let exit = self.exit(ExitReason::NotStringOrNull);
        let compared = self.op_exit(Op::GuardTag(TAG_STRING as u16), &[compared], Rep::Boxed, Some(exit));
        let same = self.truth_slot(Op::StrCmp(Cmp::Eq), &[compared, text]);
        let no = self.op(Op::Bool(false), &[], Rep::Bool);
        let same = self.truth_slot(Op::Select, &[is_null, no, same.val]);
        Ok(Some(if op == BinaryOp::Eq { same } else { self.truth_slot(Op::Not, &[same.val]) }))
    }

    /// `==` and `!=` with null: only null is equal to it.
    fn compare_with_null(&mut self, op: BinaryOp, x: Slot, y: Slot) -> Option<Slot> {
        let other = match (x.ty, y.ty) {
            (Ty::Null, _) => y,
            (_, Ty::Null) => x,
            _ => return None,
        };
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) || other.ty == Ty::Range {
            return None;
        }
        let (other, null) = (self.boxed(other), self.null());
        let same = self.truth_slot(Op::SameBits, &[other, null.val]);
        Some(if op == BinaryOp::Eq { same } else { self.truth_slot(Op::Not, &[same.val]) })
    }

    /// Guards the operands if they were seen to be numbers.
    fn speculate_numbers(&mut self, op: BinaryOp, dst: Reg, (a, b): (Reg, Reg), seen: Arith) -> Step<()> {
        if matches!(op, BinaryOp::Isa) {
            return Ok(());
        }
        if seen.samples == 0 {
            // Never reached: unless nothing tells at all (a fused site), leave.
            let told = self.use_kinds[a.0 as usize].union(self.use_kinds[b.0 as usize]);
            if told.is_empty() && self.may(ExitReason::ColdPath) {
                return Err(self.leave(ExitReason::ColdPath));
            }
        }
        let numbers = seen.a.union(seen.b).only_numbers();
        if !numbers || !self.may(ExitReason::NotNumber) {
            return Ok(());
        }
        let passes = matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul);
        let serves = passes && self.is_int_use(dst) || matches!(op, BinaryOp::Mod | BinaryOp::And | BinaryOp::Or);
        for (reg, kinds) in [(a, seen.a), (b, seen.b)] {
            if !self.reg(reg).ty.is_number() {
                let both = if self.is_swapped(op) { seen.a.union(seen.b) } else { kinds };
                let is_int = serves
                    || self.is_int_use(reg)
                    || compare_of(op).is_some() && self.is_int_use(if reg == a { b } else { a });
                let want = self.guess_loaded(is_int, both);
                self.narrow_reg(reg, want)?;
            }
        }
        Ok(())
    }

    /// Whether the operands are numbers or null, as far as was seen, and the operator is one that is computed with null as with a NaN: a comparison,
    /// or one whose result is null then.
    fn may_be_null(&self, op: BinaryOp, (x, y): (Slot, Slot), seen: Arith) -> bool {
        let computes = matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div);
        let kinds = seen.a.union(seen.b);
        let seen_null = kinds.meets(Kinds::NUMBER) && kinds.within(Kinds::NUMBER.union(Kinds::OTHER));
        let fits = |slot: Slot| slot.ty.is_number() || matches!(slot.ty, Ty::Any | Ty::Plain);
        let known = x.ty.is_number() && y.ty.is_number();
        (computes || compare_of(op).is_some())
            && seen_null
            && !known
            && fits(x)
            && fits(y)
            && self.may(ExitReason::NotNumberOrNull)
    }

    /// An operator whose operands may be null, each of which is guarded to be that or a number.
    fn with_null(&mut self, op: BinaryOp, dst: Reg, (a, b): (Reg, Reg), seen: Arith) -> Step<()> {
        let (x, y) = (self.number_or_null(a), self.number_or_null(b));
        let (left, right) = (self.as_f64(x), self.as_f64(y));
        if let Some(cmp @ (Cmp::Eq | Cmp::Ne)) = compare_of(op) {
            let same = self.same_or_null((a, b), (left, right));
            let holds = if cmp == Cmp::Eq { same } else { self.truth_slot(Op::Not, &[same.val]) };
            self.set(dst, holds);
            return Ok(());
        }
        if let Some(cmp) = compare_of(op) {
            let holds = self.truth_slot(Op::FCmp(cmp), &[left, right]);
            let (a_from, b_from) = (self.copied_from(a), self.copied_from(b));
            let known =
                |reg: Option<Reg>, number| reg.filter(|&it| !self.reg(it).ty.is_number()).map(|it| (it, number));
            let numbers = [known(Some(a), x), known(a_from, x), known(Some(b), y), known(b_from, y)];
            self.set(dst, holds);
            self.compared = Some(Compared { result: dst, cmp, a, b, numbers })
                .filter(|it| !it.numbers.iter().flatten().any(|it| it.0 == dst) && dst != a && dst != b);
            return Ok(());
        }
        let op = match op {
            BinaryOp::Add => Op::FAdd,
            BinaryOp::Sub => Op::FSub,
            BinaryOp::Mul => Op::FMul,
            _ => Op::FDiv,
        };
        let number = self.op(op, &[left, right], Rep::F64);
        let mut args = vec![number];
        args.extend(
            [(a, left), (b, right)].into_iter().filter(|(reg, _)| !self.reg(*reg).ty.is_number()).map(|it| it.1),
        );
        let val = self.op(Op::UnlessNull, &args, Rep::Boxed);
        let is_int = self.is_int_use(dst);
        let want = self.guess_loaded(is_int, seen.result);
        self.set_narrowed(dst, Slot { ty: Ty::Plain, val }, want)
    }

    /// Whether two registers, which are these doubles, hold the same number or both null. As doubles, null would be the same as any NaN: what is not
    /// known to be a number is asked.
    fn same_or_null(&mut self, (a, b): (Reg, Reg), (left, right): (Val, Val)) -> Slot {
        let same = self.truth_slot(Op::FCmp(Cmp::Eq), &[left, right]);
        let (x, y) = (self.reg(a), self.reg(b));
        if x.ty.range().is_some() || y.ty.range().is_some() {
            return same;
        }
        let null = self.null().val;
        let [x, y] = [x, y].map(|slot| {
            let boxed = self.boxed(slot);
            self.op(Op::SameBits, &[boxed, null], Rep::Bool)
        });
        let not_y = self.op(Op::Not, &[y], Rep::Bool);
        let only_one = self.op(Op::Select, &[x, not_y, y], Rep::Bool);
        let no = self.op(Op::Bool(false), &[], Rep::Bool);
        self.truth_slot(Op::Select, &[only_one, no, same.val])
    }

    /// What a register holds as a double: a number, or null, which is a NaN of its own.
    fn number_or_null(&mut self, reg: Reg) -> Slot {
        let slot = self.reg(reg);
        if slot.ty.is_number() {
            return slot;
        }
        let exit = self.exit(ExitReason::NotNumberOrNull);
        self.slot(Op::GuardNumOrNull, &[slot.val], Ty::Num, Some(exit))
    }

    fn is_swapped(&self, op: BinaryOp) -> bool {
        matches!(op, BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Add | BinaryOp::Mul)
    }

    fn generic_binary(&mut self, op: BinaryOp, dst: Reg, x: Slot, y: Slot, seen: Arith) -> Step<()> {
        let (left, right) = (self.boxed(x), self.boxed(y));
        let val = self.helper(Helper::Binary(op), &[left, right], Rep::Boxed);
        let numbers = compare_of(op).is_some_and(|it| matches!(it, Cmp::Eq | Cmp::Ne));
        let slot = Slot { ty: Ty::Any, val };
        let want = if numbers { Ty::BOOL } else { self.guess(seen.result) };
        self.set_narrowed(dst, slot, if seen.result.is_empty() { Ty::Any } else { want })?;
        Ok(())
    }

    /// An operator on two numbers; `None` if only the helper does it.
    fn numeric(&mut self, op: BinaryOp, dst: Reg, (x, y): (Slot, Slot), result: Kinds) -> Option<Slot> {
        if let Some(cmp) = compare_of(op) {
            return Some(self.compare(cmp, x, y));
        }
        let ints = x.ty.range().zip(y.ty.range());
        Some(match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => match ints {
                Some(ranges) => self.int_arith(op, dst, (x, y), ranges, result),
                None => self.float_arith(op, x, y),
            },
            BinaryOp::Div => self.divide(dst, x, y, result),
            BinaryOp::Mod => self.remainder(dst, x, y, result),
            BinaryOp::Pow => self.power(x, y),
            BinaryOp::And => return self.logic(x, y, true),
            BinaryOp::Or => return self.logic(x, y, false),
            _ => return None,
        })
    }

    fn float_op(&mut self, op: Op, x: Slot, y: Slot) -> Slot {
        let (a, b) = (self.as_f64(x), self.as_f64(y));
        self.slot(op, &[a, b], Ty::Num, None)
    }

    fn float_arith(&mut self, op: BinaryOp, x: Slot, y: Slot) -> Slot {
        let op = match op {
            BinaryOp::Add => Op::FAdd,
            BinaryOp::Sub => Op::FSub,
            _ => Op::FMul,
        };
        self.float_op(op, x, y)
    }

    /// A power; a square is a product, as the operator has it.
    fn power(&mut self, x: Slot, y: Slot) -> Slot {
        /// The square of what is larger may be no integer exactly.
        const MOST: i64 = 94_906_265;
        if y.ty.range() != Some((2, 2)) {
            return self.float_op(Op::FPow, x, y);
        }
        match x.ty.range().map(|(lo, hi)| lo.abs().max(hi.abs())) {
            Some(most) if most <= MOST => {
                let root = self.as_int(x);
                self.slot(Op::IMul { zero: false, wide: false }, &[root, root], Ty::Int(0, most * most), None)
            }
            _ => self.float_op(Op::FMul, x, x),
        }
    }

    /// `x isa number` and the like.
    fn is_of_type(&mut self, x: Slot, kind: TypeMap, map: Slot) -> Slot {
        let known = match x.ty {
            Ty::Int(..) | Ty::Num => Some(TypeMap::Number),
            Ty::Str => Some(TypeMap::String),
            Ty::List | Ty::Range => Some(TypeMap::List),
            Ty::Function(_) => Some(TypeMap::Function),
            // Its chain may lead to the map of any type.
            Ty::Map | Ty::TypeMap(_) if kind == TypeMap::Map => Some(TypeMap::Map),
            Ty::Null => return self.truth_slot(Op::Bool(false), &[]),
            _ => None,
        };
        match known {
            Some(known) => self.truth_slot(Op::Bool(known == kind), &[]),
            None => {
                let value = self.boxed(x);
                self.truth_slot(Op::IsKind(kind), &[value, map.val])
            }
        }
    }

    fn int_arith(
        &mut self,
        op: BinaryOp,
        dst: Reg,
        (x, y): (Slot, Slot),
        ranges: ((i64, i64), (i64, i64)),
        result: Kinds,
    ) -> Slot {
        let ((a, b), (c, d)) = ranges;
        let wide = |n: i64| i128::from(n);
        let (lo, hi) = match op {
            BinaryOp::Add => (wide(a) + wide(c), wide(b) + wide(d)),
            BinaryOp::Sub => (wide(a) - wide(d), wide(b) - wide(c)),
            _ => {
                let corners = [wide(a) * wide(c), wide(a) * wide(d), wide(b) * wide(c), wide(b) * wide(d)];
                (corners.into_iter().min().unwrap_or(0), corners.into_iter().max().unwrap_or(0))
            }
        };
        let has_zero = |(lo, hi): (i64, i64)| lo <= 0 && hi >= 0;
        let zero = op == BinaryOp::Mul && ((has_zero(ranges.0) && c < 0) || (has_zero(ranges.1) && a < 0));
        let safe = fits(lo, hi) && !zero;
        if !safe && (!result.only_ints() || !self.may(ExitReason::Overflow)) {
            return self.float_arith(op, x, y);
        }
        // Checks cost more than doubles do, where the product need not be an integer.
        if !safe && op == BinaryOp::Mul && !self.is_int_use(dst) {
            return self.float_arith(op, x, y);
        }
        let exit = (!safe).then(|| self.exit(ExitReason::Overflow));
        let op = match op {
            BinaryOp::Add => Op::IAdd,
            BinaryOp::Sub => Op::ISub,
            _ => Op::IMul { zero, wide: lo.abs().max(hi.abs()) >= 1 << 63 },
        };
        let (left, right) = (self.as_int(x), self.as_int(y));
        self.slot(op, &[left, right], Ty::Int(clamp(lo), clamp(hi)), exit)
    }

    /// A quotient; by a power of two it is a product, which rounds the same.
    fn float_quotient(&mut self, x: Slot, y: Slot) -> Slot {
        match y.ty.range() {
            Some((n, m)) if n == m && n > 0 && (n as u64).is_power_of_two() => {
                let (left, inverse) = (self.as_f64(x), self.op(Op::F64((1.0 / n as f64).to_bits()), &[], Rep::F64));
                self.slot(Op::FMul, &[left, inverse], Ty::Num, None)
            }
            _ => self.float_op(Op::FDiv, x, y),
        }
    }

    fn divide(&mut self, dst: Reg, x: Slot, y: Slot, result: Kinds) -> Slot {
        if !result.only_ints() || !self.may(ExitReason::NotInteger) || !self.is_int_use(dst) {
            return self.float_quotient(x, y);
        }
        if let (Some((lo, hi)), Some((n, m))) = (x.ty.range(), y.ty.range())
            && n == m
            && n > 0
            && (n as u64).is_power_of_two()
        {
            let bits = n.trailing_zeros() as u8;
            let exit = self.exit(ExitReason::NotInteger);
            let left = self.as_int(x);
            return self.slot(Op::IShift(bits), &[left], Ty::Int(lo >> bits, hi >> bits), Some(exit));
        }
        let quotient = self.float_op(Op::FDiv, x, y);
        let exit = self.exit(ExitReason::NotInteger);
        self.slot(Op::F64ToInt, &[quotient.val], Ty::Int(-CONVERTED_MAX, CONVERTED_MAX), Some(exit))
    }

    fn remainder(&mut self, dst: Reg, x: Slot, y: Slot, result: Kinds) -> Slot {
        let signless = self.is_only_compared(dst);
        let both = x.ty.range().is_some() && y.ty.range().is_some();
        let ints = (result.only_ints() || signless && both)
            && self.may(ExitReason::SlowRemainder)
            && self.may(ExitReason::NotInteger);
        if !ints || (!both && y.ty.range().is_none()) {
            return self.float_op(Op::FRem, x, y);
        }
        let (x, y) = (self.int_or_exit(x), self.int_or_exit(y));
        let ((lo, hi), (c, d)) = (x.ty.range().unwrap_or((0, 0)), y.ty.range().unwrap_or((0, 0)));
        let by_zero = c <= 0 && d >= 0;
        let negative = lo < 0;
        let most = c.unsigned_abs().max(d.unsigned_abs()).saturating_sub(1) as i64;
        let ty = Ty::Int(lo.clamp(-most, 0), hi.clamp(0, most.max(0)));
        let small = |lo: i64, hi: i64| lo > i64::from(i32::MIN) && hi <= i64::from(i32::MAX);
        let fits = hi.unsigned_abs().checked_mul(d.unsigned_abs()).is_some();
        let op = Op::IRem { by_zero, negative, signless, small: small(lo, hi) && small(c, d), fits };
        let exit = (by_zero || negative && !signless).then(|| self.exit(ExitReason::SlowRemainder));
        let (left, right) = (self.as_int(x), self.as_int(y));
        self.slot(op, &[left, right], ty, exit)
    }

    /// A number as an integer, guarded if it is a double.
    fn int_or_exit(&mut self, slot: Slot) -> Slot {
        if slot.ty.range().is_some() {
            return slot;
        }
        let exit = self.exit(ExitReason::NotInteger);
        self.slot(Op::F64ToInt, &[slot.val], Ty::Int(-CONVERTED_MAX, CONVERTED_MAX), Some(exit))
    }

    fn compare(&mut self, cmp: Cmp, x: Slot, y: Slot) -> Slot {
        if x.ty.range().is_some() && y.ty.range().is_some() {
            let (a, b) = (self.as_int(x), self.as_int(y));
            return self.truth_slot(Op::ICmp(cmp), &[a, b]);
        }
        let (a, b) = (self.as_f64(x), self.as_f64(y));
        self.truth_slot(Op::FCmp(cmp), &[a, b])
    }

    /// The second half of `and` / `or` on integers: the product (or fuzzy sum) is zero exactly when a (both) operand is.
    fn logic(&mut self, x: Slot, y: Slot, and: bool) -> Option<Slot> {
        let ((a, b), _) = x.ty.range().zip(y.ty.range())?;
        let decided = if and { a > 0 || b < 0 } else { (a, b) == (0, 0) };
        if decided {
            let right = self.truth_of_int(y);
            return Some(right);
        }
        if !and {
            // `or` of integers gets here with a zero on the left only; anything else is for the helper.
            return None;
        }
        let (left, right) = (self.truth_of_int(x), self.truth_of_int(y));
        let zero = self.op(Op::Bool(false), &[], Rep::Bool);
        Some(self.truth_slot(Op::Select, &[left.val, right.val, zero]))
    }

    /// Whether an integer is not zero.
    pub(crate) fn truth_of_int(&mut self, slot: Slot) -> Slot {
        if self.emitting && self.func.rep(slot.val) == Rep::Bool {
            return slot;
        }
        self.truth_slot(Op::ITruth, &[slot.val])
    }

    /// The truth of a register that was only seen to hold numbers that are wholly false or true, or null, if nobody wants the number: conversions
    /// take longer than that.
    fn guard_truth(&mut self, reg: Reg, seen: Arith) -> Option<Val> {
        let slot = self.reg(reg);
        let wholly = seen.a.only_ints() || seen.result.only_ints();
        let op = match slot.ty {
            Ty::Num if seen.result.only_ints() => Op::GuardTruth,
            Ty::Any | Ty::Plain if wholly && seen.a.only_numbers() => Op::GuardTruth,
            Ty::Any | Ty::Plain if wholly && seen.a.within(Kinds::NUMBER.union(Kinds::OTHER)) => Op::GuardTruthOrNull,
            _ => return None,
        };
        if !self.may(ExitReason::NotInteger) {
            return None;
        }
        let exit = self.exit(ExitReason::NotInteger);
        let boxed = self.boxed(slot);
        Some(self.op_exit(op, &[boxed], Rep::Bool, Some(exit)))
    }

    pub(crate) fn unary(&mut self, op: UnaryOp, dst: Reg, src: Reg) -> Step<()> {
        let seen = self.input.seen.arith(self.at);
        if op == UnaryOp::Not
            && let Some(truth) = self.guard_truth(src, seen)
        {
            let slot = self.truth_slot(Op::Not, &[truth]);
            self.set(dst, slot);
            return Ok(());
        }
        if !self.reg(src).ty.is_number() && seen.a.only_numbers() && op != UnaryOp::New {
            let is_int = op == UnaryOp::Not || self.is_int_use(dst);
            let want = self.guess_loaded(is_int, seen.a);
            self.narrow_reg(src, want)?;
        }
        let x = self.reg(src);
        let slot = match (op, x.ty) {
            (UnaryOp::Neg, ty) if ty.is_number() => {
                let zero = self.int(0);
                self.numeric(BinaryOp::Sub, dst, (zero, x), seen.result)
            }
            (UnaryOp::Not, Ty::Int(..)) => {
                let truth = self.truth_of_int(x);
                Some(self.truth_slot(Op::Not, &[truth.val]))
            }
            _ => None,
        };
        let instance = self.input.instance_shape.filter(|_| op == UnaryOp::New);
        let slot = match (slot, instance) {
            (Some(slot), _) => slot,
            (None, Some(shape)) => {
                let operand = self.boxed(x);
                Slot { ty: Ty::Map, val: self.helper(Helper::NewInstance(shape), &[operand], Rep::Boxed) }
            }
            (None, None) => {
                let operand = self.boxed(x);
                Slot { ty: Ty::Any, val: self.helper(Helper::Unary(op), &[operand], Rep::Boxed) }
            }
        };
        self.set(dst, slot);
        Ok(())
    }
}
