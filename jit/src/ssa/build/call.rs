//! Calls: of known code directly, of numeric intrinsics as instructions, of anything else through helpers.

use super::step::get_helper;
use super::{Builder, Slot, Step};
use crate::feedback::{Kinds, Target, Variety};
use crate::reason::ExitReason;
use crate::ssa::types::Ty;
use crate::ssa::{Helper, Math, Op, Rep, Val};
use minilive_mir::ir::{BinaryOp, Inst, InstId, Reg, RegRange};
use minilive_runtime::realm::TypeMap;
use minilive_runtime::value::Value;

impl Builder<'_> {
    pub(crate) fn call(&mut self, dst: Reg, callee: Reg, args: RegRange) -> Step<()> {
        self.no_import(self.input.seen.call(self.at).and_then(|it| it.target))?;
        if let Some(target) = self.target_of(callee)? {
            match target {
                Target::Intrinsic(id) if self.native(dst, id, args)? || self.call_intrinsic(dst, id, args)? => {
                    return Ok(());
                }
                Target::Code(code) if self.call_code(dst, callee, code, args)? => return Ok(()),
                _ => {}
            }
        }
        let target = self.input.seen.call(self.at).unwrap_or_default().target;
        let intrinsic = matches!(self.reg(callee).ty, Ty::Function(Target::Intrinsic(_)))
            || matches!(target, Some(Target::Intrinsic(_)));
        let helper = if intrinsic { Helper::Call } else { Helper::CallAny };
        if !intrinsic {
            self.no_unseen_import()?;
        }
        self.generic(Some(dst), helper, &[callee], args, Ty::Any)?;
        self.narrow_result(dst)
    }

    /// Leaves if `import` is what was called here: it assigns a variable of this call, for which the interpreter has to have it.
    pub(crate) fn no_import(&mut self, called: Option<Target>) -> Step<()> {
        match called {
            Some(Target::Intrinsic(id)) if (self.input.intrinsic_name)(id) == Some("import") => {
                Err(self.leave(ExitReason::Import))
            }
            _ => Ok(()),
        }
    }

    /// Leaves before a call of anything, where that may be `import`.
    pub(crate) fn no_unseen_import(&mut self) -> Step<()> {
        if self.input.imports_unseen { Err(self.leave(ExitReason::Import)) } else { Ok(()) }
    }

    /// `obj[key](…)`: what is found as by `obj[key]`, called with a map as its receiver.
    pub(crate) fn call_index(&mut self, dst: Reg, (obj, this, key): (Reg, Reg, Reg), args: RegRange) -> Step<()> {
        let (seen, called) = (self.input.seen.index(self.at), self.input.seen.method(self.at));
        self.no_import(called.target)?;
        if called.variety == Variety::None && self.may(ExitReason::ColdPath) {
            return Err(self.leave(ExitReason::ColdPath));
        }
        let Some(Target::Code(code)) = called.target.filter(|_| !self.input.imports_unseen) else {
            self.no_unseen_import()?;
            self.generic(Some(dst), Helper::CallIndex, &[obj, this, key], args, Ty::Any)?;
            return self.narrow_result(dst);
        };
        let element = self.called_element(obj, key, seen)?;
        let found = match element {
            Some(element) => element,
            None => {
                let vals = self.boxed_regs([obj, key]);
                self.helper(get_helper(seen), &vals, Rep::Boxed)
            }
        };
        let receivers = self.input.callees.get(&code).map_or(usize::MAX, |it| it.receivers);
        let of_map = receivers == 1 && seen.container == Kinds::MAP && self.may(ExitReason::NotMap);
        let fits = element.is_some() || receivers == 0 || of_map;
        let missing = self.missing_arguments(code, args.count).filter(|_| fits && called.variety == Variety::Mono);
        if let Some(missing) = missing.filter(|_| self.may(ExitReason::OtherFunction)) {
            let exit = self.exit(ExitReason::OtherFunction);
            let function = self.op_exit(Op::GuardCode(code), &[found], Rep::Boxed, Some(exit));
            let mut receiver = None;
            if element.is_none() && of_map {
                self.narrow_reg(obj, Ty::Map)?;
                receiver = Some([self.boxed_regs([this])[0], self.absent().val]);
            }
            return self.call_known(dst, (function, code), args, &missing, receiver);
        }
        let (helper, vals) = match element {
            Some(element) => (Helper::CallAny, [element].into_iter().chain(self.boxed_regs(args.iter())).collect()),
            None => {
                let vals = self.boxed_regs([obj, this, key].into_iter().chain(args.iter()));
                (Helper::CallIndexed, vals.into_iter().chain([found]).collect::<Vec<_>>())
            }
        };
        let val = self.helper(helper, &vals, Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Any, val });
        self.narrow_result(dst)
    }

    /// The function that a register is known, or safely guessed, to hold.
    fn target_of(&mut self, callee: Reg) -> Step<Option<Target>> {
        if let Ty::Function(target) = self.reg(callee).ty {
            return Ok(Some(target));
        }
        let seen = self.input.seen.call(self.at).unwrap_or_default();
        match (seen.variety, seen.target) {
            (Variety::None, _) if self.may(ExitReason::ColdPath) => Err(self.leave(ExitReason::ColdPath)),
            (Variety::Mono, Some(target)) if self.may(ExitReason::OtherFunction) => {
                let slot = self.guard_target(self.reg(callee), target)?;
                self.refine(callee, slot);
                Ok(Some(target))
            }
            _ => Ok(None),
        }
    }

    /// A direct call; false if the arguments do not fit.
    fn call_code(&mut self, dst: Reg, callee: Reg, code: u32, args: RegRange) -> Step<bool> {
        let Some(missing) = self.missing_arguments(code, args.count) else {
            return Ok(false);
        };
        self.call_known(dst, (self.reg(callee).val, code), args, &missing, None)?;
        Ok(true)
    }

    /// The defaults of what a call does not pass, as bits; `None` if the arguments do not fit, or a default is made per realm.
    pub(crate) fn missing_arguments(&self, code: u32, given: u32) -> Option<Vec<u64>> {
        let callee = self.input.callees.get(&code)?;
        callee.defaults.get(given as usize..)?.iter().copied().collect()
    }

    /// A direct call of a function value that is known to be of this code.
    pub(crate) fn call_known(
        &mut self,
        dst: Reg,
        (function, code): (Val, u32),
        args: RegRange,
        missing: &[u64],
        receiver: Option<[Val; 2]>,
    ) -> Step<()> {
        let receivers = self.input.callees.get(&code).map_or(0, |it| it.receivers);
        let mut vals = self.boxed_regs(args.iter());
        for &bits in missing {
            vals.push(self.op(Op::Boxed(bits), &[], Rep::Boxed));
        }
        for i in 0..receivers {
            let val = match receiver {
                Some(values) => values[i],
                None => self.op(Op::Boxed(Value::ABSENT.bits()), &[], Rep::Boxed),
            };
            vals.push(val);
        }
        self.flush_cells();
        let itself = code == self.input.code && !self.func.osr;
        // What captures nothing does not ask which of its functions runs, so nothing is read to find that out.
        let tells = !itself || self.input.body.frames[0].captured.is_some();
        vals.insert(0, if tells { function } else { self.op(Op::Boxed(Value::ABSENT.bits()), &[], Rep::Boxed) });
        let op = if itself { Op::CallSelf } else { Op::CallCode(code) };
        let val = self.op(op, &vals, Rep::Boxed);
        self.func.calls = true;
        self.forget_cells();
        self.effect();
        self.shapes.clear();
        self.set(dst, Slot { ty: Ty::Any, val });
        self.narrow_result(dst)
    }

    pub(crate) fn boxed_regs(&mut self, regs: impl IntoIterator<Item = Reg>) -> Vec<Val> {
        let mut vals = Vec::new();
        for reg in regs {
            let slot = self.reg(reg);
            vals.push(self.boxed(slot));
        }
        vals
    }

    /// What the uses of the current instruction's result met. Registers of temporaries serve many values.
    pub(crate) fn result_kinds(&mut self, dst: Reg) -> Kinds {
        let unit = &self.input.body.unit;
        let Some(block) = self.flow.nodes[self.node].block else {
            return Kinds::NONE;
        };
        let insts = unit.block_insts(block);
        let live = self.live_at(insts.len());
        let behind = (InstId(self.at.0 + 1), insts.get(self.idx + 1..).unwrap_or_default());
        self.input.seen.kinds_of_value(dst, behind, &live, &self.use_kinds)
    }

    /// The result of a call is guarded at once if all its uses met numbers only.
    pub(crate) fn narrow_result(&mut self, dst: Reg) -> Step<()> {
        let slot = self.reg(dst);
        let kinds = self.result_kinds(dst);
        let is_int = self.is_int_use(dst);
        let want = self.guess_given(is_int, kinds);
        self.set_narrowed(dst, slot, want)
    }

    pub(crate) fn auto_call(&mut self, dst: Reg, src: Reg) -> Step<()> {
        let slot = self.reg(src);
        self.no_import(self.input.seen.call(self.at).and_then(|it| it.target))?;
        match slot.ty {
            Ty::Function(Target::Code(code)) if self.call_code(dst, src, code, RegRange::EMPTY)? => return Ok(()),
            Ty::Function(Target::Intrinsic(id))
                if self.native(dst, id, RegRange::EMPTY)? || self.call_intrinsic(dst, id, RegRange::EMPTY)? =>
            {
                return Ok(());
            }
            Ty::Function(_) => return self.generic_auto_call(dst, src),
            ty if ty.never_calls() => {
                self.set(dst, slot);
                return Ok(());
            }
            _ => {}
        }
        let seen = self.input.seen.call(self.at).unwrap_or_default();
        match (seen.variety, seen.target) {
            (Variety::None, _) if self.may(ExitReason::IsFunction) => self.read_plain(dst, src),
            (Variety::Mono, Some(Target::Code(code))) if !seen.not_function && self.may(ExitReason::OtherFunction) => {
                let function = self.guard_target(slot, Target::Code(code))?;
                self.refine(src, function);
                if self.call_code(dst, src, code, RegRange::EMPTY)? {
                    return Ok(());
                }
                self.generic_auto_call(dst, src)
            }
            _ => self.generic_auto_call(dst, src),
        }
    }

    fn generic_auto_call(&mut self, dst: Reg, src: Reg) -> Step<()> {
        self.generic(Some(dst), Helper::AutoCall, &[src], RegRange::EMPTY, Ty::Any)?;
        self.narrow_result(dst)
    }

    /// A variable that never held a function: guarded to be what its uses met, or at least no function.
    fn read_plain(&mut self, dst: Reg, src: Reg) -> Step<()> {
        let slot = self.guard_plain(dst, Some(src), self.reg(src), Kinds::NONE)?;
        self.refine(src, slot);
        self.set(dst, slot);
        Ok(())
    }

    /// A value that goes to `dst`, from a variable or not, guarded to be what the uses of `dst` met, or at least no function. Where uses tell nothing, as
    /// conditions do not, numbers are guessed from what was `seen` there before.
    pub(crate) fn guard_plain(&mut self, dst: Reg, src: Option<Reg>, slot: Slot, seen: Kinds) -> Step<Slot> {
        let kinds = self.result_kinds(dst);
        let kinds = if kinds.is_empty() && seen.within(Kinds::NUMBER) { seen } else { kinds };
        let want = if kinds.meets(Kinds::FUNCTION) { Ty::Any } else { self.guess_read(dst, src, kinds) };
        if want != Ty::Any {
            return self.narrow(slot, want, Self::exit);
        }
        let exit = self.exit(ExitReason::IsFunction);
        let val = self.op_exit(Op::GuardNotFunction, &[slot.val], Rep::Boxed, Some(exit));
        Ok(Slot { ty: Ty::Plain, val })
    }

    // ---- intrinsics ----------------------------------------------------------------------------------------------------

    /// An intrinsic as instructions; false if it needs the real call.
    fn native(&mut self, dst: Reg, id: u32, args: RegRange) -> Step<bool> {
        let Some(name) = (self.input.intrinsic_name)(id) else {
            return Ok(false);
        };
        if name == "range" && self.feeds_loop(dst) {
            return self.counted_range(dst, args);
        }
        if name == "pi" && args.count == 0 {
            let pi = self.number(std::f64::consts::PI);
            self.set(dst, pi);
            return Ok(true);
        }
        if let Some(kind) = TypeMap::named(name).filter(|_| args.count == 0 && self.feeds_isa(dst)) {
            let map = self.slot(Op::TypeMap(kind), &[], Ty::TypeMap(kind), None);
            self.set(dst, map);
            return Ok(true);
        }
        match math_of(name).filter(|_| args.count == 1) {
            Some(math) => self.math(dst, args.first, math),
            None => self.native_function(dst, name, args),
        }
    }

    /// Whether the result of the current instruction is only what the instruction behind it asks `isa` for.
    fn feeds_isa(&self, dst: Reg) -> bool {
        let Some(block) = self.flow.nodes[self.node].block else {
            return false;
        };
        let insts = self.input.body.unit.block_insts(block);
        let Some(Inst::Binary { op: BinaryOp::Isa, dst: truth, a, b }) = insts.get(self.idx + 1) else {
            return false;
        };
        let live = self.flow.live_before(self.input.body, self.node, self.idx + 2);
        *b == dst && *a != dst && (*truth == dst || !live.has(dst))
    }

    fn math(&mut self, dst: Reg, arg: Reg, math: Math) -> Step<bool> {
        if !self.reg(arg).ty.is_number() {
            if !self.may(ExitReason::NotNumber) {
                return Ok(false);
            }
            self.narrow_reg(arg, Ty::Num)?;
        }
        let x = self.reg(arg);
        let slot = match (math, x.ty) {
            (Math::Floor | Math::Ceil | Math::Round, Ty::Int(..)) => x,
            (Math::Abs, Ty::Int(lo, hi)) => {
                let most = lo.abs().max(hi.abs());
                let least = if lo > 0 { lo } else { 0 };
                let val = self.as_int(x);
                self.slot(Op::IAbs, &[val], Ty::Int(least, most), None)
            }
            _ => {
                let val = self.as_f64(x);
                self.slot(Op::FMath(math), &[val], Ty::Num, None)
            }
        };
        let rounds = matches!(math, Math::Floor | Math::Ceil | Math::Round);
        let ints = rounds && slot.ty == Ty::Num && self.result_kinds(dst).only_ints();
        let want = if ints { self.guess(Kinds::INT) } else { Ty::Any };
        self.set_narrowed(dst, slot, want)?;
        Ok(true)
    }
}

fn math_of(name: &str) -> Option<Math> {
    Some(match name {
        "abs" => Math::Abs,
        "floor" => Math::Floor,
        "ceil" => Math::Ceil,
        "round" => Math::Round,
        "sqrt" => Math::Sqrt,
        "sin" => Math::Sin,
        "cos" => Math::Cos,
        "tan" => Math::Tan,
        "asin" => Math::Asin,
        "acos" => Math::Acos,
        "atan" => Math::Atan,
        "sign" => Math::Sign,
        _ => return None,
    })
}
