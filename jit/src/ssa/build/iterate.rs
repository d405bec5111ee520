//! `for` loops: counted where the list of `range` was never needed, by index over lists, generic otherwise.

use super::{Builder, RangeParts, Slot, Step};
use crate::feedback::Kinds;
use crate::reason::ExitReason;
use crate::ssa::types::{INT_MAX, Ty, clamp};
use crate::ssa::{Cmp, End, Helper, Op, Rep, Val};
use minilive_mir::ir::{Inst, Reg, RegRange};

impl Builder<'_> {
    /// Whether the result of the current call is only iterated over, by the instruction behind it.
    pub(crate) fn feeds_loop(&self, dst: Reg) -> bool {
        let Some(block) = self.flow.nodes[self.node].block else {
            return false;
        };
        let insts = self.input.body.unit.block_insts(block);
        let Some(Inst::IterInit { obj, src, .. }) = insts.get(self.idx + 1) else {
            return false;
        };
        let live = self.flow.live_before(self.input.body, self.node, self.idx + 2);
        *src == dst && (*obj == dst || !live.has(dst))
    }

    /// `range(from, to, step)` that feeds a loop directly: remembered, not made.
    pub(crate) fn counted_range(&mut self, dst: Reg, args: RegRange) -> Step<bool> {
        if args.count == 0 || args.count > 3 || !self.may(ExitReason::NotNumber) {
            return Ok(false);
        }
        let mut parts = Vec::new();
        for reg in args.iter() {
            if self.reg(reg).ty.range().is_none() && !self.may(ExitReason::NotInteger) {
                return Ok(false);
            }
            parts.push(self.narrow_reg(reg, Ty::ANY_INT)?);
        }
        let from = parts[0];
        let to = if parts.len() > 1 { parts[1] } else { self.int(0) };
        let range = if parts.len() == 3 { self.stepped(from, to, parts[2]) } else { self.unit_step(from, to) };
        let Some(range) = range else { return Ok(false) };
        self.env.set_range(dst, range);
        self.set(dst, Slot { ty: Ty::Range, val: range.base.val });
        Ok(true)
    }

    /// The numbers from 0 up to a count, that one left out, for a loop.
    pub(crate) fn count_up(&mut self, dst: Reg, count: Slot) {
        let (base, step) = (self.int(0), self.int(1));
        let most = count.ty.range().map_or(LONGEST, |range| range.1);
        self.env.set_range(dst, RangeParts { base, step, count, elem: Ty::Int(0, most) });
        self.set(dst, Slot { ty: Ty::Range, val: base.val });
    }

    /// Step 1 or -1, whichever leads there: known from the types, or guessed and guarded, or found by comparison.
    fn unit_step(&mut self, from: Slot, to: Slot) -> Option<RangeParts> {
        let (Some((a, b)), Some((c, d))) = (from.ty.range(), to.ty.range()) else {
            return None;
        };
        let (x, y) = (self.as_int(from), self.as_int(to));
        if b <= c {
            return Some(self.one_way(from, to, false));
        }
        if d < a {
            return Some(self.one_way(from, to, true));
        }
        if self.may(ExitReason::RangeDirection) {
            // Who writes where it ends, and computes where it begins, goes downwards.
            let down = c == d && a != b;
            let cmp = if down { Cmp::Ge } else { Cmp::Le };
            let holds = self.truth_slot(Op::ICmp(cmp), &[x, y]);
            let exit = self.exit(ExitReason::RangeDirection);
            self.op_exit(Op::GuardTrue, &[holds.val], Rep::None, Some(exit));
            return Some(self.one_way(from, to, down));
        }
        // Direction by comparison: step = to < from ? -1 : 1, count = |to - from| + 1.
        let down = self.truth_slot(Op::ICmp(Cmp::Lt), &[y, x]);
        let one = self.int(1);
        let minus = self.int(-1);
        let step = self.slot(Op::Select, &[down.val, minus.val, one.val], Ty::Int(-1, 1), None);
        let most = clamp((i128::from(d) - i128::from(a)).max(i128::from(b) - i128::from(c)));
        let width = self.slot(Op::ISub, &[y, x], Ty::Int(-most, most), None);
        let width = self.slot(Op::IAbs, &[width.val], Ty::Int(0, most), None);
        let count = self.slot(Op::IAdd, &[width.val, one.val], Ty::Int(1, clamp(i128::from(most) + 1)), None);
        Some(RangeParts { base: from, step, count, elem: Ty::Int(a.min(c), b.max(d)) })
    }

    /// Step 1, or -1 downwards, where that is the way from the one end to the other.
    fn one_way(&mut self, from: Slot, to: Slot, down: bool) -> RangeParts {
        let (low, high) = if down { (to, from) } else { (from, to) };
        let (a, b) = low.ty.range().expect("the caller looked");
        let (c, d) = high.ty.range().expect("the caller looked");
        let (x, y) = (self.as_int(low), self.as_int(high));
        let least = clamp((i128::from(c) - i128::from(b)).max(0));
        let most = clamp((i128::from(d) - i128::from(a)).max(0));
        let width = self.slot(Op::ISub, &[y, x], Ty::Int(least, most), None);
        let (one, step) = (self.int(1), self.int(if down { -1 } else { 1 }));
        let ty = Ty::Int(least + 1, clamp(i128::from(most) + 1));
        let count = self.slot(Op::IAdd, &[width.val, one.val], ty, None);
        RangeParts { base: from, step, count, elem: Ty::Int(a, d) }
    }

    /// A given step. The whole part of the quotient of two integers is that of the quotient of the same doubles.
    fn stepped(&mut self, from: Slot, to: Slot, step: Slot) -> Option<RangeParts> {
        let ((a, b), (c, d), (s, t)) = (from.ty.range()?, to.ty.range()?, step.ty.range()?);
        let is_known = s == t && s != 0;
        if !is_known && !self.may(ExitReason::RangeStep) {
            return None;
        }
        let (x, y) = (self.as_int(from), self.as_int(to));
        let width = self.slot(Op::ISub, &[y, x], Ty::ANY_INT, None);
        let most = i128::from(d) - i128::from(a);
        let most = clamp(most.max(i128::from(b) - i128::from(c)).max(0));
        let ty = Ty::Int(-most, clamp(i128::from(most) + 1));
        let count = if is_known {
            let quotient = self.op(Op::IDiv(s), &[width.val], Rep::Int);
            let one = self.int(1);
            self.slot(Op::IAdd, &[quotient, one.val], ty, None)
        } else {
            let by = self.as_int(step);
            let exit = self.exit(ExitReason::RangeStep);
            self.slot(Op::RangeCount, &[width.val, by], ty, Some(exit))
        };
        let elem = match (s > 0, t < 0) {
            (true, _) => Ty::Int(a, d.max(b)),
            (_, true) => Ty::Int(c.min(a), b),
            _ => Ty::Int(a.min(c), b.max(d)),
        };
        Some(RangeParts { base: from, step, count, elem })
    }

    pub(crate) fn iter_init(&mut self, obj: Reg, pos: Reg, src: Reg) -> Step<()> {
        let slot = self.reg(src);
        if slot.ty == Ty::Range {
            let parts = self.env.range(src).expect("a range register has its parts");
            self.env.set_range(obj, parts);
        }
        self.set(obj, slot);
        let zero = self.int(0);
        self.set(pos, zero);
        Ok(())
    }

    pub(crate) fn iter_next(&mut self, obj: Reg, pos: Reg, dst: Reg) -> Step<()> {
        // Edges that leave at once repeat this instruction from here.
        self.state_before();
        let place = self.reg(pos);
        let place = match place.ty {
            Ty::Int(lo, _) if lo >= 0 => place,
            Ty::Int(_, hi) => Slot { ty: Ty::Int(0, hi.max(0)), ..place },
            _ => {
                let slot = self.narrow_reg(pos, Ty::ANY_INT)?;
                Slot { ty: Ty::Int(0, INT_MAX), ..slot }
            }
        };
        match self.reg(obj).ty {
            Ty::Range => self.next_counted(obj, pos, dst, place),
            Ty::Never | Ty::Null | Ty::Int(..) | Ty::Num | Ty::Function(_) => self.go(1),
            Ty::List => self.next_of_list(obj, pos, dst, place),
            Ty::Str if self.may(ExitReason::NotAscii) => self.next_of_ascii(obj, pos, dst, place),
            Ty::Any | Ty::Plain => match self.guess_iterated() {
                Some(ty) => {
                    self.narrow_reg(obj, ty)?;
                    match ty {
                        Ty::List => self.next_of_list(obj, pos, dst, place),
                        Ty::Str if self.may(ExitReason::NotAscii) => self.next_of_ascii(obj, pos, dst, place),
                        Ty::Map => self.next_of_map(obj, pos, dst, place),
                        _ => self.next_of_any(obj, pos, dst, place),
                    }
                }
                None => self.next_of_any(obj, pos, dst, place),
            },
            Ty::Map => self.next_of_map(obj, pos, dst, place),
            Ty::Str | Ty::TypeMap(_) | Ty::Absent => self.next_of_any(obj, pos, dst, place),
        }
    }

    /// What a loop goes over, if that was always the same. The interpreter notes only what is no list of elements.
    fn guess_iterated(&self) -> Option<Ty> {
        let (ty, reason) = match self.input.seen.index(self.at).container {
            Kinds::NONE | Kinds::LIST => (Ty::List, ExitReason::NotList),
            Kinds::MAP => (Ty::Map, ExitReason::NotMap),
            Kinds::STRING => (Ty::Str, ExitReason::NotString),
            _ => return None,
        };
        self.may(reason).then_some(ty)
    }

    /// The next element of anything: one character of a string, a map of key and value of a map's entry.
    fn next_of_any(&mut self, obj: Reg, pos: Reg, dst: Reg, place: Slot) -> Step<()> {
        let (object, index) = (self.boxed(self.reg(obj)), self.as_int(place));
        // It may be the map of globals. Nothing changes, so that a way out may repeat it.
        self.flush_cells();
        self.state_before();
        let element = self.op(Op::Helper(Helper::IterNext), &[object, index], Rep::Boxed);
        let next = self.slot(Op::IterPosition, &[], Ty::Int(0, LONGEST), None);
        let absent = self.absent();
        let done = self.op(Op::SameBits, &[element, absent.val], Rep::Bool);
        let more = self.op(Op::Not, &[done], Rep::Bool);
        let ty = match self.reg(obj).ty {
            Ty::Map => Ty::Map,
            Ty::Str => Ty::Str,
            _ => Ty::Any,
        };
        let mut body = self.env.clone();
        body.regs[dst.0 as usize] = Slot { ty, val: element };
        body.regs[pos.0 as usize] = next;
        self.fork(more, Some(body), None)
    }

    /// The next entry of a map. The map of key and value that the loop sees is made here, so that it need not be if nobody keeps it.
    fn next_of_map(&mut self, obj: Reg, pos: Reg, dst: Reg, place: Slot) -> Step<()> {
        let Some(shape) = self.input.pair_shape else {
            return self.next_of_any(obj, pos, dst, place);
        };
        let (map, index) = (self.reg(obj).val, self.as_int(place));
        self.flush_cells();
        self.state_before();
        let key = self.op(Op::Helper(Helper::IterEntry), &[map, index], Rep::Boxed);
        let next = self.slot(Op::IterPosition, &[], Ty::Int(0, LONGEST), None);
        let value = self.op(Op::IterValue, &[], Rep::Boxed);
        let absent = self.absent();
        let done = self.op(Op::SameBits, &[key, absent.val], Rep::Bool);
        let more = self.op(Op::Not, &[done], Rep::Bool);
        self.fork_inside(more, |it| {
            // Nobody sees that it is made, so that a way out may still repeat the instruction.
            let pair = it.op(Op::Helper(Helper::MakeShaped(shape)), &[key, value], Rep::Boxed);
            it.set(dst, Slot { ty: Ty::Map, val: pair });
            it.set(pos, next);
        })
    }

    /// Goes into the loop if there is an element, which is fetched behind that test, in a block of its own.
    fn fork_inside(&mut self, more: Val, fetch: impl FnOnce(&mut Self)) -> Step<()> {
        let from = self.cur;
        let done_env = self.env.clone();
        let inner = self.new_block();
        fetch(self);
        self.go(0)?;
        self.cur = from;
        self.env = done_env;
        let els = self.edge(1)?;
        self.cur = from;
        if self.emitting {
            self.func[from].end = End::Branch { cond: more, then: Self::plain_edge(inner.0 as usize), els };
        }
        Ok(())
    }

    /// The next character of a string of ASCII, where positions, which count bytes, count characters, too.
    fn next_of_ascii(&mut self, obj: Reg, pos: Reg, dst: Reg, place: Slot) -> Step<()> {
        let (string, index) = (self.reg(obj).val, self.as_int(place));
        let (chars, bytes) = (self.op(Op::StrLen, &[string], Rep::Int), self.op(Op::StrBytes, &[string], Rep::Int));
        let ascii = self.op(Op::ICmp(Cmp::Eq), &[chars, bytes], Rep::Bool);
        let exit = self.exit(ExitReason::NotAscii);
        self.op_exit(Op::GuardTrue, &[ascii], Rep::None, Some(exit));
        let more = self.op(Op::ICmp(Cmp::Lt), &[index, chars], Rep::Bool);
        let character = self.slot(Op::StrChar, &[string, index], Ty::Str, None);
        let one = self.int(1);
        let next = self.slot(Op::IAdd, &[index, one.val], Ty::Int(1, LONGEST), None);
        let mut body = self.env.clone();
        body.regs[dst.0 as usize] = character;
        body.regs[pos.0 as usize] = next;
        self.fork(more, Some(body), None)
    }

    fn next_counted(&mut self, obj: Reg, pos: Reg, dst: Reg, place: Slot) -> Step<()> {
        let parts = self.env.range(obj).expect("a range register has its parts");
        let (index, count) = (self.as_int(place), parts.count);
        let more = self.op(Op::ICmp(Cmp::Lt), &[index, count.val], Rep::Bool);
        let most = count.ty.range().map_or(INT_MAX, |(_, hi)| hi).max(1);
        let Ty::Int(lo, hi) = place.ty else { unreachable!("made an integer above") };
        let inside = Slot { ty: Ty::Int(lo.min(most - 1), hi.min(most - 1)), val: index };
        let scaled = match parts.step.ty {
            Ty::Int(1, 1) => inside.val,
            _ => self.op(Op::IMul { zero: false, wide: false }, &[inside.val, parts.step.val], Rep::Int),
        };
        let base = self.as_int(parts.base);
        let element = match parts.base.ty {
            Ty::Int(0, 0) => Slot { ty: parts.elem, val: scaled },
            _ => self.slot(Op::IAdd, &[base, scaled], parts.elem, None),
        };
        let one = self.int(1);
        let ty = Ty::Int(1, clamp(i128::from(hi.min(most - 1)) + 1));
        let next = self.slot(Op::IAdd, &[inside.val, one.val], ty, None);
        let mut body = self.env.clone();
        body.regs[dst.0 as usize] = element;
        body.regs[pos.0 as usize] = next;
        self.fork(more, Some(body), None)
    }

    fn next_of_list(&mut self, obj: Reg, pos: Reg, dst: Reg, place: Slot) -> Step<()> {
        let list = self.reg(obj).val;
        let index = self.as_int(place);
        let len = self.op(Op::ListLen, &[list], Rep::Int);
        let more = self.op(Op::ICmp(Cmp::Lt), &[index, len], Rep::Bool);
        let computed = self.input.seen.index(self.at).computed;
        self.fork_inside(more, |it| {
            let val = it.any_element(list, index, computed);
            let one = it.int(1);
            let next = it.slot(Op::IAdd, &[index, one.val], Ty::Int(1, LONGEST), None);
            it.set(dst, Slot { ty: Ty::Any, val });
            it.set(pos, next);
        })
    }
}

/// No list is longer.
pub(crate) const LONGEST: i64 = 1 << 40;
