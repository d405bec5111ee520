//! Members: slots of maps whose shape is guarded, methods called directly, everything else through helpers.
//!
//! `step` comes here. A guess is one way to the member, as the interpreter's inline cache found it: the receiver's own slot, or a
//! slot of its `__isa` map. Where several ways were seen, helpers go through that same cache. Invariant: guards stand before any
//! effect of the instruction, so that leaving repeats it whole.

use super::{Builder, Slot, Step, Stop};
use crate::feedback::{Call, Holder, Kinds, Property, Target, Variety};
use crate::reason::{ExitReason, Refusal};
use crate::ssa::types::Ty;
use crate::ssa::{Helper, MemberSite, Op, Rep, Val};
use minilive_mir::ir::{NameId, Reg, RegRange};
use minilive_runtime::value::TAG_MAP;

impl Builder<'_> {
    fn name(&mut self, name: NameId) -> Val {
        self.op(Op::Name(name.0), &[], Rep::Boxed)
    }

    pub(crate) fn get_member(&mut self, dst: Reg, obj: Reg, this: Reg, name: NameId) -> Step<()> {
        let seen = self.way(obj)?;
        let called = self.input.seen.method(self.at);
        if called.variety == Variety::None {
            if self.may(ExitReason::IsFunction) {
                let found = self.find(obj, name, seen)?;
                return self.read(dst, found);
            }
        } else if !called.not_function && self.direct_call(dst, (obj, this, name), seen, called, RegRange::EMPTY)? {
            return Ok(());
        }
        let site = self.site(name)?;
        let vals = self.boxed_regs([obj, this]);
        let val = self.helper(Helper::GetMember(site), &vals, Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Any, val });
        self.narrow_result(dst)
    }

    pub(crate) fn call_method(&mut self, dst: Reg, obj: Reg, this: Reg, name: NameId, args: RegRange) -> Step<()> {
        let seen = self.way(obj)?;
        let called = self.input.seen.method(self.at);
        if self.direct_call(dst, (obj, this, name), seen, called, args)? {
            return Ok(());
        }
        let site = self.site(name)?;
        let vals = self.boxed_regs([obj, this].into_iter().chain(args.iter()));
        let val = self.helper(Helper::CallMethod(site), &vals, Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Any, val });
        self.narrow_result(dst)
    }

    pub(crate) fn set_member(&mut self, obj: Reg, name: NameId, src: Reg) -> Step<()> {
        let seen = self.way(obj)?;
        if let Some(seen) = seen.filter(|it| it.holder == Holder::Own) {
            let map = self.map_of_shape(obj, seen.shape)?;
            let (name, slot) = (self.name(name), self.reg(src));
            let value = self.boxed(slot);
            self.op(Op::StoreSlot(seen.slot), &[map, name, value], Rep::None);
            self.effect();
            return Ok(());
        }
        let site = self.site(name)?;
        let vals = self.boxed_regs([obj, src]);
        self.helper(Helper::PutMember(site), &vals, Rep::Boxed);
        Ok(())
    }

    pub(crate) fn ref_member(&mut self, dst: Reg, obj: Reg, name: NameId) -> Step<()> {
        let mut vals = self.boxed_regs([obj]);
        vals.push(self.name(name));
        let val = self.helper(Helper::RefMember, &vals, Rep::Boxed);
        self.set(dst, Slot { ty: Ty::Any, val });
        Ok(())
    }

    /// `self` or `super`: what the call brought. Without a receiver it may be a variable, which the interpreter looks up.
    pub(crate) fn load_receiver(&mut self, dst: Reg, from: Option<Reg>) -> Step<()> {
        let first = self.frame().first_reg;
        let Some(reg) = from.map(|reg| Reg(reg.0 + first)).filter(|_| self.may(ExitReason::Unassigned)) else {
            return Err(Stop::Refuse(Refusal::UnsupportedOperation));
        };
        let slot = self.guard_assigned(self.reg(reg))?;
        self.refine(reg, slot);
        self.set(dst, slot);
        Ok(())
    }

    /// The way to the member that may be speculated on. Leaves if the instruction never ran.
    pub(crate) fn way(&mut self, obj: Reg) -> Step<Option<Property>> {
        let seen = self.input.seen.property(self.at);
        if seen.variety == Variety::None && self.may(ExitReason::ColdPath) {
            return Err(self.leave(ExitReason::ColdPath));
        }
        let on_chain = matches!(seen.holder, Holder::Own | Holder::Parent);
        let is_map = match self.reg(obj).ty {
            Ty::Map => true,
            Ty::Any | Ty::Plain => self.may(ExitReason::NotMap),
            _ => false,
        };
        let fits = seen.variety == Variety::Mono && seen.receiver == Kinds::MAP && on_chain && is_map;
        Ok(Some(seen).filter(|_| fits && self.may(ExitReason::Shape)))
    }

    /// A register as a map of a shape.
    fn map_of_shape(&mut self, obj: Reg, shape: u32) -> Step<Val> {
        let map = self.narrow_reg(obj, Ty::Map)?.val;
        Ok(self.guard_shape(map, shape))
    }

    pub(crate) fn guard_shape(&mut self, map: Val, shape: u32) -> Val {
        if !self.shapes.contains(&(map, shape)) {
            let exit = self.exit(ExitReason::Shape);
            self.op_exit(Op::GuardShape(shape), &[map], Rep::Boxed, Some(exit));
            self.shapes.push((map, shape));
        }
        map
    }

    /// The place of the current instruction's cache.
    fn site(&self, name: NameId) -> Step<MemberSite> {
        let word = self.input.seen.sites(self.at).next().ok_or(Stop::Broken("a member instruction without a cache"))?;
        let calls_program = matches!(self.input.seen.method(self.at).target, Some(Target::Code(_)));
        Ok(MemberSite { name: name.0, word, calls_program })
    }

    /// The member, whatever it is: at the end of the one way that was seen, or looked up.
    pub(crate) fn find(&mut self, obj: Reg, name: NameId, seen: Option<Property>) -> Step<Val> {
        let Some(seen) = seen else {
            let site = self.site(name)?;
            let vals = self.boxed_regs([obj]);
            return Ok(self.helper(Helper::FindMember(site), &vals, Rep::Boxed));
        };
        let mut map = self.map_of_shape(obj, seen.shape)?;
        if seen.holder == Holder::Parent {
            let isa = self.op(Op::LoadSlot(seen.isa_slot), &[map], Rep::Boxed);
            let exit = self.exit(ExitReason::Shape);
            let isa = self.op_exit(Op::GuardTag(TAG_MAP as u16), &[isa], Rep::Boxed, Some(exit));
            map = self.guard_shape(isa, seen.holder_shape);
        }
        Ok(self.op(Op::LoadSlot(seen.slot), &[map], Rep::Boxed))
    }

    /// A member that is read. Its kind is guarded at once, so that a function, which would have to be called, leaves.
    fn read(&mut self, dst: Reg, val: Val) -> Step<()> {
        let slot = self.guard_plain(dst, Slot { ty: Ty::Any, val })?;
        self.set(dst, slot);
        Ok(())
    }

    /// A method that is always the same, called directly; false if it cannot be.
    fn direct_call(
        &mut self,
        dst: Reg,
        (obj, this, name): (Reg, Reg, NameId),
        seen: Option<Property>,
        called: Call,
        args: RegRange,
    ) -> Step<bool> {
        let (Variety::Mono, Some(Target::Code(code))) = (called.variety, called.target) else {
            return Ok(false);
        };
        // `super` is what the holder's `__isa` is at the call, which the cache does not tell.
        let takes_super = self.input.callees.get(&code).is_none_or(|it| it.receivers > 1);
        let Some(missing) = self.missing_arguments(code, args.count) else {
            return Ok(false);
        };
        if takes_super || !self.may(ExitReason::OtherFunction) {
            return Ok(false);
        }
        let function = self.find(obj, name, seen)?;
        let exit = self.exit(ExitReason::OtherFunction);
        let function = self.op_exit(Op::GuardCode(code), &[function], Rep::Boxed, Some(exit));
        self.call_known(dst, (function, code), args, &missing, Some(this))?;
        Ok(true)
    }
}
