//! One MIR instruction at a time: what it does to the environment, and how blocks end.

use super::kinds::{Parting, tag_of};
use super::{Builder, Compared, Slot, Step, Stop};
use crate::feedback::{Index, Kinds};
use crate::reason::{ExitReason, Refusal};
use crate::ssa::helper::Lookup;
use crate::ssa::types::Ty;
use crate::ssa::{Barrier, Cmp, Edge, End, Exit, Helper, Op, Rep, Val};
use minilive_mir::ir::{BinaryOp, Const, ConstId, Inst, InstId, NameId, Reg, RegRange};
use minilive_runtime::list::MAX_LIST;
use minilive_runtime::realm::STRING_KEYS;
use minilive_runtime::value::Value;

/// Where in a list an element stands: the list's object, an index inside, and how many elements there are.
struct Place {
    object: Val,
    index: Val,
    len: Val,
}

impl Builder<'_> {
    pub(crate) fn step(&mut self, inst: &Inst) -> Step<()> {
        if let Some(frame) = self.input.body.entered(self.at) {
            return self.enter_inlined(frame, inst);
        }
        match *inst {
            Inst::Const { dst, value } => self.constant(dst, value),
            Inst::Move { dst, src } => {
                let slot = self.reg(src);
                self.set(dst, slot);
                if self.input.body.leaves.contains_key(&self.at) {
                    self.leave_inlined();
                }
                Ok(())
            }
            Inst::LoadLocal { dst, local, name, deferred } => self.load_local(dst, local, name, deferred),
            Inst::LoadFree { dst, name } => self.load_free(dst, name),
            Inst::StoreGlobal { name, src } => self.store_global(name, src),
            Inst::AutoCall { dst, src } => self.auto_call(dst, src),
            Inst::Binary { op, dst, a, b } => self.binary(op, dst, a, b),
            Inst::Unary { op, dst, src } => self.unary(op, dst, src),
            Inst::GetIndex { dst, obj, key } => self.get_index(dst, obj, key),
            Inst::SetIndex { obj, key, src } => self.set_index(obj, key, src),
            Inst::Call { dst, callee, args } => self.call(dst, callee, args),
            Inst::MakeList { dst, elems } => self.generic(Some(dst), Helper::MakeList, &[], elems, Ty::List),
            Inst::AppendList { list, elems } => self.generic(None, Helper::AppendList, &[list], elems, Ty::Any),
            Inst::MakeMap { dst, pairs } => self.map_literal(dst, pairs),
            Inst::Slice { dst, obj, from, to } => self.slice(dst, obj, (from, to)),
            Inst::RefIndex { dst, obj, key } => {
                self.generic(Some(dst), Helper::RefIndex, &[obj, key], RegRange::EMPTY, Ty::Any)
            }
            Inst::LoadEnv { dst, slot, deferred } => self.load_env(dst, slot, deferred),
            Inst::StoreEnv { slot, src } => self.store_env(slot, src),
            Inst::LoadLocals { dst } => self.load_locals(dst),
            Inst::MakeFunction { dst, child } => self.make_function(dst, child),
            Inst::LoadOuter { dst } => self.load_outer(dst),
            Inst::LoadGlobals { dst } => self.generic(Some(dst), Helper::LoadGlobals, &[], RegRange::EMPTY, Ty::Map),
            Inst::GetMember { dst, obj, this, name } => self.get_member(dst, obj, this, name),
            Inst::CallMethod { dst, obj, this, name, args } => self.call_method(dst, obj, this, name, args),
            Inst::CallIndex { dst, obj, this, key, args } => self.call_index(dst, (obj, this, key), args),
            Inst::LoadSelf { dst } => self.load_receiver(dst, self.frame().unit.self_reg),
            Inst::LoadSuper { dst } => self.load_receiver(dst, self.frame().unit.super_reg),
            Inst::SetMember { obj, name, src } => self.set_member(obj, name, src),
            Inst::GetKey { dst, obj, name } => self.read_key(dst, (obj, name), Lookup::Key),
            Inst::RefMember { dst, obj, name } => self.read_key(dst, (obj, name), Lookup::Reference),
            Inst::IterInit { obj, pos, src } => self.iter_init(obj, pos, src),
            Inst::CheckUncaught { src } => self.check_uncaught(src),
            _ => Err(Stop::Refuse(Refusal::UnsupportedOperation)),
        }
    }

    fn constant(&mut self, dst: Reg, value: ConstId) -> Step<()> {
        let slot = match &self.input.body.unit.consts[value.0 as usize] {
            Const::Null => self.null(),
            Const::Number(number) => self.number(*number),
            Const::Str(_) => self.slot(Op::Literal(value.0), &[], Ty::Str, None),
            Const::List(_) | Const::Map(_) => return Err(Stop::Refuse(Refusal::UnsupportedOperation)),
        };
        self.set(dst, slot);
        Ok(())
    }

    fn load_local(&mut self, dst: Reg, local: Reg, name: NameId, deferred: bool) -> Step<()> {
        let slot = self.reg(local);
        match slot.ty {
            Ty::Absent if !deferred => self.load_free(dst, name),
            _ => {
                let slot = self.guard_assigned(slot)?;
                self.refine(local, slot);
                self.set(dst, slot);
                Ok(())
            }
        }
    }

    fn get_index(&mut self, dst: Reg, obj: Reg, key: Reg) -> Step<()> {
        let seen = self.input.seen.index(self.at);
        if seen.samples == 0 && self.may(ExitReason::ColdPath) {
            return Err(self.leave(ExitReason::ColdPath));
        }
        if seen.container == Kinds::LIST
            && self.elements_are_plain(Self::exit)
            && let Some(index) = self.element_access(obj, key, Ty::List, seen.key)?
        {
            let val = self.element(self.reg(obj).val, key, index);
            let want = self.guess_used(dst, seen.value);
            return self.set_narrowed(dst, Slot { ty: Ty::Any, val }, want);
        }
        if seen.container == Kinds::STRING
            && self.may(ExitReason::Prototype)
            && let Some(index) = self.element_access(obj, key, Ty::Str, seen.key)?
        {
            self.need_types(STRING_KEYS);
            let character = self.character(self.reg(obj), index);
            self.set(dst, character);
            return Ok(());
        }
        let found = match self.get_by_kind(obj, key, seen)? {
            Some(found) => found,
            None => {
                let vals = self.boxed_regs([obj, key]);
                let val = self.helper(get_helper(seen), &vals, Rep::Boxed);
                Slot { ty: Ty::Any, val }
            }
        };
        let want = self.guess_used(dst, seen.value);
        self.set_narrowed(dst, found, want)
    }

    /// What stands at an index of containers of several kinds; `None` if there is one kind, or no way for each.
    fn get_by_kind(&mut self, obj: Reg, key: Reg, seen: Index) -> Step<Option<Slot>> {
        const KINDS: [(Ty, Kinds); 3] = [(Ty::List, Kinds::LIST), (Ty::Str, Kinds::STRING), (Ty::Map, Kinds::MAP)];
        let types: Vec<Ty> = KINDS.iter().filter(|it| it.1.meets(seen.container)).map(|it| it.0).collect();
        let Some(&last) = types.last().filter(|_| types.len() > 1 && self.is_of_several(obj, key, seen)) else {
            return Ok(None);
        };
        if !self.may(ExitReason::Prototype) || !self.elements_are_plain(Self::exit) {
            return Ok(None);
        }
        if types.contains(&Ty::Str) {
            self.need_types(STRING_KEYS);
        }
        let kinds = KINDS.iter().fold(Kinds::NONE, |kinds, it| kinds.union(it.1));
        let others = !seen.container.within(kinds) || !self.may(tag_of(last).1);
        let mut helpers = Vec::new();
        helpers.extend(types.contains(&Ty::Map).then_some(Helper::GetKey));
        helpers.extend(others.then_some(Helper::GetIndex));
        let parting = Parting { types: &types, others, helpers: &helpers };
        let found = self.by_kind(obj, &parting, &mut |it, object| it.get_of(object, key))?;
        Ok(Some(found))
    }

    /// Whether it is not known of what kind a container is, and its key, where it finds an element, is a whole number; a text is a key of maps alone.
    fn is_of_several(&self, obj: Reg, key: Reg, seen: Index) -> bool {
        let numbers = Kinds(seen.key.0 & !Kinds::STRING.0);
        let is_int = match self.reg(key).ty {
            Ty::Int(..) => true,
            Ty::Any | Ty::Plain => numbers == Kinds::INT && self.may(ExitReason::NotInteger),
            _ => false,
        };
        is_int && matches!(self.reg(obj).ty, Ty::Any | Ty::Plain)
    }

    /// What stands at an index of a container of one of several kinds.
    fn get_of(&mut self, object: Slot, key: Reg) -> Step<Slot> {
        let helper = match object.ty {
            Ty::List | Ty::Str => {
                let index = self.narrow_reg(key, Ty::SMALL_INT)?;
                if object.ty == Ty::Str {
                    return Ok(self.character(object, index));
                }
                let val = self.element(object.val, key, index);
                return Ok(Slot { ty: Ty::Any, val });
            }
            Ty::Map => Helper::GetKey,
            _ => Helper::GetIndex,
        };
        let key = self.boxed_regs([key])[0];
        Ok(self.slot(Op::Helper(helper), &[object.val, key], Ty::Any, None))
    }

    fn character(&mut self, text: Slot, index: Slot) -> Slot {
        let index = self.as_int(index);
        self.slot(Op::StrChar, &[text.val, index], Ty::Str, None)
    }

    /// Guards that no type map hides elements of lists; false if experience says that one does.
    ///
    /// What could give a type map a number key makes the guard anew right behind itself ([`Builder::walk`]), so that loops that
    /// read elements and seldom call need none in them.
    pub(crate) fn elements_are_plain(&mut self, exit: fn(&mut Self, ExitReason) -> Exit) -> bool {
        if !self.env.elements_ok && self.may(ExitReason::Prototype) {
            let exit = exit(self, ExitReason::Prototype);
            self.op_exit(Op::GuardElements, &[], Rep::None, Some(exit));
            self.env.elements_ok = true;
        }
        self.env.elements_ok
    }

    /// Guards a list or string and a number as its index; `None` if experience says not to.
    fn element_access(&mut self, obj: Reg, key: Reg, ty: Ty, key_kinds: Kinds) -> Step<Option<Slot>> {
        let reason = if ty == Ty::Str { ExitReason::NotString } else { ExitReason::NotList };
        let obj_ok = self.reg(obj).ty == ty || self.may(reason);
        let is_int =
            self.reg(key).ty.range().is_some() || (key_kinds == Kinds::INT && self.may(ExitReason::NotInteger));
        let is_number = key_kinds.within(Kinds::INT.union(Kinds::FLOAT)) && self.may(ExitReason::NotNumber);
        let has_fraction = !is_int && is_number && !key_kinds.is_empty() && self.may(ExitReason::IndexOutOfRange);
        if !obj_ok || !is_int && !has_fraction {
            return Ok(None);
        }
        self.narrow_reg(obj, ty)?;
        if !has_fraction {
            return self.narrow_reg(key, Ty::of_kinds(Kinds::INT)).map(Some);
        }
        let number = self.narrow_reg(key, Ty::Num)?;
        let exit = self.exit(ExitReason::IndexOutOfRange);
        Ok(Some(self.slot(Op::F64ToIndex, &[number.val], Ty::SMALL_INT, Some(exit))))
    }

    /// What is called as an element of a list; `None` if it is of something else.
    pub(crate) fn called_element(&mut self, obj: Reg, key: Reg, seen: Index) -> Step<Option<Val>> {
        if seen.container != Kinds::LIST || !self.elements_are_plain(Self::exit) {
            return Ok(None);
        }
        let index = self.element_access(obj, key, Ty::List, seen.key)?;
        let list = self.reg(obj).val;
        Ok(index.map(|index| self.element(list, key, index)))
    }

    fn slice(&mut self, dst: Reg, obj: Reg, (from, to): (Reg, Reg)) -> Step<()> {
        let seen = self.input.seen.index(self.at);
        let is_text = match self.reg(obj).ty {
            Ty::Str => true,
            Ty::Any | Ty::Plain => seen.container == Kinds::STRING && self.may(ExitReason::NotString),
            _ => false,
        };
        let is_end = |reg: Reg, kinds: Kinds| match self.reg(reg).ty {
            Ty::Int(..) | Ty::Null => true,
            Ty::Any | Ty::Plain | Ty::Num => kinds == Kinds::INT && self.may(ExitReason::NotInteger),
            _ => false,
        };
        if !is_text || !is_end(from, seen.key) || !is_end(to, seen.value) {
            return self.generic(Some(dst), Helper::Slice, &[obj, from, to], RegRange::EMPTY, Ty::Any);
        }
        let text = self.narrow_reg(obj, Ty::Str)?.val;
        let from = self.end_of_slice(from)?.unwrap_or_else(|| self.int(0));
        let to = match self.end_of_slice(to)? {
            Some(to) => to,
            None => self.slot(Op::StrLen, &[text], Ty::Int(0, i64::from(i32::MAX)), None),
        };
        let (from, to) = (self.as_int(from), self.as_int(to));
        let val = self.helper(Helper::SliceText, &[text, from, to], Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Str, val });
        Ok(())
    }

    /// An end of a slice as an integer; `None` if it is null, which is what is left out.
    fn end_of_slice(&mut self, reg: Reg) -> Step<Option<Slot>> {
        if self.reg(reg).ty == Ty::Null {
            return Ok(None);
        }
        self.narrow_reg(reg, Ty::SMALL_INT).map(Some)
    }

    fn set_index(&mut self, obj: Reg, key: Reg, src: Reg) -> Step<()> {
        let seen = self.input.seen.index(self.at);
        if seen.samples == 0 && self.may(ExitReason::ColdPath) {
            return Err(self.leave(ExitReason::ColdPath));
        }
        if seen.container == Kinds::LIST
            && let Some(index) = self.element_access(obj, key, Ty::List, seen.key)?
        {
            self.set_element(self.reg(obj).val, (key, index), src);
            return Ok(());
        }
        if Kinds::LIST.union(Kinds::MAP).within(seen.container) && self.is_of_several(obj, key, seen) {
            let others = seen.container != Kinds::LIST.union(Kinds::MAP) || !self.may(ExitReason::NotMap);
            let helpers = [Helper::SetKey, Helper::SetIndex];
            let helpers = if others { &helpers[..] } else { &helpers[..1] };
            let parting = Parting { types: &[Ty::List, Ty::Map], others, helpers };
            self.by_kind(obj, &parting, &mut |it, object| it.set_of(object, key, src))?;
            return Ok(());
        }
        let helper = if is_key_of_map(seen) { Helper::SetKey } else { Helper::SetIndex };
        self.generic(None, helper, &[obj, key, src], RegRange::EMPTY, Ty::Any)
    }

    /// Stores at an index of a container of one of several kinds.
    fn set_of(&mut self, object: Slot, key: Reg, src: Reg) -> Step<Slot> {
        if object.ty == Ty::List {
            let index = self.narrow_reg(key, Ty::SMALL_INT)?;
            self.set_element(object.val, (key, index), src);
            return Ok(self.null());
        }
        let helper = if object.ty == Ty::Map { Helper::SetKey } else { Helper::SetIndex };
        let stored = self.boxed_regs([key, src]);
        Ok(self.slot(Op::Helper(helper), &[object.val, stored[0], stored[1]], Ty::Any, None))
    }

    /// An element of a list at an index, which is what a register holds or its whole part.
    fn element(&mut self, list: Val, key: Reg, index: Slot) -> Val {
        match self.guard_index(list, key, index) {
            Some(Place { object, index, len }) => {
                let array = self.op(Op::Elements, &[object, len], Rep::Object);
                self.op(Op::LoadElement, &[object, index, array], Rep::Boxed)
            }
            None => {
                let computed = self.input.seen.index(self.at).computed;
                let index = self.as_int(index);
                self.any_element(list, index, computed)
            }
        }
    }

    /// An element at an index that may lie anywhere, of a list that may be computed.
    pub(crate) fn any_element(&mut self, list: Val, index: Val, computed: bool) -> Val {
        let object = self.op(Op::Object, &[list], Rep::Object);
        let len = self.op(Op::StoredLen { settles: true }, &[object], Rep::Int);
        self.op(Op::ListGet { computed }, &[list, index, object, len], Rep::Boxed)
    }

    fn set_element(&mut self, list: Val, (key, index): (Reg, Slot), src: Reg) {
        let value = self.reg(src);
        let guarded = self.guard_index(list, key, index);
        let index = self.as_int(index);
        let value = self.boxed(value);
        match guarded {
            Some(Place { object, index, len }) => {
                let array = self.op(Op::Elements, &[object, len], Rep::Object);
                // Lists that were made as rules are no longer once something is stored in them, which is often here.
                let (barrier, needs) = match self.input.seen.index(self.at).settled {
                    true => (Barrier::Found, Some(self.op(Op::NeedsBarrier, &[object, len], Rep::Bool))),
                    false => self.barrier(&[object, len]),
                };
                let args: Vec<Val> = [object, index, list, value, array].into_iter().chain(needs).collect();
                self.op(Op::StoreElement { barrier, fits: false }, &args, Rep::None)
            }
            None => self.op(Op::ListSet, &[list, index, value], Rep::None),
        };
        self.effect();
    }

    /// Where in a list an element stands, whose index is from here on known to lie inside; `None` if experience says not to expect that.
    fn guard_index(&mut self, list: Val, key: Reg, slot: Slot) -> Option<Place> {
        let (lo, hi) = slot.ty.range()?;
        let seen = self.input.seen.index(self.at);
        // What is negative counts from the end.
        let from_end = hi < 0;
        let far = lo >= MAX_LIST as i64 || from_end && lo < -(MAX_LIST as i64);
        let odd = far || seen.computed || seen.out_of_range && !from_end;
        if odd || !self.may(ExitReason::IndexOutOfRange) {
            return None;
        }
        let object = self.op(Op::Object, &[list], Rep::Object);
        let len = self.op(Op::StoredLen { settles: seen.settled }, &[object], Rep::Int);
        let index = self.as_int(slot);
        let index = if from_end { self.op(Op::IAdd, &[len, index], Rep::Int) } else { index };
        let exit = self.exit(ExitReason::IndexOutOfRange);
        self.op_exit(Op::GuardIndex, &[index, len], Rep::None, Some(exit));
        if !from_end && self.reg(key).ty.range().is_some() {
            self.refine(key, Slot { ty: Ty::Int(lo.max(0), hi.min(MAX_LIST as i64)), val: slot.val });
        }
        Some(Place { object, index, len })
    }

    /// A generic operation on registers.
    pub(crate) fn generic(
        &mut self,
        dst: Option<Reg>,
        helper: Helper,
        regs: &[Reg],
        more: RegRange,
        ty: Ty,
    ) -> Step<()> {
        let regs: Vec<Reg> = regs.iter().copied().chain(more.iter()).collect();
        let args: Vec<Val> = regs
            .into_iter()
            .map(|reg| {
                let slot = self.reg(reg);
                self.boxed(slot)
            })
            .collect();
        let rep = if dst.is_some() || helper.may_fail() { Rep::Boxed } else { Rep::None };
        let val = self.helper(helper, &args, rep);
        if let Some(dst) = dst {
            self.set(dst, Slot { ty, val });
        }
        Ok(())
    }

    fn check_uncaught(&mut self, src: Reg) -> Step<()> {
        let slot = self.reg(src);
        if matches!(slot.ty, Ty::Any | Ty::Plain) {
            let val = self.boxed(slot);
            self.helper(Helper::CheckUncaught, &[val], Rep::Boxed);
        }
        Ok(())
    }

    // ---- block ends ----------------------------------------------------------------------------------------------------

    pub(crate) fn terminate(&mut self, inst: &Inst) -> Step<()> {
        self.record_end(inst)?;
        match *inst {
            Inst::Jump { .. } => self.go(0),
            Inst::Branch { cond, .. } => match self.input.body.picks.get(&self.at) {
                Some(&code) => self.pick(cond, code),
                None => self.branch(cond),
            },
            Inst::AndTest { dst, a, .. } => self.and_test(dst, a),
            Inst::OrTest { dst, a, .. } => self.or_test(dst, a),
            Inst::IterNext { obj, pos, dst, .. } => self.iter_next(obj, pos, dst),
            Inst::Return { src } => {
                let slot = self.reg(src);
                let val = self.boxed(slot);
                self.finish(val)
            }
            Inst::End => {
                let val = self.op(Op::Boxed(Value::ABSENT.bits()), &[], Rep::Boxed);
                self.finish(val)
            }
            _ => Err(self.leave(ExitReason::ColdPath)),
        }
    }

    fn finish(&mut self, val: Val) -> Step<()> {
        self.flush_cells();
        if self.emitting {
            let cur = self.cur;
            self.func[cur].end = End::Return(val);
        }
        Ok(())
    }

    /// Ends the block with a two-way branch; either side may be adjusted first.
    pub(crate) fn fork(&mut self, cond: Val, on_true: Option<super::Env>, on_false: Option<super::Env>) -> Step<()> {
        let from = self.cur;
        let no = on_false.unwrap_or_else(|| self.env.clone());
        if let Some(yes) = on_true {
            self.env = yes;
        }
        let then = self.edge(0)?;
        self.cur = from;
        self.env = no;
        let els = self.edge(1)?;
        self.cur = from;
        if self.emitting {
            self.func[from].end = End::Branch { cond, then, els };
        }
        Ok(())
    }

    /// Ends the block with a jump along its `i`-th edge.
    pub(crate) fn go(&mut self, i: usize) -> Step<()> {
        let from = self.cur;
        let edge = self.edge(i)?;
        self.cur = from;
        if self.emitting {
            self.func[from].end = End::Jump(edge);
        }
        Ok(())
    }

    /// The truth of a register for a condition: a constant, or a value. Error values are fatal inside the helper.
    fn truth(&mut self, reg: Reg) -> Result<bool, Val> {
        let slot = self.reg(reg);
        match slot.ty {
            Ty::Int(lo, hi) if lo > 0 || hi < 0 => Ok(true),
            Ty::Int(0, 0) | Ty::Null => Ok(false),
            Ty::Int(..) => Err(self.truth_of_int(slot).val),
            Ty::Num => Err(self.op(Op::FTruth, &[slot.val], Rep::Bool)),
            Ty::Function(_) => Ok(true),
            _ => {
                let val = self.boxed(slot);
                Err(self.helper(Helper::Truth, &[val], Rep::Bool))
            }
        }
    }

    fn branch(&mut self, cond: Reg) -> Step<()> {
        let compared = self.compared;
        match self.truth(cond) {
            Ok(true) => self.go(0),
            Ok(false) => self.go(1),
            Err(val) => {
                let mut no = self.env.clone();
                if let Some(it) = compared.filter(|it| it.result == cond) {
                    it.holds(&mut self.env);
                    it.fails(&mut no);
                }
                self.fork(val, None, Some(no))
            }
        }
    }

    /// The left operand of `and` or `or`, as a number if the second half has always met one.
    fn test_operand(&mut self, dst: Reg, a: Reg, op: BinaryOp) -> Step<Slot> {
        let insts = self.input.body.unit.insts.iter().enumerate().skip(self.at.0 as usize + 1);
        let mut halves = insts.filter(|(_, inst)| {
            matches!(inst, Inst::Binary { op: of, dst: to, a: left, .. } if (*of, *to, *left) == (op, dst, a))
        });
        let kinds = halves.next().map_or(Kinds::NONE, |(at, _)| self.input.seen.arith(InstId(at as u32)).a);
        if !self.reg(a).ty.is_number() && !kinds.is_empty() && kinds.only_numbers() {
            let want = self.guess_loaded(true, kinds);
            self.narrow_reg(a, want)?;
        }
        Ok(self.reg(a))
    }

    fn and_test(&mut self, dst: Reg, a: Reg) -> Step<()> {
        let slot = self.test_operand(dst, a, BinaryOp::And)?;
        if !slot.ty.is_number() && slot.ty != Ty::Null {
            return self.generic_test(dst, a, Helper::AndTest);
        }
        let compared = self.compared.filter(|it| it.result == a);
        match self.truth(a) {
            Ok(true) => self.go(0),
            Ok(false) => {
                let zero = self.int(0);
                self.set(dst, zero);
                self.go(1)
            }
            Err(val) => {
                let mut no = self.env.clone();
                if let Some(it) = compared {
                    it.holds(&mut self.env);
                    it.fails(&mut no);
                }
                if slot.ty == Ty::BOOL {
                    self.env.regs[a.0 as usize] = self.int(1);
                }
                no.regs[dst.0 as usize] = self.int(0);
                self.fork(val, None, Some(no))
            }
        }
    }

    fn or_test(&mut self, dst: Reg, a: Reg) -> Step<()> {
        let slot = self.test_operand(dst, a, BinaryOp::Or)?;
        let val = match slot.ty {
            Ty::Int(lo, hi) if lo > 0 || hi < 0 => {
                let one = self.int(1);
                self.set(dst, one);
                return self.go(1);
            }
            Ty::Int(0, 0) | Ty::Null => return self.go(0),
            Ty::Int(..) => {
                let truth = self.truth_of_int(slot).val;
                self.op(Op::Not, &[truth], Rep::Bool)
            }
            _ => return self.generic_test(dst, a, Helper::OrTest),
        };
        let compared = self.compared.filter(|it| it.result == a);
        let mut done = self.env.clone();
        if let Some(it) = compared {
            it.holds(&mut done);
            it.fails(&mut self.env);
        }
        self.env.regs[a.0 as usize] = self.int(0);
        done.regs[dst.0 as usize] = self.int(1);
        self.fork(val, None, Some(done))
    }

    /// The test of a value of any kind: the helper gives the decided result, or absent if the right side is to be computed.
    fn generic_test(&mut self, dst: Reg, a: Reg, helper: Helper) -> Step<()> {
        let slot = self.reg(a);
        let operand = self.boxed(slot);
        let decided = self.helper(helper, &[operand], Rep::Boxed);
        let absent = self.op(Op::Boxed(Value::ABSENT.bits()), &[], Rep::Boxed);
        let goes_on = self.op(Op::SameBits, &[decided, absent], Rep::Bool);
        let mut done = self.env.clone();
        done.regs[dst.0 as usize] = Slot { ty: Ty::Any, val: decided };
        self.fork(goes_on, None, Some(done))
    }

    /// The entry of a block: its count, and the budget if it is a loop head.
    pub(crate) fn count_entry(&mut self, node: usize) -> Step<()> {
        let Some(block) = self.flow.nodes[node].counts else {
            return Ok(());
        };
        self.idx = 0;
        self.at = self.first_of(block);
        let weight = self.input.block_weights[block.0 as usize];
        if weight > 0 {
            let exit = self.entry_exit(node, block);
            self.op_exit(Op::EnterLoop { weight, block }, &[], Rep::None, Some(exit));
        } else {
            self.op(Op::Count(block), &[], Rep::None);
        }
        Ok(())
    }

    /// The exit at a block's start, also for landings that hold no instructions of it.
    fn entry_exit(&mut self, node: usize, block: minilive_mir::ir::BlockId) -> Exit {
        let reason = ExitReason::Forced;
        if self.flow.nodes[node].block.is_some() {
            return self.exit(reason);
        }
        let inst: InstId = self.first_of(block);
        let state = self.anchored(|it| {
            let live = it.flow.live_in[it.flow.nodes[node].succs[0]].clone();
            it.new_state(inst, &live)
        });
        Exit { state, reason, at: self.at }
    }

    /// An edge that has nothing to pass.
    pub(crate) fn plain_edge(to: usize) -> Edge {
        Edge { to: to as u32, args: Vec::new() }
    }
}

impl Compared {
    /// Whether it says something about a register, or is in it.
    pub(super) fn tells_of(&self, reg: Reg) -> bool {
        self.result == reg || self.a == reg || self.b == reg || self.numbers.iter().flatten().any(|it| it.0 == reg)
    }

    /// What is known where it holds. Only numbers are less or greater than others.
    fn holds(&self, env: &mut super::Env) {
        refine_by(env, self.cmp, self.a, self.b);
        for &(reg, number) in self.numbers.iter().flatten() {
            env.regs[reg.0 as usize] = number;
        }
    }

    /// What is known where it does not.
    fn fails(&self, env: &mut super::Env) {
        refine_by(env, opposite(self.cmp), self.a, self.b);
    }
}

/// The comparison that holds where this one does not, for integers.
fn opposite(cmp: Cmp) -> Cmp {
    match cmp {
        Cmp::Eq => Cmp::Ne,
        Cmp::Ne => Cmp::Eq,
        Cmp::Lt => Cmp::Ge,
        Cmp::Le => Cmp::Gt,
        Cmp::Gt => Cmp::Le,
        Cmp::Ge => Cmp::Lt,
    }
}

/// Narrows integer ranges by a comparison that holds.
fn refine_by(env: &mut super::Env, cmp: Cmp, a: Reg, b: Reg) {
    let (Ty::Int(a_lo, a_hi), Ty::Int(b_lo, b_hi)) = (env.regs[a.0 as usize].ty, env.regs[b.0 as usize].ty) else {
        return;
    };
    let ((a_lo2, a_hi2), (b_lo2, b_hi2)) = match cmp {
        Cmp::Lt => ((a_lo, a_hi.min(b_hi - 1)), (b_lo.max(a_lo + 1), b_hi)),
        Cmp::Le => ((a_lo, a_hi.min(b_hi)), (b_lo.max(a_lo), b_hi)),
        Cmp::Gt => ((a_lo.max(b_lo + 1), a_hi), (b_lo, b_hi.min(a_hi - 1))),
        Cmp::Ge => ((a_lo.max(b_lo), a_hi), (b_lo, b_hi.min(a_hi))),
        Cmp::Eq => ((a_lo.max(b_lo), a_hi.min(b_hi)), (b_lo.max(a_lo), b_hi.min(a_hi))),
        Cmp::Ne => ((a_lo, a_hi), (b_lo, b_hi)),
    };
    // An empty range means the branch is never taken; the wider type is right there, too.
    if a_lo2 <= a_hi2 {
        env.regs[a.0 as usize].ty = Ty::Int(a_lo2, a_hi2);
    }
    if b_lo2 <= b_hi2 {
        env.regs[b.0 as usize].ty = Ty::Int(b_lo2, b_hi2);
    }
}

/// Whether an index was always a text or a number, of a map.
fn is_key_of_map(seen: Index) -> bool {
    let keys = Kinds::STRING.union(Kinds::INT).union(Kinds::FLOAT);
    seen.container == Kinds::MAP && seen.key.within(keys)
}

/// What reads at an index, if nothing better is known.
pub(super) fn get_helper(seen: Index) -> Helper {
    if is_key_of_map(seen) { Helper::GetKey } else { Helper::GetIndex }
}
